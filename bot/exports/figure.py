"""The timeline as a figure: where each mark stands between the first hour (0) and the last (1).

Drawing is the template's; here is only what to draw, counted and placed, as plain data.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.core.crisis import EPOCH
from bot.core.french import clock, day_clock, plural

BINS: Final = 96
"""Bars of the activity lane."""
_LABEL_GAP: Final = 0.022
"""Two numbers nearer than this would overprint."""
_MOST_TICKS: Final = 7
_BEFORE: Final = timedelta(days=1)
"""How far before the first entry a fact still widens the figure; earlier ones stand at its edge."""
_STEPS: Final = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160, 43200)
)

#: Lane of the figure -> kinds of entries that have a mark on it.
LANES: Final = {
    "Instants": ("instant_recorded",),
    "Décisions": ("decision_taken", "level_changed"),
    "Étapes faites": ("step_completed", "step_skipped"),
    "Démarches": ("duty_settled",),
}


@dataclass(slots=True)
class Marks:
    """What the figure needs of the entries, gathered as they pass."""

    count: int = 0
    first: datetime = EPOCH
    last: datetime = EPOCH
    """When the first and the last entry were recorded."""
    minutes: Counter[datetime] = field(default_factory=Counter)
    """How many were recorded in each minute."""
    lanes: dict[str, list[tuple[datetime, str]]] = field(
        default_factory=lambda: {lane: [] for lane in LANES}
    )

    def add(self, kind: str, happened: datetime, recorded: datetime, seq: int) -> None:
        """Take note of one entry."""
        self.first = self.first if self.count else recorded
        self.last = recorded
        self.count += 1
        self.minutes[recorded.replace(second=0, microsecond=0)] += 1
        for lane, kinds in LANES.items():
            if kind in kinds:
                self.lanes[lane].append((happened, str(seq)))


def figure(marks: Marks, dues: Iterable[tuple[datetime, str]], zone: str) -> dict[str, Any]:
    """The figure as data: lanes of marks, bars of activity, ticks, and a sentence for all."""
    start, end = _bounds(marks)
    lanes = {**marks.lanes, "Échéances": [one for one in dues if start <= one[0] <= end]}
    counted = ", ".join(f"{name.lower()}\u00a0: {len(found)}" for name, found in lanes.items())
    first, last = day_clock(start, zone), day_clock(end, zone)
    return {
        "lanes": [{"name": n, "marks": _placed(found, start, end)} for n, found in lanes.items()],
        "bars": _bars(marks.minutes, start, end),
        "ticks": _ticks(start, end, zone),
        "alt": (f"Frise de {first} à {last}. {plural(marks.count, 'ligne')}\u00a0; {counted}."),
    }


def _bounds(marks: Marks) -> tuple[datetime, datetime]:
    """From the earliest fact of the first day to the last entry; never empty."""
    first, last = marks.first, marks.last
    near = [at for found in marks.lanes.values() for at, _ in found if at >= first - _BEFORE]
    start = min([first, *near])
    return start, max([last, *near, start + timedelta(minutes=1)])


def _placed(
    found: Iterable[tuple[datetime, str]], start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """The marks of a lane in order; a label that would print over the one before is left out."""
    placed, free = [], 0.0
    for at, label in sorted(found):
        where = _where(at, start, end)
        shown = where >= free
        free = where + _LABEL_GAP * (1 + len(label) / 4) if shown else free
        placed.append({"x": where, "label": label if shown else ""})
    return placed


def _bars(minutes: Mapping[datetime, int], start: datetime, end: datetime) -> list[float]:
    """How busy each part of the time was, the busiest being 1."""
    counts = [0] * BINS
    for at, count in minutes.items():
        counts[min(int(_where(at, start, end) * BINS), BINS - 1)] += count
    return [count / max(counts) for count in counts]


def _ticks(start: datetime, end: datetime, zone: str) -> list[dict[str, Any]]:
    """Round hours of the zone, few enough to read; a new day is named."""
    step = next((one for one in _STEPS if (end - start) / one <= _MOST_TICKS), end - start)
    tz = ZoneInfo(zone)
    local = start.astimezone(tz)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    at = midnight + step * ((start - midnight) // step + 1)
    moments = [start]
    while at < end:
        moments.append(at)
        at += step
    ticks = [{"x": 0.0, "label": day_clock(start, zone)}]
    for before, moment in pairwise(moments):
        same = before.astimezone(tz).date() == moment.astimezone(tz).date()
        label = clock(moment, zone) if same else day_clock(moment, zone)
        ticks.append({"x": _where(moment, start, end), "label": label})
    return ticks


def _where(at: datetime, start: datetime, end: datetime) -> float:
    """Place of a moment between the two ends, which hold those outside."""
    return round(min(max((at - start) / (end - start), 0.0), 1.0), 5)
