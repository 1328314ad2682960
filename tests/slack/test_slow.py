"""When the journal is slow or away: acknowledged in time, told afterwards, nothing typed lost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.notes import NoteAdded
from tests.double import Double
from tests.slack.conftest import QUICK, Night, house_on_slack, read

#: How long an acknowledgement waits here; Slack's own three seconds leave room for a busy machine.
HURRIED = replace(QUICK, patience=1.0)


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    """A night on which nobody waits long for the journal."""
    pages = tmp_path / "knowledge"
    pages.mkdir()
    async with house_on_slack(tmp_path, tempo=HURRIED, tocsin_knowledge_dir=pages) as night:
        yield night


def told(double: Double, user: str) -> str:
    """All that one person was privately told."""
    shown = [read(one) for one in double.ephemerals(user)]
    person = double.world.user(user)
    return "\n".join([*shown, double.channel_text(double.world.conversation([person.id]).id)])


@asynccontextmanager
async def busy(night: Night, seconds: float) -> AsyncIterator[None]:
    """Hold the database of the journal as another program would, for some seconds."""
    path = night.house.settings.database.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def release() -> None:
        await asyncio.sleep(seconds)
        other.rollback()
        other.close()

    task = asyncio.create_task(release())
    yield
    await task


async def test_a_slow_record_is_acknowledged_in_time_and_told(night: Night) -> None:
    """Slack never shows a failure: the form says « pas encore », the end is told when it comes."""
    await night.opened()
    await night.double.calm(0.3)
    await night.form("hugo", "say:note")
    async with busy(night, 3.2):
        delivery = await night.double.submit("hugo", {"text": "Lecteur de badges en panne"})
        assert delivery.acked
        assert delivery.latency is not None
        assert delivery.latency < 3
        view = night.double.view("hugo")
        assert view is not None
        assert view["title"]["text"] == "Pas encore enregistré"
    await night.double.wait(lambda double: "C'est enregistré" in double.text())
    assert any(isinstance(fact, NoteAdded) for fact, _ in night.facts())


async def test_what_could_not_be_recorded_is_given_back(night: Night) -> None:
    """When the journal stays away, both a form and a line come back with what was typed."""
    await night.opened()
    await night.double.calm(0.3)
    await night.form("hugo", "say:note")
    count = night.count
    line = "Le médecin de garde confirme que la réanimation est passée sur papier"
    async with busy(night, 7):
        sent = await asyncio.gather(
            night.double.submit("hugo", {"text": "Lecteur de badges en panne"}),
            night.double.command("eva", night.channel, "/crise", f"note {line}"),
        )
        assert all(one.acked for one in sent)
        await night.double.wait(lambda double: f"note {line}" in told(double, "eva"))
    await night.double.wait(lambda double: "Lecteur de badges" in told(double, "hugo"))
    assert night.count == count
