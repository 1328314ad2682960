"""Write in the log: notes, decisions, corrections.

Nothing is replaced: a correction is a new line that points back, and both stay readable.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from bot.core.crisis import Actor, Crisis, Fact, Line, Stamp, require_open, require_text
from bot.errors import Refused

MAX_TEXT = 3000


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """A line of the log; ``source_ts`` is the Slack message it comes from, if any."""

    name: ClassVar[str] = "note_added"
    text: str
    happened: datetime | None = None
    source_ts: str = ""
    author: Actor | None = None

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the note."""
        by = self.author or stamp.actor
        line = Line(stamp.seq, "note", self.text, stamp.at, stamp.recorded, by)
        flagged = crisis.flagged | {self.source_ts} if self.source_ts else crisis.flagged
        return replace(crisis, lines=(*crisis.lines, line), flagged=flagged, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class DecisionTaken:
    """A decision, by whom it was taken and when."""

    name: ClassVar[str] = "decision_taken"
    text: str
    happened: datetime | None = None

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the decision."""
        line = Line(stamp.seq, "decision", self.text, stamp.at, stamp.recorded, stamp.actor)
        return replace(crisis, lines=(*crisis.lines, line), seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class LineCorrected:
    """An earlier entry is corrected by this text; the earlier one stays."""

    name: ClassVar[str] = "line_corrected"
    of: int
    text: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the correction attached to its line, if it is one of ours."""
        lines = tuple(
            replace(one, corrections=(*one.corrections, stamp.seq)) if one.seq == self.of else one
            for one in crisis.lines
        )
        by = stamp.actor
        text = f"Correction de la ligne {self.of} : {self.text}"
        line = Line(stamp.seq, "note", text, stamp.at, stamp.recorded, by)
        return replace(crisis, lines=(*lines, line), seq=stamp.seq)


def _refuse_future(happened: datetime | None, now: datetime) -> None:
    if happened is not None and happened > now + timedelta(minutes=5):
        raise Refused("Cette heure est dans le futur. Corrigez-la, ou ne mettez pas d'heure.")


@dataclass(frozen=True, slots=True)
class AddNote:
    """Add a note; ``happened`` (UTC) when it speaks of an earlier moment."""

    text: str
    happened: datetime | None = None

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the note; refuse an empty or oversized text and the future."""
        require_open(crisis)
        _refuse_future(self.happened, now)
        return (NoteAdded(require_text(self.text, "le texte de la note", MAX_TEXT), self.happened),)


@dataclass(frozen=True, slots=True)
class TakeDecision:
    """Record a decision; ``happened`` (UTC) when it was taken earlier."""

    text: str
    happened: datetime | None = None

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the decision; refuse an empty or oversized text and the future."""
        require_open(crisis)
        _refuse_future(self.happened, now)
        text = require_text(self.text, "le texte de la décision", MAX_TEXT)
        return (DecisionTaken(text, self.happened),)


@dataclass(frozen=True, slots=True)
class CorrectLine:
    """Correct an earlier entry by its number."""

    of: int
    text: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the correction; refuse a number that does not exist."""
        require_open(crisis)
        if not 1 <= self.of <= crisis.seq:
            raise Refused(f"La ligne {self.of} n'existe pas : le journal va de 1 à {crisis.seq}.")
        text = require_text(self.text, "le texte de la correction", MAX_TEXT)
        return (LineCorrected(self.of, text),)


@dataclass(frozen=True, slots=True)
class FlagMessage:
    """Raise a Slack message to a note of the log."""

    ts: str
    text: str
    author: Actor
    happened: datetime | None = None
    how: Literal["pin", "shortcut"] = "shortcut"

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the note; the second time is refused."""
        require_open(crisis)
        if self.ts in crisis.flagged:
            raise Refused("Ce message est déjà consigné dans la main courante.")
        text = (self.text.strip() or "(message sans texte)")[:MAX_TEXT]
        return (NoteAdded(text, self.happened, self.ts, self.author),)
