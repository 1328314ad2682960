"""Many crises at once: in the journal, with their channels in the workspace, drawn as they stand.

What is over was over long ago and told to the end.  What is open was drawn by the product's own
projection, without its pace: the bot that starts on it finds what an earlier one left.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bench import journals
from bench.stage import ROOT, Stage
from bot.core.crisis import Actor, Command
from bot.core.opening import CloseCrisis, OpenChannel, OpenCrisis
from bot.core.people import Join
from bot.core.playbook import Plan
from bot.journal.keys import KeyRing
from bot.journal.sealer import Sealer
from bot.journal.store import Store
from bot.library.playbooks import load_plans
from bot.service import Ask, Service
from bot.slack.gateway import Gateway, Tempo
from bot.slack.notify import Projector
from bot.slack.posted import CURSOR, Posted
from tests.double.world import BOT_USER

#: Entries of a crisis that is over.
LINES = 500
_LONG_AGO = timedelta(days=30)
_UNPACED = Tempo(lanes={}, other=(0.0, 1))


@dataclass(frozen=True, slots=True)
class Room:
    """One open crisis: its channel and the people in it (Slack ids)."""

    crisis: str
    channel: str
    people: tuple[str, ...]


class Journal:
    """The journal of the bot of a stage, written before the bot is there."""

    def __init__(self, room: Stage) -> None:
        """Open its database and its key."""
        data = room.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        self._room = room
        self._now: datetime | None = None
        self.store = Store(f"sqlite:///{(data / 'tocsin.db').resolve()}")
        self.posted = Posted(self.store.engine)
        sealer = Sealer(KeyRing(data / "keys" / "tocsin.pem", "tocsin"))
        self.service = Service(self.store, self._clock, lambda: secrets.token_bytes(32), sealer)
        self._plan: Plan = next(iter(load_plans(ROOT / "playbooks").plans.values()))
        self._actor = Actor(room.cell[0], "Banc d'essai")

    def _clock(self) -> datetime:
        return self._now or datetime.now(UTC)

    def _do(self, crisis: str, *commands: Command) -> str:
        """Record these, in order; the crisis."""
        asks = [Ask(crisis, self._actor, one) for one in commands]
        for done in self.service.commit(asks):
            if isinstance(done, Exception):
                raise done
            crisis = done.crisis.id
        return crisis

    def _open(self, number: int, members: list[str]) -> Room:
        """A crisis with its channel and the members in it."""
        crisis = self._do("", OpenCrisis(f"Essai {number:03d}", self._plan, self._clock()))
        name = f"essai-{crisis.lower()}"
        people = list(dict.fromkeys([*self._room.cell, *members]))
        channel = self._room.double.world.add_channel(name, [BOT_USER, *people], private=True)
        self._do(crisis, OpenChannel(channel.id, name))
        self._do(crisis, *(Join(Actor(one, one.lower())) for one in people))
        return Room(crisis, channel.id, tuple(people))

    def live(self, count: int, people: int = 0) -> list[Room]:
        """So many open crises, each with the cell and so many people of its own."""
        return [self._open(number, self._room.hire(people, number)) for number in range(count)]

    def past(self, count: int, lines: int = LINES) -> None:
        """So many crises that are over, each of about so many entries, told to the end."""
        for number in range(count):
            self._now = start = datetime.now(UTC) - _LONG_AGO + timedelta(minutes=number)
            crisis = self._open(number, []).crisis
            standing, prev = self.service.standing(crisis)
            begun = journals.Begun(crisis, standing.seq, prev, start)
            self.store.append(list(journals.entries(lines, begun=begun)))
            self.service.catch_up(crisis, standing.seq + lines)
            self._now = start + timedelta(seconds=standing.seq + lines)
            self._do(crisis, CloseCrisis("Essai terminé."))
            last = str(self.service.crisis(crisis).seq)
            self.posted.begin(crisis, CURSOR, "")
            self.posted.finish(crisis, CURSOR, "-", last)
        self._now = None

    async def draw(self) -> None:
        """Have every open crisis shown in its channel."""
        delay, self._room.double.delay = self._room.double.delay, 0.0
        client = AsyncWebClient(
            self._room.double.bot_token, self._room.double.api_url, retry_handlers=[]
        )
        gateway = Gateway(client, _UNPACED)
        projector = Projector(self.service, gateway, self.posted, lambda _: None, _UNPACED)
        self.service.start()
        await projector.start()
        await self._room.double.wait(lambda _: self.told(), 300)
        await projector.stop()
        await self.service.stop()
        self._room.double.delay = delay

    def told(self) -> bool:
        """Whether everything was told in every channel."""
        told = self.posted.cursors()
        return all(told.get(one) == seq for one, seq in self.store.lengths().items())

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()
