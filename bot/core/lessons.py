"""What closed crises taught of each step: how long it really took, how often it stuck, and why.

Crises and exercises are counted apart, always: nobody is hurried by a clock of exercise, nor
reassured by one.  A crisis that is still open teaches nothing yet.  Durations run from the opening,
as our targets do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Final

from bot.core.crisis import Crisis, Fact, Stamp
from bot.core.french import plural, span
from bot.core.steps import StepBlocked, StepCompleted, StepReopened, StepSkipped

#: Reasons that are quoted, and characters of each.
_QUOTED: Final = 3
_LONGEST: Final = 200
#: A median further from the target than this many times is worth another target.
_FAR: Final = 1.5
_ROUND: Final = (5, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 4320)
"""Targets that a person would write, in minutes."""

History = Iterable[tuple[Fact, Stamp]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What some crises taught of one step."""

    step: str
    crises: int
    """How many crises had it in their plan and are over."""
    times: tuple[timedelta, ...] = ()
    """From the opening to its end, where it was done, the quickest first."""
    late: int = 0
    """How often it was done after the target that it had then."""
    skipped: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    """The reasons given, one a time."""

    @property
    def usual(self) -> timedelta | None:
        """The median time; ``None`` when it was never done."""
        seconds = [one.total_seconds() for one in self.times]
        return timedelta(seconds=median(seconds)) if seconds else None


@dataclass(slots=True)
class _Notes:
    """What is being counted of one step."""

    crises: int
    times: list[timedelta]
    late: int
    skipped: list[str]
    blocked: list[str]


def lessons(
    lived: Iterable[tuple[Crisis, History]], *, exercises: bool = False
) -> Mapping[str, Lesson]:
    """The lessons of these crises by step; of the exercises among them when asked, never both."""
    held: dict[str, _Notes] = {}
    for crisis, history in lived:
        if crisis.closed is None or crisis.exercise != exercises:
            continue
        for one in crisis.plan.playbook.steps:
            held.setdefault(one.id, _Notes(0, [], 0, [], [])).crises += 1
        _count(crisis, history, held)
    return {
        step: Lesson(
            step,
            one.crises,
            tuple(sorted(one.times)),
            one.late,
            tuple(one.skipped),
            tuple(one.blocked),
        )
        for step, one in held.items()
    }


def _count(crisis: Crisis, history: History, held: Mapping[str, _Notes]) -> None:
    """Add what one crisis lived; of a step done again, its last end counts."""
    ends, skips = _ends(crisis, history, held)
    for step, spent in ends.items():
        known = crisis.plan.step(step)
        held[step].times.append(spent)
        held[step].late += bool(known and known.within and spent > known.within)
    for step, reason in skips.items():
        held[step].skipped.append(reason)


def _ends(
    crisis: Crisis, history: History, held: Mapping[str, _Notes]
) -> tuple[Mapping[str, timedelta], Mapping[str, str]]:
    """When each step was done and why each was set aside, at the end; blockages are noted."""
    ends: dict[str, timedelta] = {}
    skips: dict[str, str] = {}
    for fact, stamp in history:
        step = str(getattr(fact, "step", ""))
        if step not in held:
            continue
        if isinstance(fact, StepBlocked):
            held[step].blocked.append(fact.reason)
        if isinstance(fact, StepCompleted | StepSkipped | StepReopened):
            ends.pop(step, None)
            skips.pop(step, None)
        if isinstance(fact, StepCompleted):
            ends[step] = stamp.at - crisis.opened_at
        if isinstance(fact, StepSkipped):
            skips[step] = fact.reason
    return ends, skips


def told(lesson: Lesson, target: timedelta | None, *, exercises: bool = False) -> tuple[str, ...]:
    """What a lesson says, in French sentences; nothing when nothing happened to the step.

    ``target`` is what the playbook says today.
    """
    if not (lesson.times or lesson.skipped or lesson.blocked):
        return ()
    word = "exercice" if exercises else "crise"
    found = [f"{plural(lesson.crises, word)} : {_spent(lesson, target)}."]
    for count, word in (
        (lesson.skipped, "écartée"),
        (lesson.blocked, "bloquée"),
    ):
        if count:
            found.append(f"{word.capitalize()} {len(count)} fois : {_reasons(count)}.")
    advice = proposal(lesson, target)
    return (*found, *([advice] if advice else []))


def _spent(lesson: Lesson, target: timedelta | None) -> str:
    usual = lesson.usual
    if usual is None:
        return "jamais faite"
    aim = f", objectif {span(target)}" if target else ""
    if len(lesson.times) == 1:
        return f"faite {span(usual)} après l'ouverture{aim}"
    ends = f"de {span(lesson.times[0])} à {span(lesson.times[-1])}"
    return f"faite {span(usual)} après l'ouverture (médiane, {ends}){aim}"


def _reasons(given: Sequence[str]) -> str:
    told = [f"« {' '.join(one.split())[:_LONGEST]} »" for one in dict.fromkeys(given)]
    more = len(told) - _QUOTED
    return " ; ".join(told[:_QUOTED]) + (f" et {plural(more, 'autre')}" if more > 0 else "")


def proposal(lesson: Lesson, target: timedelta | None) -> str:
    """What the authors could change, in one sentence; empty when nothing calls for it."""
    usual = lesson.usual
    if lesson.blocked:
        return "À prévoir : un recours si c'est impossible, d'après les blocages."
    if usual is not None and target is not None and usual > target * _FAR:
        return f"À revoir : objectif de {span(target)}, tenable plutôt en {span(_rounded(usual))}."
    if lesson.skipped and len(lesson.skipped) * 2 > lesson.crises:
        return "À revoir : écartée plus d'une fois sur deux, condition à préciser."
    return ""


def _rounded(spent: timedelta) -> timedelta:
    """The first usual target that is not shorter; whole days past the last one."""
    minutes = spent / timedelta(minutes=1)
    fitting = next((one for one in _ROUND if one >= minutes), None)
    return timedelta(minutes=fitting) if fitting else timedelta(days=-(-spent // timedelta(days=1)))
