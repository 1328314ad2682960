"""What a drill was worth: times against targets, what was missed or late, beside earlier drills.

Everything is computed from the crisis as the journal made it, on the clock of the scenario.  Real
crises are never counted: ``reviewed`` takes exercises that played a scenario, and nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.core import steps
from bot.core.crisis import Crisis
from bot.core.french import plural
from bot.core.scenario import Drill, Inject

Standing = Literal["met", "late", "missed", "pending", "judged", "unplayed", "void"]
#: Standings that count: the log can tell whether the target was kept.
MEASURED: tuple[Standing, ...] = ("met", "late", "missed")


@dataclass(frozen=True, slots=True)
class Target:
    """A target and what became of it; durations are times of the scenario."""

    what: str
    within: timedelta
    took: timedelta | None
    standing: Standing
    played: timedelta | None = None
    """For a reaction, when its inject was played."""
    inject: str = ""
    id: str = ""
    """Id of the step or of the inject: what the same target is found by in another drill."""

    @property
    def until(self) -> timedelta | None:
        """Until when a reaction was expected."""
        return self.played + self.within if self.played is not None else None


@dataclass(frozen=True, slots=True)
class Review:
    """One drill, reviewed at some instant."""

    crisis: Crisis
    drill: Drill
    began: datetime
    ended: datetime
    """When it ended, or the instant of the review while it goes on (UTC)."""
    reactions: tuple[Target, ...]
    steps: tuple[Target, ...]

    @property
    def counted(self) -> tuple[Target, ...]:
        """Every target of which the log can tell."""
        return tuple(one for one in (*self.reactions, *self.steps) if one.standing in MEASURED)

    @property
    def met(self) -> int:
        """How many of those were kept."""
        return sum(one.standing == "met" for one in self.counted)

    @property
    def over(self) -> bool:
        """Whether the drill has ended."""
        return self.drill.ended is not None or not self.crisis.is_open


def reviewed(crises: Iterable[Crisis], now: datetime) -> tuple[Review, ...]:
    """Every drill among these crises, the oldest first; crises and bare exercises are left out."""
    found = [review(one, now) for one in crises if one.exercise and one.drill is not None]
    return tuple(sorted(found, key=lambda one: one.began))


def review(crisis: Crisis, now: datetime) -> Review:
    """Review a drill at ``now`` (UTC); a crisis without a scenario is ``ValueError``."""
    drill = crisis.drill
    if drill is None:
        raise ValueError("no scenario was played")
    closed = crisis.closed.at if crisis.closed else now
    ended = drill.ended or closed
    return Review(
        crisis, drill, drill.paces[0].since, ended, reactions(crisis, ended), _steps(crisis, ended)
    )


def reactions(crisis: Crisis, now: datetime) -> tuple[Target, ...]:
    """What the cell was expected to do about each inject, in the order in which they came."""
    drill = crisis.drill
    if drill is None:
        return ()
    over = drill.ended is not None or not crisis.is_open
    asked = [one for one in drill.scenario.injects if one.expects is not None]
    found = [_reaction(one, crisis, drill, now, over=over) for one in asked]
    return tuple(sorted(found, key=lambda one: (one.played is None, one.played or one.within)))


def earlier(one: Review, all_of_them: Iterable[Review]) -> tuple[Review, ...]:
    """The drills that were over before this one began, the newest first."""
    past = [each for each in all_of_them if each.over and each.ended <= one.began]
    return tuple(sorted(past, key=lambda each: each.began, reverse=True))


def verdict(one: Review) -> str:
    """The whole drill in one sentence."""
    if not one.counted:
        return "Aucun objectif n'était mesurable."
    late = sum(each.standing == "late" for each in one.counted)
    missed = sum(each.standing == "missed" for each in one.counted)
    return (
        f"{plural(one.met, 'objectif tenu', 'objectifs tenus')} sur {len(one.counted)} ; "
        f"{late} en retard, {plural(missed, 'manqué')}."
    )


def _reaction(inject: Inject, crisis: Crisis, drill: Drill, now: datetime, *, over: bool) -> Target:
    expects = inject.expects
    if expects is None:
        raise ValueError("nothing is expected of this inject")
    played = drill.played.get(inject.id)
    if played is None:
        return Target(expects.what, expects.within, None, "unplayed", None, inject.title, inject.id)
    began = drill.elapsed(played.at)
    done = _done(inject, crisis, played.at)
    took = drill.elapsed(done) - began if done is not None else None
    standing: Standing = "judged"
    if expects.measured:
        waited = drill.elapsed(now) - began
        standing = _standing(took, expects.within, waited, over=over)
    return Target(expects.what, expects.within, took, standing, began, inject.title, inject.id)


def _done(inject: Inject, crisis: Crisis, played: datetime) -> datetime | None:
    """When the cell did what was expected (UTC): what was done before the inject is done at it."""
    expects = inject.expects
    if expects is None:
        return None
    moments: list[datetime] = []
    if expects.step and crisis.step(expects.step).status in steps.FINISHED:
        state = crisis.step(expects.step)
        moments += [max(state.at, played)] if state.at else []
    if expects.duty and expects.duty in crisis.duties:
        moments.append(max(crisis.duties[expects.duty].at, played))
    if expects.decision:
        decided = [one.recorded for one in crisis.lines if one.kind == "decision"]
        moments += sorted(one for one in decided if one >= played)[:1]
    return moments[0] if moments else None


def _standing(
    took: timedelta | None, within: timedelta, waited: timedelta, *, over: bool
) -> Standing:
    if took is not None:
        return "met" if took <= within else "late"
    return "missed" if waited > within or over else "pending"


def _steps(crisis: Crisis, ended: datetime) -> tuple[Target, ...]:
    """The steps whose target came within the drill, in the order of their targets."""
    drill = crisis.drill
    if drill is None:
        return ()
    length = drill.elapsed(ended)
    found = []
    for step in crisis.plan.playbook.steps:
        state = crisis.step(step.id)
        if step.within is None or (step.within > length and state.status != "done"):
            continue
        took = drill.elapsed(state.at) if state.status == "done" and state.at else None
        void = state.status == "skipped" or steps.applies(step, crisis) != "yes"
        standing: Standing = (
            "void" if void and took is None else _standing(took, step.within, length, over=True)
        )
        name = f"{step.ref} {step.title}".strip()
        found.append(Target(name, step.within, took, standing, id=step.id))
    return tuple(sorted(found, key=lambda one: one.within))
