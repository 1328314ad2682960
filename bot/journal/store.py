"""Append sealed entries and read them back: SQLite in one file, or PostgreSQL.

- ``append`` is one transaction: everything or nothing, and on disk when it returns.
- Under its lock it holds each entry against the head of its crisis: the next number, the hash of
  the line before.  Whatever does not fit is ``Conflict``: somebody wrote first.
- A delivery id counts once in the whole store: the second is ``DuplicateDelivery``.
- A database that cannot do it now is ``StoreUnavailable``, with a sentence on what to do.  When the
  connection is lost during the commit nobody knows which way it went; appending the same entries
  again is safe: if they are there already, it is ``Conflict``.

An erasure removes bodies and their salts in the transaction that records it; the entry then comes
back with what that record keeps of it (``Entry.erased``).

Reading never waits for the writer.  Deciding, sealing, clock and salts are the caller's; checking
the chain from end to end is ``bot.journal.verify``'s.  Appending is the hot path, so the few
statements go to the driver as they are: SQLAlchemy lends the pool and the dialect.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.errors import Conflict, JournalBroken, StoreUnavailable
from bot.journal.canonical import canonical, parse
from bot.journal.entry import GENESIS, Entry, Erased, line_hash, open_line
from bot.journal.schema import assert_durable, bring_to_head, open_engine, told, unhurried

LOCK_MS: Final = 2_000
"""How long PostgreSQL waits for the table that is to be rewritten."""
PAGE: Final = 500
"""Entries read at a time: memory stays flat and no reading transaction lasts."""

_UNREADABLE: Final = datetime(1970, 1, 1, tzinfo=UTC)

_FROM: Final = (
    "SELECT e.crisis, e.seq, e.line, e.sig, e.delivery, b.salt, b.body, x.by_seq, y.body "
    "FROM entry e LEFT JOIN body b ON b.crisis = e.crisis AND b.seq = e.seq "
    "LEFT JOIN erased x ON b.body IS NULL AND x.crisis = e.crisis AND x.seq = e.seq "
    "LEFT JOIN body y ON y.crisis = x.crisis AND y.seq = x.by_seq WHERE e.crisis = ? "
)
_FILE: Final = "SELECT pg_relation_filenode('body')"
_STATEMENTS: Final = {
    "head": _FROM + "ORDER BY e.seq DESC LIMIT 1",
    "page": _FROM + "AND e.seq > ? ORDER BY e.seq LIMIT ?",
    "last": "SELECT seq, line FROM entry WHERE crisis = ? ORDER BY seq DESC LIMIT 1",
    # From one crisis to the next in the index: walking through all of their lines would take as
    # long as the whole database is.
    "crises": "WITH RECURSIVE named(crisis) AS (SELECT min(crisis) FROM entry UNION ALL "
    "SELECT (SELECT min(e.crisis) FROM entry e WHERE e.crisis > c.crisis) FROM named c "
    "WHERE c.crisis IS NOT NULL) SELECT f.crisis, f.seq, f.line, "
    "(SELECT max(e.seq) FROM entry e WHERE e.crisis = f.crisis) "
    "FROM named n JOIN entry f ON f.crisis = n.crisis AND f.seq = 1",
    "delivered": "SELECT crisis, seq FROM entry WHERE delivery = ?",
    "add_line": "INSERT INTO entry (crisis, seq, line, sig, delivery) VALUES (?, ?, ?, ?, ?)",
    "add_body": "INSERT INTO body (crisis, seq, salt, body) VALUES (?, ?, ?, ?)",
    "erase": "INSERT INTO erased (crisis, seq, by_seq) VALUES (?, ?, ?)",
    "remove": "DELETE FROM body WHERE crisis = ? AND seq = ?",
    "unclean": "SELECT (SELECT count(*) FROM erased) - coalesce(max(bodies), 0) FROM scrubbed",
    "erased": "SELECT count(*) FROM erased",
    "scrubbed": "INSERT INTO scrubbed (bodies) VALUES (?) ON CONFLICT DO NOTHING",
    "lock": "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))",
    "news": "SELECT pg_notify('tocsin', ?)",
}


class DuplicateDelivery(Conflict):
    """This delivery has already been counted: there is nothing left to do for it."""

    usual = "Cette action est déjà enregistrée."

    def __init__(self, delivery: str) -> None:
        """Keep the id that came twice."""
        super().__init__(detail=f"delivery {delivery} is already in the journal")
        self.delivery = delivery


class Unsettled(StoreUnavailable):
    """The connection was lost during the commit: what was to be written may be there, or not."""

    usual = (
        "La base s'est tue pendant l'écriture\u00a0: cette action est peut-être enregistrée. Avant "
        "de la refaire, attendez que la main courante réponde et relisez-la."
    )


@dataclass(frozen=True, slots=True)
class Removal:
    """A body to be taken away: of which entry, and by which entry of the same crisis."""

    crisis: str
    seq: int
    by: int


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

    def append(self, entries: Sequence[Entry], removals: Sequence[Removal] = ()) -> None:
        """Add these entries, of one or several crises, in one durable transaction.

        The bodies and salts of ``removals`` go in the same one; ``scrub`` then takes away what the
        files still show of them.
        """
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
                self._remove(cursor, removals)
                self._announce(cursor, entries)
        except self._driver.IntegrityError as error:
            for delivery in deliveries:
                if self.delivered(delivery):
                    raise DuplicateDelivery(delivery) from error
            raise Conflict(detail=str(error)) from error

    @property
    def shared(self) -> bool:
        """Whether several processes may write: they do on a server, not in a file."""
        return not self._alone_on_file

    @contextmanager
    def turn(self, crises: Iterable[str]) -> Iterator[None]:
        """Be the only process that decides for these crises, so that nobody decides for nothing.

        Only a courtesy among processes: ``append`` holds whatever comes.  So a turn that is lost on
        the way (the server ends one that lasts) is no fault.  Nothing to wait for in a file.
        """
        if self._alone_on_file:
            yield
            return
        connection = self._connection()
        try:
            cursor = connection.cursor()
            for crisis in sorted(crises):
                cursor.execute(self._sql["lock"], (f"turn:{crisis}",))
            yield
        except self._driver.Error as error:
            raise told(error) from error
        finally:
            self._undo(connection)
            connection.close()

    def lengths(self) -> dict[str, int]:
        """How many entries each crisis has."""
        return {row[0]: row[3] for row in self._query("crises", ())}

    def head(self, crisis: str) -> Entry | None:
        """The last entry of this crisis, or ``None`` before the first."""
        rows = self._query("head", (crisis,))
        return _entry(rows[0]) if rows else None

    def read(self, crisis: str, after: int = 0, page: int = PAGE) -> Iterator[Entry]:
        """The entries of this crisis in order, from the one after ``after``, page by page."""
        while rows := self._query("page", (crisis, after, page)):
            for row in rows:
                yield _entry(row)
            after = rows[-1][1]

    def crises(self) -> list[CrisisRow]:
        """Every journal of the store, the oldest first."""
        found = [CrisisRow(row[0], _began(row[2]), row[3]) for row in self._query("crises", ())]
        return sorted(found, key=lambda row: (row.first_record_time, row.crisis))

    def delivered(self, delivery: str) -> tuple[str, int] | None:
        """Crisis and number of the entry that this delivery made, or ``None``."""
        rows = self._query("delivered", (delivery,))
        return (rows[0][0], rows[0][1]) if rows else None

    def holds(self, entry: Entry) -> bool:
        """Whether this very entry stands in its journal."""
        rows = self._query("page", (entry.crisis, entry.seq - 1, 1))
        return bool(rows) and (rows[0][1], rows[0][2]) == (entry.seq, entry.line)

    def scrub(self) -> None:
        """Leave nothing of removed bodies in the files of the database, as far as SQL goes.

        SQLite: pages that were split long ago may hold copies which ``secure_delete`` does not
        know of, so the file is rebuilt, then the write-ahead log emptied.  PostgreSQL: the table
        is rewritten.  Raises ``StoreUnavailable`` when somebody holds the file or the table now;
        doing it again later does no harm.  Backups, archives and the disk itself are beyond it.
        """
        bodies = self._query("erased", ())[0][0]
        try:
            with self.engine.connect() as connection:
                if self._alone_on_file:
                    _scrub_file(connection)
                else:
                    _scrub_table(connection)
        except (self._driver.Error, DBAPIError, PoolTimeoutError) as error:
            raise told(getattr(error, "orig", None) or error) from error
        with self._cursor() as cursor:
            cursor.execute(self._sql["scrubbed"], (bodies,))

    def unclean(self) -> bool:
        """Whether bodies were removed since the files were last scrubbed."""
        return int(self._query("unclean", ())[0][0]) > 0

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
        connection = self._connection()
        try:
            cursor = connection.cursor()
            if writing and self._alone_on_file:
                cursor.execute("BEGIN IMMEDIATE")
            yield cursor
            self._end(connection, writing=writing)
        except self._driver.IntegrityError:
            raise
        except self._driver.Error as error:
            self._undo(connection)
            raise told(error) from error
        finally:
            connection.close()  # back to the pool, which rolls back what is still open

    def _end(self, connection: PoolProxiedConnection, *, writing: bool) -> None:
        """Commit; ``Unsettled`` when a server was lost before it said that what we wrote is."""
        try:
            connection.commit()
        except self._driver.Error as error:
            driver: Any = connection.driver_connection
            if self._alone_on_file or not writing or not driver.closed:
                raise
            raise Unsettled(detail=str(error)) from error

    def _connection(self) -> PoolProxiedConnection:
        """One of the pool's connections, to be closed."""
        try:
            return self.engine.raw_connection()
        except (self._driver.Error, PoolTimeoutError) as error:
            raise told(error) from error

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

    def _announce(self, cursor: Any, entries: Sequence[Entry]) -> None:
        """Let the other processes hear, once this is committed, up to where each crisis goes."""
        if self.shared:
            for crisis, seq in {each.crisis: each.seq for each in entries}.items():
                cursor.execute(self._sql["news"], (f"{crisis} {seq}",))

    def _remove(self, cursor: Any, removals: Sequence[Removal]) -> None:
        """Say which bodies go with which entry, then let them go."""
        if removals:
            cursor.executemany(
                self._sql["erase"], [(one.crisis, one.seq, one.by) for one in removals]
            )
            cursor.executemany(self._sql["remove"], [(one.crisis, one.seq) for one in removals])


def _scrub_file(connection: Connection) -> None:
    """Rebuild the file from what is left, and empty the log of what was written on the way."""
    driver: Any = connection.connection.driver_connection
    driver.execute("VACUUM").close()
    busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise StoreUnavailable(detail="somebody reads the file: its log cannot be emptied now")


def _scrub_table(connection: Connection) -> None:
    """Rewrite the table of bodies into new files; the server removes the old ones."""
    alone = connection.execution_options(isolation_level="AUTOCOMMIT")
    alone.exec_driver_sql(f"SET lock_timeout = {LOCK_MS}")
    try:
        before = alone.exec_driver_sql(_FILE).scalar()
        with unhurried(connection):
            alone.exec_driver_sql("VACUUM (FULL) body")
        # Who does not own the table is only warned, and nothing is done.
        if alone.exec_driver_sql(_FILE).scalar() == before:
            raise StoreUnavailable(detail="VACUUM left the table as it was: is it ours?")
    finally:
        alone.exec_driver_sql("RESET lock_timeout")


def _began(line: str) -> datetime:
    """When a journal begins, by its first line; one that cannot be read comes before the others."""
    try:
        return open_line(line).record_time
    except ValueError:
        return _UNREADABLE


def _entry(row: Sequence[Any]) -> Entry:
    """The entry behind a row, which must say of itself what its key says."""
    crisis, seq, line, sig, delivery, salt, body, by, erasure = row
    try:
        entry = open_line(line, salt, body, sig, delivery)
    except ValueError as error:
        raise JournalBroken(detail=f"{crisis} line {seq}: {error}") from error
    if (entry.crisis, entry.seq) != (crisis, seq):
        raise JournalBroken(detail=f"{crisis} line {seq} says {entry.crisis} {entry.seq}")
    if by is None or erasure is None:
        return entry
    try:
        return replace(entry, erased=_left(seq, by, erasure))
    except (ValueError, KeyError, TypeError) as error:
        raise JournalBroken(detail=f"{crisis} line {by} does not say what it erased") from error


def _left(seq: int, by: int, erasure: str) -> Erased | None:
    """What the body of the erasure tells of that entry; ``None`` when it does not name it."""
    data = parse(erasure)["data"]
    line = next((one for one in data["lines"] if one["seq"] == seq), None)
    return Erased(by, line["role"], canonical(line["kept"])) if line else None
