"""Steps that the cell added to its plan: where each goes, and the plan with them.

An added step is a step of the playbook's own shape, so that all that knows steps knows it.  One
that stands alone goes to a phase of its own, after the others; a part of a step that was split
goes right behind it, and the whole then waits for its parts.

Not here: who may add what, and how it is recorded (``adhoc``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from bot.core.playbook import Phase, Plan, Step

ADDED: Final = Phase("etapes-ajoutees", "Étapes ajoutées", ())
"""The phase of the steps that the cell added; part of a plan only once there is one."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A step that the cell added; ``under`` is the step that it is a part of, if any."""

    step: Step
    under: str = ""


def extended(plan: Plan, additions: Iterable[Addition]) -> Plan:
    """The plan with these steps; a part whose whole is not in the plan stands alone."""
    phases = list(plan.playbook.phases)
    for one in additions:
        at = next(
            (n for n, phase in enumerate(phases) if any(s.id == one.under for s in phase.steps)), -1
        )
        if at >= 0:
            phases[at] = _behind(phases[at], one)
            continue
        if phases and phases[-1].id == ADDED.id:
            phases[-1] = replace(phases[-1], steps=(*phases[-1].steps, one.step))
        else:
            phases.append(replace(ADDED, steps=(one.step,)))
    return replace(plan, playbook=replace(plan.playbook, phases=tuple(phases)))


def _behind(phase: Phase, one: Addition) -> Phase:
    """The phase with this part behind its whole and the parts before it; the whole waits for it."""
    steps = [
        replace(step, after=(*step.after, one.step.id)) if step.id == one.under else step
        for step in phase.steps
    ]
    whole = next(n for n, step in enumerate(steps) if step.id == one.under)
    end = whole + 1
    while end < len(steps) and steps[end].id.startswith(f"{prefix(steps[whole])}."):
        end += 1
    return replace(phase, steps=(*steps[:end], one.step, *steps[end:]))


def prefix(whole: Step) -> str:
    """What the number of each part of a step begins with: its number, or its id without one."""
    return whole.ref or whole.id


def written(plan: Plan, additions: Iterable[Addition]) -> Plan:
    """The plan as its authors wrote it: without these steps."""
    gone = {one.step.id for one in additions}
    if not gone:
        return plan
    phases = tuple(
        replace(
            phase, steps=tuple(_alone(step, gone) for step in phase.steps if step.id not in gone)
        )
        for phase in plan.playbook.phases
        if phase.id != ADDED.id
    )
    return replace(plan, playbook=replace(plan.playbook, phases=phases))


def _alone(step: Step, gone: set[str]) -> Step:
    """The step without the parts that it waits for."""
    if gone.isdisjoint(step.after):
        return step
    return replace(step, after=tuple(one for one in step.after if one not in gone))
