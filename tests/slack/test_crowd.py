"""Many crises and many people at once: limits hold, and every channel is told in the end."""

import asyncio
import itertools
from datetime import timedelta
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.notes import AddNote
from bot.core.opening import OpenChannel, OpenCrisis
from bot.slack import notify
from bot.slack.directory import Directory
from bot.slack.gateway import Gateway, Tempo
from bot.slack.notify import Projector
from bot.slack.posted import Posted
from tests.core.plans import PLAN
from tests.double import Double
from tests.double.world import BOT_USER
from tests.service.offices import START, Office

_UNPACED = Tempo(lanes={}, other=(0.0, 1))


def _gateway(double: Double, tempo: Tempo) -> Gateway:
    client = AsyncWebClient(double.bot_token, double.api_url, retry_handlers=[])
    return Gateway(client, tempo)


async def _until_told(office: Office, posted: Posted, double: Double) -> None:
    """Wait until everything that the journal has was told."""

    def told(_: Double) -> bool:
        cursors = posted.cursors()
        return all(cursors.get(one) == seq for one, seq in office.store.lengths().items())

    await double.wait(told)


async def _updated(double: Double, times: int) -> None:
    """Wait until so many updates were asked for."""
    await double.wait(lambda d: len(d.called("chat.update")) >= times)


async def _said(double: Double, text: str) -> None:
    """Wait until this stands in the channel."""
    await double.wait(lambda d: text in d.channel_text("essai-0"))


async def _opened(office: Office, double: Double, count: int) -> list[str]:
    """So many crises, each with its channel and Claire in it."""
    double.world.add_user("claire", id="U1")
    made = []
    for number in range(count):
        crisis = (await office.does(OpenCrisis(f"Essai {number}", PLAN, START), "")).crisis.id
        members = [BOT_USER, "U1", *(one.slack for one in PLAN.establishment.people if one.slack)]
        for person in set(members) - set(double.world.users):
            double.world.add_user(person.lower(), id=person)
        channel = double.world.add_channel(f"essai-{number}", dict.fromkeys(members), private=True)
        await office.does(OpenChannel(channel.id, f"essai-{number}"), crisis)
        made.append(crisis)
    return made


async def test_a_crowd_of_new_people_is_asked_about_within_limits() -> None:
    """A hundred and fifty people act at once: nobody waits, and Slack refuses nothing."""
    async with Double(delay=0, limits=True) as double:
        directory = Directory(_gateway(double, Tempo()), lambda: ())
        people = [double.world.add_user(f"agent{n}", f"Agent {n}").id for n in range(150)]
        names = await asyncio.gather(*(directory.fetch(one) for one in people))
        calls = double.called("users.info")
        assert 50 <= len(calls) <= 80
        assert all(one.status == 200 for one in calls)
        assert sum(name.startswith("Agent ") for name in names) == len(calls)


async def test_boards_are_redrawn_in_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more open crises than a minute has updates, time redraws a part of them at a look."""
    monkeypatch.setattr(notify, "_REDRAWN", 2)
    async with Office(tmp_path) as office, Double(delay=0) as double:
        await _opened(office, double, 5)
        posted = Posted(office.store.engine)
        projector = Projector(
            office.service, _gateway(double, _UNPACED), posted, lambda _: None, _UNPACED
        )
        await projector.start()
        await _until_told(office, posted, double)
        await double.calm()
        for look, due in enumerate((1, 3, 5), start=1):
            office.now = START + timedelta(hours=look)
            projector.wake_open()
            await _updated(double, due)
            await double.calm(0.5)
            assert len(double.called("chat.update")) == due, "a part of them at a look"
        await projector.stop()
    redrawn = {str(one.args["channel"]) for one in double.called("chat.update")}
    assert len(redrawn) == 5, "each has its turn"


async def test_a_channel_is_told_to_the_end_although_time_passes(tmp_path: Path) -> None:
    """A board that ages while others wait for their updates does not keep the rest from its end."""
    async with Office(tmp_path) as office, Double(delay=0) as double:
        (crisis,) = await _opened(office, double, 1)
        looks = itertools.count(1)
        office.service._clock = lambda: START + timedelta(minutes=next(looks))
        posted = Posted(office.store.engine)
        projector = Projector(
            office.service, _gateway(double, _UNPACED), posted, lambda _: None, _UNPACED
        )
        await projector.start()
        await _until_told(office, posted, double)
        await office.does(AddNote("Le laboratoire passe au papier."), crisis)
        await _until_told(office, posted, double)
        await projector.stop()
        assert "passe au papier" in double.channel_text("essai-0")


async def test_notices_do_not_wait_for_updates(tmp_path: Path) -> None:
    """While an update waits for its turn, what is to be posted goes out."""
    slow = Tempo(lanes={"chat.update": (600.0, 1)}, other=(0.0, 1))
    async with Office(tmp_path) as office, Double(delay=0) as double:
        (crisis,) = await _opened(office, double, 1)
        posted = Posted(office.store.engine)
        projector = Projector(office.service, _gateway(double, slow), posted, lambda _: None, slow)
        await projector.start()
        await _until_told(office, posted, double)
        for number in range(3):
            office.now += timedelta(minutes=5)
            await office.does(AddNote(f"Constat numéro {number}."), crisis)
            await _said(double, f"Constat numéro {number}.")
        await projector.stop()
        assert len(double.called("chat.update")) <= 1
