"""What is special to the file: rights, settings, triggers, full and read-only disks, start-up."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import SettingError, StoreUnavailable
from bot.journal.store import Store
from tests.journal.chains import CRISIS, chain, sealed

Open = Callable[[str], Store]
ROOT = Path(__file__).parents[2]

REPLACEMENTS = {
    "same key": "INSERT OR REPLACE INTO entry VALUES ('{crisis}', 2, 'x', NULL, NULL)",
    "same delivery": "INSERT OR REPLACE INTO entry VALUES ('other', 1, 'x', NULL, 'd2')",
    "same body": "INSERT OR REPLACE INTO body VALUES ('{crisis}', 2, x'00', 'x')",
    "upsert": "INSERT INTO entry VALUES ('{crisis}', 2, 'x', NULL, NULL) "
    "ON CONFLICT DO UPDATE SET line = 'x'",
}


def path_of(url: str) -> Path:
    """The file behind the address of a store."""
    return Path(url.removeprefix("sqlite:///"))


def child(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script that uses the store in a process of its own, to its end."""
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


def test_folder_and_file_are_private(sqlite_url: str, opened: Open) -> None:
    """The folder is made for its owner alone, and so is everything that SQLite puts in it."""
    opened(sqlite_url).append(chain(1))
    folder = path_of(sqlite_url).parent

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()} == {
        "tocsin.db": "0o600",
        "tocsin.db-wal": "0o600",
        "tocsin.db-shm": "0o600",
    }


def test_every_connection_is_durable(sqlite_url: str, opened: Open) -> None:
    """Each connection, not only the first, has the settings that the promises rest on."""
    engine = opened(sqlite_url).engine

    with engine.connect() as first, engine.connect() as second:
        first.rollback()
        for connection in (first, second):
            settings = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "recursive_triggers", "secure_delete")
            }
            connection.rollback()
            assert settings == {
                "journal_mode": "wal",
                "synchronous": 2,
                "recursive_triggers": 1,
                "secure_delete": 1,
            }


@pytest.mark.parametrize("careless", [False, True], ids=["our settings", "a tool without settings"])
@pytest.mark.parametrize("statement", REPLACEMENTS.values(), ids=REPLACEMENTS.keys())
def test_replacing_is_refused(
    sqlite_url: str, opened: Open, statement: str, careless: bool
) -> None:
    """Putting a row in the place of another is refused, even to a tool that sets nothing."""
    entries = chain(3, deliveries="d")
    store = opened(sqlite_url)
    store.append(entries)

    with closing(sqlite3.connect(path_of(sqlite_url))) as connection:
        connection.execute(f"PRAGMA recursive_triggers = {'OFF' if careless else 'ON'}")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement.format(crisis=CRISIS))

    assert list(store.read(CRISIS)) == entries


def test_a_full_disk_says_so_and_leaves_nothing_half_written(sqlite_url: str, opened: Open) -> None:
    """When there is no room the whole batch is refused; with room again it goes in as it was."""
    store = opened(sqlite_url)
    first = sealed(1)
    store.append([first])
    second = sealed(2, first.hash)
    batch = [second, sealed(3, second.hash, body={"text": "x" * 200_000})]
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreUnavailable) as caught:
        store.append(batch)

    assert "plein" in caught.value.for_people()
    assert store.head(CRISIS) == first
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    store.append(batch)
    assert list(store.read(CRISIS)) == [first, *batch]


FILE_LIMIT = """
import resource, sys
from bot.errors import StoreUnavailable
from bot.journal.store import Store
from tests.journal.chains import CRISIS, sealed
store = Store(sys.argv[1])
first = sealed(1)
store.append([first])
second = sealed(2, first.hash)
batch = [second, sealed(3, second.hash, body={"text": "x" * 2_000_000})]
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
try:
    store.append(batch)
except StoreUnavailable as error:
    print(error.for_people())
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
print(store.head(CRISIS) == first)
store.append(batch)
print(list(store.read(CRISIS)) == [first, *batch])
"""


def test_a_write_that_the_system_refuses_leaves_nothing_half_written(sqlite_url: str) -> None:
    """When the system itself cuts the write short, the batch is refused as a whole."""
    told, *then = child(FILE_LIMIT, sqlite_url).stdout.splitlines()

    assert "disque" in told
    assert then == ["True", "True"]


READ_ONLY = """
import os, pathlib, sys
from bot.errors import StoreUnavailable
from bot.journal.store import Store
from tests.journal.chains import chain
file = pathlib.Path(sys.argv[1])
store = Store(f"sqlite:///{file}")
entries = chain(2)
store.append(entries[:1])
store.engine.dispose()
file.chmod(0o444)
file.parent.chmod(0o555)
if os.geteuid() == 0:
    os.setresuid(65534, 65534, 65534)
try:
    store.append(entries[1:])
except StoreUnavailable as error:
    print(error.for_people())
"""


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A temporary folder that an account without rights can reach."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-ro-"))
    folder.chmod(0o755)
    yield folder
    (folder / "data").chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_file_says_so(public_folder: Path) -> None:
    """Without the right to write, the person is told what to look at."""
    told = child(READ_ONLY, public_folder / "data" / "tocsin.db").stdout

    assert "lecture seule" in told or "Vérifiez son dossier" in told


def test_a_locked_file_says_so(sqlite_url: str, opened: Open) -> None:
    """Another program that keeps the file locked is waited for, then named as the cause."""
    store = opened(sqlite_url)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 20")

    with closing(sqlite3.connect(path_of(sqlite_url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable) as caught:
            store.append(chain(1))
        assert "bloque" in caught.value.for_people()
        assert list(store.read(CRISIS)) == []  # reading waits for nobody

    store.append(chain(1))


@pytest.mark.parametrize(
    "content", [b"Bonjour, ceci n'est pas une base. " * 200, b"SQLite format 3"]
)
def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path, content: bytes) -> None:
    """Something else at the place of the database is told, and not written over."""
    file = tmp_path / "tocsin.db"
    file.write_bytes(content)

    with pytest.raises(StoreUnavailable):
        Store(f"sqlite:///{file}")

    assert file.read_bytes() == content


def test_a_newer_database_is_left_alone(sqlite_url: str, opened: Open) -> None:
    """A database brought further by a later version is refused in words."""
    opened(sqlite_url)
    with closing(sqlite3.connect(path_of(sqlite_url))) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreUnavailable) as caught:
        Store(sqlite_url)

    assert "version plus récente" in caught.value.for_people()


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///:memory:", "mysql://127.0.0.1/x", "nosuch://x", "/tmp/x.db"]
)
def test_an_address_that_cannot_serve_is_a_setting_to_mend(url: str) -> None:
    """An address that is not a file or a PostgreSQL server is refused as a setting."""
    with pytest.raises(SettingError):
        Store(url)


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    """A file where the folder should be is told, not hidden behind a trace."""
    (tmp_path / "data").write_text("")

    with pytest.raises(StoreUnavailable) as caught:
        Store(f"sqlite:///{tmp_path / 'data' / 'tocsin.db'}")

    assert "dossier" in caught.value.for_people()


def test_starting_again_does_not_load_the_migrations(sqlite_url: str, opened: Open) -> None:
    """When the tables are as they should be, Alembic is not even imported."""
    opened(sqlite_url)
    script = "import sys; from bot.journal.store import Store; Store(sys.argv[1]).close(); "

    done = child(script + "print('alembic' in sys.modules)", sqlite_url)

    assert done.stdout == "False\n"


def test_two_processes_may_create_the_same_database(sqlite_url: str) -> None:
    """Started together on a new file, both end up with a working store."""
    script = "import sys; from bot.journal.store import Store; Store(sys.argv[1]).close()"
    started = [
        subprocess.Popen([sys.executable, "-c", script, sqlite_url], cwd=ROOT) for _ in range(3)
    ]

    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]


def test_reading_while_appending_sees_whole_batches(sqlite_url: str, opened: Open) -> None:
    """A reader that began before an append goes on, and finds what came since."""
    store = opened(sqlite_url)
    entries = chain(4)
    store.append(entries[:2])
    reading = store.read(CRISIS)
    assert next(reading) == entries[0]

    store.append(entries[2:])

    assert list(reading) == entries[1:]
