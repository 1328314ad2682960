"""A drill in a browser: chosen and opened in a form, conducted in private, ended, reported.

The local Slack is somebody else's program: it shows whether who animates finds the controls, and
whether the players see the injects and nothing else.
"""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import FRANCE, shoot
from tests.browser.test_browser import PHONE, field, message, type_command


@pytest.fixture(scope="module")
def drill(page: Page) -> Page:
    """The page in the private conversation of Claire, who has just opened a drill."""
    type_command(page, "/crise exercice panne du réseau")
    expect(page.locator(".modal-title")).to_have_text("Ouvrir un exercice")
    expect(page.locator(".modal")).to_contain_text("Panne du réseau un lundi matin")
    field(page, "Vitesse").get_by_text("×20").click()
    shoot(page, "drill-form-1280")
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    expect(page.locator(".modal-title")).to_have_text("C'est enregistré")
    page.locator(".modal-x").click()
    page.locator(".sidebar-item", has_text="Claire Exemple").click()
    return page


def test_who_animates_has_the_controls_in_private(drill: Page) -> None:
    """Where the scenario stands, what comes next, and buttons that the cell does not see."""
    desk = message(drill, "EXERCICE — conduite")

    expect(desk).to_contain_text("vitesse ×20")
    expect(desk).to_contain_text("Files d'attente aux admissions")
    desk.get_by_role("button", name="Pause").click()
    expect(desk).to_contain_text("en pause")
    desk.get_by_role("button", name="Jouer le suivant").click()
    expect(desk).to_contain_text(re.compile(r"Joués.: [1-9] sur 7"))
    desk.scroll_into_view_if_needed()
    shoot(drill, "drill-desk-1280")


def test_the_cell_sees_what_is_played(drill: Page, browser: Browser, address: str) -> None:
    """The start and its rules, then the inject, marked EXERCICE; a phone shows it whole."""
    phone = browser.new_page(viewport={"width": 390, "height": 844}, **FRANCE)
    phone.goto(address)
    phone.locator(".sidebar-item", has_text="exercice-").click()
    phone.add_style_tag(content=PHONE)
    expect(message(phone, "DEBEX")).to_contain_text("l'animation joue l'extérieur")
    inject = message(phone, "EXERCICE — Files d'attente aux admissions")
    expect(inject).to_contain_text("rien de réel")
    inject.evaluate("one => one.scrollIntoView()")
    shoot(phone, "drill-inject-390")
    widths = phone.locator(".messages").evaluate("one => [one.scrollWidth, one.clientWidth]")
    phone.close()

    assert widths[0] <= widths[1]


def test_the_controls_fit_a_phone(drill: Page, browser: Browser, address: str) -> None:
    """At 390 pixels every button of the desk is there and nothing is wider than the screen."""
    expect(message(drill, "EXERCICE — conduite")).to_be_visible()
    phone = browser.new_page(viewport={"width": 390, "height": 844}, **FRANCE)
    phone.goto(address)
    phone.locator(".sidebar-item", has_text="Claire Exemple").click()
    phone.add_style_tag(content=PHONE)
    desk = message(phone, "EXERCICE — conduite")
    expect(desk.get_by_role("button", name="Terminer")).to_be_visible()
    desk.evaluate("one => one.scrollIntoView()")
    shoot(phone, "drill-desk-390")
    widths = phone.locator(".messages").evaluate("one => [one.scrollWidth, one.clientWidth]")
    phone.close()

    assert widths[0] <= widths[1]


def test_the_end_brings_the_report(drill: Page, browser: Browser, address: str) -> None:
    """« Terminer », a word of end, and the report arrives in private; nothing is undrawn."""
    desk = message(drill, "EXERCICE — conduite")
    desk.get_by_role("button", name="Terminer").click()
    field(drill, "Un mot de fin").locator("input, textarea").fill("Merci à tous")
    drill.get_by_role("button", name="Terminer", exact=True).last.click()

    expect(desk).to_contain_text("Terminé")
    expect(drill.locator(".messages")).to_contain_text("EXERCICE-compte-rendu-EX-")
    expect(drill.locator(".bk-unknown")).to_have_count(0)
    phone = browser.new_page(viewport={"width": 390, "height": 844}, **FRANCE)
    phone.goto(address)
    phone.locator(".sidebar-item", has_text="Claire Exemple").click()
    phone.add_style_tag(content=PHONE)
    message(phone, "EXERCICE — conduite").evaluate("one => one.scrollIntoView()")
    shoot(phone, "drill-report-390")
    phone.close()
