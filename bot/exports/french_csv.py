"""CSV as a French Excel opens it with a double click: UTF-8 with BOM, semicolons, CRLF, all quoted.

Two things would betray the text there: a formula that comes alive, and a number or a date that is
rewritten.  An apostrophe is put before both.  It shows in the cell; the first line says so.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, TextIO, cast

from bot.exports.columns import HEADERS, cells
from bot.exports.jsonl import BundleInfo, CrisisSummary, Progress
from bot.exports.output import Straight
from bot.exports.rows import Row, notice, rows
from bot.exports.text import cell
from bot.journal.entry import Entry

_BOM: Final = "\ufeff"
_GUARD: Final = (
    " Une apostrophe ajoutée en tête d'une cellule empêche un tableur d'y voir une formule, un "
    "nombre ou une date."
)
_BLANK = " \u00a0\u200b\u202f\u3000\ufeff"
_LIVE = frozenset("=+-@\t\n\ufffd＝＋－＠")
"""What makes a cell a formula, also after blanks; control characters are U+FFFD by then."""
_TAKEN = re.compile(
    r"(?!\d{4}-\d\d-\d\dT)[\s(.,$€]*\d.{0,30}"
    r"|(?:jan|f[ée]v|mar|av|mai|jui|ao|sep|oct|nov|d[ée]c)\S*[\s./-]*\d{1,4}"
    r"|vrai|faux|true|false",
    re.IGNORECASE,
)
"""What a spreadsheet takes for a number, a date or a truth value: short, and led by a digit."""


def write_csv(
    entries: Iterable[Entry],
    output: BinaryIO,
    summary: CrisisSummary,
    *,
    rulings_only: bool = False,
) -> BundleInfo:
    """Write the notice, the names of the columns, then one line per row."""
    straight = Straight(output)
    progress = Progress()
    for line in _lines(rows(entries, progress, rulings_only=rulings_only), summary, rulings_only):
        straight.write(line.encode())
    return BundleInfo(straight.total.hexdigest(), progress.entries, progress.head)


def guarded(text: str) -> str:
    """The text of a cell, with an apostrophe before what a spreadsheet would not take as text."""
    bare = text.lstrip(_BLANK)
    live = text[:1] in _LIVE or bare[:1] in _LIVE
    return f"'{text}" if live or _TAKEN.fullmatch(text) else text


def _lines(view: Iterator[Row], summary: CrisisSummary, rulings_only: bool) -> Iterator[str]:
    """The lines of the file, the first one with the mark of its encoding."""
    line = _Line()
    writer = csv.writer(
        cast(TextIO, line), delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n"
    )
    said = notice(summary, rulings_only=rulings_only)
    writer.writerow([cell(said + _GUARD)])
    yield _BOM + line.text
    writer.writerow(HEADERS)
    yield line.text
    for row in view:
        number, *texts = cells(row, summary)
        writer.writerow([number, *(guarded(text) for text in texts)])
        yield line.text


class _Line:
    """Where the csv module leaves one line."""

    text = ""

    def write(self, text: str) -> int:
        """Keep the line."""
        self.text = text
        return len(text)
