"""What every store promises, asked of SQLite and of PostgreSQL alike."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from bot.errors import Conflict, JournalBroken
from bot.journal.schema import HEAD, metadata
from bot.journal.store import PAGE, CrisisRow, DuplicateDelivery, Store
from bot.journal.verify import verify_lines
from tests.journal.chains import CRISIS, chain, exported, sealed

Open = Callable[[str], Store]

CHANGES = {
    "update a line": "UPDATE entry SET line = 'x' WHERE seq = 2",
    "update a key": "UPDATE entry SET seq = 9 WHERE seq = 3",
    "delete lines": "DELETE FROM entry",
    "update a body": "UPDATE body SET body = '{}' WHERE seq = 2",
    "delete a body": "DELETE FROM body WHERE seq = 2",
}


class Contract:
    """The promises; each store inherits them and says where it lives by a fixture ``url``."""

    @pytest.fixture
    def store(self, url: str, opened: Open) -> Store:
        """A new, empty store."""
        return opened(url)

    def test_a_new_store_is_empty(self, store: Store) -> None:
        """Nothing is there before something was appended."""
        assert store.head(CRISIS) is None
        assert list(store.read(CRISIS)) == []
        assert store.crises() == []
        assert store.delivered("d1") is None

    def test_what_was_appended_is_read_back(self, store: Store, url: str, opened: Open) -> None:
        """Every field comes back, from this store and from one opened later on the same base."""
        entries = chain(5, deliveries="d")

        store.append(entries[:2])
        store.append(entries[2:])

        for reader in (store, opened(url)):
            assert list(reader.read(CRISIS)) == entries
            assert list(reader.read(CRISIS, after=3)) == entries[3:]
            assert reader.head(CRISIS) == entries[-1]
            assert reader.delivered("d4") == (CRISIS, 4)
            assert reader.delivered("d9") is None

    def test_long_journals_are_read_page_by_page(self, store: Store) -> None:
        """Reading goes past the end of a page without a gap, and the chain holds."""
        entries = chain(2 * PAGE + 1)
        store.append(entries)

        report = verify_lines(exported(store.read(CRISIS)))

        assert report.ok
        assert (report.entries, report.head) == (2 * PAGE + 1, entries[-1].hash)

    def test_any_text_can_be_kept(self, store: Store) -> None:
        """What people paste, control characters and emoji included, comes back as it was."""
        text = "\x00\x07\r\n\u2028 '%s' \\ 🚨 é\u0301 \ufeff ?"
        entry = sealed(1, body={"text": text})

        store.append([entry])

        head = store.head(CRISIS)
        assert head is not None
        assert head.body_data == {"text": text}
        assert verify_lines(exported([head])).ok

    def test_nothing_is_a_lawful_append(self, store: Store) -> None:
        """A command that decides nothing appends nothing."""
        store.append([])

        assert store.crises() == []

    def test_several_crises_in_one_transaction(self, store: Store) -> None:
        """Each crisis has its own chain; the list gives them from the oldest to the latest."""
        first, second = chain(3, crisis="2026-0009"), chain(2, crisis="2026-0002")

        store.append([first[0], second[0], first[1], second[1], first[2]])

        assert list(store.read("2026-0009")) == first
        assert list(store.read("2026-0002")) == second
        assert store.crises() == [
            CrisisRow("2026-0002", second[0].record_time, 2),
            CrisisRow("2026-0009", first[0].record_time, 3),
        ]

    @pytest.mark.parametrize("case", ["taken", "gap", "other past", "not first"])
    def test_what_does_not_follow_the_head_is_a_conflict(self, store: Store, case: str) -> None:
        """A number that is taken or too far, or another past, is refused; nothing is written."""
        entries = chain(4)
        store.append(entries[:2])
        late = {
            "taken": entries[1],
            "gap": entries[3],
            "other past": sealed(3, "1" * 64),
            "not first": sealed(2, crisis="2026-0002"),
        }[case]

        with pytest.raises(Conflict):
            store.append([sealed(1, crisis="2026-0003"), late])

        assert store.head(CRISIS) == entries[1]
        assert [row.crisis for row in store.crises()] == [CRISIS]

    def test_a_delivery_counts_once(self, store: Store) -> None:
        """The second entry of a delivery is refused by name, in whatever crisis, with its batch."""
        store.append(chain(1, deliveries="d"))

        with pytest.raises(DuplicateDelivery) as caught:
            store.append(
                [
                    sealed(1, crisis="2026-0002", delivery="new"),
                    sealed(1, crisis="2026-0003", delivery="d1"),
                ]
            )

        assert caught.value.delivery == "d1"
        assert isinstance(caught.value, Conflict)
        assert store.delivered("new") is None
        assert [row.crisis for row in store.crises()] == [CRISIS]

    def test_a_delivery_counts_once_in_a_batch(self, store: Store) -> None:
        """The same delivery twice in one append is found too."""
        first = sealed(1, delivery="d1")

        with pytest.raises(DuplicateDelivery):
            store.append([first, sealed(2, first.hash, delivery="d1")])

        assert store.crises() == []

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
    def test_changes_are_refused(self, store: Store, change: str) -> None:
        """The database itself refuses to change or remove a line or a body."""
        entries = chain(3)
        store.append(entries)

        with (
            pytest.raises(DBAPIError, match="append-only"),
            store.engine.begin() as connection,
        ):
            connection.execute(text(change))

        assert list(store.read(CRISIS)) == entries

    def test_writers_wait_for_each_other(self, url: str, opened: Open) -> None:
        """Several writers on one crisis: each keeps trying, none is lost, the chain holds."""
        writers, each = 4, 12
        stores = [opened(url) for _ in range(writers)]

        def write(number: int) -> None:
            for turn in range(each):
                append_somehow(stores[number], f"{number}-{turn}")

        threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        entries = list(stores[0].read(CRISIS))
        assert verify_lines(exported(entries)).ok
        expected = {f"{number}-{turn}" for number in range(writers) for turn in range(each)}
        assert {entry.delivery for entry in entries} == expected
        assert len(entries) == writers * each

    def test_a_line_that_lies_about_itself_is_found(self, store: Store) -> None:
        """A row put in by another tool, whose line is not the one of its key, stops the reading."""
        stranger = sealed(1, crisis="2026-0007")
        with store.engine.begin() as connection:
            connection.execute(
                metadata.tables["entry"].insert(),
                [
                    {"crisis": CRISIS, "seq": 1, "line": stranger.line},
                    {"crisis": "2026-0008", "seq": 1, "line": "{}"},
                ],
            )

        for crisis in (CRISIS, "2026-0008"):
            with pytest.raises(JournalBroken):
                store.head(crisis)

    def test_the_tables_are_those_of_the_code(self, store: Store) -> None:
        """The migrations lead to the tables that the code declares, at the revision it names."""
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        with store.engine.connect() as connection:
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, metadata) == []
            assert context.get_current_revision() == HEAD
            tables = {"alembic_version", "body", "entry", "erased", "scrubbed"}
            assert set(inspect(connection).get_table_names()) == tables


def append_somehow(store: Store, delivery: str) -> None:
    """Append one entry, deciding again each time somebody else was faster."""
    while True:
        head = store.head(CRISIS)
        seq, prev = (head.seq + 1, head.hash) if head else (1, "0" * 64)
        try:
            return store.append([sealed(seq, prev, delivery=delivery)])
        except Conflict:
            continue


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
