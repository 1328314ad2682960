"""What an erasure takes away, and the cleaning of the files that held it.

The removal itself is one transaction with the entry that records it; the cleaning comes right
after.  It cannot be part of the transaction, and somebody may be in its way: a backup that reads
the file, a report that holds the table.  So it is remembered in the database as still to be done,
also over a crash, and tried again until it succeeds.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from bot.core.erasure import ErasedLine, LinesErased
from bot.errors import StoreUnavailable
from bot.journal.codec import decode
from bot.journal.entry import Entry
from bot.journal.store import Removal, Store

log = logging.getLogger(__name__)

#: Time before the second attempt: most readers are gone by then.
SOON: Final = timedelta(seconds=5)
#: Time between later attempts: rebuilding a file that somebody holds is work for nothing.
AGAIN: Final = timedelta(minutes=1)


def removals(entries: Iterable[Entry]) -> list[Removal]:
    """The bodies that go with these entries."""
    return [
        Removal(entry.crisis, line.seq, entry.seq)
        for entry in entries
        if entry.kind == LinesErased.name
        for line in _lines(entry)
    ]


def _lines(entry: Entry) -> Iterable[ErasedLine]:
    fact, _ = decode(entry)
    return fact.lines if isinstance(fact, LinesErased) else ()


class Cleaner:
    """Clean the files of a store once something was erased, as soon as that can be done."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        """Nothing is known yet: an earlier process may have left something to do."""
        self._store = store
        self._clock = clock
        self._clean: bool | None = None
        self._next: datetime | None = None

    @property
    def clean(self) -> bool:
        """Whether nothing of what was erased is left in the files, as far as we know."""
        return self._clean is not False

    def run(self, *, erased: bool) -> None:
        """Clean at once when something was just ``erased``, else what earlier attempts left."""
        now = self._clock()
        if erased:
            self._clean, self._next = False, None
        # Never further ahead than the longest pause, or the clock was put back meanwhile.
        if self._clean or (self._next is not None and self._next - AGAIN <= now < self._next):
            return
        self._next = now + (SOON if erased else AGAIN)
        try:
            if self._store.unclean():
                self._clean = False
                self._store.scrub()
            self._clean = True
        except StoreUnavailable as away:
            log.warning("erased texts are still in the files of the database: %s", away)
