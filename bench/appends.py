"""Row 1: what durability costs, against writing the same bytes and asking the disk to keep them.

Rounds of the three ways are interleaved, so that a busy disk falls on all of them alike.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.stage import ROOT
from bench.table import Row, middle
from bot.core.crisis import Actor
from bot.core.notes import AddNote
from bot.core.opening import OpenCrisis
from bot.journal.entry import GENESIS, Entry, seal
from bot.journal.keys import KeyRing
from bot.journal.sealer import Sealer
from bot.journal.store import Store
from bot.library.playbooks import load_plans
from bot.service import Ask, Service

ONE_BY_ONE = 50
AT_ONCE = 200
_ACTOR = Actor("U7BENCH", "Banc d'essai")
_TEXT = "Les postes du bloc redémarrent sur un écran noir, le réseau des automates est coupé."


def _now() -> datetime:
    return datetime.now(UTC)


def _entries(first: int, prev: str, count: int) -> list[Entry]:
    """A chain of sealed notes that follows this head."""
    made = []
    for seq in range(first, first + count):
        at = _now()
        entry = seal(
            crisis="2026-9999",
            seq=seq,
            kind="note_added",
            event_time=at,
            record_time=at,
            slack_ts=None,
            prev=prev,
            body={"text": _TEXT, "actor": {"id": "U7BENCH"}, "channel": "C7BENCH"},
            salt=secrets.token_bytes(32),
            delivery=secrets.token_hex(8),
        )
        made.append(entry)
        prev = entry.hash
    return made


class Bench:
    """The three ways of keeping a line, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Open a journal of its own for each way, and a file for the bare one."""
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / "bare.log").open("ab", buffering=0)
        self._store = Store(f"sqlite:///{folder / 'one.db'}")
        self._shared = Store(f"sqlite:///{folder / 'many.db'}")
        sealer = Sealer(KeyRing(folder / "bench.pem", "bench"))
        self._service = Service(self._shared, _now, lambda: secrets.token_bytes(32), sealer)
        self._seq, self._prev = 1, GENESIS
        self._crisis = ""

    def bare(self) -> float:
        """Lines a second, each written and synced by itself, nothing else."""
        lines = [_bytes(one) for one in _entries(1, GENESIS, ONE_BY_ONE)]

        def work() -> None:
            for line in lines:
                self._file.write(line)
                os.fsync(self._file.fileno())

        return ONE_BY_ONE / _timed(work)

    def sealed(self) -> float:
        """Entries a second, each sealed and appended in a transaction by itself."""

        def work() -> None:
            for _ in range(ONE_BY_ONE):
                (entry,) = _entries(self._seq, self._prev, 1)
                self._store.append([entry])
                self._seq, self._prev = entry.seq + 1, entry.hash

        return ONE_BY_ONE / _timed(work)

    async def grouped(self) -> float:
        """Asks a second through the service, many waiting at once.

        Decided, chained, signed, with the checkpoints that fall due, durable.
        """
        if not self._crisis:
            self._service.start()
            plan = next(iter(load_plans(ROOT / "playbooks").plans.values()))
            opening = OpenCrisis(title="Banc d'essai", plan=plan, noticed_at=_now())
            done = await self._service.handle(Ask("", _ACTOR, opening))
            self._crisis = done.crisis.id
        asks = [
            Ask(self._crisis, _ACTOR, AddNote(_TEXT), secrets.token_hex(8)) for _ in range(AT_ONCE)
        ]
        began = time.perf_counter()
        await asyncio.gather(*(self._service.handle(one) for one in asks))
        return AT_ONCE / (time.perf_counter() - began)

    async def close(self) -> None:
        """Close files and databases."""
        await self._service.stop()
        self._store.close()
        self._shared.close()
        self._file.close()


def _bytes(entry: Entry) -> bytes:
    return f"{entry.line}{entry.body or ''}\n".encode()


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


async def measure(folder: Path, rounds: int = 30) -> list[Row]:
    """Interleave the three ways and compare them, best with best and median with median."""
    bench = Bench(folder)
    bare, sealed, grouped = [], [], []
    for _ in range(rounds):
        bare.append(bench.bare())
        sealed.append(bench.sealed())
        grouped.append(await bench.grouped())
    await bench.close()
    return [
        *_rows("durable appends, one chained entry a transaction", sealed, bare, 0.5),
        *_rows("durable appends through the service, signed, group commit", grouped, bare, 0.6),
    ]


def _rows(what: str, ours: Sequence[float], bare: Sequence[float], aim: float) -> list[Row]:
    made = []
    for name, pick in (("best", max), ("median", middle)):
        ratio = pick(ours) / pick(bare)
        made.append(
            Row(
                f"{what}, {name}",
                f"{pick(ours):.0f}/s",
                f"bare write + fsync, {pick(bare):.0f}/s",
                ratio,
                f"ratio ≥ {aim}",
                ratio >= aim,
            )
        )
    return made
