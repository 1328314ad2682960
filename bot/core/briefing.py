"""The situation report: what was decided and done since a moment, and where that leaves us."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.board import Board, StepView, board
from bot.core.crisis import Crisis, Line
from bot.core.deadlines import Deadline
from bot.core.people import warnings


@dataclass(frozen=True, slots=True)
class Briefing:
    """Plain data for a « point de situation », from ``since`` to the board's instant (UTC)."""

    board: Board
    since: datetime
    decided: tuple[Line, ...]
    noted: tuple[Line, ...]
    done: tuple[StepView, ...]
    settled: tuple[Deadline, ...]
    warnings: tuple[str, ...]


def briefing(crisis: Crisis, since: datetime, now: datetime) -> Briefing:
    """Compute the report of what was recorded after ``since``, with the board at ``now``."""
    current = board(crisis, now)
    recent = [line for line in crisis.lines if line.recorded > since]
    return Briefing(
        board=current,
        since=since,
        decided=tuple(line for line in recent if line.kind == "decision"),
        noted=tuple(line for line in recent if line.kind == "note"),
        done=_done(current, since),
        settled=tuple(one for one in current.deadlines if one.settled and one.settled.at > since),
        warnings=warnings(crisis),
    )


def _done(current: Board, since: datetime) -> tuple[StepView, ...]:
    """Steps finished after ``since``, in the order in which they were."""
    finished = [
        (one.state.at, one)
        for one in current.steps
        if one.standing in ("done", "skipped") and one.state.at and one.state.at > since
    ]
    return tuple(one for _, one in sorted(finished, key=lambda pair: pair[0]))
