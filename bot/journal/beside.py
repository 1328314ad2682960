"""Small tables beside the journal, in its database and never part of it.

What was posted, what was rated, who looks after which crisis: nothing here is evidence, and a
failure is told as the journal's own are.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, inspect, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.journal.schema import reader, told

#: Any number serves, as long as every process takes the same.
_CREATING: Final = 7_020_252


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction whose failures are ``StoreUnavailable`` or ``Conflict``, as the journal's."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise told(error.orig or error) from error
    except PoolTimeoutError as error:
        raise told(error) from error


class Beside:
    """One such table, made when it is missing; every method blocks."""

    def __init__(self, engine: Engine, table: Table) -> None:
        """Look for the table, which takes no right to write, and create it if there is none."""
        self._engine, self._table = engine, table
        self._server = engine.dialect.name == "postgresql"
        with transaction(self.reader) as connection:
            if inspect(connection).has_table(table.name):
                return
        with transaction(engine) as connection:
            if self._server:
                # Two processes that start together would both create it, and one would fail.
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_CREATING})"))
            table.create(connection, checkfirst=True)

    @property
    def reader(self) -> Engine:
        """The database for who only reads, and waits for no writer."""
        return reader(self._engine)

    def put(self, key: Mapping[str, str], values: Mapping[str, Any]) -> None:
        """Write this row, in the place of the one of the same key."""
        insert = insert_postgresql if self._server else insert_sqlite
        statement = insert(self._table).values(**key, **values)
        again = statement.on_conflict_do_update(index_elements=list(key), set_=dict(values))
        with transaction(self._engine) as connection:
            connection.execute(again)
