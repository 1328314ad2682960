"""Reminders left at Slack: they speak when the bot is dead, and never beside it."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.crisis import TOCSIN, Actor, Crisis
from bot.core.duties import RaiseReminders, ReminderRaised, ReopenDuty, SettleDuty
from bot.core.opening import CloseCrisis, OpenChannel, OpenCrisis, ReopenCrisis
from bot.service import Ask, Done
from bot.slack.gateway import Gateway, Unsure
from bot.slack.posted import Posted
from bot.slack.scheduled import GRACE, Scheduled
from bot.wiring import House, build
from tests.double import Double
from tests.double.world import BOT_USER
from tests.slack.conftest import QUICK, any_text, house_on_slack, read, settings
from tests.slack.test_reminders import Hands

CLAIRE = Actor("U01CLAIRE", "Claire Exemple", "Direction de crise")
DUTY = "cnil-initiale"


class Office:
    """A crisis with its channel, and what keeps its reminders at a strict Slack."""

    def __init__(self, double: Double, folder: Path) -> None:
        """Open the crisis two minutes ago, so that its first minute has passed."""
        self.double = double
        self.hands = Hands()
        self.house: House = build(settings(double, folder), self.hands)
        client = AsyncWebClient(token=double.bot_token, base_url=double.api_url, retry_handlers=[])
        gateway = Gateway(client, QUICK)
        self.scheduled = Scheduled(self.house.service, gateway, Posted(self.house.store.engine))
        plan = self.house.plans["rancongiciel"]
        opened = self.do("", OpenCrisis("Écrans", plan, self.hands()))
        channel = double.world.add_channel("crise", [BOT_USER], private=True)
        self.crisis_id = opened.crisis.id
        self.do(self.crisis_id, OpenChannel(channel.id, "crise"))
        self.ahead(minutes=2)

    @property
    def crisis(self) -> Crisis:
        """The crisis as it stands."""
        return self.house.service.crisis(self.crisis_id)

    def do(self, crisis: str, command: object, actor: Actor = CLAIRE) -> Done:
        """Record something."""
        (done,) = self.house.service.commit([Ask(crisis, actor, command)])  # type: ignore[arg-type]
        assert isinstance(done, Done), done
        return done

    def ahead(self, **more: float) -> None:
        """Let time pass, here and at Slack."""
        self.hands.ahead += timedelta(**more)
        self.double.advance(timedelta(**more).total_seconds())

    async def look(self) -> list[str]:
        """Look once; what then waits at Slack."""
        await self.scheduled.look(self.crisis)
        return [one["text"] for one in self.double.world.scheduled.values()]

    def about(self, texts: list[str], words: str = "CNIL (notification initiale)") -> list[str]:
        """Those of these texts that concern one duty."""
        return [one for one in texts if words in one.replace("\u00a0", " ")]

    def raised(self) -> list[str]:
        """Have the bot raise what is due; the keys raised for that duty."""
        done = self.do(self.crisis_id, RaiseReminders(), TOCSIN)
        facts = [fact for fact, _ in done.facts if isinstance(fact, ReminderRaised)]
        return [fact.key for fact in facts if fact.duty == DUTY]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the journal of a test is."""
    return tmp_path


async def test_reminders_wait_at_slack_and_are_taken_back(folder: Path) -> None:
    """Left once, taken back when raised or settled, left again when the duty stands again."""
    async with Double(delay=0) as double:
        office = Office(double, folder)
        first = await office.look()
        assert office.about(first)
        assert len(first) == 25
        assert await office.look() == first, "nothing is left twice"
        assert all("Rappel" in one for one in first)

        office.do(office.crisis_id, SettleDuty(DUTY, "sent", "récépissé 12"))
        assert not office.about(await office.look())
        office.do(office.crisis_id, ReopenDuty(DUTY, "envoi refusé"))
        assert office.about(await office.look())

        office.do(office.crisis_id, CloseCrisis("fin de l'exercice"))
        assert await office.look() == []
        office.house.store.close()


async def test_a_closed_crisis_is_looked_at_once(folder: Path) -> None:
    """The loop takes its reminders back, then leaves it alone until something is recorded."""
    async with Double(delay=0) as double:
        office = Office(double, folder)
        looking = asyncio.create_task(office.scheduled.run(pace=0.01))
        await double.wait(lambda one: len(one.world.scheduled) == 25)
        office.do(office.crisis_id, CloseCrisis("fin de l'exercice"))
        await double.wait(lambda one: not one.world.scheduled)
        await double.calm(0.2)

        posted, name = Posted(office.house.store.engine), f"{office.crisis_id}/ahead"
        posted.begin(name, "stray", office.crisis.channel)
        hour = (office.hands() + timedelta(hours=1)).timestamp()
        posted.finish(name, "stray", "Q_STRAY", str(int(hour)))
        before = len(double.called("chat.deleteScheduledMessage"))
        await asyncio.sleep(0.2)  # some twenty looks
        assert len(double.called("chat.deleteScheduledMessage")) == before
        office.do(office.crisis_id, ReopenCrisis("cela reprend"))
        await double.wait(lambda one: len(one.called("chat.deleteScheduledMessage")) > before)

        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        office.house.store.close()


async def test_a_living_bot_speaks_alone(folder: Path) -> None:
    """Raised at its hour by the bot, a reminder never comes from Slack too."""
    async with Double(delay=0) as double:
        office = Office(double, folder)
        await office.look()
        office.ahead(hours=48)
        (key,) = office.raised()
        await office.look()
        office.ahead(minutes=30)

        assert not office.scheduled.said(office.crisis_id, key)
        posts = [read(one) for one in double.posts(office.crisis.channel)]
        assert not [one for one in posts if "CNIL (notification initiale)" in one]
        office.house.store.close()


async def test_slack_speaks_for_a_dead_bot_and_is_not_repeated(folder: Path) -> None:
    """Nobody raised it: Slack posts it after the grace, and the bot that returns knows."""
    async with Double(delay=0) as double:
        office = Office(double, folder)
        await office.look()
        office.ahead(hours=48)
        office.ahead(seconds=GRACE.total_seconds() + 5)

        posts = [read(one) for one in double.posts(office.crisis.channel)]
        (told,) = [one for one in posts if "CNIL (notification initiale)" in one]
        assert "U03DIANE" in told
        assert "Tocsin n'écrit plus ici" in told
        (key,) = office.raised()
        assert office.scheduled.said(office.crisis_id, key)
        await office.look()
        again = [read(one) for one in double.posts(office.crisis.channel)]
        assert again == posts
        office.house.store.close()


async def test_a_call_whose_end_was_not_seen_leaves_one_reminder(folder: Path) -> None:
    """The connection drops after Slack took it: what strays is found, and none is doubled."""
    async with Double(delay=0) as double:
        office = Office(double, folder)
        double.fault("chat.scheduleMessage", "reset_applied", times=1, after=3)
        with pytest.raises(Unsure):
            await office.look()
        await office.look()

        waiting = [(one["text"], one["post_at"]) for one in double.world.scheduled.values()]
        assert len(waiting) == len(set(waiting)) == 25
        office.house.store.close()


async def test_what_slack_will_not_keep_stops_nothing(folder: Path) -> None:
    """A refused reminder is not asked again; a Slack that knows no such call is left alone."""
    async with Double(delay=0) as double:
        office = Office(double, folder)
        double.fault("chat.scheduleMessage", "error:restricted_too_many", times=2)
        assert len(await office.look()) == 23
        assert len(await office.look()) == 23
        office.house.store.close()
    async with Double(delay=0) as double:
        office = Office(double, folder / "other")
        double.fault("chat.scheduleMessage", "error:unknown_method", times=9)
        assert await office.look() == []
        await office.scheduled.run(pace=0)
        asked = [one for one in double.api.calls if one.method == "chat.scheduleMessage"]
        assert len(asked) == 1
        office.house.store.close()


async def test_the_channel_does_not_repeat_what_slack_told(tmp_path: Path) -> None:
    """The whole bot, back after Slack spoke: the reminder is in the journal, its notice is not."""
    (tmp_path / "knowledge").mkdir()
    hands = Hands()
    async with house_on_slack(tmp_path, hands, tocsin_knowledge_dir=tmp_path / "knowledge") as n:
        await n.opened()
        posted = Posted(n.house.store.engine)
        hands.ahead = timedelta(minutes=2)
        client = AsyncWebClient(
            token=n.double.bot_token, base_url=n.double.api_url, retry_handlers=[]
        )
        n.double.api.delay = 0
        await Scheduled(n.house.service, Gateway(client, QUICK), posted).look(n.crisis)
        hands.ahead = timedelta(hours=66, minutes=10)
        n.double.advance(hands.ahead.total_seconds())
        before: datetime = n.house.service.now()
        await n.house.service.handle(Ask(n.crisis.id, TOCSIN, RaiseReminders()))
        raised = [s for f, s in n.facts() if isinstance(f, ReminderRaised) and f.duty == DUTY]
        last = n.facts()[-1][1].seq

        await n.double.wait(lambda _: posted.cursors().get(n.crisis.id, 0) >= last, 20)
        posts = n.double.posts(n.channel)
        assert raised
        assert raised[-1].recorded >= before - timedelta(minutes=1)
        assert any_text(posts, "Tocsin n'écrit plus ici")
        assert not any_text(posts, f"Ligne {raised[-1].seq} de la main courante")
