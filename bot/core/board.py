"""What the room should see of a crisis, as plain data: where we stand, what is late, what next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.core import steps
from bot.core.crisis import Actor, Crisis, StepState
from bot.core.deadlines import Deadline, deadlines
from bot.core.playbook import Person, Phase, Question, Role, Step

Standing = Literal["todo", "taken", "done", "skipped", "blocked", "waiting", "unasked", "void"]

#: A step in one of these states is something that a person can do now.
ACTIONABLE = ("todo", "taken")


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as it stands: ``due`` is our own target (UTC), never a legal deadline."""

    step: Step
    state: StepState
    standing: Standing
    due: datetime | None
    late: bool
    waits_for: tuple[Step, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether nobody has anything left to do on it."""
        return self.standing in ("done", "skipped", "void")


@dataclass(frozen=True, slots=True)
class PhaseView:
    """One phase: its steps and how many are finished, counting those that apply."""

    phase: Phase
    steps: tuple[StepView, ...]

    @property
    def total(self) -> int:
        """Number of steps that apply."""
        return sum(one.standing != "void" for one in self.steps)

    @property
    def finished(self) -> int:
        """Number of those that are done or set aside."""
        return sum(one.standing in ("done", "skipped") for one in self.steps)


@dataclass(frozen=True, slots=True)
class Seat:
    """A role, who holds it, and who is expected to from the establishment's file."""

    role: Role
    holders: tuple[Actor, ...]
    expected: tuple[Person, ...]
    away: frozenset[str] = frozenset()
    """Slack ids of who is not to be had."""


@dataclass(frozen=True, slots=True)
class Board:
    """The state of the crisis at a glance, at the instant ``at`` (UTC)."""

    crisis: Crisis
    at: datetime
    phases: tuple[PhaseView, ...]
    deadlines: tuple[Deadline, ...]
    seats: tuple[Seat, ...]
    questions: tuple[tuple[Question, str], ...]
    """Each question of the playbook with its answer, empty while there is none."""

    @property
    def steps(self) -> tuple[StepView, ...]:
        """Every step, in order."""
        return tuple(step for phase in self.phases for step in phase.steps)

    @property
    def under_way(self) -> Phase | None:
        """The first phase with something left to do; ``None`` when all is done."""
        return next((one.phase for one in self.phases if one.finished < one.total), None)

    @property
    def late(self) -> tuple[StepView, ...]:
        """Steps past our target."""
        return tuple(one for one in self.steps if one.late)

    @property
    def blocked(self) -> tuple[StepView, ...]:
        """Steps that somebody declared blocked."""
        return tuple(one for one in self.steps if one.standing == "blocked")

    @property
    def half_agreed(self) -> tuple[StepView, ...]:
        """Steps that one person called done and that a second one must confirm."""
        return tuple(one for one in self.steps if one.state.agreed and not one.finished)

    @property
    def unassigned(self) -> tuple[StepView, ...]:
        """Steps that could start and that nobody has taken."""
        return tuple(
            one for one in self.steps if one.standing == "todo" and one.state.holder is None
        )

    @property
    def next_three(self) -> tuple[StepView, ...]:
        """The three things to do now: by target time, then by the order of the playbook.

        Steps without a target come last.
        """
        ready = [one for one in self.steps if one.standing in ACTIONABLE]
        horizon = max((one.due for one in ready if one.due), default=self.at)
        return tuple(sorted(ready, key=lambda one: (one.due is None, one.due or horizon))[:3])

    @property
    def pressing(self) -> tuple[Deadline, ...]:
        """Duties that run and have no outcome, the most urgent first.

        What is late, then the nearest moment: the deadline where the text gives a figure, else
        when the board is to insist (« sans délai » thus comes before 72 hours); then the rest.
        """
        running = [one for one in self.deadlines if one.started and not one.settled]

        def urgency(one: Deadline) -> tuple[bool, bool, datetime]:
            return one.state != "late", one.moment is None, one.moment or self.at

        return tuple(sorted(running, key=urgency))


def board(crisis: Crisis, now: datetime) -> Board:
    """Compute the board at ``now`` (UTC)."""
    return Board(
        crisis=crisis,
        at=now,
        phases=tuple(
            PhaseView(phase, tuple(view(step, crisis, now) for step in phase.steps))
            for phase in crisis.plan.playbook.phases
        ),
        deadlines=deadlines(crisis, now),
        seats=_seats(crisis),
        questions=tuple(
            (question, crisis.answers.get(question.id, ""))
            for question in crisis.plan.playbook.questions
        ),
    )


def view(step: Step, crisis: Crisis, now: datetime) -> StepView:
    """One step as it stands at ``now``."""
    state = crisis.step(step.id)
    waits = steps.waits_for(step, crisis)
    standing = _standing(step, state, crisis, waits=bool(waits))
    due = target_of(step, crisis, now)
    open_still = standing in ("todo", "taken", "blocked", "waiting")
    late = open_still and due is not None and now > due
    return StepView(step, state, standing, due, late, waits)


def target_of(step: Step, crisis: Crisis, now: datetime) -> datetime | None:
    """Our target for a step (UTC); a drill's runs on the clock of its scenario."""
    if step.within is None:
        return None
    drill = crisis.drill
    return drill.moment(step.within, now) if drill else crisis.opened_at + step.within


def _standing(step: Step, state: StepState, crisis: Crisis, *, waits: bool) -> Standing:
    if state.status in ("done", "skipped", "blocked"):
        return state.status
    applies = steps.applies(step, crisis)
    if applies == "no":
        return "void"
    if waits:
        return "waiting"
    if applies == "unasked":
        return "unasked"
    return state.status


def _seats(crisis: Crisis) -> tuple[Seat, ...]:
    people = crisis.plan.establishment.people
    return tuple(
        Seat(
            role,
            crisis.roles.get(role.id, ()),
            tuple(one for one in people if role.id in one.roles),
            frozenset(crisis.away),
        )
        for role in crisis.plan.cell.roles
    )
