"""What people say of answers given outside a crisis: a small table beside the journal.

Inside a crisis a rating is a fact of its journal.  Elsewhere (a private message, ``/crise`` in any
channel) there is no journal, and questions are not recorded; only an answer that somebody chose to
rate is kept, with what they thought of it, so that who writes the files can mend them.

Kept: the question, how sure the answer was, which passages it showed, the rating and its reason.
Not kept: who, when, where.  So that a person counts once per question, the row is named by a hash
of the Slack id *and* the question: two ratings of one person cannot be told to be theirs, and no
id can be read back.  It is no anonymity against somebody who holds the database and the list of
the workspace's members, and tries them all.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.schema import CreateTable

from bot.journal.schema import reader, told
from bot.library.french import fold

#: Number of the lock held while the table is created; any, but always the same.
_CREATING = 7_266_840_114
_RATING = Table(
    "rating",
    MetaData(),
    Column("key", String, primary_key=True),
    Column("question", String, nullable=False),
    Column("confidence", String, nullable=False),
    Column("passages", String, nullable=False),
    Column("useful", Boolean, nullable=False),
    Column("reason", String, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Rated:
    """An answer given outside a crisis, and what somebody thought of it."""

    question: str
    confidence: str
    passages: tuple[str, ...]
    """Ids of the passages that were shown, the best first."""
    useful: bool
    reason: str = ""


class Ratings:
    """Rows in the journal's database, in a table of their own; every method blocks.

    A database that cannot do it now is ``StoreUnavailable``, as for the journal.
    """

    def __init__(self, engine: Engine) -> None:
        """Create the table when it is missing."""
        self._engine = engine
        self._insert = insert_postgresql if engine.dialect.name == "postgresql" else insert_sqlite
        with self._transaction(reader(engine)) as connection:
            if inspect(connection).has_table(_RATING.name):
                return
        with self._transaction() as connection:
            if engine.dialect.name == "postgresql":
                # Two processes that start together would both create it, and one would fail.
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_CREATING})"))
            connection.execute(CreateTable(_RATING, if_not_exists=True))

    def keep(self, person: str, rated: Rated) -> None:
        """Keep this rating, in place of what the same person said of the same question."""
        values = {
            "question": rated.question,
            "confidence": rated.confidence,
            "passages": json.dumps(rated.passages, ensure_ascii=False),
            "useful": rated.useful,
            "reason": rated.reason,
        }
        statement = (
            self._insert(_RATING)
            .values(key=_key(person, rated.question), **values)
            .on_conflict_do_update(index_elements=["key"], set_=values)
        )
        with self._transaction() as connection:
            connection.execute(statement)

    def all(self) -> list[Rated]:
        """Every rating, in the order of the questions."""
        query = select(_RATING).order_by(_RATING.c.question, _RATING.c.key)
        with self._transaction(reader(self._engine)) as connection:
            return [
                Rated(
                    row.question,
                    row.confidence,
                    tuple(json.loads(row.passages)),
                    row.useful,
                    row.reason,
                )
                for row in connection.execute(query)
            ]

    @contextmanager
    def _transaction(self, engine: Engine | None = None) -> Iterator[Connection]:
        """A transaction whose failures are told as the journal's are."""
        try:
            with (engine or self._engine).begin() as connection:
                yield connection
        except DBAPIError as error:
            raise told(error.orig or error) from error
        except PoolTimeoutError as error:
            raise told(error) from error


def _key(person: str, question: str) -> str:
    """Name of the row of this person and this question, whatever its accents and spaces."""
    same = " ".join(fold(question).split())
    return hashlib.sha256(f"{person}\0{same}".encode()).hexdigest()
