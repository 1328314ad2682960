"""A declaration, with each call that it makes broken in turn: in the end it is whole, and once."""

import random
from pathlib import Path

import pytest

from bot.core.crisis import Actor
from bot.core.notes import TakeDecision
from bot.service import Ask
from bot.slack.channel import channel_name
from tests.double import Delivery, Double
from tests.double.faults import KINDS
from tests.faults.nights import (
    bot,
    declared,
    faults,
    few_pages,
    key_of,
    keys,
    slack,
    verified,
    whole,
)
from tests.faults.sweep import OF_A_DECLARATION, swept


def decision(crisis: str, text: str) -> Ask:
    """Claire decides this."""
    return Ask(crisis, Actor("U01CLAIRE", "Claire Exemple"), TakeDecision(text))


def crises(double: Double) -> int:
    """How many channels the bot has made."""
    return len([one for one in double.world.channels.values() if one.name.startswith("crise-")])


@pytest.mark.parametrize("kind", [one for one in KINDS if one != "429"])
async def test_each_call_may_break_once(kind: str, tmp_path: Path) -> None:
    """Whatever breaks, and whether Slack had done it or not, every channel is whole, once."""
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:

        async def act(number: int) -> Delivery:
            assert crises(double) == number - 1
            return await declared(double, f"Panne {number}")

        await swept(double, house, OF_A_DECLARATION, kind, act)
        assert crises(double) == len(OF_A_DECLARATION)
        assert not double.user_saw_error
        verified(house.store)


async def test_slack_may_ask_to_wait_at_each_call(tmp_path: Path) -> None:
    """A 429 at every call, then three in a row: it waits as long as asked, then it is whole."""
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:
        for method, after in OF_A_DECLARATION:
            double.fault(method, "429", after=after)
        await declared(double, "Une fois")
        await whole(double, house)
        for method in ("chat.postMessage", "conversations.invite"):
            double.fault(method, "429", times=3)
        await declared(double, "Trois fois")
        await whole(double, house)

        assert double.called("chat.postMessage")[-1].ok
        assert not double.user_saw_error


@pytest.mark.parametrize("seed", range(3))
async def test_everything_may_break_at_random(seed: int, tmp_path: Path) -> None:
    """With one call in three broken in some way, each declaration ends whole and nothing twice."""
    seeded = random.Random(seed)
    kinds = [one for one in KINDS if one != "429"]
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:
        for number in range(5):
            await double.command("claire", "general", "/crise", "déclarer")
            await double.wait(lambda one: one.view("claire") is not None)
            for _ in range(12):
                double.fault("*", seeded.choice(kinds), after=seeded.randrange(25))
            await double.submit("claire", {"title": f"Nuit {number}", "book": "rancongiciel"})
            await whole(double, house)
            double.api.faults.planned.clear()
        verified(house.store)


async def test_a_name_that_is_somebody_elses_is_left_to_them(tmp_path: Path) -> None:
    """When the name is taken, archived or not, the crisis gets a channel of its own."""
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:
        await declared(double, "Première")
        await whole(double, house)
        first = house.service.crises()[0]
        for number, archived in (("0002", False), ("0003", True)):
            name = channel_name(first).replace("0001", number)
            double.world.add_channel(name, ["claire"], private=True).archived = archived
            await declared(double, "Première")
            await whole(double, house)

        assert [
            one.channel_name.removeprefix(channel_name(first)[:-4])
            for one in house.service.crises()
        ] == ["0001", "0002-2", "0003-2"]


async def test_a_message_that_was_deleted_comes_back(tmp_path: Path) -> None:
    """A board deleted by hand is posted anew and pinned, and nothing else is touched."""
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:
        await declared(double)
        await whole(double, house)
        channel = double.channel(house.service.crises()[0].channel)
        old = next(one for one in double.posts(channel.id) if key_of(one) == "board")
        double.world.delete(channel, old)
        channel.pins.clear()

        await double.command("claire", channel.id, "/crise", "prendre prendre-appel")
        await double.command("claire", channel.id, "/crise", "rôle directeur-crise")

        await whole(double, house)
        assert channel.pins != [old.ts]


async def test_a_message_that_slack_will_not_have_stops_no_other(tmp_path: Path) -> None:
    """A message refused for what it says is left out, without being sent again and again."""
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:
        double.fault("chat.postMessage", "error:invalid_blocks", after=2)
        await declared(double)
        await double.wait(lambda one: one.called("conversations.setTopic"))
        await double.calm(0.3)
        crisis = house.service.crises()[0]

        assert len(faults(double, house, crisis)) == 1
        assert len(double.called("chat.postMessage")) == 6
        assert len(keys(double, crisis.channel)) == 5


async def test_a_channel_that_is_gone_is_not_hammered(tmp_path: Path) -> None:
    """When somebody archives the channel the journal goes on; reopened, it is whole again."""
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:
        await declared(double)
        await whole(double, house)
        crisis = house.service.crises()[0]
        double.channel(crisis.channel).archived = True
        before = len(double.calls)

        for number in range(3):
            await double.command("claire", "general", "/crise", "aide")
            await house.service.handle(decision(crisis.id, f"Décision {number}"))
        await double.calm(0.3)
        assert len(double.calls) - before <= 2 * 3 + 3
        assert len(house.service.crisis(crisis.id).lines) == 3

        double.channel(crisis.channel).archived = False
        await house.service.handle(decision(crisis.id, "Reprise"))
        await whole(double, house)
