"""A workbook (XLSX): every text a text, never a formula, a link or a number, in constant memory."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

from bot.core.crisis import EPOCH
from bot.exports.columns import HEADERS, WIDTHS, cells
from bot.exports.jsonl import BundleInfo, CrisisSummary, Progress
from bot.exports.output import Straight
from bot.exports.rows import EXERCISE, Row, notice, rows
from bot.exports.text import cell
from bot.journal.entry import Entry

SHEET_ROWS: Final = 1_000_000
"""Rows of the journal on one sheet, under the 1,048,576 that a sheet holds; then comes another."""
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_TOP = 2
"""Rows above those of the journal: the notice and the names of the columns."""


def write_xlsx(
    entries: Iterable[Entry],
    output: BinaryIO,
    summary: CrisisSummary,
    *,
    rulings_only: bool = False,
) -> BundleInfo:
    """Write the journal, a sheet per million rows, and a sheet that says what it is."""
    from xlsxwriter import Workbook

    straight = Straight(output)
    progress = Progress()
    with Workbook(straight, _OPTIONS) as book:
        said = notice(summary, rulings_only=rulings_only)
        # A workbook carries a date of its own: a fixed one, so that the same rows are one file.
        created = EPOCH.replace(tzinfo=None, year=1980)
        book.set_properties({"title": cell(said), "subject": "Vue", "created": created})
        front = book.add_worksheet("À lire")
        view = rows(entries, progress, rulings_only=rulings_only)
        count = _fill(book, view, summary, said)
        _front(book, front, summary, [said, *_figures(progress, count)])
        front.activate()
    return BundleInfo(straight.total.hexdigest(), progress.entries, progress.head)


def _fill(book: Any, view: Iterator[Row], summary: CrisisSummary, said: str) -> int:
    """Write the rows and return how many there were."""
    sheet, count = _sheet(book, 1, summary, said), 0
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for row in view:
        if count and count % SHEET_ROWS == 0:
            _finish(sheet, SHEET_ROWS)
            sheet = _sheet(book, count // SHEET_ROWS + 1, summary, said)
        line = count % SHEET_ROWS + _TOP
        sheet.write_number(line, 0, row.seq, wrapped)
        for column, text in enumerate(cells(row, summary)[1:], 1):
            sheet.write_string(line, column, text, wrapped)
        count += 1
    _finish(sheet, count % SHEET_ROWS or min(count, SHEET_ROWS))
    return count


def _sheet(book: Any, number: int, summary: CrisisSummary, said: str) -> Any:
    """A sheet with its notice, its columns and what a printer needs."""
    sheet = book.add_worksheet("Main courante" if number == 1 else f"Main courante {number}")
    bold = book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True})
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, cell(said))
    for column, header in enumerate(HEADERS):
        sheet.write_string(1, column, header, bold)
    sheet.freeze_panes(_TOP, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)
    mark = f"{EXERCISE} — " if summary["exercise"] else ""
    sheet.set_header(f"&C{mark}Vue de la main courante")
    sheet.set_footer("&CPage &P sur &N")
    return sheet


def _finish(sheet: Any, count: int) -> None:
    """Filters over what is there."""
    sheet.autofilter(1, 0, count + 1, len(HEADERS) - 1)


def _figures(progress: Progress, count: int) -> list[str]:
    """How far the journal went and how much of it is here: known once all is written."""
    return [
        f"Lignes de la main courante\u00a0: {progress.entries}",
        f"Lignes dans ce classeur\u00a0: {count}",
        f"Point de contrôle\u00a0: {progress.entries}:{progress.head}",
    ]


def _front(book: Any, sheet: Any, summary: CrisisSummary, lines: list[str]) -> None:
    """The first sheet: what this is, of which crisis, up to which line."""
    title = book.add_format({"bold": True, "font_size": 14})
    wrapped = book.add_format({"text_wrap": True})
    sheet.set_column(0, 0, 110)
    head = [EXERCISE] if summary["exercise"] else []
    for number, text in enumerate([*head, summary["title"], summary.get("establishment", "")]):
        sheet.write_string(number, 0, cell(text), title)
    for number, text in enumerate(lines, len(head) + 3):
        sheet.write_string(number, 0, cell(text), wrapped)
