"""The playbooks and write-ups as shipped: sound, and found by the questions people ask."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.library.answer import Answer, answer
from bot.library.glossary import Glossary
from bot.library.index import Index
from bot.library.models import embedder
from bot.library.playbooks import choose, load_plans
from bot.library.search import Library, open_library

ROOT = Path(__file__).parents[2]
QUESTIONS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def words() -> tuple[Library, Glossary]:
    """The shipped library, by words only."""
    return open_library(ROOT / "playbooks", ROOT / "knowledge")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The shipped library with its real index, in Chroma."""
    whole, glossary = open_library(ROOT / "playbooks", ROOT / "knowledge")
    index = Index.open(tmp_path_factory.mktemp("data"), whole.corpus, glossary, embedder("hachage"))
    whole.attach(index)
    assert index.ready, index.reason
    yield whole
    index.close()


def _recall(library: Library) -> tuple[float, list[str]]:
    """The share of questions with a right passage among the three, and those without."""
    missed = [
        row["q"] for row in QUESTIONS["found"] if not _right(answer(library, row["q"]), row["in"])
    ]
    return 1 - len(missed) / len(QUESTIONS["found"]), missed


def _right(given: Answer, wanted: list[str]) -> bool:
    return any(one.passage_id.startswith(tuple(wanted)) for one in given.sources)


def test_the_shipped_files_have_no_fault(words: tuple[Library, Glossary]) -> None:
    """Nothing is unknown, dangling, uncited or badly dated."""
    plans = load_plans(ROOT / "playbooks")

    assert [str(fault) for fault in plans.faults] == []
    assert [str(fault) for fault in words[0].corpus.faults] == []
    assert "rancongiciel" in plans.plans


def test_the_right_passage_is_among_three(library: Library) -> None:
    """At least 85 % of the questions, typos and phone spellings included."""
    recall, missed = _recall(library)

    assert recall >= 0.85, missed


def test_words_alone_still_find_most(words: tuple[Library, Glossary]) -> None:
    """While the index is away, at least 80 %."""
    recall, missed = _recall(words[0])

    assert recall >= 0.80, missed


def test_a_clear_answer_is_seldom_wrong(library: Library) -> None:
    """« Nette » is said of some, and is worth something: the first passage is right."""
    clear = [
        (row["q"], _right_first(given, row["in"]))
        for row in QUESTIONS["found"]
        if (given := answer(library, row["q"])).confidence == "nette"
    ]

    assert len(clear) >= len(QUESTIONS["found"]) / 8
    assert sum(right for _, right in clear) >= 0.9 * len(clear), clear


def _right_first(given: Answer, wanted: list[str]) -> bool:
    return given.sources[0].passage_id.startswith(tuple(wanted))


@pytest.mark.parametrize("question", QUESTIONS["refused"])
def test_what_is_out_of_the_field_is_refused(library: Library, question: str) -> None:
    """Medicine, weather, code, attacks and the rest: « rien trouvé », with the index or without."""
    assert answer(library, question).confidence == "aucune"


def test_every_stated_way_of_asking_finds_its_passage(library: Library) -> None:
    """What the files say people ask leads to the file that says it, 95 times out of 100.

    Of thousands, every fifth is asked.
    """
    stated = [(ask, passage) for passage in library.corpus.passages for ask in passage.asks]
    asked = stated[::5]
    missed = [
        ask
        for ask, passage in asked
        if passage.id not in {hit.passage.id for hit in library.search(ask).hits}
    ]

    assert len(missed) <= 0.05 * len(asked), missed


def test_no_stated_way_of_asking_is_refused(library: Library) -> None:
    """The list of refused subjects refuses nothing that the files answer."""
    refused = [
        (ask, subject.id)
        for passage in library.corpus.passages
        for ask in passage.asks
        if (subject := library.corpus.scope.refusal(ask)) is not None
    ]

    assert refused == []


def test_a_doubt_never_hides_a_stated_way_of_asking(library: Library) -> None:
    """Words that belong elsewhere do not close what the files say people ask."""
    doubted = [
        ask
        for passage in library.corpus.passages
        for ask in passage.asks
        if library.corpus.scope.doubt(ask) is not None
    ]

    assert [ask for ask in doubted if not answer(library, ask).found] == []


def test_a_declaration_proposes_ransomware() -> None:
    """The words of a first call lead to the playbook."""
    plans = load_plans(ROOT / "playbooks")

    assert choose(plans, "tous les fichiers sont chiffrés, il y a une rançon")[0] == "rancongiciel"
