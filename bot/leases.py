"""Which process looks after which crisis, when several share a database: a lease on its clock.

Each process says every few seconds that it is alive; a crisis belongs to the living process that
took it first.  One that dies or freezes is silent, and after ``ttl`` seconds the others take what
it had.  One that wakes up finds that its name has expired: it drops everything and begins again
under another name.  In between it must do nothing outside: ``fence`` is asked before each call, and
says no as soon as our own last word is too old, counted in seconds that go on while we are frozen.

All of it happens in one transaction under one lock of the server, so that two processes never
believe the same thing at once.  A lease only says who acts; what is true stays the journal's.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from bot.errors import TocsinError
from bot.journal.beside import transaction

log = logging.getLogger(__name__)

#: Seconds after which a process that says nothing is believed dead.
TTL: Final = 10.0
#: Part of that time between two words, and part that is left to the clocks' differences.
_BEAT: Final = 0.2
_MARGIN: Final = 0.1
#: Any number serves, as long as every process takes the same.
_LOCK: Final = 7_020_251

#: The crisis on whose behalf the running task acts outside; empty when it is nobody's business.
ACTING: ContextVar[str] = ContextVar("acting", default="")

Told = Callable[[Collection[str]], None]


@dataclass(frozen=True, slots=True)
class _Word:
    """What was agreed with the server: our name, what is ours and until when, how many live."""

    me: str
    held: frozenset[str]
    until: float
    living: int = 1


_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS holder (name text PRIMARY KEY, until timestamptz NOT NULL)",
    "CREATE TABLE IF NOT EXISTS lease (crisis text PRIMARY KEY, holder text NOT NULL)",
)
_JOIN: Final = (
    "INSERT INTO holder (name, until) VALUES (:me, clock_timestamp() + :ttl * interval '1 second')"
)
_RENEW: Final = (
    "UPDATE holder SET until = clock_timestamp() + :ttl * interval '1 second' "
    "WHERE name = :me AND until > clock_timestamp()"
)
_TAKE: Final = (
    "INSERT INTO lease (crisis, holder) SELECT e.crisis, :me FROM entry e WHERE e.seq = 1 "
    "AND NOT EXISTS (SELECT 1 FROM lease l JOIN holder h ON h.name = l.holder "
    "WHERE l.crisis = e.crisis AND h.until > clock_timestamp()) "
    "ON CONFLICT (crisis) DO UPDATE SET holder = excluded.holder WHERE NOT EXISTS "
    "(SELECT 1 FROM holder h WHERE h.name = lease.holder AND h.until > clock_timestamp())"
)
_LIVING: Final = "SELECT count(*) FROM holder WHERE until > clock_timestamp()"
_MINE: Final = "SELECT crisis FROM lease WHERE holder = :me"
_FORGET: Final = (
    "DELETE FROM holder WHERE until < clock_timestamp() - interval '1 hour' OR name = :gone"
)


class NotHeld(TocsinError):
    """Another process may look after this crisis by now: nothing is done outside on its behalf."""

    usual = "Un autre processus de Tocsin s'occupe de cette crise."


class Leases:
    """The crises that this process looks after; ``beat`` and ``leave`` block."""

    def __init__(
        self,
        engine: Engine,
        elapsed: Callable[[], float],
        name: Callable[[], str],
        ttl: float = TTL,
    ) -> None:
        """Hold nothing yet.  ``elapsed`` counts seconds, frozen or not; ``name`` is never twice."""
        self._engine = engine
        self._elapsed = elapsed
        self._name = name
        self._ttl = ttl
        self._word = _Word("", frozenset(), 0.0)
        self._left = False
        self._woken = asyncio.Event()
        with self._alone() as connection:
            for table in _TABLES:
                connection.execute(text(table))

    # -- asking -------------------------------------------------------------------------------

    def holds(self, crisis: str) -> bool:
        """Whether this crisis was ours at our last word."""
        return crisis in self._word.held

    def mine(self, crisis: str) -> bool:
        """Whether this crisis is ours for sure."""
        return self.holds(crisis) and self._elapsed() < self._word.until

    def living(self) -> int:
        """How many processes lived on this journal at our last word, this one included."""
        return self._word.living

    def fence(self) -> None:
        """Raise ``NotHeld`` when the running task acts for a crisis that may be another's."""
        crisis = ACTING.get()
        if crisis and not self.mine(crisis):
            raise NotHeld(detail=crisis)

    # -- keeping ------------------------------------------------------------------------------

    def wake(self, crisis: str) -> None:
        """Look at once, if this crisis is not ours: it may be new."""
        if not self.holds(crisis):
            self._woken.set()

    async def run(self, taken: Told, lost: Told) -> None:
        """Keep what we have and take what nobody has, until cancelled; tell what changed.

        What is lost is told before what is taken: a crisis may be both.
        """
        while True:
            self._woken.clear()
            try:
                word = await asyncio.to_thread(self._say)
            except TocsinError as away:
                log.warning("leases wait: %s", away)
            else:
                # In one go: nobody must find a crisis to be ours before it was told.
                gone, new = self._hear(word)
                lost(gone)
                taken(new)
            await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._ttl * _BEAT):
                await self._woken.wait()
        except TimeoutError:
            return

    def beat(self) -> tuple[Collection[str], Collection[str]]:
        """Say that we are alive, and take what nobody has; what was lost, and what was taken."""
        return self._hear(self._say())

    def _hear(self, word: _Word) -> tuple[Collection[str], Collection[str]]:
        before, self._word = self._word, word
        kept = before.held & word.held if before.me == word.me else frozenset()
        if before.me and before.me != word.me:
            log.warning("this process was silent for too long: its crises were free to take")
        return before.held - kept, word.held - kept

    def _say(self) -> _Word:
        """Renew our name, or take another when it expired, and what nobody has; blocks."""
        said, me = self._elapsed(), self._word.me
        with self._alone() as connection:
            if self._left:
                return _Word(me, frozenset(), 0.0)
            values = {"me": me, "ttl": self._ttl}
            if not me or not connection.execute(text(_RENEW), values).rowcount:
                connection.execute(text(_FORGET), {"gone": me})
                values["me"] = me = self._name()
                connection.execute(text(_JOIN), values)
            connection.execute(text(_TAKE), {"me": me})
            held = frozenset(row[0] for row in connection.execute(text(_MINE), {"me": me}))
            living = int(connection.execute(text(_LIVING)).scalar_one())
        return _Word(me, held, said + self._ttl * (1 - _MARGIN), living)

    def leave(self) -> None:
        """Let the others take what we have at once."""
        self._left = True
        me, self._word = self._word.me, _Word("", frozenset(), 0.0)
        try:
            with self._alone() as connection:
                connection.execute(text(_FORGET), {"gone": me})
        except TocsinError as away:
            log.warning("the leases expire by themselves: %s", away)

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """A transaction during which no other process changes its leases."""
        with transaction(self._engine) as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            yield connection
