"""The loop that puts checkpoints outside: what is due, where, and again until it is there.

- Everything is computed from the journal: after a crash or a restart it goes on where it stood.
- Each station has a line of its own, so that a mute one does not hold the others back.
- What fails is tried again for ever, less and less often; the wait is an entry of the journal once,
  and the receipt says how long it was.
- A receipt that could not be recorded is kept and recorded first: nothing is put out twice for it.
- The journal never waits for any of this.

The channel's own notices are posted by the projection; here it is only seen that one does not come.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.anchors.station import Receipt, Sealed, Station
from bot.core.anchoring import DropAnchors, Place, due, slack_place
from bot.core.crisis import TOCSIN, Command, Crisis
from bot.core.sealing import CheckpointSealed, RecordAnchor, RecordAnchorDelay
from bot.errors import JournalBroken, TocsinError
from bot.keeping import kept
from bot.readings import patiently
from bot.service import Ask, Service

log = logging.getLogger(__name__)

#: Seconds before each new attempt; the last one lasts.
WAITS = (3.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
#: Seconds between two looks at what has become due as time passes.
TICK = 15.0
#: Attempts that fail before it is told: one that succeeds at once is no news.
TOLD_AFTER = 2
#: Seconds that a notice may take to be posted before it is said to wait.
NOTICE_PATIENCE = 600.0
#: Seconds that what is under way is given when Tocsin stops.
REST = 5.0


@dataclass(slots=True)
class _Line:
    """What this process knows of one station, by crisis; times are the event loop's, in seconds."""

    station: Station
    look: set[str] = field(default_factory=set)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    failures: dict[str, int] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)
    got: dict[str, tuple[Sealed, Receipt]] = field(default_factory=dict)
    """Receipts that are still to be recorded."""
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from the act to its record."""


class Anchors:
    """Put the newest checkpoint of each crisis at each station, when it is due."""

    def __init__(
        self,
        service: Service,
        stations: Sequence[Station],
        waits: Sequence[float] = WAITS,
        tick: float = TICK,
        patience: float = NOTICE_PATIENCE,
        mine: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Join the journal to the stations; ``patience`` is for the channel's notices.

        ``mine`` says of a crisis whether this process is the one that looks after it.
        """
        self._mine = mine
        self._service = service
        self._lines = [_Line(station) for station in stations]
        self._waits = waits
        self._tick = tick
        self._patience = patience
        self._unposted: dict[str, float] = {}
        """Since when a notice of each crisis has been due."""

    async def run(self) -> None:
        """Work until cancelled."""
        self._service.listen(self.wake)
        lines = (partial(self._serve, line) for line in self._lines)
        works: tuple[Callable[[], Awaitable[None]], ...] = (self._watch, *lines)
        await asyncio.gather(*(kept("anchors", work, (self._tick,)) for work in works))

    async def rest(self, patience: float = REST) -> None:
        """Begin nothing more, and give what is under way these seconds to be recorded."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                # Never released: whoever comes next waits at the door until the end.
                await asyncio.gather(*(line.busy.acquire() for line in self._lines))

    def wake(self, crisis_id: str) -> None:
        """Look at this crisis soon."""
        for line in self._lines:
            line.look.add(crisis_id)
            line.woken.set()

    # -- as time passes -----------------------------------------------------------------------

    async def _watch(self) -> None:
        """Stop waiting for what is no longer asked, then look at everything again and again."""
        for crisis in await patiently(self._service.crises):
            asked = {line.station.place for line in self._lines} | {slack_place(crisis)}
            if not asked.issuperset(crisis.anchors_waiting):
                await self._record(crisis.id, DropAnchors(asked))
        while True:
            for crisis in await patiently(self._service.crises):
                self.wake(crisis.id)
                if self._mine(crisis.id):
                    await self._notice(crisis)
            await asyncio.sleep(self._tick)

    async def _notice(self, crisis: Crisis) -> None:
        """Say that the notice of the channel waits, once it has been due for too long."""
        place, now = slack_place(crisis), asyncio.get_running_loop().time()
        if not crisis.channel or not due(crisis, place, self._service.now()):
            self._unposted.pop(crisis.id, None)
        elif now - self._unposted.setdefault(crisis.id, now) >= self._patience:
            await self._tell(crisis, place, "Slack ne publie pas l'avis.")

    # -- one station --------------------------------------------------------------------------

    async def _serve(self, line: _Line) -> None:
        while True:
            line.woken.clear()
            while line.look:
                await self._turn(line, line.look.pop())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._sleep(line)):
                    await line.woken.wait()

    def _sleep(self, line: _Line) -> float:
        """Seconds until what failed is to be tried again; it is put back among what is due."""
        now = asyncio.get_running_loop().time()
        line.look |= {one for one, at in line.ready.items() if at <= now}
        return max(min(line.ready.values(), default=now + self._tick) - now, 0.0)

    async def _turn(self, line: _Line, crisis_id: str) -> None:
        """Put the newest checkpoint of a crisis at this station, if it is due and not too soon."""
        loop = asyncio.get_running_loop()
        crisis = await self._service.seek(crisis_id)
        wanted = crisis_id in line.got or due(crisis, line.station.place, self._service.now())
        if not wanted:
            line.ready.pop(crisis_id, None)
        if not wanted or line.ready.get(crisis_id, 0.0) > loop.time():
            return
        if not self._mine(crisis_id):
            return
        try:
            async with line.busy:
                await self._put(line, crisis)
        except TocsinError as away:
            failures = line.failures[crisis_id] = line.failures.get(crisis_id, 0) + 1
            pause = self._waits[min(failures, len(self._waits)) - 1]
            line.ready[crisis_id] = loop.time() + pause
            log.warning("%s: %s %s waits %.0f s: %s", crisis_id, *line.station.place, pause, away)
            if failures >= TOLD_AFTER:
                await self._tell(crisis, line.station.place, away.for_people())
        else:
            line.failures.pop(crisis_id, None)
            line.ready.pop(crisis_id, None)

    async def _put(self, line: _Line, crisis: Crisis) -> None:
        """Get a receipt, unless one waits already, and record it."""
        if crisis.id not in line.got:
            sealed = await asyncio.to_thread(self._sealed, crisis)
            line.got[crisis.id] = sealed, await line.station.put(sealed)
        sealed, receipt = line.got[crisis.id]
        delay = (self._service.now() - sealed.at).total_seconds()
        command = RecordAnchor(
            *line.station.place,
            size=sealed.size,
            head=sealed.head,
            receipt=receipt.text,
            stamped=receipt.stamped,
            delay_s=max(int(delay), 0),
        )
        await self._service.handle(Ask(crisis.id, TOCSIN, command))
        del line.got[crisis.id]

    def _sealed(self, crisis: Crisis) -> Sealed:
        """The newest checkpoint, with its note as the journal keeps it."""
        newest = crisis.checkpoint
        after = newest.seq - 1 if newest else crisis.seq
        fact, stamp = next(self._service.facts(crisis.id, after), (None, None))
        if not isinstance(fact, CheckpointSealed) or stamp is None:
            raise JournalBroken(detail=f"{crisis.id}: line {after + 1} is no checkpoint")
        return Sealed(crisis, fact.note, fact.key, fact.size, fact.head, stamp.recorded)

    # -- what is recorded ---------------------------------------------------------------------

    async def _tell(self, crisis: Crisis, place: Place, reason: str) -> None:
        """Record once that an anchor waits."""
        if place not in crisis.anchors_waiting and crisis.checkpoint is not None:
            size = crisis.checkpoint.size
            await self._record(crisis.id, RecordAnchorDelay(*place, size=size, reason=reason))

    async def _record(self, crisis_id: str, command: Command) -> None:
        """Record this; a journal that cannot be written now is told of by others."""
        try:
            await self._service.handle(Ask(crisis_id, TOCSIN, command))
        except TocsinError as away:
            log.warning("%s: %s is not recorded: %s", crisis_id, type(command).__name__, away)
