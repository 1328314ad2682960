"""Export of a long journal from its database: the bundle, with nothing held but the line in hand.

``python -m bench.exporting DATABASE FILE VIEW…`` is the program that is timed.
"""

import sys
from itertools import islice
from pathlib import Path

from bench import journals
from bench.table import Row
from bot.exports.bundle import Again, Enclosed, bundle
from bot.journal.store import Store

MEMORY = 128
_BATCH = 10_000
_VIEWED = 10
"""Views are measured on this part of the journal."""


async def measure(folder: Path, count: int = journals.MANY) -> list[Row]:
    """Fill a database, export it, then a shorter one with its workbook and its CSV."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, before anything is timed
    rows = _rows(folder, "export of a bundle", count)
    rows += _rows(folder, "with the workbook and the CSV", count // _VIEWED, "xlsx", "csv")
    return rows


def _rows(folder: Path, what: str, count: int, *views: str) -> list[Row]:
    database, output = folder / f"{count}.db", folder / f"{count}.zip"
    _fill(database, count, folder)
    taken = journals.run("-m", "bench.exporting", database, output, *views)
    size = output.stat().st_size / 2**20
    checked = journals.run("-m", "bot", "verify", output)
    database.unlink()
    output.unlink()
    return [
        Row(
            f"{what}, {journals.many(count)} entries",
            f"{count / taken.seconds:.0f}/s "
            f"({taken.seconds:.0f} s, {taken.cpu:.0f} of CPU, {size:.0f} MiB)",
        ),
        Row(
            f"{what}: memory",
            f"{taken.memory:.0f} MiB",
            aim=f"< {MEMORY} MiB",
            met=taken.memory < MEMORY,
        ),
        Row(
            f"{what}: verified again from the zip",
            f"{count / checked.seconds:.0f}/s ({checked.memory:.0f} MiB)",
        ),
    ]


def _fill(database: Path, count: int, folder: Path) -> None:
    store = Store(f"sqlite:///{database}")
    made = journals.entries(count, journals.signer(folder))
    while batch := list(islice(made, _BATCH)):
        store.append(batch)
    store.close()


def main(arguments: list[str]) -> None:
    """Export the journal of this database to this file."""
    database, output, *views = arguments
    store = Store(f"sqlite:///{database}")
    entries = Again(lambda: store.read(journals.CRISIS))
    with Path(output).open("wb") as file:
        bundle(entries, file, {"title": "Banc d'essai", "exercise": False}, Enclosed(tuple(views)))
    store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
