"""The gate for the three verifiers on the same vectors: one export, changed in any one place.

The export is short, so that bash can take every vector too; it has an erased line, its erasure and
a signed checkpoint.  A checkpoint from outside covers the last line, which nothing follows.
"""

import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from bot.exports.kit import verifier
from bot.journal.outside import Brought, Checkpoint
from bot.journal.verify import verify_lines
from tests.exports.test_kit import theirs
from tests.journal.books import small_book
from tests.journal.chains import exported
from tests.journal.test_mutations import FLIPS, edits, lines_of

BOOK = small_book()
EXPORT = b"".join(exported(BOOK))
NOTED = Brought((Checkpoint(len(BOOK), BOOK[-1].hash),))
KIT = Path(verifier.__file__).parent
HARNESS = Path(__file__).with_name("gate.sh")
PROCESSES = 2


def vectors() -> Iterator[bytes]:
    """Every byte of the export flipped in three ways, then every edit of its lines."""
    for at in range(len(EXPORT)):
        for flip in FLIPS:
            changed = bytearray(EXPORT)
            changed[at] ^= flip
            yield bytes(changed)
    for lines in edits(lines_of(EXPORT)):
        yield b"".join(lines)


def test_the_export_itself_is_sound_for_all_three(tmp_path: Path) -> None:
    """The gate says something only because the unchanged export passes it."""
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "sound").write_bytes(EXPORT)

    assert verify_lines(lines_of(EXPORT), NOTED).ok
    assert theirs([EXPORT], NOTED) is None
    assert by_bash([tmp_path / "vectors"]) == {"sound": 0}


def test_no_vector_passes_our_verification() -> None:
    """Of every flip and every edit, ``tocsin verify`` misses 0."""
    missed = [n for n, data in enumerate(vectors()) if verify_lines(lines_of(data), NOTED).ok]

    assert missed == []


def test_no_vector_passes_the_one_file_verifier() -> None:
    """Of the same vectors, ``verifier.py`` misses 0."""
    missed = [n for n, data in enumerate(vectors()) if theirs([data], NOTED) is None]

    assert missed == []


def test_no_vector_passes_the_shell_verifier(tmp_path: Path) -> None:
    """Of the same vectors, ``verifier.sh`` misses 0, and complains of none."""
    folders = [tmp_path / str(number) for number in range(PROCESSES)]
    for folder in folders:
        folder.mkdir()
    total = 0
    for total, data in zip(count(1), vectors(), strict=False):
        (folders[total % PROCESSES] / f"{total:05}").write_bytes(data)

    found = by_bash(folders)

    assert len(found) == total
    assert {name: code for name, code in found.items() if code != 1} == {}


def by_bash(folders: list[Path]) -> dict[str, int]:
    """The exit code of the shell verifier for each file of these folders, one process a folder."""
    (noted,) = NOTED.checkpoints
    point = f"{noted.entries}:{noted.head}"
    running = []
    for folder in folders:
        box = folder.with_name(f"{folder.name}-box")
        box.mkdir()
        command = ["bash", *map(str, (HARNESS, KIT / "verifier.sh", folder, point, box))]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8"))
    lines = [line.split() for one in running for line in one.communicate()[0].splitlines()]
    return {name: int(code) for code, name in lines}


@pytest.mark.parametrize("number", range(1, len(BOOK)))
def test_without_a_checkpoint_a_cut_tail_is_missed_by_all_three(
    number: int, tmp_path: Path
) -> None:
    """Nobody may promise more: whole lines cut off the end are not seen, if none was erased."""
    cut = exported(BOOK)[:-number]
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(cut))
    hollow = number == len(BOOK) - 1

    run = subprocess.run(["bash", KIT / "verifier.sh", path], capture_output=True, check=False)

    assert verify_lines(cut).ok is not hollow
    assert (theirs(cut) is None) is not hollow
    assert (run.returncode == 0) is not hollow
