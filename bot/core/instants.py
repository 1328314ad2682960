"""Record the legal instants from which the clocks run, each on its own.

An instant may be recorded again: the newer value counts, the older one stays in the journal.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from bot.core.crisis import (
    Actor,
    Crisis,
    Fact,
    InstantState,
    Precision,
    Stamp,
    require_open,
)
from bot.core.french import day_clock
from bot.errors import Refused


@dataclass(frozen=True, slots=True)
class InstantRecorded:
    """An instant is known: when, how precisely, who knew, on which ground."""

    name: ClassVar[str] = "instant_recorded"
    instant: str
    happened: datetime
    precision: Precision
    known_by: str
    evidence: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with this instant."""
        state = InstantState(
            self.happened, self.precision, self.known_by, self.evidence, stamp.actor, stamp.seq
        )
        return replace(crisis, instants={**crisis.instants, self.instant: state}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class RecordInstant:
    """Record an instant (UTC), or correct it."""

    instant: str
    at: datetime
    precision: Precision = "exact"
    known_by: str = ""
    evidence: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the instant; refuse an unknown one, the future, and the same value twice."""
        require_open(crisis)
        if crisis.plan.instant(self.instant) is None:
            known = ", ".join(one.id for one in crisis.plan.obligations.instants)
            raise Refused(f"Instant inconnu : « {self.instant} ». Instants : {known}.")
        if self.at > now + timedelta(minutes=5):
            shown = day_clock(self.at, crisis.zone)
            raise Refused(f"Cette heure est dans le futur ({shown}). Corrigez-la.")
        current = crisis.instants.get(self.instant)
        if current and current.at == self.at and current.precision == self.precision:
            shown = day_clock(self.at, crisis.zone)
            raise Refused(f"C'est déjà noté : {shown}, par {current.by.name}.")
        known_by = self.known_by.strip() or actor.name
        return (
            InstantRecorded(
                self.instant,
                self.at,
                self.precision,
                known_by[:300],
                self.evidence.strip()[:3000],
            ),
        )
