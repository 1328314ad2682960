"""The gate: change the export in any one place, and verification must say so; none is missed.

Nothing follows the last line, so that only a checkpoint covers it: the gate gives one, as a bundle
does with its manifest.  A test below says what is missed without it, so that nobody promises more.
"""

from collections.abc import Iterator
from itertools import pairwise, product

from bot.journal.outside import Brought, Checkpoint
from bot.journal.verify import verify_lines
from tests.journal.chains import chain
from tests.journal.test_entry import GOLDEN

FLIPS = (0x01, 0x20, 0x80)
LAST = 11
NOTED = Brought((Checkpoint(LAST + 1, chain(LAST + 1)[LAST].hash),))


def lines_of(data: bytes) -> list[bytes]:
    """The lines as opening the file in binary mode gives them: only line feeds end a line."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def edits(lines: list[bytes]) -> Iterator[list[bytes]]:
    """Every way of dropping, doubling, swapping, blanking or spacing one line."""
    for at, line in enumerate(lines):
        yield lines[:at] + lines[at + 1 :]
        yield [*lines[:at], line, *lines[at:]]
        yield [*lines[:at], b"\n", *lines[at:]]
        yield [*lines[:at], b"\n", *lines[at + 1 :]]
        yield [*lines[:at], line[:-1] + b" \n", *lines[at + 1 :]]
        yield [*lines[:at], b" " + line, *lines[at + 1 :]]
        yield [*lines[:at], line[:-1], *lines[at + 1 :]]
    for first, _ in pairwise(range(len(lines))):
        yield [*lines[:first], lines[first + 1], lines[first], *lines[first + 2 :]]


def flipped() -> Iterator[tuple[int, list[bytes]]]:
    """Each byte of the export, flipped in three ways, with the line that it is on."""
    whole = lines_of(GOLDEN.read_bytes())
    places = ((at, offset) for at, line in enumerate(whole) for offset in range(len(line)))
    for (at, offset), flip in product(places, FLIPS):
        changed = bytearray(whole[at])
        changed[offset] ^= flip
        yield at, whole[:at] + lines_of(bytes(changed) + b"".join(whole[at + 1 :]))


def test_every_flipped_byte_is_found() -> None:
    """Each byte of the export, flipped in three ways: 0 missed."""
    missed = [at for at, lines in flipped() if verify_lines(lines, NOTED).ok]

    assert verify_lines(lines_of(GOLDEN.read_bytes()), NOTED).ok
    assert missed == []


def test_without_a_checkpoint_only_the_last_line_is_uncovered() -> None:
    """What is missed without a checkpoint lies on the last line, and the report warns of it."""
    missed = [at for at, lines in flipped() if at >= LAST - 1 and verify_lines(lines).ok]

    assert set(missed) == {LAST}
    assert "la dernière" in verify_lines(lines_of(GOLDEN.read_bytes())).limits[0]


def test_every_dropped_byte_is_found() -> None:
    """Each byte of the export, taken away: 0 missed."""
    data = GOLDEN.read_bytes()
    cuts = (lines_of(data[:at] + data[at + 1 :]) for at in range(len(data)))

    assert [at for at, lines in enumerate(cuts) if verify_lines(lines, NOTED).ok] == []


def test_every_edited_line_is_found() -> None:
    """Each line dropped, doubled, swapped, blanked, spaced or left without its end: 0 missed."""
    mutants = list(edits(lines_of(GOLDEN.read_bytes())))

    missed = [number for number, lines in enumerate(mutants) if verify_lines(lines, NOTED).ok]

    assert len(mutants) > 80
    assert missed == []
