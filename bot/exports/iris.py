"""DFIR-IRIS: the CSV of its timeline upload, ten columns, commas, one line per row.

It cuts the file into lines before it reads any quote: a line end inside a field would vanish, so
each text stands on one line.  Dates go without a zone beside a column that gives it; categories,
assets and indicators have to exist in the case beforehand, so those columns stay empty.
"""

import csv
from collections.abc import Iterable
from datetime import UTC
from io import StringIO
from typing import BinaryIO

from bot.exports.jsonl import BundleInfo, CrisisSummary, Progress
from bot.exports.output import Straight
from bot.exports.rows import EXERCISE, Row, local, notice, rows
from bot.exports.text import one_line
from bot.journal.entry import Entry

HEADERS = (
    "event_date",
    "event_tz",
    "event_title",
    "event_category",
    "event_content",
    "event_raw",
    "event_source",
    "event_assets",
    "event_iocs",
    "event_tags",
)


def write_iris(
    entries: Iterable[Entry],
    output: BinaryIO,
    summary: CrisisSummary,
    *,
    rulings_only: bool = False,
) -> BundleInfo:
    """Write the names of the columns, then one line per row."""
    straight = Straight(output)
    progress = Progress()
    said = one_line(notice(summary, rulings_only=rulings_only))
    straight.write(_line(HEADERS))
    for row in rows(entries, progress, rulings_only=rulings_only):
        straight.write(_line(_fields(row, summary, said)))
    return BundleInfo(straight.total.hexdigest(), progress.entries, progress.head)


def _fields(row: Row, summary: CrisisSummary, said: str) -> tuple[str, ...]:
    """The ten fields of a row."""
    stamp = row.stamp
    mark = f"{EXERCISE} — " if summary["exercise"] else ""
    role = f" ({stamp.actor.role})" if stamp.actor.role else ""
    happened = "heure inconnue" if row.unknown else local(stamp.at, row.zone)
    unsure = " (environ)" if row.precision == "about" else ""
    raw = (
        f"Ligne {row.seq}, empreinte {row.hash}, "
        f"fait {happened}{unsure}, enregistré {local(stamp.recorded, row.zone)}"
    )
    tags = ("tocsin", row.kind, "vue", *(("exercice",) if summary["exercise"] else ()))
    return (
        stamp.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds"),
        "+00:00",
        one_line(f"{mark}N°\u00a0{row.seq} — {row.kind_title}"),
        "",
        one_line(f"Par {stamp.actor.name}{role}\u00a0: {row.text}"),
        raw,
        said,
        "",
        "",
        "|".join(tag.replace("|", "-").replace(",", "-") for tag in tags),
    )


def _line(fields: Iterable[str]) -> bytes:
    """One line of the file."""
    line = StringIO()
    csv.writer(line, lineterminator="\n").writerow(fields)
    return line.getvalue().encode()
