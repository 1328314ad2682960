"""Search by words: accents, typos, phone spellings, glossary; what a start does not load."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.library.confidence import Signs
from bot.library.corpus import Corpus, Passage
from bot.library.glossary import Glossary, Group
from bot.library.lexical import lexical
from bot.library.search import Library
from bot.library.vectors import DIMENSION, HashEmbedder

Edit = Callable[[str, str, str], int]
ROOT = Path(__file__).parents[2]

GLOSSARY = Glossary(
    (
        Group("rançongiciel", ("cryptolocker",), "ransomware"),
        Group("dépôt de plainte", ("plainte",), excluded=("pré-plainte",)),
    ),
    {"koi": "quoi", "svgd": "sauvegarde"},
)


def _passage(name: str, text: str, **more: object) -> Passage:
    base = Passage(f"f.md#{name}", "repere", "Notes", name, "f.md", (1, 1), text)
    return replace(base, **more)  # type: ignore[arg-type]


PASSAGES = (
    _passage("sauvegardes", "Débranchez les sauvegardes du réseau, même celles du week-end."),
    _passage("rancon", "Le rançongiciel chiffre les fichiers des serveurs."),
    _passage("plainte", "Le dépôt de plainte se fait au commissariat."),
    _passage("avocat", "La pré-plainte en ligne ne suffit pas."),
    _passage("postes", "Isolez les machines touchées.", asks=("on eteint les pc ?",)),
    _passage("photos", "Photographiez les écrans avant d'éteindre les pc et les imprimantes."),
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("DEBRANCHER LES SAUVEGARDES", "sauvegardes", id="no accents, capitals"),
        pytest.param("le serveur chiffré", "rancon", id="other endings"),
        pytest.param("les sovegardes", "sauvegardes", id="typo"),
        pytest.param("svgd koi faire", "sauvegardes", id="phone spelling"),
        pytest.param("un cryptolocker", "rancon", id="glossary"),
        pytest.param("ransomware", "rancon", id="English"),
        pytest.param("porter plainte", "plainte", id="glossary phrase"),
        pytest.param("une pré-plainte en ligne", "avocat", id="excluded from the glossary"),
        pytest.param("on éteint les PC", "postes", id="a stated way of asking wins"),
    ],
)
def test_a_question_finds_its_passage(question: str, expected: str) -> None:
    """However it is spelt."""
    hits = Library(Corpus(PASSAGES), GLOSSARY).search(question).hits

    assert hits[0].passage.section == expected


def test_what_did_not_change_is_not_worked_out_again() -> None:
    """The same pages and words read again give the same index; one word changed, another."""
    read = lexical(PASSAGES, GLOSSARY, frozenset())
    again = tuple(replace(one) for one in PASSAGES)
    spelt = replace(GLOSSARY, sms={"koi": "qui"})
    longer = (*PASSAGES, _passage("radio", "Prenez la radio."))

    assert lexical(again, replace(GLOSSARY), frozenset()) is read
    assert lexical(PASSAGES, spelt, frozenset()).query("koi").text == "qui"
    assert Library(Corpus(longer), GLOSSARY).search("radio").hits[0].passage is longer[-1]
    assert lexical(PASSAGES, GLOSSARY, frozenset()).query("koi").text == "quoi"


def test_the_preferred_playbook_comes_first_and_steps_are_told_once() -> None:
    """The same step of two playbooks is one answer: that of the running crisis."""
    steps = [
        _passage(f"{plan}-isoler", "Isolez les postes touchés.", step="isoler", playbook=plan)
        for plan in ("panne", "rancongiciel")
    ]
    library = Library(Corpus(tuple(steps)), Glossary())

    found = library.search("isoler les postes", prefer_playbook="rancongiciel").hits

    assert [hit.passage.playbook for hit in found] == ["rancongiciel"]


def test_the_phase_under_way_comes_before_its_like() -> None:
    """Two steps that fit alike: the one of the phase under way is told first."""
    steps = [
        replace(
            _passage(name, "Photographiez l'écran.", step=name, playbook="panne"), section=where
        )
        for name, where in (("premiere", "Alerter › Photo"), ("seconde", "Réparer › Photo"))
    ]
    library = Library(Corpus(tuple(steps)), Glossary())

    first = [
        library.search("photo de l'écran", prefer_playbook="panne", prefer_phase=phase).hits[0]
        for phase in ("Alerter", "Réparer")
    ]

    assert [hit.passage.step for hit in first] == ["premiere", "seconde"]


@pytest.mark.parametrize("question", ["", "   ", "???", "le la les", "\x00", "é" * 5_000])
def test_a_question_without_words_finds_nothing(question: str) -> None:
    """Nothing to look for is nothing found, never an error."""
    hits = Library(Corpus(PASSAGES), GLOSSARY).search(question)

    assert (hits.hits, hits.agree, hits.signs) == ((), False, Signs())


def test_an_empty_library_answers() -> None:
    """A folder with nothing to quote is no error."""
    assert Library(Corpus(), Glossary()).search("rançon").hits == ()


class _Backwards:
    """An index whose order is given."""

    ready = True
    weight = 1.0

    def __init__(self, *sections: str) -> None:
        self._ids = [f"f.md#{section}" for section in sections]

    def nearest(self, question: str, words: Mapping[str, float], k: int) -> list[str]:
        """The ids that were given, whatever is asked."""
        return self._ids[:k]


@pytest.mark.parametrize(("first", "agree"), [("sauvegardes", True), ("plainte", False)])
def test_agreement_is_about_the_first_passage_of_each_leg(first: str, agree: bool) -> None:
    """Both legs put the same passage first, or they do not."""
    library = Library(Corpus(PASSAGES), GLOSSARY)
    library.attach(_Backwards(first, "photos", "gone"))

    hits = library.search("débrancher les sauvegardes")

    assert (hits.agree, hits.dense) == (agree, True)
    assert hits.hits[0].passage.section == "sauvegardes"


def test_a_start_loads_neither_chroma_nor_langchain() -> None:
    """The library answers by words before anything heavy is imported, numpy apart."""
    code = (
        "import sys; from pathlib import Path; from bot.library.search import open_library;"
        "from bot.library.answer import answer; from bot.library.index import Index;"
        "library, _ = open_library(Path('playbooks'), Path('knowledge'));"
        "answer(library, 'qui appeler');"
        "heavy = {'chromadb', 'langchain', 'langchain_core', 'onnxruntime'} & set(sys.modules);"
        "print(sorted(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_offline_vectors_depend_on_their_text_alone() -> None:
    """What the corpus teaches changes questions, never documents: they can be kept."""
    fresh, taught = HashEmbedder(), HashEmbedder()
    taught.learn([passage.indexed for passage in PASSAGES])
    text = "Débranchez les sauvegardes"

    assert fresh.documents([text]) == taught.documents([text])
    assert fresh.question(text, {"debranchez": 1.0, "sauvegardes": 1.0}) != taught.question(
        text, {"debranchez": 1.0, "sauvegardes": 1.0}
    )
    vector = fresh.documents([text])[0]
    assert len(vector) == DIMENSION
    assert abs(sum(one * one for one in vector) - 1) < 1e-5
