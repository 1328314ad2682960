"""Erased bodies in the store, SQLite and PostgreSQL alike: gone with their entry, and for good."""

import re
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.errors import Conflict, StoreUnavailable
from bot.journal import schema
from bot.journal.canonical import parse
from bot.journal.entry import Entry, seal
from bot.journal.store import Removal, Store
from tests.journal.chains import CRISIS, START, chain, sealed

Open = Callable[[str], Store]

KEPT = {"text": "(effacé)", "happened": None}
#: What the database must refuse, after lines 2 and 3 were erased by line 6.
REFUSED = {
    "remove another body": "DELETE FROM body WHERE seq = 4",
    "remove every body": "DELETE FROM body",
    "change a body": "UPDATE body SET body = '{}' WHERE seq = 4",
    "put one back": "INSERT INTO body VALUES ('2026-0001', 2, '\\x00', '{}')",
    "forget an erasure": "DELETE FROM erased WHERE seq = 2",
    "move an erasure": "UPDATE erased SET seq = 4 WHERE seq = 2",
    "erase by a line that is none": "INSERT INTO erased VALUES ('2026-0001', 4, 5)",
    "erase by an earlier line": "INSERT INTO erased VALUES ('2026-0001', 7, 6)",
    "erase a line that is not there": "INSERT INTO erased VALUES ('2026-0001', 99, 6)",
    "erase in another crisis": "INSERT INTO erased VALUES ('2026-0002', 1, 6)",
}


def erasure(after: Entry, *lines: int) -> Entry:
    """The entry that records the erasure of these lines."""
    return seal(
        crisis=after.crisis,
        seq=after.seq + 1,
        kind="lines_erased",
        event_time=None,
        record_time=START.replace(year=2027),
        slack_ts=None,
        prev=after.hash,
        body={
            "actor": {"id": "U3", "name": "Diane Inventée", "role": "DPO"},
            "channel": "C0CRISE",
            "data": {
                "asked": 5,
                "lines": [
                    {"seq": one, "kind": "note_added", "role": "rssi", "kept": KEPT}
                    for one in lines
                ],
                "messages": [],
            },
        },
        salt=bytes(32),
        delivery=None,
    )


def gone(*lines: int, by: int) -> list[Removal]:
    """The bodies that go with that erasure."""
    return [Removal(CRISIS, one, by) for one in lines]


class Contract:
    """The promises; each store inherits them and says where it lives by a fixture ``url``."""

    @pytest.fixture
    def entries(self) -> list[Entry]:
        """Five lines, the erasure of the second and third, and one more."""
        lines = chain(5)
        last = erasure(lines[-1], 2, 3)
        after = sealed(7, last.hash)
        late = seal(
            crisis=CRISIS,
            seq=7,
            kind="note_added",
            event_time=None,
            record_time=last.record_time,
            slack_ts=None,
            prev=last.hash,
            body=parse(after.body or "{}"),
            salt=bytes(32),
            delivery=None,
        )
        return [*lines, last, late]

    @pytest.fixture
    def store(self, url: str, opened: Open, entries: Sequence[Entry]) -> Store:
        """A store in which two bodies were erased."""
        made = opened(url)
        made.append(entries[:5])
        made.append([entries[5]], gone(2, 3, by=6))
        made.append([entries[6]])
        return made

    def test_the_bodies_are_gone_and_the_lines_are_whole(
        self, store: Store, entries: Sequence[Entry], url: str, opened: Open
    ) -> None:
        """Only the two bodies and salts are missing; what is kept comes from the erasing line."""
        for reader in (store, opened(url)):
            found = list(reader.read(CRISIS))
            assert [one.line for one in found] == [one.line for one in entries]
            for one, was in zip(found, entries, strict=True):
                if one.seq in (2, 3):
                    assert (one.body, one.salt) == (None, None)
                    assert one.erased is not None
                    assert (one.erased.by, one.erased.role) == (6, "rssi")
                    assert parse(one.erased.kept) == KEPT
                else:
                    assert one == was
            assert reader.head(CRISIS) == entries[-1]

    @pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
    def test_nothing_else_can_go_or_come_back(
        self, store: Store, entries: Sequence[Entry], change: str
    ) -> None:
        """The database itself lets go of the bodies that an erasure names, and of no other."""
        store.append([sealed(1, crisis="2026-0002")])
        before = list(store.read(CRISIS))

        with pytest.raises(DBAPIError), store.engine.begin() as connection:
            connection.execute(text(change.replace(":", "\\:")))

        assert list(store.read(CRISIS)) == before
        assert [one.line for one in before] == [one.line for one in entries]

    def test_both_or_neither(self, url: str, opened: Open, entries: Sequence[Entry]) -> None:
        """An erasure that comes too late removes nothing."""
        store = opened(url)
        store.append(entries[:5])
        with pytest.raises(Conflict):
            store.append([erasure(entries[3], 2)], gone(2, by=5))
        assert list(store.read(CRISIS)) == entries[:5]
        assert not store.unclean()

    def test_scrubbing_is_remembered(
        self, store: Store, entries: Sequence[Entry], url: str, opened: Open
    ) -> None:
        """Until the files were rebuilt any process knows that they must be; then it is done."""
        assert store.unclean()
        assert opened(url).unclean()
        store.scrub()
        assert not store.unclean()
        assert not opened(url).unclean()
        store.scrub()
        store.append([erasure(entries[-1], 4)], gone(4, by=8))
        assert store.unclean()

    def test_writers_go_on_while_it_is_scrubbed(
        self, store: Store, entries: Sequence[Entry], url: str, opened: Open
    ) -> None:
        """Appends and readings beside it wait or go through; none is lost."""
        other = opened(url)
        added = chain(40, after=entries[-1])

        def write() -> None:
            for one in added:
                other.append([one])

        thread = threading.Thread(target=write)
        thread.start()
        while thread.is_alive():
            try:
                store.scrub()
            except StoreUnavailable:  # somebody was in its way: it is for later
                continue
        thread.join()
        store.scrub()

        assert [one.line for one in store.read(CRISIS, after=7)] == [one.line for one in added]


class TestSQLite(Contract):
    """The promises, kept by a file."""

    @pytest.fixture
    def url(self, sqlite_url: str) -> str:
        """A file that does not exist yet."""
        return sqlite_url


class TestPostgreSQL(Contract):
    """The promises, kept by a server."""

    @pytest.fixture
    def url(self, postgresql_url: str) -> str:
        """A new database on a real server."""
        return postgresql_url


# -- the bytes --------------------------------------------------------------------------------


def secret(number: int) -> str:
    """A text found nowhere else."""
    return f"secret-{number:03d}-" + "z" * (97 * number % 3000) + f"-{number:03d}-secret"


def secretive(count: int) -> list[Entry]:
    """A journal with a secret in each line, long and short."""
    entries: list[Entry] = []
    prev = "0" * 64
    for number in range(1, count + 1):
        entries.append(sealed(number, prev, body={"text": secret(number)}))
        prev = entries[-1].hash
    return entries


def read(folder: Path) -> dict[str, bytes]:
    """The bytes of every file in a folder, by its path in it."""
    files = (one for one in folder.rglob("*") if one.is_file())
    return {str(one.relative_to(folder)): one.read_bytes() for one in files}


def holding(files: Mapping[str, bytes], words: str) -> list[str]:
    """The files whose bytes hold these words."""
    return [name for name, content in files.items() if words.encode() in content]


def test_the_files_of_sqlite_hold_nothing_of_it(
    sqlite_url: str, opened: Open, tmp_path: Path
) -> None:
    """Database, write-ahead log and shared memory: a grep finds what is left and not what went."""
    store = opened(sqlite_url)
    entries = secretive(120)
    store.append(entries)
    lines = range(10, 120, 3)
    store.append([erasure(entries[-1], *lines)], gone(*lines, by=121))
    assert holding(read(tmp_path), "secret-010-")

    store.scrub()

    files = read(tmp_path)
    assert {Path(name).suffix for name in files} == {".db", ".db-wal", ".db-shm"}
    for number in range(1, 121):
        for words in (f"secret-{number:03d}-", f"-{number:03d}-secret"):
            assert bool(holding(files, words)) is (number not in lines)


def test_the_files_of_postgresql_hold_it_in_the_server_log_alone(
    postgresql_url: str, postgresql_server: str, opened: Open
) -> None:
    """Tables, indexes, statistics and their old files: nothing, once the server has written out.

    The write-ahead log keeps what was written until it is overwritten, or until a superuser does
    what the documentation says.
    """
    store = opened(postgresql_url)
    entries = secretive(120)
    store.append(entries)
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("ANALYZE")
        connection.execute("CHECKPOINT")
    server = Path(postgresql_server) / "data"
    assert [one for one in holding(read(server), "secret-010-") if not one.startswith("pg_wal/")]
    lines = range(1, 121)
    store.append([erasure(entries[-1], *lines)], gone(*lines, by=121))

    store.scrub()

    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    left = {name for name, data in read(server).items() if re.search(rb"secret-\d{3}-", data)}
    assert [one for one in left if not one.startswith("pg_wal/")] == []
    assert b"secret-" not in (server.parent / "log").read_bytes()
    assert [one.body for one in store.read(CRISIS)][:120] == [None] * 120

    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET wal_recycle = off")
        connection.execute("SELECT pg_reload_conf()")
        for crisis in ("2026-0008", "2026-0009"):
            store.append([sealed(1, crisis=crisis)])
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
        connection.execute("ALTER SYSTEM RESET wal_recycle")
        connection.execute("SELECT pg_reload_conf()")
    assert [name for name, data in read(server).items() if re.search(rb"secret-\d{3}-", data)] == []


def test_somebody_who_holds_the_table_delays_it(postgresql_url: str, opened: Open) -> None:
    """A report that reads the table makes the scrubbing wait for later, in words, not for ever."""
    store = opened(postgresql_url)
    entries = chain(5)
    store.append(entries)
    store.append([erasure(entries[-1], 2)], gone(2, by=6))
    with psycopg.connect(postgresql_url) as reader:
        reader.execute("SELECT count(*) FROM body")
        with pytest.raises(StoreUnavailable):
            store.scrub()
        assert store.unclean()
    store.scrub()
    assert not store.unclean()


def test_a_table_that_is_not_ours_is_not_believed_clean(postgresql_url: str, opened: Open) -> None:
    """The server only warns who may not rewrite the table: that is no success."""
    store = opened(postgresql_url)
    entries = chain(5)
    store.append(entries)
    store.append([erasure(entries[-1], 2)], gone(2, by=6))
    with psycopg.connect(postgresql_url, autocommit=True) as owner:
        owner.execute("CREATE ROLE guest LOGIN")
        owner.execute("GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA public TO guest")
    guest = opened(postgresql_url.replace("postgres@", "guest@"))
    try:
        with pytest.raises(StoreUnavailable, match="is it ours"):
            guest.scrub()
        assert guest.unclean()
    finally:
        guest.close()
        with psycopg.connect(postgresql_url, autocommit=True) as owner:
            owner.execute("DROP OWNED BY guest")
            owner.execute("DROP ROLE guest")


def test_an_older_file_is_brought_to_the_new_tables(
    sqlite_url: str, opened: Open, tmp_path: Path
) -> None:
    """A journal of the first version opens with its lines, and can be erased from then on."""
    store = opened(sqlite_url)
    entries = chain(5)
    store.append(entries)
    store.close()
    path = tmp_path / "data" / "tocsin.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "DROP TABLE erased; DROP TABLE scrubbed; DROP TRIGGER body_no_return;"
            "DROP TRIGGER body_no_DELETE; CREATE TRIGGER body_no_DELETE BEFORE DELETE ON body "
            "BEGIN SELECT RAISE(ABORT, 'append-only'); END;"
            "UPDATE alembic_version SET version_num = '0001'"
        )

    store = opened(sqlite_url)

    assert list(store.read(CRISIS)) == entries
    store.append([erasure(entries[-1], 2)], gone(2, by=6))
    assert [one.body is None for one in store.read(CRISIS)] == [False, True, *[False] * 4]
    assert schema.HEAD == "0002"
