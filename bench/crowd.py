"""Fifty crises at once, twenty people in each: what they wait for, and when the channels are right.

Slack's rate limits are enforced by the double here: whatever the bot asks for beyond them is
refused with 429 and counted.  The channels were drawn before; then everybody speaks, notes, takes
steps and asks questions at once, at an even rhythm (an open loop), and stops.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.many import Journal, Room
from bench.rhythm import Fired, fire, in_journal, missing, numbers, text_of, waits
from bench.stage import ROOT, Stage, stage
from bench.table import Row, share
from bot.library.playbooks import load_plans
from tests.double.faults import Limits
from tests.double.rules import POSTS_PER_MINUTE, SEEN_POSTS, TIER_3, TIERS, WHISPERS
from tests.double.web_api import Call

CRISES, PEOPLE = 50, 20
#: Each person does something that often, in seconds.
EVERY = 20.0
SECONDS = 30.0
_POST = "chat.postMessage"
_MINUTE = 60.0
_TOO_MANY = 429
_LOOK = 0.25
"""Seconds between two looks at what was told."""
#: Not held to a limit: it opens the sockets.
_UNLIMITED = frozenset({"apps.connections.open", "auth.test"})
_QUESTIONS = (
    "faut-il éteindre les postes ?",
    "qui prévient l'ARS ?",
    "peut-on payer la rançon ?",
    "comment isoler les sauvegardes ?",
)


async def measure(
    folder: Path, crises: int = CRISES, people: int = PEOPLE, seconds: float = SECONDS
) -> list[Row]:
    """Draw, let everybody act, wait until every channel says what the journal says."""
    async with stage(folder, delay=0.15) as room:
        journal = Journal(room)
        rooms = journal.live(crises, people - len(room.cell))
        await journal.draw()
        await room.start()
        await room.settled(quiet=2.0, limit=120.0)
        memory, used, before = room.memory()[0], room.cpu(), len(room.double.calls)
        room.double.api.limits = Limits(room.double.world.now)
        people_at_work = People(room, rooms)
        began = asyncio.get_running_loop().time()
        fired = await fire(crises * people / EVERY, seconds, people_at_work.act)
        acted = asyncio.get_running_loop().time()
        await until_told(journal, 600)
        equal = asyncio.get_running_loop().time() - acted
        used, after = room.cpu() - used, room.memory()[0]
        taken = asyncio.get_running_loop().time() - began
        room.kill()
        journal.close()
        calls = room.double.calls[before:]
        noted, asked = people_at_work.told_after(calls)
    what = f"{crises} crises, {people} people in each, {len(fired.sent) / seconds:.0f} actions/s"
    found = in_journal(f"sqlite:///{(folder / 'data' / 'tocsin.db').resolve()}")
    return [
        *waits(what, fired),
        people_at_work.kept(what, fired, found),
        Row(f"{what}: channels equal to the journal", f"{equal:.0f} s after the last action"),
        Row(f"{what}: a note, until it stands in its channel", _spread(noted)),
        Row(f"{what}: a question, until its answer stands there", _spread(asked)),
        Row(
            f"{what}: processor and memory",
            f"{used / taken:.2f} of a core, {memory:.0f} MiB before, {after:.0f} after",
        ),
        *_rates(calls),
    ]


async def until_told(journal: Journal, limit: float) -> None:
    """Wait until everything that the journal has was told; for so many seconds at most."""
    loop = asyncio.get_running_loop()
    until = loop.time() + limit
    while not await asyncio.to_thread(journal.told):
        if loop.time() > until:
            raise RuntimeError(f"not everything was told within {limit} s")
        await asyncio.sleep(_LOOK)


class People:
    """What everybody does, in turn."""

    def __init__(self, room: Stage, rooms: Sequence[Room]) -> None:
        """The people of these rooms."""
        self._room, self._rooms = room, rooms
        plan = next(iter(load_plans(ROOT / "playbooks").plans.values()))
        self._steps = [step.id for phase in plan.playbook.phases for step in phase.steps]
        self._written: set[int] = set()
        self._noted: dict[int, float] = {}

    async def act(self, number: int) -> bool:
        """Of ten, seven are said, one noted, one takes a step, one asks; whether it was taken."""
        turn, at = divmod(number, len(self._rooms))
        here, double = self._rooms[at], self._room.double
        person = here.people[turn % len(here.people)]
        kind = (turn + at) % 10
        if kind == 0:
            question = f"{_QUESTIONS[turn % len(_QUESTIONS)]}"
            return (await double.mention(person, here.channel, question)).acked
        if kind == 1:
            line = f"prendre {self._steps[turn % len(self._steps)]}"
            return (await double.command(person, here.channel, "/crise", line)).acked
        self._written.add(number)
        if kind == 2:
            self._noted[number] = double.world.now()
            line = f"note {text_of(number)}"
            return (await double.command(person, here.channel, "/crise", line)).acked
        return (await double.message(person, here.channel, text_of(number))).acked

    def told_after(self, calls: Iterable[Call]) -> tuple[list[float], list[float]]:
        """Seconds until what was noted stood in its channel, and until questions were answered."""
        notes: list[float] = []
        answers: list[float] = []
        for call in calls:
            if call.method != _POST or not call.ok:
                continue
            shown = numbers([str(call.args.get("text", ""))]).keys() & self._noted.keys()
            notes.extend(call.time - self._noted[number] for number in shown)
            asked = _answered(call)
            if asked:
                answers.append(call.time - float(asked))
        return notes, answers

    def kept(self, what: str, fired: Fired, found: Counter[int]) -> Row:
        """What was written and acknowledged, in the journal; what was noted, in its channel."""
        written, noted = fired.acknowledged & self._written, fired.acknowledged & self._noted.keys()
        lost, double = missing(written, found)
        shown = numbers(
            one.text for here in self._rooms for one in self._room.double.posts(here.channel)
        )
        unseen, twice = missing(noted, shown)
        return Row(
            f"{what}: in the journal once, and notes in their channel once",
            f"{len(written) - lost} and {len(noted) - unseen}, {double + twice} twice",
            f"{len(written)} and {len(noted)} acknowledged",
            None,
            "all, none twice",
            not (lost or double or unseen or twice),
        )


def _answered(call: Call) -> str:
    """The ``ts`` of the question that this post answers; nothing for another post."""
    told: Any = call.args.get("metadata") or {}
    payload = json.loads(told) if isinstance(told, str) else told
    return str((payload.get("event_payload") or {}).get("of") or "")


def _spread(seconds: Sequence[float]) -> str:
    """How many there were, and their median, p99 and worst."""
    if not seconds:
        return "none"
    p50, p99 = share(seconds, 0.5), share(seconds, 0.99)
    return f"{len(seconds)}: p50 {p50:.1f} / p99 {p99:.1f} / worst {max(seconds):.1f} s"


# -- Slack's limits -------------------------------------------------------------------------------


def _rates(calls: Sequence[Call]) -> list[Row]:
    """Per method, its busiest minute against what Slack lets through, and what was refused."""
    by_method: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if call.method not in _UNLIMITED:
            by_method[call.method].append(call)
    rows = []
    for method, made in sorted(by_method.items(), key=lambda one: -len(one[1])):
        limit = POSTS_PER_MINUTE if method == _POST else TIERS.get(method, TIER_3)
        rows.append(_rate(method, made, limit))
    posts = [call for call in calls if call.method in SEEN_POSTS | WHISPERS]
    return [*rows, _rate("posts of every kind", posts, POSTS_PER_MINUTE)] if posts else rows


def _rate(what: str, made: Sequence[Call], limit: int) -> Row:
    most = busiest(call.time for call in made)
    refused = sum(call.status == _TOO_MANY for call in made)
    return Row(
        f"Slack calls, {what}: busiest minute",
        f"{most} ({most / _MINUTE:.1f}/s), {refused} refused of {len(made)}",
        f"Slack lets {limit} through",
        limit / most,
        "0 refused",
        not refused,
    )


def busiest(times: Iterable[float], window: float = _MINUTE) -> int:
    """The most of these instants (seconds) that fall within any window of so many seconds."""
    ordered, most, first = sorted(times), 0, 0
    for last, time in enumerate(ordered):
        while time - ordered[first] >= window:
            first += 1
        most = max(most, last - first + 1)
    return most
