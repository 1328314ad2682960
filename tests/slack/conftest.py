"""A night with Tocsin: the real bot, a real journal, the real playbooks, a strict Slack."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.core.crisis import Crisis, Fact, Stamp
from bot.core.sealing import UPKEEP
from bot.slack.gateway import Tempo
from bot.wiring import House, build, clock
from bot.wiring.bot import running
from tests.double import Delivery, Double, message_text
from tests.double.blocks import texts
from tests.double.world import Ephemeral, Message
from tests.faults.guard import loop_kept_free
from tests.library.paid import with_vectors

PEOPLE = {
    "U01CLAIRE": "claire",
    "U02BRUNO": "bruno.t",
    "U03DIANE": "diane",
    "U04HUGO": "hugo",
    "U05NADIA": "nadia",
    "U06SAMI": "sami",
    "U07EVA": "eva",
    "U08PAUL": "paul",
}


#: What a machine that also runs other tests may need; Slack's own three seconds are measured by
#: ``make bench``, and by the tests of the double.
UNHURRIED: Any = {"ack_deadline": 20.0, "trigger_life": 20.0}
#: No pacing: what the double refuses is told apart from what is merely slow.
QUICK = Tempo(
    lanes={},
    other=(0.0, 1_000),
    backoff=(0.02, 0.05, 0.1),
    waits=(0.05, 0.1, 0.2),
    patience=15.0,
)


@dataclass(frozen=True, slots=True)
class Night:
    """The double and the house behind the bot."""

    double: Double
    house: House

    @property
    def crisis(self) -> Crisis:
        """The last crisis of the journal."""
        return self.house.service.crises()[-1]

    @property
    def channel(self) -> str:
        """Its channel."""
        return self.crisis.channel

    async def declare(self, user: str = "claire", **fields: Any) -> Delivery:
        """Declare a crisis as a person does: the command, the form, the button."""
        await self.double.command(user, "general", "/crise", "déclarer")
        await self.double.wait(lambda double: double.view(user) is not None)
        values = {"title": "Écrans de rançon aux urgences", "when": "maintenant"} | fields
        return await self.double.submit(user, values)

    async def opened(self, user: str = "claire", **fields: Any) -> str:
        """Declare, wait until the channel shows everything, and give the channel's id."""
        await self.declare(user, **fields)
        await self.double.close_view(user)
        await self.double.wait(lambda _: self.house.service.crises()[-1].channel != "")
        channel = self.crisis.channel
        await self.double.wait(lambda double: any_text(double.posts(channel), "Questions"), 20)
        await self.double.wait(lambda double: set(PEOPLE) <= set(double.channel(channel).members))
        await self.double.wait(lambda _: set(PEOPLE) <= self.crisis.members)
        return channel

    async def read(self) -> None:
        """Wait until the library answers."""
        for _ in range(400):
            if "Je lis encore" not in await self.say("paul", "question sauvegardes", "general"):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the library was never read")

    async def say(self, user: str, line: str, channel: str = "") -> str:
        """Type ``/crise line`` in the channel of the crisis; return what that person is shown."""
        before = len(self.double.ephemerals(user))
        delivery = await self.double.command(user, channel or self.channel, "/crise", line)
        assert delivery.acked, delivery.error
        assert not delivery.error
        return "\n".join(read(one) for one in self.double.ephemerals(user)[before:])

    async def press(self, user: str, what: str, value: Any = None) -> Delivery:
        """Press a button of the channel by its action id, or choose in a list of it."""
        await self.double.wait(
            lambda double: any(_offers(one.blocks, what) for one in double.posts(self.channel))
        )
        ts = next(one.ts for one in self.double.posts(self.channel) if _offers(one.blocks, what))
        delivery = await self.double.click(user, self.channel, ts, what, value)
        assert delivery.acked, delivery.error
        return delivery

    async def form(self, user: str, what: str) -> dict[str, Any]:
        """Press a button that opens a form, and return the form.

        A step that is folded opens from the list of its phase, as it does for a person.
        """
        phase = self._folded(what)
        if phase:
            await self.press(user, f"open:phase:{phase}")
            await self.double.wait(lambda double: _last_offers(double, user, what))
            shown = self.double.ephemerals(user)[-1]
            delivery = await self.double.click(user, self.channel, shown.ts, what)
            assert delivery.acked, delivery.error
        else:
            await self.press(user, what)
        await self.double.wait(lambda double: double.view(user) is not None)
        view = self.double.view(user)
        assert view is not None
        return view

    def _folded(self, what: str) -> str:
        """The phase whose list has this button, when no message of the channel has it."""
        posts = self.double.posts(self.channel)
        if any(_offers(one.blocks, what) for one in posts):
            return ""
        phases = self.crisis.plan.playbook.phases
        steps = {f"open:step:{step.id}": one.id for one in phases for step in one.steps}
        return steps.get(what, "")

    async def told(self, user: str, words: str) -> str:
        """Wait until a person has privately been told something, and return it."""
        await self.double.wait(lambda double: any_text(double.ephemerals(user), words))
        shown = [read(one) for one in self.double.ephemerals(user)]
        return next(one for one in reversed(shown) if words in one)

    async def shown(self, words: str) -> str:
        """Wait until the channel shows something, and return the message that does."""
        await self.double.wait(lambda double: any_text(double.posts(self.channel), words))
        found = [read(one) for one in self.double.posts(self.channel)]
        return next(one for one in reversed(found) if words in one)

    def facts(self, after: int = 0) -> list[tuple[Fact, Stamp]]:
        """The journal of the crisis after an entry."""
        return list(self.house.service.facts(self.crisis.id, after))

    def acts(self) -> list[tuple[Fact, Stamp]]:
        """The same without what the journal writes for itself, which comes when it comes."""
        return [(fact, stamp) for fact, stamp in self.facts() if fact.name not in UPKEEP]

    @property
    def count(self) -> int:
        """How many entries there are, without those."""
        return len(self.acts())

    def last(self) -> tuple[Fact, Stamp]:
        """The last entry, those aside."""
        return self.acts()[-1]


def any_text(messages: Iterable[Message | Ephemeral], words: str) -> bool:
    """Whether one of the messages shows these words."""
    return any(words in read(one) for one in messages)


def read(message: Message | Ephemeral) -> str:
    """What a message shows, its no-break spaces as plain ones; a test of its own counts those."""
    return message_text(message).replace("\u00a0", " ")


def words(view: dict[str, Any] | None) -> str:
    """All that a form or the Home says, as one text."""
    assert view is not None
    return "\n".join(one["text"] for one in texts(view)).replace("\u00a0", " ")


def _offers(blocks: list[dict[str, Any]], what: str) -> bool:
    elements = [one for block in blocks for one in block.get("elements", [])]
    elements += [block["accessory"] for block in blocks if block.get("accessory")]
    return any(one.get("action_id") == what for one in elements)


def _last_offers(double: Double, user: str, what: str) -> bool:
    told = double.ephemerals(user)
    return bool(told) and _offers(told[-1].blocks, what)


def settings(double: Double, folder: Path, **more: object) -> Settings:
    """Settings of a bot on the double, its data in a folder."""
    values: dict[str, object] = {
        "slack_bot_token": double.bot_token,
        "slack_app_token": double.app_token,
        "slack_api_url": double.api_url,
        "tocsin_data_dir": folder / "data",
        "_env_file": None,
    }
    return Settings(**(values | more))  # type: ignore[arg-type]


@asynccontextmanager
async def house_on_slack(
    folder: Path, now: Callable[[], datetime] = clock, tempo: Tempo = QUICK, **more: object
) -> AsyncIterator[Night]:
    """The bot, connected, with the people of the fictitious hospital in the workspace."""
    async with Double(**UNHURRIED) as double:
        for person, name in PEOPLE.items():
            double.world.add_user(name, id=person)
        double.world.channel("general").members.extend(PEOPLE)
        chosen = settings(double, folder, **more)
        with_vectors(chosen.tocsin_data_dir)
        house = build(chosen, now)
        with loop_kept_free(house.store.engine):
            async with running(house, tempo):
                await double.connected(2)
                yield Night(double, house)
                await double.calm(0.1)
                assert double.user_saw_error == []
        house.store.close()


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    """A night with the real playbooks; nothing else to read, so that it starts quickly."""
    (tmp_path / "knowledge").mkdir()
    async with house_on_slack(tmp_path, tocsin_knowledge_dir=tmp_path / "knowledge") as night:
        yield night


@pytest.fixture
async def learned(tmp_path: Path) -> AsyncIterator[Night]:
    """A night with all that the library holds, already read."""
    async with house_on_slack(tmp_path) as night:
        await night.read()
        yield night


@pytest.fixture
async def slack() -> AsyncIterator[Double]:
    """A workspace with the people of the fictitious hospital, whatever becomes of the bot."""
    async with Double(retry_delays=(), **UNHURRIED) as double:
        for person, name in PEOPLE.items():
            double.world.add_user(name, id=person)
        double.world.channel("general").members.extend(PEOPLE)
        yield double


@asynccontextmanager
async def awake(
    slack: Double, folder: Path, now: Callable[[], datetime] = clock, **more: object
) -> AsyncIterator[Night]:
    """The bot, connected, on the journal of this folder; it may be started again."""
    pages = folder / "knowledge"
    pages.mkdir(exist_ok=True)
    chosen = settings(slack, folder, tocsin_knowledge_dir=pages, **more)
    with_vectors(chosen.tocsin_data_dir)
    house = build(chosen, now)
    try:
        async with running(house, QUICK):
            await slack.connected(2)
            yield Night(slack, house)
            await slack.calm(0.1)
    finally:
        house.store.close()
