"""The state of a crisis, and the two shapes on which all of ``bot.core`` is cut.

A command ``decide``s: it looks at the crisis and either returns facts or raises ``Refused`` with
a French sentence.  A fact ``apply``s: it says what the crisis is once it has happened.  ``fold``
is the crisis after some facts.  All of it is frozen data; time and identity are passed in.

Not here: who may do what in Slack, how facts are stored, what is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import ClassVar, Literal, Protocol, runtime_checkable

from bot.core.playbook import Cell, Establishment, Obligations, Plan, Playbook, Settlement
from bot.errors import Refused

Precision = Literal["exact", "about", "unknown"]
StepStatus = Literal["todo", "taken", "done", "skipped", "blocked"]
AnchorKind = Literal["rfc3161", "email", "slack"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_PLAN = Plan(
    playbook=Playbook("", "", "", "", ()),
    obligations=Obligations(date(1970, 1, 1), (), ()),
    cell=Cell((), ()),
    establishment=Establishment("", "eps", "UTC"),
)


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


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The last checkpoint of a crisis: entry that holds it, what it covers, when it was written."""

    seq: int
    size: int
    head: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Crisis:
    """One crisis, as its facts have made it."""

    id: str
    plan: Plan = NO_PLAN
    title: str = ""
    exercise: bool = False
    level: str = ""
    opened: Stamp | None = None
    closed: Stamp | None = None
    noticed_how: str = ""
    sites: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    channel: str = ""
    channel_name: str = ""
    steps: Mapping[str, StepState] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    instants: Mapping[str, InstantState] = field(default_factory=dict)
    roles: Mapping[str, tuple[Actor, ...]] = field(default_factory=dict)
    duties: Mapping[str, DutyState] = field(default_factory=dict)
    reminders: frozenset[str] = frozenset()
    lines: tuple[Line, ...] = ()
    messages: Mapping[str, str] = field(default_factory=dict)
    """Slack ``ts`` -> last known text of what was said in the channel."""
    heard: str = ""
    """The latest Slack ``ts`` of what was said in the channel."""
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    """Since when and until when messages may be missing."""
    flagged: frozenset[str] = frozenset()
    """Slack ``ts`` of the messages raised to the log."""
    members: frozenset[str] = frozenset()
    checkpoint: Checkpoint | None = None
    """The last signed checkpoint of the journal."""
    anchors: Mapping[tuple[AnchorKind, str], int] = field(default_factory=dict)
    """Kind and place of an anchor -> number of entries that it covers."""
    anchors_waiting: Mapping[tuple[AnchorKind, str], datetime] = field(default_factory=dict)
    """Kind and place of an anchor that cannot be had -> since when (UTC)."""
    receipts: int = 0
    """Entries about anchors since the last checkpoint."""
    key: str = ""
    """The public key that signs now, ``name+id+base64``."""
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
