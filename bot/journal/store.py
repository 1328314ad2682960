"""Append sealed entries and read them back: SQLite in one file, or PostgreSQL.

- ``append`` is one transaction: everything or nothing, and on disk when it returns.
- Under its lock it holds each entry against the head of its crisis: the next number, the hash of
  the line before.  Whatever does not fit is ``Conflict``: somebody wrote first.
- A delivery id counts once in the whole store: the second is ``DuplicateDelivery``.
- A database that cannot do it now is ``StoreUnavailable``, with a sentence on what to do.  When the
  connection is lost during the commit nobody knows which way it went; appending the same entries
  again is safe: if they are there already, it is ``Conflict``.

Reading never waits for the writer.  Deciding, sealing, clock and salts are the caller's; checking
the chain from end to end is ``bot.journal.verify``'s.  Appending is the hot path, so the few
statements go to the driver as they are: SQLAlchemy lends the pool and the dialect.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import PoolProxiedConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.errors import Conflict, JournalBroken, StoreUnavailable
from bot.journal.entry import GENESIS, Entry, line_hash, open_line
from bot.journal.schema import assert_durable, bring_to_head, open_engine, told

PAGE: Final = 500
"""Entries read at a time: memory stays flat and no reading transaction lasts."""

_FROM: Final = (
    "SELECT e.crisis, e.seq, e.line, e.sig, e.delivery, b.salt, b.body FROM entry e "
    "LEFT JOIN body b ON b.crisis = e.crisis AND b.seq = e.seq WHERE e.crisis = ? "
)
_STATEMENTS: Final = {
    "head": _FROM + "ORDER BY e.seq DESC LIMIT 1",
    "page": _FROM + "AND e.seq > ? ORDER BY e.seq LIMIT ?",
    "last": "SELECT seq, line FROM entry WHERE crisis = ? ORDER BY seq DESC LIMIT 1",
    "crises": "SELECT f.crisis, f.seq, f.line, (SELECT max(e.seq) FROM entry e "
    "WHERE e.crisis = f.crisis) FROM entry f WHERE f.seq = 1",
    "delivered": "SELECT crisis, seq FROM entry WHERE delivery = ?",
    "add_line": "INSERT INTO entry (crisis, seq, line, sig, delivery) VALUES (?, ?, ?, ?, ?)",
    "add_body": "INSERT INTO body (crisis, seq, salt, body) VALUES (?, ?, ?, ?)",
    "lock": "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))",
}


class DuplicateDelivery(Conflict):
    """This delivery has already been counted: there is nothing left to do for it."""

    usual = "Cette action est déjà enregistrée."

    def __init__(self, delivery: str) -> None:
        """Keep the id that came twice."""
        super().__init__(detail=f"delivery {delivery} is already in the journal")
        self.delivery = delivery


@dataclass(frozen=True, slots=True)
class CrisisRow:
    """One journal of the store: whose it is, when it begins, how long it is."""

    crisis: str
    first_record_time: datetime
    last_seq: int


class Store:
    """The journals of all crises in one database; safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Open the database at this SQLAlchemy URL, and create its tables when it is new."""
        self.engine = open_engine(url)
        self._driver: Any = self.engine.dialect.dbapi
        self._alone_on_file = self.engine.dialect.name == "sqlite"
        mark = "?" if self._alone_on_file else "%s"
        self._sql: Mapping[str, str] = {
            name: sql.replace("?", mark) for name, sql in _STATEMENTS.items()
        }
        try:
            assert_durable(self.engine)
            bring_to_head(self.engine)
        except StoreUnavailable:
            self.close()
            raise
        except DBAPIError as error:
            self.close()
            raise told(error.orig or error) from error

    def append(self, entries: Sequence[Entry]) -> None:
        """Add these entries, of one or several crises, in one durable transaction."""
        deliveries = [entry.delivery for entry in entries if entry.delivery is not None]
        seen: set[str] = set()
        for delivery in deliveries:
            if delivery in seen:
                raise DuplicateDelivery(delivery)
            seen.add(delivery)
        try:
            with self._cursor() as cursor:
                self._lock(cursor, {entry.crisis for entry in entries})
                self._follow(cursor, entries)
                self._insert(cursor, entries)
        except self._driver.IntegrityError as error:
            for delivery in deliveries:
                if self.delivered(delivery):
                    raise DuplicateDelivery(delivery) from error
            raise Conflict(detail=str(error)) from error

    def head(self, crisis: str) -> Entry | None:
        """The last entry of this crisis, or ``None`` before the first."""
        rows = self._query("head", (crisis,))
        return _entry(rows[0]) if rows else None

    def read(self, crisis: str, after: int = 0) -> Iterator[Entry]:
        """The entries of this crisis in order, from the one after ``after``, page by page."""
        while rows := self._query("page", (crisis, after, PAGE)):
            for row in rows:
                yield _entry(row)
            after = rows[-1][1]

    def crises(self) -> list[CrisisRow]:
        """Every journal of the store, the oldest first."""
        found = [
            CrisisRow(row[0], _entry((*row[:3], None, None, None, None)).record_time, row[3])
            for row in self._query("crises", ())
        ]
        return sorted(found, key=lambda row: (row.first_record_time, row.crisis))

    def delivered(self, delivery: str) -> tuple[str, int] | None:
        """Crisis and number of the entry that this delivery made, or ``None``."""
        rows = self._query("delivered", (delivery,))
        return (rows[0][0], rows[0][1]) if rows else None

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _query(self, name: str, values: tuple[Any, ...]) -> Sequence[Any]:
        """Rows of one reading statement, which waits for nobody."""
        with self._cursor(writing=False) as cursor:
            cursor.execute(self._sql[name], values)
            rows: Sequence[Any] = cursor.fetchall()
            return rows

    @contextmanager
    def _cursor(self, *, writing: bool = True) -> Iterator[Any]:
        """A cursor in a transaction: committed at the end, rolled back on any error."""
        try:
            connection = self.engine.raw_connection()
        except (self._driver.Error, PoolTimeoutError) as error:
            raise told(error) from error
        try:
            cursor = connection.cursor()
            if writing and self._alone_on_file:
                cursor.execute("BEGIN IMMEDIATE")
            yield cursor
            connection.commit()
        except self._driver.IntegrityError:
            raise
        except self._driver.Error as error:
            self._undo(connection)
            raise told(error) from error
        finally:
            connection.close()  # back to the pool, which rolls back what is still open

    def _undo(self, connection: PoolProxiedConnection) -> None:
        """Roll back at once, which frees the file; a connection that cannot is thrown away."""
        try:
            connection.rollback()
        except self._driver.Error:
            connection.invalidate()

    def _lock(self, cursor: Any, crises: set[str]) -> None:
        """Be alone on these crises until the commit; in order, so that two never cross."""
        if self._alone_on_file:
            return
        for crisis in sorted(crises):
            cursor.execute(self._sql["lock"], (crisis,))

    def _follow(self, cursor: Any, entries: Sequence[Entry]) -> None:
        """Raise ``Conflict`` unless each entry comes right after the head of its crisis."""
        heads: dict[str, tuple[int, str]] = {}
        for entry in entries:
            last, head = heads.get(entry.crisis) or self._last(cursor, entry.crisis)
            if (entry.seq, entry.prev) != (last + 1, head):
                raise Conflict(detail=f"{entry.crisis} stands at {last}, {entry.seq} came")
            heads[entry.crisis] = (entry.seq, entry.hash)

    def _last(self, cursor: Any, crisis: str) -> tuple[int, str]:
        """Number and hash of the head of this crisis."""
        cursor.execute(self._sql["last"], (crisis,))
        row = cursor.fetchone()
        return (0, GENESIS) if row is None else (row[0], line_hash(row[1]))

    def _insert(self, cursor: Any, entries: Sequence[Entry]) -> None:
        """Write lines, then bodies."""
        cursor.executemany(
            self._sql["add_line"],
            [(each.crisis, each.seq, each.line, each.sig, each.delivery) for each in entries],
        )
        cursor.executemany(
            self._sql["add_body"],
            [
                (each.crisis, each.seq, each.salt, each.body)
                for each in entries
                if each.body is not None
            ],
        )


def _entry(row: Sequence[Any]) -> Entry:
    """The entry behind a row, which must say of itself what its key says."""
    crisis, seq, line, sig, delivery, salt, body = row
    try:
        entry = open_line(line, salt, body, sig, delivery)
    except ValueError as error:
        raise JournalBroken(detail=f"{crisis} line {seq}: {error}") from error
    if (entry.crisis, entry.seq) != (crisis, seq):
        raise JournalBroken(detail=f"{crisis} line {seq} says {entry.crisis} {entry.seq}")
    return entry
