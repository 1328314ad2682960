"""Row 2: how long a person waits for « c'est noté » while the room is shouting.

Notes arrive at a fixed rate whatever the bot does (an open loop), each is acknowledged when it is
durable, and at the end the bot is killed and the journal is counted.  Twenty times a second a bare
write is synced beside it: what the disk alone takes at that very moment.
"""

import asyncio
import os
import threading
import time
from pathlib import Path
from types import TracebackType

from bench.stage import Stage, stage
from bench.table import Row, p50_p99, share
from bot.core.notes import NoteAdded
from bot.journal.store import Store
from tests.double import Delivery

RATES = (50, 200)
AIM = 0.100


class Disk:
    """A bare write + fsync every twentieth of a second, in a thread, while the block runs."""

    def __init__(self, folder: Path) -> None:
        """Write in this folder."""
        self._path = folder / "disk.probe"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._probe)
        self.taken: list[float] = []
        """Seconds that each took."""

    def __enter__(self) -> "Disk":
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _probe(self) -> None:
        with self._path.open("ab", buffering=0) as file:
            while not self._over.wait(0.05):
                began = time.perf_counter()
                file.write(b"une ligne\n" * 40)
                os.fsync(file.fileno())
                self.taken.append(time.perf_counter() - began)


async def measure(folder: Path, seconds: float = 10.0) -> list[Row]:
    """Both rates, then what the journal holds after the bot was killed."""
    rows = []
    noted = 0
    async with stage(folder, delay=0.15) as room:
        await room.start()
        await room.settled()
        channel = await room.opened()
        for rate in RATES:
            before = room.cpu()
            with Disk(folder) as disk:
                sent, lag = await _fire(room, channel, rate, seconds)
            used = (room.cpu() - before) / len(sent) * 1000
            noted += sum(one.acked for one in sent)
            rows += _rows(rate, sent, lag, used)
            rows.append(Row("the disk alone, meanwhile", p50_p99(disk.taken)))
        room.kill()
    kept = _kept(folder / "data" / "tocsin.db")
    rows.append(
        Row(
            "acknowledged notes found after kill -9",
            f"{kept}",
            f"{noted} acknowledged",
            kept / noted,
            "all",
            kept >= noted,
        )
    )
    return rows


async def _fire(
    room: Stage, channel: str, rate: int, seconds: float
) -> tuple[list[Delivery], float]:
    """Send at that rate; return the deliveries and how late the sender itself was at worst."""
    loop = asyncio.get_running_loop()
    began, lag, tasks = loop.time(), 0.0, []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(due - loop.time(), 0))
        lag = max(lag, loop.time() - due)
        person = room.cell[number % len(room.cell)]
        text = f"note Constat {number} : les automates du laboratoire restent isolés."
        tasks.append(asyncio.create_task(room.double.command(person, channel, "/crise", text)))
    return list(await asyncio.gather(*tasks)), lag


def _rows(rate: int, sent: list[Delivery], lag: float, used: float) -> list[Row]:
    latencies = [one.latency for one in sent if one.latency is not None]
    missing = sum(not one.acked or one.late for one in sent)
    worst = share(latencies, 0.99)
    return [
        Row(
            f"acknowledgement, {rate} notes a second",
            p50_p99(latencies),
            f"limit {AIM * 1000:.0f} ms",
            AIM / worst,
            f"p99 ≤ {AIM * 1000:.0f} ms",
            worst <= AIM,
        ),
        Row(
            f"not acknowledged in 3 s, {rate} notes a second",
            f"{missing} of {len(sent)} (worst {max(latencies) * 1000:.0f} ms, sender late by "
            f"{lag * 1000:.0f} ms at most, {used:.1f} ms of CPU each)",
            "",
            None,
            "0",
            missing == 0,
        ),
    ]


def _kept(database: Path) -> int:
    store = Store(f"sqlite:///{database}")
    kept = sum(
        entry.kind == NoteAdded.name for row in store.crises() for entry in store.read(row.crisis)
    )
    store.close()
    return kept
