"""Reminders: before the deadline, at it and after it, each once, whatever stops in between."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.core.deadlines import Deadline, deadlines
from bot.core.duties import ReminderRaised, schedule
from bot.wiring import House
from tests.double import Double
from tests.faults.nights import bot, declared, few_pages, key_of, slack, whole

TICK = 0.05


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        """Start on a Saturday night."""
        self.now = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The present instant."""
        return self.now


def raised(house: House, duty: str) -> list[tuple[int, str]]:
    """Number and key of each reminder of this duty, in the order of the journal."""
    return [
        (stamp.seq, fact.key)
        for fact, stamp in house.service.facts("2026-0001")
        if isinstance(fact, ReminderRaised) and fact.duty == duty
    ]


def dated(house: House) -> Deadline:
    """The first duty whose time is limited."""
    crisis = house.service.crisis("2026-0001")
    found = deadlines(crisis, house.service.now())
    return next(one for one in found if one.due is not None and len(schedule(one)) > 4)


async def counted(double: Double, house: House, duty: str, number: int) -> None:
    """Wait until so many reminders of this duty were raised."""
    await double.wait(lambda _: len(raised(house, duty)) == number)


async def told(double: Double, house: House, duty: str) -> None:
    """Wait until the channel shows the last of them: hours later Slack would have told it."""
    channel, last = house.service.crisis("2026-0001").channel, raised(house, duty)[-1][0]
    await double.wait(lambda one: f"entry:{last}" in {key_of(each) for each in one.posts(channel)})


async def test_each_reminder_comes_once_also_after_a_restart(tmp_path: Path) -> None:
    """From a day before to three days after, one reminder at each moment, posted once."""
    clock, folder = Clock(), few_pages(tmp_path)
    async with slack() as double:
        async with bot(double, folder, clock, tick=TICK) as house:
            await declared(double)
            await whole(double, house)
            duty = dated(house)
            moments = schedule(duty)
            for number, (at, _) in enumerate(moments[:3], 1):
                clock.now = at - timedelta(seconds=1)
                await asyncio.sleep(3 * TICK)
                assert len(raised(house, duty.duty.id)) == number - 1
                clock.now = at
                await counted(double, house, duty.duty.id, number)
                await told(double, house, duty.duty.id)
            await whole(double, house)
        async with bot(double, folder, clock, tick=TICK) as house:
            await asyncio.sleep(5 * TICK)
            for number, (at, _) in enumerate(moments[3:], 4):
                clock.now = at
                await counted(double, house, duty.duty.id, number)
                await told(double, house, duty.duty.id)
            clock.now += timedelta(days=30)
            await asyncio.sleep(5 * TICK)
            await whole(double, house)

            found = raised(house, duty.duty.id)
            assert [key for _, key in found] == [key for _, key in moments]
            channel = house.service.crisis("2026-0001").channel
            shown = [key_of(one) for one in double.posts(channel)]
            assert [shown.count(f"entry:{seq}") for seq, _ in found] == [1] * len(found)


async def test_a_reminder_raised_while_slack_was_away_is_posted_once_later(
    tmp_path: Path,
) -> None:
    """Raised, never shown, then the bot stops: the next start shows it, once."""
    clock, folder = Clock(), few_pages(tmp_path)
    async with slack() as double:
        async with bot(double, folder, clock, tick=TICK) as house:
            await declared(double)
            await whole(double, house)
            duty = dated(house)
            double.fault("chat.postMessage", "500", times=10_000)
            clock.now = schedule(duty)[0][0]
            await counted(double, house, duty.duty.id, 1)
            seq = raised(house, duty.duty.id)[0][0]
            await double.wait(lambda one: one.called("conversations.history"))
        channel = house.service.crisis("2026-0001").channel
        assert f"entry:{seq}" not in {key_of(one) for one in double.posts(channel)}
        double.api.faults.planned.clear()
        async with bot(double, folder, clock, tick=TICK) as house:
            await whole(double, house)
            shown = [key_of(one) for one in double.posts(channel)]
            assert shown.count(f"entry:{seq}") == 1
            assert len(raised(house, duty.duty.id)) == 1
