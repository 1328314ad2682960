"""The bot in a process of its own, to be killed, frozen and woken."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.clockwork import TICK
from bot.wiring import House, build
from tests.double import Double
from tests.faults.nights import few_pages, settings, slack

ROOT = Path(__file__).resolve().parents[2]
#: Seconds for a start on a machine that does ten other things.
PATIENCE = 60
#: Seconds of a core that a process at rest may use in one.
IDLE = 0.05


class Process:
    """One bot; several may share a database."""

    def __init__(
        self, double: Double, folder: Path, database: str = "", tick: float = TICK
    ) -> None:
        """Run on this double, with everything in this folder, the journal perhaps elsewhere.

        ``tick`` is the number of seconds between two looks at what is due.
        """
        self._double = double
        self._folder = folder
        self._database = database
        self._tick = tick
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The number of the process that runs."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start, and wait until the sockets are connected; what it says is in ``log``."""
        with (self._folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.child"),
                *(str(self._folder), self._double.api_url, self._database, str(self._tick)),
                cwd=ROOT,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        assert await asyncio.wait_for(self._process.stdout.readline(), PATIENCE) == b"ready\n"

    def spent(self) -> float:
        """Seconds of a core that the process has used since its start."""
        stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        user, system = stat.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    async def idle(self) -> None:
        """Wait until it has read what it reads at its start, and rests."""
        before = -1.0
        while self.spent() - before > IDLE:
            before = self.spent()
            await asyncio.sleep(1)

    def freeze(self) -> None:
        """Stop the process where it stands; its sockets stay open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let a frozen process go on as if nothing had happened."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """Kill without warning; who is alone waits until Slack has seen the sockets go."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None
            if not self._database:
                await self._double.wait(lambda one: not one.socket.connections, PATIENCE)

    async def stop(self) -> None:
        """Ask it to stop, as an upgrade does, and wait until it has left by itself."""
        assert self._process is not None
        self._process.terminate()
        assert await asyncio.wait_for(self._process.wait(), PATIENCE) == 0
        self._process = None

    async def restart(self) -> None:
        """Kill, then start again on the same folder."""
        await self.kill()
        await self.start()


@asynccontextmanager
async def night(folder: Path) -> AsyncIterator[tuple[Double, Process, House]]:
    """A workspace, the bot as a process, and the same house for reading beside it."""
    async with slack(0.05) as double:
        double.socket.ack_deadline = 1.0  # nobody waits long for what was killed
        process = Process(double, few_pages(folder))
        await process.start()
        house = build(settings(double, folder))
        try:
            yield double, process, house
        finally:
            await process.kill()
            house.store.close()


async def begun(double: Double, calls: int) -> None:
    """Wait until so many calls have come in."""
    await double.wait(lambda one: len(one.calls) >= calls)
