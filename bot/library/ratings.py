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
from dataclasses import dataclass

from sqlalchemy import Boolean, Column, Engine, MetaData, String, Table, select

from bot.journal.beside import Beside, transaction
from bot.library.french import fold

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
        self._table = Beside(engine, _RATING)

    def keep(self, person: str, rated: Rated) -> None:
        """Keep this rating, in place of what the same person said of the same question."""
        values = {
            "question": rated.question,
            "confidence": rated.confidence,
            "passages": json.dumps(rated.passages, ensure_ascii=False),
            "useful": rated.useful,
            "reason": rated.reason,
        }
        self._table.put({"key": _key(person, rated.question)}, values)

    def all(self) -> list[Rated]:
        """Every rating, in the order of the questions."""
        query = select(_RATING).order_by(_RATING.c.question, _RATING.c.key)
        with transaction(self._table.reader) as connection:
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


def _key(person: str, question: str) -> str:
    """Name of the row of this person and this question, whatever its accents and spaces."""
    same = " ".join(fold(question).split())
    return hashlib.sha256(f"{person}\0{same}".encode()).hexdigest()
