"""What is read from the journal: crises as they stand, their facts, their sealed entries.

A crisis that was read once stays in memory and follows what is written, so most questions cost
nothing.  The others go to the database, which may be slow, away, or silent altogether: they block,
and belong in a thread.  ``seek`` and ``seek_channel`` are for the event loop: at once what is in
memory, in a thread what is not; ``patiently`` is for loops that must outlive the silence.

A journal that cannot be read any more, because a line of it was altered, costs its own crisis and
no other: who asks for that one is told so, who asks for all of them gets the rest, and the log
says once which is missing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar

from bot.core.crisis import Crisis, Fact, Stamp
from bot.core.opening import ChannelOpened, CrisisClosed, CrisisReopened
from bot.errors import JournalBroken, Refused, StoreUnavailable
from bot.journal.codec import decode, decoded
from bot.journal.entry import Entry
from bot.journal.heads import Heads
from bot.journal.store import CrisisRow, Store

log = logging.getLogger(__name__)

#: Seconds between two tries to read what nobody waits for; the last one lasts.
_PAUSES: Final = (0.5, 1.0, 2.0, 5.0)
#: First letter of the id of a conversation between two: no crisis ever lives there.
_DIRECT = "D"
#: Among how many lines of its beginning the channel of a crisis is looked for.
_FIRST_LINES: Final = 20
#: Among how many of its last lines the end of a crisis is looked for.
_GLANCE: Final = 16

_Read = TypeVar("_Read")


async def patiently(read: Callable[[], _Read]) -> _Read:
    """What this reads, in a thread, asked again for as long as the database is away."""
    failures = 0
    while True:
        try:
            return await asyncio.to_thread(read)
        except StoreUnavailable as away:
            log.warning("a reading waits: %s", away)
        await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
        failures += 1


class Readings:
    """The journal as it is read; raises ``StoreUnavailable`` when the database is away."""

    def __init__(self, store: Store) -> None:
        """Hold nothing yet."""
        self._store = store
        self._heads = Heads(store)
        self._channels: dict[str, str] = {}
        self.away = False
        """Whether the database failed us when it was last asked, as far as we know."""
        self.broken: frozenset[str] = frozenset()
        """The crises whose journal could not be read when it was last tried."""

    # -- in memory: any thread, the event loop too ----------------------------------------------

    def known(self) -> list[Crisis]:
        """The crises that were read already, without a look at the database."""
        return self._heads.known()

    def held(self, crisis_id: str) -> Crisis | None:
        """This crisis if it was read already, without a look at the database."""
        return self._heads.held(crisis_id)

    async def seek(self, crisis_id: str) -> Crisis:
        """The crisis as it stands; one that was never opened has ``opened`` at ``None``."""
        held = self.held(crisis_id)
        return await asyncio.to_thread(self.crisis, crisis_id) if held is None else held

    async def reach(self, crisis_id: str) -> Crisis:
        """The same however long the database is away: for what nobody waits for."""
        held = self.held(crisis_id)
        return await patiently(lambda: self.crisis(crisis_id)) if held is None else held

    async def reaching(self, crises: Iterable[str]) -> AsyncIterator[Crisis]:
        """Each of these in turn, likewise, but for those whose journal is broken."""
        for crisis_id in crises:
            try:
                crisis = await self.reach(crisis_id)
            except JournalBroken as broken:
                self._say_broken(crisis_id, broken)
            else:
                yield crisis

    async def seek_channel(self, channel: str) -> Crisis | None:
        """The crisis that lives in this Slack channel, if any."""
        if not channel or channel.startswith(_DIRECT):
            return None
        held = self._channelled(channel)
        return await asyncio.to_thread(self.by_channel, channel) if held is None else held

    def _channelled(self, channel: str) -> Crisis | None:
        """The crisis of this channel, if it was read already."""
        known = self._channels.get(channel)
        if known is None:
            known = next((one.id for one in self.known() if one.channel == channel), None)
            if known is not None:
                self._channels[channel] = known
        return self.held(known) if known else None

    # -- from the database: in a thread ---------------------------------------------------------

    def crisis(self, crisis_id: str) -> Crisis:
        """The crisis as it stands; one that was never opened has ``opened`` at ``None``."""
        return self._heads.of(crisis_id).crisis

    def standing(self, crisis_id: str) -> tuple[Crisis, str]:
        """The crisis as it stands, and the hash of its last line."""
        head = self._heads.of(crisis_id)
        return head.crisis, head.prev

    def require(self, crisis_id: str) -> Crisis:
        """The crisis of that id as it stands in the database; refuse one that does not exist.

        Who names it may sit at a terminal for hours, where nothing tells what others wrote.
        """
        named = crisis_id.strip().upper()
        self._heads.renew([named])
        found = self.crisis(named)
        if found.opened is None:
            known = ", ".join(row.crisis for row in self._store.crises()[-5:])
            listed = f" Les dernières : {known}." if known else " Il n'y en a encore aucune."
            raise Refused(f"La crise « {crisis_id[:40]} » n'existe pas.{listed}")
        return found

    def crises(self) -> list[Crisis]:
        """Every crisis that can be read, oldest first; the others are in ``broken``."""
        with self._watched():
            return list(self._folded(self._store.crises()))

    def newest(self) -> list[str]:
        """The id of every crisis, newest first: nothing is folded."""
        with self._watched():
            return [row.crisis for row in reversed(self._store.crises())]

    def lasting(self, since: datetime) -> list[Crisis]:
        """The crises that go on, or were closed after this instant (UTC), oldest first.

        Those that ended before are told by their last lines, and not folded.
        """
        with self._watched():
            rows = self._store.crises()
            return list(self._folded(row for row in rows if not self._is_over(row, since)))

    def _folded(self, rows: Iterable[CrisisRow]) -> Iterator[Crisis]:
        """These crises as they stand, but for those whose journal is broken."""
        for row in rows:
            try:
                found = self._heads.at(row.crisis, row.last_seq).crisis
            except JournalBroken as broken:
                self._say_broken(row.crisis, broken)
            else:
                self.broken -= {row.crisis}
                yield found

    def _say_broken(self, crisis_id: str, broken: JournalBroken) -> None:
        """Keep in mind that this journal cannot be read, and tell it in the log, once."""
        if crisis_id not in self.broken:
            log.error("the journal of %s cannot be read: %s", crisis_id, broken)
        self.broken |= {crisis_id}

    def _is_over(self, row: CrisisRow, since: datetime) -> bool:
        """Whether it is seen at a glance that this crisis was closed before."""
        held = self.held(row.crisis)
        if held is not None:
            return held.closed is not None and held.closed.recorded <= since
        try:
            last = list(self._store.read(row.crisis, row.last_seq - _GLANCE, _GLANCE))
        except JournalBroken:
            return False  # said when it is folded
        turns = [one for one in last if one.kind in (CrisisClosed.name, CrisisReopened.name)]
        closed = turns[-1] if turns and turns[-1].kind == CrisisClosed.name else None
        return closed is not None and closed.record_time <= since

    def by_channel(self, channel: str) -> Crisis | None:
        """The crisis that lives in this Slack channel, if any."""
        found = self._channelled(channel)
        if found is None:
            with self._watched():
                self._place()
            known = self._channels.get(channel)
            found = self.crisis(known) if known else None
        return found

    def _place(self) -> None:
        """Learn where each crisis lives, from its first lines: whole, all of them take seconds."""
        placed = set(self._channels.values())
        for row in self._store.crises():
            if row.crisis in placed:
                continue
            try:
                channel = self._channel_of(row)
            except JournalBroken as broken:
                self._say_broken(row.crisis, broken)
                continue
            if channel:
                self._channels[channel] = row.crisis

    def _channel_of(self, row: CrisisRow) -> str:
        """The channel of a crisis, from its first lines as a rule; empty when it has none yet."""
        lines = islice(self._store.read(row.crisis, page=_FIRST_LINES), _FIRST_LINES)
        opened = next((one for one in lines if one.kind == ChannelOpened.name), None)
        fact = decode(opened)[0] if opened else None
        channel = fact.channel if isinstance(fact, ChannelOpened) else ""
        if not channel and row.last_seq > _FIRST_LINES:
            channel = self.crisis(row.crisis).channel
        return channel

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Remember whether the database answers what is done inside the block."""
        try:
            yield
        except StoreUnavailable:
            self.away = True
            raise
        self.away = False

    def facts(self, crisis_id: str, after: int = 0) -> Iterator[tuple[Fact, Stamp]]:
        """The facts of a crisis after this entry number, in order."""
        return decoded(self._store.read(crisis_id, after=after))

    def entries(self, crisis_id: str) -> Iterator[Entry]:
        """The sealed entries of a crisis, in order."""
        return self._store.read(crisis_id)
