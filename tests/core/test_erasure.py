"""Erasure: what goes and what stays of each kind, who may, at two persons, and no way back."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.adhoc import Part
from bot.core.board import board
from bot.core.crisis import ERASED, Actor, Crisis, fold
from bot.core.deadlines import deadlines
from bot.core.erasable import ERASABLE, LASTING, about, blanked, related, texts, together
from bot.core.erasure import (
    MOST,
    AskErasure,
    ConfirmErasure,
    ErasureAsked,
    ErasureRefused,
    LinesErased,
    RefuseErasure,
    may_erase,
    numbered,
)
from bot.core.evidence import RecordQuestion
from bot.core.facts import FACTS
from bot.core.files import SharedFile
from bot.core.notes import AddNote, CorrectLine, FlagMessage, NoteAdded
from bot.core.opening import CloseCrisis
from bot.core.people import GiveRole, ReleaseRole
from bot.core.steps import CompleteStep, StepCompleted
from bot.core.transcript import DeleteMessage, EditMessage, HearMessage, MessageHeard
from tests.core.plans import BASIS, BRUNO, CLAIRE, DIANE, START, H, Room, opened, says
from tests.core.test_any_history import lived, moves

#: Fields that hold a name of the plan, a reference of Slack or a word of ours: nobody types there.
NOT_FREE = {
    "level", "instant", "step", "outcome", "duty", "settlement", "precision", "confidence",
    "replaced_by", "ts", "thread_ts", "of", "source_ts", "sources", "passages", "standing", "id",
    "mimetype", "file", "sha256", "field", "label", "document", "title", "docx", "pdf", "md",
    "template", "left", "role", "channel", "counter",
}  # fmt: skip
SECRET = "Jean Fictif, chambre 12, sous dialyse"


def ask(*lines: int, reason: str = "Identité saisie par erreur") -> AskErasure:
    """The request to erase these lines."""
    return AskErasure(lines, reason, BASIS)


def cell() -> Room:
    """An open crisis in which Bruno is expected as RSSI and made Diane DPO: both may erase."""
    room = opened()
    room.does(GiveRole("dpo", DIANE), by=BRUNO)
    return room


def erased(room: Room, *lines: int) -> Room:
    """The room after Bruno asked to erase these lines and Diane confirmed."""
    room.does(ask(*lines), by=BRUNO)
    room.does(ConfirmErasure(room.crisis.seq), by=DIANE)
    return room


# -- what goes --------------------------------------------------------------------------------


def test_every_kind_either_goes_or_stays() -> None:
    """Each kind of fact is in one of the two tables, so that a new one cannot be forgotten."""
    assert set(ERASABLE) | set(LASTING) == set(FACTS)
    assert not set(ERASABLE) & set(LASTING)


@pytest.mark.parametrize("kind", ERASABLE)
def test_every_text_of_a_kind_is_known(kind: str) -> None:
    """A field of text is either one of those that go or one in which nobody types."""
    found = set(_texts_of(FACTS[kind]))
    free = {path.rpartition(".")[2] for path in ERASABLE[kind]}
    assert found - (NOT_FREE - free) == free
    assert free


def _texts_of(kind: type[Any]) -> list[str]:
    """Names of the fields of a dataclass that hold text, in what it holds too."""
    hints = get_type_hints(kind)
    found = []
    for one in fields(kind):
        inner = {hints[one.name], *get_args(hints[one.name])}
        found += [one.name] if inner & {str, "exact"} else []
        found += _texts_of(SharedFile) if SharedFile in inner else []
        found += _texts_of(Part) if Part in inner else []
    return found


def test_what_is_no_text_is_kept() -> None:
    """A blanked fact keeps step, moment and file; people become roles; empty stays empty."""
    done = StepCompleted("isoler", "Isolée", f"vu par {SECRET}")
    note = NoteAdded(SECRET, START, "17.1", Actor("U9", "Jean Fictif", "Main courante"))
    said = MessageHeard("17.1", "", files=(SharedFile("F1", "dupont.pdf", "application/pdf", 9),))

    assert blanked(done) == replace(done, evidence=ERASED)
    assert blanked(note) == replace(note, text=ERASED, author=Actor("", ERASED, "Main courante"))
    assert blanked(said) == replace(said, files=(replace(said.files[0], name=ERASED),))
    assert texts(said) == ("dupont.pdf",)


# -- who may ----------------------------------------------------------------------------------


def _nobody(_: Room) -> None:
    """Leave the room as it is."""


def _sits_down(room: Room) -> None:
    room.does(GiveRole("dpo", CLAIRE), by=CLAIRE)


def _is_seated(room: Room) -> None:
    room.does(GiveRole("dpo", CLAIRE), by=BRUNO)


def _is_seated_elsewhere(room: Room) -> None:
    room.does(GiveRole("main-courante", CLAIRE), by=BRUNO)


def _was_seated(room: Room) -> None:
    room.does(GiveRole("dpo", CLAIRE), by=BRUNO)
    room.does(ReleaseRole("dpo", CLAIRE), by=CLAIRE)


def _sits_down_again(room: Room) -> None:
    _was_seated(room)
    _sits_down(room)


WHO: Mapping[str, tuple[Actor, Callable[[Room], None], frozenset[str], bool]] = {
    "expected in such a seat": (BRUNO, _nobody, frozenset(), True),
    "anybody else": (CLAIRE, _nobody, frozenset(), False),
    "named by the settings": (CLAIRE, _nobody, frozenset({"U1"}), True),
    "seated by somebody else": (CLAIRE, _is_seated, frozenset(), True),
    "who sat down alone": (CLAIRE, _sits_down, frozenset(), False),
    "seated elsewhere": (CLAIRE, _is_seated_elsewhere, frozenset(), False),
    "who left the seat": (CLAIRE, _was_seated, frozenset(), False),
    "who sat down again alone": (CLAIRE, _sits_down_again, frozenset(), False),
}


@pytest.mark.parametrize(("person", "before", "named", "may"), WHO.values(), ids=WHO.keys())
def test_who_may_erase(
    person: Actor, before: Callable[[Room], None], named: frozenset[str], may: bool
) -> None:
    """The files, the settings or another person decide; nobody by themselves."""
    room = opened()
    room.does(AddNote(SECRET))
    before(room)
    note = next(stamp.seq for fact, stamp in room.recorded if isinstance(fact, NoteAdded))
    command = replace(ask(note), named=named)

    assert may_erase(room.crisis, person.id, named) is may
    if may:
        assert isinstance(room.does(command, by=person)[0], ErasureAsked)
    else:
        says(room.refuses(command, by=person), "réservé", "Direction de crise", "confiée")


def test_the_second_person_is_another_one_who_may() -> None:
    """Neither who asked nor somebody without the right can confirm; the right person can."""
    room = cell()
    room.does(AddNote(SECRET))
    room.does(ask(room.crisis.seq), by=BRUNO)
    asked = room.crisis.seq

    says(room.refuses(ConfirmErasure(asked), by=BRUNO), "deuxième personne")
    says(room.refuses(ConfirmErasure(asked), by=CLAIRE), "réservé")
    says(room.refuses(RefuseErasure(asked), by=CLAIRE), "réservé")
    (done,) = room.does(ConfirmErasure(asked), by=DIANE)

    assert isinstance(done, LinesErased)
    assert [(one.seq, one.kind, one.role) for one in done.lines] == [
        (asked - 1, "note_added", CLAIRE.role)
    ]
    assert room.crisis.erasures[asked].settled == "done"
    assert room.crisis.erased == {asked - 1: asked + 1}
    says(room.refuses(ConfirmErasure(asked), by=DIANE), "déjà faite", DIANE.name)
    says(room.refuses(ask(asked - 1), by=BRUNO), "déjà effacé", str(asked + 1))


def test_a_request_can_be_refused_or_withdrawn() -> None:
    """Nothing goes; the refusal is a line with its reason, and the matter can be asked again."""
    room = cell()
    room.does(AddNote(SECRET))
    note = room.crisis.seq
    for who in (DIANE, BRUNO):
        room.does(ask(note), by=BRUNO)
        asked = room.crisis.seq
        says(room.refuses(ask(note), by=DIANE), "déjà demandé", BRUNO.name)
        assert room.does(RefuseErasure(asked, " il le faut "), by=who) == (
            ErasureRefused(asked, "il le faut"),
        )
        says(room.refuses(ConfirmErasure(asked), by=DIANE), "déjà refusée", who.name)
    assert room.crisis.erased == {}
    assert room.crisis.lines[-1].text == SECRET


def test_a_closed_crisis_is_erased_too() -> None:
    """A person's data does not wait for a reopening."""
    room = cell()
    room.does(AddNote(SECRET))
    note = room.crisis.seq
    room.does(CloseCrisis("fin"))

    assert erased(room, note).crisis.erased == {note: room.crisis.seq}
    assert not room.crisis.is_open


# -- what is asked ----------------------------------------------------------------------------


def test_what_cannot_be_asked() -> None:
    """Each wrong request has its sentence, and nothing is recorded."""
    room = cell()
    room.does(AddNote(SECRET), CompleteStep("constater"))
    note, step = room.crisis.seq - 1, room.crisis.seq
    wrong = {
        ask(): "Indiquez les lignes",
        ask(note, 99): "n'existe pas",
        ask(0): "n'existe pas",
        ask(1): "plan de la crise",
        ask(step): "aucun texte libre",
        ask(note, reason="  "): "Il manque la raison",
        ask(note, reason="NIR 2 55 08 14 168 025 38"): "un numéro de sécurité sociale",
        ask(note, reason=f"On y lit « {SECRET.upper()} »"): "sans le citer",
    }
    for command, words in wrong.items():
        says(room.refuses(command, by=BRUNO), words)
    says(room.refuses(ConfirmErasure(note), by=DIANE), "pas une demande", "Aucune")
    room.does(ask(note), by=BRUNO)
    says(room.refuses(ConfirmErasure(note), by=DIANE), f"En attente : ligne {note + 2}")


def test_a_request_has_a_size() -> None:
    """A whole journal is not erased by a slip of the hand."""
    room = cell()
    for number in range(MOST + 1):
        room.does(AddNote(f"note {number}"))
    first = room.crisis.seq - MOST

    says(room.refuses(ask(*range(first, room.crisis.seq + 1)), by=BRUNO), "trop", str(MOST))
    assert room.does(ask(*range(first, room.crisis.seq)), by=BRUNO)


def test_one_message_goes_with_all_that_came_from_it() -> None:
    """Whichever of its lines is named: the message, its edit, the note raised from it."""
    room = cell()
    before = room.crisis.seq
    room.does(
        HearMessage("17.1", SECRET),
        HearMessage("17.2", "rien à voir"),
        EditMessage("17.1", "corrigé", SECRET),
        FlagMessage("17.1", SECRET, CLAIRE),
        CorrectLine(before + 1, "il s'agit d'un autre"),
        RecordQuestion(f"que faire pour {SECRET} ?", "aucune", ()),
    )
    mine = (before + 1, before + 3, before + 4)

    for line in mine:
        assert [stamp.seq for _, stamp in together(room.recorded, [line])] == list(mine)
        (asked,) = ask(line).seeing(room.recorded).decide(room.crisis, BRUNO, room.now)
        assert isinstance(asked, ErasureAsked)
        assert asked.lines == mine
    near = related(room.recorded, together(room.recorded, mine))
    assert [stamp.seq for _, stamp in near] == [before + 5, before + 6]


def test_what_may_hold_the_same_is_found() -> None:
    """A name, a long number or a few words in a row are a sign; everyday words are not."""
    room = cell()
    room.does(
        AddNote("Appeler la famille de Jean Fictif ce soir"),
        AddNote("Dossier 10 24 33 retrouvé"),
        AddNote("On a perdu la liste des gardes de la nuit"),
        AddNote("Pas de nouvelle de la direction, famille prévenue"),
    )
    last = room.crisis.seq
    room.does(AddNote("Jean Fictif, dossier 102433, a perdu la liste des médicaments"))

    near = related(room.recorded, together(room.recorded, [last + 1]))

    assert [stamp.seq for _, stamp in near] == [last - 3, last - 2, last - 1]


def test_what_stays_and_says_the_same_is_told() -> None:
    """The opening repeats the text and does not go: it is among what is told to who asks."""
    room = opened(title=f"Crise chez {SECRET}")
    room.does(AddNote(SECRET))

    near = related(room.recorded, together(room.recorded, [room.crisis.seq]))

    assert [(stamp.seq, fact.name) for fact, stamp in near] == [(1, "crisis_opened")]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([3], "de la ligne 3"),
        ([4, 3], "des lignes 3 et 4"),
        ([3, 4, 5, 5], "des lignes 3 à 5"),
        ([12, 14, 20, 21, 22, 30], "des lignes 12, 14, 20 à 22 et 30"),
    ],
)
def test_lines_are_told_in_french(lines: list[int], said: str) -> None:
    """In order, each once, three in a row or more as a span."""
    assert numbered(lines, "de la") == said


# -- no way back ------------------------------------------------------------------------------


def test_the_text_does_not_come_back() -> None:
    """Late edits, the deletion in Slack, a second hearing or a pin do not bring it back."""
    room = cell()
    room.does(HearMessage("17.1", SECRET))
    line = room.crisis.seq
    room.does(ask(line), by=BRUNO)
    asked = room.crisis.seq
    room.does(EditMessage("17.1", f"{SECRET} !", SECRET))  # before the second person confirmed
    room.does(ConfirmErasure(asked), by=DIANE)

    assert set(room.crisis.erased) == {line, asked + 1}
    assert room.does(EditMessage("17.1", f"{SECRET} encore", SECRET)) == ()
    assert room.does(HearMessage("17.1", SECRET)) == ()
    says(room.refuses(FlagMessage("17.1", SECRET, CLAIRE)), "effacé")
    for _ in range(2):
        room.does(DeleteMessage("17.1", SECRET))
        assert room.does(HearMessage("17.1", SECRET)) == ()
    assert SECRET not in str(room.crisis)
    assert [fact for fact, _ in room.recorded if SECRET in str(fact)] == []
    assert {about(fact) for fact, _ in room.recorded} == {"", "17.1"}


def _shape(crisis: Crisis) -> tuple[object, ...]:
    """All that rules decide on, without texts and people."""
    shown = board(crisis, START + 9 * H)
    return (
        crisis.is_open,
        crisis.level,
        crisis.answers,
        {role: len(held) for role, held in crisis.roles.items()},
        crisis.members,
        crisis.reminders,
        crisis.flagged,
        set(crisis.messages),
        {key: (one.at, one.precision, one.seq) for key, one in crisis.instants.items()},
        {key: (one.settlement, one.at) for key, one in crisis.duties.items()},
        [(one.seq, one.kind, one.at, one.corrections) for one in crisis.lines],
        [(one.step.id, one.standing, one.late) for one in shown.steps],
        [(one.duty.id, one.state, one.due) for one in deadlines(crisis, START + 9 * H)],
    )


@settings(deadline=None, max_examples=150)
@given(moves, st.data())
def test_the_crisis_stays_what_it_was(history: list[Any], data: st.DataObject) -> None:
    """Whatever is erased of whatever history: steps, clocks and duties stand where they stood."""
    room = lived(history)
    whole = [stamp.seq for fact, stamp in room.recorded if fact.name in ERASABLE and texts(fact)]
    chosen = data.draw(st.lists(st.sampled_from(whole), max_size=5)) if whole else []
    said = {text for fact, _ in room.recorded for text in texts(fact)}
    named = frozenset({BRUNO.id, DIANE.id})
    if not chosen:
        return
    room.does(replace(ask(*chosen), named=named), by=BRUNO)
    before = _shape(room.crisis)
    (done,) = room.does(ConfirmErasure(room.crisis.seq, named), by=DIANE)

    assert isinstance(done, LinesErased)
    assert _shape(room.crisis) == before
    assert room.crisis == fold(Crisis(room.crisis.id), room.recorded)
    gone = [fact for fact, stamp in room.recorded if stamp.erased_by]
    assert {stamp.seq for _, stamp in room.recorded if stamp.erased_by} >= set(chosen)
    assert not [one for fact in gone for one in texts(fact) if one in said]
