"""Rows 5 and 6: how soon the bot is there, and what it occupies.

Starts are cold processes with compiled byte code on an existing journal, as after a crash; the
first start of all (which creates the tables), a start with fifty open crises and one among two
hundred past crises are given beside.
"""

import math
import re
import time
from dataclasses import dataclass
from pathlib import Path

from bench.many import LINES, Journal
from bench.stage import stage
from bench.table import Row, middle

AIM = 1.5
PEER_START = 1.02
PEER_START_FIRST = 1.85
AIM_MEMORY = 250.0
PEER_MEMORY = 168.0
CRISES = 50
PAST, LIVE = 200, 5
_IMPORT = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|", re.MULTILINE)


async def measure(folder: Path, starts: int = 7, past: int = PAST) -> list[Row]:
    """Starts, then memory at rest, then both with many crises, open and past."""
    rows = await _starts(folder / "start", starts)
    rows += await _memory(folder / "idle")
    rows += await _many(folder / "many")
    rows += await _among(folder / "among", past)
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
        journal = Journal(room)
        journal.live(CRISES)
        journal.close()
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


# -- among what is over ---------------------------------------------------------------------------


async def _among(folder: Path, past: int) -> list[Row]:
    """The same start beside no past crisis and beside many, with a few that go on."""
    beside, among = (
        await _start_among(folder / "none", 0),
        await _start_among(folder / "many", past),
    )
    what = f"{LIVE} open crises, {past} past ones of {LINES} lines"
    return [
        Row(
            f"start with {what}",
            f"{among.start:.2f} s",
            f"without the past ones {beside.start:.2f} s",
            beside.start / among.start,
        ),
        Row(
            f"first action acknowledged with {what}, from the order to start",
            f"{among.acknowledged:.2f} s",
            f"without the past ones {beside.acknowledged:.2f} s",
            beside.acknowledged / among.acknowledged,
        ),
        Row(
            f"memory and processor, with {what}",
            f"{among.memory:.0f} MiB resident, {among.used:.1f} s of CPU until at rest",
            f"without the past ones {beside.memory:.0f} MiB, {beside.used:.1f} s",
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Start:
    """Seconds to the socket and to the first acknowledgement; MiB and CPU seconds at rest."""

    start: float
    acknowledged: float
    memory: float
    used: float


async def _start_among(folder: Path, past: int) -> _Start:
    async with stage(folder) as room:
        journal = Journal(room)
        journal.past(past)
        live = journal.live(LIVE)
        await journal.draw()
        journal.close()
        began = time.perf_counter()
        seconds = await room.start()
        first = live[-1]
        sent = await room.double.command(first.people[0], first.channel, "/crise", "note Présent.")
        acknowledged = time.perf_counter() - began if sent.acked else math.inf
        await room.settled(quiet=3.0, limit=120.0)
        return _Start(seconds, acknowledged, room.memory()[0], room.cpu())
