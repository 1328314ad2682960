"""Two hundred actions a second for a minute: half said in the channel, half noted, in one crisis.

Acknowledged means durable.  At the end the bot is killed, and every action that was acknowledged is
looked for in the journal: it must be there, once.

The way is whole: Bolt and a real socket, the strict double at the other end.  Double and sender
share a process, which takes its part of the two cores; the service alone, without either, is
measured beside it (``python -m bench.load ADDRESS KEY RATE SECONDS``).
"""

import asyncio
import json
import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench import journals
from bench.acks import Disk
from bench.rhythm import fire, in_journal, missing, text_of, waits
from bench.stage import ROOT, Stage, stage
from bench.table import Row, share
from bot.core.crisis import Actor
from bot.core.notes import AddNote
from bot.core.opening import OpenCrisis
from bot.core.transcript import HearMessage
from bot.journal.keys import KeyRing
from bot.journal.sealer import Sealer
from bot.journal.store import Store
from bot.library.playbooks import load_plans
from bot.service import Ask, Service
from tests.double import Delivery
from tests.journal.postgresql import new_database, running_server

RATE = 200
SECONDS = 60.0


async def measure(folder: Path, seconds: float = SECONDS, rate: int = RATE) -> list[Row]:
    """The whole way, then the service alone, with each database."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, before anything is timed
    rows = await _whole(folder / "sqlite", "SQLite", "", seconds, rate)
    rows += _alone(folder, "SQLite", f"sqlite:///{folder / 'alone.db'}", seconds / 3, rate)
    with running_server() as host:
        rows += await _whole(folder / "pg", "PostgreSQL", new_database(host), seconds / 2, rate)
        rows += _alone(folder, "PostgreSQL", new_database(host), seconds / 3, rate)
    return rows


# -- the whole way --------------------------------------------------------------------------------


async def _whole(folder: Path, name: str, address: str, seconds: float, rate: int) -> list[Row]:
    async with stage(folder, 0.15, {"DATABASE_URL": address} if address else {}) as room:
        await room.start()
        await room.settled()
        channel = await room.opened()
        used, mine, before = room.cpu(), _own_cpu(), room.memory()[0]
        with Disk(folder) as disk:
            fired = await fire(rate, seconds, lambda number: _act(room, channel, number))
        used, mine = room.cpu() - used, _own_cpu() - mine
        after = room.memory()[0]
        room.kill()
    what = f"{rate} actions a second for {seconds:.0f} s, {name}"
    found = in_journal(address or f"sqlite:///{(folder / 'data' / 'tocsin.db').resolve()}")
    lost, double = missing(fired.acknowledged, found)
    return [
        *waits(what, fired),
        Row(f"{what}: the disk alone, meanwhile", f"p99 {share(disk.taken, 0.99) * 1000:.1f} ms"),
        Row(
            f"{what}: acknowledged and in the journal once, after kill -9",
            f"{len(fired.acknowledged) - lost}, {double} twice",
            f"{len(fired.acknowledged)} acknowledged",
            None,
            "all, none twice",
            not lost and not double,
        ),
        Row(
            f"{what}: processor and memory",
            f"{used / len(fired.sent) * 1000:.1f} ms each, {used / fired.seconds:.2f} of a core "
            f"(double and sender {mine / fired.seconds:.2f}); {before:.0f} MiB, then {after:.0f}",
        ),
    ]


async def _act(room: Stage, channel: str, number: int) -> bool:
    """Somebody of the cell says something, or notes it; whether that was acknowledged."""
    person = room.cell[number % len(room.cell)]
    if number % 2:
        sent: Delivery = await room.double.message(person, channel, text_of(number))
    else:
        line = f"note {text_of(number)}"
        sent = await room.double.command(person, channel, "/crise", line)
    return sent.acked


def _own_cpu() -> float:
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)


# -- the service alone ----------------------------------------------------------------------------


def _alone(folder: Path, name: str, database: str, seconds: float, rate: int) -> list[Row]:
    arguments = (database, folder / "alone.pem", str(rate), str(seconds))
    taken = journals.run("-m", "bench.load", *arguments)
    return [
        Row(
            f"{rate} actions a second for {seconds:.0f} s, {name}, the service alone",
            f"{json.loads(taken.said)}, {taken.memory:.0f} MiB",
        )
    ]


async def alone(database: str, key: Path, rate: float, seconds: float) -> str:
    """The same actions decided, sealed and made durable, without Slack in front; what they took."""
    store = Store(database)
    sealer = Sealer(KeyRing(key, "bench"))
    service = Service(store, lambda: datetime.now(UTC), lambda: secrets.token_bytes(32), sealer)
    service.start()
    plan = next(iter(load_plans(ROOT / "playbooks").plans.values()))
    actor = Actor("U7BENCH", "Banc d'essai")
    opened = await service.handle(Ask("", actor, OpenCrisis("Essai", plan, service.now())))

    async def act(number: int) -> bool:
        text = text_of(number)
        said = HearMessage(f"{number + 1}.000000", text) if number % 2 else AddNote(text)
        await service.handle(Ask(opened.crisis.id, actor, said, secrets.token_hex(8)))
        return True

    before = time.process_time()
    fired = await fire(rate, seconds, act)
    used = (time.process_time() - before) / len(fired.sent) * 1000
    await service.stop()
    store.close()
    return f"{fired.told()}, {used:.2f} ms of CPU each"


if __name__ == "__main__":
    told = alone(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
    print(json.dumps(asyncio.run(told)))
