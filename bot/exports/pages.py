"""What the report says, as plain data for its template: texts in French, times local and UTC.

The state of steps and clocks is that of the last entry, not of the day of printing: the same
journal always gives the same report.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from bot.core.board import PhaseView, StepView, board
from bot.core.crisis import Crisis, Fact, Stamp
from bot.core.deadlines import Deadline, deadlines
from bot.core.duties import DutyReopened, DutySettled
from bot.core.french import full_clock, plural
from bot.core.handover import HandoverTaken
from bot.core.instants import InstantRecorded
from bot.core.opening import CrisisClosed, CrisisOpened, CrisisReopened, LevelChanged
from bot.core.pairs import StepAgreed
from bot.core.people import RoleGiven, RoleReleased
from bot.core.steps import (
    QuestionAnswered,
    StepAssigned,
    StepBlocked,
    StepCompleted,
    StepReopened,
    StepSkipped,
    StepTaken,
)
from bot.exports.figure import Marks, figure
from bot.exports.jsonl import CrisisSummary
from bot.exports.proof import Proof
from bot.exports.rows import Row, notice
from bot.sentences import SETTLED

LOG_ROWS: Final = 6_000
"""Longest log that is printed whole; of a longer one, only decisions and filings are."""

_STATE = (
    CrisisOpened,
    LevelChanged,
    CrisisClosed,
    CrisisReopened,
    InstantRecorded,
    RoleGiven,
    RoleReleased,
    HandoverTaken,
    StepTaken,
    StepAssigned,
    StepAgreed,
    StepCompleted,
    StepSkipped,
    StepBlocked,
    StepReopened,
    QuestionAnswered,
    DutySettled,
    DutyReopened,
)
"""The facts that the report reads from the crisis; the others are read from the rows alone."""

_STEP: Final = {
    "todo": "à faire",
    "taken": "prise",
    "done": "faite",
    "skipped": "non applicable",
    "blocked": "bloquée",
    "waiting": "en attente",
    "unasked": "selon réponse",
    "void": "sans objet",
}
_CLOCK: Final = {
    "waiting": "sans point de départ",
    "running": "en cours",
    "soon": "échéance proche",
    "late": "dépassée",
    "settled": "close",
}


@dataclass(slots=True)
class Gathered:
    """What one reading of the journal leaves: rows to print, the crisis, the marks."""

    crisis: Crisis
    rulings_only: bool
    log: list[Row] = field(default_factory=list)
    rulings: list[Row] = field(default_factory=list)
    rulings_count: int = 0
    marks: Marks = field(default_factory=Marks)
    proof: Proof = field(default_factory=Proof)
    people: set[str] = field(default_factory=set)
    too_long: bool = False

    def add(self, row: Row) -> None:
        """Take in one row."""
        self.crisis = _after(self.crisis, row.fact, row.stamp)
        self.marks.add(row.kind, row.stamp.at, row.stamp.recorded, row.seq)
        self.proof.add(row)
        self.people.add(row.stamp.actor.id)
        self.rulings_count += row.ruling
        if row.ruling and len(self.rulings) < LOG_ROWS:
            self.rulings.append(row)
        if not self.rulings_only and not self.too_long:
            self.log.append(row)
        if len(self.log) > LOG_ROWS:
            self.too_long, self.log = True, []

    @property
    def whole(self) -> bool:
        """Whether every entry is printed."""
        return not (self.rulings_only or self.too_long)


def gather(view: Iterable[Row], *, rulings_only: bool = False) -> Gathered:
    """Read the rows once; a journal without any is ``ValueError``."""
    gathered = None
    for row in view:
        gathered = gathered or Gathered(Crisis(row.crisis), rulings_only)
        gathered.add(row)
    if gathered is None:
        raise ValueError("there is nothing to report")
    return gathered


def pages(gathered: Gathered, summary: CrisisSummary, entries: int, head: str) -> dict[str, Any]:
    """Everything that the template prints."""
    crisis = gathered.crisis
    at = gathered.marks.last
    clocks = [one for one in deadlines(crisis, at) if one.started or one.settled]
    printed = gathered.log if gathered.whole else gathered.rulings
    return {
        "title": crisis.title or summary["title"],
        "crisis": crisis.id,
        "exercise": summary["exercise"],
        "establishment": summary.get("establishment", ""),
        "notice": notice(summary, rulings_only=not gathered.whole),
        "part": _part(gathered, entries),
        "whole": gathered.whole,
        "facts": [list(pair) for pair in _facts(gathered, entries, at)],
        "checkpoint": [f"{entries}:", head],
        "phases": [_phase(one, crisis.zone) for one in board(crisis, at).phases],
        "figure": figure(gathered.marks, _dues(clocks), crisis.zone),
        "instants": list(_instants(crisis)),
        "clocks": [_clock(one, crisis.zone) for one in clocks],
        "idle": len(deadlines(crisis, at)) - len(clocks),
        "decisions": [_line(one) for one in gathered.rulings if one.kind == "decision_taken"],
        "proof": gathered.proof.data(crisis.zone),
        "log": [_line(one) for one in printed],
    }


def _after(crisis: Crisis, fact: Fact, stamp: Stamp) -> Crisis:
    """The crisis after this fact, if the report reads it there."""
    return fact.apply(crisis, stamp) if isinstance(fact, _STATE) else crisis


def _part(gathered: Gathered, entries: int) -> str:
    """What is printed of the log, in a sentence."""
    if gathered.whole:
        return f"Ce document imprime toute la main courante\u00a0: {plural(entries, 'ligne')}."
    printed, found = len(gathered.rulings), gathered.rulings_count
    first = f"les {printed} premières des " if printed < found else ""
    why = (
        f"La main courante est trop longue pour être imprimée\u00a0: {plural(entries, 'ligne')}. "
        if gathered.too_long
        else ""
    )
    return (
        f"{why}Ce document n'imprime que les décisions et les démarches\u00a0: "
        f"{first}{plural(found, 'ligne')} sur {entries}. Le reste est dans le lot de preuve."
    )


def _facts(gathered: Gathered, entries: int, at: datetime) -> Iterator[tuple[str, str]]:
    """The table of the cover."""
    crisis, zone = gathered.crisis, gathered.crisis.zone
    yield "Nature", "Exercice" if crisis.exercise else "Crise réelle"
    book = crisis.plan.playbook
    if book.title:
        yield "Playbook", f"{book.title} (version {book.version})"
    if crisis.opened:
        yield "Ouverture", _twice(crisis.opened.at, zone)
        yield "Ouverte par", _who(crisis.opened)
    yield "Dernière ligne", _twice(at, zone)
    yield "État", f"close\u00a0: {_twice(crisis.closed.at, zone)}" if crisis.closed else "en cours"
    level = next((one.title for one in crisis.plan.cell.levels if one.id == crisis.level), "")
    if level:
        yield "Gravité", level
    yield "Lignes", str(entries)
    yield "Auteurs", str(len(gathered.people))
    yield "Heures", f"locales ({zone}), avec leur décalage\u00a0; UTC au-dessous (lettre Z)"


def _phase(phase: PhaseView, zone: str) -> dict[str, Any]:
    """One phase and its steps."""
    return {
        "title": phase.phase.title,
        "finished": phase.finished,
        "total": phase.total,
        "steps": [_step(one, zone) for one in phase.steps if one.standing != "void"],
        "void": sum(one.standing == "void" for one in phase.steps),
    }


def _step(view: StepView, zone: str) -> dict[str, str]:
    """One step: where it stood at the last entry, who left it there, when, with what proof."""
    state = view.state
    by = state.by if view.standing in ("done", "skipped", "blocked") else state.holder
    half = f", 1er accord : {state.agreed.by.name}" if state.agreed else ""
    return {
        "ref": view.step.ref,
        "title": view.step.title,
        "state": _STEP[view.standing] + half + (", hors délai" if view.late else ""),
        "finished": "oui" if view.finished else "",
        "by": by.name if by else "",
        "at": full_clock(state.at, zone) if by and state.at else "",
        "note": " — ".join(one for one in (state.outcome, state.evidence, state.reason) if one),
    }


def _instants(crisis: Crisis) -> Iterator[dict[str, str]]:
    """The instants that were recorded, in the order of the plan."""
    precision = {"exact": "", "about": "environ", "unknown": "heure inconnue"}
    for one in crisis.plan.obligations.instants:
        state = crisis.instants.get(one.id)
        if state:
            yield {
                "title": one.title,
                "at": _twice(state.at, crisis.zone),
                "precision": precision[state.precision],
                "known_by": state.known_by,
                "evidence": state.evidence,
                "seq": str(state.seq),
            }


def _clock(one: Deadline, zone: str) -> dict[str, str]:
    """One duty whose clock has started or that has an outcome."""
    settled = one.settled
    state = _CLOCK[one.state]
    if settled:
        after = " après l'échéance" if one.due and settled.at > one.due else ""
        state = f"{SETTLED[settled.settlement]}{after}"
    return {
        "ref": one.duty.ref,
        "title": one.duty.title,
        "recipient": one.duty.recipient,
        "basis": one.duty.legal_basis,
        "wording": one.duty.wording,
        "started": _twice(one.started, zone) if one.started else "",
        "provisional": "oui" if one.provisional else "",
        "due": _twice(one.due, zone) if one.due else "",
        "state": state,
        "late": "oui" if one.state == "late" else "",
        "settled": _twice(settled.at, zone) if settled else "",
        "proof": f"{settled.by.name}\u00a0: {settled.proof}" if settled else "",
    }


def _dues(clocks: Sequence[Deadline]) -> Iterable[tuple[datetime, str]]:
    """Deadlines with a date, for the figure."""
    return [(one.due, one.duty.ref) for one in clocks if one.due]


def _line(row: Row) -> dict[str, Any]:
    """One line of the log."""
    stamp = row.stamp
    about = "vers le " if row.precision == "about" else ""
    written = row.declared or row.unknown
    return {
        "seq": row.seq,
        "at": "heure inconnue" if row.unknown else f"{about}{full_clock(stamp.at, row.zone)}",
        "utc": "" if row.unknown else _utc(stamp.at),
        "recorded": full_clock(stamp.recorded, row.zone) if written else "",
        "kind": row.kind_title,
        "who": stamp.actor.name,
        "role": stamp.actor.role,
        "text": row.text,
        "hash": row.hash,
        "ruling": row.ruling,
    }


def _twice(moment: datetime, zone: str) -> str:
    """A moment in the zone with its offset, then in UTC."""
    return f"{full_clock(moment, zone)}\n{_utc(moment)}"


def _utc(moment: datetime) -> str:
    """A moment in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _who(stamp: Stamp) -> str:
    """Who acted, with their role then."""
    return f"{stamp.actor.name} ({stamp.actor.role})" if stamp.actor.role else stamp.actor.name
