"""The demo as a person starts it, and a real browser on its page."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.install_chromium import chosen, installed, kept_by_playwright, runs

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = Path(__file__).with_name("screenshots")
FLAGS = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
FRANCE: Any = {"locale": "fr-FR", "timezone_id": "Europe/Paris"}
#: A browser and a bot share a small machine with other tests.
PATIENCE = 20_000
STOPS_WITHIN = 60

expect.set_options(timeout=PATIENCE)


def chromium() -> str:
    """A browser that starts, or a failure that says what to do."""
    for source in (chosen, installed, kept_by_playwright):
        for path in source():
            if runs(path):
                return path
    pytest.fail(
        "no Chromium: run « python tests/browser/install_chromium.py », or name one in "
        "TOCSIN_CHROMIUM"
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a screen.

    For one module only: while it lives Playwright runs an event loop in this very thread, in which
    no asynchronous test could start its own.
    """
    flags = FLAGS.split()
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield found
        found.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page of a running ``tocsin demo``; afterwards Ctrl-C must stop it cleanly."""
    data = tmp_path_factory.mktemp("demo")
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo"],
        cwd=ROOT,
        env=os.environ | {"TOCSIN_DATA_DIR": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _page_of(bot)
    finally:
        bot.send_signal(signal.SIGINT)
        try:
            said, _ = bot.communicate(timeout=STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            bot.kill()
            said, _ = bot.communicate()
    assert bot.returncode == 0, said


def _page_of(bot: "subprocess.Popen[str]") -> str:
    """The address that the demo prints; what it said instead when it could not start."""
    said: list[str] = []
    for line in bot.stdout or ():
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found[0]
    pytest.fail("the demo did not start (« make demo » installs what it needs)\n" + "".join(said))


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page of the local Slack on a desk."""
    shown = browser.new_page(viewport={"width": 1280, "height": 900}, **FRANCE)
    shown.set_default_timeout(PATIENCE)
    shown.goto(address)
    yield shown
    shown.close()


def shoot(page: Page, name: str) -> None:
    """Keep what the page looks like, for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
