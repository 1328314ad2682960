"""An open loop: each action has its instant, and is held against that instant.

Whatever became of the actions before, the next one leaves when its time has come; and it is not the
moment when the sender got round to it that counts, so that no slowness hides behind another one.
Each action carries a number, by which it is looked for in the journal afterwards.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.table import Row, share
from bot.journal.store import Store

#: Slack's own deadline, in seconds.
DEADLINE = 3.0
_NUMBER = re.compile(r"\[action (\d+)\]")
_LEAD = 0.05
"""Seconds before the first action."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One action: its number, seconds from its instant to its acknowledgement (none: never)."""

    number: int
    waited: float | None


@dataclass(frozen=True, slots=True)
class Fired:
    """What was sent, how late the sender itself was at worst, what it all took (seconds)."""

    sent: Sequence[Sent]
    lag: float
    seconds: float

    @property
    def waits(self) -> list[float]:
        """Seconds waited, of what was acknowledged."""
        return [one.waited for one in self.sent if one.waited is not None]

    @property
    def in_time(self) -> int:
        """How many were acknowledged before Slack's deadline."""
        return sum(one <= DEADLINE for one in self.waits)

    @property
    def acknowledged(self) -> frozenset[int]:
        """Their numbers, in time or not."""
        return frozenset(one.number for one in self.sent if one.waited is not None)

    def told(self) -> str:
        """The waits in milliseconds."""
        if not self.waits:
            return "nothing acknowledged"
        p50, p99 = (share(self.waits, part) * 1000 for part in (0.5, 0.99))
        return f"p50 {p50:.1f} / p99 {p99:.1f} / worst {max(self.waits) * 1000:.0f} ms"


async def fire(rate: float, seconds: float, act: Callable[[int], Awaitable[bool]]) -> Fired:
    """Begin ``act(number)`` at each instant of an even rhythm; it says whether it was taken."""
    loop = asyncio.get_running_loop()
    began, lag = loop.time() + _LEAD, 0.0
    tasks: list[asyncio.Task[Sent]] = []

    async def one(number: int, due: float) -> Sent:
        taken = await act(number)
        return Sent(number, loop.time() - due if taken else None)

    for number in range(round(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(due - loop.time(), 0))
        lag = max(lag, loop.time() - due)
        tasks.append(asyncio.create_task(one(number, due)))
    sent = await asyncio.gather(*tasks)
    return Fired(sent, lag, loop.time() - began)


def text_of(number: int) -> str:
    """What is said or noted, with the number by which it is found again."""
    return f"Les automates du laboratoire restent isolés, constat repris. [action {number}]"


def numbers(texts: Iterable[str]) -> Counter[int]:
    """How often each action stands in these texts; once at most in each."""
    return Counter(int(number) for text in texts for number in _NUMBER.findall(text)[:1])


def in_journal(database: str) -> Counter[int]:
    """How often each action stands in the journals of the database at this address."""
    store = Store(database)
    try:
        return numbers(one.body or "" for row in store.crises() for one in store.read(row.crisis))
    finally:
        store.close()


def missing(acknowledged: frozenset[int], found: Counter[int]) -> tuple[int, int]:
    """Of the actions acknowledged, how many are not there; how many of any stand there twice."""
    return len(acknowledged - found.keys()), sum(count > 1 for count in found.values())


def waits(what: str, fired: Fired) -> list[Row]:
    """How many were acknowledged in time, and after how long, as rows of the table."""
    rate = len(fired.acknowledged) / fired.seconds
    return [
        Row(
            f"{what}: acknowledged in {DEADLINE:.0f} s",
            f"{fired.in_time} of {len(fired.sent)}, {rate:.1f}/s "
            f"(sender late by {fired.lag * 1000:.0f} ms at most)",
            "",
            None,
            "all",
            fired.in_time == len(fired.sent),
        ),
        Row(
            f"{what}: from its instant to its acknowledgement",
            fired.told(),
            f"limit {DEADLINE * 1000:.0f} ms",
            DEADLINE / share(fired.waits, 0.99) if fired.waits else None,
        ),
    ]
