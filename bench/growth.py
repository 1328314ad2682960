"""The points of ``bench.growing``, and what is made of them: a table and a plot in ``docs/``.

Points are kept in ``growth.csv``, so that the long ones need not be taken again with the others.
Everything shown is computed from that file, and nothing else: a test holds both against it.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bench.table import Row

CSV, PLOT, PAGE = "growth.csv", "images/growth.svg", "growth.md"
_SHOWS = 1.1
"""By how much the largest must differ from the smallest to be more than chance."""
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured of one thing, at one size of the work."""

    subject: str
    size: int
    measure: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of work: its heading, the name of one, its measures with how they are called."""

    title: str
    one: str
    measures: Mapping[str, str]


SUBJECTS: Mapping[str, Subject] = {
    "crises": Subject(
        "Open crises, read back at a start and shown",
        "open crises",
        {
            "start": "start to connected socket (s)",
            "memory": "memory of the bot at rest (MiB)",
            "cpu": "processor at rest (% of a core)",
        },
    ),
    "entries": Subject(
        "Entries of the journal, in crises of 5,000",
        "entries",
        {
            "read": "read back whole (s)",
            "memory": "memory of what was read (MiB)",
            "file": "database file (MiB)",
            "action": "one more action, durable (ms)",
            "list": "list of the crises (ms)",
        },
    ),
    "passages": Subject(
        "Passages of the library",
        "passages",
        {
            "index": "index from nothing (s)",
            "memory": "memory of the library (MiB)",
            "p50": "answer, p50 (ms)",
            "p99": "answer, p99 (ms)",
        },
    ),
}


def rows(points: Iterable[Point]) -> list[Row]:
    """The points as rows of the bench."""
    return [
        Row(
            f"{_many(one.size)} {SUBJECTS[one.subject].one}: "
            f"{SUBJECTS[one.subject].measures[one.measure].rpartition(' (')[0]}",
            f"{number(one.value)} {one.unit}",
        )
        for one in points
    ]


def number(value: float) -> str:
    """A measured number with three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _many(size: int) -> str:
    return f"{size:,}"


# -- kept -----------------------------------------------------------------------------------------


def load(docs: Path) -> list[Point]:
    """The points kept in this folder; none when there is no file yet."""
    file = docs / CSV
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Point(
                one["subject"], int(one["size"]), one["measure"], float(one["value"]), one["unit"]
            )
            for one in csv.DictReader(lines)
        ]


def merged(old: Iterable[Point], new: Iterable[Point]) -> list[Point]:
    """The old points with the new ones in their place, in the order of the tables."""
    kept = {(one.subject, one.size, one.measure): one for one in (*old, *new)}
    order = {
        (subject, measure): place
        for place, (subject, measure) in enumerate(
            (name, measure) for name, about in SUBJECTS.items() for measure in about.measures
        )
    }
    return sorted(kept.values(), key=lambda one: (order[one.subject, one.measure], one.size))


def write(docs: Path, points: Sequence[Point]) -> None:
    """Keep these points and make the table and the plot again."""
    kept = merged(load(docs), points)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("subject", "size", "measure", "value", "unit"))
    table.writerows((p.subject, p.size, p.measure, f"{p.value:.4g}", p.unit) for p in kept)
    (docs / CSV).write_text(text.getvalue(), encoding="utf-8")
    kept = load(docs)  # what is shown is what was written, rounded alike
    (docs / PLOT).write_text(plot(kept), encoding="utf-8")
    page = (docs / PAGE).read_text(encoding="utf-8")
    (docs / PAGE).write_text(filled(page, kept), encoding="utf-8")


def filled(page: str, points: Sequence[Point]) -> str:
    """The page with the tables between its marks."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{tables(points)}\n\n{END}{after}"


def tables(points: Sequence[Point]) -> str:
    """One table a subject: a line for each measure, a column for each size, then the slope."""
    return "\n\n".join(_table(name, about, points) for name, about in SUBJECTS.items())


def _table(name: str, about: Subject, points: Sequence[Point]) -> str:
    known = {(one.size, one.measure): one.value for one in points if one.subject == name}
    sizes = sorted({size for size, _ in known})
    lines = [
        f"| {about.title} | {' | '.join(map(_many, sizes))} | each more |",
        f"| --- |{' ---: |' * (len(sizes) + 1)}",
    ]
    for measure, called in about.measures.items():
        values = [known.get((size, measure)) for size in sizes]
        cells = ["" if one is None else number(one) for one in values]
        found = [(s, v) for s, v in zip(sizes, values, strict=True) if v is not None]
        lines.append(f"| {called} | {' | '.join(cells)} | {_slope(found, called)} |")
    return "\n".join(lines)


_SMALLER = {
    "s": ((1.0, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")),
    "ms": ((1e-3, "s"), (1.0, "ms"), (1e3, "µs"), (1e6, "ns")),
    "MiB": ((1.0, "MiB"), (1024.0, "KiB"), (1024.0**2, "bytes")),
    "% of a core": ((1.0, "%"),),
}


def _slope(found: Sequence[tuple[int, float]], called: str) -> str:
    """What one more costs, from the smallest size to the largest; a dash when nothing shows."""
    if len(found) < 2:
        return ""
    (least, first), (most, last) = found[0], found[-1]
    if last <= first * _SHOWS:
        return "—"
    each = (last - first) / (most - least)
    units = _SMALLER[called.rpartition("(")[2].rstrip(")")]
    factor, unit = next((one for one in units if each * one[0] >= 1), units[-1])
    return f"{number(each * factor)} {unit}"


# -- the plot -------------------------------------------------------------------------------------

_WIDTH, _HEIGHT, _LEFT, _TOP, _INNER_WIDTH, _INNER_HEIGHT = 960, 370, 62, 34, 236, 190
_COLOURS = ("#0b5fa5", "#b3470f", "#2f7d32", "#7b3fa0", "#555555")


def plot(points: Sequence[Point]) -> str:
    """Three panels side by side, one a subject, both axes by powers of ten."""
    panels = "".join(
        _panel(place, name, about, [one for one in points if one.subject == name])
        for place, (name, about) in enumerate(SUBJECTS.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="11" '
        'role="img">\n<title>Cost as the work grows, by powers of ten</title>\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>\n{panels}</svg>\n'
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    """From which power of ten to which, over so many pixels from a place."""

    low: int
    high: int
    start: float
    length: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, length: float) -> "_Axis":
        """The powers of ten around these values."""
        from math import ceil, floor, log10

        logs = [log10(max(one, 0.01)) for one in values] or [0.0]
        low = floor(min(logs) + 1e-9)
        return cls(low, max(ceil(max(logs) - 1e-9), low + 1), start, length)

    def place(self, value: float) -> float:
        """Where a value stands."""
        from math import log10

        share = (log10(max(value, 0.01)) - self.low) / (self.high - self.low)
        return self.start + share * self.length

    @property
    def ticks(self) -> list[float]:
        """The powers of ten, ends included."""
        return [10.0**power for power in range(self.low, self.high + 1)]


def _panel(place: int, name: str, about: Subject, points: Sequence[Point]) -> str:
    left, bottom = _LEFT + place * (_INNER_WIDTH + 80), _TOP + _INNER_HEIGHT
    across = _Axis.over([one.size for one in points], left, _INNER_WIDTH)
    up = _Axis.over([one.value for one in points], bottom, -_INNER_HEIGHT)
    parts = [_text(left, 18, about.title, weight="bold")]
    for tick in across.ticks:
        x = across.place(tick)
        parts += [_line(x, _TOP, x, bottom), _text(x, bottom + 15, _tick(tick), anchor="middle")]
    for tick in up.ticks:
        y = up.place(tick)
        parts += [
            _line(left, y, left + _INNER_WIDTH, y),
            _text(left - 5, y + 4, _tick(tick), anchor="end"),
        ]
    parts.append(_text(left + _INNER_WIDTH / 2, bottom + 30, about.one, anchor="middle"))
    for n, (measure, called) in enumerate(about.measures.items()):
        line = sorted((one.size, one.value) for one in points if one.measure == measure)
        parts.append(_curve([(across.place(x), up.place(y)) for x, y in line], _COLOURS[n]))
        parts.append(_legend(left, bottom + 52 + 16 * n, called, _COLOURS[n]))
    return f'<g id="{name}">\n' + "\n".join(parts) + "\n</g>\n"


def _curve(places: Sequence[tuple[float, float]], colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'


def _legend(x: float, y: float, called: str, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y - 8:.1f}" width="10" height="10" fill="{colour}"/>' + _text(
        x + 14, y + 1, called
    )


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="#222222">{escape(text)}</text>'
    )


def _tick(value: float) -> str:
    """A power of ten as it is read: 0.1, 10, 1k, 1M."""
    for factor, letter in ((1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.0f}{letter}"
    return f"{value:g}"
