"""Break each Web API call of something in turn, and check that it is whole every time.

A declaration, a step and a close make a known list of calls.  The ordinary tests break them in the
manners that cost no waiting, and kill the process at each call of a declaration; ``everything``
breaks each call of each in every manner, for ``make faults``.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bot.wiring import House
from tests.double import Delivery, Double
from tests.faults.nights import bot, declared, few_pages, slack, verified, whole
from tests.faults.processes import begun, night
from tests.service.numbers import FIRST

#: A method, and how many calls of it come before.
Call = tuple[str, int]
#: Do the thing once more; its number, from 1.
Act = Callable[[int], Awaitable[Delivery]]

#: Each call of a declaration.
OF_A_DECLARATION: tuple[Call, ...] = (
    ("conversations.create", 0),
    *(("chat.postMessage", number) for number in range(6)),
    ("conversations.invite", 0),
    ("pins.add", 0),
    ("conversations.setTopic", 0),
)
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
#: What happens to a call, and how often in a row, without anybody waiting for long.
QUICK_MANNERS = (("500", 1), ("500_applied", 1), ("reset_applied", 1))
SILENCE = 5
MANNERS = (("429", 1), ("429", 3), *QUICK_MANNERS, (f"silent:{SILENCE}", 1))


async def swept(
    double: Double, house: House, calls: Sequence[Call], kind: str, act: Act, times: int = 1
) -> None:
    """Do it once for each of its calls, with that one broken so often; each time it is whole."""
    for number, (method, after) in enumerate(calls, 1):
        double.fault(method, kind, times, after=after)
        delivery = await act(number)
        await whole(double, house)
        told = f"{kind} at call {after} of {method}: {delivery.error} {delivery.response}"
        assert delivery.acked, told
        assert not any(one.times for one in double.api.faults.planned), f"never met: {told}"
        double.api.faults.planned.clear()


async def said(double: Double, channel: str, line: str) -> Delivery:
    """Type this; it is acknowledged with its line in the journal, whatever Slack does meanwhile."""
    delivery = await double.command("claire", channel, "/crise", line)
    assert "ligne" in str(delivery.response), f"{line}: {delivery.error} {delivery.response}"
    return delivery


def kinds(house: House, crisis: str = FIRST) -> Counter[str]:
    """How often each kind of entry stands in the journal of a crisis."""
    return Counter(one.kind for one in house.store.read(crisis))


async def swept_night(folder: Path, kind: str, times: int, *, in_turn: bool = True) -> None:
    """Two steps taken and done, then closes, each call of them broken.

    In turn, a close for each of its calls; else all of one close, to spare the waiting.
    """
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
        closes = OF_A_CLOSE if in_turn else OF_A_CLOSE[:1]
        if not in_turn:
            for method, after in OF_A_CLOSE[1:]:
                double.fault(method, kind, times, after=after)
        await swept(double, house, closes, kind, close, times)
        counted = kinds(house)
        assert (counted["step_taken"], counted["step_completed"]) == (2, 2)
        assert counted["crisis_closed"] == len(closes)
        assert not double.user_saw_error
        verified(house.store)


async def swept_declarations(folder: Path, kind: str, times: int) -> None:
    """A declaration for each of its calls, that one broken."""
    async with slack() as double, bot(double, few_pages(folder)) as house:

        async def declare(number: int) -> Delivery:
            double.views.stacks.clear()  # a slow machine leaves a screen that says to wait
            return await declared(double, f"Panne {number}")

        await swept(double, house, OF_A_DECLARATION, kind, declare, times)
        assert len(house.store.crises()) == len(OF_A_DECLARATION)
        assert not double.user_saw_error
        verified(house.store)


async def insisted(double: Double, channel: str, line: str) -> None:
    """Type this until it is acknowledged, as a person does when Slack shows an error."""
    for _ in range(10):
        if (await double.command("claire", channel, "/crise", line)).acked:
            return
        await double.connected(2)
    raise AssertionError(f"never acknowledged: {line}")


async def killed(folder: Path) -> None:
    """The steps, then a close for each of its calls, the process killed during that one."""
    async with night(folder) as (double, process, house):
        await declared(double)
        await whole(double, house)
        (channel,) = (one.id for one in double.world.channels.values() if one.name[:6] == "crise-")

        async def act(line: str, call: int) -> None:
            before = len(double.calls)
            acting = asyncio.create_task(insisted(double, channel, line))
            await begun(double, before + call)
            await process.restart()
            await acting
            await whole(double, house)

        for line, (_, after) in STEPS:
            await act(line, after + 1)
        for number in range(len(OF_A_CLOSE)):
            await act(f"clore Fini {number}", number + 1)
            await insisted(double, channel, f"rouvrir Erreur {number}")
            await whole(double, house)
        counted = kinds(house)
        assert (counted["step_taken"], counted["step_completed"]) == (2, 2)
        assert counted["crisis_closed"] == len(OF_A_CLOSE)
        verified(house.store)


async def everything(folder: Path) -> int:
    """Break each call of a declaration, of a step and of a close in every manner; how many."""
    for sweep in (swept_declarations, swept_night):
        for number, (kind, times) in enumerate(MANNERS):
            own = folder / f"{sweep.__name__}-{number}"
            own.mkdir()
            await sweep(own, kind, times)
    own = folder / "killed"
    own.mkdir()
    await killed(own)
    calls = len(OF_A_DECLARATION) + len(STEPS) + len(OF_A_CLOSE)
    return (len(MANNERS) + 1) * calls - len(OF_A_DECLARATION)
