"""The cell in a browser: two people for one step, the sheet of the next shift, the proposal.

The local Slack is somebody else's program: what a telephone shows of it must fit and be pressed.
"""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import FRANCE, shoot
from tests.browser.test_browser import PHONE, message, type_command


@pytest.fixture(scope="module")
def cell(page: Page) -> Page:
    """The page in the channel of a crisis whose first two steps are done."""
    type_command(page, "/crise déclarer Écrans de rançon aux urgences")
    page.get_by_role("button", name="Déclarer", exact=True).click()
    expect(page.locator(".modal-title")).to_have_text("C'est enregistré")
    page.locator(".modal-x").click()
    page.locator(".sidebar-item", has_text="crise-").click()
    expect(message(page, "Questions à trancher")).to_be_visible()
    for line in ("fait R01 appel noté", "fait R02 Rançongiciel confirmé note vue"):
        type_command(page, f"/crise {line}")
        expect(message(page, "Enregistré, ligne")).to_be_visible()
    return page


def test_a_step_for_two_says_who_agreed(cell: Page, browser: Browser, address: str) -> None:
    """After one « fait » the card names who agreed and waits for another; the first is refused."""
    type_command(cell, "/crise fait R07 liens coupés")
    card = message(cell, "R07 Couper ou filtrer")
    expect(card).to_contain_text("premier accord")
    type_command(cell, "/crise fait R07")
    expect(message(cell, "une autre personne doit confirmer")).to_be_visible()
    phone = browser.new_page(viewport={"width": 390, "height": 844}, **FRANCE)
    phone.goto(address)
    phone.locator(".sidebar-item", has_text="crise-").click()
    phone.add_style_tag(content=PHONE)
    step = phone.locator(".messages").get_by_text("1er accord").first
    step.evaluate("one => one.scrollIntoView({block: 'center'})")
    expect(phone.get_by_role("button", name="Je confirme").first).to_be_visible()
    shoot(phone, "pair-390")
    widths = phone.locator(".messages").evaluate("one => [one.scrollWidth, one.clientWidth]")
    phone.close()

    assert widths[0] <= widths[1]


def test_the_sheet_of_the_next_shift(cell: Page) -> None:
    """« relève » shows the sheet in private, with what one holds and to whom it may go."""
    type_command(cell, "/crise relève")
    sheet = message(cell, "Feuille de relève")
    expect(sheet).to_contain_text("Vous tenez")
    expect(sheet).to_contain_text("Direction de crise")
    sheet.scroll_into_view_if_needed()
    shoot(cell, "handover-1280")
