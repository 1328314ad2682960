"""What each word of a question may be found by: spelling, other ways to say it, other subjects."""

from pathlib import Path

import pytest

from bot.library.confidence import Signs, confidence
from bot.library.french import stem, stems
from bot.library.glossary import FORM, GROUP, RELATED, Glossary, Group, load_glossary
from bot.library.question import Reader
from bot.library.scope import Scope, Subject
from bot.library.spelling import ALIKE, Spelling

KNOWN = {"sauvegard": 1, "serveur": 1, "eteint": 1, "ecran": 1, "press": 1, "retour": 1}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("sovegard", "sauvegard", id="a letter for another"),
        pytest.param("savegard", "sauvegard", id="a letter lost"),
        pytest.param("sauvegrad", "sauvegard", id="two letters swapped"),
        pytest.param("lecran", "ecran", id="glued to its article"),
        pytest.param("jetein", "eteint", id="glued and misspelt"),
    ],
)
def test_a_mistyped_word_is_recognised(typed: str, meant: str) -> None:
    """However it went wrong, the word that was meant is the first one proposed."""
    near = Spelling(KNOWN).nearest(typed)

    assert near[0][0] == meant
    assert all(ALIKE <= like <= 1 for _, like in near)


@pytest.mark.parametrize("typed", ["zebre", "du", "", "xyzzy"])
def test_another_word_is_left_alone(typed: str) -> None:
    """What resembles nothing known is not taken for it."""
    assert Spelling(KNOWN).nearest(typed) == []
    assert Spelling(()).nearest(typed) == []


GLOSSARY = Glossary(
    groups=(Group("sauvegarde", ("copie de secours",), "backup, safe copy"),),
    sms={"koi": "quoi"},
    forms=(("éteindre", "extinction"),),
    related=(("presse", "journaliste", "coup de fil"), ("plus rien", "presse")),
)


def ways(glossary: Glossary, said: str) -> dict[str, float]:
    """The other ways to say this, as stems, and what each is worth."""
    return {" ".join(way.phrase): way.weight for way in glossary.ways(stems(said))}


def test_each_kind_of_row_is_worth_its_own() -> None:
    """A form nearly as much as the word, a synonym less, a neighbour less still."""
    assert ways(GLOSSARY, "éteindre") == {stem("extinction"): FORM}
    assert ways(GLOSSARY, "backup")["sauvegard"] == GROUP
    assert ways(GLOSSARY, "safe copy")["sauvegard"] == GROUP
    assert ways(GLOSSARY, "la presse")[stem("journaliste")] == RELATED
    assert 1 > FORM > GROUP > RELATED > 0


def test_a_phrase_is_matched_whole() -> None:
    """« coup de fil » means a call; neither of its words does by itself."""
    assert stem("presse") in ways(GLOSSARY, "un coup de fil")
    assert ways(GLOSSARY, "un coup") == {}
    assert ways(GLOSSARY, "un fil, un coup") == {}


def test_a_phrase_that_would_lose_its_meaning_is_left_out() -> None:
    """« plus rien » without its « plus » is not what was written."""
    assert ways(GLOSSARY, "rien") == {}


def test_a_question_becomes_slots() -> None:
    """Words without meaning go; the typo keeps a doubt; the glossary comes beside."""
    query = Reader(GLOSSARY, KNOWN).read("koi faire des sovegardes pour la presse ?")

    first, second = query.slots
    assert (second.best, second.known, second.ways[second.best,]) == ("press", 1.0, 1.0)
    assert (first.typed, first.best) == ("sovegard", "sauvegard")
    assert 0 < first.known < 1
    assert set(first.ways) == {("sauvegard",)}
    assert "quoi" in query.said


def test_a_word_of_elsewhere_is_never_repaired() -> None:
    """« serviteur » is a word, not a misspelt « serveur », once the files say so."""
    doubtful = Reader(Glossary(), KNOWN).read("serviteur")
    sure = Reader(Glossary(), KNOWN, {"serviteur"}).read("serviteur")

    assert doubtful.slots[0].best == "serveur"
    assert (sure.slots[0].ways, sure.slots[0].known) == ({}, 0.0)


SCOPE = Scope(
    (
        Subject("medical", "avis médical", "Appelez le médecin.", words=("posologie*",)),
        Subject("maison", "la maison", "Non.", hints=("pizza", "mon chat", "vapeur*")),
    )
)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        pytest.param("une pizza ?", 0.5, id="a word alone"),
        pytest.param("des pizzas pour la cellule", 0.25, id="half of it, plural"),
        pytest.param("mon chat", 1.0, id="a phrase"),
        pytest.param("le chat du bloc", None, id="not that phrase"),
        pytest.param("nettoyeur vapeurs", 0.25, id="any ending"),
        pytest.param("le serveur", None, id="nothing of it"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_hints_raise_a_doubt(question: str, part: float | None) -> None:
    """What part of the question belongs elsewhere; a word alone says half of what a phrase says."""
    doubt = SCOPE.doubt(question)

    assert (doubt.part if doubt else None) == part
    assert doubt is None or doubt.subject.id == "maison"
    assert SCOPE.refusal(question) is None


def test_the_words_of_a_subject_decide() -> None:
    """Whatever else the question says."""
    refused = SCOPE.refusal("posologies pendant la panne")

    assert refused is not None
    assert refused.id == "medical"


GOOD = Signs(score=0.6, lead=0.2, heading=0.4, alike=0.5, agree=True)


@pytest.mark.parametrize(
    ("signs", "foreign", "dense", "told"),
    [
        pytest.param(Signs(), 0.0, True, "aucune", id="nothing found"),
        pytest.param(GOOD, 0.0, True, "nette", id="everything agrees"),
        pytest.param(GOOD, 0.0, False, "a-verifier", id="without vectors"),
        pytest.param(Signs(score=0.6, lead=0.2, heading=0.4), 0.0, True, "a-verifier", id="alone"),
        pytest.param(Signs(score=0.5, agree=True), 0.0, True, "a-verifier", id="not ahead"),
        pytest.param(GOOD, 0.5, True, "aucune", id="half of it belongs elsewhere"),
        pytest.param(Signs(score=0.5, alike=0.9), 0.9, True, "a-verifier", id="a stated question"),
        pytest.param(Signs(score=0.05), 0.0, True, "aucune", id="hardly anything"),
        pytest.param(Signs(score=0.3, known=0.3), 0.0, True, "aucune", id="words of nowhere"),
    ],
)
def test_how_sure_an_answer_may_be(signs: Signs, foreign: float, dense: bool, told: str) -> None:
    """Each sign, one by one, on either side of the line."""
    assert confidence(signs, foreign=foreign, dense=dense) == told


def test_both_files_of_words_make_one_glossary(tmp_path: Path) -> None:
    """A fault in one leaves the other, and is told with its line."""
    (tmp_path / "glossaire.yaml").write_text("sms: {koi: quoi}\n", encoding="utf-8")
    (tmp_path / "lexique.yaml").write_text("related:\n  - [un, deux]\n", encoding="utf-8")
    glossary, faults = load_glossary(tmp_path)
    assert (glossary.sms, glossary.related, faults) == ({"koi": "quoi"}, (("un", "deux"),), ())

    (tmp_path / "lexique.yaml").write_text("related:\n  - un\n", encoding="utf-8")
    glossary, faults = load_glossary(tmp_path)
    assert glossary.sms == {"koi": "quoi"}
    assert [(fault.path.rpartition("/")[2], fault.line) for fault in faults] == [
        ("lexique.yaml", 2)
    ]
