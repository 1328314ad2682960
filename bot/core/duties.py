"""Settle a duty, take the settlement back, and remind of it.

A duty ends as sent (with its proof), not due (with its reason) or replaced by another one.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from bot.core.crisis import (
    Actor,
    Command,
    Crisis,
    DutyState,
    Fact,
    Opinion,
    Stamp,
    require_open,
    require_text,
)
from bot.core.deadlines import Deadline, binds, deadline, deadlines, is_late
from bot.core.files import SharedFile, carried
from bot.core.playbook import Duty, Settlement
from bot.errors import Refused

#: Case of « not due » that the file does not list; its reason is then in words.
OTHER_CASE = "autre"
#: Time before the deadline at which the holder is reminded, when the span leaves room for it.
BEFORE = (timedelta(hours=24), timedelta(hours=6), timedelta(hours=1))
#: Time after it.  Late is still due, so the reminders go on, ever more rarely.
AFTER = (timedelta(0), timedelta(hours=6), timedelta(hours=24), timedelta(hours=72))


@dataclass(frozen=True, slots=True)
class DutySettled:
    """A duty has an outcome."""

    name: ClassVar[str] = "duty_settled"
    duty: str
    settlement: Settlement
    proof: str
    condition: str = ""
    """Id of the case in which it is not due, or free words where the file lists none."""
    decided_by: str = ""
    """Who decided, when it is not who wrote it down."""
    replaced_by: str = ""
    receipts: tuple[SharedFile, ...] = ()
    """Files that prove it; their bytes are hashed by an entry of their own."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the duty settled."""
        state = DutyState(
            self.settlement,
            stamp.at,
            stamp.actor,
            self.proof,
            self.condition,
            self.decided_by,
            self.replaced_by,
            tuple(one.id for one in self.receipts),
        )
        return replace(
            crisis,
            duties={**crisis.duties, self.duty: state},
            files=carried(crisis, self.receipts, stamp),
            seq=stamp.seq,
        )


@dataclass(frozen=True, slots=True)
class DutyReopened:
    """The outcome of a duty was taken back."""

    name: ClassVar[str] = "duty_reopened"
    duty: str
    reason: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the duty standing again."""
        left = {key: value for key, value in crisis.duties.items() if key != self.duty}
        return replace(crisis, duties=left, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class OpinionGiven:
    """The one who advises on a duty wrote an opinion: advice, not the decision."""

    name: ClassVar[str] = "opinion_given"
    duty: str
    text: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the opinion, the last one on this duty."""
        opinion = Opinion(self.text, stamp.actor, stamp.at, stamp.seq)
        return replace(crisis, opinions={**crisis.opinions, self.duty: opinion}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class DelayExplained:
    """Why a duty is or was late: the reasons that go with what is sent."""

    name: ClassVar[str] = "delay_explained"
    duty: str
    text: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the reasons."""
        return replace(crisis, delays={**crisis.delays, self.duty: self.text}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class ReminderRaised:
    """A duty is to be recalled to its holder now; ``key`` is raised once."""

    name: ClassVar[str] = "reminder_raised"
    key: str
    duty: str
    due: datetime | None

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the reminder raised."""
        return replace(crisis, reminders=crisis.reminders | {self.key}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class SettleDuty:
    """Give a duty its outcome, with the proof or the reason.

    ``opinion`` and ``late`` are what the adviser thinks and why it is late, when they come along:
    each is an entry of its own.
    """

    duty: str
    settlement: Settlement
    proof: str
    condition: str = ""
    decided_by: str = ""
    replaced_by: str = ""
    receipts: tuple[SharedFile, ...] = ()
    opinion: str = ""
    late: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the settlement; refuse an unknown, foreign or already settled duty."""
        duty = _standing_duty(self.duty, crisis, now)
        if duty.id in crisis.duties:
            by = crisis.duties[duty.id].by.name
            raise Refused(f"« {duty.title} » a déjà une issue, donnée par {by}.")
        self._consistent(duty, crisis)
        settled = DutySettled(
            duty.id,
            self.settlement,
            self._proven(),
            self.condition,
            self.decided_by.strip()[:200],
            self.replaced_by,
            self.receipts,
        )
        beside: list[Command] = []
        if self.opinion.strip():
            beside.append(GiveOpinion(duty.id, self.opinion))
        if self.late.strip():
            beside.append(ExplainDelay(duty.id, self.late))
        facts = [fact for one in beside for fact in one.decide(crisis, actor, now)]
        return (*facts, settled)

    def _proven(self) -> str:
        """The proof or the reason; a receipt that is a file needs no words."""
        if self.receipts and not self.proof.strip():
            return ", ".join(one.name for one in self.receipts)
        what = {
            "sent": "la preuve (numéro, heure, nom)",
            "not_due": "la raison",
            "replaced": "ce qui la remplace",
        }
        return require_text(self.proof, what[self.settlement])

    def _consistent(self, duty: Duty, crisis: Crisis) -> None:
        """Refuse a case that the file does not list, or a replacement that does not exist."""
        cases = {one.id for one in duty.not_due_when}
        if self.condition and cases and self.condition not in cases | {OTHER_CASE}:
            raise Refused(f"Cas inconnu pour « {duty.title} » : « {self.condition[:60]} ».")
        if self.replaced_by and crisis.plan.duty(self.replaced_by) is None:
            raise Refused(f"Obligation inconnue : « {self.replaced_by[:60]} ».")


@dataclass(frozen=True, slots=True)
class GiveOpinion:
    """Write the opinion of who advises on a duty."""

    duty: str
    text: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the opinion; refuse an unknown duty, an empty or oversized text."""
        duty = _standing_duty(self.duty, crisis, now)
        return (OpinionGiven(duty.id, require_text(self.text, "l'avis")),)


@dataclass(frozen=True, slots=True)
class ExplainDelay:
    """Write why a duty is late."""

    duty: str
    text: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the reasons; refuse an unknown duty and one that is in time."""
        duty = _standing_duty(self.duty, crisis, now)
        if not is_late(deadline(duty, crisis, now)):
            raise Refused(f"« {duty.title} » n'est pas en retard.")
        return (DelayExplained(duty.id, require_text(self.text, "les raisons du retard")),)


def _standing_duty(duty_id: str, crisis: Crisis, now: datetime) -> Duty:
    """The duty of that id that binds this crisis; refused otherwise."""
    require_open(crisis)
    duty = crisis.plan.duty(duty_id)
    if duty is None or not binds(duty, crisis, now):
        raise Refused(f"Obligation inconnue ou sans objet ici : « {duty_id[:60]} ».")
    return duty


@dataclass(frozen=True, slots=True)
class ReopenDuty:
    """Take back the outcome of a duty."""

    duty: str
    reason: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the reopening; needs a reason and a settled duty."""
        require_open(crisis)
        if self.duty not in crisis.duties:
            raise Refused("Cette obligation n'a pas encore d'issue.")
        return (DutyReopened(self.duty, require_text(self.reason, "la raison")),)


@dataclass(frozen=True, slots=True)
class RaiseReminders:
    """Raise what is due at ``now``: the latest reminder of each duty, once.

    After an absence only the latest one is raised: a flood of missed reminders helps nobody.
    """

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return one reminder per duty at most."""
        if not crisis.is_open:
            return ()
        raised = []
        for one in deadlines(crisis, now):
            passed = [key for at, key in schedule(one) if at <= now]
            if passed and passed[-1] not in crisis.reminders:
                raised.append(ReminderRaised(passed[-1], one.duty.id, one.due))
        return tuple(raised)


def schedule(deadline: Deadline) -> tuple[tuple[datetime, str], ...]:
    """When a standing duty is recalled (UTC), in order, each with its key.

    The key carries the instant that it counts from: a corrected instant starts a new series.
    """
    if deadline.started is None or deadline.settled is not None:
        return ()
    if deadline.due is None:
        return tuple(
            (deadline.started + after, _key(deadline, f"watch{_minutes(after)}"))
            for after in deadline.duty.watch
        )
    total = deadline.due - deadline.started
    early = [
        (deadline.due - before, _key(deadline, f"before{_minutes(before)}"))
        for before in BEFORE
        if before * 2 <= total
    ]
    late = [(deadline.due + after, _key(deadline, f"after{_minutes(after)}")) for after in AFTER]
    return (*early, *late)


def _key(deadline: Deadline, moment: str) -> str:
    started = deadline.started.isoformat() if deadline.started else ""
    return f"{deadline.duty.id}/{moment}/{started}"


def _minutes(delta: timedelta) -> int:
    return int(delta.total_seconds() // 60)
