"""Rows 3 and 4: from the submitted declaration to a channel where the cell can work.

The peer is incidentbot, measured the same way: see ``docs/measures.md``.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bench.stage import Declared, Stage, stage
from bench.table import Row, middle, p50_p99, share

DELAY = 0.15
AIM = 0.320
PAUSE = 1.0
"""Seconds between two declarations, in which the first messages of the last one go out."""
PEER_FIRST = 0.617
PEER_INVITED = 1.234
PEER_ACKED = 15


async def measure(folder: Path, count: int = 20, crowd: int = 200) -> list[Row]:
    """In a row with a quick Slack and with an ordinary one, then all at once."""
    rows = await _in_a_row(folder / "quick", 0.0, count // 2)
    rows += await _in_a_row(folder / "ordinary", DELAY, count)
    rows += await _at_once(folder / "few", count)
    rows += await _at_once(folder / "crowd", crowd)
    return rows


# -- one after the other --------------------------------------------------------------------------


async def _in_a_row(folder: Path, delay: float, count: int) -> list[Row]:
    async with stage(folder, delay) as room:
        people = room.hire(count)
        await room.start()
        await room.settled()
        before = room.cpu()
        made = [await _one(room, person, number) for number, person in enumerate(people)]
        used = (room.cpu() - before) / count * 1000
        firsts = [one.first_message or 0.0 for one in made]
        invited = [one.all_invited or 0.0 for one in made]
        if not delay:
            return [
                Row("declaration → first message, Slack at 0 ms", p50_p99(firsts)),
                Row("declaration → everyone invited, Slack at 0 ms", p50_p99(invited)),
            ]
        return [
            _row("first message", made, firsts, PEER_FIRST),
            _row("everyone invited", made, invited, PEER_INVITED),
            Row("CPU a declaration, its first seconds of channel included", f"{used:.0f} ms"),
        ]


async def _one(room: Stage, person: str, number: int) -> Declared:
    await room.open_form(person)
    made = await room.declare(person, number)
    await room.double.wait(lambda _: made.first_message and made.all_invited, 30)
    await asyncio.sleep(PAUSE)
    return made


def _row(what: str, made: Sequence[Declared], seconds: Sequence[float], peer: float) -> Row:
    found = zip(made, seconds, strict=True)
    calls = middle(one.calls_in_sequence(until) for one, until in found)
    half = share(seconds, 0.5)
    return Row(
        f"declaration → {what}, Slack at 150 ms",
        f"{p50_p99(seconds)}, {calls:.0f} calls in sequence",
        f"incidentbot {peer * 1000:.0f} ms",
        peer / half,
        f"p50 ≤ {AIM * 1000:.0f} ms",
        half <= AIM,
    )


# -- all at once ----------------------------------------------------------------------------------


async def _at_once(folder: Path, count: int) -> list[Row]:
    async with stage(folder, DELAY) as room:
        people = room.hire(count)
        await room.start()
        await room.settled()
        for start in range(0, count, 20):  # a trigger lives three seconds
            await asyncio.gather(*(room.open_form(one) for one in people[start : start + 20]))
            await asyncio.sleep(0.6)
        made = await asyncio.gather(
            *(room.declare(person, number) for number, person in enumerate(people))
        )
        rows = [_acked(made)]
        if count > 20:
            rows.append(_memory(room, count))
        return rows


def _acked(made: Sequence[Declared]) -> Row:
    """How many were told in time; a refusal or an error would not count."""
    told = [one.delivery for one in made if one.delivery.acked and not one.delivery.errors]
    waits = [one.latency for one in told if one.latency is not None]
    few = len(made) == 20
    return Row(
        f"{len(made)} declarations at once, acknowledged in 3 s",
        f"{len(told)} of {len(made)}, worst {max(waits, default=0) * 1000:.0f} ms",
        f"incidentbot {PEER_ACKED} of 20" if few else "",
        len(told) / PEER_ACKED if few else None,
        "all",
        len(told) == len(made),
    )


def _memory(room: Stage, count: int) -> Row:
    resident, proportional = room.memory()
    return Row(
        f"memory just after {count} declarations at once",
        f"{resident:.0f} MiB resident, {proportional:.0f} proportional",
    )
