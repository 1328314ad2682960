"""A connection to PostgreSQL that gives up a server which says nothing.

A server that is frozen, or cut off behind a network that still acknowledges, neither answers nor
fails; its own time limits do not run either.  So each exchange is timed here, on our side.  A
connection that was given up is closed: what it had begun ends with it, and only a commit on its way
may still be done when the server wakes up.

Imported with the driver, only where a server is used.
"""

from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

ANSWER_S: Final = 5.0
"""Seconds that the server is given to answer one statement."""
_LOOK_S: Final = 0.1
"""Seconds between two looks at whether we are being interrupted."""

_Said = TypeVar("_Said")


class Patient(psycopg.Connection[Any]):
    """A connection whose statements each have ``patience`` seconds; ``None`` sets no limit."""

    patience: float | None = ANSWER_S

    def wait(
        self, gen: PQGen[_Said], interval: float = _LOOK_S, timeout: float | None = None
    ) -> _Said:
        """Exchange with the server to the end, or close with ``OperationalError``."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if timeout is not None or self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.close()
            raise psycopg.OperationalError("connection given up: the server is silent") from error


def connect(_dialect: object, _record: object, args: list[Any], options: dict[str, Any]) -> Patient:
    """Connect as the pool asks (SQLAlchemy's ``do_connect``)."""
    return Patient.connect(*args, **options)
