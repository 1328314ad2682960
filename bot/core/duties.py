"""Settle a duty, take the settlement back, and remind of it.

A duty ends as sent (with its proof), not due (with its reason) or replaced by another one.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from bot.core.crisis import Actor, Crisis, DutyState, Fact, Stamp, require_open, require_text
from bot.core.deadlines import Deadline, binds, deadlines
from bot.core.playbook import Settlement
from bot.errors import Refused

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

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the duty settled."""
        state = DutyState(self.settlement, stamp.at, stamp.actor, self.proof)
        return replace(crisis, duties={**crisis.duties, self.duty: state}, seq=stamp.seq)


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
    """Give a duty its outcome, with the proof or the reason."""

    duty: str
    settlement: Settlement
    proof: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the settlement; refuse an unknown, foreign or already settled duty."""
        require_open(crisis)
        duty = crisis.plan.duty(self.duty)
        if duty is None or not binds(duty, crisis, now):
            raise Refused(f"Obligation inconnue ou sans objet ici : « {self.duty[:60]} ».")
        if duty.id in crisis.duties:
            by = crisis.duties[duty.id].by.name
            raise Refused(f"« {duty.title} » a déjà une issue, donnée par {by}.")
        what = "la raison" if self.settlement == "not_due" else "la preuve (numéro, heure, nom)"
        return (DutySettled(duty.id, self.settlement, require_text(self.proof, what)),)


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
