"""What was posted where: the memory of the projection, beside the journal and never part of it.

One row per message of a crisis.  It is written *before* the post (``pending``) and completed after
it, so that after a crash a post that may have gone out is looked for before it is sent again.
Losing this table loses nothing but that knowledge.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Column, Engine, MetaData, String, Table, select, update

from bot.journal.beside import Beside, transaction

#: Key of the row that says up to which entry everything was told (in ``hash``).
CURSOR = "cursor"

_POSTED = Table(
    "posted",
    MetaData(),
    Column("crisis", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column("ts", String, nullable=False, default=""),
    Column("hash", String, nullable=False, default=""),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One message: ``ts`` is empty while nobody knows whether it went out."""

    key: str
    channel: str
    ts: str = ""
    hash: str = ""
    fresh: bool = False
    """Begun by this process and not sent yet: there is nothing to look for."""

    @property
    def pending(self) -> bool:
        """Whether the post was started and its end not seen."""
        return not self.ts


class Posted:
    """Rows of the projection in the journal's database, in a table of their own.

    A database that cannot do it now is ``StoreUnavailable``, as for the journal.
    """

    def __init__(self, engine: Engine, fence: Callable[[], None] = lambda: None) -> None:
        """Create the table when it is missing; ``fence`` raises when nothing must be written."""
        self._engine = engine
        self._fence = fence
        self._table = Beside(engine, _POSTED)

    def rows(self, crisis: str) -> dict[str, Row]:
        """Every row of a crisis, by key."""
        columns = (_POSTED.c.key, _POSTED.c.channel, _POSTED.c.ts, _POSTED.c.hash)
        query = select(*columns).where(_POSTED.c.crisis == crisis)
        with transaction(self._table.reader) as connection:
            return {row.key: Row(*row) for row in connection.execute(query)}

    def cursors(self) -> dict[str, int]:
        """For each crisis, the number of the entry up to which everything was told."""
        query = select(_POSTED.c.crisis, _POSTED.c.hash).where(
            _POSTED.c.key == CURSOR, _POSTED.c.hash != ""
        )
        with transaction(self._table.reader) as connection:
            return {row.crisis: int(row.hash) for row in connection.execute(query)}

    def begin(self, crisis: str, key: str, channel: str) -> None:
        """Remember that this message is about to be posted, for the first time or again."""
        self._fence()
        values = {"channel": channel, "ts": "", "hash": ""}
        self._table.put({"crisis": crisis, "key": key}, values)

    def finish(self, crisis: str, key: str, ts: str, content: str) -> None:
        """Remember where it went and what it said (a hash)."""
        self._fence()
        statement = (
            update(_POSTED)
            .where(_POSTED.c.crisis == crisis, _POSTED.c.key == key)
            .values(ts=ts, hash=content)
        )
        with transaction(self._engine) as connection:
            connection.execute(statement)
