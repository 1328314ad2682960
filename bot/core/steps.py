"""The rulebook of steps: take, assign, complete, set aside, block, reopen; answer questions.

Order is enforced where it protects something: a step cannot be completed before those that it
comes after are finished or set aside with a reason.  Taking a step early is free.  A step « à deux
personnes » is done when two different people have said so, of the same outcome.
"""

import difflib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal

from bot.core.crisis import (
    Actor,
    Agreement,
    Crisis,
    Fact,
    Stamp,
    StepState,
    require_open,
    require_text,
)
from bot.core.deadlines import binds
from bot.core.duties import DutySettled
from bot.core.french import clock
from bot.core.pairs import StepAgreed, first_agreement, same_outcome
from bot.core.playbook import Outcome, Step
from bot.errors import Refused

FINISHED = ("done", "skipped")
UNKNOWN = "inconnu"


def find(crisis: Crisis, wanted: str) -> Step:
    """The step of that id or number (``R05``), or ``Refused`` with the nearest name."""
    key = wanted.strip().casefold()
    for step in crisis.plan.playbook.steps:
        if key and key in (step.id.casefold(), step.ref.casefold()):
            return step
    near = difflib.get_close_matches(key, [one.id for one in crisis.plan.playbook.steps], n=1)
    hint = f" Vouliez-vous dire « {near[0]} » ?" if near else " Voyez « /crise étapes »."
    raise Refused(f"Étape inconnue : « {wanted[:60]} ».{hint}")


def applies(step: Step, crisis: Crisis) -> Literal["yes", "no", "unasked"]:
    """Whether the answers so far make the step apply; without an answer, « inconnu » counts.

    A step for establishments of another status never does.
    """
    if crisis.plan.establishment.status not in step.bound:
        return "no"
    unasked = False
    for question, wanted in step.when.items():
        answer = crisis.answers.get(question)
        if (answer or UNKNOWN) in wanted:
            continue
        if answer is not None:
            return "no"
        unasked = True
    return "unasked" if unasked else "yes"


def waits_for(step: Step, crisis: Crisis) -> tuple[Step, ...]:
    """Steps that must be finished first and are not; steps that do not apply hold nobody."""
    pending = []
    for before in step.after:
        found = crisis.plan.step(before)
        if found is None or crisis.step(before).status in FINISHED:
            continue
        if applies(found, crisis) == "yes":
            pending.append(found)
    return tuple(pending)


def _put(crisis: Crisis, step: str, state: StepState, stamp: Stamp) -> Crisis:
    return replace(crisis, steps={**crisis.steps, step: state}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class StepTaken:
    """Somebody took the step."""

    name: ClassVar[str] = "step_taken"
    step: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with its holder."""
        return _put(
            crisis, self.step, StepState("taken", stamp.actor, stamp.actor, stamp.at), stamp
        )


@dataclass(frozen=True, slots=True)
class StepAssigned:
    """The step was given to somebody."""

    name: ClassVar[str] = "step_assigned"
    step: str
    to: Actor

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with its new holder; a first agreement stands."""
        agreed = crisis.step(self.step).agreed
        state = StepState("taken", self.to, stamp.actor, stamp.at, agreed=agreed)
        return _put(crisis, self.step, state, stamp)


@dataclass(frozen=True, slots=True)
class StepCompleted:
    """The step is done."""

    name: ClassVar[str] = "step_completed"
    step: str
    outcome: str = ""
    evidence: str = ""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the step done."""
        holder = crisis.step(self.step).holder or stamp.actor
        state = StepState("done", holder, stamp.actor, stamp.at, self.evidence, self.outcome)
        return _put(crisis, self.step, state, stamp)


@dataclass(frozen=True, slots=True)
class StepSkipped:
    """The step does not apply here, for this reason."""

    name: ClassVar[str] = "step_skipped"
    step: str
    reason: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the step set aside."""
        state = StepState("skipped", None, stamp.actor, stamp.at, reason=self.reason)
        return _put(crisis, self.step, state, stamp)


@dataclass(frozen=True, slots=True)
class StepBlocked:
    """The step cannot go on, for this reason."""

    name: ClassVar[str] = "step_blocked"
    step: str
    reason: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the step blocked; its holder keeps it."""
        holder = crisis.step(self.step).holder
        state = StepState("blocked", holder, stamp.actor, stamp.at, reason=self.reason)
        return _put(crisis, self.step, state, stamp)


@dataclass(frozen=True, slots=True)
class StepReopened:
    """A finished or blocked step is to be done again, or a first agreement is withdrawn."""

    name: ClassVar[str] = "step_reopened"
    step: str
    reason: str = ""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the step to do, its holder kept."""
        holder = crisis.step(self.step).holder
        state = StepState("taken" if holder else "todo", holder, stamp.actor, stamp.at)
        return _put(crisis, self.step, state, stamp)


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """The cell answered a question of the playbook."""

    name: ClassVar[str] = "question_answered"
    question: str
    answer: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the answer."""
        return replace(
            crisis, answers={**crisis.answers, self.question: self.answer}, seq=stamp.seq
        )


def _refuse_finished(step: Step, crisis: Crisis) -> None:
    state = crisis.step(step.id)
    if state.status not in FINISHED:
        return
    word = "terminée" if state.status == "done" else "déclarée non applicable"
    by = state.by.name if state.by else "quelqu'un"
    at = f" à {clock(state.at, crisis.zone)}" if state.at else ""
    raise Refused(f"« {step.title} » est déjà {word} par {by}{at}. Rien n'a été changé.")


@dataclass(frozen=True, slots=True)
class TakeStep:
    """Take a step for oneself."""

    step: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the taking; a step held by somebody else is to be assigned instead."""
        require_open(crisis)
        step = find(crisis, self.step)
        _refuse_finished(step, crisis)
        state = crisis.step(step.id)
        if state.status == "taken" and state.holder and state.holder.id == actor.id:
            raise Refused(f"« {step.title} » est déjà à vous.")
        if state.status == "taken" and state.holder:
            raise Refused(
                f"« {step.title} » est déjà prise par {state.holder.name}. "
                "Pour la reprendre, utilisez « Confier »."
            )
        return (StepTaken(step.id),)


@dataclass(frozen=True, slots=True)
class AssignStep:
    """Give a step to somebody."""

    step: str
    to: Actor

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the assignment."""
        require_open(crisis)
        step = find(crisis, self.step)
        _refuse_finished(step, crisis)
        holder = crisis.step(step.id).holder
        if holder and holder.id == self.to.id and crisis.step(step.id).status == "taken":
            raise Refused(f"« {step.title} » est déjà confiée à {self.to.name}.")
        return (StepAssigned(step.id, self.to),)


@dataclass(frozen=True, slots=True)
class CompleteStep:
    """Say that a step is done, with its proof and, where there are several, how it ended.

    Of a step « à deux personnes » the first to say so agrees, and another one completes; what the
    second leaves empty is taken from the first.
    """

    step: str
    evidence: str = ""
    outcome: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the first agreement, or the completion and the settlement of the step's duty."""
        require_open(crisis)
        step = find(crisis, self.step)
        _refuse_finished(step, crisis)
        waiting = waits_for(step, crisis)
        if waiting:
            names = " ; ".join(f"« {one.title} »" for one in waiting)
            raise Refused(f"À finir d'abord : {names}. Sinon, déclarez-les non applicables.")
        first = first_agreement(step, crisis, actor)
        outcome = _outcome(step, self.outcome or (first.outcome if first else ""))
        same_outcome(step, outcome, first, crisis.zone)
        evidence = self._proven(step, outcome, first)
        label = outcome.label if outcome else ""
        if step.two_persons and first is None:
            return (StepAgreed(step.id, label, evidence),)
        done = StepCompleted(step.id, label, evidence)
        settled = _settled(step, outcome, evidence, crisis, now)
        return (done, *settled, *_whole_done(step, crisis))

    def _proven(self, step: Step, outcome: Outcome | None, first: Agreement | None) -> str:
        """The proof, one's own or else that of the first of two; refused where it must be given."""
        evidence = self.evidence.strip()
        if evidence:
            evidence = require_text(evidence, "la preuve")
        elif first is not None:
            evidence = first.evidence
        if outcome is not None and outcome.settles and step.duty and not evidence:
            asked = "la raison" if outcome.settles == "not_due" else "la preuve d'envoi"
            raise Refused(f"Indiquez {asked} : numéro d'accusé, heure d'appel ou motif.")
        return evidence


def _whole(step: Step, crisis: Crisis) -> Step | None:
    """The step that this one is a part of, once it was split."""
    under = next((one.under for one in crisis.additions if one.step.id == step.id), "")
    return crisis.plan.step(under) if under else None


def _whole_done(step: Step, crisis: Crisis) -> tuple[StepCompleted, ...]:
    """The completion of the whole with its last part, unless something is asked of the whole."""
    whole = _whole(step, crisis)
    if whole is None or crisis.step(whole.id).status in FINISHED:
        return ()
    if whole.duty or whole.two_persons or len(whole.outcomes) > 1:
        return ()
    if any(one.id != step.id for one in waits_for(whole, crisis)):
        return ()
    label = whole.outcomes[0].label if whole.outcomes else ""
    return (StepCompleted(whole.id, label, "Toutes ses parties sont finies."),)


def _settled(
    step: Step, outcome: Outcome | None, evidence: str, crisis: Crisis, now: datetime
) -> tuple[DutySettled, ...]:
    """The settlement of the duty that the step carries, when this outcome is one."""
    if outcome is None or outcome.settles is None or step.duty is None:
        return ()
    duty = crisis.plan.duty(step.duty)
    if duty is None or duty.id in crisis.duties or not binds(duty, crisis, now):
        return ()
    return (DutySettled(step.duty, outcome.settles, evidence),)


def _outcome(step: Step, wanted: str) -> Outcome | None:
    """The outcome of that label; required where the step offers several."""
    if not step.outcomes:
        return None
    for one in step.outcomes:
        if one.label.casefold() == wanted.strip().casefold():
            return one
    if len(step.outcomes) == 1 and not wanted.strip():
        return step.outcomes[0]
    labels = " ; ".join(f"« {one.label} »" for one in step.outcomes)
    raise Refused(f"Précisez l'issue de « {step.title} » : {labels}.")


@dataclass(frozen=True, slots=True)
class SkipStep:
    """Set a step aside, with a reason."""

    step: str
    reason: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the setting aside; never without a reason."""
        require_open(crisis)
        step = find(crisis, self.step)
        _refuse_finished(step, crisis)
        return (StepSkipped(step.id, require_text(self.reason, "la raison")),)


@dataclass(frozen=True, slots=True)
class BlockStep:
    """Say that a step cannot go on, with a reason."""

    step: str
    reason: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the blockage; never without a reason."""
        require_open(crisis)
        step = find(crisis, self.step)
        _refuse_finished(step, crisis)
        return (StepBlocked(step.id, require_text(self.reason, "la raison du blocage")),)


@dataclass(frozen=True, slots=True)
class ReopenStep:
    """Put a finished or blocked step back to do, or withdraw the first of two agreements."""

    step: str
    reason: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the reopening; a step that is still to do is refused."""
        require_open(crisis)
        step = find(crisis, self.step)
        state = crisis.step(step.id)
        if state.status not in (*FINISHED, "blocked") and state.agreed is None:
            raise Refused(f"« {step.title} » est encore à faire : il n'y a rien à rouvrir.")
        whole = _whole(step, crisis)
        also = whole is not None and crisis.step(whole.id).status == "done"
        names = (step.id, whole.id) if whole is not None and also else (step.id,)
        return tuple(StepReopened(name, self.reason.strip()[:3000]) for name in names)


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """Answer a question of the playbook."""

    question: str
    answer: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the answer; an unknown question, choice or an unchanged answer is refused."""
        require_open(crisis)
        question = crisis.plan.question(self.question)
        if question is None:
            raise Refused(f"Question inconnue : « {self.question[:60]} ».")
        if self.answer not in question.choices:
            choices = ", ".join(question.choices)
            raise Refused(f"Réponse inattendue. Réponses possibles : {choices}.")
        if crisis.answers.get(question.id) == self.answer:
            raise Refused(f"La réponse est déjà « {self.answer} ».")
        return (QuestionAnswered(question.id, self.answer),)
