"""Lines that nobody means: long runs of one thing never keep the bot busy."""

import subprocess
import sys
from pathlib import Path

import pytest

#: What each word is followed by, many times, between two things that it may take for its own.
RUNS = (" ", "\n", "\t", "\u00a0", "1", "1 ", "- ", ": ", "; ", "a", "a ", "(", "<@U1> ", "é", "'")
SIZE = 3_000
#: Seconds after which a child that should take one or two is taken to be lost.
LOST = 120
PROGRAM = f"""
from datetime import UTC, datetime

from bot.core.crisis import Actor, Crisis
from bot.errors import Refused
from bot.grammar import WORDS, Context, is_question, parse
from bot.grammar.parsers import numbers
from tests.core.plans import PLAN

crisis = Crisis("2026-0001", PLAN)
now = datetime(2026, 11, 21, 3, 10, tzinfo=UTC)
context = Context(crisis, Actor("U1", "Claire Exemple"), now, lambda _: "")
tried = 0
for run in {RUNS!r}:
    for start, end in (("", ""), ("a", "x"), ("12", "x"), ("je prends", "x")):
        said = start + run * ({SIZE} // len(run)) + end
        for line in (said, *(f"{{word}} {{said}}" for word in WORDS)):
            is_question(line)
            try:
                parse(line, context)
            except Refused:
                pass
            tried += 1
        try:
            numbers(said)
        except Refused:
            pass
print(tried, len(WORDS))
"""


def test_no_line_keeps_the_bot_busy() -> None:
    """A cell pastes a table by mistake, or somebody means harm: the next line is read at once."""
    root = Path(__file__).resolve().parents[2]
    try:
        child = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=LOST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.fail("a line of three thousand characters is still being read")
    assert child.returncode == 0, child.stderr
    tried, words = map(int, child.stdout.split())
    assert tried == len(RUNS) * 4 * (words + 1)
