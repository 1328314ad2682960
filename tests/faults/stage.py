"""The stage of a campaign: what stands around the bot, who plays, and what happened so far.

Around it stand a strict Slack behind a wire that can be cut, a PostgreSQL and a Chroma server on
some nights, a chat model on others.  Nights with an odd seed are three processes on the servers,
the others one on files; each time two of four have a model.
"""

import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import StoreUnavailable
from bot.service import Service
from bot.wiring import House, build
from tests.double import Delivery, Double
from tests.double_model import ModelDouble, first_sentence
from tests.faults.nights import PEOPLE, few_pages, settings, slack, stepped
from tests.faults.processes import Process
from tests.faults.wire import Wire, wired
from tests.journal.postgresql import new_database, running_server
from tests.library.chroma_server import Server

PROCESSES = 3
#: Seconds that a model has for an answer: it will often not take them.
MODEL_SECONDS = 3.0
#: Seconds after which Slack sends an event again: closer together than Slack does it.
RETRIES = (0.0, 2.0, 8.0)


@dataclass(frozen=True, slots=True)
class Outside:
    """The servers that nights may use; each may be absent."""

    host: str = ""
    chroma: Server | None = None
    model: ModelDouble | None = None

    def for_night(self, seed: int) -> "Outside":
        """What the night of this seed uses of them."""
        model = self.model if seed % 4 in (2, 3) else None
        return Outside(self.host, self.chroma, model) if seed % 2 else Outside(model=model)


@contextmanager
def everything(folder: Path) -> Iterator[Outside]:
    """A PostgreSQL, a Chroma server and a model, for as many nights as one likes."""
    chroma = Server(folder)
    with running_server() as host, ModelDouble() as model:
        chroma.start()
        try:
            yield Outside(host, chroma, model)
        finally:
            chroma.stop()


@dataclass
class Night:
    """One night: who plays, and what happened so far."""

    seed: int
    folder: Path
    outside: Outside
    double: Double
    wire: Wire
    processes: list[Process]
    house: House
    chance: random.Random
    sent: dict[str, Delivery] = field(default_factory=dict)
    """What was typed to be in the journal, by its text."""
    answered: list[Delivery] = field(default_factory=list)
    """What was typed to be answered."""
    story: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    """The channels of the crises in which everybody was, when one looked last."""
    book: str = ""
    """The playbook as it was before anybody edited it."""
    lines: int = 0

    @property
    def data(self) -> Path:
        """Where the bot writes."""
        return self.house.settings.tocsin_data_dir

    @property
    def playbook(self) -> Path:
        """The file that people edit."""
        return self.folder / "playbooks" / "rancongiciel.yaml"

    def look(self) -> list[str]:
        """See which channels there are by now; a database that is away tells nothing new."""
        fresh = Service(self.house.store, self.house.service.now, lambda: bytes(32))
        try:
            crises = fresh.crises()
        except StoreUnavailable:
            return self.channels
        made = (self.double.channel(one.channel) for one in crises if one.channel)
        self.channels = [one.id for one in made if set(PEOPLE) <= set(one.members)]
        return self.channels

    def new_line(self) -> str:
        """A text that nobody wrote before."""
        self.lines += 1
        return f"Décision {self.seed}/{self.lines}"

    async def line(self, person: str, channel: str) -> Delivery:
        """Somebody decides something nobody decided before."""
        text = self.new_line()
        self.sent[text] = await self.double.command(person, channel, "/crise", f"décision {text}")
        return self.sent[text]

    def somebody(self) -> str:
        """One of the people."""
        return self.chance.choice(list(PEOPLE.values()))

    def somewhere(self) -> str:
        """One of the channels."""
        return self.chance.choice(self.channels)

    def log(self, lines: int = 40) -> str:
        """The last that the processes wrote."""
        file = self.folder / "log"
        text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    async def mend(self) -> None:
        """Put right everything that was broken around the bot."""
        self.double.api.faults.planned.clear()
        self.double.socket.acks_to_lose = 0
        self.double.socket.ack_deadline = 10.0
        self.double.socket.release()
        self.wire.speak()
        self.wire.bury()
        await self.wire.accept()
        (self.folder / "disk").unlink(missing_ok=True)
        self.playbook.write_text(self.book, encoding="utf-8")
        if self.outside.model is not None:
            self.outside.model.pause = 0.0
            self.outside.model.reply(_honest)


@asynccontextmanager
async def night(seed: int, folder: Path, everywhere: Outside) -> AsyncIterator[Night]:
    """The night of this seed, its processes connected."""
    outside = everywhere.for_night(seed)
    database = new_database(outside.host) if outside.host else ""
    async with slack(0.02) as double, wired(double) as wire, AsyncExitStack() as stack:
        double.socket.retry_delays = RETRIES
        few_pages(folder)
        (folder / "more.json").write_text(json.dumps(_more(outside)), encoding="utf-8")
        count = PROCESSES if database else 1
        processes = [Process(double, folder, database) for _ in range(count)]
        for one in processes:
            stack.push_async_callback(one.kill)
        for one in processes:
            await one.start()
        house = build(settings(double, folder, database), stepped(folder))
        stack.callback(house.store.close)
        made = Night(seed, folder, outside, double, wire, processes, house, random.Random(seed))
        made.book = made.playbook.read_text(encoding="utf-8")
        yield made


def _honest(passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a model that only repeats would say."""
    return [{"text": first_sentence(passages[0]), "sources": [passages[0]["numero"]]}]


def _more(outside: Outside) -> dict[str, object]:
    """The settings of the processes that are the stage's."""
    model = {
        "tocsin_model": "openai:essai",
        "tocsin_model_url": outside.model.url,
        "tocsin_model_key": "essai",
        "tocsin_model_seconds": MODEL_SECONDS,
    } if outside.model else {}  # fmt: skip
    return model | ({"chroma_url": outside.chroma.url} if outside.chroma else {})
