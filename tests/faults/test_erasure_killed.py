"""kill -9 around an erasure: asked is not done, done is done, and no trace outlives the night."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

from bot.core.erasure import ErasureAsked, LinesErased
from bot.service import Service
from bot.wiring import House
from tests.double import Double
from tests.faults.nights import declared, verified, whole
from tests.faults.processes import PATIENCE, night
from tests.service.numbers import FIRST

KILLS = 3
SECRET = "Jean Fictif, chambre 12"


def requests(house: House) -> tuple[list[int], int]:
    """Numbers of the requests in the journal, and how many were carried out; read from the file."""
    service = Service(house.store, house.service.now, lambda: bytes(32))
    facts = list(service.facts(FIRST))
    asked = [stamp.seq for fact, stamp in facts if isinstance(fact, ErasureAsked)]
    return asked, sum(isinstance(fact, LinesErased) for fact, _ in facts)


def notes(house: House) -> list[int]:
    """Numbers of the notes in the journal, read from the file."""
    return [one.seq for one in house.store.read(FIRST) if one.kind == "note_added"]


async def reached(double: Double, counted: Callable[[], int], number: int) -> None:
    """Wait for what a busy machine may hear after Slack has given up waiting for its answer."""
    await double.wait(lambda _: counted() == number, PATIENCE)


async def filled(double: Double, person: str, channel: str, line: str, **values: str) -> None:
    """Type a line that opens a form and send the form, whatever becomes of the answer."""
    await double.command(person, channel, "/crise", line)
    await double.wait(lambda one: one.view(person) is not None)
    await double.submit(person, values)
    double.views.stacks.clear()


async def test_an_erasure_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    """Killed after the request, and while each confirmation is under way: it is done once, whole,
    and the next process cleans what the last one left in the files.
    """
    seeded = random.Random(20261121)
    async with night(tmp_path) as (double, process, house):
        await declared(double)
        await whole(double, house)
        channel = next(one for one in double.world.channels.values() if one.name[:6] == "crise-")
        for round_ in range(KILLS):
            await double.command("nadia", channel.id, "/crise", f"note {SECRET} {round_}")
            await reached(double, lambda: len(notes(house)), round_ + 1)
            note = notes(house)[-1]
            reason = {"text": "Identité saisie par erreur"}
            await filled(double, "bruno.t", channel.id, f"effacer {note}", **reason)
            await reached(double, lambda: len(requests(house)[0]), round_ + 1)
            await process.restart()
            asked, done = requests(house)
            assert (len(asked), done) == (round_ + 1, round_)

            line = f"effacer confirmer {asked[-1]}"
            confirming = asyncio.create_task(filled(double, "diane", channel.id, line))
            await double.wait(lambda one: one.view("diane") is not None)
            await asyncio.sleep(seeded.uniform(0, 0.1))
            await process.restart()
            await confirming
            if requests(house)[1] == round_:
                await filled(double, "diane", channel.id, line)
            await reached(double, lambda: requests(house)[1], round_ + 1)
        await whole(double, house)
        verified(house.store)
        await cleaned(tmp_path)


async def cleaned(folder: Path) -> None:
    """Wait until no file of the bot holds the secret."""
    for _ in range(100):
        files = [one for one in (folder / "data").rglob("*") if one.is_file()]
        if not [one for one in files if SECRET.encode() in one.read_bytes()]:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the secret is still in the files")
