"""The table of what is named in accounts of attacks: every answer that it gives exists."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.grammar.words import lookup
from bot.library.passages import load_passages
from bot.library.search import open_library

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "vocabulaire.md"
#: Things that the accounts name, from the crisis cell to the patient of Düsseldorf.
NAMED = 82
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
REFERENCE = re.compile(r"`([^`]+)`")
WORD = "/crise "
#: What says that a thing without an answer was not forgotten.
OWED = ("à venir", "sans objet")
#: What says that nothing is to be found by the name of the thing.
UNFOUND = ("sans objet", "la fonction")


@dataclass(frozen=True)
class Row:
    """One thing that is named, what answers it, and what is said of the rest."""

    number: int
    name: str
    answers: tuple[str, ...]
    rest: str


def rows() -> list[Row]:
    """Return the rows of every table of the page, in order."""
    text = PAGE.read_text(encoding="utf-8")
    return [
        Row(int(number), name, tuple(REFERENCE.findall(answers)), rest)
        for number, name, answers, rest in ROW.findall(text)
    ]


@pytest.fixture(scope="module")
def passages() -> frozenset[str]:
    """The ids of everything that an answer can quote."""
    corpus = load_passages(ROOT / "playbooks", ROOT / "knowledge")
    return frozenset(passage.id for passage in corpus.passages)


def exists(answer: str, passages: frozenset[str]) -> bool:
    """Whether an answer is a word of the bot, a passage, or a file of the repository."""
    if answer.startswith(WORD):
        return lookup(answer.removeprefix(WORD)) is not None
    if "#" in answer:
        return answer in passages
    return (ROOT / answer).is_file()


def test_every_thing_named_has_its_row() -> None:
    """The rows are numbered from the first to the last, none missing, none twice."""
    assert [row.number for row in rows()] == list(range(1, NAMED + 1))


def test_every_answer_exists(passages: frozenset[str]) -> None:
    """A step, a duty, a note or a word that is gone leaves no row that still promises it."""
    missing = [
        f"{row.number}: {answer}"
        for row in rows()
        for answer in row.answers
        if not exists(answer, passages)
    ]

    assert missing == []


def test_what_has_no_answer_says_so() -> None:
    """A row without any answer admits it, in words that a reader can search for."""
    silent = [
        row.name for row in rows() if not row.answers and not row.rest.lower().startswith(OWED)
    ]

    assert silent == []


def test_each_thing_is_found_by_its_name() -> None:
    """Asked as the accounts name it, a thing brings one of its answers, nine times out of ten."""
    library, _ = open_library(ROOT / "playbooks", ROOT / "knowledge")
    asked = [row for row in rows() if not row.rest.startswith(UNFOUND)]
    missed = [
        row.name
        for row in asked
        if not any(
            hit.passage.id in row.answers or hit.passage.path in row.answers
            for hit in library.search(row.name).hits
        )
    ]

    assert len(asked) >= NAMED - 3
    assert len(missed) <= 0.1 * len(asked), missed


@pytest.mark.parametrize(
    "answer",
    [
        "knowledge/reperes/jamais-ecrit.md",
        "playbooks/rancongiciel.yaml#jamais-ecrite",
        "/crise inventer",
    ],
)
def test_an_invented_answer_is_noticed(answer: str, passages: frozenset[str]) -> None:
    """What does not exist is not taken for an answer, whatever its kind."""
    assert not exists(answer, passages)
