"""Rows 5 and 6: how soon the bot is there, and what it occupies.

Starts are cold processes with compiled byte code on an existing journal, as after a crash; the
first start of all (which creates the tables) and a start with fifty open crises are given beside.
"""

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

from bench.stage import ROOT, Stage, stage
from bench.table import Row, middle
from bot.core.crisis import Actor
from bot.core.opening import OpenChannel, OpenCrisis
from bot.journal.store import Store
from bot.library.playbooks import load_plans
from bot.service import Ask, Service
from tests.double.world import BOT_USER

AIM = 1.5
PEER_START = 1.02
PEER_START_FIRST = 1.85
AIM_MEMORY = 250.0
PEER_MEMORY = 168.0
CRISES = 50
_IMPORT = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|", re.MULTILINE)


async def measure(folder: Path, starts: int = 7) -> list[Row]:
    """Starts, then memory at rest, then both with many crises."""
    rows = await _starts(folder / "start", starts)
    rows += await _memory(folder / "idle")
    rows += await _many(folder / "many")
    return rows


async def _start(folder: Path, *flags: str) -> tuple[float, str]:
    """One start, as far as the first connected socket; the bot is killed there."""
    async with stage(folder) as room:
        seconds = await room.start(flags)
        return seconds, room.said()


async def _starts(folder: Path, count: int) -> list[Row]:
    first, _ = await _start(folder)
    taken = [(await _start(folder))[0] for _ in range(count)]
    _, told = await _start(folder, "-X", "importtime")
    imports = sum(int(one) for one in _IMPORT.findall(told)) / 1e6
    half = middle(taken)
    return [
        Row(
            f"start to connected socket, median of {count}",
            f"{half:.2f} s ({min(taken):.2f} to {max(taken):.2f})",
            f"incidentbot {PEER_START:.2f} s",
            PEER_START / half,
            f"≤ {AIM} s",
            half <= AIM,
        ),
        Row(
            "first start, tables created",
            f"{first:.2f} s",
            f"incidentbot {PEER_START_FIRST:.2f} s",
            PEER_START_FIRST / first,
        ),
        Row("imports before the socket is connected, timed by Python", f"{imports:.2f} s"),
    ]


async def _memory(folder: Path) -> list[Row]:
    async with stage(folder) as room:
        await room.start()
        await room.settled()
        resident, proportional = room.memory()
    return [
        Row(
            "memory idle, library attached",
            f"{resident:.0f} MiB resident, {proportional:.0f} proportional",
            f"incidentbot {PEER_MEMORY:.0f} MiB, without search",
            PEER_MEMORY / resident,
            f"≤ {AIM_MEMORY:.0f} MiB",
            resident <= AIM_MEMORY,
        )
    ]


async def _many(folder: Path) -> list[Row]:
    """A start on a journal with fifty open crises, and the memory once all channels are shown."""
    async with stage(folder) as room:
        _seed(room)
        seconds = await room.start()
        await room.settled(quiet=3.0, limit=90.0)
        resident, proportional = room.memory()
    return [
        Row(f"start with {CRISES} open crises", f"{seconds:.2f} s"),
        Row(
            f"memory with {CRISES} open crises read back and shown",
            f"{resident:.0f} MiB resident, {proportional:.0f} proportional",
        ),
    ]


def _seed(room: Stage) -> None:
    """Fifty crises in the journal, their empty channels in the workspace."""
    data = room.folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    store = Store(f"sqlite:///{(data / 'tocsin.db').resolve()}")
    service = Service(store, lambda: datetime.now(UTC), lambda: secrets.token_bytes(32))
    plan = next(iter(load_plans(ROOT / "playbooks").plans.values()))
    actor = Actor(room.cell[0], "Banc d'essai")
    for number in range(CRISES):
        opening = OpenCrisis(f"Essai {number:03d}", plan, datetime.now(UTC))
        (done,) = service.commit([Ask("", actor, opening)])
        if isinstance(done, Exception):
            raise done
        name = f"essai-{number:03d}"
        channel = room.double.world.add_channel(name, [BOT_USER, room.cell[0]], private=True)
        service.commit([Ask(done.crisis.id, actor, OpenChannel(channel.id, name))])
    store.close()
