"""Open, grade, close and reopen a crisis; say which channel it lives in."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from bot.core import deadlines
from bot.core.crisis import Actor, Crisis, Fact, Precision, Stamp, require_open, require_text
from bot.core.french import day_clock, plural
from bot.core.identifiers import find, told
from bot.core.instants import InstantRecorded
from bot.core.playbook import Plan
from bot.errors import Refused

#: Clocks of phones and servers differ a little; more than this is a typing mistake.
CLOCK_SLACK = timedelta(minutes=5)
ALERT = "t_alert"
#: How many standing duties a refusal names before it counts the others.
NAMED = 6


@dataclass(frozen=True, slots=True)
class CrisisOpened:
    """A crisis was opened, on exactly this plan."""

    name: ClassVar[str] = "crisis_opened"
    plan: Plan
    title: str
    exercise: bool
    level: str
    noticed_how: str
    sites: tuple[str, ...]
    services: tuple[str, ...]

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, open."""
        return replace(
            crisis,
            plan=self.plan,
            title=self.title,
            exercise=self.exercise,
            level=self.level,
            opened=stamp,
            noticed_how=self.noticed_how,
            sites=self.sites,
            services=self.services,
            seq=stamp.seq,
        )


@dataclass(frozen=True, slots=True)
class ChannelOpened:
    """The crisis has its channel."""

    name: ClassVar[str] = "channel_opened"
    channel: str
    channel_name: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with its channel."""
        return replace(crisis, channel=self.channel, channel_name=self.channel_name, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """The gravity was re-assessed."""

    name: ClassVar[str] = "level_changed"
    level: str
    reason: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis at its new level."""
        return replace(crisis, level=self.level, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class CrisisClosed:
    """The crisis was closed; ``standing`` names the duties left without outcome."""

    name: ClassVar[str] = "crisis_closed"
    reason: str
    standing: tuple[str, ...] = ()

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, closed."""
        return replace(crisis, closed=stamp, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class CrisisReopened:
    """A closed crisis was taken up again."""

    name: ClassVar[str] = "crisis_reopened"
    reason: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, open again."""
        return replace(crisis, closed=None, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class OpenCrisis:
    """Open a crisis on a plan; ``noticed_at`` is the first abnormal sign (UTC)."""

    title: str
    plan: Plan
    noticed_at: datetime
    exercise: bool = False
    level: str = ""
    noticed_how: str = ""
    sites: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    precision: Precision = "about"

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the opening and the alert instant."""
        if crisis.opened is not None:
            raise Refused("Cette crise est déjà ouverte.")
        title = require_text(self.title, "le titre de la crise", 150)
        _require_nobody(title, "Le titre", now)
        _require_nobody(self.noticed_how, "Ce qui a été vu", now)
        if self.noticed_at > now + CLOCK_SLACK:
            shown = day_clock(self.noticed_at, self.plan.establishment.timezone)
            raise Refused(f"L'heure du constat est dans le futur ({shown}). Corrigez-la.")
        levels = [one.id for one in self.plan.cell.levels]
        level = self.level if self.level in levels else (levels[0] if levels else "")
        opened = CrisisOpened(
            self.plan.bare(),
            title,
            self.exercise,
            level,
            self.noticed_how.strip()[:3000],
            self.sites,
            self.services,
        )
        if self.plan.instant(ALERT) is None:
            return (opened,)
        known_by = f"{actor.name} ({actor.role})" if actor.role else actor.name
        alert = InstantRecorded(
            ALERT, self.noticed_at, self.precision, known_by, self.noticed_how.strip()[:3000]
        )
        return (opened, alert)


def _require_nobody(text: str, what: str, now: datetime) -> None:
    """Refuse what identifies a patient in the one line of a crisis that can never be erased."""
    found = find(text, now.date())
    if found:
        raise Refused(
            f"{what} contient {told(found)}, et l'ouverture ne s'efface jamais. "
            "Écrivez-le sans cela."
        )


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """Say which Slack channel the crisis lives in."""

    channel: str
    channel_name: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the fact once; a second channel for the same crisis is refused."""
        if crisis.channel == self.channel:
            return ()
        if crisis.channel:
            raise Refused("Cette crise a déjà son canal.")
        return (ChannelOpened(self.channel, self.channel_name),)


@dataclass(frozen=True, slots=True)
class ChangeLevel:
    """Re-assess the gravity."""

    level: str
    reason: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the change; an unknown or unchanged level is refused."""
        require_open(crisis)
        known = {one.id: one.title for one in crisis.plan.cell.levels}
        if self.level not in known:
            names = ", ".join(known)
            raise Refused(f"Niveau inconnu : « {self.level} ». Niveaux possibles : {names}.")
        if self.level == crisis.level:
            raise Refused(f"La crise est déjà au niveau « {known[self.level]} ».")
        return (LevelChanged(self.level, self.reason.strip()[:3000]),)


@dataclass(frozen=True, slots=True)
class CloseCrisis:
    """Close the crisis; with duties standing, only for a stated reason."""

    reason: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the closing, or refuse it while a duty stands and no reason is given."""
        require_open(crisis)
        standing = deadlines.standing(crisis, now)
        if standing and not self.reason.strip():
            names = " ; ".join(f"« {one.duty.title} »" for one in standing[:NAMED])
            more = f" et {plural(len(standing) - NAMED, 'autre')}" if len(standing) > NAMED else ""
            raise Refused(
                f"Des obligations restent sans issue : {names}{more}. Réglez-les, "
                "ou donnez la raison : « /crise clore <raison> »."
            )
        reason = self.reason.strip()[:3000]
        return (CrisisClosed(reason, tuple(one.duty.id for one in standing)),)


@dataclass(frozen=True, slots=True)
class ReopenCrisis:
    """Take a closed crisis up again."""

    reason: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the reopening; needs a reason."""
        if crisis.closed is None:
            raise Refused("Cette crise n'est pas close.")
        reason = require_text(self.reason, "la raison : « /crise rouvrir <raison> »")
        return (CrisisReopened(reason),)
