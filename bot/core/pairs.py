"""The two-person rule: a step that says so is done when two people have said so.

The first « C'est fait » is recorded as an agreement; another person completes, of the same outcome.
The completion itself, and what withdraws an agreement, are with the other rules of steps.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from bot.core.crisis import Actor, Agreement, Crisis, Stamp, StepState
from bot.core.french import clock
from bot.core.playbook import Outcome, Step
from bot.errors import Refused


@dataclass(frozen=True, slots=True)
class StepAgreed:
    """The first of two people said that the step is done."""

    name: ClassVar[str] = "step_agreed"
    step: str
    outcome: str = ""
    evidence: str = ""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with this agreement; once its author is erased it counts no more."""
        holder = crisis.step(self.step).holder or stamp.actor
        agreed = Agreement(stamp.actor, stamp.at, self.outcome, self.evidence)
        state = StepState("taken", holder, stamp.actor, stamp.at)
        if not stamp.erased_by:
            state = replace(state, agreed=agreed)
        return replace(crisis, steps={**crisis.steps, self.step: state}, seq=stamp.seq)


def first_agreement(step: Step, crisis: Crisis, actor: Actor) -> Agreement | None:
    """What the first of two said of the step, if it takes two; refused to that same person."""
    first = crisis.step(step.id).agreed if step.two_persons else None
    if first is not None and first.by.id == actor.id:
        raise Refused(
            f"Votre accord est déjà noté, à {clock(first.at, crisis.zone)}. "
            f"« {step.title} » se termine à deux : une autre personne doit confirmer."
        )
    return first


def same_outcome(step: Step, outcome: Outcome | None, first: Agreement | None, zone: str) -> None:
    """Refuse a second person who says that the step ended otherwise than the first one said."""
    if first is None or outcome is None or outcome.label == first.outcome:
        return
    raise Refused(
        f"{first.by.name} a donné son accord pour « {first.outcome} » à {clock(first.at, zone)}. "
        "Accordez-vous, ou retirez ce premier accord : "
        f"« /crise refaire {step.ref or step.id} »."
    )
