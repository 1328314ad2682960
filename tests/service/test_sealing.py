"""Checkpoints in their rhythm, in the transaction of what calls for them; a clock that steps."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from bot import clockwork
from bot.core.crisis import TOCSIN, Actor, Command, Crisis, Fact
from bot.core.evidence import RecordExport
from bot.core.notes import AddNote, DecisionTaken, NoteAdded, TakeDecision
from bot.core.opening import CloseCrisis
from bot.core.sealing import (
    CheckpointSealed,
    ClockBehind,
    RecordAnchor,
    SealJournal,
)
from bot.errors import StoreUnavailable
from bot.journal.codec import decode
from bot.journal.entry import seal
from bot.journal.keys import KeyRing
from bot.journal.verify import verify_lines
from tests.journal.chains import exported
from tests.service.offices import START, Office
from tests.service.signatures import signed_throughout

MINUTE = timedelta(minutes=1)
Move = Command | timedelta
Kind = TypeVar("Kind", bound=Fact)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """A service at work on a new journal, with a key of its own."""
    async with Office(
        tmp_path, keys=KeyRing(tmp_path / "keys" / "tocsin.pem", "ch.example")
    ) as made:
        yield made


def facts(office: Office, kind: type[Kind]) -> list[Kind]:
    """The facts of this kind in the file, in order."""
    return [fact for fact, _ in office.service.facts("2026-0001") if isinstance(fact, kind)]


def reasons(office: Office) -> list[str]:
    """Why each checkpoint was made, in order."""
    return [one.reason for one in facts(office, CheckpointSealed)]


def notes(count: int) -> list[Move]:
    """So many notes."""
    return [AddNote(f"Note {number}") for number in range(count)]


@dataclass(frozen=True, slots=True)
class Deposit:
    """Somebody outside got the newest checkpoint."""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the receipt."""
        assert crisis.checkpoint is not None
        size, head = crisis.checkpoint.size, crisis.checkpoint.head
        command = RecordAnchor("email", "avocat@exemple.invalid", size, head, "<1@x>", None, 3)
        return command.decide(crisis, actor, now)


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([], []),
        (notes(49), []),
        (notes(50), ["entries"]),
        (notes(120), ["entries", "entries"]),
        ([TakeDecision("Couper")], ["decision"]),
        ([TakeDecision("Couper"), TakeDecision("Isoler")], ["decision", "decision"]),
        ([*notes(30), TakeDecision("Couper"), *notes(49)], ["decision"]),
        ([14 * MINUTE, AddNote("Tôt")], []),
        ([15 * MINUTE, AddNote("Au quart d'heure")], ["time"]),
        ([AddNote("Puis le silence"), 15 * MINUTE, SealJournal("time")], ["time"]),
        ([AddNote("Trop tôt"), 14 * MINUTE, SealJournal("time")], []),
        ([120 * MINUTE, SealJournal("time")], []),
        ([AddNote("À emporter"), SealJournal("export")], ["export"]),
        ([SealJournal("export")], []),
        ([AddNote("Un"), SealJournal("export"), SealJournal("export")], ["export"]),
        ([RecordExport("zip", 3, "", ""), 15 * MINUTE, SealJournal("time")], ["time"]),
        ([Deposit(), 60 * MINUTE, SealJournal("time"), SealJournal("export")], []),
        ([CloseCrisis("Fausse alerte")], ["closing"]),
    ],
    ids=[
        "nothing more",
        "forty-nine entries",
        "fifty entries",
        "a hundred and twenty entries",
        "a decision",
        "two decisions",
        "a decision begins the count again",
        "before a quarter of an hour",
        "an entry after a quarter of an hour",
        "silence after an entry",
        "silence too short",
        "silence after nothing",
        "an export",
        "an export of what is sealed",
        "two exports",
        "an export counts as activity",
        "receipts do not",
        "the closing",
    ],
)
async def test_the_rhythm(office: Office, moves: Sequence[Move], expected: list[str]) -> None:
    """Opening, decision, fifty entries, a quarter of an hour of activity, closing, export."""
    await office.opens()
    for move in moves:
        if isinstance(move, timedelta):
            office.wait(move)
        else:
            await office.does(move)

    assert reasons(office) == ["opening", *expected]
    entries = list(office.store.read("2026-0001"))
    signed_throughout(entries)
    assert verify_lines(exported(entries)).ok


async def test_a_checkpoint_is_written_with_what_calls_for_it(office: Office) -> None:
    """One transaction: no instant at which the decision stands without its checkpoint."""
    await office.opens()
    before = office.store.transactions

    done = await office.does(TakeDecision("Couper"), delivery="d1")

    assert office.store.transactions == before + 1
    assert office.kinds()[-2:] == ["decision_taken", "checkpoint_sealed"]
    assert [fact.name for fact, _ in done.facts] == ["decision_taken"]
    assert done.crisis.checkpoint is not None
    assert (done.crisis.checkpoint.seq, done.crisis.checkpoint.size) == (5, 4)
    assert (await office.does(TakeDecision("Couper"), delivery="d1")).repeated


async def test_what_is_not_written_is_not_sealed(office: Office) -> None:
    """When the disc refuses the decision, there is neither decision nor checkpoint, then both."""
    await office.opens()
    with office.struck("query_only = ON"), pytest.raises(StoreUnavailable):
        await office.does(TakeDecision("Couper"))
    assert office.kinds()[-1] == "checkpoint_sealed"
    assert len(office.kinds()) == 3

    await office.does(TakeDecision("Couper"))
    assert office.kinds()[3:] == ["decision_taken", "checkpoint_sealed"]


async def test_the_loop_seals_what_went_on_long_enough(office: Office) -> None:
    """A quarter of an hour after the last entry the loop asks, on a closed crisis too, once."""
    await office.opens()
    await office.does(CloseCrisis("Fausse alerte"))
    await office.does(RecordExport("zip", 5, "", ""))
    office.wait(15 * MINUTE)

    for _ in range(3):
        await clockwork.seal_due(office.service)

    assert reasons(office) == ["opening", "closing", "time"]
    await asyncio.sleep(0)
    assert office.woken[-1] == "2026-0001"


async def test_a_journal_without_a_checkpoint_gets_one(office: Office, tmp_path: Path) -> None:
    """One that was written before anything was sealed is sealed at the first look."""
    async with Office(tmp_path / "older") as older:
        await older.opens()
        assert "checkpoint_sealed" not in older.kinds()
    keys = KeyRing(tmp_path / "keys" / "tocsin.pem", "ch.example")
    async with Office(tmp_path / "older", 1, keys) as later:
        await clockwork.seal_due(later.service)
        assert later.kinds()[2:] == ["checkpoint_sealed"]


async def test_a_checkpoint_says_what_the_kernel_says_of_its_clock(office: Office) -> None:
    """Read for real on this machine: the same boot, and a time since it that goes on."""
    await office.opens()
    await office.does(TakeDecision("Couper"))

    first, second = (one.clock for one in facts(office, CheckpointSealed))
    assert first is not None
    assert second is not None
    assert first.boot == second.boot
    assert 0 < first.since_boot_us < second.since_boot_us


# -- the clock --------------------------------------------------------------------------------


async def _note(office: Office, text: str, after: timedelta) -> None:
    office.wait(after)
    await office.does(AddNote(text))


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([-0.9], []),
        ([-2.5], [2500]),
        ([-7200, 60, 60], [7_200_000]),
        ([-10, 1, -3600], [10_000, 3_609_000]),
        ([-60, 1200, -60], [60_000, 60_000]),
        ([-2, 2, -2, 2, -2, 2], [2000]),
    ],
    ids=[
        "a step that nobody minds",
        "a step back",
        "once while it lasts",
        "again when it gets much worse",
        "again another time",
        "two machines that differ",
    ],
)
async def test_a_clock_that_steps_back_is_told_once(
    office: Office, steps: Sequence[float], told: list[int]
) -> None:
    """The entry says by how much and what the clock read; the time of recording never decreases."""
    await office.opens()
    for number, step in enumerate(steps):
        await _note(office, f"Note {number}", timedelta(seconds=step))

    found = facts(office, ClockBehind)
    assert [one.behind_ms for one in found] == told
    if found:
        assert found[0].own == START + timedelta(seconds=steps[0])
    entries = list(office.store.read("2026-0001"))
    times = [entry.record_time for entry in entries]
    assert times == sorted(times)
    assert verify_lines(exported(entries)).ok
    signed_throughout(entries)


async def test_the_clock_is_told_before_what_it_would_mislead(office: Office) -> None:
    """The entry about the clock comes first, is Tocsin's, and the delivery is the note's."""
    await office.opens()
    office.wait(timedelta(seconds=-5))
    done = await office.does(AddNote("Vu"), delivery="d1")

    assert office.kinds()[3:] == ["clock_behind", "note_added"]
    assert [fact.name for fact, _ in done.facts] == ["note_added"]
    told = [
        stamp for fact, stamp in office.service.facts("2026-0001") if fact.name == "clock_behind"
    ]
    assert told[0].actor == TOCSIN
    assert office.store.delivered("d1") == ("2026-0001", 5)


async def test_two_offices_whose_clocks_differ_agree_on_one_journal(tmp_path: Path) -> None:
    """The one that is behind follows the other's time, says so once, and the chain verifies."""
    path = tmp_path / "keys" / "tocsin.pem"
    async with (
        Office(tmp_path, 0, KeyRing(path, "ch.example")) as right,
        Office(tmp_path, 1, KeyRing(path, "ch.example")) as slow,
    ):
        await right.opens()
        slow.wait(timedelta(seconds=-2))
        for number in range(6):
            for one in (right, slow):
                one.wait(timedelta(seconds=30))
                await one.does(AddNote(f"Note {number}"))

        assert right.kinds().count("clock_behind") == 1
        entries = list(right.store.read("2026-0001"))
        assert verify_lines(exported(entries)).ok
        signed_throughout(entries)


async def test_nobody_knows_when(office: Office) -> None:
    """An unknown hour is none in the line; what happened earlier is dated so; both read back."""
    await office.opens()
    office.wait(60 * MINUTE)
    await office.does(AddNote("Coupé", None, "unknown"))
    await office.does(TakeDecision("Isoler", START, "about"))

    note, decision = [
        entry
        for entry in office.store.read("2026-0001")
        if entry.kind in ("note_added", "decision_taken")
    ]
    assert note.event_time is None
    assert (decision.event_time, decision.record_time) == (START, START + 60 * MINUTE)
    lines = office.service.crisis("2026-0001").lines
    assert [(one.precision, one.at) for one in lines] == [
        ("unknown", START + 60 * MINUTE),
        ("about", START),
    ]


@pytest.mark.parametrize("kind", ["note_added", "decision_taken"])
def test_what_was_written_before_hours_had_a_precision_still_reads(kind: str) -> None:
    """A body without that field is read as it was meant: the hour is exact."""
    who = {"id": "U1", "name": "Claire Exemple", "role": ""}
    entry = seal(
        crisis="2026-0001",
        seq=3,
        kind=kind,
        event_time=START,
        record_time=START,
        slack_ts=None,
        prev="0" * 64,
        body={"actor": who, "channel": "", "text": "Couper", "data": {"happened": None}},
        salt=bytes(32),
        delivery=None,
    )
    fact, _ = decode(entry)

    assert isinstance(fact, NoteAdded | DecisionTaken)
    assert (fact.text, fact.precision) == ("Couper", "exact")
