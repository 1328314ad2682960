"""Steps on the spot: add one, split one into parts, have somebody outside the cell do one.

An added step lives like any other: taken, done, blocked, set aside, reopened by the same words.
A step that was split waits for its parts and, where it asks for nothing of its own (no duty, no
choice of outcome, no second person), is done with the last of them.

Somebody outside has no account: the text for them is made here, and forwarded by who entrusts it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.core.board import target_of
from bot.core.crisis import (
    Actor,
    Crisis,
    Fact,
    Stamp,
    StepState,
    require_open,
    require_text,
)
from bot.core.french import clock, day_clock
from bot.core.parts import Addition, extended, prefix
from bot.core.people import find_role
from bot.core.playbook import Plan, Step
from bot.core.steps import FINISHED, find
from bot.errors import Refused

LONGEST_TITLE: Final = 120
_LONGEST_TEXT: Final = 1000
_LONGEST_NAME: Final = 120
#: Parts into which one step is split at once, and added steps in one crisis.
MOST_PARTS: Final = 8
_MOST: Final = 99
_FEWEST_PARTS: Final = 2
OUTSIDE: Final = "hors cellule"
"""The role of somebody who has no account and does a step all the same."""


@dataclass(frozen=True, slots=True)
class StepAdded:
    """The cell added a step to its plan."""

    name: ClassVar[str] = "step_added"
    step: str
    """Its id, which is its number too: ``A01``."""
    title: str
    role: str = ""
    due: datetime | None = None
    """Our own target (UTC), never a legal deadline."""
    text: str = ""

    def additions(self, _: Plan, within: timedelta | None = None) -> tuple[Addition, ...]:
        """The step as the plan holds it; ``within`` is its target as targets are counted."""
        return (Addition(Step(self.step, self.title, self.role, self.text, self.step, within)),)

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the step in its plan."""
        within = _counted(self.due, crisis, stamp.at) if self.due else None
        return _with(crisis, self.additions(crisis.plan, within), stamp)


def _counted(due: datetime, crisis: Crisis, at: datetime) -> timedelta:
    """A target (UTC) from the opening or, in a drill, on the clock of its scenario."""
    if crisis.drill is None:
        return due - crisis.opened_at
    return crisis.drill.elapsed(at) + (due - at) * crisis.drill.speed


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a step that was split."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class StepSplit:
    """A step was split into parts, each of which is a step of its own."""

    name: ClassVar[str] = "step_split"
    step: str
    parts: tuple[Part, ...]

    def additions(self, plan: Plan) -> tuple[Addition, ...]:
        """The parts as the plan holds them: as the whole is, without what is asked of it alone."""
        whole = plan.step(self.step) or Step(self.step, self.step, "", "")
        known = {one.id for one in plan.playbook.steps if one.id.startswith(f"{prefix(whole)}.")}
        after = tuple(one for one in whole.after if one not in known)
        return tuple(
            Addition(
                Step(
                    one.id,
                    one.title,
                    whole.role,
                    "",
                    one.id,
                    whole.within,
                    after,
                    whole.when,
                    bound=whole.bound,
                ),
                self.step,
            )
            for one in self.parts
        )

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the parts in its plan."""
        return _with(crisis, self.additions(crisis.plan), stamp)


@dataclass(frozen=True, slots=True)
class StepEntrusted:
    """A step was entrusted to somebody outside the cell; ``text`` is what they are asked."""

    name: ClassVar[str] = "step_entrusted"
    step: str
    to: str
    text: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with somebody outside holding the step; a first agreement stands."""
        agreed = crisis.step(self.step).agreed
        holder = Actor("", self.to, OUTSIDE)
        state = StepState("taken", holder, stamp.actor, stamp.at, agreed=agreed)
        return replace(crisis, steps={**crisis.steps, self.step: state}, seq=stamp.seq)


def grown(plan: Plan, fact: Fact) -> Plan:
    """The plan after a fact of here, for who reads names in it; targets are left out."""
    if isinstance(fact, StepAdded | StepSplit):
        return extended(plan, fact.additions(plan))
    return plan


def _with(crisis: Crisis, additions: tuple[Addition, ...], stamp: Stamp) -> Crisis:
    return replace(
        crisis,
        plan=extended(crisis.plan, additions),
        additions=(*crisis.additions, *additions),
        seq=stamp.seq,
    )


@dataclass(frozen=True, slots=True)
class AddStep:
    """Add a step: title, role (empty: whoever can), target (UTC), details."""

    title: str
    role: str = ""
    due: datetime | None = None
    text: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the addition; refuse an unknown role, a past target and a title that is taken."""
        require_open(crisis)
        title = _titled(self.title, "le titre de l'étape", crisis)
        role = find_role(crisis, self.role).id if self.role.strip() else ""
        if self.due is not None and self.due <= now:
            raise Refused("Cet objectif est déjà passé. Donnez une heure à venir.")
        text = require_text(self.text, "le détail", _LONGEST_TEXT) if self.text.strip() else ""
        return (StepAdded(_number(crisis), title, role, self.due, text),)


def _titled(title: str, what: str, crisis: Crisis) -> str:
    """The title in one line; refused when empty, too long, or that of a step still to do."""
    cleaned = require_text(" ".join(title.split()), what, LONGEST_TITLE)
    for one in crisis.plan.playbook.steps:
        if (
            one.title.casefold() == cleaned.casefold()
            and crisis.step(one.id).status not in FINISHED
        ):
            raise Refused(f"Cette étape existe déjà : « {one.ref} {one.title} ».")
    return cleaned


def _number(crisis: Crisis) -> str:
    """The first free number for an added step: ``A01``."""
    taken = {name for one in crisis.plan.playbook.steps for name in (one.id, one.ref)}
    free = (f"A{number:02d}" for number in range(1, _MOST + 1))
    found = next((one for one in free if one not in taken), None)
    if found is None:
        raise Refused(f"Il y a déjà {_MOST} étapes ajoutées : c'est trop pour être suivi.")
    return found


@dataclass(frozen=True, slots=True)
class SplitStep:
    """Split a step into parts, each by its title."""

    step: str
    parts: tuple[str, ...]

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the splitting; refuse a finished step, a part of one, too few or too many."""
        require_open(crisis)
        step = find(crisis, self.step)
        if crisis.step(step.id).status in FINISHED:
            raise Refused(f"« {step.title} » est finie : il n'y a rien à découper.")
        if any(one.step.id == step.id and one.under for one in crisis.additions):
            raise Refused(
                f"« {step.title} » est déjà une partie d'étape : ajoutez plutôt une étape."
            )
        titles = [one for one in self.parts if one.strip()]
        if not _FEWEST_PARTS <= len(titles) <= MOST_PARTS:
            raise Refused(f"Donnez de {_FEWEST_PARTS} à {MOST_PARTS} parties, séparées par « ; ».")
        if len({one.strip().casefold() for one in titles}) < len(titles):
            raise Refused("Deux parties portent le même titre. Distinguez-les.")
        return (StepSplit(step.id, tuple(_parts(step, titles, crisis))),)


def _parts(step: Step, titles: list[str], crisis: Crisis) -> Iterator[Part]:
    """The parts with their numbers, ``R05.1``, after those that there are already."""
    first = 1 + sum(one.under == step.id for one in crisis.additions)
    for number, title in enumerate(titles, first):
        yield Part(f"{prefix(step)}.{number}", _titled(title, "le titre d'une partie", crisis))


@dataclass(frozen=True, slots=True)
class EntrustStep:
    """Have somebody outside the cell do a step: who, and what more they are to know."""

    step: str
    to: str
    more: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the entrusting with the text to forward; refuse a finished step, or nobody."""
        require_open(crisis)
        step = find(crisis, self.step)
        state = crisis.step(step.id)
        if state.status in FINISHED:
            word = "terminée" if state.status == "done" else "déclarée non applicable"
            raise Refused(f"« {step.title} » est déjà {word}. Rien n'a été changé.")
        to = require_text(" ".join(self.to.split()), "à qui la confier", _LONGEST_NAME)
        more = require_text(self.more, "la demande", _LONGEST_TEXT) if self.more.strip() else ""
        return (StepEntrusted(step.id, to, _letter(step, more, crisis, actor, now)),)


def _letter(step: Step, more: str, crisis: Crisis, actor: Actor, now: datetime) -> str:
    """What somebody outside is asked: nothing on the crisis but what the step needs."""
    house = crisis.plan.establishment.name
    lines = [
        "EXERCICE : rien de réel." if crisis.exercise else "",
        f"{house} : demande de la cellule de crise.",
        _ended(f"À faire : {step.title}"),
        _ended(more),
        _before(step, crisis, now),
        _ended(f"À ne jamais faire : {step.never}") if step.never else "",
        f"Quand c'est fait, dites-le à {actor.name}, avec l'heure.",
        "N'envoyez aucune identité de patient.",
    ]
    return "\n".join(one for one in lines if one)


def _ended(text: str) -> str:
    """The sentence with its full stop: the log reads the whole text as one line."""
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."


def _before(step: Step, crisis: Crisis, now: datetime) -> str:
    """Our target for the step, while it lies ahead."""
    due = target_of(step, crisis, now)
    if due is None or due <= now:
        return "Dès que possible."
    near = (due - now).days < 1
    return f"Avant {(clock if near else day_clock)(due, crisis.zone)}."
