"""The parsers under fire for a moment, guided by coverage, the same way each time."""

import pytest

from tests.fuzz.loop import Fuzz
from tests.fuzz.targets import fuzzes

TRIES = {"line": 600, "playbook": 150, "payload": 500, "bundle": 40}


@pytest.mark.parametrize("name", TRIES)
def test_whatever_is_read_is_understood_or_refused(name: str) -> None:
    """No input that chance and coverage find makes a parser fail otherwise than by a refusal."""
    fuzz, seeds = fuzzes(seed=1)[name]
    fuzz.run(seeds, lambda tried: tried < TRIES[name])

    assert fuzz.tried == TRIES[name]
    assert len(fuzz.corpus) > 1


def test_the_fuzzer_finds_what_is_behind_three_doors() -> None:
    """By coverage it reaches a fault that blind chance would not in so few tries."""

    def doors(data: bytes) -> None:
        opened = 0
        for door in (0, 1, 2):
            if data[door : door + 1] != b"xyz"[door : door + 1]:
                break
            opened += 1
            if opened == 1:
                continue
            if opened == 2:
                continue
            raise KeyError("open")

    fuzz = Fuzz(doors, (), (__file__,), seed=3)
    with pytest.raises(AssertionError, match="KeyError for b'xyz"):
        fuzz.run([b"aaaa"], lambda tried: tried < 60_000)
