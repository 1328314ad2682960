"""The crises as folded so far: each kept in memory and extended entry by entry.

A crisis is read and folded once; after that the writer puts its newer head in place.  Nobody ever
puts an older one back, unless the store itself has lost lines.  What other processes wrote is read
from where the head stands, unless a text was erased: then all of it, so that the text does not stay
in memory.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from bot.core.crisis import Crisis
from bot.errors import JournalBroken, StoreUnavailable
from bot.journal.cleaning import removals
from bot.journal.codec import refold
from bot.journal.entry import GENESIS, Entry
from bot.journal.store import Store

log = logging.getLogger(__name__)

#: Seconds for which somebody else's reading is waited for; then it is read beside.
_PATIENCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Head:
    """A crisis as folded so far, with what the next entry must chain to."""

    crisis: Crisis
    prev: str = GENESIS
    record_time: datetime | None = None


class Heads:
    """The head of each crisis; raises ``StoreUnavailable`` when one cannot be read."""

    def __init__(self, store: Store) -> None:
        """Hold nothing yet."""
        self._store = store
        self._heads: dict[str, Head] = {}
        self._lock = Lock()
        self._reading: dict[str, Lock] = {}

    def of(self, crisis_id: str) -> Head:
        """The head of this crisis; one without an entry has nothing behind it."""
        known = self._heads.get(crisis_id)
        return self._first(crisis_id) if known is None else known

    def known(self) -> list[Crisis]:
        """The crises whose head is held, oldest first; nothing is read."""
        held = [head.crisis for head in dict(self._heads).values()]
        return sorted(held, key=lambda one: (one.opened_at, one.id))

    def held(self, crisis_id: str) -> Crisis | None:
        """This crisis if its head is held; nothing is read."""
        known = self._heads.get(crisis_id)
        return known.crisis if known is not None else None

    def at(self, crisis_id: str, seq: int) -> Head:
        """The head of this crisis, which has this entry at least."""
        self.catch_up(crisis_id, seq)
        return self.of(crisis_id)

    def put(self, heads: Mapping[str, Head]) -> None:
        """These are the heads now, unless somebody has read further."""
        for crisis_id, head in heads.items():
            self._keep(crisis_id, head)

    def catch_up(self, crisis_id: str, seq: int) -> None:
        """Read what others wrote up to this entry at least, unless it is held."""
        known = self._heads.get(crisis_id)
        if known is not None and known.crisis.seq >= seq:
            return
        if known is not None or self._first(crisis_id).crisis.seq < seq:
            self._extend(crisis_id)

    def renew(self, crises: Iterable[str], *, doubted: bool = False) -> None:
        """Read what others wrote in these; what is held stays when it cannot be read now.

        ``doubted``: what was written after a head did not fit, so it may be gone from the store.
        One whose journal is broken is held no more: who asks for it, and nobody else, is told so.
        """
        for crisis_id in crises:
            if crisis_id not in self._heads:
                continue
            try:
                if doubted:
                    self._let_go(crisis_id)
                self._extend(crisis_id)
            except JournalBroken:
                self._heads.pop(crisis_id, None)

    def again(self, crises: Iterable[str]) -> None:
        """Read these again at once: what was erased must not stay in memory until somebody asks."""
        for crisis_id in crises:
            try:
                self._keep(crisis_id, self._read(crisis_id))
            except StoreUnavailable:
                self._heads.pop(crisis_id, None)  # read when somebody asks

    def _first(self, crisis_id: str) -> Head:
        """Read a crisis that is not held.

        At a start several threads ask for all of them at once: one reads, the others wait for it.
        """
        reading = self._reading.setdefault(crisis_id, Lock())
        alone = reading.acquire(timeout=_PATIENCE)
        try:
            known = self._heads.get(crisis_id) or self._read(crisis_id)
            return self._keep(crisis_id, known) if known.crisis.seq else known
        finally:
            if alone:
                reading.release()

    def _extend(self, crisis_id: str) -> None:
        """Fold what came after the head that we have; all of it when that does not fit."""
        known = self._heads.get(crisis_id, Head(Crisis(crisis_id)))
        more = list(self._store.read(crisis_id, after=known.crisis.seq))
        if not more:
            return
        if more[0].prev != known.prev or removals(more):
            self._keep(crisis_id, self._read(crisis_id))
        else:
            self._keep(crisis_id, _after(known.crisis, more))

    def _let_go(self, crisis_id: str) -> None:
        """Hold no more what a server has lost: one that took over before it had every line.

        The cell goes on from what is left, as after a restart; nothing else could be written.
        """
        known, last = self._heads.get(crisis_id), self._store.head(crisis_id)
        if known is None or not known.crisis.seq:
            return
        there = (last.seq, last.hash) if last is not None else (0, GENESIS)
        if there[0] > known.crisis.seq or there == (known.crisis.seq, known.prev):
            return
        log.error(
            "%s: the database lost lines that were recorded, it ends at line %s and not at %s",
            crisis_id,
            there[0],
            known.crisis.seq,
        )
        with self._lock:
            if self._heads.get(crisis_id) is known:
                del self._heads[crisis_id]

    def _keep(self, crisis_id: str, head: Head) -> Head:
        """Put this one in place of an older one; the one that stands."""
        with self._lock:
            known = self._heads.get(crisis_id)
            if known is None or known.crisis.seq <= head.crisis.seq:
                self._heads[crisis_id] = head
            return self._heads[crisis_id]

    def _read(self, crisis_id: str) -> Head:
        entries = list(self._store.read(crisis_id))
        return _after(Crisis(crisis_id), entries) if entries else Head(Crisis(crisis_id))


def _after(crisis: Crisis, entries: Sequence[Entry]) -> Head:
    """The head after these entries, of which there is one at least."""
    return Head(refold(crisis, entries), entries[-1].hash, entries[-1].record_time)
