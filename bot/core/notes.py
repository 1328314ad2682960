"""Write in the log: notes, decisions, corrections.

Nothing is replaced: a correction is a new line that points back, and both stay readable.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from bot.core.crisis import (
    Actor,
    Crisis,
    Fact,
    Line,
    Precision,
    Stamp,
    require_open,
    require_text,
)
from bot.errors import Refused

MAX_TEXT = 3000
#: Lines of paper typed in at once.
MAX_PAPER = 40


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """A line of the log; ``source_ts`` is the Slack message it comes from, if any.

    ``precision`` says how sure the hour is; when nobody knows it, ``happened`` is ``None``.
    """

    name: ClassVar[str] = "note_added"
    text: str
    happened: datetime | None = None
    source_ts: str = ""
    author: Actor | None = None
    precision: Precision = "exact"
    late: bool = False
    """Whether the sign that raised it was only seen afterwards."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the note."""
        by = self.author or stamp.actor
        line = Line(
            stamp.seq,
            "note",
            self.text,
            stamp.at,
            stamp.recorded,
            by,
            precision=self.precision,
        )
        flagged = crisis.flagged | {self.source_ts} if self.source_ts else crisis.flagged
        return replace(crisis, lines=(*crisis.lines, line), flagged=flagged, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class DecisionTaken:
    """A decision, by whom it was taken, when, and how sure that hour is."""

    name: ClassVar[str] = "decision_taken"
    text: str
    happened: datetime | None = None
    precision: Precision = "exact"

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the decision."""
        line = Line(
            stamp.seq,
            "decision",
            self.text,
            stamp.at,
            stamp.recorded,
            stamp.actor,
            precision=self.precision,
        )
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
    """Add a note; ``happened`` (UTC) when it speaks of an earlier moment, if anybody knows."""

    text: str
    happened: datetime | None = None
    precision: Precision = "exact"

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the note; refuse an empty or oversized text and the future."""
        require_open(crisis)
        _refuse_future(self.happened, now)
        text = require_text(self.text, "le texte de la note", MAX_TEXT)
        return (NoteAdded(text, self.happened, precision=self.precision),)


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line of a sheet, typed in later: its number, when it happened (UTC), what it says."""

    number: str
    text: str
    happened: datetime | None
    precision: Precision


@dataclass(frozen=True, slots=True)
class AddPaper:
    """Add the lines of a sheet, each with its own hour; all of them or none."""

    lines: tuple[PaperLine, ...]

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return one note a line; refuse none at all, too many, and a number typed in already."""
        if not 1 <= len(self.lines) <= MAX_PAPER:
            raise Refused(f"Tapez entre 1 et {MAX_PAPER} lignes de papier à la fois.")
        known = {one.text.partition("\u00a0:")[0] for one in crisis.lines}
        facts: list[Fact] = []
        for one in self.lines:
            name = f"Feuille {one.number}"
            if name in known:
                raise Refused(f"La ligne {one.number} est déjà saisie. Rien n'a été enregistré.")
            known.add(name)
            note = AddNote(f"{name}\u00a0: {one.text}", one.happened, one.precision)
            facts.extend(note.decide(crisis, actor, now))
        return tuple(facts)


@dataclass(frozen=True, slots=True)
class TakeDecision:
    """Record a decision; ``happened`` (UTC) when it was taken earlier, if anybody knows."""

    text: str
    happened: datetime | None = None
    precision: Precision = "exact"

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the decision; refuse an empty or oversized text and the future."""
        require_open(crisis)
        _refuse_future(self.happened, now)
        text = require_text(self.text, "le texte de la décision", MAX_TEXT)
        return (DecisionTaken(text, self.happened, self.precision),)


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
    late: bool = False

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the note; the second time is refused."""
        require_open(crisis)
        if self.ts in crisis.flagged:
            raise Refused("Ce message est déjà consigné dans la main courante.")
        if self.ts in crisis.erased_messages:
            raise Refused("Le texte de ce message a été effacé : il ne se consigne plus.")
        text = (self.text.strip() or "(message sans texte)")[:MAX_TEXT]
        return (NoteAdded(text, self.happened, self.ts, self.author, late=self.late),)
