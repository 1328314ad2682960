"""What was said while the bot was away: found again, marked late, or told as a gap."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.core.transcript import GapFilled, GapFound, MessageEdited, MessageHeard
from bot.exports.jsonl import Progress
from bot.exports.rows import rows
from bot.wiring import build
from bot.wiring.bot import running
from tests.double import Double
from tests.double.world import BOT_USER, Message
from tests.slack.conftest import PEOPLE, QUICK, Night, any_text, settings

HISTORY = "conversations.history"


@pytest.fixture
async def slack() -> AsyncIterator[Double]:
    """A workspace with the people of the fictitious hospital, whatever becomes of the bot."""
    async with Double(retry_delays=()) as double:
        for person, name in PEOPLE.items():
            double.world.add_user(name, id=person)
        double.world.channel("general").members.extend(PEOPLE)
        yield double


@asynccontextmanager
async def awake(slack: Double, folder: Path, capture: str = "tout") -> AsyncIterator[Night]:
    """The bot, connected, on the journal of this folder."""
    pages = folder / "knowledge"
    pages.mkdir(exist_ok=True)
    house = build(settings(slack, folder, tocsin_knowledge_dir=pages, tocsin_capture=capture))
    try:
        async with running(house, QUICK):
            await slack.connected(2)
            yield Night(slack, house)
            await slack.calm(0.1)
    finally:
        house.store.close()


def heard(night: Night) -> list[tuple[str, str, bool]]:
    """What the journal has of the words of the channel: who, what, whether late."""
    return [
        (stamp.actor.name, fact.text, fact.late)
        for fact, stamp in night.facts()
        if isinstance(fact, MessageHeard | MessageEdited)
    ]


async def refused(slack: Double, times: int) -> None:
    """Wait until Slack has refused so many times to let the channel be read."""
    await slack.wait(lambda double: sum(not one.ok for one in double.called(HISTORY)) == times)


async def test_what_was_said_during_an_absence_is_late(slack: Double, tmp_path: Path) -> None:
    """Messages, replies and edits missed are entries once, by their authors, at their own time."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        first = await slack.message("eva", channel, "Serveur A coupé")
        assert heard(night) == [("Éva Maquette", "Serveur A coupé", False)]

    missed = await slack.message("bruno.t", channel, "<B> coupé", files=[("b.png", b"png")])
    reply = await slack.message("diane", channel, "Et la paie ?", thread_ts=first.ts)
    await slack.edit_message("eva", channel, first.ts, "Serveur A isolé")

    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: len(heard(night)) == 4)
        assert sorted(heard(night)[1:]) == [
            ("Bruno Modèle", "&lt;B&gt; coupé", True),
            ("Diane Fictive", "Et la paie ?", True),
            ("Éva Maquette", "Serveur A isolé", True),
        ]
        found = {f.ts: (f, s) for f, s in night.facts() if isinstance(f, MessageHeard)}
        assert [one.name for one in found[missed.ts][0].files] == ["b.png"]
        assert found[reply.ts][0].thread_ts == first.ts
        assert found[first.ts][0].thread_ts == ""
        stamp = found[missed.ts][1]
        assert abs(stamp.at.timestamp() - float(missed.ts)) < 0.001
        assert stamp.recorded > stamp.at
        assert "[relevé après coup]" in await night.say("claire", "journal")

        seq = night.crisis.seq
        assert (await slack.redeliver(missed)).acked
        assert night.crisis.seq == seq

    async with awake(slack, tmp_path) as night:
        calls = len(slack.called(HISTORY))
        await slack.message("eva", channel, "Serveur C coupé")
        await slack.calm(0.3)
        assert heard(night)[4:] == [("Éva Maquette", "Serveur C coupé", False)]
        assert len(slack.called(HISTORY)) <= calls + 1


async def test_a_long_absence_is_read_page_after_page(slack: Double, tmp_path: Path) -> None:
    """What lies under more than a page of our own messages is found; ours are not recorded."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
    await slack.message("eva", channel, "Plus de réseau")
    for number in range(210):
        ours = Message(slack.world.ts(), BOT_USER, f"Rappel {number}", bot=True)
        slack.world.add_message(slack.world.channel(channel), ours)
    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: heard(night))
        assert heard(night) == [("Éva Maquette", "Plus de réseau", True)]


async def test_a_channel_that_cannot_be_read_is_a_gap(slack: Double, tmp_path: Path) -> None:
    """The gap is recorded once, with its bounds; board and exports show it until it is filled."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        last = await slack.message("eva", channel, "Serveur A coupé")
    missed = await slack.message("eva", channel, "Serveur B coupé")

    slack.fault(HISTORY, "error:missing_scope", times=2)
    for number in (1, 2):
        async with awake(slack, tmp_path) as night:
            await refused(slack, number)
            await slack.calm(0.1)
            await night.shown("Main courante : messages manquants de ")
            (gap,) = [fact for fact, _ in night.facts() if isinstance(fact, GapFound)]
            assert abs(gap.since.timestamp() - float(last.ts)) < 0.001
            assert gap.until.timestamp() > float(missed.ts)
            assert gap.reason == "Slack refuse (missing_scope)"
    assert not slack.api.faults.pick(HISTORY)

    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: isinstance(night.last()[0], GapFilled))
        await slack.wait(lambda double: not any_text(double.posts(channel), "messages manquants"))
        assert heard(night)[-1] == ("Éva Maquette", "Serveur B coupé", True)
        view = list(rows(night.house.service.entries(night.crisis.id), Progress()))
        texts = {one.kind_title: one.text for one in view[-3:]}
        assert texts["Messages manquants"].startswith("Messages du canal peut-être manquants, de ")
        assert texts["Messages retrouvés"].startswith("Canal relu : il ne manque plus de messages")
        assert texts["Message"] == "Serveur B coupé [relevé après coup]"


async def test_slack_may_be_away_when_we_are_back(slack: Double, tmp_path: Path) -> None:
    """A failure of Slack's is no gap: the channel is read once it answers."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
    await slack.message("eva", channel, "Serveur A coupé")
    slack.fault(HISTORY, "500", times=9)
    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: heard(night))
        assert heard(night) == [("Éva Maquette", "Serveur A coupé", True)]
        assert not night.crisis.gaps
        assert not slack.api.faults.pick(HISTORY)


async def test_a_connection_lost_is_an_absence_only_without_another(
    slack: Double, tmp_path: Path
) -> None:
    """One connection renewed while the other lasts is nothing; all of them lost is caught up."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        await slack.message("eva", channel, "Serveur A coupé")
        await slack.calm(1.5)
        calls = len(slack.called(HISTORY))
        old = slack.socket.connections[0]
        await old.ws.send_json({"type": "disconnect", "reason": "refresh_requested"})
        await slack.wait(lambda double: old not in double.socket.connections)
        await slack.connected(2)
        await slack.calm(2.2)
        assert len(slack.called(HISTORY)) == calls

        slack.drop_sockets()
        missed = await slack.message("eva", channel, "Serveur B coupé")
        assert not missed.acked
        await slack.wait(lambda _: len(heard(night)) == 2, 15)
        assert heard(night)[-1] == ("Éva Maquette", "Serveur B coupé", True)


async def test_a_cell_that_records_only_what_it_raises_misses_nothing(
    slack: Double, tmp_path: Path
) -> None:
    """With the capture of flagged messages only, the channel is not read again."""
    async with awake(slack, tmp_path, "consignes") as night:
        channel = await night.opened()
    await slack.message("eva", channel, "des nouvelles ?")
    calls = len(slack.called(HISTORY))
    async with awake(slack, tmp_path, "consignes") as night:
        await slack.calm(0.5)
        assert heard(night) == []
        assert len(slack.called(HISTORY)) == calls
