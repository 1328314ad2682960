"""The stage of a measure: a strict Slack in this process, the real bot in a process of its own.

The bot is the one that a hospital runs (``python -m bot serve``), durable, on a fresh data folder.
What is read about time is read here, on Slack's side of the wire.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bot.library.playbooks import load_plans
from tests.double import Delivery, Double
from tests.double.world import Channel

ROOT = Path(__file__).resolve().parents[1]


@dataclass(slots=True)
class Stage:
    """One bot on one double."""

    double: Double
    folder: Path
    cell: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings of the bot beside those that lead it to the double."""
    process: subprocess.Popen[bytes] | None = field(default=None)

    # -- the bot ------------------------------------------------------------------------------

    async def start(self, flags: Sequence[str] = ()) -> float:
        """Start the bot; return the seconds from the order to the first connected socket."""
        began = time.perf_counter()
        with (self.folder / "bot.log").open("ab") as output:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - spawning takes a millisecond
                [sys.executable, *flags, "-m", "bot", "serve"],
                cwd=self.folder,
                env=self._environment(),
                stdout=output,
                stderr=output,
            )
        while not self.double.socket.connections:
            if self.process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError(f"the bot did not connect:\n{self.said()}")
            await asyncio.sleep(0.002)
        return time.perf_counter() - began

    def said(self) -> str:
        """What the bot wrote so far."""
        return (self.folder / "bot.log").read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """Take the bot away at once, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    async def settled(self, quiet: float = 1.0, limit: float = 60.0) -> None:
        """Wait until the library is attached and the bot has nothing left to say."""
        until = time.perf_counter() + limit
        await self.double.wait(lambda _: self._library().is_file(), limit)
        await self.double.connected(2, limit)
        await self.double.calm(quiet, limit)
        await self._idle(until)

    async def _idle(self, until: float) -> None:
        """Wait for a second in which the bot hardly computes."""
        before = self.cpu()
        while time.perf_counter() < until:
            await asyncio.sleep(1.0)
            after = self.cpu()
            if after - before < 0.05:
                return
            before = after

    def memory(self) -> tuple[float, float]:
        """Resident and proportional memory of the bot and its children, in MiB."""
        found = [one.memory_full_info() for one in self._processes()]
        return sum(one.rss for one in found) / 2**20, sum(one.pss for one in found) / 2**20

    def cpu(self) -> float:
        """Seconds of processor used by the bot so far."""
        times = [one.cpu_times() for one in self._processes()]
        return float(sum(one.user + one.system for one in times))

    def _processes(self) -> list[psutil.Process]:
        if self.process is None:
            return []
        bot = psutil.Process(self.process.pid)
        return [bot, *bot.children(recursive=True)]

    def _library(self) -> Path:
        return self.folder / "data" / "library" / "CURRENT"

    def _environment(self) -> Mapping[str, str]:
        """The settings, and nothing of the person who runs the bench."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "PYTHONPATH": str(ROOT),
            "SLACK_BOT_TOKEN": self.double.bot_token,
            "SLACK_APP_TOKEN": self.double.app_token,
            "SLACK_API_URL": self.double.api_url,
            "TOCSIN_DATA_DIR": str(self.folder / "data"),
            "TOCSIN_LOG_LEVEL": "WARNING",
            **self.settings,
        }

    # -- the people ---------------------------------------------------------------------------

    def hire(self, count: int, group: int = 0) -> list[str]:
        """Add that many people to the workspace, those of this group; return their ids."""
        world, general = self.double.world, self.double.world.channel("general")
        made = [
            world.add_user(f"agent{group}x{n}", id=f"U{7 + group:03d}{n:05d}") for n in range(count)
        ]
        general.members.extend(one.id for one in made)
        return [one.id for one in made]

    async def open_form(self, person: str) -> None:
        """Have the form of a declaration open in front of somebody."""
        await self.double.command(person, "general", "/crise", "déclarer")
        await self.double.wait(lambda double: double.view(person) is not None, 10)

    async def opened(self) -> str:
        """Declare a crisis and wait until its channel shows everything; the channel's id."""
        person = self.cell[0]
        await self.open_form(person)
        declared = await self.declare(person, 1)
        await self.double.wait(lambda _: declared.all_invited is not None, 20)
        await self.double.calm(2.0, 40)
        found = declared.channel
        return found.id if found else ""

    async def declare(self, person: str, number: int) -> "Declared":
        """Submit the open form."""
        began = self.double.world.now()
        values = {"title": f"Écrans noirs essai {number:03d}", "when": "maintenant"}
        delivery = await self.double.submit(person, values)
        return Declared(self, person, f"essai-{number:03d}", began, delivery)


@dataclass(frozen=True, slots=True)
class Declared:
    """A submitted declaration and what became of it; seconds count from the submission."""

    stage: Stage
    person: str
    mark: str
    began: float
    delivery: Delivery

    @property
    def channel(self) -> Channel | None:
        """Its channel, once it exists."""
        channels = self.stage.double.world.channels.values()
        return next((one for one in channels if self.mark in one.name), None)

    @property
    def first_message(self) -> float | None:
        """Seconds until the first message was accepted in the channel."""
        channel = self.channel
        posts = [m for m in channel.messages.values() if m.bot] if channel else []
        said = [float(one.ts) for one in posts if one.subtype is None]
        return min(said) - self.began if said else None

    @property
    def all_invited(self) -> float | None:
        """Seconds until the person who declared and the whole cell were in the channel."""
        channel = self.channel
        wanted = {self.person, *self.stage.cell}
        if channel is None or not wanted <= set(channel.members):
            return None
        joined = [m for m in channel.messages.values() if m.subtype == "channel_join"]
        return max(float(one.ts) for one in joined if one.user in wanted) - self.began

    def calls_in_sequence(self, until: float) -> int:
        """Web API calls about its channel, one after the other, that end within ``until``."""
        channel = self.channel
        if channel is None:
            return 0
        count, free_at = 0, self.began
        for call in self.stage.double.calls:
            ours = channel.id in (call.args.get("channel"), _created(call.result))
            end = call.time + self.stage.double.delay
            if ours and call.time >= free_at and end <= self.began + until + 0.02:
                count, free_at = count + 1, end
        return count


def _created(result: Mapping[str, object]) -> str:
    channel = result.get("channel")
    return str(channel.get("id", "")) if isinstance(channel, dict) else ""


@asynccontextmanager
async def stage(
    folder: Path, delay: float = 0.0, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Stage]:
    """A workspace with the people of the establishment's file; the measure starts the bot."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, before anything is timed
    plan = next(iter(load_plans(ROOT / "playbooks").plans.values()))
    cell = tuple(one.slack for one in plan.establishment.people if one.slack)
    async with Double(delay=delay) as double:
        for person in cell:
            double.world.add_user(person.lower(), id=person)
        double.world.channel("general").members.extend(cell)
        made = Stage(double, folder, cell, settings or {})
        try:
            yield made
        finally:
            with suppress(ProcessLookupError):
                made.kill()
