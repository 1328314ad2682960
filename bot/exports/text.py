"""What people typed, made fit for the programs that open a view; the journal keeps it exactly.

Slack lets through anything: control characters, line ends of every alphabet, marks that turn the
direction of writing around and make a line read as another.  Here they become visible or plain.
"""

import re
from typing import Final

LONGEST_CELL: Final = 32_767
"""UTF-16 units that a cell of Excel holds; more is refused by it, or spills into other rows."""

_CUT = "\u00a0… (coupé\u00a0: le texte entier est dans journal.jsonl)"
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def legible(text: str) -> str:
    """The text with one kind of line end, no control character, and turning marks by their code."""
    text = _LINE_ENDS.sub("\n", text)
    text = _CONTROLS.sub("\ufffd", text)
    return _TURNING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def one_line(text: str) -> str:
    """The legible text on one line; its line ends show as `` / ``."""
    return " / ".join(line.strip() for line in legible(text).split("\n"))


def cell(text: str) -> str:
    """The legible text, cut to what a cell holds; a cut is said."""
    text = legible(text)
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST_CELL:
        return text
    kept = 2 * (LONGEST_CELL - len(_CUT))
    return units[:kept].decode("utf-16-le", "ignore") + _CUT
