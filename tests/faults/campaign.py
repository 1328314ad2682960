"""The fault campaign: nights on which everything breaks, by a schedule that a seed gives.

``python -m tests.faults.campaign --seed 7 --minutes 5`` plays one night after the other, each with
the next seed, and stops at the first whose invariants do not hold, with its seed, what was done and
the end of the log; ``--seed 7 --minutes 0`` plays that schedule again, alone.  ``--sweep`` then
breaks each Web API call of a declaration, of a step and of a close in every manner (``sweep``).
Nights with an even seed are one process on files, the others three on servers.

A night: a crisis, people who write, talk, ask, ten who press one step at once (``deeds``), and
between their acts what breaks (``troubles``), people going on meanwhile.  Then calm, one more line
from everybody, and the invariants (``invariants``, ``nights.whole``).
"""

import argparse
import asyncio
import contextlib
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.deeds import DEEDS, MEANWHILE, Act, declare
from tests.faults.invariants import caught_up, hold
from tests.faults.nights import declared, whole
from tests.faults.stage import Night, Outside, everything, night
from tests.faults.sweep import everything as each_call
from tests.faults.troubles import troubles

ACTS = 14
PATIENCE = 90.0
_NOWHERE = Outside()


@dataclass
class Told:
    """What a night was: what happened in which order, and how much was done."""

    seed: int
    story: list[str] = field(default_factory=list)
    actions: int = 0
    acknowledged: int = 0
    seconds: float = 0.0


async def play(seed: int, outside: Outside = _NOWHERE, acts: int = ACTS) -> Told:
    """Play the night of this seed; what it was.  ``AssertionError`` says what does not hold."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tocsin-campaign-") as name:
        async with night(seed, Path(name), outside) as one:
            with reported(one):
                await happen(one, acts)
                await settle(one)
                hold(one)
            sent = [each for each in one.double.deliveries if each.user]
            acked = sum(each.acked for each in sent)
            return Told(seed, one.story, len(sent), acked, time.monotonic() - began)


@contextlib.contextmanager
def reported(night: Night) -> Iterator[None]:
    """Tell of what does not hold with the seed, the schedule up to there and the end of the log."""
    try:
        yield
    except (AssertionError, TimeoutError, ExceptionGroup) as wrong:
        what = getattr(wrong, "exceptions", (wrong,))
        told = [f"seed {night.seed}: {str(what)[:2000]}", *night.story, night.log()]
        raise AssertionError("\n".join(told)) from wrong


def schedule(seed: int, acts: int) -> list[tuple[Act, ...]]:
    """What happens on the night of this seed: a deed, a trouble with a deed meanwhile, a deed…"""
    dice, broken = random.Random(seed), troubles(seed)
    return [
        (dice.choice(broken), dice.choice(MEANWHILE)) if number % 2 else (dice.choice(DEEDS),)
        for number in range(acts)
    ]


async def happen(night: Night, acts: int) -> None:
    """The schedule, after the first crisis."""
    await declared(night.double)
    await night.double.wait(lambda _: night.look(), PATIENCE)
    night.double.socket.ack_deadline = 2.0
    for number, together in enumerate(schedule(night.seed, acts)):
        # Each act has its own dice: what an earlier one made of the time changes nothing.
        night.chance = random.Random(f"{night.seed}/{number}")
        names = " + ".join(one.__name__ for one in together)
        night.story.append(f"{number}: {names} at {night.double.world.now():.0f}")
        if declare not in together and number % 2 == 0:
            night.look()
        async with asyncio.TaskGroup() as group:
            for one in reversed(together):
                group.create_task(_act(one, night))


async def _act(act: Act, night: Night) -> None:
    await act(night)


async def settle(night: Night) -> None:
    """Nothing breaks any more: everybody is connected, and one more line is heard everywhere."""
    await night.mend()
    double, wanted = night.double, 2 * len(night.processes)
    await double.wait(
        lambda one: sum(not each.draining for each in one.socket.connections) >= wanted, PATIENCE
    )
    await double.wait(lambda one: all(each.done.is_set() for each in one.deliveries), PATIENCE)
    crises = len(night.house.store.crises())
    await double.wait(lambda _: len(night.look()) == crises, PATIENCE)
    for channel in night.channels:
        last = await night.line("claire", channel)
        assert last.acked, f"the last line of {channel} was not acknowledged: {last.error}"
    with contextlib.suppress(AssertionError):  # said with what is missing, by the invariants
        await double.wait(lambda _: caught_up(night), PATIENCE)
    await whole(double, night.house, PATIENCE)


async def campaign(seed: int, minutes: float) -> list[Told]:
    """Nights one after the other for so many minutes, at least one."""
    until, nights = time.monotonic() + 60 * minutes, list[Told]()
    with (
        tempfile.TemporaryDirectory(prefix="tocsin-chroma-") as folder,
        everything(Path(folder)) as outside,
    ):
        while not nights or time.monotonic() < until:
            print(f"seed {seed + len(nights)}…", flush=True)
            nights.append(await play(seed + len(nights), outside))
            one = nights[-1]
            print(
                f"seed {one.seed}: whole after {len(one.story)} acts, {one.acknowledged} of "
                f"{one.actions} actions acknowledged, {one.seconds:.0f} s",
                flush=True,
            )
    return nights


def summary(nights: list[Told]) -> str:
    """How much was played and what broke how often, one line each."""
    broke = Counter(act.split()[1] for one in nights for act in one.story if " + " in act)
    return "\n".join(
        [
            f"{len(nights)} nights, {sum(one.actions for one in nights)} actions, "
            f"{sum(broke.values())} troubles, nothing lost, nothing doubled",
            *(f"{count:5} {name}" for name, count in broke.most_common()),
        ]
    )


def main() -> None:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(description="Nights on which everything breaks.")
    parser.add_argument("--seed", type=int, default=1, help="the first night")
    parser.add_argument("--minutes", type=float, default=5, help="how long to go on")
    parser.add_argument("--sweep", action="store_true", help="then break each call in turn")
    options = parser.parse_args()
    print(summary(asyncio.run(campaign(options.seed, options.minutes))), flush=True)
    if options.sweep:
        with tempfile.TemporaryDirectory(prefix="tocsin-sweep-") as name:
            broken = asyncio.run(each_call(Path(name)))
        print(
            f"{broken} calls broken in turn, of a declaration, a step and a close: whole each time"
        )


if __name__ == "__main__":
    main()
