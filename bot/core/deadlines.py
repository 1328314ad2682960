"""What is due, soon or late at a given instant.

Hours are raw elapsed hours, 24 h a day, weekends and holidays included; days and months are
calendar spans at the same local time in the establishment's zone.  A duty's clock starts when its
own instant is known; until the cell has separated the instants, the earliest known legal one
counts and the clock says that it is provisional.  Which duties exist, whom they bind and how long
they run is data: nothing here knows a law.
"""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.core.crisis import Crisis, DutyState
from bot.core.playbook import Duty, Span

State = Literal["waiting", "running", "soon", "late", "settled"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """One duty at one moment.

    ``started`` and ``due`` are UTC; ``due`` is ``None`` where the text gives no figure.
    ``provisional`` says that the clock runs from another instant than its own.
    """

    duty: Duty
    state: State
    started: datetime | None
    due: datetime | None
    instant: str
    provisional: bool
    settled: DutyState | None

    def remaining(self, now: datetime) -> timedelta | None:
        """Time left, negative when late; ``None`` without a figure."""
        return self.due - now if self.due else None

    def elapsed(self, now: datetime) -> timedelta | None:
        """Time since the clock started; ``None`` while it has not."""
        return now - self.started if self.started else None

    @property
    def moment(self) -> datetime | None:
        """By when to have looked at it (UTC): when it is due, else when the board first insists."""
        if self.due is not None or self.started is None:
            return self.due
        return min((self.started + after for after in self.duty.watch), default=None)

    def insists(self, now: datetime) -> bool:
        """Whether it runs without a figure and has passed its first moment of insistence."""
        moment = self.moment
        waits = self.state == "running" and self.due is None
        return waits and moment is not None and moment <= now


def binds(duty: Duty, crisis: Crisis, now: datetime) -> bool:
    """Whether the duty exists for this establishment at this date."""
    establishment = crisis.plan.establishment
    today = now.astimezone(ZoneInfo(establishment.timezone)).date()
    if duty.disabled and (duty.in_force_from is None or duty.in_force_from > today):
        return False
    flags = establishment.flags
    return establishment.status in duty.bound and all(flags.get(flag) for flag in duty.only_if)


def add(start: datetime, span: Span, zone: str) -> datetime:
    """Return ``start`` plus the span: raw hours in UTC, days and months on the local calendar."""
    if span.days or span.months:
        local = start.astimezone(ZoneInfo(zone))
        month = local.month - 1 + span.months
        year, month = local.year + month // 12, month % 12 + 1
        day = min(local.day, calendar.monthrange(year, month)[1])
        moved = local.replace(year=year, month=month, day=day) + timedelta(days=span.days)
        start = moved.astimezone(start.tzinfo)
    return start + timedelta(hours=span.hours)


def deadlines(crisis: Crisis, now: datetime) -> tuple[Deadline, ...]:
    """Every duty that binds the establishment, in the order of the file."""
    return tuple(
        deadline(duty, crisis, now)
        for duty in crisis.plan.obligations.duties
        if binds(duty, crisis, now)
    )


def deadline(duty: Duty, crisis: Crisis, now: datetime) -> Deadline:
    """Where one duty stands at ``now``."""
    instant, started, provisional = _start(duty, crisis)
    due = _due(duty, started, crisis)
    settled = crisis.duties.get(duty.id)
    return Deadline(
        duty, _state(settled, started, due, now), started, due, instant, provisional, settled
    )


def is_late(one: Deadline) -> bool:
    """Whether it is late now, or was when it was sent."""
    if one.state == "late":
        return True
    sent = one.settled if one.settled and one.settled.settlement == "sent" else None
    return sent is not None and one.due is not None and sent.at > one.due


def standing(crisis: Crisis, now: datetime) -> tuple[Deadline, ...]:
    """Duties whose clock runs and that have no outcome: what keeps a crisis from being closed."""
    return tuple(
        one
        for one in deadlines(crisis, now)
        if one.duty.needs_outcome and one.started is not None and one.settled is None
    )


def _start(duty: Duty, crisis: Crisis) -> tuple[str, datetime | None, bool]:
    """Instant that counts, its time, and whether it stands in for the duty's own."""
    if duty.starts is None:
        return "", None, False
    if duty.starts.sent:
        sent = crisis.duties.get(duty.starts.sent)
        began = sent.at if sent and sent.settlement == "sent" else None
        return duty.starts.sent, began, False
    own = duty.starts.instant or ""
    if own in crisis.instants:
        return own, crisis.instants[own].at, False
    definition = crisis.plan.instant(own)
    if definition is None or definition.kind == "event":
        return own, None, False
    earliest = _earliest_legal(crisis)
    return (earliest, crisis.instants[earliest].at, True) if earliest else (own, None, False)


def _earliest_legal(crisis: Crisis) -> str:
    """Id of the earliest known legal instant, or nothing."""
    legal = [
        one.id
        for one in crisis.plan.obligations.instants
        if one.kind == "legal" and one.id in crisis.instants
    ]
    return min(legal, key=lambda one: crisis.instants[one].at, default="")


def _due(duty: Duty, started: datetime | None, crisis: Crisis) -> datetime | None:
    """When the time is up, if the text or the contract gives a figure."""
    if started is None:
        return None
    if duty.within is not None:
        return add(started, duty.within, crisis.zone)
    notice = crisis.plan.establishment.insurer_notice
    if duty.nature == "contract" and notice is not None:
        return started + notice
    return None


def _state(
    settled: DutyState | None, started: datetime | None, due: datetime | None, now: datetime
) -> State:
    """One word for the duty."""
    if settled is not None:
        return "settled"
    if started is None:
        return "waiting"
    if due is None:
        return "running"
    if now > due:
        return "late"
    return "soon" if due - now <= (due - started) / 3 else "running"
