"""Take the picture of the README: a night is played, then the crisis channel is photographed.

``python -m tests.browser.picture`` writes ``docs/images/tocsin.png``.
"""

import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, FRANCE, ROOT, chromium

PICTURE = ROOT / "docs" / "images" / "tocsin.png"
SIZE = {"width": 960, "height": 1080}
#: The local Slack's own tools are not part of what we show.
TIDY = ".topbar, .composer, .search-bar, .channel-sub { display: none !important }"


def take(address: str, path: Path) -> None:
    """Photograph the crisis channel from its board on."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*FLAGS.split(), "--no-sandbox"]
        )
        page = browser.new_page(viewport=SIZE, **FRANCE)  # type: ignore[arg-type]
        page.goto(address)
        page.locator(".sidebar-item", has_text="crise-").click()
        page.add_style_tag(content=TIDY)
        page.locator(".messages .msg").first.evaluate("one => one.scrollIntoView()")
        page.mouse.move(5, 5)
        page.screenshot(path=path)
        browser.close()


def main() -> None:
    """Play the night in a data folder of its own, then take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        bot = subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", "--scenario", "rancongiciel", "--speed", "10"],
            cwd=ROOT,
            env={"TOCSIN_DATA_DIR": folder, "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            text=True,
        )
        address = ""
        for line in bot.stdout or ():
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            address = found[0] if found else address
            if "La nuit est jouée" in line:
                break
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        take(address, PICTURE)
        bot.send_signal(signal.SIGINT)
        bot.communicate()
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
