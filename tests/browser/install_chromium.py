"""Find a Chromium for the browser tests, or install one; print where it is.

In this order: ``TOCSIN_CHROMIUM``; a Chromium or Chrome already on the machine; the one Playwright
keeps; the distribution's package, when we may install it without asking for a password; the one
Playwright downloads.  Each is accepted only once it has told its version.  Nothing is installed
when one is found, and what is done is said on the standard error stream.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
ANSWERS_WITHIN = 30
INSTALLS_WITHIN = 900


def say(text: str) -> None:
    """Tell the person at the keyboard; the standard output carries the path alone."""
    print(f"chromium: {text}", file=sys.stderr)


def runs(path: str) -> bool:
    """Whether this file starts as a browser (a distribution may ship an empty shell of one)."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, timeout=ANSWERS_WITHIN, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"Chrom" in done.stdout


def step(*words: str) -> bool:
    """Run one installation command, its chatter sent to the standard error stream."""
    say(" ".join(words))
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            words, stdout=sys.stderr, env=settings, timeout=INSTALLS_WITHIN, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        say(f"{words[0]}: {problem}")
        return False
    return done.returncode == 0


def chosen() -> Iterator[str]:
    """Give the browser that the person names."""
    if named := os.environ.get("TOCSIN_CHROMIUM"):
        yield named


def installed() -> Iterator[str]:
    """Give the browsers of the machine."""
    yield from filter(None, map(shutil.which, NAMES))
    yield from (path for path in MAC if Path(path).exists())


def kept_by_playwright() -> Iterator[str]:
    """Give the browser that Playwright downloaded earlier, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if Path(path).exists():
        yield path


def from_distribution() -> Iterator[str]:
    """Install the distribution's package as root, or with a sudo that asks for no password."""
    if not shutil.which("apt-get"):
        return
    sudo: tuple[str, ...] = ()
    if os.geteuid() != 0:
        sudo = ("sudo", "-n")
        if not shutil.which("sudo") or not step(*sudo, "true"):
            return
    install = (*sudo, "apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium")
    if step(*install) or (step(*sudo, "apt-get", "update", "-q") and step(*install)):
        yield from installed()


def from_playwright() -> Iterator[str]:
    """Let Playwright download its own browser."""
    if step(sys.executable, "-m", "playwright", "install", "chromium"):
        yield from kept_by_playwright()


SOURCES: tuple[Callable[[], Iterator[str]], ...] = (
    chosen,
    installed,
    kept_by_playwright,
    from_distribution,
    from_playwright,
)


def find() -> str | None:
    """Return the first browser that runs, installing one if there is none."""
    for source in SOURCES:
        for path in source():
            if runs(path):
                return path
            say(f"{path} does not start")
    return None


def main() -> int:
    """Print the path of a browser, or say what to do."""
    path = find()
    if path is None:
        say("none could be found or installed; name one in TOCSIN_CHROMIUM")
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
