"""The disk takes no more bytes: who acts is told at once, and everything goes on once it does.

The kernel itself refuses each write of the bot's process that would make a file longer, for as long
as the limit stands; nothing in the bot knows of it.
"""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.wiring import House
from tests.double import Double
from tests.faults.nights import declared, verified, whole
from tests.faults.processes import Process, night
from tests.service.numbers import FIRST

PATIENCE = 60.0
RECORDED = "ligne"
PAPER = "papier"


@contextmanager
def full(process: Process) -> Iterator[None]:
    """Inside the block no file of this process can grow, nor be written at all."""
    before = fill(process)
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


def fill(process: Process) -> tuple[int, int]:
    """Let the process write nothing more; what it was allowed."""
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    return before


async def test_a_full_disk_is_told_at_once_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    """A declaration, decisions and a step refused with words; healed, all of it goes on."""
    async with night(tmp_path) as (double, process, house):
        await declared(double)
        await whole(double, house)
        channel = house.service.crises()[0].channel
        before = [one.line for one in house.store.read(FIRST)]
        await double.command("bruno.t", "general", "/crise", "déclarer")
        await double.wait(lambda one: one.view("bruno.t") is not None, PATIENCE)
        form = {"title": "Seconde", "when": "maintenant", "book": "rancongiciel"}
        with full(process):
            sent = await asyncio.gather(
                double.submit("bruno.t", form),
                double.command("hugo", channel, "/crise", "décision De hugo"),
                double.command("sami", channel, "/crise", "prendre prendre-appel"),
            )
            assert all(one.acked for one in sent)
            assert all(PAPER in str(one.response) for one in sent), [one.response for one in sent]
            # What is only shown needs no disk.
            shown = await double.command("hugo", channel, "/crise", "étapes")
            assert "Étapes" in str(shown.response)
        assert [one.line for one in house.store.read(FIRST)] == before

        assert (await double.submit("bruno.t", form)).acked
        await taken_up(double, house, channel, "hugo")
        assert len(house.store.crises()) == 2


async def test_killed_on_a_full_disk_it_goes_on_elsewhere(tmp_path: Path) -> None:
    """Refused, then killed before anybody made room: the journal is what it was, and grows."""
    async with night(tmp_path) as (double, process, house):
        await declared(double)
        await whole(double, house)
        channel = house.service.crises()[0].channel
        fill(process)
        refused = await double.command("eva", channel, "/crise", "décision De eva")
        assert PAPER in str(refused.response)
        await process.restart()
        await taken_up(double, house, channel, "eva")


async def taken_up(double: Double, house: House, channel: str, person: str) -> None:
    """What was refused to this person is recorded once when done again; the journals verify."""
    again = await double.command(person, channel, "/crise", f"décision De {person}")
    assert RECORDED in str(again.response)
    await whole(double, house)
    said = [(one.body_data or {}).get("text") for one in house.store.read(FIRST)]
    assert said.count(f"De {person}") == 1
    verified(house.store)
