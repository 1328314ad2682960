"""Whether the journals of a database hold, read from the store as an auditor reads an export.

Used where no auditor is there: before a restored database is put to use, and by the self-check of
an installation.  What a verification cannot prove is the report's business.
"""

from collections.abc import Iterator, Sequence

from bot.errors import JournalBroken
from bot.journal.entry import export_line
from bot.journal.outside import Brought
from bot.journal.report import Report
from bot.journal.seal import VerifierKey
from bot.journal.store import Store
from bot.journal.verify import verify_lines


def verified(store: Store, crisis: str, keys: Sequence[VerifierKey] = ()) -> Report:
    """Verify one journal of the store, its signatures too when ``keys`` are given.

    Raises ``StoreUnavailable`` when the database cannot be read; a line that cannot be is a fault
    in the report.
    """

    def lines() -> Iterator[bytes]:
        try:
            for entry in store.read(crisis):
                yield export_line(entry).encode() + b"\n"
        except JournalBroken:
            yield b"\x00\n"  # read as what it is: a line that nobody can read

    return verify_lines(lines(), Brought(keys=tuple(keys)))


def unsound(store: Store, keys: Sequence[VerifierKey] = ()) -> Iterator[tuple[str, Report]]:
    """The journals of the store that do not hold, each with its report, the oldest first."""
    for row in store.crises():
        report = verified(store, row.crisis, keys)
        if not report.ok:
            yield row.crisis, report
