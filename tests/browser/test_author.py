"""A security lead in a browser, on a telephone: a step edited, looked at, published, kept.

The local Slack is somebody else's program: it sends no button that is pressed within a form, and
draws every text in a field of one line.  What an author needs must be done all the same.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import FRANCE, PATIENCE, shoot
from tests.browser.test_browser import PHONE, field, type_command

#: The step that is edited, and what is typed over it.
STEP = "R01 Prendre l'appel et ouvrir la main courante"
TITLE, LINE = "Prendre l'appel de crise", "- Répétez le numéro de rappel."
REASON = "Retour de l'exercice de novembre"


@pytest.fixture(scope="module")
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """The page in the hand of Bruno, who is in charge of security."""
    shown = browser.new_page(viewport={"width": 390, "height": 844}, **FRANCE)
    shown.set_default_timeout(PATIENCE)
    shown.goto(address)
    who = shown.get_by_label("Act as")
    who.select_option(label="Bruno Modèle")
    expect(who).to_have_value("U02BRUNO")
    shown.add_style_tag(content=PHONE)
    yield shown
    shown.close()


def send(page: Page, label: str) -> None:
    """Send the form in hand."""
    page.locator(".modal-foot").get_by_role("button", name=label, exact=True).click()


def form(page: Page) -> Locator:
    """The form in hand."""
    return page.locator(".modal")


def choose(page: Page, what: str) -> None:
    """Choose what to do, and go on."""
    page.get_by_role("radio", name=what).check()
    send(page, "Continuer")


def fits(page: Page) -> bool:
    """Whether nothing of the form is wider than the screen."""
    width = form(page).evaluate("one => one.scrollWidth - one.clientWidth")
    return bool(width <= 0)


def opens(page: Page, label: str) -> None:
    """Press a button of the ransomware playbook on the shelf, as it is shown now."""
    before = page.locator(".messages .msg").count()
    type_command(page, "/crise playbook modifier")
    shelf = page.locator(".messages .msg").nth(before)
    # The bot has just started, and reads its library meanwhile.
    expect(shelf).to_contain_text("Rançongiciel", timeout=3 * PATIENCE)
    shelf.get_by_role("button", name=label).last.click()


def edits(page: Page, delay: str) -> None:
    """Open the first step, and give it another title, one line more and another delay."""
    opens(page, "Modifier")
    expect(form(page)).to_contain_text("Rien à publier pour l'instant")
    field(page, "Quelle étape").locator("select").select_option(label=STEP)
    shoot(page, "author-menu-390")
    send(page, "Continuer")
    expect(field(page, "Titre").locator("input")).to_have_value(STEP.removeprefix("R01 "))
    wording = field(page, "Ce qu'il faut faire").locator("input, textarea")
    wording.fill(wording.input_value() + LINE)
    field(page, "Titre").locator("input").fill(TITLE)
    field(page, "Objectif depuis").locator("input").fill(delay)
    shoot(page, "author-step-390")
    send(page, "Valider")


def test_a_wrong_field_is_told_and_nothing_typed_is_lost(phone: Page) -> None:
    """No step, or a delay that is none: a sentence says so, and what was typed is still there."""
    opens(phone, "Modifier")
    send(phone, "Continuer")
    expect(form(phone)).to_contain_text("Choisissez l'étape à modifier")
    phone.locator(".modal-x").click()
    expect(form(phone)).to_have_count(0)

    edits(phone, "bientôt")
    expect(form(phone)).to_contain_text("Durée illisible")
    form(phone).get_by_text("Durée illisible").scroll_into_view_if_needed()
    shoot(phone, "author-step-error-390")
    expect(field(phone, "Titre").locator("input")).to_have_value(TITLE)
    assert fits(phone)
    phone.locator(".modal-x").click()
    expect(form(phone)).to_have_count(0)


def test_a_step_is_edited_looked_at_and_published(phone: Page) -> None:
    """The preview says in words what changes, line by line; a reason makes it a version."""
    edits(phone, "10 min")
    expect(form(phone)).to_contain_text("est gardée dans votre brouillon")
    shoot(phone, "author-kept-390")
    choose(phone, "Voir ce qui change")
    expect(form(phone)).to_contain_text("passe de 5 min à 10 min")
    expect(form(phone)).to_contain_text(re.compile(r"texte modifié\W+ajouté\W+Répétez le numéro"))
    shoot(phone, "author-changes-390")
    assert fits(phone)
    choose(phone, "Publier")
    field(phone, "Raison").locator("input, textarea").fill(REASON)
    shoot(phone, "author-publish-390")
    send(phone, "Publier")
    expect(form(phone)).to_contain_text("publiée")
    expect(form(phone)).to_contain_text("3 changements")
    shoot(phone, "author-published-390")
    phone.locator(".modal-x").click()
    expect(form(phone)).to_have_count(0)

    opens(phone, "Versions")
    expect(form(phone)).to_contain_text(REASON)
    expect(form(phone)).to_contain_text("Bruno Modèle")
    field(phone, "Recevoir une version").locator("select").select_option(index=1)
    shoot(phone, "author-versions-390")
    send(phone, "Recevoir")
    expect(form(phone)).to_contain_text("Je vous ai envoyé cette version en message privé")
    phone.locator(".modal-x").click()
    expect(form(phone)).to_have_count(0)


def answered(page: Page) -> Locator:
    """The answer to a question put in a form, once the bot has read its library."""
    for _ in range(60):
        type_command(page, "/crise question")
        field(page, "Votre question").locator("input").fill("faut-il éteindre les PC ?")
        send(page, "Chercher")
        expect(page.locator(".modal-title")).to_have_text("Réponse")
        if form(page).get_by_text("Je lis encore").count() == 0:
            break
        page.locator(".modal-x").click()
        page.wait_for_timeout(1_000)
    return form(page)


def test_an_answer_in_a_form_leads_further(phone: Page) -> None:
    """What stands as buttons under an answer is a choice where the answer fills the form."""
    expect(answered(phone)).to_contain_text("Source :")
    form(phone).get_by_text("Et maintenant").scroll_into_view_if_needed()
    shoot(phone, "answer-form-390")
    assert fits(phone)
    choose(phone, "Utile")

    expect(form(phone)).to_contain_text("Merci")
    phone.locator(".modal-x").click()
    expect(phone.locator(".bk-unknown")).to_have_count(0)
