"""Timesketch: JSON Lines with ``message``, ``datetime`` and ``timestamp_desc`` on every line.

A fact noted after the event is two lines of its timeline: when it is said to have happened, and
when it was written.  Everything is ASCII: the line ends of other alphabets cannot cut a line.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import BinaryIO

from bot.core.crisis import EPOCH
from bot.exports.jsonl import BundleInfo, CrisisSummary, Progress
from bot.exports.output import Straight
from bot.exports.rows import EXERCISE, PRECISIONS, Row, local, notice, rows, utc
from bot.exports.text import legible
from bot.journal.entry import Entry

HAPPENED = "Heure déclarée du fait"
RECORDED = "Heure d'enregistrement"


def write_timesketch(
    entries: Iterable[Entry],
    output: BinaryIO,
    summary: CrisisSummary,
    *,
    rulings_only: bool = False,
) -> BundleInfo:
    """Write one line per row, two when the fact is older than its recording."""
    straight = Straight(output)
    progress = Progress()
    said = legible(notice(summary, rulings_only=rulings_only))
    for row in rows(entries, progress, rulings_only=rulings_only):
        for line in _lines(row, summary, said):
            straight.write(line)
    return BundleInfo(straight.total.hexdigest(), progress.entries, progress.head)


def _lines(row: Row, summary: CrisisSummary, said: str) -> Iterator[bytes]:
    """The lines of a row."""
    line = partial(_line, row=row, summary=summary, said=said)
    if row.declared:
        yield line(HAPPENED)
    yield line(RECORDED)


def _line(desc: str, *, row: Row, summary: CrisisSummary, said: str) -> bytes:
    """One line, at the time that this description names."""
    stamp = row.stamp
    moment = stamp.at if desc == HAPPENED else stamp.recorded
    mark = f"{EXERCISE} — " if summary["exercise"] else ""
    tags = ["tocsin", row.kind]
    tags += ["décision ou démarche"] if row.ruling else []
    tags += ["exercice"] if summary["exercise"] else []
    fields = {
        "message": f"{mark}{row.kind_title} — {legible(row.text)}",
        "datetime": utc(moment).replace("Z", "+00:00"),
        "timestamp": (moment - EPOCH) // timedelta(microseconds=1),
        "timestamp_desc": desc,
        "local_time": local(moment, row.zone),
        "crisis": legible(row.crisis),
        "seq": row.seq,
        "entry_hash": row.hash,
        "kind": row.kind,
        "actor": legible(stamp.actor.name),
        "actor_id": legible(stamp.actor.id),
        "actor_role": legible(stamp.actor.role),
        "slack_ts": legible(row.slack_ts),
        "event_precision": PRECISIONS[row.precision],
        "exercise": summary["exercise"],
        "notice": said,
        "tag": tags,
    }
    return json.dumps(fields).encode("ascii") + b"\n"
