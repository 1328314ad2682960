"""The measure itself: a file of questions, how an answer is judged, the figures, the floors."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from bot.library.answer import Answer, SourceRef, answer
from bot.library.confidence import Confidence
from bot.library.evaluation import (
    Case,
    Figures,
    Outcome,
    by_family,
    evaluate,
    figures,
    load_cases,
    slowest,
)
from bot.library.glossary import Glossary
from bot.library.index import Index
from bot.library.search import Library, open_library
from bot.library.vectors import HashEmbedder

ROOT = Path(__file__).resolve().parents[2]
HALVES = ROOT / "tests" / "library" / "evaluation"


def written(folder: Path, text: str) -> Path:
    """A file of questions."""
    file = folder / "questions.yaml"
    file.write_text(text, encoding="utf-8")
    return file


HEAD = "version: 1\nquestions:\n"


def test_a_file_of_questions_is_read(tmp_path: Path) -> None:
    """Every key, and what is left out."""
    text = f"{HEAD}  - {{q: Qui ?, family: rôles, expect: [pilote], paraphrase: true}}\n"
    text += "  - {q: Météo ?, family: ailleurs, none: true}\n"

    cases, faults = load_cases(written(tmp_path, text))

    assert faults == ()
    assert cases == (
        Case("Qui ?", "rôles", ("pilote",), paraphrase=True),
        Case("Météo ?", "ailleurs", none=True),
    )


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        pytest.param(
            "version: 2\nquestions: [{q: a, family: b, none: true}]", 1, "version 2", id="v"
        ),
        pytest.param("version: 1\nquestions: []", 2, "aucune question", id="no question"),
        pytest.param(f"{HEAD}  - {{q: a, family: b}}", 3, "il manque", id="nothing expected"),
        pytest.param(
            f"{HEAD}  - {{q: a, family: b, none: true, expect: [c]}}", 3, "s'excluent", id="both"
        ),
        pytest.param(f"{HEAD}  - {{q: ' ', family: b, none: true}}", 3, "vide", id="empty"),
        pytest.param(f"{HEAD}  - {{q: a, family: ' ', none: true}}", 3, "famille", id="family"),
        pytest.param(f"{HEAD}  - {{q: a, famille: b, none: true}}", 3, "famille", id="unknown key"),
        pytest.param(
            f"{HEAD}  - q: a\n    family: b\n    expect:\n      - ok\n      - '(['",
            7,
            "illisible",
            id="regex",
        ),
        pytest.param(f"{HEAD}  - {{q: a, family: b, expect: ['x*']}}", 3, "n'importe", id="any"),
        pytest.param(
            f"{HEAD}  - {{q: a, family: b, none: true}}\n  - {{q: a, family: b, none: true}}",
            4,
            "déjà posée ligne 3",
            id="twice",
        ),
        pytest.param("version: 1\nquestions: [", 3, "YAML", id="not YAML"),
        pytest.param("- a", 1, "attendues", id="another shape"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, told: str
) -> None:
    """A file that cannot be measured says where, and nothing is measured."""
    cases, faults = load_cases(written(tmp_path, text))

    assert cases == ()
    assert line in {fault.line for fault in faults}
    assert any(told in fault.message for fault in faults), faults


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """One fault, no exception."""
    cases, (fault,) = load_cases(tmp_path / "absent.yaml")

    assert cases == ()
    assert "illisible" in fault.message


def source(text: str, section: str = "") -> SourceRef:
    """A passage that says this."""
    return SourceRef("T", section, "f.md", "repere", text, 1.0, "f.md#a", None, (1, 1), ())


@pytest.mark.parametrize(
    ("expected", "text", "right"),
    [
        pytest.param("Débranchez", "DEBRANCHEZ le câble", True, id="accents and capitals"),
        pytest.param("72 heures", "les 72\u00a0heures", True, id="no-break space"),
        pytest.param("le câble réseau", "le câble\n  réseau", True, id="line break"),
        pytest.param("l'heure", "l’heure", True, id="apostrophes"),
        pytest.param(r"\b7 m€", "7 M€", True, id="an expression"),
        pytest.param(r"\d+\Sh", "72 h", False, id="a capital class keeps its meaning"),
        pytest.param("rouen", "Brest", False, id="something else"),
    ],
)
def test_a_passage_is_judged_by_what_it_says(expected: str, text: str, right: bool) -> None:
    """Whatever the typography; its file and its title do not count."""
    case = Case("q", "f", (expected,))

    assert case.answered_by(source(text)) is right
    assert case.answered_by(source("", section=text)) is right


def outcome(
    rank: int | None = None,
    confidence: Confidence = "a-verifier",
    *,
    none: bool = False,
    paraphrase: bool = False,
    seconds: float = 0.01,
) -> Outcome:
    """One question with what became of it."""
    found = confidence != "aucune"
    case = Case("q", "dehors" if none else "dedans", () if none else ("x",), none, paraphrase)
    return Outcome(case, Answer("q", found, confidence, ""), rank, seconds)


OUTCOMES = (
    outcome(1, "nette"),
    outcome(2, "nette"),
    outcome(3, paraphrase=True),
    outcome(None, paraphrase=True),
    outcome(None, "aucune"),
    outcome(none=True, confidence="aucune"),
    outcome(none=True, confidence="nette", seconds=0.5),
)


def test_the_figures_of_known_outcomes() -> None:
    """Counted by hand."""
    found = figures(OUTCOMES)

    assert found == Figures(
        asked=5,
        outside=2,
        recall_1=0.2,
        recall_3=0.6,
        mrr=(1 + 1 / 2 + 1 / 3) / 5,
        paraphrases=2,
        paraphrase_recall_3=0.5,
        refused=0.5,
        outside_clear=0.5,
        false_refusals=0.2,
        clear=2,
        clear_right=0.5,
    )
    assert [one.right for one in OUTCOMES] == [True, True, True, False, False, True, False]
    assert slowest(OUTCOMES, 0.5) == 0.01
    assert slowest(OUTCOMES, 0.99) == 0.5


def test_the_figures_of_nothing() -> None:
    """A share of nothing is not zero."""
    found = figures(())

    assert (found.asked, found.recall_3, found.refused, found.clear_right) == (0, None, None, None)
    assert slowest((), 0.99) == 0.0
    assert list(by_family(OUTCOMES)) == ["dedans", "dehors"]
    assert by_family(OUTCOMES)["dehors"].recall_1 is None


# -- what ships -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The library as it ships, with its vectors."""
    whole, _ = open_library(ROOT / "playbooks", ROOT / "knowledge")
    folder = tmp_path_factory.mktemp("index")
    index = Index.open(folder, whole.corpus, Glossary(), HashEmbedder())
    assert index.ready, index.reason
    whole.attach(index)
    yield whole
    index.close()


@cache
def measured(library: Library, half: str) -> tuple[Figures, Sequence[Outcome]]:
    """The figures of one half, and every outcome; each half is asked once."""
    cases, faults = load_cases(HALVES / f"{half}.yaml")
    assert faults == ()
    outcomes = evaluate(cases, lambda question: answer(library, question))
    return figures(outcomes), outcomes


#: Slightly below what is measured (docs/measures.md): a change that loses more is seen here.
FLOORS = {
    "seen": {"recall_1": 0.54, "recall_3": 0.81, "paraphrase_recall_3": 0.56, "refused": 0.90},
    "kept": {"recall_1": 0.55, "recall_3": 0.75, "paraphrase_recall_3": 0.30, "refused": 0.79},
    "outside": {"refused": 0.95},
}
CEILINGS = {
    "seen": {"outside_clear": 0.03, "false_refusals": 0.03},
    "kept": {"outside_clear": 0.03, "false_refusals": 0.045},
    "outside": {"outside_clear": 0.01},
}


@pytest.mark.parametrize("half", sorted(FLOORS))
def test_no_figure_falls(library: Library, half: str) -> None:
    """What was reached once is kept, on the half that was tuned on and on the other."""
    found, outcomes = measured(library, half)

    low = {name: floor for name, floor in FLOORS[half].items() if getattr(found, name) < floor}
    high = {name: top for name, top in CEILINGS[half].items() if getattr(found, name) > top}

    wrong = "\n".join(one.case.q for one in outcomes if not one.right)
    assert (low, high) == ({}, {}), f"{found}\n{wrong}"


@pytest.mark.parametrize("half", ["seen", "kept"])
def test_what_is_said_to_be_clear_is_right(library: Library, half: str) -> None:
    """« Correspondance nette » is said of some answers, and their first passage is right."""
    found, outcomes = measured(library, half)

    wrong = [one.case.q for one in outcomes if one.answer.confidence == "nette" and one.rank != 1]
    assert found.clear >= 10
    assert len(wrong) <= 0.1 * found.clear, wrong
