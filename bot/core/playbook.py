"""What security leads write, as frozen data: playbooks, duties, instants, roles, establishment.

Everything here is read from files by ``bot.library.playbooks`` and copied whole into the entry
that opens a crisis, so that a running crisis keeps the plan it started with.  Nothing here knows
where the data comes from; durations are ``timedelta``, dates are calendar dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, ClassVar, Literal

Status = Literal["eps", "espic", "clinique"]
Settlement = Literal["sent", "not_due", "replaced"]

#: Read by the loader's validation: an unknown key in a file is refused, never ignored.
STRICT: dict[str, Any] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from, and when somebody last looked."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    publisher: str
    date: str
    """Publication date as the source gives it (``2026-04``, ``2024-02-11``)."""
    where: str
    """URL, article number or reference number where it can be found."""
    confidence: Literal["high", "medium", "low"] = "high"
    """Anything but ``high`` is shown as « à vérifier »."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way in which a step can end, and what it does to the duty that the step carries."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    label: str
    settles: Settlement | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, by whom, by when, after what, with what proof."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    role: str
    text: str
    ref: str = ""
    """Row number in the source table (``R05``), shown beside the title."""
    within: timedelta | None = None
    """Target counted from the opening of the crisis: a target of ours, never a legal deadline."""
    after: tuple[str, ...] = ()
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Question id -> answers for which the step applies; unanswered counts as ``inconnu``."""
    evidence: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    bound: tuple[Status, ...] = ("eps", "espic", "clinique")
    """Statuses of establishment that it concerns; void for the others."""
    duty: str | None = None
    document: str | None = None
    instants: tuple[str, ...] = ()
    """Legal instants that this step asks to record."""
    two_persons: bool = False
    never: str = ""
    """What must not be done, in one sentence."""
    if_impossible: str = ""
    """What to do when the step cannot be done, in one sentence."""
    asks: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """A group of steps, shown as one message in the crisis channel."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    steps: tuple[Step, ...]
    aim: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the cell whose answer decides which steps apply."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    ask: str
    choices: tuple[str, ...] = ("oui", "non", "inconnu")
    help: str = ""


@dataclass(frozen=True)  # no slots: what is worked out from the phases is kept
class Playbook:
    """A plan for one kind of crisis."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    version: str
    summary: str
    phases: tuple[Phase, ...]
    questions: tuple[Question, ...] = ()
    hints: tuple[str, ...] = ()
    """Words by which the declaration proposes this playbook."""

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in the order of the file."""
        return tuple(step for phase in self.phases for step in phase.steps)

    @cached_property
    def step_of(self) -> Mapping[str, Step]:
        """Every step by its id; of two that share one, the first."""
        return {step.id: step for step in reversed(self.steps)}


@dataclass(frozen=True, slots=True)
class Instant:
    """A dated fact from which clocks run; the cell records each one separately."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    definition: str
    kind: Literal["legal", "event"] = "legal"
    """``legal``: one of the six instants of the crisis. ``event``: happens only if it happens."""
    evidence: str = ""
    asks: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """What starts a duty's clock: an instant, or another duty having been sent."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    instant: str | None = None
    sent: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A deadline: raw elapsed hours, or calendar days or months in the establishment's zone."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    hours: int = 0
    days: int = 0
    months: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """A case of the text in which a duty is not due."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """Who must tell whom, by when, on which legal basis, and what is not certain about it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    ref: str
    title: str
    starts: Start | None
    """``None``: kept in view without a clock of its own."""
    nature: Literal["legal", "target", "contract", "immediate", "none"]
    """``legal``: figure in a statute. ``target``: figure of usage. ``contract``: the insurer's.
    ``immediate``: « sans délai » or alike, no figure in the text. ``none``: no clock at all."""
    wording: str
    """How the deadline reads in the text, in French (« 72 heures au plus tard »)."""
    role: str
    """Role that holds the duty; ``signer`` is the role that decides and signs."""
    signer: str
    recipient: str
    channel: str
    legal_basis: str
    within: Span | None = None
    watch: tuple[timedelta, ...] = ()
    """For duties without a figure: elapsed times at which the board insists (our proposal)."""
    bound: tuple[Status, ...] = ("eps", "espic", "clinique")
    only_if: tuple[str, ...] = ()
    """Flags of the establishment that must all be true (``ose``, ``oiv``, ``cyber_insurance``)."""
    disabled: bool = False
    in_force_from: date | None = None
    """A disabled duty wakes up on this date; ``None`` keeps it asleep."""
    owed_by: str = ""
    """Filled when somebody else owes it to the hospital (a processor, a supplier)."""
    opens: str | None = None
    """Duty that is to follow once this one is sent."""
    not_due_when: tuple[Condition, ...] = ()
    """Cases of the text in which it is not due; whoever decides so says which."""
    opinion: str = ""
    """Role whose opinion is kept beside the decision, and apart from it."""
    needs_outcome: bool = True
    """Whether closing the crisis asks for an outcome once the clock has started."""
    confidence: Literal["high", "medium", "low"] = "high"
    caveats: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    checked: date = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ErasureBasis:
    """A legal basis on which a text may be erased from the log."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    legal_basis: str
    help: str = ""
    """When it is the right one, in one sentence."""
    confidence: Literal["high", "medium", "low"] = "high"
    """Anything but ``high`` is shown as « à vérifier »."""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Obligations:
    """The duty table and the instants from which its clocks run."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    checked: date
    instants: tuple[Instant, ...]
    duties: tuple[Duty, ...]
    erasure_bases: tuple[ErasureBasis, ...] = ()
    """On which grounds a text may be erased from the log; without one, nothing is."""


@dataclass(frozen=True, slots=True)
class Role:
    """A seat in the crisis cell."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    cell: Literal["decision", "cyber", "care", "support", "informed"]
    first_hour: str
    approves: str = ""
    deputy: str = ""
    """Role that is called beside this one, and stands in for it."""
    holder: str = ""
    """Who usually holds it, by function (« directeur ou administrateur de garde »)."""
    may_erase: bool = False
    """Whether who holds it may ask for, confirm or refuse an erasure."""
    may_author: bool = False
    """Whether who holds it may publish a playbook, and have a crisis adopt a newer version."""
    asks: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """How bad it is, from 1."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Cell:
    """How a crisis cell is made: its seats and its scale of gravity."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    roles: tuple[Role, ...]
    levels: tuple[Level, ...]
    distinct: tuple[tuple[str, str], ...] = ()
    """Pairs of roles that one person should not hold together: a warning, never a refusal."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to invite, by Slack id."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str
    slack: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A site or a service of the establishment, or what it counts."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Application:
    """An application, and its place in the order of restart."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    name: str
    priority: int = 99
    """1 comes back first; several may share a place."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A number or an address to call."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    name: str
    phone: str = ""
    mail: str = ""
    note: str = ""
    confidence: Literal["high", "medium", "low"] = "high"
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Establishment:
    """This hospital: what decides which duties bind it, and who is invited."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str
    status: Status
    timezone: str
    flags: Mapping[str, bool] = field(default_factory=dict)
    """``ose``, ``oiv``, ``cyber_insurance``: unknown flags are false."""
    insurer_notice: timedelta | None = None
    """Notice delay of the cyber policy, when the contract gives one."""
    sites: tuple[Named, ...] = ()
    services: tuple[Named, ...] = ()
    applications: tuple[Application, ...] = ()
    counters: tuple[Named, ...] = ()
    """What is counted during a crisis: numbers only, never a person."""
    people: tuple[Person, ...] = ()
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a crisis runs on, copied into its opening entry."""

    playbook: Playbook
    obligations: Obligations
    cell: Cell
    establishment: Establishment
    sources: tuple[Source, ...] = ()

    def bare(self) -> "Plan":
        """The plan without the ways in which people ask for things: the library's, and long."""
        phases = tuple(
            replace(phase, steps=tuple(replace(step, asks=()) for step in phase.steps))
            for phase in self.playbook.phases
        )
        obligations = replace(
            self.obligations,
            instants=tuple(replace(one, asks=()) for one in self.obligations.instants),
            duties=tuple(replace(one, asks=()) for one in self.obligations.duties),
        )
        cell = replace(self.cell, roles=tuple(replace(one, asks=()) for one in self.cell.roles))
        playbook = replace(self.playbook, phases=phases)
        return replace(self, playbook=playbook, obligations=obligations, cell=cell)

    def step(self, step_id: str) -> Step | None:
        """The step of that id, or ``None``."""
        return self.playbook.step_of.get(step_id)

    def duty(self, duty_id: str) -> Duty | None:
        """The duty of that id, or ``None``."""
        return next((duty for duty in self.obligations.duties if duty.id == duty_id), None)

    def role(self, role_id: str) -> Role | None:
        """The role of that id, or ``None``."""
        return next((role for role in self.cell.roles if role.id == role_id), None)

    def instant(self, instant_id: str) -> Instant | None:
        """The instant of that id, or ``None``."""
        return next((one for one in self.obligations.instants if one.id == instant_id), None)

    def question(self, question_id: str) -> Question | None:
        """The question of that id, or ``None``."""
        return next((one for one in self.playbook.questions if one.id == question_id), None)
