"""The views of a journal: one table from a name to the function that writes it.

Each comes whole and, as ``…-decisions``, with decisions and filings only.  A new view is a module
here and its row.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final, Protocol

from bot.exports.french_csv import write_csv
from bot.exports.iris import write_iris
from bot.exports.jsonl import BundleInfo, CrisisSummary
from bot.exports.report import MOST, write_pdf
from bot.exports.spreadsheet import write_xlsx
from bot.exports.timesketch import write_timesketch
from bot.journal.entry import Entry

Writer = Callable[[Iterable[Entry], BinaryIO, CrisisSummary], BundleInfo]
ONLY: Final = "-decisions"


@dataclass(frozen=True, slots=True)
class Format:
    """One way of taking a journal out; ``file`` is its name beside others of the same crisis."""

    title: str
    suffix: str
    media_type: str
    write: Writer
    file: str
    evidence: bool = False
    """Whether it can be verified; a view cannot, and says what it is a view of."""


class _Views(Protocol):
    """A function that writes a view."""

    def __call__(
        self,
        entries: Iterable[Entry],
        output: BinaryIO,
        summary: CrisisSummary,
        *,
        rulings_only: bool = False,
    ) -> BundleInfo:
        """Write the rows of these entries."""
        ...


_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_ROWS: Final[tuple[tuple[str, str, str, str, str, _Views], ...]] = (
    ("pdf", "Rapport à imprimer", ".pdf", "application/pdf", "main-courante", write_pdf),
    ("xlsx", "Classeur", ".xlsx", _WORKBOOK, "main-courante", write_xlsx),
    ("csv", "CSV pour Excel en français", ".csv", "text/csv", "main-courante", write_csv),
    (
        "timesketch",
        "Chronologie pour Timesketch",
        ".jsonl",
        "application/jsonl",
        "timesketch",
        write_timesketch,
    ),
    ("iris", "Chronologie pour DFIR-IRIS", ".csv", "text/csv", "iris", write_iris),
)


def _both() -> Iterator[tuple[str, Format]]:
    """Each view whole, then with decisions and filings only."""
    for name, title, suffix, media_type, file, write in _ROWS:
        yield name, Format(title, suffix, media_type, write, f"{file}{suffix}")
        only = f"{title}\u00a0: décisions et démarches seulement"
        some = partial(write, rulings_only=True)
        yield name + ONLY, Format(only, suffix, media_type, some, f"{file}{ONLY}{suffix}")


VIEWS: Final[Mapping[str, Format]] = dict(_both())


def fitting(name: str, entries: int) -> str:
    """The view to write instead of this one for a journal of so many entries: a PDF has an end."""
    return name + ONLY if name == "pdf" and entries > MOST else name
