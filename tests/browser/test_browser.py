"""A crisis in a browser: declared, worked on and asked about by pressing what a person presses.

The local Slack is somebody else's program: what it draws is what our messages say to others.
"""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import FRANCE, shoot

FIRST_STEP = "R01 Prendre l'appel et ouvrir la main courante"
#: What a phone shows of the page: Slack's own application has neither side bar nor top bar there.
#: Slack folds a long key at the edge of the screen; the page that stands in does not.
PHONE = (
    ".sidebar, .topbar { display: none !important } "
    ".messages code { white-space: pre-wrap; overflow-wrap: anywhere }"
)


def type_command(page: Page, text: str) -> None:
    """Type a line in the message box and send it."""
    box = page.locator(".composer-input")
    box.fill(text)
    box.press("Enter")


def field(page: Page, label: str) -> Locator:
    """The part of the open form under this label."""
    return page.locator(".modal .bk-input").filter(has_text=label)


def message(page: Page, text: str) -> Locator:
    """The newest message that says this."""
    return page.locator(".messages .msg").filter(has_text=text).last


@pytest.fixture(scope="module")
def channel(page: Page) -> Page:
    """The page in the channel of a crisis that Claire has just declared."""
    type_command(page, "/crise déclarer Écrans de rançon aux urgences")
    expect(page.locator(".modal-title")).to_have_text("Déclarer une crise")
    field(page, "Depuis quand").locator("input").fill("25:99")
    page.get_by_role("checkbox", name="Urgences").check()
    shoot(page, "form-1280")
    page.get_by_role("button", name="Déclarer", exact=True).click()

    error = page.locator(".modal").get_by_text("n'existe pas")
    error.scroll_into_view_if_needed()
    expect(error).to_be_visible()
    shoot(page, "form-error-1280")
    field(page, "Depuis quand").locator("input").fill("maintenant")
    page.get_by_role("button", name="Déclarer", exact=True).click()

    expect(page.locator(".modal-title")).to_have_text("C'est enregistré")
    page.locator(".modal-x").click()
    page.locator(".sidebar-item", has_text="crise-").click()
    return page


def test_declaring_opens_a_channel_with_its_board(channel: Page) -> None:
    """The board says what to do now and which clocks run, then the steps follow with buttons."""
    board = message(channel, "À faire maintenant")

    expect(board).to_contain_text("Écrans de rançon aux urgences")
    expect(board).to_contain_text("Délais légaux")
    expect(board).to_contain_text("CNIL")
    expect(message(channel, "Premiers gestes")).to_contain_text("@Éva Maquette")
    expect(message(channel, "D'autres hôpitaux")).to_be_visible()
    expect(message(channel, "Questions à trancher")).to_be_visible()
    board.scroll_into_view_if_needed()
    shoot(channel, "board-1280")


def test_a_step_is_taken_then_done_in_a_form(channel: Page) -> None:
    """« Je prends », « C'est fait », a proof: the step and the board both change in place."""
    board = message(channel, "Avancement")
    expect(board).to_contain_text(re.compile(r"\b0/\d\d"))
    phase = message(channel, FIRST_STEP)

    phase.get_by_role("button", name="Je prends").first.click()
    expect(phase).to_contain_text("en cours")
    phase.get_by_role("button", name="C'est fait").first.click()
    field(channel, "Preuve").locator("input, textarea").fill("Appel à 03:10, photo de l'écran")
    shoot(channel, "done-1280")
    channel.get_by_role("button", name="Enregistrer").click()

    expect(channel.locator(".modal")).to_have_count(0)
    expect(phase).to_contain_text("✅")
    expect(phase).to_contain_text("Claire Exemple")
    expect(board).to_contain_text(re.compile(r"\b1/\d\d"))
    phase.scroll_into_view_if_needed()
    shoot(channel, "phase-1280")


def test_a_decision_is_recorded_and_told_to_all(channel: Page) -> None:
    """A decision typed by one person is shown to the cell with its number in the log."""
    type_command(channel, "/crise décision Couper Internet, garder les liens du SAMU")

    told = message(channel, "Couper Internet, garder les liens du SAMU")
    expect(told).to_contain_text(re.compile(r"[Ll]igne \d+"))


def test_the_state_of_the_hospital_is_told_on_a_phone(
    browser: Browser, address: str, channel: Page
) -> None:
    """One button shows it whole, a form tells more; the board then says what is unusual."""
    phone = browser.new_page(viewport={"width": 390, "height": 844}, **FRANCE)
    phone.goto(address)
    phone.locator(".sidebar-item", has_text="crise-").click()
    phone.add_style_tag(content=PHONE)
    message(phone, "Avancement").get_by_role("button", name="État de l'hôpital").click()
    listed = message(phone, "Annuaire et comptes")
    listed.evaluate("one => one.scrollIntoView()")
    shoot(phone, "hospital-390")

    listed.get_by_role("button", name="Mettre à jour").nth(1).click()
    phone.get_by_role("checkbox", name="Bloc opératoire").check()
    phone.get_by_role("radio", name="À l'arrêt").check()
    shoot(phone, "hospital-form-390")
    phone.get_by_role("button", name="Enregistrer").click()
    expect(phone.locator(".modal")).to_contain_text("✅ Unité « Bloc opératoire")
    shoot(phone, "hospital-told-390")
    width = phone.locator(".modal").evaluate("one => one.scrollWidth - one.clientWidth")
    phone.locator(".modal-x").click()
    expect(phone.locator(".modal")).to_have_count(0)
    phone.close()
    if channel.locator(".modal-x").count():  # the page on the desk is the same person's
        channel.locator(".modal-x").click()

    assert width <= 0
    expect(message(channel, "Avancement")).to_contain_text("Bloc opératoire et stérilisation à l")


def test_a_step_is_added_split_and_sent_outside(channel: Page) -> None:
    """What the playbook did not foresee becomes a step, its parts, and a text to forward."""
    message(channel, "Avancement").get_by_role("button", name="Ajouter une étape").click()
    field(channel, "Que faut-il faire").locator("input").fill("Louer des talkies")
    field(channel, "Avant quand").locator("input").fill("30 min")
    shoot(channel, "add-step-1280")
    channel.get_by_role("button", name="Enregistrer").click()

    told = message(channel, "Étape ajoutée")
    told.get_by_role("button", name="Détails").click()
    channel.get_by_role("radio", name="La découper en parties").check()
    channel.get_by_role("button", name="Enregistrer").click()
    parts = field(channel, "Ses parties").locator("input, textarea")
    parts.fill("Appeler le loueur ; Aller les chercher")
    channel.get_by_role("button", name="Enregistrer").click()
    expect(message(channel, "A01.2 Aller les chercher")).to_be_visible()

    type_command(channel, "/crise confier A01.1 dehors Société Exemple : six, livrés au standard")
    letter = message(channel, "Texte à transmettre")
    expect(letter).to_contain_text("demande de la cellule de crise")
    letter.scroll_into_view_if_needed()
    shoot(channel, "to-forward-1280")


def test_a_question_gets_an_answer_with_its_source(channel: Page) -> None:
    """An answer quotes the passage and says in which file it is written."""
    type_command(channel, "/crise question faut-il éteindre les PC ?")

    answer = message(channel, "Source :")
    expect(answer).to_contain_text("éteindre")
    expect(answer).to_contain_text(re.compile(r"(knowledge|playbooks)/\S+"))
    answer.scroll_into_view_if_needed()
    shoot(channel, "answer-1280")


def test_an_unknown_word_gets_the_right_suggestion(channel: Page) -> None:
    """A near miss is answered with the word that was meant."""
    type_command(channel, "/crise echeence")

    expect(message(channel, "Mot inconnu")).to_contain_text("/crise échéances")


def test_nothing_is_drawn_as_unknown(channel: Page) -> None:
    """Every block is one that another program draws."""
    expect(channel.locator(".bk-unknown")).to_have_count(0)


def test_the_channel_fits_a_phone(browser: Browser, address: str, channel: Page) -> None:
    """At 390 pixels nothing is wider than the screen."""
    phone = browser.new_page(viewport={"width": 390, "height": 844}, **FRANCE)
    phone.goto(address)
    phone.locator(".sidebar-item", has_text="crise-").click()
    phone.add_style_tag(content=PHONE)
    board = message(phone, "À faire maintenant")
    board.evaluate("one => one.scrollIntoView()")
    shoot(phone, "board-390")
    message(phone, FIRST_STEP).evaluate("one => one.scrollIntoView()")
    shoot(phone, "phase-390")
    widths = phone.locator(".messages").evaluate("one => [one.scrollWidth, one.clientWidth]")
    phone.close()

    assert widths[0] <= widths[1]
