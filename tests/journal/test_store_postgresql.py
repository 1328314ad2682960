"""What is special to the server: connections that are cut, a server away, ways of removing."""

import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from bot.errors import StoreUnavailable
from bot.journal.store import Store, Unsettled
from tests.journal.chains import CRISIS, chain

Open = Callable[[str], Store]

LOCK = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
WAITING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND wait_event_type = 'Lock' AND wait_event = 'advisory'"
)


def cut_the_waiting(connection: psycopg.Connection[tuple[int]]) -> None:
    """Wait until somebody waits for the lock, then cut that connection."""
    for _ in range(500):
        found = connection.execute(WAITING.encode()).fetchone()
        if found:
            connection.execute("SELECT pg_terminate_backend(%s)", found)
            return
        time.sleep(0.01)
    raise AssertionError("nobody waited for the lock")


def test_a_connection_cut_while_appending(postgresql_url: str, opened: Open) -> None:
    """The append in progress fails in words and writes nothing; the next one goes through."""
    store = opened(postgresql_url)
    failures: list[StoreUnavailable] = []

    def append() -> None:
        try:
            store.append(chain(1))
        except StoreUnavailable as error:
            failures.append(error)

    with psycopg.connect(postgresql_url, autocommit=True) as other:
        other.execute(LOCK, (CRISIS,))
        thread = threading.Thread(target=append)
        thread.start()
        cut_the_waiting(other)
        thread.join()

    assert len(failures) == 1
    assert store.head(CRISIS) is None
    store.append(chain(1))
    assert store.head(CRISIS) == chain(1)[0]


def test_idle_connections_that_were_cut_are_replaced(postgresql_url: str, opened: Open) -> None:
    """A server that restarted between two appends costs nothing to the second."""
    store = opened(postgresql_url)
    entries = chain(2)
    store.append(entries[:1])
    with psycopg.connect(postgresql_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    store.append(entries[1:])

    assert list(store.read(CRISIS)) == entries


def test_a_server_that_is_away_says_so() -> None:
    """Without a server the store does not open, and the person is told where to look."""
    with pytest.raises(StoreUnavailable) as caught:
        Store("postgresql://postgres@127.0.0.1:1/tocsin")

    assert "serveur" in caught.value.for_people()


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE entry CASCADE",
        "TRUNCATE body",
        "INSERT INTO entry (crisis, seq, line) VALUES ('2026-0001', 1, 'x') "
        "ON CONFLICT (crisis, seq) DO UPDATE SET line = 'x'",
    ],
)
def test_other_ways_of_removing_are_refused(
    postgresql_url: str, opened: Open, statement: str
) -> None:
    """Emptying a table, or replacing a line under cover of an insert, is refused too."""
    store = opened(postgresql_url)
    store.append(chain(2))

    with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
        connection.execute(text(statement))

    assert list(store.read(CRISIS)) == chain(2)


def test_a_database_that_is_not_durable_is_refused(postgresql_url: str) -> None:
    """A database told to acknowledge before it has written is not taken for a journal."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())

    with pytest.raises(StoreUnavailable) as caught:
        Store(postgresql_url)

    assert "coupure de courant" in caught.value.for_people()


def test_a_server_lost_at_the_end_of_a_reading_leaves_nothing_in_doubt(
    postgresql_url: str, opened: Open
) -> None:
    """Only what writes may have been done unseen: a reading that ends badly just failed."""
    store = opened(postgresql_url)
    store.append(chain(1))

    @event.listens_for(store.engine, "checkout")
    def cut_at_commit(lent: psycopg.Connection[tuple[int]], *_: object) -> None:
        end = lent.commit

        def commit() -> None:
            with psycopg.connect(postgresql_url, autocommit=True) as other:
                pid = (lent.info.backend_pid,)
                other.execute("SELECT pg_terminate_backend(%s)", pid)
                while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid).rowcount:
                    time.sleep(0.01)
            end()

        lent.commit = commit  # type: ignore[method-assign]

    with pytest.raises(StoreUnavailable) as read:
        store.head(CRISIS)
    assert not isinstance(read.value, Unsettled)
    with pytest.raises(Unsettled):
        store.append(chain(2)[1:])
