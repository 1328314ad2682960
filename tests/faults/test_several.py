"""Three processes on one PostgreSQL: one is killed, one freezes and wakes, nothing lost or doubled.

Envelopes land on any of them; which one looks after a crisis is read from the table of leases.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from bot.clockwork import TICK
from bot.core.crisis import Actor
from bot.core.notes import TakeDecision
from bot.errors import SettingError
from bot.service import Ask, Service
from bot.wiring import House, build
from bot.wiring.bot import running
from tests.double import Delivery, Double
from tests.faults.nights import (
    PEOPLE,
    QUICK,
    bot,
    declared,
    few_pages,
    settings,
    slack,
    verified,
    whole,
)
from tests.faults.processes import Process
from tests.service.numbers import FIRST

PATIENCE = 120.0
#: Less than the minute after which every open crisis is shown again for the sake of time.
SOON = 40.0
PROCESSES = 3


@dataclass
class Ward:
    """The workspace, the processes, the house for reading beside them, what was typed."""

    double: Double
    processes: list[Process]
    house: House
    url: str
    sent: dict[str, Delivery] = field(default_factory=dict)

    def holder(self, crisis: str) -> Process | None:
        """The process that looks after this crisis."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute(
                "SELECT l.holder FROM lease l JOIN holder h ON h.name = l.holder "
                "WHERE l.crisis = %s AND h.until > clock_timestamp()",
                (crisis,),
            ).fetchone()
        pid = int(found[0].split(":")[1]) if found else 0
        return next((one for one in self.processes if one.pid == pid), None)

    async def held(self, crisis: str, but: Sequence[Process] = ()) -> Process:
        """The process that looks after this crisis, once there is one, and none of those."""
        await self.double.wait(
            lambda _: (found := self.holder(crisis)) is not None and found not in but, PATIENCE
        )
        found = self.holder(crisis)
        assert found is not None
        return found

    async def type(self, people: Sequence[str], channel: str, count: int, what: str) -> None:
        """Have these people write so many notes each, and remember what became of each."""

        async def works(person: str) -> None:
            for number in range(count):
                text = f"{what} {person} {number}"
                line = f"décision {text}"
                self.sent[text] = await self.double.command(person, channel, "/crise", line)

        await asyncio.gather(*(works(one) for one in people))

    def counted(self) -> None:
        """Check that the journals verify and hold what was acknowledged once, and nothing twice."""
        verified(self.house.store)
        noted = Counter(
            str((one.body_data or {}).get("text"))
            for row in self.house.store.crises()
            for one in self.house.store.read(row.crisis)
        )
        acked = [text for text, one in self.sent.items() if one.acked]
        assert {text: noted[text] for text in acked} == dict.fromkeys(acked, 1)
        assert max(noted[text] for text in self.sent) == 1


@asynccontextmanager
async def ward(
    folder: Path, url: str, count: int = PROCESSES, tick: float = TICK
) -> AsyncIterator[Ward]:
    """So many processes at work on the files of this folder and on this database.

    ``tick`` is the number of seconds between two looks at what is due.
    """
    async with slack(0.02) as double, AsyncExitStack() as stack:
        processes = [Process(double, folder, url, tick) for _ in range(count)]
        for one in processes:
            stack.push_async_callback(one.kill)
        await asyncio.gather(*(one.start() for one in processes))
        house = build(settings(double, folder, url))
        stack.callback(house.store.close)
        yield Ward(double, processes, house, url)


async def test_nothing_is_lost_or_doubled_when_one_is_killed_and_one_freezes(
    tmp_path: Path, postgresql_url: str
) -> None:
    """The holder killed, its heir frozen then woken: every channel is whole, every line once."""
    async with ward(few_pages(tmp_path), postgresql_url) as night:
        double, people = night.double, list(PEOPLE.values())
        for number in range(2):
            await declared(double, f"Nuit {number}", people[number])
        await whole(double, night.house, PATIENCE)
        first, second = (one.channel for one in fresh(night.house).crises())

        killed = await night.held(FIRST)
        writing = asyncio.gather(
            night.type(people[:4], first, 4, "avant"), night.type(people[4:], second, 4, "aussi")
        )
        await double.wait(lambda _: len(night.sent) > 8, PATIENCE)
        pid = killed.pid
        await killed.kill()
        await writing
        night.processes.remove(killed)
        heir = await night.held(FIRST)
        assert heir.pid != pid

        heir.freeze()
        double.socket.ack_deadline = 1.0
        await night.type(people[:2], first, 2, "gel")
        await night.held(FIRST, but=[heir])
        await night.type(people[:2], first, 2, "dégel")
        heir.wake()
        double.socket.ack_deadline = 3.0
        await night.type(people[:4], first, 2, "après")
        await whole(double, night.house, PATIENCE)

        night.counted()
        assert all(one.acked for text, one in night.sent.items() if text.startswith("après"))


async def test_each_declaration_of_many_is_one_crisis_whoever_hears_it(
    tmp_path: Path, postgresql_url: str
) -> None:
    """Eight declarations at once over three processes: eight numbers, eight channels, each whole.

    Each goes on with ten presses of one step by as many hands: one holder, a sentence for the rest.
    """
    async with ward(few_pages(tmp_path), postgresql_url) as night:
        double, people = night.double, list(PEOPLE.values())
        sent = await asyncio.gather(*(declared(double, f"Par {one}", one) for one in people))
        assert all(one.acked for one in sent)
        await whole(double, night.house, PATIENCE)
        crises = fresh(night.house).crises()
        assert [one.id for one in crises] == [f"{FIRST[:-4]}{number:04d}" for number in range(1, 9)]

        channel = crises[0].channel
        line = "prendre prendre-appel"
        pressed = await asyncio.gather(
            *(double.command(one, channel, "/crise", line) for one in people)
        )
        assert all(one.acked and one.response for one in pressed)
        kinds = [one.kind for one in night.house.store.read(crises[0].id)]
        assert kinds.count("step_taken") == 1
        await whole(double, night.house, PATIENCE)
        verified(night.house.store)


async def test_a_second_bot_on_a_file_is_told_what_to_do(tmp_path: Path) -> None:
    """SQLite has one owner: a second start ends with a sentence, and may have its turn later."""
    async with slack() as double:
        async with bot(double, few_pages(tmp_path)):
            with pytest.raises(SettingError, match="DATABASE_URL"):
                await double_booked(double, tmp_path)
        await double_booked(double, tmp_path)


async def test_what_a_terminal_writes_reaches_the_channel(tmp_path: Path) -> None:
    """A short command beside the bot writes into its file; the bot shows it without being asked."""
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:
        await declared(double)
        await whole(double, house)
        terminal = build(settings(double, tmp_path))
        actor = Actor("U04HUGO", "Hugo Exemple")
        ask = Ask(FIRST, actor, TakeDecision("Couper internet"))
        terminal.service.commit([ask])
        terminal.store.close()

        # Whoever reads the list of crises reads the line too, and must not make it old news.
        house.service.crises()
        channel = house.service.crisis(FIRST).channel
        await double.wait(lambda one: "Couper internet" in one.channel_text(channel), SOON)
        await whole(double, house)
        verified(house.store)


async def double_booked(double: Double, folder: Path) -> None:
    """Start the bot and stop it again."""
    house = build(settings(double, folder))
    try:
        async with running(house, QUICK):
            await double.connected(2)
    finally:
        house.store.close()


def fresh(house: House) -> Service:
    """A service that has read nothing yet: the processes wrote since."""
    return Service(house.store, house.service.now, lambda: bytes(32))
