"""The rhythm of the « points de situation »: when one is due, and what leaves the cell of it.

One is raised at each slot counted from the opening, once, whatever crashes; after an absence only
the latest slot is.  What is passed on to a wider channel is an entry before it is sent, with its
words.

Not here: what a briefing says.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.core.board import Board, board
from bot.core.crisis import Actor, Briefed, Crisis, Fact, Shared, Stamp, require_open, require_text
from bot.core.french import day_clock, plural
from bot.errors import Refused

#: A briefing asked for looks back no further than this, where none was raised.
SINCE: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class BriefingRaised:
    """A briefing is due: the slot, and since when it tells (UTC); ``wider`` may receive it."""

    name: ClassVar[str] = "briefing_raised"
    slot: datetime
    since: datetime
    wider: str = ""
    """Slack id of the wider channel; empty when there is none."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with this briefing raised."""
        raised = Briefed(stamp.seq, self.slot, stamp.at)
        return replace(crisis, briefings=(*crisis.briefings, raised), seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class BriefingShared:
    """Words on the situation were passed on to a wider channel (Slack id)."""

    name: ClassVar[str] = "briefing_shared"
    text: str
    channel: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with what was passed on."""
        shared = Shared(stamp.seq, self.text, self.channel, stamp.actor, stamp.at)
        return replace(crisis, shared={**crisis.shared, stamp.seq: shared}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class RaiseBriefing:
    """Raise the briefing of the latest slot, if it was not; ``every`` is the rhythm."""

    every: timedelta
    wider: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the briefing that is due, or nothing."""
        if not crisis.is_open or self.every <= timedelta(0) or now < crisis.opened_at:
            return ()
        slot = crisis.opened_at + (now - crisis.opened_at) // self.every * self.every
        # A clock that was put right may have raised some of a time that is still to come.
        raised = [one for one in crisis.briefings if one.slot <= now]
        if (raised and slot <= raised[-1].slot) or slot <= crisis.opened_at:
            return ()
        since = min(raised[-1].at, slot) if raised else crisis.opened_at
        return (BriefingRaised(slot, since, self.wider),)


@dataclass(frozen=True, slots=True)
class ShareBriefing:
    """Pass words on to the wider channel (Slack id), once somebody has read them again."""

    text: str
    channel: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the passing on; refuse an empty text, and where there is no wider channel."""
        require_open(crisis)
        if not self.channel:
            raise Refused(
                "Aucun canal élargi n'est réglé : rien n'est diffusé. "
                "Le réglage est TOCSIN_WIDER_CHANNEL."
            )
        return (BriefingShared(require_text(self.text, "le texte"), self.channel),)


def since(crisis: Crisis, now: datetime) -> datetime:
    """From when a briefing asked for at ``now`` (UTC) tells: the last one, or some hours."""
    raised = [one.at for one in crisis.briefings if one.at <= now]
    return raised[-1] if raised else max(crisis.opened_at, now - SINCE)


def public_text(crisis: Crisis, now: datetime) -> str:
    """What may leave the cell: no name, no decision, no proof, no reason, no legal clock."""
    shown = board(crisis, now)
    lines = [
        f"Point de situation, {day_clock(now, crisis.zone)}.",
        f"{crisis.plan.playbook.title}{_level(crisis)}, depuis "
        f"{day_clock(crisis.opened_at, crisis.zone)}.",
    ]
    touched = ", ".join((*crisis.sites, *crisis.services))
    lines += [f"Touchés : {touched}."] if touched else []
    lines.append(_progress(shown))
    lines.append("Message interne : ne le relayez pas à l'extérieur.")
    return "\n".join(lines)


def _level(crisis: Crisis) -> str:
    title = next((one.title for one in crisis.plan.cell.levels if one.id == crisis.level), "")
    return f", niveau « {title} »" if title else ""


def _progress(shown: Board) -> str:
    done = sum(one.finished for one in shown.phases)
    total = sum(one.total for one in shown.phases)
    phase = f" Phase en cours : {shown.under_way.title}." if shown.under_way else ""
    return f"La cellule de crise a terminé {done} de ses {plural(total, 'étape')}.{phase}"
