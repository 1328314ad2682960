"""What it costs as the work grows: per open crisis, per entry of the journal, per passage.

``python -m bench.growing`` takes the points and writes ``docs/growth.csv``, the table and the plot
made of it; ``--only passages --sizes 100000`` takes the long one alone and leaves the others as
they stand.  Each point is a process of its own, since memory is half of what is measured.
"""

import argparse
import asyncio
import json
import logging
import secrets
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench import evaluating, growth, journals
from bench.growth import Point
from bench.many import Journal
from bench.stage import ROOT, stage
from bench.table import Row, middle, share
from bot.core.crisis import Actor
from bot.core.notes import AddNote
from bot.core.opening import OpenCrisis
from bot.journal.store import Store
from bot.library.playbooks import load_plans
from bot.service import Ask, Service

CRISES = (1, 10, 50, 200)
ENTRIES = (1_000, 10_000, 100_000, 1_000_000)
PASSAGES = (500, 5_000, 50_000)
#: The point that takes minutes, apart.
LONGEST = (100_000,)
#: Entries of one crisis; a larger journal holds more crises.
EACH = 5_000
_REST = 10.0
"""Seconds at rest during which the processor is watched."""
_ACTIONS = 100


async def measure(
    folder: Path,
    crises: Sequence[int] = CRISES,
    entries: Sequence[int] = ENTRIES,
    passages: Sequence[int] = PASSAGES,
) -> list[Row]:
    """Every point, as rows; nothing is written."""
    points = [one for size in crises for one in await per_crisis(folder / f"c{size}", size)]
    points += [one for size in entries for one in per_entry(folder / f"e{size}", size)]
    points += [one for size in passages for one in await per_passage(folder / f"p{size}", size)]
    return growth.rows(points)


async def per_crisis(folder: Path, size: int) -> list[Point]:
    """A start on so many open crises that an earlier bot has drawn."""
    async with stage(folder) as room:
        journal = Journal(room)
        journal.live(size)
        await journal.draw()
        journal.close()
        seconds = await room.start()
        await room.settled(quiet=3.0, limit=180.0)
        memory, used = room.memory()[0], room.cpu()
        await asyncio.sleep(_REST)
        rest = (room.cpu() - used) / _REST * 100
    return [
        Point("crises", size, "start", seconds, "s"),
        Point("crises", size, "memory", memory, "MiB"),
        Point("crises", size, "cpu", rest, "%"),
    ]


def per_entry(folder: Path, size: int) -> list[Point]:
    """A journal of so many entries, read back whole, then written to."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = journals.run("-m", "bench.growing", "--entries", str(size), folder / "journal.db")
    found: Mapping[str, float] = json.loads(taken.said)
    (folder / "journal.db").unlink()
    return [
        Point("entries", size, "read", found["read"], "s"),
        Point("entries", size, "memory", found["memory"], "MiB"),
        Point("entries", size, "file", found["file"], "MiB"),
        Point("entries", size, "action", found["action"], "ms"),
        Point("entries", size, "list", found["list"], "ms"),
    ]


async def per_passage(folder: Path, size: int) -> list[Point]:
    """So many passages indexed, by words and by vectors, and asked."""
    found = await evaluating.child(folder, str(size))
    return [
        Point("passages", size, "index", found["words"] + found["build"], "s"),
        Point("passages", size, "memory", found["memory"], "MiB"),
        Point("passages", size, "p50", share(found["seconds"], 0.5) * 1000, "ms"),
        Point("passages", size, "p99", share(found["seconds"], 0.99) * 1000, "ms"),
    ]


# -- in the child: a journal of so many entries ---------------------------------------------------


def journal_of(size: int, database: Path) -> dict[str, float]:
    """Fill, read back whole as a start does, then act; seconds, milliseconds and MiB."""
    store = Store(f"sqlite:///{database}")
    fill(store, size)
    service = Service(store, lambda: datetime.now(UTC), lambda: secrets.token_bytes(32))
    before, began = _memory(), time.perf_counter()
    service.crises()
    read = time.perf_counter() - began
    held = _memory() - before
    listed = middle(_timed(store.crises) for _ in range(20))
    action = middle(_actions(service))
    store.close()
    return {
        "read": read,
        "memory": held,
        "file": database.stat().st_size / 2**20,
        "action": action * 1000,
        "list": listed * 1000,
    }


def fill(store: Store, size: int) -> None:
    """Crises of ``EACH`` entries; the first is chained, the others have the same lines."""
    each = min(size, EACH)
    store.append(list(journals.entries(each)))
    with store.engine.begin() as connection:
        for number in range(1, size // each):
            crisis = f"2025-{number:04d}"
            connection.exec_driver_sql(
                "INSERT INTO entry (crisis, seq, line, sig) "
                "SELECT ?, seq, replace(line, ?, ?), sig FROM entry WHERE crisis = ?",
                (crisis, journals.CRISIS, crisis, journals.CRISIS),
            )
            connection.exec_driver_sql(
                "INSERT INTO body (crisis, seq, salt, body) "
                "SELECT ?, seq, salt, body FROM body WHERE crisis = ?",
                (crisis, journals.CRISIS),
            )


def _actions(service: Service) -> list[float]:
    """Seconds that each of some notes takes, one after the other, durable."""
    plan = next(iter(load_plans(ROOT / "playbooks").plans.values()))
    actor = Actor("U7BENCH", "Banc d'essai")
    (opened,) = service.commit([Ask("", actor, OpenCrisis("Essai", plan, service.now()))])
    if isinstance(opened, Exception):
        raise opened
    asks = [Ask(opened.crisis.id, actor, AddNote(f"Constat {n}.")) for n in range(_ACTIONS)]
    return [_timed(lambda one=one: service.commit([one])) for one in asks]  # type: ignore[misc]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


# -- the command ----------------------------------------------------------------------------------


async def take(only: str, sizes: Sequence[int], folder: Path) -> list[Point]:
    """The points of one subject, or of all of them at their usual sizes."""

    async def entries(place: Path, size: int) -> list[Point]:
        return per_entry(place, size)

    subjects: Mapping[str, tuple[Callable[[Path, int], Awaitable[list[Point]]], Sequence[int]]] = {
        "crises": (per_crisis, CRISES),
        "entries": (entries, ENTRIES),
        "passages": (per_passage, PASSAGES),
    }
    points = []
    for name, (work, usual) in subjects.items():
        if only not in ("", name):
            continue
        for size in sizes or usual:
            began = time.perf_counter()
            points += await work(folder / f"{name}{size}", size)
            print(
                f"{name} {size}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True
            )
    return points


def main() -> int:
    """Take the points and write what is made of them."""
    parser = argparse.ArgumentParser(prog="python -m bench.growing", description=__doc__)
    parser.add_argument("--only", choices=("crises", "entries", "passages"), default="")
    parser.add_argument("--sizes", type=int, nargs="+", default=())
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    parser.add_argument("--entries", type=int, help=argparse.SUPPRESS)
    parser.add_argument("database", type=Path, nargs="?", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.entries:
        print(json.dumps(journal_of(options.entries, options.database)))
        return 0
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="tocsin-growing-") as folder:
        points = asyncio.run(take(options.only, options.sizes, Path(folder)))
    growth.write(options.docs, points)
    return 0


if __name__ == "__main__":
    sys.exit(main())
