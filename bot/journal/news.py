"""Hear of what other processes append, so that what is held in memory follows the journal.

A thread of its own.  PostgreSQL tells at once (``LISTEN``), and the store is looked at again every
few seconds, since what was said while the connection was down is not said again.  A file tells
nothing: SQLite's ``data_version`` is asked, which is nearly free.

It only says up to where each crisis goes; reading and telling are its listener's.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.errors import TocsinError
from bot.journal.store import Store

log = logging.getLogger(__name__)

#: Seconds between two looks at a file, or between two looks at whether to stop.
PACE: Final = 0.5
#: Looks at the server's notices before everything is compared again.
_TURNS: Final = 6

Heard = Callable[[str, int], None]
"""Told a crisis and the number of its last entry, in the thread of the news."""


class News:
    """Compare the store with what was heard, until stopped."""

    def __init__(self, store: Store, heard: Heard, pace: float = PACE) -> None:
        """Nothing is heard before ``start``."""
        self._store = store
        self._heard = heard
        self._pace = pace
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-news", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; what is under way ends first.  Blocks for a moment."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        """Listen, and again whenever the database was away."""
        driver: Any = self._store.engine.dialect.dbapi
        follow = self._follow_server if self._store.shared else self._follow_file
        while not self._stop.is_set():
            try:
                follow()
            except (driver.Error, DBAPIError, PoolTimeoutError, TocsinError) as away:
                log.warning("news of other processes wait: %s", away)
                self._stop.wait(self._pace)

    def _hear(self, notice: str) -> None:
        """Pass on what one of ours said; anybody may speak on the channel of a database."""
        crisis, _, seq = notice.rpartition(" ")
        if crisis and seq.isascii() and seq.isdigit():
            self._heard(crisis, int(seq))

    def _compare(self) -> None:
        for crisis, seq in self._store.lengths().items():
            self._heard(crisis, seq)

    def _follow_file(self) -> None:
        connection = self._store.engine.raw_connection()
        try:
            before = None
            while not self._stop.wait(self._pace):
                cursor = connection.cursor()
                cursor.execute("PRAGMA data_version")
                now = cursor.fetchone()
                cursor.close()
                if now != before:
                    self._compare()
                before = now
        finally:
            connection.close()

    def _follow_server(self) -> None:
        lent = self._store.engine.raw_connection()
        connection: Any = lent.driver_connection
        lent.detach()  # it listens: the pool must not lend it to anybody else
        try:
            connection.autocommit = True
            connection.execute("LISTEN tocsin")
            turn = 0
            while not self._stop.is_set():
                if turn % _TURNS == 0:
                    self._compare()
                turn += 1
                for notice in connection.notifies(timeout=self._pace):
                    self._hear(notice.payload)
        finally:
            lent.close()
