"""Answers remembered for documents, and versions recorded with their fingerprints."""

from dataclasses import replace

from bot.core.crisis import ERASED
from bot.core.documents import (
    MAX_ANSWER,
    DocumentDrafted,
    FieldFilled,
    Filled,
    FillFields,
    RecordDocument,
)
from tests.core.plans import BRUNO, Room, closed, opened, says

VERSION = DocumentDrafted(
    "plainte", "Plainte", 1, "d" * 64, "p" * 64, "m" * 64, "t" * 64, ("Faits",)
)


def fill(value: str, field: str = "nombre") -> FillFields:
    """One answer."""
    return FillFields((Filled(field, "Nombre de personnes", value),))


def test_an_answer_is_remembered_for_every_document() -> None:
    """The last answer counts, with who gave it; the same one again is no entry."""
    room = opened()
    room.does(fill("12"))
    assert room.does(fill(" 12 ")) == ()
    room.does(fill("15"), by=BRUNO)

    given = room.crisis.fields["nombre"]
    assert (given.value, given.by) == ("15", BRUNO)


def test_nobody_knows_is_an_answer() -> None:
    """« inconnu », « ? » and alike are recorded as an empty answer, which prints as missing."""
    for said in ("inconnu", "Inconnue.", "?", "ne sait pas"):
        room = opened()
        assert room.does(fill(said)) == (FieldFilled("nombre", "Nombre de personnes", ""),)


def test_an_oversized_answer_or_a_closed_crisis_is_refused() -> None:
    """Nothing is cut in silence, and a closed crisis takes no more answers."""
    says(opened().refuses(fill("x" * (MAX_ANSWER + 1))), "Texte trop long", "Rien n'a été")
    says(closed().refuses(fill("12")), "close")


def test_an_erased_answer_is_asked_again() -> None:
    """Once its text was erased, the place is empty and nobody is said to have answered."""
    room = opened()
    room.does(fill("12"))
    fact, stamp = room.recorded[-1]
    assert isinstance(fact, FieldFilled)
    assert replace(fact, value=ERASED).apply(room.crisis, stamp).fields == {}


def test_versions_follow_each_other() -> None:
    """A version that somebody else made meanwhile is refused; each keeps its fingerprints."""
    room = opened()
    room.does(RecordDocument(VERSION))
    says(room.refuses(RecordDocument(VERSION)), "version 1", "Recommencez")
    room.does(RecordDocument(replace(VERSION, version=2, left=())), by=BRUNO)

    first, second = room.crisis.documents["plainte"]
    assert (first.number, first.left, first.pdf) == (1, 1, "p" * 64)
    assert (second.number, second.left, second.by) == (2, 0, BRUNO)


def test_a_version_can_be_made_after_the_end_but_not_before_the_beginning() -> None:
    """The dossier is finished after the crisis; a crisis that does not exist has no document."""
    room = closed()
    room.does(RecordDocument(VERSION))
    assert len(room.crisis.documents["plainte"]) == 1
    says(Room().refuses(RecordDocument(VERSION)), "n'existe pas")
