"""Copies on disk: hashed as they pass, named after the journal, gone after an erasure."""

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from bot.core.crisis import Crisis, FileState
from bot.files import Copied, Copies

PHOTO = b"photo" * 100
HASH = sha256(PHOTO).hexdigest()
READ = FileState("F1", "p.jpg", "1.1", 2, 500, "read", HASH, kept=True)


def crisis(*states: FileState, number: str = "2026-0001") -> Crisis:
    """A crisis that knows these files."""
    return Crisis(number, files={one.id: one for one in states})


def poured(copies: Copies, content: bytes = PHOTO, file: str = "F1") -> Copied:
    """What one reading of a file leaves, before the journal knows."""
    sink = copies.sink("2026-0001", file, len(content))
    for start in range(0, len(content), 64):
        sink.take(content[start : start + 64])
    return sink.end()


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


def test_a_copy_has_no_name_before_the_journal_knows(tmp_path: Path) -> None:
    """It is hashed as it passes; named afterwards, or left out; whatever Slack calls the file."""
    copies = Copies(tmp_path / "files", 1000)
    first, second = poured(copies), poured(copies, file="../../etc/passwd")
    assert (first.size, first.sha256) == (500, HASH)
    assert len(names(tmp_path / "files")) == 2
    assert HASH not in names(tmp_path / "files")
    copies.name(first)
    copies.discard(second)
    assert names(tmp_path / "files") == [HASH]
    assert (tmp_path / "files" / HASH).read_bytes() == PHOTO
    assert copies.of(crisis(READ)) == (tmp_path / "files" / HASH,)
    assert names(tmp_path) == ["files"]


def test_a_reading_cut_short_leaves_nothing(tmp_path: Path) -> None:
    """The part goes; what ended well is not touched by a drop that comes after."""
    copies = Copies(tmp_path, 1000)
    sink = copies.sink("2026-0001", "F1", 500)
    sink.take(PHOTO[:100])
    assert len(names(tmp_path)) == 1
    sink.drop()
    assert names(tmp_path) == []
    whole = copies.sink("2026-0001", "F1", 500)
    whole.take(PHOTO)
    whole.end()
    whole.drop()
    assert len(names(tmp_path)) == 1


@pytest.mark.parametrize("largest", [0, 499])
def test_what_is_not_kept_is_hashed_all_the_same(tmp_path: Path, largest: int) -> None:
    """Nothing is written when the settings keep nothing, or nothing so large."""
    copies = Copies(tmp_path / "files", largest)
    copied = poured(copies)
    assert (copied.sha256, copied.part) == (HASH, None)
    copies.name(copied)
    copies.discard(copied)
    assert names(tmp_path) == []


def test_a_disk_that_refuses_costs_the_copy_only(tmp_path: Path) -> None:
    """A folder that cannot be made: the fingerprint is had, and the journal goes on."""
    (tmp_path / "files").write_text("not a folder")
    assert poured(Copies(tmp_path / "files", 1000)) == Copied(500, HASH, None)


def test_room_is_left_for_the_journal(tmp_path: Path) -> None:
    """No copy is begun that would fill the disk on which the journal lies."""
    free = shutil.disk_usage(tmp_path).free
    assert poured(Copies(tmp_path, 1000, reserve=2 * free)).part is None
    assert poured(Copies(tmp_path, 1000, reserve=0)).part is not None


@pytest.mark.parametrize(
    ("state", "left"),
    [
        pytest.param(READ, [HASH], id="recorded: it gets its name"),
        pytest.param(FileState("F1", "p", "1.1", 2), ["part"], id="still to be read: left alone"),
        pytest.param(
            FileState("F1", "p", "1.1", 2, 500, "read", HASH), [], id="recorded without a copy"
        ),
        pytest.param(
            FileState("F1", "p", "1.1", 2, 500, "read", "0" * 64, kept=True), [], id="other content"
        ),
        pytest.param(FileState("F1", "p", "1.1", 2, erased=True), [], id="erased unread"),
    ],
)
def test_what_a_crash_left_follows_the_journal(
    tmp_path: Path, state: FileState, left: list[str]
) -> None:
    """A part of a recorded file is checked, then named; what the journal does not want goes."""
    copies = Copies(tmp_path, 1000)
    poured(copies)
    (tmp_path / "notes.txt").write_text("à quelqu'un d'autre")
    copies.follow([crisis(state)])
    found = ["part" if one.endswith(".part") else one for one in names(tmp_path)]
    assert sorted(found) == sorted([*left, "notes.txt"])


def test_an_erased_copy_goes_unless_another_crisis_has_it(tmp_path: Path) -> None:
    """The same content in another crisis keeps it; only what bears a fingerprint is removed."""
    copies = Copies(tmp_path / "files", 1000)
    copies.name(poured(copies))
    gone = FileState("F1", "p", "1.1", 2, 500, "read", HASH, kept=True, erased=True)
    other = crisis(READ, number="2026-0002")
    copies.follow([crisis(gone), other])
    assert names(tmp_path / "files") == [HASH]
    copies.follow([crisis(gone)])
    assert names(tmp_path / "files") == []

    (tmp_path / "tocsin.db").write_text("le journal")
    false = FileState("F2", "p", "1.1", 2, 5, "read", "../tocsin.db", kept=True, erased=True)
    copies.follow([crisis(false)])
    assert names(tmp_path) == ["files", "tocsin.db"]
    assert copies.of(crisis(false)) == ()
