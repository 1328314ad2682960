"""Answers without a model: quoted, sure or not, refused; deadlines from the duties."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from bot.errors import OutsideService, SettingError
from bot.library.answer import NOTHING, answer
from bot.library.models import OFFLINE, chat_model, embedder
from bot.library.outside import asked, streamed
from bot.library.search import Library, open_library
from bot.library.vectors import HashEmbedder


def test_a_clear_answer_quotes_its_passage_whole(library: Library) -> None:
    """The passage, its heading, its file and its lines."""
    found = answer(library, "on éteint les PC ?")

    assert (found.found, found.confidence, found.note) == (True, "nette", "")
    assert found.sources[0].step == "isoler"
    assert found.text.startswith("**Rançongiciel › Contenir › Isoler les postes**\nDébranchez")
    assert "(playbooks/rancongiciel.yaml, lignes 13 à 24)" in found.text


def test_without_vectors_an_answer_is_to_be_checked(by_words: Library) -> None:
    """One leg alone is never sure, and says so."""
    found = answer(by_words, "on éteint les PC ?")

    assert (found.confidence, found.sources[0].step) == ("a-verifier", "isoler")
    assert "l'index est absent" in found.note
    assert found.text.startswith("À vérifier")


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("zblorg frimtaz", "Reformulez"),
        ("qui a gagné le tournoi de pétanque", "Reformulez"),
        ("", "Reformulez"),
    ],
)
def test_what_is_not_there_is_not_answered(library: Library, question: str, told: str) -> None:
    """Nothing found is said, without a source, with the role that leads the cell."""
    found = answer(library, question)

    assert (found.found, found.confidence, found.sources) == (False, "aucune", ())
    assert found.text == NOTHING
    assert told in found.note
    assert "demandez au rôle «\u00a0Direction informatique\u00a0»" in found.note
    assert not found.declined
    assert not found.wordable


def test_out_of_the_field_is_declined_in_a_sentence(library: Library) -> None:
    """Neither subjects nor a role: whom to turn to instead."""
    found = answer(library, "quelle dose de morphine")

    assert (found.found, found.sources, found.nearest.subjects) == (False, (), ())
    assert found.declined == "Appelez le médecin."
    assert found.note == "Hors du champ de Tocsin\u00a0: avis médical. Appelez le médecin."


def test_nothing_found_names_the_nearest_subjects_and_whose_matter_it_is(
    playbooks: Path, knowledge: Path
) -> None:
    """A question half known names what shares its words, and the role of the first of them."""
    library = open_library(playbooks, knowledge)[0]
    found = answer(library, "notification dreyfusard kilimandjaro bistouquette saperlipopette")

    assert not found.found
    assert found.nearest.subjects[0].startswith(("Rançongiciel", "Obligations"))
    assert (found.nearest.role, found.nearest.title) == ("dpo", "Protection des données")
    assert "Sujets les plus proches" in found.note
    assert "«\u00a0Protection des données\u00a0»" in found.note


@pytest.mark.parametrize(
    "question",
    [
        "quel délai pour la notification",
        "quand faut-il notifier la CNIL ?",
        "on a jusqu'à quand pour notifier",
        "c'est trop tard pour notifier la cnil ?",
        "deadline notification CNIL",
    ],
)
def test_a_deadline_is_stated_by_the_duty_and_never_by_a_model(
    library: Library, question: str
) -> None:
    """The table of duties comes first, even when a step was found before it."""
    found = answer(library, question)

    assert found.sources[0].passage_id == "playbooks/obligations.yaml#cnil"
    assert "72 heures au plus tard" in found.text
    assert not found.wordable


def test_the_json_of_an_answer(library: Library) -> None:
    """The shape that scripts read, with nothing that JSON cannot say."""
    found = answer(library, "on éteint les PC ?")

    data = json.loads(json.dumps(found.as_json()))

    assert {"question", "found", "confidence", "answer", "sources"} <= set(data)
    source = data["sources"][0]
    assert {"title", "section", "path", "kind", "text", "score"} <= set(source)
    assert (source["kind"], source["path"]) == ("playbook", "playbooks/rancongiciel.yaml")
    scores = [one["score"] for one in data["sources"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("mistralai:mistral-small-latest", "mistral"),
        ("nosuchprovider:model", "fournisseur"),
        ("truc", "fournisseur:modèle"),
    ],
)
def test_a_model_that_cannot_be_had_is_a_setting_to_correct(setting: str, told: str) -> None:
    """The sentence says which package, which spelling or which key is missing."""
    with pytest.raises(SettingError, match="modèle") as chat:
        chat_model(setting)
    with pytest.raises(SettingError, match="modèle"):
        embedder(setting)

    assert told in chat.value.for_people()


def test_no_model_and_the_offline_one_need_nothing() -> None:
    """The defaults work without a package, a key or a network."""
    assert chat_model("") is None
    assert chat_model("aucun") is None
    assert isinstance(embedder(OFFLINE), HashEmbedder)


def test_what_an_outside_service_raises_is_not_repeated() -> None:
    """Its message may hold a key or a text: only the kind of failure is kept."""

    def fail() -> None:
        raise ConnectionResetError("clé secrète sk-123")

    with pytest.raises(OutsideService) as failure:
        asked("Le modèle", fail, 5)

    assert "sk-123" not in str(failure.value)
    assert failure.value.for_people().startswith("Le modèle ne répond pas.")


def test_an_outside_stream_is_given_as_it_comes_and_bounded() -> None:
    """What came before a failure or a silence was given; then the failure is told, no more."""
    silent = Event()

    def slow() -> Iterator[str]:
        yield "un"
        silent.wait(5)
        yield "deux"

    def broken() -> Iterator[str]:
        yield "un"
        raise ConnectionResetError("clé secrète sk-123")

    for start, told in ((slow, "no end in 0.2 s"), (broken, "ConnectionResetError")):
        got: list[str] = []
        with pytest.raises(OutsideService) as failure:
            got.extend(streamed("Le modèle", start, 0.2))
        assert failure.value.detail == told
    silent.set()
    assert list(streamed("Le modèle", lambda: iter("abc"), 5)) == ["a", "b", "c"]


def test_who_stops_reading_a_stream_stops_it() -> None:
    """A reader that leaves is noticed at the next thing: nothing runs on behind."""
    given, left = [], Event()

    def endless() -> Iterator[int]:
        for one in count():
            given.append(one)
            yield one
            left.wait(0.01)

    stream = streamed("Le modèle", endless, 5)
    next(stream)
    stream.close()
    left.set()
    Event().wait(0.1)
    seen = len(given)
    Event().wait(0.1)
    assert len(given) == seen
