"""Real databases for the tests of the store: a new one for each test that asks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.journal.store import Store
from tests.journal.postgresql import new_database, running_server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Folder of the socket of a real server, started at the first test that needs it."""
    with running_server() as host:
        yield host


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """A new database on the server."""
    return new_database(postgresql_server)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A database file that does not exist yet, in a folder that does not exist yet."""
    return f"sqlite:///{tmp_path / 'data' / 'tocsin.db'}"


@pytest.fixture
def opened() -> Iterator[Callable[[str], Store]]:
    """Open stores that are closed when the test ends."""
    stores: list[Store] = []

    def open_store(url: str) -> Store:
        stores.append(Store(url))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()
