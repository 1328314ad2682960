"""The database stands still for longer than anybody waits: who acted is told the truth."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, closing, contextmanager
from pathlib import Path

from bot.wiring import House, build
from bot.wiring.bot import running
from tests.double import Delivery, Double
from tests.faults.nights import QUICK, declared, few_pages, settings, slack, verified, whole
from tests.service.numbers import FIRST

#: Seconds: longer than a file is waited for, and than Slack waits for an acknowledgement.
AWAY = 10.0
PATIENCE = 60.0
#: The answer to a decision that is in the journal.
RECORDED = "ligne"
#: What every answer that tells of a refusal asks for.
PAPER = "papier"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Inside the block another program writes into the file."""
    path = folder / "data" / "tocsin.db"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@asynccontextmanager
async def crisis(folder: Path) -> AsyncIterator[tuple[Double, House, str]]:
    """A night with one crisis, whole, and its channel."""
    async with slack() as double:
        house = build(settings(double, few_pages(folder)))
        try:
            async with running(house, QUICK):
                await double.connected(2)
                await declared(double)
                await whole(double, house)
                yield double, house, house.service.crises()[0].channel
        finally:
            house.store.close()


def heard(double: Double, delivery: Delivery, person: str) -> str:
    """What this person was told, at once or a little later."""
    later = " ".join(one.text for one in double.ephemerals(person))
    return f"{delivery.response or ''} {later}"


async def endured(
    double: Double, house: House, channel: str, trouble: AbstractContextManager[None]
) -> None:
    """Two people decide while nothing answers: each is told what became of it, and it is so."""
    with trouble:
        sent = await asyncio.gather(
            *(
                double.command(person, channel, "/crise", f"décision De {person}")
                for person in ("hugo", "eva")
            )
        )
        assert all(one.acked for one in sent)
        assert not any(RECORDED in str(one.response) for one in sent)
        await asyncio.sleep(AWAY)
    for person, delivery in zip(("hugo", "eva"), sent, strict=True):
        await double.wait(
            lambda one, who=person, its=delivery: any(  # type: ignore[misc]
                word in heard(one, its, who) for word in (RECORDED, PAPER)
            ),
            PATIENCE,
        )
    await whole(double, house)
    texts = [str((one.body_data or {}).get("text")) for one in house.store.read(FIRST)]
    for person, delivery in zip(("hugo", "eva"), sent, strict=True):
        kept = texts.count(f"De {person}")
        assert kept == (RECORDED in heard(double, delivery, person)), heard(
            double, delivery, person
        )
    again = await double.command("hugo", channel, "/crise", "décision Reprise")
    assert RECORDED in str(again.response)
    await whole(double, house)
    verified(house.store)


async def test_a_file_that_another_program_holds(tmp_path: Path) -> None:
    """SQLite locked for longer than it is waited for: kept or refused with words, never both."""
    async with crisis(tmp_path) as (double, house, channel):
        await endured(double, house, channel, held(tmp_path))
