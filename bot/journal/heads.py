"""The crises as folded so far: each kept in memory and extended entry by entry.

A crisis is read and folded once; after that the writer puts its newer head in place.  Readers in
other threads never put an older one back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.core.crisis import Crisis
from bot.errors import StoreUnavailable
from bot.journal.codec import refold
from bot.journal.entry import GENESIS
from bot.journal.store import Store


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

    def of(self, crisis_id: str) -> Head:
        """The head of this crisis; one without an entry has nothing behind it."""
        known = self._heads.get(crisis_id)
        if known is None:
            known = self._read(crisis_id)
            if known.crisis.seq:
                # The writer may have gone further meanwhile: its head wins.
                known = self._heads.setdefault(crisis_id, known)
        return known

    def put(self, heads: Mapping[str, Head]) -> None:
        """These are the heads now."""
        self._heads.update(heads)

    def forget(self, crises: Iterable[str]) -> None:
        """Read these again when somebody asks."""
        for crisis_id in crises:
            self._heads.pop(crisis_id, None)

    def again(self, crises: Iterable[str]) -> None:
        """Read these again at once: what was erased must not stay in memory until somebody asks."""
        for crisis_id in crises:
            try:
                self._heads[crisis_id] = self._read(crisis_id)
            except StoreUnavailable:
                self.forget([crisis_id])

    def _read(self, crisis_id: str) -> Head:
        entries = list(self._store.read(crisis_id))
        crisis = refold(Crisis(crisis_id), entries)
        return Head(crisis, entries[-1].hash, entries[-1].record_time) if entries else Head(crisis)
