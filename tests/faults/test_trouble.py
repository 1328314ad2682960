"""Bad hours: a full or locked disc, Slack away or slow, the same thing sent twice."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bot.core.notes import TakeDecision
from bot.core.opening import OpenCrisis
from bot.core.sealing import UPKEEP
from bot.service import Ask
from bot.wiring import House
from tests.core.plans import CLAIRE
from tests.double import Double
from tests.double.world import Message
from tests.faults.nights import QUICK, bot, declared, few_pages, slack, verified, whole
from tests.service.numbers import FIRST, SECOND, THIRD

DEADLINE = 20.0


@contextmanager
def struck(house: House, pragma: str) -> Iterator[None]:
    """Inside the block, every connection to the database has this setting."""

    def strike(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA {pragma}").close()

    house.store.engine.dispose()
    event.listen(house.store.engine, "connect", strike)
    try:
        yield
    finally:
        event.remove(house.store.engine, "connect", strike)
        house.store.engine.dispose()


@contextmanager
def full(house: House) -> Iterator[None]:
    """The disc has no page left."""
    path = house.settings.tocsin_data_dir / "tocsin.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = other.execute("PRAGMA page_count").fetchone()[0]
    with struck(house, f"max_page_count = {pages}"):
        yield


@contextmanager
def locked(house: House) -> Iterator[None]:
    """Another program holds the file, and waiting does not help."""
    path = house.settings.tocsin_data_dir / "tocsin.db"
    with (
        struck(house, "busy_timeout = 20"),
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        yield


def forget(folder: Path, which: str) -> None:
    """Lose rows of what was posted where."""
    with closing(sqlite3.connect(folder / "data" / "tocsin.db")) as database:
        database.execute(f"DELETE FROM posted WHERE {which}")  # noqa: S608 - the test's own words
        database.commit()


def _acts(house: House) -> int:
    """Entries of the first crisis, without what the journal writes for itself."""
    (first, *_) = house.store.crises()
    return sum(one.kind not in UPKEEP for one in house.store.read(first.crisis))


def posts(double: Double) -> list[Message]:
    """What the bot has posted in the channels of crises."""
    names = [one.name for one in double.world.channels.values() if one.name.startswith("crise-")]
    return [one for name in names for one in double.posts(name)]


@asynccontextmanager
async def crisis(folder: Path) -> AsyncIterator[tuple[Double, House, str]]:
    """A night with one crisis, whole, and its channel."""
    async with slack() as double, bot(double, few_pages(folder)) as house:
        await declared(double)
        await whole(double, house)
        yield double, house, house.service.crises()[0].channel


@pytest.mark.parametrize(
    ("trouble", "word"), [(full, "plein"), (locked, "bloque")], ids=["full", "locked"]
)
async def test_a_disc_in_trouble_is_told_and_nothing_is_lost_or_invented(
    trouble: Any, word: str, tmp_path: Path
) -> None:
    """A note, a button and a declaration are each answered in French; later all of it works."""
    async with crisis(tmp_path) as (double, house, channel):
        before = _acts(house)
        text = "Note longue : " + "détail " * 400
        with trouble(house):
            noted = await double.command("hugo", channel, "/crise", f"note {text}")
            sent = await declared(double, "Autre crise")
            shown = str((noted.response, sent.errors))
            assert (noted.acked, sent.acked) == (True, True)
            assert word in str(noted.response)
            assert word in str(sent.errors)
            assert "Enregistré" not in shown
        assert _acts(house) == before
        assert len(house.store.crises()) == 1

        again = await double.submit("claire")  # the form is still open, as it was filled
        noted = await double.command("hugo", channel, "/crise", f"note {text}")
        assert "ligne" in str(noted.response)
        assert again.acked
        await whole(double, house)
        assert len(house.store.crises()) == 2
        verified(house.store)


async def test_a_lock_that_goes_away_is_waited_for(tmp_path: Path) -> None:
    """A backup that holds the file for a second costs a second, not a line."""
    async with crisis(tmp_path) as (double, house, channel):
        path = house.settings.tocsin_data_dir / "tocsin.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            note = asyncio.create_task(
                double.command("hugo", channel, "/crise", "décision Couper internet")
            )
            await asyncio.sleep(1)
            other.execute("ROLLBACK")
        delivery = await note

        assert delivery.acked
        assert "ligne" in str(delivery.response)
        await whole(double, house)


async def test_while_slack_is_away_the_journal_goes_on(tmp_path: Path) -> None:
    """With every call failing, what is typed is recorded and told; the channel catches up."""
    async with crisis(tmp_path) as (double, house, channel):
        double.fault("*", "500", times=100_000)
        for number in range(5):
            sent = await double.command("hugo", channel, "/crise", f"décision Décision {number}")
            assert sent.acked
            assert "ligne" in str(sent.response)
        await double.command("hugo", channel, "/crise", "prendre prendre-appel")
        await asyncio.sleep(1)
        assert len(house.service.crises()[0].lines) == 5

        double.api.faults.planned.clear()
        await whole(double, house)


async def test_twelve_declarations_while_each_call_takes_five_seconds(tmp_path: Path) -> None:
    """Every form is acknowledged in time, each is a crisis, and all channels open in the end."""
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:
        people = [f"declarant{number}" for number in range(12)]
        for number, name in enumerate(people):
            double.world.add_user(name, id=f"U1{number:02d}")
            double.world.channel("general").members.append(f"U1{number:02d}")
            await double.command(name, "general", "/crise", "déclarer")
            await double.wait(lambda one, who=name: one.view(who))  # type: ignore[misc]

        double.delay = 5
        values = {"title": "Tout est chiffré", "book": "rancongiciel"}
        sent = await asyncio.gather(*(double.submit(name, values) for name in people))

        assert all(one.acked for one in sent)
        assert max(one.latency or 9 for one in sent) < double.delay, "none waited for Slack"
        assert len(house.store.crises()) == 12
        double.delay = 0
        await whole(double, house)
        assert not double.user_saw_error


async def test_the_same_submission_twice_is_one_crisis(tmp_path: Path) -> None:
    """Delivered twice, or pressed again because the acknowledgement was lost: one channel."""
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:
        sent = await declared(double)
        twins = [await double.redeliver(sent) for _ in range(3)]
        told = [(one.latency, str(one.response)[:200]) for one in twins]
        assert all(one.acked and FIRST in str(one.response) for one in twins), told
        await whole(double, house)
        assert len(house.store.crises()) == 1

        double.views.stacks.clear()
        await double.command("hugo", "general", "/crise", "déclarer")
        await double.wait(lambda one: one.view("hugo"))
        double.socket.ack_deadline = 1.0
        double.delay = 0.5  # no event of the new channel comes before the acknowledgement
        double.lose_acks()
        first = await double.submit("hugo", {"title": "Autre", "book": "rancongiciel"})
        double.socket.ack_deadline = DEADLINE
        again = await double.submit("hugo")
        double.delay = 0.05
        assert (first.acked, again.acked) == (False, True)
        assert SECOND in str(again.response)
        await whole(double, house)
        assert len(house.store.crises()) == 2


async def test_closed_crises_cost_nothing_at_the_next_start(tmp_path: Path) -> None:
    """What is closed and fully told is read again for what was said since; nothing is posted."""
    folder = few_pages(tmp_path)
    async with slack() as double:
        async with bot(double, folder) as house:
            for number in range(3):
                await declared(double, f"Crise {number}")
                await whole(double, house)
                channel = house.service.crises()[-1].channel
                await double.command("claire", channel, "/crise", "clore Fausse alerte")
                await whole(double, house)
            plan = next(iter(house.plans.values()))
            double.fault("*", "500", times=100_000)
            command = OpenCrisis("Interrompue", plan, house.service.now())
            await house.service.handle(Ask("", CLAIRE, command))
            closed = {one.id for one in house.service.crises() if one.closed}
        double.api.faults.planned.clear()
        forget(folder, f"key != 'cursor' AND crisis IN ('{FIRST}', '{SECOND}', '{THIRD}')")
        before = len(double.calls)
        async with bot(double, folder) as house:
            await whole(double, house)
            assert closed == {FIRST, SECOND, THIRD}
            closed = {one.channel for one in house.service.crises() if one.closed}
            made = {
                one.method for one in double.calls[before:] if one.args.get("channel") in closed
            }
            assert made <= {f"conversations.{one}" for one in ("history", "members", "replies")}


async def test_what_was_posted_is_found_again_when_its_memory_is_lost(tmp_path: Path) -> None:
    """Without a single row of what was posted, each message is found in the channel again."""
    folder = few_pages(tmp_path)
    async with slack() as double:
        async with bot(double, folder) as house:
            await declared(double)
            await whole(double, house)
            channel = house.service.crises()[0].channel
            for number in range(250):
                double.world.say(double.channel(channel), "", "U04HUGO", f"Message {number}")
            await double.calm()
        forget(folder, "1")
        async with bot(double, folder) as house:
            await house.service.handle(Ask(FIRST, CLAIRE, TakeDecision("Couper internet"), "d1"))
            await whole(double, house)


async def test_a_form_that_cannot_open_now_is_told_at_once(tmp_path: Path) -> None:
    """When Slack asks to wait longer than a form can, the person is told to press again."""
    async with slack() as double, bot(double, few_pages(tmp_path)):
        double.fault("views.open", "429")
        await double.command("claire", "general", "/crise", "déclarer")
        await double.wait(lambda one: "Appuyez de nouveau" in one.text(), 1)
        assert (await declared(double)).acked


async def test_a_click_is_shown_while_the_channel_is_still_opening(tmp_path: Path) -> None:
    """At one post a second, a step taken shows at once and not after the last message."""
    slow = replace(QUICK, lanes={"chat.postMessage": (1.0, 1)})
    async with slack() as double, bot(double, few_pages(tmp_path), tempo=slow) as house:
        await declared(double)
        await double.wait(lambda one: one.called("chat.update") or len(posts(one)) >= 3)
        channel = house.service.crises()[0].channel
        await double.command("hugo", channel, "/crise", "prendre prendre-appel")
        await double.wait(lambda one: one.called("chat.update"), 1.9)

        assert len(posts(double)) < 6
        await whole(double, house)
