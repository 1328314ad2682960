"""A file that goes bad while the library is in use goes on saying what it last said."""

from pathlib import Path

import pytest

from bot.library.shelves import Places, Shelves
from tests.library.conftest import Edit
from tests.library.test_reserved import FILE as INCIDENT
from tests.library.test_reserved import PERSON, TODAY, finds

REPERE = "knowledge/reperes/papier.md"
SCOPE = "knowledge/hors-champ.yaml"
GLOSSARY = "knowledge/glossaire.yaml"
PLAYBOOK = "playbooks/rancongiciel.yaml"
SHARED = ("sources", "cellule", "obligations", "etablissement")


@pytest.fixture
def books(playbooks: Path, knowledge: Path, tmp_path: Path) -> Shelves:
    """The library of the small hospital, read once while all is well."""
    shelves = Shelves(Places(playbooks, knowledge, tmp_path / "data"), lambda: TODAY)
    shelves.read()
    assert shelves.faults == ()
    return shelves


def spoil(file: Path) -> None:
    """Save a file as an editor set to Windows-1252 would, cut short."""
    text = file.read_text(encoding="utf-8")
    file.write_bytes(text[: len(text) // 2].encode("cp1252", "replace") + "é".encode("cp1252"))


def quoted(books: Shelves) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Text and sources of each passage that answers may quote."""
    passages = books.library.corpus.passages
    return {one.id: (one.text, one.sources) for one in passages}


@pytest.mark.parametrize(
    "name", [INCIDENT, REPERE, PLAYBOOK, *(f"playbooks/{one}.yaml" for one in SHARED)]
)
def test_a_spoilt_file_is_still_quoted(books: Shelves, tmp_path: Path, name: str) -> None:
    """Every passage stays with its sources, and so do the cards of incidents."""
    before, cards = quoted(books), books.library.corpus.incidents
    spoil(tmp_path / name)

    books.read()

    assert quoted(books) == before
    assert books.library.corpus.incidents == cards
    told = [one.path for one in books.faults]
    # Faults of the folder of playbooks are told with the plans, not twice.
    assert told == ([name] if name.startswith("knowledge/") else [])


def test_what_comes_after_is_read(books: Shelves, tmp_path: Path, edit: Edit) -> None:
    """Once mended, the new text is quoted; the other files never waited for it."""
    good = (tmp_path / REPERE).read_bytes()
    spoil(tmp_path / REPERE)
    edit(INCIDENT, "onze jours", "douze jours")
    books.read()
    assert "douze jours" in " ".join(text for text, _ in quoted(books).values())

    (tmp_path / REPERE).write_bytes(good.replace(b"formulaires", b"carnets"))
    books.read()

    texts = " ".join(text for text, _ in quoted(books).values())
    assert ("carnets" in texts, "formulaires" in texts) == (True, False)
    assert books.faults == ()


@pytest.mark.parametrize("name", [INCIDENT, REPERE, PLAYBOOK])
def test_what_is_removed_no_longer_answers(books: Shelves, tmp_path: Path, name: str) -> None:
    """A file that was spoilt and then taken away is gone."""
    spoil(tmp_path / name)
    books.read()
    (tmp_path / name).unlink()

    books.read()

    assert [one for one in quoted(books) if one.startswith(name)] == []
    assert [one.path for one in books.library.corpus.incidents if one.path == name] == []


def test_what_is_declined_stays_declined(books: Shelves, tmp_path: Path) -> None:
    """A spoilt list of refused subjects opens none of them, a spoilt glossary forgets no word."""
    asked = "quelle dose pour un enfant"
    declined = books.ask(asked).declined
    assert declined
    spoil(tmp_path / SCOPE)
    spoil(tmp_path / GLOSSARY)

    books.read()

    assert books.ask(asked).declined == declined
    assert books.library.written_out("koi") == ["quoi"]
    assert {one.path for one in books.faults} == {SCOPE, GLOSSARY}


def test_a_note_that_is_being_closed_is_not_kept_open(
    books: Shelves, tmp_path: Path, edit: Edit
) -> None:
    """Spoilt while somebody names its readers, it answers nobody; closed before, it stays so."""
    line = f"verified: 2026-11-21\nconfidential: [{PERSON}]"
    edit(INCIDENT, "verified: 2026-11-21", line)
    (tmp_path / INCIDENT).write_bytes((tmp_path / INCIDENT).read_bytes() + b"\xff")

    assert not finds(books)
    assert not finds(books, PERSON)


def test_a_first_reading_has_nothing_to_fall_back_on(
    playbooks: Path, knowledge: Path, tmp_path: Path
) -> None:
    """At a start a spoilt file is left out, and told."""
    spoil(tmp_path / REPERE)
    shelves = Shelves(Places(playbooks, knowledge, tmp_path / "data"), lambda: TODAY)

    shelves.read()

    assert [one for one in quoted(shelves) if one.startswith(REPERE)] == []
    assert [one.path for one in shelves.faults] == [REPERE]
