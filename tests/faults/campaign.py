"""The fault campaign: nights on which everything breaks, by a schedule that a seed gives.

``python -m tests.faults.campaign --seed 7 --minutes 5`` plays one night after the other, each with
the next seed, and stops at the first whose invariants do not hold, with its seed and what was done:
the same seed plays the same schedule again.  Nights with an even seed are one process on SQLite,
the others three on PostgreSQL.

A night: a crisis, people who write, ten who press one step at once, and between their acts the
faults of ``_FAULTS``.  Then calm, one more line from everybody, and the invariants: what was
acknowledged is in the journal, once; journals verify; channels say what the journal says, with
nothing missing or doubled; each reminder was raised once; each answer had words.
"""

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.core.duties import ReminderRaised
from bot.service import Service
from bot.wiring import House, build, clock
from tests.double import Delivery, Double
from tests.double.faults import KINDS
from tests.faults.nights import PEOPLE, declared, few_pages, settings, slack, verified, whole
from tests.faults.processes import Process

ACTS = 14
PATIENCE = 90.0
_METHODS = ("chat.postMessage", "chat.update", "pins.add", "*")
_STEPS = ("prendre-appel", "confirmer-rancongiciel", "alerter-cellule")


def stepped(folder: Path) -> Callable[[], datetime]:
    """The clock of the processes of a night: the wall's, moved by what the file ``offset`` says."""
    file = folder / "offset"

    def now() -> datetime:
        return clock() + timedelta(seconds=float(file.read_text() if file.exists() else 0))

    return now


@dataclass
class Night:
    """One night: who plays, and what happened so far."""

    seed: int
    folder: Path
    double: Double
    processes: list[Process]
    house: House
    chance: random.Random
    sent: dict[str, Delivery] = field(default_factory=dict)
    answered: list[Delivery] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    lines: int = 0

    @property
    def channels(self) -> list[str]:
        """The channels of the crises in which everybody is by now."""
        fresh = Service(self.house.store, self.house.service.now, lambda: bytes(32))
        made = (self.double.channel(one.channel) for one in fresh.crises() if one.channel)
        return [one.id for one in made if set(PEOPLE) <= set(one.members)]

    async def line(self, person: str, channel: str) -> Delivery:
        """Somebody decides something nobody decided before."""
        self.lines += 1
        text = f"Décision {self.seed}/{self.lines}"
        self.sent[text] = await self.double.command(person, channel, "/crise", f"décision {text}")
        return self.sent[text]

    def somebody(self) -> str:
        """One of the people."""
        return self.chance.choice(list(PEOPLE.values()))


_Act = Callable[[Night], Awaitable[None]]


# -- what people do ---------------------------------------------------------------------------


async def write(night: Night) -> None:
    """Three people write a line each, at once."""
    channel = night.chance.choice(night.channels)
    await asyncio.gather(*(night.line(night.somebody(), channel) for _ in range(3)))


async def press(night: Night) -> None:
    """Everybody presses the same step at once."""
    channel, step = night.chance.choice(night.channels), night.chance.choice(_STEPS)
    presses = (
        night.double.command(one, channel, "/crise", f"prendre {step}") for one in PEOPLE.values()
    )
    night.answered += await asyncio.gather(*presses)


async def repeat(night: Night) -> None:
    """Slack sends again what it sent before, hours late for all anybody knows."""
    past = [one for one in night.sent.values() if one.envelope]
    for one in night.chance.sample(past, min(2, len(past))):
        await night.double.redeliver(one)


async def declare(night: Night) -> None:
    """Another crisis, whatever becomes of it while everything breaks."""
    if len(night.channels) < 3:
        person = night.somebody()
        night.double.views.stacks.clear()
        await night.double.command(person, "general", "/crise", "déclarer")
        if night.double.view(person) is not None:
            values = {"title": "Encore une", "when": "maintenant", "book": "rancongiciel"}
            await night.double.submit(person, values)


# -- what breaks ------------------------------------------------------------------------------


async def kill(night: Night) -> None:
    """One process is killed, and started again."""
    await night.chance.choice(night.processes).restart()


async def freeze(night: Night) -> None:
    """One process stands still for a while, then goes on."""
    one = night.chance.choice(night.processes)
    one.freeze()
    await asyncio.sleep(night.chance.uniform(0.5, 4.5))
    one.wake()


async def break_calls(night: Night) -> None:
    """Some of the next calls to Slack fail, each in its way."""
    for _ in range(4):
        kind = night.chance.choice([*KINDS, "slow:2"])
        times = 1 if kind == "429" else night.chance.randint(1, 3)
        method = night.chance.choice(_METHODS)
        night.double.fault(method, kind, times, after=night.chance.randrange(6))


async def cut(night: Night) -> None:
    """Every socket is cut, without a word or after one; or acknowledgements get lost."""
    how = night.chance.randrange(4)
    if how == 0:
        night.double.drop_sockets()
    elif how == 1:
        await night.double.disconnect("refresh_requested")
    elif how == 2:
        await night.double.disconnect("warning")
    else:
        night.double.lose_acks(2)


async def lock(night: Night) -> None:
    """Another program holds the database, for a second."""
    if night.house.store.shared:
        with night.house.store.engine.begin() as connection:
            connection.exec_driver_sql("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
            await asyncio.sleep(1)
        return
    path = night.house.settings.tocsin_data_dir / "tocsin.db"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(1)
        other.execute("ROLLBACK")


async def sever(night: Night) -> None:
    """The server drops every connection; a file has none."""
    if night.house.store.shared:
        with night.house.store.engine.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )


async def step_clock(night: Night) -> None:
    """The clock of the machine jumps, forward or back."""
    offset = night.chance.choice((-3600, -5, 5, 7200))
    (night.folder / "offset").write_text(str(offset), encoding="utf-8")


_FAULTS: tuple[_Act, ...] = (kill, freeze, break_calls, break_calls, cut, lock, sever, step_clock)
_DEEDS: tuple[_Act, ...] = (write, write, press, repeat, declare)


# -- the night --------------------------------------------------------------------------------


async def play(seed: int, database: str = "", acts: int = ACTS) -> list[str]:
    """Play the night of this seed; what was done.  ``AssertionError`` says what does not hold."""
    with tempfile.TemporaryDirectory(prefix="tocsin-campaign-") as name:
        async with _night(seed, Path(name), database) as night:
            try:
                await _happen(night, acts)
                await _settle(night)
                _hold(night)
            except (AssertionError, TimeoutError) as wrong:
                told = f"seed {seed}: {str(wrong)[:300]}\n" + "\n".join(night.story)
                raise AssertionError(told) from wrong
            return night.story


@asynccontextmanager
async def _night(seed: int, folder: Path, database: str) -> AsyncIterator[Night]:
    async with slack(0.02) as double, AsyncExitStack() as stack:
        few_pages(folder)
        count = 3 if database else 1
        processes = [Process(double, folder, database) for _ in range(count)]
        for one in processes:
            stack.push_async_callback(one.kill)
        await asyncio.gather(*(one.start() for one in processes))
        house = build(settings(double, folder, database), stepped(folder))
        stack.callback(house.store.close)
        yield Night(seed, folder, double, processes, house, random.Random(seed))


def schedule(seed: int, acts: int) -> list[_Act]:
    """What happens on the night of this seed: a deed, a fault, a deed, a fault…"""
    dice = random.Random(seed)
    return [dice.choice(_FAULTS if number % 2 else _DEEDS) for number in range(acts)]


async def _happen(night: Night, acts: int) -> None:
    """The schedule: after the first crisis, deeds and faults by turns."""
    await declared(night.double)
    await night.double.wait(lambda _: night.channels, PATIENCE)
    night.double.socket.ack_deadline = 2.0
    for number, act in enumerate(schedule(night.seed, acts)):
        # Each act has its own dice: what an earlier one made of the time changes nothing.
        night.chance = random.Random(f"{night.seed}/{number}")
        night.story.append(f"{number}: {act.__name__}")
        deed = asyncio.create_task(write(night)) if number % 2 else None
        await act(night)
        if deed is not None:
            await deed


async def _settle(night: Night) -> None:
    """Nothing breaks any more: everybody is connected, and one more line is heard everywhere."""
    night.double.api.faults.planned.clear()
    night.double.socket.acks_to_lose = 0
    night.double.socket.ack_deadline = 10.0
    wanted = 2 * len(night.processes)
    await night.double.wait(
        lambda one: sum(not each.draining for each in one.socket.connections) >= wanted, PATIENCE
    )
    crises = len(night.house.store.crises())
    await night.double.wait(lambda _: len(night.channels) == crises, PATIENCE)
    for channel in night.channels:
        last = await night.line("claire", channel)
        assert last.acked, f"the last line of {channel} was not acknowledged: {last.error}"
    await whole(night.double, night.house, PATIENCE)


def _hold(night: Night) -> None:
    """The invariants."""
    verified(night.house.store)
    texts: Counter[str] = Counter()
    for row in night.house.store.crises():
        entries = [one.body_data or {} for one in night.house.store.read(row.crisis)]
        texts.update(str(one.get("text")) for one in entries)
        facts = [fact for fact, _ in night.house.service.facts(row.crisis)]
        raised = Counter(one.key for one in facts if isinstance(one, ReminderRaised))
        assert max(raised.values(), default=1) == 1, f"reminders of {row.crisis}: {raised}"
    lost = [text for text, one in night.sent.items() if one.acked and not texts[text]]
    told = {text: str(one.response) for text, one in night.sent.items()}
    # An acknowledged line that is not there was refused, with words that say so.
    assert not [text for text in lost if "ligne" in told[text]], f"lost: {lost}"
    assert not [text for text in lost if len(told[text]) < 20], f"refused without a word: {lost}"
    assert max(texts[text] for text in night.sent) == 1, "a line stands twice"
    silent = [one for one in night.answered if one.acked and not one.response]
    assert not silent, f"{len(silent)} presses had no answer"


async def _campaign(seed: int, minutes: float) -> None:
    """Nights one after the other for so many minutes, at least one."""
    from tests.journal.postgresql import new_database, running_server

    until = time.monotonic() + 60 * minutes
    with running_server() as host:
        while True:
            story = await play(seed, new_database(host) if seed % 2 else "")
            print(f"seed {seed}: whole after {len(story)} acts", flush=True)
            seed += 1
            if time.monotonic() >= until:
                return


def main() -> None:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(description="Nights on which everything breaks.")
    parser.add_argument("--seed", type=int, default=1, help="the first night")
    parser.add_argument("--minutes", type=float, default=5, help="how long to go on")
    options = parser.parse_args()
    asyncio.run(_campaign(options.seed, options.minutes))


if __name__ == "__main__":
    main()
