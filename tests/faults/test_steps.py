"""A step taken and done, and a close, with each call that follows broken in turn: whole, once."""

import asyncio
from pathlib import Path

from tests.double import Delivery
from tests.faults.nights import bot, declared, few_pages, slack, verified, whole
from tests.faults.processes import begun, night
from tests.faults.sweep import (
    MANNERS,
    QUICK_MANNERS,
    SILENCE,
    insisted,
    kinds,
    said,
    swept,
    swept_night,
)
from tests.service.numbers import FIRST

#: After how many calls the process is killed.
KILLS = (1, 4, 8)


async def silent_night(folder: Path) -> None:
    """Slack says nothing for a while after the first call of a step, of its end, of a close."""
    lines = ("prendre prendre-appel", "clore Fini")
    async with slack() as double, bot(double, few_pages(folder)) as house:
        await declared(double)
        await whole(double, house)
        channel = house.service.crises()[0].channel

        async def act(number: int) -> Delivery:
            return await said(double, channel, lines[number - 1])

        calls = (("chat.update", 0), ("chat.postMessage", 0))
        await swept(double, house, calls, f"slow:{SILENCE}", act)
        assert (kinds(house)["step_taken"], kinds(house)["crisis_closed"]) == (1, 1)
        assert not double.user_saw_error


async def test_each_call_of_a_step_and_of_a_close_may_break(tmp_path: Path) -> None:
    """Refused, failed, applied without a word or silent: told at once, whole in the end, once."""
    folders = [tmp_path / str(number) for number in range(len(MANNERS))]
    for one in folders:
        one.mkdir()
    async with asyncio.TaskGroup() as nights:  # side by side: each waits most of the time
        nights.create_task(silent_night(folders.pop()))
        for folder, manner in zip(folders, MANNERS[:-1], strict=True):
            nights.create_task(swept_night(folder, *manner, in_turn=manner in QUICK_MANNERS))


async def test_a_step_and_a_close_survive_a_kill(tmp_path: Path) -> None:
    """Three crises go on at once, killed after some of the calls: each action once, all whole."""
    rounds = (
        ("prendre prendre-appel", "prendre prendre-appel", "clore Trop tôt"),
        ("fait prendre-appel", "fait prendre-appel", "rouvrir Erreur"),
        ("clore Fini", "clore Fini", "clore Fini"),
    )
    async with night(tmp_path) as (double, process, house):
        for number in range(3):
            await declared(double, f"Crise {number}")
            double.views.stacks.clear()
        await whole(double, house)
        made = [one for one in double.world.channels.values() if one.name.startswith("crise-")]
        channels = {f"{FIRST[:-4]}{one.name[-4:]}": one.id for one in made}
        for lines, calls in zip(rounds, KILLS, strict=True):
            before = len(double.calls)
            typed = [
                asyncio.create_task(insisted(double, channel, line))
                for (_, channel), line in zip(sorted(channels.items()), lines, strict=True)
            ]
            await begun(double, before + calls)
            await process.restart()
            await asyncio.gather(*typed)
            await whole(double, house)

        for crisis, closes in zip(sorted(channels), (1, 1, 2), strict=True):
            counted = kinds(house, crisis)
            steps = 2 - closes
            assert counted["crisis_closed"] == closes
            assert (counted["step_taken"], counted["step_completed"]) == (steps, steps)
        verified(house.store)
