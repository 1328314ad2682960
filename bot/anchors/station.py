"""What every place outside has in common: what it is given, what it gives back.

A station is where checkpoints are put: its kind and its name in the journal, and the act.  The act
either returns a receipt or raises ``OutsideService`` with a French sentence that says why not.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.anchoring import Place
from bot.core.crisis import AnchorKind, Crisis


@dataclass(frozen=True, slots=True)
class Sealed:
    """A checkpoint that goes out: the signed note and its key, and whose journal it is.

    The journal had ``size`` entries, the last with line hash ``head``; ``at`` is when the
    checkpoint was recorded (UTC).
    """

    crisis: Crisis
    note: str
    key: str
    size: int
    head: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a station gives back; ``stamped`` is its own time (UTC) when it tells one."""

    text: str
    stamped: datetime | None = None


@dataclass(frozen=True, slots=True)
class Station:
    """A place outside, and how to put a checkpoint there."""

    kind: AnchorKind
    where: str
    put: Callable[[Sealed], Awaitable[Receipt]]

    @property
    def place(self) -> Place:
        """How the journal names it."""
        return (self.kind, self.where)
