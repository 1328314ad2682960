"""The one road into the journal.

An ``Ask`` goes in; the crisis is folded, the command decides, the facts are sealed and appended,
durably; only then does the caller get ``Done``.  One writer takes everything that waits as one
transaction (group commit), so that a burst costs one fsync and not fifty.  When somebody else
wrote first, it decides again on the new state.  A delivery that comes twice is done once.

Not here: what a payload means, what is shown, when reminders are due.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.core.crisis import Actor, Command, Crisis, Fact, Stamp
from bot.core.opening import OpenCrisis
from bot.errors import Conflict, Refused, StoreUnavailable, TocsinError
from bot.journal.codec import decode, decoded, encode, refold
from bot.journal.entry import GENESIS, Entry, seal
from bot.journal.store import DuplicateDelivery, Store

#: Largest number of asks written as one transaction.
BATCH = 64
#: How often a batch is decided again before the conflict is told to the person.
TRIES = 5


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
    """What was durably recorded; ``repeated`` when this delivery had already been recorded."""

    crisis: Crisis
    facts: tuple[tuple[Fact, Stamp], ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Head:
    """A crisis as folded so far, with what the next entry must chain to."""

    crisis: Crisis
    prev: str = GENESIS
    record_time: datetime | None = None


@dataclass(slots=True)
class _Batch:
    """Entries decided but not yet written."""

    heads: dict[str, _Head] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    deliveries: dict[str, str] = field(default_factory=dict)
    """Crisis in which each delivery is counted."""


_Waiting = tuple[Ask, "asyncio.Future[Done]"]


class Service:
    """Take asks, one writer, in order; tell listeners which crisis changed."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        salt: Callable[[], bytes],
        sign: Callable[[str], str] | None = None,
    ) -> None:
        """Keep the store, the clock (UTC), a source of 32-byte salts, who signs line hashes."""
        self._store = store
        self._clock = clock
        self._salt = salt
        self._sign = sign
        self._heads: dict[str, _Head] = {}
        self._channels: dict[str, str] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def now(self) -> datetime:
        """The present instant (UTC), from the one clock of the house."""
        return self._clock()

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call ``listener(crisis id)`` after each commit, in the event loop."""
        self._listeners.append(listener)

    # -- reading ------------------------------------------------------------------------------

    def crisis(self, crisis_id: str) -> Crisis:
        """The crisis as it stands; one that was never opened has ``opened`` at ``None``."""
        return self._head(crisis_id).crisis

    def require(self, crisis_id: str) -> Crisis:
        """The crisis of that id; refuse one that does not exist, naming those that do."""
        found = self.crisis(crisis_id.strip().upper())
        if found.opened is None:
            known = ", ".join(row.crisis for row in self._store.crises()[-5:])
            listed = f" Les dernières : {known}." if known else " Il n'y en a encore aucune."
            raise Refused(f"La crise « {crisis_id[:40]} » n'existe pas.{listed}")
        return found

    def crises(self) -> list[Crisis]:
        """Every crisis, oldest first."""
        return [self.crisis(row.crisis) for row in self._store.crises()]

    def by_channel(self, channel: str) -> Crisis | None:
        """The crisis that lives in this Slack channel, if any."""
        known = self._channels.get(channel)
        if known is None:
            self._channels |= {one.channel: one.id for one in self.crises() if one.channel}
            known = self._channels.get(channel)
        return self.crisis(known) if known else None

    def facts(self, crisis_id: str, after: int = 0) -> Iterator[tuple[Fact, Stamp]]:
        """The facts of a crisis after this entry number, in order."""
        return decoded(self._store.read(crisis_id, after=after))

    def entries(self, crisis_id: str) -> Iterator[Entry]:
        """The sealed entries of a crisis, in order."""
        return self._store.read(crisis_id)

    def _head(self, crisis_id: str) -> _Head:
        known = self._heads.get(crisis_id)
        if known is None:
            known = self._read(_Head(Crisis(crisis_id)))
            if known.crisis.seq:
                # The writer may have gone further meanwhile: its head wins.
                known = self._heads.setdefault(crisis_id, known)
        return known

    def _read(self, head: _Head) -> _Head:
        entries = list(self._store.read(head.crisis.id, after=head.crisis.seq))
        if not entries:
            return head
        last = entries[-1]
        return _Head(refold(head.crisis, entries), last.hash, last.record_time)

    # -- writing ------------------------------------------------------------------------------

    async def handle(self, ask: Ask) -> Done:
        """Record what the ask leads to and return once it is durable.

        Raises ``Refused`` (nothing was recorded) or ``StoreUnavailable`` (likewise).
        """
        if self._stopped:
            raise StoreUnavailable("Tocsin s'arrête. Recommencez dans une minute.")
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        await self._queue.put((ask, future))
        return await future

    def start(self) -> None:
        """Start the writer in the running loop."""
        self._task = asyncio.create_task(self._write(), name="journal-writer")

    async def stop(self) -> None:
        """Write what waits, then stop the writer; whoever comes later is told so."""
        self._stopped = True
        await self._queue.join()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._thread.shutdown()

    async def _write(self) -> None:
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < BATCH and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            await self._write_batch(waiting)

    async def _write_batch(self, waiting: Sequence[_Waiting]) -> None:
        """Commit these; a fault of ours fails its own ask, never the writer or its neighbours."""
        asks = [ask for ask, _ in waiting]
        commit = asyncio.get_running_loop().run_in_executor(self._thread, self.commit, asks)
        (results,) = await asyncio.gather(commit, return_exceptions=True)
        if not isinstance(results, BaseException):
            self._answer(waiting, results)
        elif len(waiting) > 1:
            for one in waiting:
                await self._write_batch([one])
        else:
            self._fail(waiting[0][1], results)

    def _fail(self, future: "asyncio.Future[Done]", broken: BaseException) -> None:
        self._queue.task_done()
        if not future.done():
            future.set_exception(broken)

    def _answer(self, waiting: Sequence[_Waiting], results: Sequence[Done | TocsinError]) -> None:
        changed: dict[str, None] = {}
        for (_, future), result in zip(waiting, results, strict=True):
            self._queue.task_done()
            if isinstance(result, Done) and result.facts:
                changed[result.crisis.id] = None
            if future.done():
                continue
            if isinstance(result, TocsinError):
                future.set_exception(result)
            else:
                future.set_result(result)
        loop = asyncio.get_running_loop()
        for crisis_id in changed:
            for listener in self._listeners:
                loop.call_soon(listener, crisis_id)  # its faults are not the writer's

    def commit(self, asks: Sequence[Ask]) -> list[Done | TocsinError]:
        """Decide and append these asks as one transaction; blocking, for one caller at a time.

        Returns, for each ask in order, what was done or why it was not.
        """
        check = False
        for _ in range(TRIES):
            batch = _Batch()
            results = [self._decide(ask, batch, check=check) for ask in asks]
            try:
                if batch.entries:
                    self._store.append(batch.entries)
            except Conflict as conflict:
                check = check or isinstance(conflict, DuplicateDelivery)
                self._forget(batch)
                continue
            except TocsinError as away:
                # Whatever was decided in this batch may stand on what was not written.
                self._forget(batch)
                return [away for _ in asks]
            self._heads.update(batch.heads)
            return results
        return [Conflict() for _ in asks]

    def _forget(self, batch: _Batch) -> None:
        for crisis_id in batch.heads:
            self._heads.pop(crisis_id, None)

    def _decide(self, ask: Ask, batch: _Batch, *, check: bool) -> Done | TocsinError:
        try:
            return self._repeated(ask, batch, check=check) or self._decided(ask, batch)
        except TocsinError as error:
            return error

    def _decided(self, ask: Ask, batch: _Batch) -> Done:
        """What the command leads to; its own first coming is no reason to refuse it."""
        crisis_id = ask.crisis or self._new_id(ask, batch)
        head = batch.heads.get(crisis_id) or self._head(crisis_id)
        try:
            facts = ask.command.decide(head.crisis, ask.actor, self._clock())
        except Refused:
            repeated = self._repeated(ask, batch, check=True)
            if repeated is None:
                raise
            return repeated
        if not facts:
            return self._repeated(ask, batch, check=True) or Done(head.crisis)
        return self._seal(ask, head, facts, batch)

    def _repeated(self, ask: Ask, batch: _Batch, *, check: bool) -> Done | None:
        """What an earlier coming of this delivery did: in this batch or, to check, in the store."""
        if ask.delivery is None:
            return None
        crisis_id = batch.deliveries.get(ask.delivery)
        if crisis_id is not None:
            return Done(batch.heads[crisis_id].crisis, repeated=True)
        found = self._store.delivered(ask.delivery) if check else None
        return Done(self._head(found[0]).crisis, repeated=True) if found else None

    def _seal(self, ask: Ask, head: _Head, facts: Sequence[Fact], batch: _Batch) -> Done:
        recorded = []
        for number, fact in enumerate(facts):
            head, entry, told = self._entry(ask, head, fact, first=number == 0)
            batch.entries.append(entry)
            recorded.append(told)
        batch.heads[head.crisis.id] = head
        if ask.delivery:
            batch.deliveries[ask.delivery] = head.crisis.id
        return Done(head.crisis, tuple(recorded))

    def _entry(
        self, ask: Ask, head: _Head, fact: Fact, *, first: bool
    ) -> tuple[_Head, Entry, tuple[Fact, Stamp]]:
        """Seal one fact after ``head``; the clock of the journal never goes back.

        What is applied is what the entry says when it is read back, and nothing else.
        """
        now = self._clock()
        recorded = max(now, head.record_time) if head.record_time else now
        happened: datetime = getattr(fact, "happened", None) or recorded
        seq = head.crisis.seq + 1
        entry = seal(
            crisis=head.crisis.id,
            seq=seq,
            kind=fact.name,
            event_time=happened,
            record_time=recorded,
            slack_ts=getattr(fact, "ts", None),
            prev=head.prev,
            body=encode(fact, ask.actor, head.crisis.channel),
            salt=self._salt(),
            delivery=ask.delivery if first else None,
        )
        if self._sign is not None:
            entry = replace(entry, sig=self._sign(entry.hash))
        read, stamp = decode(entry)
        if type(read) is not type(fact):
            raise TypeError(f"{fact.name} could not be read back: nothing is written")
        after = _Head(read.apply(head.crisis, stamp), entry.hash, recorded)
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
