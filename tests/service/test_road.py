"""The one road into the journal: order, refusals, repetitions, conflicts, bad discs, clocks."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.crisis import Actor, Crisis, Fact
from bot.core.notes import AddNote
from bot.core.opening import CloseCrisis
from bot.core.people import Join
from bot.core.steps import CompleteStep, TakeStep
from bot.errors import Refused, StoreUnavailable
from bot.journal.canonical import clean
from bot.journal.codec import Unread
from bot.journal.entry import seal
from bot.journal.verify import verify_lines
from bot.service import Ask, Done
from tests.journal.chains import exported
from tests.service.offices import BRUNO, CLAIRE, Office


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """A service at work on a new journal."""
    async with Office(tmp_path) as made:
        yield made


@dataclass(frozen=True, slots=True)
class Faulty:
    """A command with a fault of the programmer."""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Fail as no rule does."""
        raise TypeError("a fault of ours")


async def together(office: Office, *asks: Ask) -> list[Done | BaseException]:
    """Ask for all of this at once; what each was answered, in order."""
    work = (office.service.handle(ask) for ask in asks)
    return await asyncio.gather(*work, return_exceptions=True)


def note(text: str, crisis: str = "2026-0001", delivery: str | None = None) -> Ask:
    """Claire notes this."""
    return Ask(crisis, CLAIRE, AddNote(text), delivery)


# -- order and neighbours ---------------------------------------------------------------------


async def test_a_burst_is_written_in_order_and_in_few_transactions(office: Office) -> None:
    """Fifty notes at once are fifty lines in the order of asking, for a few fsync."""
    await office.opens()
    before = office.store.transactions

    done = await together(office, *(note(f"Note {number}") for number in range(50)))

    assert [one.text for one in office.service.crisis("2026-0001").lines] == [
        f"Note {number}" for number in range(50)
    ]
    assert [one.facts[0][1].seq for one in done if isinstance(one, Done)] == list(range(3, 53))
    assert office.store.transactions - before <= 5
    await asyncio.sleep(0)
    assert set(office.woken) == {"2026-0001"}


async def test_a_refusal_and_a_fault_fail_alone(office: Office) -> None:
    """In one batch a refused ask and a faulty one fail, and their neighbours are written."""
    await office.opens()

    first, refused, faulty, last = await together(
        office, note("Avant"), note("  "), Ask("2026-0001", CLAIRE, Faulty()), note("Après")
    )

    assert isinstance(first, Done)
    assert isinstance(last, Done)
    assert isinstance(refused, Refused)
    assert isinstance(faulty, TypeError)
    assert [one.text for one in last.crisis.lines] == ["Avant", "Après"]
    assert isinstance((await together(office, note("Encore")))[0], Done)


async def test_who_listens_badly_does_not_stop_the_writer(office: Office) -> None:
    """A listener that raises is a fault of its own: the journal goes on."""
    told: list[str] = []
    office.service.listen(lambda _: told.append(str(1 // len(told))))
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(str(context["exception"])))

    await office.opens()
    await asyncio.sleep(0)
    done = await office.does(AddNote("Toujours là"))

    assert done.crisis.lines[-1].text == "Toujours là"
    assert "by zero" in told[0]


# -- the same delivery twice ------------------------------------------------------------------


async def test_a_delivery_counts_once(office: Office) -> None:
    """One after the other, in one batch or after a restart: one line, and it is said so."""
    await office.opens()
    twice = await together(office, note("Une fois", delivery="d1"), note("Une fois", delivery="d1"))
    again = await office.does(AddNote("Une fois"), delivery="d1")

    assert [one.repeated for one in (*twice, again) if isinstance(one, Done)] == [False, True, True]
    assert again.crisis.seq == 3
    async with Office(office.path.parent.parent, number=1) as later:
        done = await later.does(AddNote("Une fois"), delivery="d1")
        assert (done.repeated, done.crisis.seq) == (True, 3)
    assert office.kinds() == ["crisis_opened", "instant_recorded", "note_added"]


async def test_a_declaration_delivered_twice_is_one_crisis(office: Office) -> None:
    """Whether together or one after the other, the second coming is told the first's crisis."""
    pair = await asyncio.gather(*(office.opens(delivery="view:V1") for _ in range(2)))
    third = await office.opens(delivery="view:V1")

    assert {one.id for one in (*pair, third)} == {"2026-0001"}
    assert {one.title for one in (*pair, third)} == {"Écrans noirs"}
    assert len(office.service.crises()) == 1


async def test_a_repeated_delivery_is_not_refused_because_of_itself(office: Office) -> None:
    """What its first coming made impossible, or needless, was done: it is not told as an error."""
    await office.opens()
    for command in (TakeStep("constater"), Join(BRUNO)):
        first = await office.does(command, delivery=str(command))
        second = await office.does(command, delivery=str(command))

        assert (first.repeated, second.repeated) == (False, True)
        assert second.crisis == first.crisis
    with pytest.raises(Refused):
        await office.does(TakeStep("constater"), delivery="another click")


# -- somebody else writes ---------------------------------------------------------------------


async def test_after_a_conflict_it_is_decided_again(office: Office) -> None:
    """When another process wrote first, the rules are applied to what it wrote."""
    await office.opens()
    async with Office(office.path.parent.parent, number=1) as other:
        await other.does(TakeStep("constater"), by=BRUNO)
        with pytest.raises(Refused) as refused:
            # Its own head is stale: a note first makes it read again.
            await asyncio.gather(
                office.does(AddNote("Vu d'ici")), office.does(TakeStep("constater"))
            )

        assert "Bruno Fictif" in refused.value.for_people()
        assert office.kinds()[2:] == ["step_taken", "note_added"]
        assert verify_lines(exported(office.store.read("2026-0001"))).ok


async def test_two_processes_that_open_at_once_get_two_numbers(office: Office) -> None:
    """The number of a crisis is given once, whoever asks."""
    async with Office(office.path.parent.parent, number=1) as other:
        found = await asyncio.gather(
            *(one.opens(f"Crise {number}") for number in range(4) for one in (office, other))
        )

    assert sorted(one.id for one in found) == [f"2026-{number:04d}" for number in range(1, 9)]


# -- a store that cannot ----------------------------------------------------------------------


@contextmanager
def locked(office: Office) -> Iterator[None]:
    """Another program holds the file."""
    with (
        office.struck("busy_timeout = 20"),
        closing(sqlite3.connect(office.path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def full(office: Office) -> Iterator[None]:
    """Not one more page can be had."""
    with closing(sqlite3.connect(office.path)) as other:
        pages = other.execute("PRAGMA page_count").fetchone()[0]
    with office.struck(f"max_page_count = {pages}"):
        yield


@contextmanager
def read_only(office: Office) -> Iterator[None]:
    """Nothing may be written."""
    with office.struck("query_only = ON"):
        yield


@pytest.mark.parametrize(
    ("trouble", "word"),
    [(locked, "bloque"), (full, "plein"), (read_only, "lecture seule")],
    ids=["locked", "full", "read-only"],
)
async def test_when_the_store_cannot_everyone_is_told_and_nothing_is_half_done(
    office: Office, trouble: object, word: str
) -> None:
    """Each who waits gets the sentence; later the same delivery is written, once."""
    assert callable(trouble)
    await office.opens()
    asks = [note("x" * 2_500, delivery=f"d{number}") for number in range(8)]
    asks.append(Ask("2026-0001", CLAIRE, TakeStep("constater")))

    with trouble(office):
        told = await together(office, *asks, note("Redit", delivery="d0"))
        assert office.service.crisis("2026-0001").seq == 2

    assert all(isinstance(one, StoreUnavailable) and word in one.for_people() for one in told)
    assert office.kinds() == ["crisis_opened", "instant_recorded"]
    done = await together(office, *asks, *asks[:2])
    assert [one.repeated for one in done if isinstance(one, Done)] == [False] * 9 + [True] * 2
    assert verify_lines(exported(office.store.read("2026-0001"))).ok


# -- clocks, numbers, stopping ----------------------------------------------------------------


async def test_a_clock_that_steps_back_never_makes_the_journal_go_back(office: Office) -> None:
    """After a correction of the server's clock the time of writing stays, also after a restart."""
    await office.opens()
    office.wait(timedelta(hours=-2))
    await office.does(AddNote("L'horloge a reculé"))
    async with Office(office.path.parent.parent, number=1) as later:
        later.wait(timedelta(hours=-3))
        await later.does(AddNote("Encore"))

    times = [entry.record_time for entry in office.store.read("2026-0001")]
    assert times == sorted(times)
    assert verify_lines(exported(office.store.read("2026-0001"))).ok


async def test_numbers_count_by_year_and_apart_for_exercises(office: Office) -> None:
    """Real crises and exercises have their own series, and each year begins anew."""
    ids = [(await office.opens(exercise=exercise)).id for exercise in (False, True, False, True)]
    office.wait(timedelta(days=60))
    ids.append((await office.opens()).id)

    assert ids == ["2026-0001", "EX-2026-0001", "2026-0002", "EX-2026-0002", "2027-0001"]


async def test_stopping_writes_what_waits_and_tells_who_comes_later(office: Office) -> None:
    """Nothing that was asked in time is lost; what comes after is refused, not left waiting."""
    await office.opens()
    asked = [asyncio.create_task(office.does(AddNote(f"Note {one}"))) for one in range(5)]
    await asyncio.sleep(0)

    await office.service.stop()

    assert all(one.done() for one in asked)
    assert len(office.service.crisis("2026-0001").lines) == 5
    with pytest.raises(StoreUnavailable):
        await office.does(AddNote("Trop tard"))


# -- what was read back -----------------------------------------------------------------------


async def test_what_is_read_back_is_what_was_lived(office: Office) -> None:
    """The crisis folded from the file equals the live one, strange texts included."""
    await office.opens("Titre \ud83d coupé", noticed_how="Appel \udcff du standard")
    await office.does(Join(Actor("U3", "Inès \ud800 Inventée")))
    await office.does(TakeStep("constater"))
    await office.does(CompleteStep("constater", "Photo 🚨 \x00 vue"))
    lived = (await office.does(CloseCrisis("Fausse alerte"))).crisis

    async with Office(office.path.parent.parent, number=1) as later:
        assert later.service.crisis("2026-0001") == lived
    assert lived.title == clean("Titre \ud83d coupé")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("from_a_later_version", {"anything": 1}),
        ("note_added", {"no": "text"}),
        ("step_taken", {"step": 12}),
    ],
    ids=["unknown kind", "missing field", "wrong type"],
)
async def test_a_line_that_cannot_be_read_does_not_keep_the_rest(
    office: Office, kind: str, data: dict[str, object]
) -> None:
    """It counts as one entry that changes nothing, it verifies, and work goes on after it."""
    before = await office.opens()
    head = office.store.head("2026-0001")
    assert head is not None
    office.store.append(
        [
            seal(
                crisis="2026-0001",
                seq=3,
                kind=kind,
                event_time=None,
                record_time=office.now,
                slack_ts=None,
                prev=head.hash,
                body={"actor": {"id": "U9", "name": "X", "role": ""}, "channel": "", "data": data},
                salt=bytes(32),
                delivery=None,
            )
        ]
    )

    async with Office(office.path.parent.parent, number=1) as later:
        read = later.service.crisis("2026-0001")
        assert (read.seq, read.steps, read.lines) == (3, before.steps, before.lines)
        assert isinstance(list(later.service.facts("2026-0001"))[2][0], Unread)
        assert (await later.does(AddNote("La suite"))).crisis.seq == 4
        assert verify_lines(exported(later.store.read("2026-0001"))).ok
