"""The graph as SVG: no script, no style sheet, nothing to fetch; texts are escaped.

What colours say is said otherwise too: a conditional step is dashed and names its question, a step
for two persons has a double border, a legal duty a thick side; lines are named in the boxes.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from bot.preview.boxes import HEAD, PADDING, SIZES, WIDTH, Style
from bot.preview.layout import TITLE, Band, Box, Layout, Wire

_INKS: Final = ("#1f4e79", "#8a3b12", "#2d6a2d", "#6a2d6a", "#5a5a12", "#12595a", "#444444")
_FILLS: Final[dict[Style, str]] = {
    "title": "#111111",
    "role": "#444444",
    "note": "#444444",
    "duty": "#7a0019",
}


def svg(layout: Layout, top: float, bottom: float, title: str, *, links: bool = True) -> str:
    """One slice of the graph, from ``top`` to ``bottom`` in its units.

    With ``links``, each box leads to the ``id`` of its step in the same page.
    """
    inner = [
        *(_band(one, layout) for one in layout.bands if _seen(one.top, one.bottom, top, bottom)),
        *(part for n, one in enumerate(layout.wires) for part in _wire(one, n)),
        *(
            _linked(one, _box(one)) if links else _box(one)
            for one in layout.boxes
            if _seen(one.y, one.bottom, top, bottom)
        ),
    ]
    size = f"0 {top:.1f} {layout.width:.1f} {bottom - top:.1f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" width="{layout.width:.1f}" '
        f'height="{bottom - top:.1f}" role="img">'
        f"<title>{escape(title)}</title>{''.join(inner)}</svg>"
    )


def _seen(start: float, end: float, top: float, bottom: float) -> bool:
    return start < bottom and end > top


def _band(band: Band, layout: Layout) -> str:
    """A phase: a pale ground and its title."""
    width = layout.width - layout.left - 10.0
    return (
        f'<rect x="{layout.left:.1f}" y="{band.top:.1f}" width="{width:.1f}" '
        f'height="{band.bottom - band.top:.1f}" rx="6" fill="#f1f3f5"/>'
        + _text(layout.left + 8, band.top + TITLE - 9, band.phase.title, 14.0, "#111111", bold=True)
    )


def _wire(wire: Wire, number: int) -> Iterator[str]:
    """The line out of a step, and the heads of its arrows."""
    ink = _INKS[number % len(_INKS)]
    path = "".join(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" for x1, y1, x2, y2 in wire.pieces)
    yield f'<path d="{path}" fill="none" stroke="{ink}" stroke-width="1.4"/>'
    for x, y in wire.tips:
        yield f'<path d="M{x:.1f} {y:.1f}l-4 -7h8z" fill="{ink}"/>'


def _linked(box: Box, drawn: str) -> str:
    return f'<a href="#etape-{escape(box.card.step.id)}">{drawn}</a>'


def _box(box: Box) -> str:
    """One step: its border says what it is, then its texts from the top."""
    card, step = box.card, box.card.step
    dashed = ' stroke-dasharray="5 3"' if step.when else ""
    parts = [_frame(box.x, box.y, WIDTH, card.height, dashed)]
    if step.two_persons:
        parts.append(_frame(box.x + 3, box.y + 3, WIDTH - 6, card.height - 6, dashed))
    if step.duty:
        parts.append(
            f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="5" height="{card.height:.1f}" '
            f'fill="{_FILLS["duty"]}"/>'
        )
    first = box.y + HEAD - 3
    parts.append(_text(box.x + PADDING, first, card.mark, 11.0, "#111111", bold=True))
    parts.append(_text(box.x + WIDTH - PADDING, first, card.target, 11.0, "#111111", end=True))
    y = box.y + HEAD
    for line in card.lines:
        y += line.height
        size, fill = SIZES[line.style], _FILLS[line.style]
        bold = line.style == "title"
        parts.append(_text(box.x + PADDING, y - 2, line.text, size, fill, bold=bold))
    return "".join(parts)


def _frame(x: float, y: float, width: float, height: float, dashed: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="4" '
        f'fill="#ffffff" stroke="#333333"{dashed}/>'
    )


def _text(
    x: float, y: float, text: str, size: float, fill: str, *, bold: bool = False, end: bool = False
) -> str:
    """One line of text at its place."""
    weight = ' font-weight="bold"' if bold else ""
    anchor = ' text-anchor="end"' if end else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}"{weight}{anchor} '
        f"font-family=\"Libertinus Serif, 'Liberation Sans', Arial, sans-serif\">"
        f"{escape(text)}</text>"
    )
