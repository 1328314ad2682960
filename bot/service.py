"""The one road into the journal.

An ``Ask`` goes in; the crisis is folded, the command decides, the facts are sealed and appended,
durably; only then does the caller get ``Done``.  One writer takes everything that waits as one
transaction (group commit), so that a burst costs one fsync and not fifty.  When somebody else
wrote first, it decides again on the new state.  A delivery that comes twice is done once.

What the journal needs for itself goes into the same transaction: a change of key and a clock found
behind before the facts, the checkpoint that they call for after them.

Not here: how crises are read (``readings``), what a payload means, what is shown, when reminders
are due.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.batching import Batches
from bot.core.crisis import TOCSIN, Actor, Command, Crisis, Fact, Looking, Stamp
from bot.core.opening import OpenCrisis
from bot.core.sealing import KeyRotated, Reason, SealJournal, behind, due
from bot.errors import Conflict, Refused, StoreUnavailable, TocsinError
from bot.journal.cleaning import Cleaner, removals
from bot.journal.codec import decode, decoded, encode
from bot.journal.entry import Entry, seal
from bot.journal.heads import Head
from bot.journal.sealer import Sealer
from bot.journal.store import DuplicateDelivery, Removal, Store, Unsettled
from bot.readings import Readings

log = logging.getLogger(__name__)

#: How often a batch is decided again before the conflict is told to the person.
TRIES = 5
#: Seconds before each look at whether a commit whose end was not seen was done.
SETTLING = (0.2, 1.0, 2.0, 2.0, 2.0)


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants something; ``crisis`` is empty to open a new one.

    ``delivery`` identifies the click or message that carried it: the same one counts once.
    """

    crisis: str
    actor: Actor
    command: Command
    delivery: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What was durably recorded; ``repeated`` when this delivery had already been recorded.

    ``facts`` are those of the ask, without what the journal added for itself.
    """

    crisis: Crisis
    facts: tuple[tuple[Fact, Stamp], ...] = ()
    repeated: bool = False


@dataclass(slots=True)
class _Batch:
    """Entries decided but not yet written."""

    heads: dict[str, Head] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    deliveries: dict[str, str] = field(default_factory=dict)
    """Crisis in which each delivery is counted."""


class Service(Readings):
    """Take asks, one writer, in order; tell listeners which crisis changed."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        salt: Callable[[], bytes],
        sealer: Sealer | None = None,
    ) -> None:
        """Keep the store, the clock (UTC), a source of 32-byte salts, who signs and seals."""
        super().__init__(store)
        self._clock = clock
        self._salt = salt
        self._sealer = sealer
        self._cleaner = Cleaner(store, clock)
        self._listeners: list[Callable[[str], None]] = []
        self._writer: Batches[Ask, Done] = Batches(self.commit, self._committed)

    def now(self) -> datetime:
        """The present instant (UTC), from the one clock of the house."""
        return self._clock()

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call ``listener(crisis id)`` after each commit, in the event loop; asked twice, once."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    @property
    def clean(self) -> bool:
        """Whether what was erased is gone from the database's files too, as far as we know."""
        return self._cleaner.clean

    # -- writing ------------------------------------------------------------------------------

    async def handle(self, ask: Ask) -> Done:
        """Record what the ask leads to and return once it is durable.

        Raises ``Refused`` (nothing was recorded), ``StoreUnavailable`` (likewise) or, of those,
        ``Unsettled``: the database went silent at the worst moment and nobody knows yet.
        """
        return await self._writer.put(ask)

    def start(self) -> None:
        """Start the writer in the running loop."""
        self._writer.start()

    @property
    def writing(self) -> bool:
        """Whether asks are being recorded."""
        return self._writer.writing

    async def tidy(self) -> None:
        """Clean the files of what was erased, if that could not be done at the time."""
        await self._writer.aside(functools.partial(self._cleaner.run, erased=False))

    async def stop(self) -> None:
        """Write what waits, then stop the writer; whoever comes later is told so."""
        await self._writer.stop()

    def catch_up(self, crisis_id: str, seq: int) -> None:
        """Read what another process wrote up to this entry; blocking, any thread."""
        self._heads.catch_up(crisis_id, seq)

    def tell(self, crisis_id: str) -> None:
        """Tell the listeners that a crisis changed; their faults are not the writer's."""
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.call_soon(listener, crisis_id)

    def _committed(self, results: Sequence[Done | TocsinError]) -> None:
        done = (one for one in results if isinstance(one, Done) and one.facts)
        for crisis_id in dict.fromkeys(one.crisis.id for one in done):
            self.tell(crisis_id)

    def commit(self, asks: Sequence[Ask]) -> list[Done | TocsinError]:
        """Decide and append these asks as one transaction; blocking, for one caller at a time.

        Returns, for each ask in order, what was done or why it was not.
        """
        if self._sealer is not None:
            self._sealer.refresh()
        crises = {ask.crisis for ask in asks}
        try:
            with self._watched(), self._store.turn(crises):
                if self._store.shared:
                    self._heads.renew(crises)
                return self._commit(asks)
        except TocsinError as away:
            # What is held in memory is what was durably written, and stays.
            return [away for _ in asks]

    def _commit(self, asks: Sequence[Ask]) -> list[Done | TocsinError]:
        check = False
        for _ in range(TRIES):
            batch = _Batch()
            results = [self._decide(ask, batch, check=check) for ask in asks]
            gone = removals(batch.entries)
            try:
                self._append(batch.entries, gone)
            except Conflict as conflict:
                check = check or isinstance(conflict, DuplicateDelivery)
                self._heads.renew(batch.heads, doubted=True)
                continue
            self._heads.put(batch.heads)
            self._heads.again({one.crisis for one in gone})
            if gone:
                self._cleaner.run(erased=True)
            return self._afterwards(gone, results)
        return [Conflict() for _ in asks]

    def _append(self, entries: Sequence[Entry], gone: Sequence[Removal]) -> None:
        """Write these; when the end of a commit was not seen, find out which way it went.

        Nobody must be told that nothing was recorded while it may have been.
        """
        if not entries:
            return
        try:
            self._store.append(entries, gone)
        except Unsettled:
            self._settle(entries, gone)

    def _settle(self, entries: Sequence[Entry], gone: Sequence[Removal]) -> None:
        """Append again until the database says; what stands there already is no conflict."""
        for pause in SETTLING:
            time.sleep(pause)
            try:
                self._store.append(entries, gone)
            except Conflict:
                if self._store.holds(entries[-1]):
                    return
                raise
            except StoreUnavailable as away:
                log.warning("a commit is not settled yet: %s", away)
            else:
                return
        raise Unsettled

    def _afterwards(
        self, gone: Sequence[Removal], results: list[Done | TocsinError]
    ) -> list[Done | TocsinError]:
        """The same, the crises that lost a text as they are without it."""
        if not gone:
            return results
        return [
            replace(one, crisis=self.crisis(one.crisis.id)) if isinstance(one, Done) else one
            for one in results
        ]

    def _decide(self, ask: Ask, batch: _Batch, *, check: bool) -> Done | TocsinError:
        try:
            return self._repeated(ask, batch, check=check) or self._decided(ask, batch)
        except StoreUnavailable:
            raise  # it concerns all of them: none is made to wait for it in turn
        except TocsinError as error:
            return error

    def _decided(self, ask: Ask, batch: _Batch) -> Done:
        """What the command leads to; its own first coming is no reason to refuse it."""
        crisis_id = ask.crisis or self._new_id(ask, batch)
        head = batch.heads.get(crisis_id) or self._heads.of(crisis_id)
        command = ask.command
        # Asking a protocol costs as much as signing: most commands have no such method at all.
        if hasattr(command, "seeing") and isinstance(command, Looking):
            command = command.seeing(self._history(crisis_id, batch))
        try:
            facts = command.decide(head.crisis, ask.actor, self._clock())
        except Refused:
            repeated = self._repeated(ask, batch, check=True)
            if repeated is None:
                raise
            return repeated
        if not facts and self._due(ask.command, head.crisis, ()) is None:
            return self._repeated(ask, batch, check=True) or Done(head.crisis)
        return self._seal(ask, head, facts, batch)

    def _history(self, crisis_id: str, batch: _Batch) -> Iterator[tuple[Fact, Stamp]]:
        """What was recorded up to now, in this batch too."""
        yield from self.facts(crisis_id)
        yield from decoded(one for one in batch.entries if one.crisis == crisis_id)

    def _repeated(self, ask: Ask, batch: _Batch, *, check: bool) -> Done | None:
        """What an earlier coming of this delivery did: in this batch or, to check, in the store."""
        if ask.delivery is None:
            return None
        crisis_id = batch.deliveries.get(ask.delivery)
        if crisis_id is not None:
            return Done(batch.heads[crisis_id].crisis, repeated=True)
        found = self._store.delivered(ask.delivery) if check else None
        return Done(self.crisis(found[0]), repeated=True) if found else None

    def _seal(self, ask: Ask, head: Head, facts: Sequence[Fact], batch: _Batch) -> Done:
        """Put these facts into the batch, with what must come before them and the checkpoint."""
        before = self._before(head, facts)
        entries, told = [], []
        for number, fact in enumerate((*before, *facts), -len(before)):
            actor = ask.actor if number >= 0 else TOCSIN
            delivery = ask.delivery if number == 0 else None
            head, entry, one = self._entry(actor, head, fact, delivery)
            entries.append(entry)
            told += [one] if number >= 0 else []
        reason = self._due(ask.command, head.crisis, (*before, *facts))
        if self._sealer is not None and reason is not None:
            fact = self._sealer.checkpoint(head.crisis, head.prev, reason)
            head, entry, one = self._entry(TOCSIN, head, fact, None)
            entries.append(entry)
            told = told or [one]
        batch.entries += entries
        batch.heads[head.crisis.id] = head
        if ask.delivery:
            batch.deliveries[ask.delivery] = head.crisis.id
        return Done(head.crisis, tuple(told))

    def _before(self, head: Head, facts: Sequence[Fact]) -> list[Fact]:
        """What the journal must know before these facts: who signs now, what its clock did."""
        found: list[Fact | None] = [behind(head.crisis, head.record_time, self._clock())]
        if self._sealer is not None and not any(isinstance(one, KeyRotated) for one in facts):
            found.insert(0, self._sealer.handover(head.crisis))
        return [one for one in found if one is not None]

    def _due(self, command: Command, crisis: Crisis, written: Sequence[Fact]) -> Reason | None:
        """Why a checkpoint is due after these facts, or because somebody asked for one."""
        if self._sealer is None:
            return None
        if isinstance(command, SealJournal):
            return command.wanted(crisis, self._clock())
        return due(crisis, written, self._clock()) if written else None

    def _entry(
        self, actor: Actor, head: Head, fact: Fact, delivery: str | None
    ) -> tuple[Head, Entry, tuple[Fact, Stamp]]:
        """Seal one fact after ``head``; the clock of the journal never goes back.

        What is applied is what the entry says when it is read back, and nothing else.
        """
        now = self._clock()
        recorded = max(now, head.record_time) if head.record_time else now
        entry = seal(
            crisis=head.crisis.id,
            seq=head.crisis.seq + 1,
            kind=fact.name,
            event_time=_event_time(fact, recorded),
            record_time=recorded,
            slack_ts=getattr(fact, "ts", None),
            prev=head.prev,
            body=encode(fact, actor, head.crisis.channel),
            salt=self._salt(),
            delivery=delivery,
        )
        if self._sealer is not None:
            entry = replace(entry, sig=self._sealer.sign(head.crisis, fact, entry.hash))
        read, stamp = decode(entry)
        if type(read) is not type(fact):
            raise TypeError(f"{fact.name} could not be read back: nothing is written")
        after = Head(read.apply(head.crisis, stamp), entry.hash, recorded)
        return after, entry, (read, stamp)

    def _new_id(self, ask: Ask, batch: _Batch) -> str:
        """The next number of the year, apart for exercises: ``2026-0001``, ``EX-2026-0001``."""
        if not isinstance(ask.command, OpenCrisis):
            raise Refused(
                "Aucune crise ici. Ouvrez-en une avec « /crise déclarer », "
                "ou écrivez depuis le canal de la crise."
            )
        prefix = f"{'EX-' if ask.command.exercise else ''}{self._clock().year}-"
        known = {row.crisis for row in self._store.crises()} | set(batch.heads)
        numbers = [int(one.removeprefix(prefix)) for one in known if one.startswith(prefix)]
        return f"{prefix}{max(numbers, default=0) + 1:04d}"


def _event_time(fact: Fact, recorded: datetime) -> datetime | None:
    """When it happened; nothing when nobody knows, and when it was recorded if nobody says."""
    happened: datetime | None = getattr(fact, "happened", None)
    if happened is None and getattr(fact, "precision", "exact") == "unknown":
        return None
    return happened or recorded
