"""Crises and entries for a terminal or a program, and the export to a file."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.core.crisis import Actor, Crisis
from bot.core.evidence import RecordExport
from bot.core.french import clock, full_clock
from bot.core.playbook import Plan
from bot.core.sealing import SealJournal
from bot.errors import OutsideService, Refused, TocsinError, reason
from bot.exports.bundle import IN_BUNDLE, Again, Enclosed, bundle, read_certificates
from bot.exports.jsonl import BundleInfo
from bot.exports.summary import summary
from bot.journal.codec import decode
from bot.journal.entry import Entry, write_time
from bot.sentences import author, dated, told
from bot.service import Ask, Service

log = logging.getLogger(__name__)

#: A shorter journal is out before a bar is drawn.
MANY = 2000
TERMINAL = Actor("terminal", "Ligne de commande")


def crisis_object(crisis: Crisis) -> dict[str, Any]:
    """A crisis as ``tocsin crises --json`` prints it; times are UTC."""
    return {
        "id": crisis.id,
        "title": crisis.title,
        "exercise": crisis.exercise,
        "playbook": crisis.plan.playbook.id,
        "level": crisis.level,
        "opened_at": write_time(crisis.opened_at),
        "closed_at": write_time(crisis.closed.at) if crisis.closed else None,
        "channel": crisis.channel or None,
        "channel_name": crisis.channel_name or None,
        "entries": crisis.seq,
    }


def crisis_line(crisis: Crisis) -> str:
    """A crisis in one line."""
    kind = "EXERCICE " if crisis.exercise else ""
    state = "close" if crisis.closed else "en cours"
    opened = full_clock(crisis.opened_at, crisis.zone)
    return f"{crisis.id}  {kind}{state}  ouverte {opened}  {crisis.seq} lignes  {crisis.title}"


def entry_object(entry: Entry, plan: Plan) -> dict[str, Any]:
    """An entry as ``tocsin journal --json`` prints it."""
    fact, stamp = decode(entry)
    body = entry.body_data or {}
    return {
        "crisis": entry.crisis,
        "seq": entry.seq,
        "kind": entry.kind,
        "event_time": write_time(entry.event_time) if entry.event_time else None,
        "record_time": write_time(entry.record_time),
        "slack_ts": entry.slack_ts,
        "actor": body.get("actor") or asdict(stamp.actor),
        "sentence": told(fact, stamp, plan),
        "text": body.get("text"),
        "data": body.get("data"),
        "prev": entry.prev,
        "hash": entry.hash,
        "erased_by": stamp.erased_by or None,
    }


def entry_line(entry: Entry, plan: Plan) -> str:
    """An entry in one line, in the establishment's time, safe for a terminal."""
    fact, stamp = decode(entry)
    at = full_clock(stamp.at, plan.establishment.timezone)
    declared = dated(fact, stamp, plan.establishment.timezone)
    known = declared == clock(stamp.recorded, plan.establishment.timezone)
    when = at if known else f"{at} [{declared}]"
    text = f"{entry.seq:5d}  {when}  {author(stamp)} : {told(fact, stamp, plan)}"
    return "".join(one if one.isprintable() else " " for one in text)


def export_to(
    service: Service,
    crisis: Crisis,
    path: Path,
    name: str = "lot",
    *,
    views: bool = True,
    certificates: Path | None = None,
    pieces: Sequence[Path] = (),
) -> BundleInfo:
    """Write the journal in one of ``FORMATS`` to a file, with a progress bar, and record it.

    ``views`` go into a bundle, and the ``certificates`` (PEM) of the authority behind its stamps.
    So do ``pieces``: copies of the files of the channel, each named by its SHA-256.
    """
    from bot.exports import FORMATS

    if name not in FORMATS:
        raise Refused(f"Format inconnu : « {name} ». Formats : {', '.join(FORMATS)}.")
    crisis = sealed(service, crisis)
    read = Again(lambda: _shown(service.entries(crisis.id), crisis.seq))
    try:
        with path.open("wb") as output:
            if name == "lot":
                shown = IN_BUNDLE if views else ()
                enclosed = Enclosed(shown, read_certificates(certificates), pieces)
                info = bundle(read, output, summary(crisis), enclosed)
            else:
                info = FORMATS[name].write(read, output, summary(crisis))
    except Refused:
        path.unlink()
        raise
    except OSError as error:
        raise OutsideService(
            "Le disque",
            f"Je ne peux pas écrire {path} ({reason(error)}). Choisissez un autre fichier.",
        ) from error
    command = RecordExport(name, info.entries, info.head, info.sha256)
    (done,) = service.commit([Ask(crisis.id, TERMINAL, command)])
    if isinstance(done, TocsinError):
        raise done
    return info


def sealed(service: Service, crisis: Crisis) -> Crisis:
    """The crisis with a checkpoint before it leaves; one that cannot be had holds nothing back."""
    (done,) = service.commit([Ask(crisis.id, TERMINAL, SealJournal("export"))])
    if isinstance(done, TocsinError):
        log.info("%s is exported without a new checkpoint: %s", crisis.id, done)
        return crisis
    return done.crisis


def _shown(entries: Iterable[Entry], total: int) -> Iterator[Entry]:
    """The same entries, with a bar on a terminal when there are many."""
    if total < MANY:
        yield from entries
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(entries, "Export", total, console=Console(stderr=True), transient=True)
