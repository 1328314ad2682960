"""kill -9 at any instant: what was acknowledged is in the journal, what was begun is finished."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.double import Delivery, Double
from tests.faults.nights import declared, verified, whole
from tests.faults.processes import begun, night
from tests.service.numbers import FIRST

KILLS = 4


@pytest.mark.parametrize(
    ("kind", "calls"),
    [("", range(9)), ("500", (0, 1, 2, 5, 8))],
    ids=["done, and never known", "not done"],
)
async def test_a_declaration_survives_a_kill_at_any_of_its_calls(
    kind: str, calls: Sequence[int], tmp_path: Path
) -> None:
    """Killed during each call in turn, it is finished by the next process, nothing twice."""
    async with night(tmp_path) as (double, process, house):
        for number, call in enumerate(calls, 1):
            last = len(double.calls) + 2 + call  # the form opens first
            if kind:
                double.fault("*", kind, after=1 + call)
            sent = asyncio.create_task(declared(double, f"Coupure {number}"))
            await begun(double, last)
            await process.restart()
            await sent
            double.views.stacks.clear()

            await whole(double, house)
            assert len(house.store.crises()) == number
        verified(house.store)


async def acknowledged(double: Double, sent: Mapping[str, Delivery], count: int) -> None:
    """Wait until so many have been: a busy machine may be slow to begin."""
    await double.wait(lambda _: sum(one.acked for one in sent.values()) >= count)


async def test_what_was_acknowledged_is_in_the_journal_exactly_once(tmp_path: Path) -> None:
    """Notes and decisions at full speed, killed at random: no acknowledged one is lost or twice."""
    seeded = random.Random(20261121)
    sent: dict[str, Delivery] = {}
    async with night(tmp_path) as (double, process, house):
        await declared(double)
        await whole(double, house)
        channel = next(one for one in double.world.channels.values() if one.name[:6] == "crise-")

        killed = asyncio.Event()

        async def works(person: str, round_: int) -> None:
            for number in range(400):
                word = "décision" if number % 50 == 0 else "note"
                text = f"{person} {round_} {number}"
                sent[text] = await double.command(person, channel.id, "/crise", f"{word} {text}")
                if killed.is_set():
                    return

        for round_ in range(KILLS):
            work = [asyncio.create_task(works(one, round_)) for one in ("claire", "hugo", "eva")]
            await acknowledged(double, sent, 2 * (round_ + 1))
            await asyncio.sleep(seeded.uniform(0.05, 0.6))
            killed.set()
            await process.kill()
            await asyncio.gather(*work)
            killed.clear()
            await process.start()
        await whole(double, house)

        verified(house.store)
        entries = house.store.read(FIRST)
        noted = Counter((one.body_data or {}).get("text") for one in entries)
        acked = [text for text, delivery in sent.items() if delivery.acked]
        assert len(acked) > KILLS
        assert {text: noted[text] for text in acked} == dict.fromkeys(acked, 1)
        assert max(noted[text] for text in sent) == 1


async def test_a_submission_sent_again_after_a_kill_is_one_crisis(tmp_path: Path) -> None:
    """The acknowledgement is lost, the bot killed, the form pressed again: one crisis."""
    async with night(tmp_path) as (double, process, house):
        await double.command("claire", "general", "/crise", "déclarer")
        await double.wait(lambda one: one.view("claire") is not None)
        double.delay = 0.5  # no event of the new channel comes before the acknowledgement
        double.lose_acks()
        first = await double.submit("claire", {"title": "Écrans", "book": "rancongiciel"})
        await process.restart()
        double.socket.ack_deadline = 20.0
        again = await double.submit("claire", {"title": "Écrans", "book": "rancongiciel"})
        twin = await double.redeliver(again)

        double.delay = 0.05
        assert (first.acked, again.acked, twin.acked) == (False, True, True)
        assert FIRST in str(again.response)
        await whole(double, house)
        assert len(house.store.crises()) == 1
