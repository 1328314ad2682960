"""Take the pictures of the documentation: a night is played, then photographed.

``python -m tests.browser.picture`` writes ``docs/images/*.png``.
"""

import re
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS, FRANCE, ROOT, chromium

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 960, "height": 1080}
PHONE = {"width": 390, "height": 780}
PAGE = {"width": 900, "height": 800}
#: The local Slack's own tools are not part of what we show.
TIDY = ".topbar, .composer, .search-bar, .channel-sub { display: none !important }"
#: Slack's own application has no side bar on a phone, and folds what is too long.
NARROW = (
    ".sidebar { display: none !important } "
    ".messages code { white-space: pre-wrap; overflow-wrap: anywhere }"
)


def channel(browser: Browser, address: str, size: dict[str, int], style: str) -> Page:
    """A page of that size in the crisis channel."""
    page = browser.new_page(viewport=size, **FRANCE)  # type: ignore[arg-type]
    page.goto(address)
    page.locator(".sidebar-item", has_text="crise-").click()
    page.add_style_tag(content=style)
    page.mouse.move(5, 5)
    return page


def shoot(page: Page, name: str, said: str = "") -> None:
    """Photograph the page, from the first message that says this on."""
    if said:
        found = page.locator(".messages .msg").filter(has_text=said).first
        found.evaluate("one => one.scrollIntoView()")
    page.screenshot(path=IMAGES / f"{name}.png")


def take(browser: Browser, address: str) -> None:
    """The channel as the README shows it, then as the cell has it in the hand."""
    shoot(channel(browser, address, SIZE, TIDY), "tocsin", "Avancement")
    phone = channel(browser, address, PHONE, TIDY + NARROW)
    shoot(phone, "cellule-tableau", "Avancement")
    asking = channel(browser, address, PHONE, NARROW)
    asking.locator(".composer-input").fill("/crise question faut-il éteindre les PC ?")
    asking.locator(".composer-input").press("Enter")
    asking.locator(".messages .msg").filter(has_text="Source :").first.wait_for()
    asking.add_style_tag(content=TIDY)
    shoot(asking, "cellule-question", "Source :")
    phone.locator(".messages .msg").filter(has_text="Contenir").first.get_by_role(
        "button", name="Détails"
    ).first.click()
    phone.locator(".modal-title").wait_for()
    shoot(phone, "cellule-etape")


def pages(browser: Browser, folder: Path) -> None:
    """What is read outside Slack: the page of a bundle, and a playbook before it is published."""
    lot, preview = folder / "lot.zip", folder / "apercu.html"
    _run(folder, "export", _crisis(folder), "--output", str(lot))
    with zipfile.ZipFile(lot) as bundle:
        bundle.extract("A-LIRE.html", folder)
    _run(folder, "preview", "playbooks/rancongiciel.yaml", "--output", str(preview))
    for path, name in ((folder / "A-LIRE.html", "auditeur-lot"), (preview, "responsable-apercu")):
        page = browser.new_page(viewport=PAGE, **FRANCE)  # type: ignore[arg-type]
        page.goto(path.as_uri())
        shoot(page, name)


def _crisis(folder: Path) -> str:
    found = re.search(r"\d{4}-\d{4}", _run(folder, "crises"))
    assert found is not None, "the night was not played"
    return found[0]


def _run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=ROOT,
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _environment(folder: Path) -> dict[str, str]:
    return {"TOCSIN_DATA_DIR": str(folder), "PATH": "/usr/bin:/bin"}


def _played(bot: "subprocess.Popen[str]") -> str:
    """The address of the page, once the night has been played."""
    address = ""
    for line in bot.stdout or ():
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        address = found[0] if found else address
        if "La nuit est jouée" in line:
            break
    return address


def main(words: Sequence[str] = ("demo", "--scenario", "rancongiciel", "--speed", "10")) -> None:
    """Play the night in a data folder of its own, then take the pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        bot = subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            cwd=ROOT,
            env=_environment(folder),
            stdout=subprocess.PIPE,
            text=True,
        )
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*FLAGS.split(), "--no-sandbox"]
        )
        try:
            take(browser, _played(bot))
        finally:
            bot.send_signal(signal.SIGINT)
            bot.communicate()
        pages(browser, folder / "demo")
        browser.close()


if __name__ == "__main__":
    main()
