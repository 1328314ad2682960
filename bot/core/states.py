"""How the hospital stands, as the crisis knows it: sites, units, applications, counters.

Nothing is assumed: what nobody told has no state.  Numbers only are counted, never people by name.

Not here: how a state is told (``hospital``) and shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Subject = Literal["site", "unit", "application"]
State = Literal[
    "linked",
    "isolated",
    "unknown",
    "normal",
    "degraded",
    "stopped",
    "restoring",
    "testing",
    "reopened",
]
#: The states that each kind of subject may be in, in the order in which they are offered.
STATES: dict[Subject, tuple[State, ...]] = {
    "site": ("isolated", "linked", "unknown"),
    "unit": ("degraded", "stopped", "normal"),
    "application": ("stopped", "restoring", "testing", "reopened"),
}
#: What is as on any other day, and so need not be on the board.
USUAL: frozenset[State] = frozenset({"linked", "normal", "reopened"})


@dataclass(frozen=True, slots=True)
class Told:
    """The state of one site, unit or application: since when (UTC), told by whom, which entry.

    ``since`` is when it took this state; telling the same again changes ``said_by`` alone.
    """

    label: str
    state: State
    since: datetime
    said_by: str
    seq: int


@dataclass(frozen=True, slots=True)
class Count:
    """A counter: its total, and when it last changed (UTC)."""

    label: str
    value: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Ultimatum:
    """What the attackers demand and until when (UTC)."""

    due: datetime
    text: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Hospital:
    """All of it."""

    states: Mapping[tuple[Subject, str], Told] = field(default_factory=dict)
    """Kind and id (or folded name) of each subject -> its state."""
    counters: Mapping[str, Count] = field(default_factory=dict)
    """Id (or folded name) of each counter -> its total."""
    ultimatum: Ultimatum | None = None
