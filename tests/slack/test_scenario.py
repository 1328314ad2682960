"""The scenario files, played line after line through the strict double."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, cast

import pytest

from bot.demo.people import People
from bot.demo.player import Player
from bot.demo.scenario import FOLDER, load
from bot.journal.entry import export_line
from bot.journal.outside import Brought
from bot.journal.verify import verify_lines
from bot.wiring import clock
from tests.double import Double
from tests.slack.conftest import Night

SCENARIOS = sorted(one.stem for one in FOLDER.glob("*.yaml"))


class Cast:
    """The verbs of the demo's people, on the double; what Slack refuses is kept."""

    def __init__(self, night: Night) -> None:
        """Act in this night."""
        self._night = night
        self._double: Double = night.double
        self.refused: list[str] = []

    async def channels(self) -> list[Mapping[str, Any]]:
        """Every channel."""
        return [{"id": one.id, "name": one.name} for one in self._double.world.channels.values()]

    async def crisis_channel(self, before: Collection[str] = ()) -> str:
        """The channel of the crisis just declared, once the cell is in it."""
        await self._double.wait(lambda _: bool(self._night.house.service.crises()))
        await self._double.wait(lambda _: self._night.channel not in {"", *before})
        await self._double.wait(lambda _: "U04HUGO" in self._night.crisis.members)
        return self._night.channel

    async def command(self, who: str, channel: str, text: str) -> None:
        """Type a word of ``/crise``."""
        place = channel if channel in self._double.world.channels else "general"
        self._keep(text, await self._double.command(who, place, "/crise", text))

    async def write(self, who: str, channel: str, text: str) -> str:
        """Say something, or ask the bot when it is mentioned."""
        if text.startswith("<@"):
            asked = text.partition("> ")[2]
            delivery = await self._double.mention(who, channel, asked)
        else:
            delivery = await self._double.message(who, channel, text)
        self._keep(text, delivery)
        return str(delivery.ts)

    async def edit(self, who: str, channel: str, ts: str, text: str) -> None:
        """Change what was said."""
        self._keep(text, await self._double.edit_message(who, channel, ts, text))

    async def react(self, who: str, channel: str, ts: str, name: str) -> None:
        """React to what was said."""
        self._keep(name, await self._double.react(who, channel, ts, name))

    async def press(self, who: str, _channel: str, action: str) -> None:
        """Press a button of the channel."""
        await self._night.form(who, action)

    async def fill(self, who: str, callback: str, values: Mapping[str, Any]) -> Mapping[str, str]:
        """Fill the form that is open, and send it."""
        await self._double.wait(lambda one: (one.view(who) or {}).get("callback_id") == callback)
        delivery = await self._double.submit(who, dict(values))
        self._keep(callback, delivery)
        if self._double.view(who) is not None:
            await self._double.close_view(who)
        return dict(delivery.errors or {})

    def _keep(self, what: str, delivery: Any) -> None:
        if not delivery.acked or delivery.error:
            self.refused.append(f"{what}: {delivery.error}")


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_scenario_plays_whole_on_a_strict_slack(learned: Night, name: str) -> None:
    """Every line is acknowledged and recorded, the channel shows it, and the journal verifies."""
    people = Cast(learned)
    told: list[str] = []
    player = Player(cast(People, people), clock, "Europe/Paris", told.append)

    failed = await player.play(load(name), {}, speed=30)
    await learned.double.calm(0.5, 30)

    assert (failed, people.refused) == (0, []), told
    kinds = {fact.name for fact, _ in learned.facts()}
    assert {"step_completed", "message_edited", "note_added", "export_made"} <= kinds
    assert {"question_asked", "instant_recorded", "decision_taken", "step_blocked"} <= kinds
    shown = learned.double.channel_text(learned.channel)
    for words in ("Couper Internet", "niveau 3", "bloquée", "EXERCICE"):
        assert (words in shown) is (words != "EXERCICE"), words
    entries = await asyncio.to_thread(lambda: list(learned.house.store.read(learned.crisis.id)))
    lines = [export_line(one).encode() + b"\n" for one in entries]
    report = verify_lines(lines, Brought(keys=(learned.house.signer.verifier,)))
    assert report.ok, report.fault
