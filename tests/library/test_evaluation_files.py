"""The files of the evaluation: well made, of one kind, and answerable by the library."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from bot.library.evaluation import Case, load_cases, plain
from bot.library.passages import load_passages

ROOT = Path(__file__).resolve().parents[2]
HALVES = ("seen", "kept")


@cache
def half(name: str) -> Sequence[Case]:
    """The questions of one half."""
    cases, faults = load_cases(ROOT / "tests" / "library" / "evaluation" / f"{name}.yaml")
    assert faults == ()
    return cases


@cache
def texts() -> Sequence[str]:
    """What every passage says, as it is compared."""
    corpus = load_passages(ROOT / "playbooks", ROOT / "knowledge")
    return [plain(f"{one.section}\n{one.text}") for one in corpus.passages]


def test_the_halves_are_alike_and_share_no_question() -> None:
    """Each family stands in both halves in near equal number, and no question in two."""
    seen, kept = (Counter(one.family for one in half(name)) for name in HALVES)
    assert set(seen) == set(kept)
    assert all(abs(seen[family] - kept[family]) <= 1 for family in seen)
    assert {one.q for one in half("seen")}.isdisjoint(one.q for one in half("kept"))


@pytest.mark.parametrize("name", HALVES)
def test_a_half_is_large_enough_to_say_something(name: str) -> None:
    """Enough questions, enough outside the field, enough that share no word with their answer."""
    cases = half(name)
    assert len(cases) >= 200
    assert sum(one.none for one in cases) >= 40
    assert sum(one.paraphrase for one in cases) >= 30


def test_the_third_set_is_large_enough_and_new() -> None:
    """It asks for other things in other words than the halves, in number enough to tell."""
    cases = half("third")
    assert sum(not one.none for one in cases) >= 120
    assert sum(one.none for one in cases) >= 30
    assert sum(one.paraphrase for one in cases) >= 40
    asked = {one.q for name in (*HALVES, "outside") for one in half(name)}
    assert [one.q for one in cases if one.q in asked] == []


@pytest.mark.parametrize("name", [*HALVES, "third"])
def test_what_is_expected_is_said_by_the_library(name: str) -> None:
    """A passage whose words change must not make a question unanswerable unseen."""
    lost = [
        one.q
        for one in half(name)
        if not one.none
        and not any(re.search("|".join(one.expect), text) is not None for text in texts())
    ]
    assert lost == []
