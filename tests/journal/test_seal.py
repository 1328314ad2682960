"""Signatures of entries, checkpoints, and the key file."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.journal.entry import Entry
from bot.journal.outside import Brought
from bot.journal.seal import Signer, VerifierKey, load_or_create, read_note
from bot.journal.verify import verify_lines
from tests.journal.chains import chain, exported


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """A signer with a key of its own."""
    return load_or_create(tmp_path / "keys" / "tocsin.pem", "ch-fictif.example/tocsin")


def signed(entries: list[Entry], signer: Signer) -> list[Entry]:
    """The same entries with their signatures beside them."""
    return [replace(entry, sig=signer.entry(entry.hash)) for entry in entries]


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """The first start writes the key with mode 0600, the next ones read the same."""
    path = tmp_path / "keys" / "tocsin.pem"

    first = load_or_create(path, "nom")
    second = load_or_create(path, "nom")

    assert first.verifier == second.verifier
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["tocsin.pem"]


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """The sentence says which file and which command mends it."""
    path = tmp_path / "tocsin.pem"
    load_or_create(path, "nom")
    path.chmod(0o644)

    with pytest.raises(SettingError, match="chmod 600"):
        load_or_create(path, "nom")


def test_a_key_that_cannot_be_made_says_where(tmp_path: Path) -> None:
    """A data folder that is none, or that is full, is told with its path."""
    (tmp_path / "data").write_text("pas un dossier", encoding="utf-8")

    with pytest.raises(SettingError, match="ne peut pas être créée"):
        load_or_create(tmp_path / "data" / "keys" / "tocsin.pem", "nom")


def test_a_file_that_is_no_key_is_refused_and_kept(tmp_path: Path) -> None:
    """A damaged key is never replaced by a new one without anybody knowing."""
    path = tmp_path / "tocsin.pem"
    path.write_text("pas une clé", encoding="utf-8")
    path.chmod(0o600)

    with pytest.raises(SettingError, match="illisible"):
        load_or_create(path, "nom")
    assert path.read_text(encoding="utf-8") == "pas une clé"


def test_a_verifier_key_reads_back(signer: Signer) -> None:
    """What is published is read back as the same key; an id that lies is refused."""
    text = str(signer.verifier)

    assert VerifierKey.parse(text) == signer.verifier
    name, key_id, encoded = text.split("+", 2)
    with pytest.raises(ValueError, match="id of this key"):
        VerifierKey.parse(f"{name}+{'0' * len(key_id)}+{encoded}")


def test_a_signed_journal_verifies_with_its_key_alone(signer: Signer, tmp_path: Path) -> None:
    """The right key passes; another one, and a journal without signatures, do not."""
    entries = signed(chain(6), signer)
    other = load_or_create(tmp_path / "autre.pem", "ch-fictif.example/tocsin")

    assert verify_lines(exported(entries), Brought(keys=(signer.verifier,))).ok
    for lines, key in (
        (exported(entries), other.verifier),
        (exported(chain(6)), signer.verifier),
    ):
        report = verify_lines(lines, Brought(keys=(key,)))
        assert report.fault is not None
        assert (report.fault.check, report.fault.line_no) == (12, 1)


def test_an_entry_added_without_the_key_is_found(signer: Signer) -> None:
    """Who holds the database alone can chain a plausible entry, and cannot sign it."""
    entries = signed(chain(4), signer)
    forged = [*entries, *chain(1, after=entries[-1])]

    assert verify_lines(exported(forged)).ok
    report = verify_lines(exported(forged), Brought(keys=(signer.verifier,)))
    assert report.fault is not None
    assert (report.fault.check, report.fault.line_no) == (12, 5)


def test_a_checkpoint_reads_back_and_bears_its_signature(signer: Signer, tmp_path: Path) -> None:
    """The note says size and head, and only its key's signature counts."""
    entries = chain(5)
    note = read_note(signer.note("2026-0001", 5, entries[-1].hash))
    other = load_or_create(tmp_path / "autre.pem", "ch-fictif.example/tocsin")

    assert (note.origin, note.size, note.head) == (
        "ch-fictif.example/tocsin/2026-0001",
        5,
        entries[-1].hash,
    )
    assert note.signed_by(signer.verifier)
    assert not note.signed_by(other.verifier)
    assert not replace(note, size=6).signed_by(signer.verifier)


@pytest.mark.parametrize(
    "text", ["", "a\n1\n", "a\n1\nAA==\n\nx y z\n", "a\nun\nAA==\n\n— n AAAAAAA=\n"]
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    """A note with a piece missing or out of shape is refused, never half read."""
    with pytest.raises(ValueError):  # noqa: PT011 - each piece has its own message
        read_note(text)
