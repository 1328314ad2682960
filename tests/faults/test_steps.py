"""A step taken and done, and a close, with each call that follows broken in turn: whole, once."""

import asyncio
from collections import Counter
from pathlib import Path

from bot.wiring import House
from tests.double import Delivery, Double
from tests.faults.nights import bot, declared, few_pages, slack, verified, whole
from tests.faults.processes import begun, night
from tests.faults.sweep import Call, swept

#: Two steps taken, then done, and which of the two calls that follow is broken: board, or phase.
STEPS: tuple[tuple[str, Call], ...] = (
    ("prendre prendre-appel", ("chat.update", 0)),
    ("fait prendre-appel", ("chat.update", 0)),
    ("prendre confirmer-rancongiciel", ("chat.update", 1)),
    ("fait confirmer-rancongiciel Rançongiciel confirmé", ("chat.update", 1)),
)
#: The calls that follow a close: board, line, anchor, phases, topic.
OF_A_CLOSE: tuple[Call, ...] = (
    *(("chat.update", number) for number in range(4)),
    *(("chat.postMessage", number) for number in range(2)),
    ("conversations.setTopic", 0),
)
#: What happens to a call, and how often in a row.
KINDS = (("429", 1), ("429", 3), ("500", 1), ("500_applied", 1), ("reset_applied", 1))
#: Those for which each call of a close is broken by itself; for the others, all of one close.
IN_TURN = ("500_applied", "reset_applied")
SILENCE = 5
#: After how many calls the process is killed.
KILLS = (1, 4, 8)


async def said(double: Double, channel: str, line: str) -> Delivery:
    """Type this; it is acknowledged with its line in the journal, whatever Slack does meanwhile."""
    delivery = await double.command("claire", channel, "/crise", line)
    assert "ligne" in str(delivery.response), f"{line}: {delivery.error} {delivery.response}"
    return delivery


def kinds(house: House, crisis: str = "2026-0001") -> Counter[str]:
    """How often each kind of entry stands in the journal of a crisis."""
    return Counter(one.kind for one in house.store.read(crisis))


async def swept_night(folder: Path, kind: str, times: int) -> None:
    """Two steps taken and done, then closes, each call of them broken."""
    lines, calls = zip(*STEPS, strict=True)
    async with slack() as double, bot(double, few_pages(folder)) as house:
        await declared(double)
        await whole(double, house)
        channel = house.service.crises()[0].channel

        async def step(number: int) -> Delivery:
            return await said(double, channel, lines[number - 1])

        async def close(number: int) -> Delivery:
            if number > 1:
                await said(double, channel, f"rouvrir Erreur {number}")
                await whole(double, house)
            return await said(double, channel, f"clore Fini {number}")

        await swept(double, house, calls, kind, step, times)
        closes = OF_A_CLOSE if kind in IN_TURN else OF_A_CLOSE[:1]
        if kind not in IN_TURN:
            for method, after in OF_A_CLOSE[1:]:
                double.fault(method, kind, times, after=after)
        await swept(double, house, closes, kind, close, times)
        counted = kinds(house)
        assert (counted["step_taken"], counted["step_completed"]) == (2, 2)
        assert counted["crisis_closed"] == len(closes)
        assert not double.user_saw_error
        verified(house.store)


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
    folders = [tmp_path / str(number) for number in range(len(KINDS) + 1)]
    for one in folders:
        one.mkdir()
    async with asyncio.TaskGroup() as nights:  # side by side: each waits most of the time
        nights.create_task(silent_night(folders.pop()))
        for folder, (kind, times) in zip(folders, KINDS, strict=True):
            nights.create_task(swept_night(folder, kind, times))


async def insisted(double: Double, channel: str, line: str) -> None:
    """Type this until it is acknowledged, as a person does when Slack shows an error."""
    for _ in range(10):
        if (await double.command("claire", channel, "/crise", line)).acked:
            return
        await double.connected(2)
    raise AssertionError(f"never acknowledged: {line}")


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
        channels = {f"2026-{one.name[-4:]}": one.id for one in made}
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
