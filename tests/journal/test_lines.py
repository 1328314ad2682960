"""The quick way and the long way of reading a line: the same parts, and never more let through."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.journal import lines as module
from bot.journal.entry import export_line
from bot.journal.lines import MOULDS_PER_KIND, Found, Line, Moulds
from tests.journal.books import whole_book
from tests.journal.chains import chain, exported, sealed
from tests.journal.test_canonical import KEYS, VALUES

BODIES = st.dictionaries(KEYS, VALUES, max_size=4)


def line(body: dict[str, Any], seq: int = 1, sig: str | None = None) -> bytes:
    """A line with this body."""
    return export_line(replace(sealed(seq, body=body), sig=sig)).encode() + b"\n"


def long(raw: bytes) -> Line | int:
    """What the long way makes of a line: its parts, or the step that refuses it."""
    try:
        return Moulds().long(raw)
    except Found as found:
        return found.check


def quick(moulds: Moulds, raw: bytes) -> Line | int:
    """What the quick way makes of it, where it has one."""
    try:
        return moulds.line(raw)
    except Found as found:
        return found.check


def trained(raws: Iterable[bytes]) -> Moulds:
    """Moulds of these lines."""
    moulds = Moulds()
    for raw in raws:
        moulds.line(raw)
    return moulds


def taken_quickly(moulds: Moulds, raw: bytes, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a line is read without the long way."""
    monkeypatch.setattr(moulds, "long", lambda _: None)
    return moulds.line(raw) is not None


def test_a_second_line_of_a_kind_goes_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other numbers, times, texts and signatures fit the mould of the first."""
    moulds = trained([line({"text": "a", "n": 1, "tags": ["x"], "at": None}, sig="AAAA")])
    other = line({"text": 'é "🚨"\n', "n": -9, "tags": [], "at": "z"}, seq=2, sig="BBBB")

    assert taken_quickly(moulds, other, monkeypatch)


@settings(max_examples=150, deadline=None)
@given(first=BODIES, second=BODIES)
def test_both_ways_give_the_same_parts(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Whatever the bodies, what the moulds let through is what the rule lets through."""
    moulds = trained([line(first)])

    for raw in (line(second, 2), line(first, 3, sig="AAAA"), line({**first, **second}, 4)):
        assert quick(moulds, raw) == long(raw)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 5_000), change=st.binary(min_size=1, max_size=6), length=st.integers(0, 6))
def test_no_change_passes_the_quick_way_alone(at: int, change: bytes, length: int) -> None:
    """Any bytes put in the place of any others: accepted quickly, then accepted by the rule too.

    The hashes that are compared later are the one thing that the quick way leaves open.
    """
    raws = whole_book().lines
    moulds = trained(raws)
    data = raws[at % len(raws)]
    at %= len(data)
    changed = data[:at] + change + data[at + length :]

    found, rule = quick(moulds, changed), long(changed)

    if isinstance(found, Line) and isinstance(rule, int):
        assert not (_is_hash(found.prev) and _is_hash(found.commitment))
    else:
        assert found == rule


def _is_hash(text: bytes) -> bool:
    return len(text) == 64 and set(text) <= set(b"0123456789abcdef")


ODD_LINES = {
    "a float": ('"n":1', '"n":1.0'),
    "minus zero": ('"n":1', '"n":-0'),
    "a leading zero": ('"n":1', '"n":01'),
    "an exponent": ('"n":1', '"n":1e3'),
    "a big number": ('"n":1', f'"n":{2**53}'),
    "an escaped letter": ('"text":"a"', '"text":"\\u0061"'),
    "an escaped slash": ('"text":"a"', '"text":"\\/"'),
    "a capital escape": ('"text":"a"', '"text":"\\u001F"'),
    "a long escape": ('"text":"a"', '"text":"\\u000a"'),
    "a bare control": ('"text":"a"', '"text":"\x01"'),
    "half a character": ('"text":"a"', '"text":"\\ud83d"'),
    "a day that is not": ("2026-03-14", "2026-02-30"),
    "an hour that is not": ("T02:", "T24:"),
    "no hash for a salt": ((sealed(1).salt or b"").hex(), "null"),
    "keys swapped": ('"n":1,"text":"a"', '"text":"a","n":1'),
    "a key twice": ('"n":1', '"n":1,"n":1'),
    "a space": ('"n":1', '"n": 1'),
}


@pytest.mark.parametrize(("old", "new"), ODD_LINES.values(), ids=ODD_LINES.keys())
def test_what_the_rule_refuses_fits_no_mould(old: str, new: str) -> None:
    """Each departure from the one spelling is told as the long way tells it."""
    raw = line({"text": "a", "n": 1})
    moulds = trained([raw])
    assert old.encode() in raw
    changed = raw.replace(old.encode(), new.encode())

    assert quick(moulds, changed) == long(changed)
    assert isinstance(long(changed), int)


def test_moulds_are_few_and_small() -> None:
    """Shapes without end, and a plan of thousands of texts, leave nothing behind."""
    moulds = trained(line({f"k{n}": n}, seq=1) for n in range(50))
    large = trained([line({"plan": ["x" * module.LONGEST_MOULD]})])

    (known,) = moulds._known.values()
    assert len(known) == MOULDS_PER_KIND
    assert list(large._known.values()) == [[]]


def test_the_journals_of_the_tests_are_read_alike_both_ways() -> None:
    """Line after line, with the moulds that the lines before have left."""
    for raws in (exported(chain(40)), whole_book().lines):
        moulds = Moulds()
        assert [moulds.line(raw) for raw in raws] == [long(raw) for raw in raws]
