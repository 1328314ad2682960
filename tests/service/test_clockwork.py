"""The loop: reminders become commands, and one bad crisis keeps no other from its own."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot import clockwork
from bot.core.instants import RecordInstant
from tests.core.plans import PLAN, hospital
from tests.service.offices import Office


async def until(true: Callable[[], bool]) -> None:
    """Wait until this holds."""
    for _ in range(2_000):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")


async def test_a_crisis_that_cannot_be_reminded_keeps_no_other_from_it(tmp_path: Path) -> None:
    """A time zone that does not exist is a fault of one crisis: the next one is reminded."""
    async with Office(tmp_path) as office:
        await office.opens("Sans fuseau", plan=hospital(PLAN, timezone="Nulle/Part"))
        await office.opens("Voisine")
        for crisis in ("2026-0001", "2026-0002"):
            for instant in ("t_dp", "e_demande"):
                await office.does(RecordInstant(instant, office.now, "about", "X", ""), crisis)
        office.wait(timedelta(hours=71))

        await clockwork.raise_due(office.service)

        assert "reminder_raised" not in office.kinds("2026-0001")
        assert "reminder_raised" in office.kinds("2026-0002")


async def test_the_loop_outlives_a_redraw_that_fails(tmp_path: Path) -> None:
    """Whatever goes wrong in one look, the next ones take place."""
    looks: list[int] = []

    def redraw() -> None:
        looks.append(1)
        raise KeyError("a fault of ours")

    async with Office(tmp_path) as office:
        await office.opens()
        loop = asyncio.create_task(clockwork.run(office.service, redraw, tick=0.01, every=1))
        await until(lambda: len(looks) > 2)
        office.wait(timedelta(hours=71))
        await until(lambda: "reminder_raised" in office.kinds())
        loop.cancel()
