"""The report: a PDF to print and to archive, PDF/A-3a and PDF/UA-1, with the journal attached.

Typst lays it out from ``report.typ`` and the data of ``bot.exports.pages``, with the fonts that it
carries, so that the same journal gives the same bytes on every machine.  Rows are held in memory,
up to a length that is said; the journal goes through a file beside the template.  The report of
decisions alone does not carry the journal: whoever gets it was meant to get only those.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from shutil import copyfile
from typing import BinaryIO, Final

from bot.errors import Refused
from bot.exports.glyphs import printable_data
from bot.exports.jsonl import BundleInfo, CrisisSummary, Progress
from bot.exports.output import Straight
from bot.exports.pages import Gathered, gather, pages
from bot.exports.rows import rows
from bot.journal.entry import Entry, export_line
from bot.journal.verify import JOURNAL

MOST: Final = 100_000
"""Entries of the longest journal that goes into a PDF whole."""
_TEMPLATE: Final = Path(__file__).with_name("report.typ")


def write_pdf(
    entries: Iterable[Entry],
    output: BinaryIO,
    summary: CrisisSummary,
    *,
    rulings_only: bool = False,
) -> BundleInfo:
    """Write the report; a journal without any entry has none and is ``ValueError``.

    ``Refused`` for one so long that a PDF could not carry it.
    """
    import typst

    straight = Straight(output)
    progress = Progress()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / JOURNAL).open("wb") as journal:
            gathered = _gathered(entries, journal, progress, rulings_only=rulings_only)
        data = pages(gathered, summary, progress.entries, progress.head)
        (folder / "data.json").write_text(json.dumps(printable_data(data)), encoding="utf-8")
        copyfile(_TEMPLATE, folder / _TEMPLATE.name)
        document = typst.compile(
            folder / _TEMPLATE.name,
            root=folder,
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards=["a-3a", "ua-1"],
            timestamp=int(gathered.marks.last.timestamp()),
        )
    if not isinstance(document, bytes):
        raise TypeError("one document was asked for")
    straight.write(document)
    return BundleInfo(straight.total.hexdigest(), progress.entries, progress.head)


def _gathered(
    entries: Iterable[Entry], journal: BinaryIO, progress: Progress, *, rulings_only: bool
) -> Gathered:
    """One reading of the entries; those of a whole report are laid by, to be attached."""
    if rulings_only:
        return gather(rows(entries, progress), rulings_only=True)
    return gather(rows(_copied(entries, journal), progress))


def _copied(entries: Iterable[Entry], journal: BinaryIO) -> Iterator[Entry]:
    """The entries, each written to the journal to attach as it passes."""
    for count, entry in enumerate(entries, 1):
        if count > MOST:
            raise Refused(
                f"La main courante compte plus de {MOST} lignes\u00a0: un PDF ne peut pas la "
                "porter. Demandez «\u00a0pdf-decisions\u00a0», ou le classeur (xlsx)."
            )
        journal.write(export_line(entry).encode() + b"\n")
        yield entry
