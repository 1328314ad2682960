"""Who acts, what the journal knows of an act, and what people take from and pass to each other.

Frozen data of the crisis, kept apart so that its own module can be read in one sitting.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

StepStatus = Literal["todo", "taken", "done", "skipped", "blocked"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as they were known at that moment."""

    id: str
    name: str
    role: str = ""


TOCSIN = Actor("tocsin", "Tocsin", "robot")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the journal knows of a fact beside the fact itself.

    ``at`` is when it happened, ``recorded`` when it was written; both UTC.
    """

    seq: int
    actor: Actor
    at: datetime
    recorded: datetime
    erased_by: int = 0
    """Number of the entry that records its erasure; 0 for an entry that is whole."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The first of two people who say that a step is done; a second one must confirm it."""

    by: Actor
    at: datetime
    outcome: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class StepState:
    """Where one step stands."""

    status: StepStatus = "todo"
    holder: Actor | None = None
    by: Actor | None = None
    at: datetime | None = None
    evidence: str = ""
    outcome: str = ""
    reason: str = ""
    agreed: Agreement | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """What one person proposed to pass on to another; ``seq`` is the entry of the proposal."""

    seq: int
    giver: Actor
    to: Actor
    roles: tuple[str, ...]
    steps: tuple[str, ...]
    at: datetime
    settled: Literal["", "taken", "dropped"] = ""
    settled_at: datetime | None = None
    settled_by: Actor | None = None


@dataclass(frozen=True, slots=True)
class Briefed:
    """A briefing that was raised: its entry, the slot that it is of, and when (UTC)."""

    seq: int
    slot: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Shared:
    """What was passed on to a wider channel (Slack id); ``seq`` is the entry that says so."""

    seq: int
    text: str
    channel: str
    by: Actor
    at: datetime
