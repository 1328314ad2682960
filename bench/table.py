"""Rows of the bench, and how they are printed: Markdown, so that a page can take them as they are.

A ratio is always « how many times better than what it is held against »: above 1 is ahead.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

_HEADINGS = ("what", "measured", "against", "ratio", "aim", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured; ``met`` is ``None`` when it only gives the context."""

    what: str
    measured: str
    against: str = ""
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """The cells of the row, in the order of the headings."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        verdict = {True: "ok", False: "missed", None: ""}[self.met]
        return (self.what, self.measured, self.against, ratio, self.aim, verdict)


def share(values: Sequence[float], fraction: float) -> float:
    """The value below which that fraction lies (nearest rank): 0.5 the median, 0.99 the p99."""
    ordered = sorted(values)
    return ordered[max(math.ceil(fraction * len(ordered)) - 1, 0)]


def p50_p99(values: Sequence[float], unit: float = 1000.0, name: str = "ms") -> str:
    """Both shares, as text, in milliseconds unless told otherwise."""
    return f"p50 {share(values, 0.5) * unit:.1f} / p99 {share(values, 0.99) * unit:.1f} {name}"


def middle(values: Iterable[float]) -> float:
    """The median."""
    return float(median(values))


def render(rows: Sequence[Row]) -> str:
    """The rows as one Markdown table with aligned columns."""
    lines = [_HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_HEADINGS))]
    texts = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([texts[0], rule, *texts[1:]])
