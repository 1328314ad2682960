"""Play a scenario in the local Slack, line after line, as its people would."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.core.french import clock
from bot.demo.people import People
from bot.demo.scenario import Line, Scenario
from bot.demo.slack import BOT
from bot.errors import TocsinError

_LOBBY = "C01GENERAL"


class Player:
    """Whoever plays the night: knows its channel and the last thing written there."""

    def __init__(
        self,
        people: People,
        now: Callable[[], datetime],
        zone: str,
        tell: Callable[[str], None],
    ) -> None:
        """Act through ``people``; ``tell`` says at the keyboard what happens in the channel."""
        self._people = people
        self._now = now
        self._zone = zone
        self._tell = tell
        self._channel = ""
        self._last = ""

    async def play(self, scenario: Scenario, names: dict[str, str], speed: float = 1.0) -> int:
        """Play every line at its moment; returns how many could not be played."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        failed = 0
        for line in scenario.lines:
            await asyncio.sleep(max(0.0, start + line.at.total_seconds() / speed - loop.time()))
            now = self._now()
            said = line.said(now, self._zone)
            who = names.get(line.who, line.who)
            self._tell(f"  {clock(now, self._zone)}  {who} : {shown(said)}")
            try:
                await self._act(said)
            except TocsinError as problem:
                failed += 1
                self._tell(f"            {problem.for_people()}")
        return failed

    async def _act(self, line: Line) -> None:
        acts = {
            "declare": self._declare,
            "say": self._say,
            "write": self._write,
            "ask": self._ask,
            "edit": self._edit,
            "react": self._react,
            "finish": self._finish,
        }
        await acts[line.act](line)

    async def _declare(self, line: Line) -> None:
        before = {one["id"] for one in await self._people.channels()}
        await self._people.command(line.who, _LOBBY, line.text)
        await self._fill(line, "declare")
        self._channel = await self._people.crisis_channel(before)

    async def _say(self, line: Line) -> None:
        await self._people.command(line.who, self._channel, line.text)

    async def _write(self, line: Line) -> None:
        self._last = await self._people.write(line.who, self._channel, line.text)

    async def _ask(self, line: Line) -> None:
        await self._people.write(line.who, self._channel, f"<@{BOT}> {line.text}")

    async def _edit(self, line: Line) -> None:
        await self._people.edit(line.who, self._channel, self._last, line.text)

    async def _react(self, line: Line) -> None:
        await self._people.react(line.who, self._channel, self._last, line.text)

    async def _finish(self, line: Line) -> None:
        await self._people.press(line.who, self._channel, f"open:done:{line.text}")
        await self._fill(line, "done")

    async def _fill(self, line: Line, form: str) -> None:
        errors = await self._people.fill(line.who, form, line.values)
        for sentence in errors.values():
            self._tell(f"            {sentence}")


def shown(line: Line) -> str:
    """What a line does, as told at the keyboard."""
    words = {
        "declare": "/crise déclarer",
        "say": f"/crise {line.text}",
        "write": line.text,
        "ask": f"@Tocsin {line.text}",
        "edit": f"corrige son message : {line.text}",
        "react": "épingle le message (📌)",
        "finish": f"termine « {line.text} »",
    }
    return words[line.act]
