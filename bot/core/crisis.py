"""The state of a crisis, and the two shapes on which all of ``bot.core`` is cut.

A command ``decide``s: it looks at the crisis and either returns facts or raises ``Refused`` with
a French sentence.  A fact ``apply``s: it says what the crisis is once it has happened.  ``fold``
is the crisis after some facts.  All of it is frozen data; time and identity are passed in.

Not here: who may do what in Slack, how facts are stored, what is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Literal, Protocol, runtime_checkable

from bot.core.actors import (
    TOCSIN,
    Actor,
    Agreement,
    Briefed,
    Handover,
    Shared,
    Stamp,
    StepState,
)
from bot.core.parts import Addition
from bot.core.playbook import Cell, Establishment, Obligations, Plan, Playbook, Settlement
from bot.core.scenario import Drill
from bot.core.states import Hospital
from bot.errors import Refused

#: Everything of this module may be imported; these are lent by another one.
__all__ = [
    "TOCSIN",
    "Actor",
    "Agreement",
    "Briefed",
    "Handover",
    "Shared",
    "Stamp",
    "StepState",
]

Precision = Literal["exact", "about", "unknown"]
AnchorKind = Literal["rfc3161", "email", "slack"]
Unread = Literal["gone", "hidden", "outside", "too_big", "refused", "different", "away"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What stands where a text was erased.
ERASED = "(effacé)"
NO_PLAN = Plan(
    playbook=Playbook("", "", "", "", ()),
    obligations=Obligations(date(1970, 1, 1), (), ()),
    cell=Cell((), ()),
    establishment=Establishment("", "eps", "UTC"),
)


@dataclass(frozen=True, slots=True)
class InstantState:
    """A recorded instant: when, how precisely, who knew, on which ground."""

    at: datetime
    precision: Precision
    known_by: str
    evidence: str
    by: Actor
    seq: int


@dataclass(frozen=True, slots=True)
class DutyState:
    """How a duty ended."""

    settlement: Settlement
    at: datetime
    by: Actor
    proof: str
    condition: str = ""
    decided_by: str = ""
    replaced_by: str = ""
    receipts: tuple[str, ...] = ()
    """Slack ids of the files that prove it."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the one who advises wrote of a duty; somebody else decides."""

    text: str
    by: Actor
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Line:
    """A note or a decision, with the corrections that came later."""

    seq: int
    kind: Literal["note", "decision"]
    text: str
    at: datetime
    recorded: datetime
    by: Actor
    corrections: tuple[int, ...] = ()
    precision: Precision = "exact"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The last checkpoint of a crisis: entry that holds it, what it covers, when it was written."""

    seq: int
    size: int
    head: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockSlip:
    """The server's clock was found behind the journal: at which of its times (UTC), by how much."""

    at: datetime
    by: timedelta


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure that somebody asked for; ``seq`` is the entry of the request."""

    seq: int
    lines: tuple[int, ...]
    reason: str
    basis: str
    """The legal basis, in words."""
    by: Actor
    at: datetime
    settled: Literal["", "done", "refused"] = ""
    settled_by: Actor | None = None
    settled_seq: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered for the documents; an empty value says that nobody knows."""

    value: str
    by: Actor
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a document: hashes of its files, how much is left to complete, who, when."""

    number: int
    docx: str
    pdf: str
    md: str
    left: int
    by: Actor
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class FileState:
    """A file put in the channel or in a form, and what is known of its bytes."""

    id: str
    name: str
    of: str
    """Slack ``ts`` of the message that carries it; empty for a form."""
    seq: int
    """Entry that carries it."""
    size: int = 0
    """Bytes: as announced, then as read."""
    status: Literal["heard", "read", "unread"] = "heard"
    sha256: str = ""
    kept: bool = False
    read_seq: int = 0
    why: Unread | Literal[""] = ""
    at: datetime = EPOCH
    removed: bool = False
    """Whether somebody took it out of its message since."""
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Adopted:
    """The version that a crisis adopted after its opening: SHA-256, who, when, which entry."""

    fingerprint: str
    by: Actor
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Crisis:
    """One crisis, as its facts have made it."""

    id: str
    plan: Plan = NO_PLAN
    adopted: Adopted | None = None
    """The last version adopted; ``None`` while it runs on that of its opening."""
    title: str = ""
    exercise: bool = False
    drill: Drill | None = None
    """The scenario that an exercise plays, if it plays one."""
    level: str = ""
    opened: Stamp | None = None
    closed: Stamp | None = None
    noticed_how: str = ""
    sites: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    channel: str = ""
    channel_name: str = ""
    steps: Mapping[str, StepState] = field(default_factory=dict)
    additions: tuple[Addition, ...] = ()
    """Steps that the cell added; ``plan`` holds them in their place."""
    hospital: Hospital = field(default_factory=Hospital)
    """The sites, units, applications and counters, as far as somebody told."""
    answers: Mapping[str, str] = field(default_factory=dict)
    instants: Mapping[str, InstantState] = field(default_factory=dict)
    roles: Mapping[str, tuple[Actor, ...]] = field(default_factory=dict)
    handovers: Mapping[int, Handover] = field(default_factory=dict)
    """Entry number of each proposed handover -> where it stands."""
    briefings: tuple[Briefed, ...] = ()
    """The briefings raised at their hour, the oldest first."""
    shared: Mapping[int, Shared] = field(default_factory=dict)
    """Entry number of each text passed on to a wider channel -> the text."""
    duties: Mapping[str, DutyState] = field(default_factory=dict)
    opinions: Mapping[str, Opinion] = field(default_factory=dict)
    """Duty -> the last opinion on it."""
    delays: Mapping[str, str] = field(default_factory=dict)
    """Duty -> why it is or was late."""
    reminders: frozenset[str] = frozenset()
    lines: tuple[Line, ...] = ()
    messages: Mapping[str, str] = field(default_factory=dict)
    """Slack ``ts`` -> last known text of what was said in the channel."""
    threads: Mapping[str, str] = field(default_factory=dict)
    """Slack ``ts`` of each reply -> that of the message under which it stands."""
    edited: Mapping[str, datetime] = field(default_factory=dict)
    """Slack ``ts`` of what was changed -> when it was last, by Slack's clock (UTC)."""
    deleted: frozenset[str] = frozenset()
    """Slack ``ts`` of what is no longer in the channel."""
    files: Mapping[str, FileState] = field(default_factory=dict)
    """Slack id -> what is known of each file."""
    heard: str = ""
    """The latest Slack ``ts`` of what was said in the channel."""
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    """Since when and until when messages may be missing."""
    flagged: frozenset[str] = frozenset()
    """Slack ``ts`` of the messages raised to the log."""
    members: frozenset[str] = frozenset()
    moves: Mapping[str, datetime] = field(default_factory=dict)
    """Person (Slack id) -> when they last entered or left the channel (UTC)."""
    checkpoint: Checkpoint | None = None
    """The last signed checkpoint of the journal."""
    anchors: Mapping[tuple[AnchorKind, str], int] = field(default_factory=dict)
    """Kind and place of an anchor -> number of entries that it covers."""
    anchors_waiting: Mapping[tuple[AnchorKind, str], datetime] = field(default_factory=dict)
    """Kind and place of an anchor that cannot be had -> since when (UTC)."""
    anchored_at: Mapping[tuple[AnchorKind, str], datetime] = field(default_factory=dict)
    """Kind and place of an anchor -> when its last receipt was recorded (UTC)."""
    urgent_size: int = 0
    """Entries covered by the newest checkpoint that everybody outside must get at once."""
    receipts: int = 0
    """Entries about anchors since the last checkpoint."""
    key: str = ""
    """The public key that signs now, ``name+id+base64``."""
    questions: frozenset[int] = frozenset()
    """Entry numbers of the questions put to the library."""
    ratings: Mapping[tuple[int, str], tuple[bool, str]] = field(default_factory=dict)
    """Question (entry number) and person (Slack id) -> whether the answer served, and why."""
    clock_slip: ClockSlip | None = None
    """The last time that the server's clock was found behind the journal."""
    vouched: frozenset[tuple[str, str]] = frozenset()
    """Role and person (Slack id) of each seat that was given by somebody else."""
    away: Mapping[str, datetime] = field(default_factory=dict)
    """Person (Slack id) who holds something and cannot be had -> since when (UTC)."""
    erasures: Mapping[int, Erasure] = field(default_factory=dict)
    """Entry number of each request for an erasure -> where it stands."""
    erased: Mapping[int, int] = field(default_factory=dict)
    """Entry number of each erased line -> entry number of its erasure."""
    erased_messages: Mapping[str, str] = field(default_factory=dict)
    """Slack ``ts`` of each message whose text was erased, and must not come back -> its thread."""
    fields: Mapping[str, Answered] = field(default_factory=dict)
    """Field of the documents -> the last answer."""
    documents: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)
    """Document -> its versions, the oldest first."""
    seq: int = 0

    @property
    def zone(self) -> str:
        """IANA name of the establishment's time zone."""
        return self.plan.establishment.timezone

    @property
    def opened_at(self) -> datetime:
        """When it was opened (UTC); the epoch for a crisis that does not exist."""
        return self.opened.at if self.opened else EPOCH

    @property
    def is_open(self) -> bool:
        """Whether people may still act in it."""
        return self.opened is not None and self.closed is None

    def step(self, step_id: str) -> StepState:
        """Where a step stands; a step that nobody touched is ``todo``."""
        return self.steps.get(step_id, StepState())

    def roles_of(self, person: str) -> tuple[str, ...]:
        """Ids of the roles which that person (Slack id) holds."""
        return tuple(
            role for role, held in self.roles.items() if any(one.id == person for one in held)
        )


@runtime_checkable
class Fact(Protocol):
    """Something that happened, in the past tense."""

    name: ClassVar[str]
    """Its spelling in the journal, for ever."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis after it."""
        ...


class Command(Protocol):
    """Something that somebody wants, in the imperative."""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the facts that follow, or raise ``Refused``."""
        ...


@runtime_checkable
class Looking(Protocol):
    """A command that must see what was recorded before it can decide: the writer shows it."""

    def seeing(self, history: Iterable[tuple[Fact, Stamp]]) -> Command:
        """Return the command, knowing the facts of its crisis up to now, in order."""
        ...


def fold(crisis: Crisis, facts: Iterable[tuple[Fact, Stamp]]) -> Crisis:
    """Return the crisis after these facts, in order."""
    for fact, stamp in facts:
        crisis = fact.apply(crisis, stamp)
    return crisis


def require_open(crisis: Crisis) -> None:
    """Guard shared by every command that acts inside a crisis."""
    if crisis.opened is None:
        raise Refused("Cette crise n'existe pas. Ouvrez-en une avec « /crise déclarer ».")
    if crisis.closed is not None:
        raise Refused("Cette crise est close. Pour agir à nouveau : « /crise rouvrir <raison> ».")


def require_text(text: str, what: str, limit: int = 3000) -> str:
    """Return the text stripped; refuse it when empty or longer than ``limit`` characters."""
    cleaned = text.strip()
    if not cleaned:
        raise Refused(f"Il manque {what}.")
    if len(cleaned) > limit:
        raise Refused(
            f"Texte trop long : {len(cleaned)} caractères, {limit} au plus. "
            "Rien n'a été enregistré ; coupez-le en plusieurs lignes."
        )
    return cleaned
