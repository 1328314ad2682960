"""A drill killed at any instant: each inject once in the journal and once in the channel."""

from collections import Counter
from pathlib import Path

from bot.slack.drill_messages import DESK
from bot.wiring import build
from tests.faults.drills import PATIENCE, desks, opened, played, recorded, scenario
from tests.faults.nights import settings, slack, verified, whole
from tests.faults.processes import Process

INJECTS = 2


async def test_each_inject_is_played_and_told_once_whatever_kills_it(tmp_path: Path) -> None:
    """Killed as soon as an inject is recorded, before it is told: none lost, none twice.

    A start looks at what is due at once, then every ten seconds: each start plays one.
    """
    folder = scenario(tmp_path, INJECTS)
    async with slack(0.05) as double:
        process = Process(double, folder)
        await process.start()
        house = build(settings(double, folder))
        try:
            await opened(double)
            await double.wait(lambda _: house.store.crises(), PATIENCE)
            for count in range(1, INJECTS + 1):
                await process.restart()
                await recorded(house, count)
            await process.restart()
            await whole(double, house, PATIENCE)
            await double.wait(desks, PATIENCE)
        finally:
            await process.kill()
            house.store.close()
        assert played(house) == Counter(f"e{one}" for one in range(INJECTS))
        assert desks(double) == [f"{DESK}U01CLAIRE"]
        verified(house.store)
