"""Whatever people do, in whatever order: the facts give the state, and closed stays closed."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.board import board
from bot.core.briefing import briefing
from bot.core.crisis import Actor, AnchorKind, Command, Crisis, Fact, fold
from bot.core.deadlines import deadlines
from bot.core.duties import RaiseReminders, ReminderRaised, ReopenDuty, SettleDuty
from bot.core.evidence import RateAnswer, RecordExport, RecordQuestion
from bot.core.facts import FACTS
from bot.core.files import RecordFile, RecordUnreadFile, SharedFile
from bot.core.instants import RecordInstant
from bot.core.notes import AddNote, CorrectLine, FlagMessage, TakeDecision
from bot.core.opening import ChangeLevel, CloseCrisis, OpenChannel, OpenCrisis, ReopenCrisis
from bot.core.people import GiveRole, Join, Leave, ReleaseRole
from bot.core.sealing import RecordAnchor, RecordAnchorDelay, RotateKey, SealJournal
from bot.core.steps import (
    AnswerQuestion,
    AssignStep,
    BlockStep,
    CompleteStep,
    ReopenStep,
    SkipStep,
    TakeStep,
)
from bot.core.transcript import DeleteMessage, EditMessage, HearMessage
from bot.errors import Refused
from tests.core.plans import BRUNO, CLAIRE, DIANE, PLAN, START, H, Room

#: What a closed crisis still takes: being reopened, what is observed, and what is consulted.
AFTER_THE_END = (
    ReopenCrisis, HearMessage, EditMessage, DeleteMessage, Join, Leave,
    RecordFile, RecordUnreadFile,
    RecordQuestion, RateAnswer, RecordExport, RotateKey, RecordAnchor, RecordAnchorDelay,
)  # fmt: skip

people = st.sampled_from([CLAIRE, BRUNO, DIANE])
words = st.sampled_from(["", "  ", "vu", "accusé 12", "Signalée", "Activé"])
steps = st.sampled_from([*(one.id for one in PLAN.playbook.steps), "P1", "inconnue", ""])
duties = st.sampled_from([*(one.id for one in PLAN.obligations.duties), "inconnue"])
roles = st.sampled_from(["dpo", "directeur-crise", "main-courante", "inconnu"])
stamps = st.sampled_from(["1.1", "1.2", "1.3"])
papers = st.sampled_from(["F1", "F2", ""])
shared = st.lists(st.builds(SharedFile, papers, st.just("a.pdf")), max_size=2).map(tuple)
places: st.SearchStrategy[AnchorKind] = st.sampled_from(["rfc3161", "email", "slack"])
moments = st.integers(-96, 96).map(lambda hours: START + hours * H)
instants = st.sampled_from([*(one.id for one in PLAN.obligations.instants), "t_x"])

commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(OpenCrisis, st.just("Encore"), st.just(PLAN), moments),
    st.builds(OpenChannel, st.sampled_from(["C1", "C2"]), st.just("crise")),
    st.builds(ChangeLevel, st.sampled_from(["1", "2", "9"]), words),
    st.builds(CloseCrisis, words),
    st.builds(ReopenCrisis, words),
    st.builds(RecordInstant, instants, moments, st.sampled_from(["exact", "about"])),
    st.builds(GiveRole, roles, people),
    st.builds(ReleaseRole, roles, people),
    st.builds(Join, people),
    st.builds(Leave, people),
    st.builds(TakeStep, steps),
    st.builds(AssignStep, steps, people),
    st.builds(CompleteStep, steps, words, words),
    st.builds(SkipStep, steps, words),
    st.builds(BlockStep, steps, words),
    st.builds(ReopenStep, steps, words),
    st.builds(
        AnswerQuestion,
        st.sampled_from(["soins", "rancon", "inconnue"]),
        st.sampled_from(["oui", "non", "inconnu", "bof"]),
    ),
    st.builds(SettleDuty, duties, st.sampled_from(["sent", "not_due", "replaced"]), words),
    st.builds(ReopenDuty, duties, words),
    st.builds(RaiseReminders),
    st.builds(AddNote, words, st.none() | moments),
    st.builds(TakeDecision, words, st.none() | moments),
    st.builds(CorrectLine, st.integers(0, 30), words),
    st.builds(FlagMessage, stamps, words, people),
    st.builds(HearMessage, stamps, words, files=shared),
    st.builds(EditMessage, stamps, words, words, files=shared),
    st.builds(RecordFile, papers, st.integers(0, 9), st.just("0" * 64), st.booleans()),
    st.builds(RecordUnreadFile, papers, st.sampled_from(["gone", "away"])),
    st.builds(DeleteMessage, stamps, words),
    st.builds(RecordQuestion, words, words, st.just(())),
    st.builds(RateAnswer, st.integers(0, 30), st.booleans(), words),
    st.builds(RecordExport, words, st.integers(0, 9), words, words),
    st.builds(RotateKey, st.just("k0"), st.sampled_from(["k1", "k2"]), words, st.booleans()),
    st.builds(SealJournal, st.sampled_from(["time", "export"])),
    st.builds(
        RecordAnchor,
        places,
        words,
        st.integers(1, 9),
        words,
        words,
        st.none() | moments,
        st.integers(0, 99),
    ),
    st.builds(RecordAnchorDelay, places, words, st.integers(1, 9), words),
)
moves = st.lists(st.tuples(commands, people, st.integers(0, 30 * 60)), max_size=40)
Move = tuple[Command, Actor, int]
OPENING: list[Move] = [
    (OpenCrisis("Essai", PLAN, START), CLAIRE, 0),
    (OpenChannel("C1", "crise"), CLAIRE, 0),
]


def play(room: Room, move: Move) -> tuple[Fact, ...]:
    """Make one move, some minutes later; a refusal is a sentence and gives no fact."""
    command, actor, minutes = move
    room.wait(timedelta(minutes=minutes))
    sentence = "."
    try:
        facts = room.does(command, by=actor)
    except Refused as refused:
        facts, sentence = (), refused.for_people()
    assert sentence.endswith((".", "?"))
    return facts


def lived(history: list[Move]) -> Room:
    """A room in which a crisis was opened and this history was played."""
    room = Room()
    for move in OPENING + history:
        play(room, move)
    return room


@settings(deadline=None, max_examples=200)
@given(moves, st.integers(0, 100))
def test_the_facts_alone_give_the_state(history: list[Move], cut: int) -> None:
    """Folding the facts from nothing, or from any point on, gives the state that was lived."""
    room = lived(history)
    nothing = Crisis(room.crisis.id)
    assert fold(nothing, room.recorded) == room.crisis
    half = cut % (len(room.recorded) + 1)
    before = fold(nothing, room.recorded[:half])
    assert fold(before, room.recorded[half:]) == room.crisis
    assert before == fold(nothing, room.recorded[:half])
    assert nothing == Crisis(room.crisis.id)


@settings(deadline=None, max_examples=100)
@given(moves)
def test_every_fact_is_numbered_and_has_a_name(history: list[Move]) -> None:
    """Entries are numbered from one without a gap, and each kind is one that the journal reads."""
    room = lived(history)
    assert [stamp.seq for _, stamp in room.recorded] == list(range(1, room.crisis.seq + 1))
    assert {fact.name for fact, _ in room.recorded} <= set(FACTS)


@settings(deadline=None, max_examples=200)
@given(moves, moves)
def test_a_closed_crisis_takes_only_what_is_observed(before: list[Move], after: list[Move]) -> None:
    """Once closed, only a reopening changes it; what is said, read or exported is still noted."""
    room = lived(before)
    if room.crisis.is_open:
        play(room, (CloseCrisis("fin"), CLAIRE, 0))
    for move in after:
        was_closed = not room.crisis.is_open
        facts = play(room, move)
        if was_closed and facts:
            assert isinstance(move[0], AFTER_THE_END)
            assert room.crisis.is_open is isinstance(move[0], ReopenCrisis)


@settings(deadline=None, max_examples=100)
@given(moves, st.integers(0, 200))
def test_the_board_holds_at_any_moment(history: list[Move], hours: int) -> None:
    """Board and report can be drawn after any history, and agree with each other."""
    room = lived(history).wait(hours * H)
    found = board(room.crisis, room.now)
    assert [one.step for one in found.steps] == list(PLAN.playbook.steps)
    assert all(0 <= phase.finished <= phase.total <= len(phase.steps) for phase in found.phases)
    assert all(one.standing in ("todo", "taken") for one in found.next_three)
    assert not [one for one in found.late if one.finished]
    assert found.deadlines == deadlines(room.crisis, room.now)
    assert all(one.started and not one.settled for one in found.pressing)
    report = briefing(room.crisis, START - H, room.now)
    assert len(report.decided) + len(report.noted) == len(room.crisis.lines)


@settings(deadline=None, max_examples=100)
@given(moves, st.integers(0, 200))
def test_reminders_are_never_repeated(history: list[Move], hours: int) -> None:
    """At any moment the clock may ask twice: the second time there is nothing to raise."""
    room = lived(history).wait(hours * H)
    first = room.does(RaiseReminders())
    assert len({fact.duty for fact in first if isinstance(fact, ReminderRaised)}) == len(first)
    assert room.does(RaiseReminders()) == ()
    keys = [fact.key for fact, _ in room.recorded if isinstance(fact, ReminderRaised)]
    assert len(keys) == len(set(keys))
