"""A bot on the strict double, quick and with few pages; what it means that a channel is whole."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from bot.config import Settings
from bot.core.board import board
from bot.core.crisis import Crisis
from bot.journal.store import Store
from bot.journal.verify import verify_lines
from bot.service import Service
from bot.slack.channel import invited, topic_text
from bot.slack.gateway import Tempo
from bot.slack.notices import notice
from bot.slack.phases import messages
from bot.slack.posted import Posted
from bot.wiring import House, build, clock
from bot.wiring.bot import running
from tests.core.plans import PLAYBOOKS
from tests.double import Delivery, Double
from tests.double.reading import message_text
from tests.double.world import BOT_USER, Message
from tests.journal.chains import exported
from tests.library.paid import with_vectors
from tests.service.signatures import signed_throughout

#: No pacing and short pauses: the sweeps go through hundreds of calls.
QUICK = Tempo(
    lanes={},
    other=(0.0, 1_000),
    backoff=(0.02, 0.05, 0.1, 0.2),
    lease=3.0,
    waits=(0.05, 0.1, 0.2),
)
#: The same for a machine that runs other tests beside: what is slow is recorded, not put off.
UNHURRIED = replace(QUICK, patience=15.0)
#: How long ago a board may have been drawn: each minute, with the time that a loaded machine takes.
DRAWN = tuple(timedelta(seconds=number) for number in range(0, 121, 20))
SHARED = ("sources.yaml", "cellule.yaml", "obligations.yaml", "etablissement.yaml")
PHASES = 2
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


def stepped(folder: Path) -> Callable[[], datetime]:
    """The clock of the processes of a night: the wall's, moved by what the file ``offset`` says."""
    file = folder / "offset"

    def now() -> datetime:
        return clock() + timedelta(seconds=float(file.read_text() if file.exists() else 0))

    return now


def few_pages(folder: Path) -> Path:
    """The hospital's files with the beginning of one playbook, so that a start is quick."""
    books = folder / "playbooks"
    books.mkdir()
    (folder / "knowledge").mkdir()
    for name in SHARED:
        shutil.copy(PLAYBOOKS / name, books)
    plan = yaml.safe_load((PLAYBOOKS / "rancongiciel.yaml").read_text(encoding="utf-8"))
    plan["phases"] = plan["phases"][:PHASES]
    kept = {step["id"] for phase in plan["phases"] for step in phase["steps"]}
    for phase in plan["phases"]:
        for step in phase["steps"]:
            step["after"] = [one for one in step.get("after", []) if one in kept]
    text = yaml.safe_dump(plan, allow_unicode=True, sort_keys=False)
    (books / "rancongiciel.yaml").write_text(text, encoding="utf-8")
    return folder


def settings(double: Double, folder: Path, database: str = "") -> Settings:
    """Settings of a bot on the double, everything in this folder, the journal perhaps elsewhere."""
    return Settings(
        slack_bot_token=double.bot_token,
        slack_app_token=double.app_token,
        slack_api_url=double.api_url,
        database_url=database,
        tocsin_data_dir=folder / "data",
        tocsin_playbooks_dir=folder / "playbooks",
        tocsin_knowledge_dir=folder / "knowledge",
        _env_file=None,  # type: ignore[call-arg]
    )


@asynccontextmanager
async def slack(delay: float = 0.0) -> AsyncIterator[Double]:
    """A workspace with the people of the fictitious hospital."""
    # Slack waits three seconds; a machine that runs other tests beside may take longer.
    async with Double(delay=delay, ack_deadline=20.0, trigger_life=20.0) as double:
        for person, name in PEOPLE.items():
            double.world.add_user(name, id=person)
        double.world.channel("general").members.extend(PEOPLE)
        yield double


@asynccontextmanager
async def bot(
    double: Double,
    folder: Path,
    now: Callable[[], datetime] = clock,
    tempo: Tempo = UNHURRIED,
    tick: float = 10.0,
) -> AsyncIterator[House]:
    """The bot, connected, on what this folder holds."""
    before = len(double.socket.connections)
    chosen = settings(double, folder)
    with_vectors(chosen.tocsin_data_dir)
    house = build(chosen, now)
    try:
        async with running(house, tempo, tick):
            await double.connected(before + 2)
            yield house
    finally:
        house.store.close()


async def declared(double: Double, title: str = "Écrans de rançon", by: str = "claire") -> Delivery:
    """Declare a crisis as a person does: the command, the form, the button."""
    await double.command(by, "general", "/crise", "déclarer")
    await double.wait(lambda one: one.view(by) is not None)
    values = {"title": title, "when": "maintenant", "book": "rancongiciel"}
    return await double.submit(by, values)


def key_of(message: Message) -> str:
    """Which message of the projection this is; nothing for another one."""
    payload = (message.metadata or {}).get("event_payload") or {}
    return str(payload.get("key") or "")


def keys(double: Double, channel: str) -> Counter[str]:
    """How often each message of the projection stands in the channel."""
    return Counter(key for one in double.posts(channel) if (key := key_of(one)))


def wanted(house: House, crisis: Crisis) -> set[str]:
    """The keys of everything that the channel should show.

    A reminder left with Slack whose hour passed while nobody looked is Slack's to tell.
    """
    live = {one.key for one in messages(board(crisis, house.service.now()))}
    told = (notice(fact, stamp, crisis) for fact, stamp in house.service.facts(crisis.id))
    ahead = Posted(house.store.engine).rows(f"{crisis.id}/ahead")
    now = house.service.now().timestamp()
    said = {
        key for key, row in ahead.items() if row.ts not in ("", "-", "!") and int(row.hash) <= now
    }
    return live | {"orders"} | {one.key for one in told if one and one.reminds not in said}


def faults(double: Double, house: House, crisis: Crisis) -> list[str]:
    """What is missing, doubled or out of date in the channel of a crisis, in words."""
    if not crisis.channel:
        return [f"{crisis.id} has no channel"]
    channel = double.channel(crisis.channel)
    found = keys(double, crisis.channel)
    said = {key: one for one in double.posts(crisis.channel) if (key := key_of(one))}
    asked = set(invited(crisis)) & set(double.world.users)
    now = house.service.now()
    live = messages(board(crisis, now))
    pinned = [said["board"].ts] if "board" in said else []
    return [
        *(f"{key} is missing" for key in wanted(house, crisis) - set(found)),
        *(f"{key} stands {count} times" for key, count in found.items() if count > 1),
        *(f"{one} was not let in" for one in sorted(asked - set(channel.members))),
        *(
            f"{one.key} is out of date"
            for one in live
            if one.key in said and not _drawn(crisis, now, one.key, message_text(said[one.key]))
        ),
        *(["the board is not pinned, once"] if channel.pins != pinned else []),
        *(["the topic is missing"] if channel.topic != topic_text(crisis) else []),
    ]


def _drawn(crisis: Crisis, now: datetime, key: str, text: str) -> bool:
    """Whether this message says that, now or a moment ago.

    Clocks are told in minutes and drawn again each minute: the last drawing may be as old.
    """
    moments = (now, *(max(now - one, crisis.opened_at) for one in DRAWN[1:]))
    return any(
        one.key == key and message_text(asdict(one)) == text
        for at in moments
        for one in messages(board(crisis, at))
    )


async def whole(double: Double, house: House, timeout: float = 120.0) -> None:
    """Wait until the channel of every crisis is whole and quiet; fail with what is wrong.

    The journal is read from the file: the bot may be another process.
    """
    until = time.monotonic() + timeout
    while wrong := _wrong(double, house):
        assert time.monotonic() < until, "; ".join(wrong)
        await asyncio.sleep(0.2)
    await double.calm(0.15)
    assert not _wrong(double, house)


def _wrong(double: Double, house: House) -> list[str]:
    fresh = replace(house, service=Service(house.store, house.service.now, lambda: bytes(32)))
    crises = fresh.service.crises()
    made = [one.name for one in double.world.channels.values() if one.creator == BOT_USER]
    more = [] if len(made) == len(crises) else [f"{len(crises)} crises, channels: {made}"]
    return more + [one for crisis in crises for one in faults(double, fresh, crisis)]


def verified(store: Store) -> None:
    """Check that every journal of the store verifies from end to end, its signatures too."""
    for row in store.crises():
        entries = list(store.read(row.crisis))
        report = verify_lines(exported(entries))
        assert report.ok, report.fault
        assert len(signed_throughout(entries)) == 1
