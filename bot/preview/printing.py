"""The preview as a PDF to print and annotate."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.core.french import full_clock
from bot.core.playbook import Plan
from bot.exports.glyphs import printable
from bot.paper.printing import laid_out
from bot.preview.data import preview_data
from bot.preview.page import LEGEND, slices

_MARKS: Final = re.compile(r"\*\*|__|`")


def printed(plan: Plan, made: datetime) -> bytes:
    """The PDF of the preview, dated ``made`` (UTC): the same plan and date give the same bytes."""
    data = preview_data(plan)
    drawn = slices(plan, links=False)
    data |= {
        "made": full_clock(made, plan.establishment.timezone),
        "legend": LEGEND,
        "graph": [f"graphe-{n}.svg" for n in range(len(drawn))],
    }
    for phase in data["phases"]:
        for step in phase["steps"]:
            step["text"] = _lines(step["text"])
    files = dict(zip(data["graph"], map(printable_drawing, drawn), strict=True))
    return laid_out("preview.typ", data, made, Path(__file__).parent, files)


def _lines(text: str) -> list[dict[str, Any]]:
    """The lines of a text without their marks, and whether each is a point of a list."""
    return [
        {"point": line.lstrip().startswith(("- ", "* ")), "said": _plain(line)}
        for line in text.splitlines()
        if line.strip()
    ]


def _plain(line: str) -> str:
    return _MARKS.sub("", line.strip().removeprefix("- ").removeprefix("* "))


def printable_drawing(drawn: str) -> str:
    """The drawing with only what the fonts of the PDF can draw; its lines stay as they are."""
    return re.sub(r">([^<>]+)<", lambda found: f">{printable(found[1])}<", drawn)
