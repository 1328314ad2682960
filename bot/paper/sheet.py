"""The state of a crisis on paper: the board, then the log, for the day when screens go too."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.core.board import Board, Seat, StepView, board
from bot.core.crisis import Crisis, Fact, Stamp
from bot.core.deadlines import Deadline
from bot.core.french import day_clock, full_clock, span
from bot.sentences import SETTLED, tell


def sheet_data(
    crisis: Crisis, facts: Iterable[tuple[Fact, Stamp]], now: datetime
) -> dict[str, Any]:
    """What is printed of a crisis at ``now`` (UTC), with the lines of the log that are given."""
    shown, zone = board(crisis, now), crisis.zone
    return {
        "establishment": crisis.plan.establishment.name,
        "crisis": crisis.id,
        "title": crisis.title,
        "exercise": crisis.exercise,
        "playbook": crisis.plan.playbook.title,
        "state": "close" if crisis.closed else "en cours",
        "opened": full_clock(crisis.opened_at, zone),
        "made": full_clock(now, zone),
        "entries": crisis.seq,
        "checkpoint": _checkpoint(crisis),
        "deadlines": [_deadline(shown, one) for one in shown.deadlines if one.started],
        "phases": [
            {
                "title": phase.phase.title,
                "done": f"{phase.finished}/{phase.total}",
                "steps": [_step(one) for one in phase.steps if one.standing != "void"],
            }
            for phase in shown.phases
        ],
        "roles": [_seat(one) for one in shown.seats if one.holders or one.expected],
        "lines": [
            {
                "seq": stamp.seq,
                "at": day_clock(stamp.at, zone),
                "by": stamp.actor.name,
                "text": tell(fact, crisis.plan),
            }
            for fact, stamp in facts
        ],
    }


def _checkpoint(crisis: Crisis) -> str:
    last = crisis.checkpoint
    return f"{last.size}:{last.head}" if last else ""


def _deadline(shown: Board, one: Deadline) -> dict[str, str]:
    """One clock in words: what is left, or since when it runs, or how it ended."""
    zone = shown.crisis.zone
    if one.settled:
        told = f"{SETTLED[one.settled.settlement]}, {day_clock(one.settled.at, zone)}"
    elif one.due is None:
        told = f"{one.duty.wording}, court depuis {span(shown.at - (one.started or shown.at))}"
    else:
        left = one.due - shown.at
        late = one.state == "late"
        told = f"{'en retard de' if late else 'reste'} {span(left)} ({day_clock(one.due, zone)})"
    return {"title": one.duty.title, "told": told}


_STANDING = {
    "todo": "à faire",
    "taken": "en cours",
    "done": "fait",
    "skipped": "non applicable",
    "blocked": "bloquée",
    "waiting": "attend",
    "unasked": "dépend d'une réponse",
}


def _step(one: StepView) -> dict[str, Any]:
    who = one.state.by or one.state.holder
    half = ", 1er accord seulement" if one.state.agreed else ""
    late = ", en retard" if one.late else ""
    return {
        "name": f"{one.step.ref} {one.step.title}".strip(),
        "standing": _STANDING.get(one.standing, one.standing) + half + late,
        "who": who.name if who else "",
        "done": one.finished,
    }


def _seat(one: Seat) -> dict[str, str]:
    held = ", ".join(each.name for each in one.holders)
    expected = ", ".join(each.name for each in one.expected)
    return {"title": one.role.title, "who": held or f"{expected} (prévu)"}
