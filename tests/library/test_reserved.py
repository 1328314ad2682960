"""Write-ups for some people only: found by them, by nobody else, closed when in doubt."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.library.inspection import inspect
from bot.library.passages import load_passages
from bot.library.reserved import ADMINISTRATOR, NOBODY, faults, may_read, readers
from bot.library.shelves import Places, Shelves
from bot.library.similarity import similar_incidents
from tests.library.conftest import Edit

QUESTION = "que s'est-il passé à valmont"
FILE = "knowledge/incidents/valmont-2024.md"
PERSON, ROLE = "U0ZEBULON", "dsi"
TODAY = date(2026, 11, 21)


@pytest.fixture
def reserve(edit: Edit) -> Callable[[str], int]:
    """Write a line in the front matter of the incident; gives its number."""

    def write(line: str) -> int:
        return edit(FILE, "verified: 2026-11-21", f"verified: 2026-11-21\n{line}") + 1

    return write


@pytest.fixture
def books(playbooks: Path, knowledge: Path, tmp_path: Path) -> Shelves:
    """The library of the small hospital."""
    return Shelves(Places(playbooks, knowledge, tmp_path / "data"), lambda: TODAY)


def finds(books: Shelves, *reader: str) -> bool:
    """Whether somebody known by these ids finds the incident."""
    books.read()
    found = books.ask(QUESTION, reader=frozenset(reader))
    return any(one.path == FILE for one in found.sources)


def test_only_those_named_find_it(books: Shelves, reserve: Callable[[str], int]) -> None:
    """By their Slack id, by a role that they hold, and whoever administers the server."""
    assert finds(books)
    reserve(f"confidential: [{PERSON}, {ROLE}]")

    assert not finds(books)
    assert not finds(books, "U0AUTRE", "dpo")
    assert finds(books, PERSON)
    assert finds(books, "U0AUTRE", ROLE)
    assert finds(books, *ADMINISTRATOR)


def test_nothing_made_for_everybody_holds_it(
    books: Shelves, reserve: Callable[[str], int], playbooks: Path, knowledge: Path
) -> None:
    """Neither the passages, nor the similar incidents, nor the subjects near to a question."""
    reserve(f"confidential: [{PERSON}]")
    corpus = load_passages(playbooks, knowledge)

    assert all(one.path != FILE for one in corpus.passages)
    assert {one.path for one in corpus.reserved} == {FILE}
    assert corpus.incidents == ()
    assert similar_incidents(corpus.incidents, "rancongiciel", "valmont messagerie") == []
    books.read()
    lost = books.ask("valmont kilimandjaro bistouquette dreyfusard")
    assert "Valmont" not in str(lost.as_json())
    assert corpus.open_to({"U0AUTRE"}) is corpus
    assert len(corpus.open_to({PERSON}).passages) > len(corpus.passages)
    assert corpus.open_to({PERSON}).fingerprint() != corpus.fingerprint()


def test_an_answer_says_that_it_is_reserved_and_is_worded_by_no_model(
    books: Shelves, reserve: Callable[[str], int]
) -> None:
    """Who may read it is told where the file is; its text never leaves."""
    reserve(f"confidential: [{PERSON}]")
    books.read()
    found = books.ask(QUESTION, reader=frozenset({PERSON}))

    assert found.reserved
    assert not found.wordable
    assert f"Confidentiel\u00a0: réservé à {PERSON}." in found.text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param("confidential: []", "ne nomme personne", id="nobody"),
        pytest.param("confidential: true", "une liste est attendue ici", id="no list"),
        pytest.param("confidential: U0ZEBULON", "une liste est attendue ici", id="a text"),
        pytest.param("confidentiel: [U0ZEBULON]", "clé inconnue", id="in French"),
        pytest.param("Confidential: [U0ZEBULON]", "clé inconnue", id="a capital"),
        pytest.param("réservé: [U0ZEBULON]", "clé inconnue", id="another word"),
        pytest.param("confidential: [dsii]", "lecteur inconnu «\u00a0dsii\u00a0»", id="no role"),
    ],
)
def test_what_is_badly_written_is_told_and_closed(
    books: Shelves,
    reserve: Callable[[str], int],
    playbooks: Path,
    knowledge: Path,
    line: str,
    told: str,
) -> None:
    """« tocsin check » gives the line; until it is mended nobody but the administrator reads."""
    number = reserve(line)
    found = [one for one in inspect([], playbooks, knowledge, TODAY) if told in one.message]

    assert [one.line for one in found] == [number]
    assert found[0].path.endswith(FILE)
    assert not finds(books, PERSON, ROLE)
    assert {one.path for one in load_passages(playbooks, knowledge).reserved} == {FILE}


def test_a_nearby_role_is_proposed(
    reserve: Callable[[str], int], playbooks: Path, knowledge: Path
) -> None:
    """A role misspelt is told with the one that was probably meant."""
    reserve("confidential: [dsii]")
    (found,) = [one for one in inspect([], playbooks, knowledge, TODAY) if "dsii" in one.message]

    assert "«\u00a0dsi\u00a0»" in found.message


@pytest.mark.parametrize(
    ("front", "named"),
    [
        ({"title": "x"}, None),
        ({"confidential": ["U0ZEBULON"]}, ("U0ZEBULON",)),
        ({"confidential": ["U0ZEBULON"], "lecteurs": ["dpo"]}, NOBODY),
        ({"confidential": None}, NOBODY),
        ({"secret": 1}, NOBODY),
        (["not", "a", "mapping"], None),
    ],
)
def test_who_may_read(front: object, named: tuple[str, ...] | None) -> None:
    """Everybody without the key; those named with it; nobody when it is not clear."""
    assert readers(front) == named


def test_reading_rights_are_compared_by_id() -> None:
    """An empty reader reads what is for everybody, and a list without faults tells none."""
    assert may_read(None, ())
    assert not may_read(("dpo",), ())
    assert not may_read(NOBODY, ("dpo",))
    assert may_read(NOBODY, ADMINISTRATOR)
    assert list(faults(("dpo", PERSON), {"dpo"})) == []
    assert list(faults(None, {"dpo"})) == []
