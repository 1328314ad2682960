"""Journals made from nothing but a number: the same call always gives the same bytes."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from bot.journal.entry import GENESIS, Entry, export_line, seal

CRISIS = "2026-0001"
START = datetime(2026, 3, 14, 2, 7, 31, 250_000, tzinfo=UTC)
TEXTS = (
    "Chiffrement constaté sur le serveur d'imagerie.",
    "Décidé à 03\u00a0h\u00a010\u00a0: couper l'accès Internet de l'établissement.",
    "« Plan blanc » envisagé 🚨 — à confirmer",
    'Ligne 1\nLigne 2\tavec "guillemets" et \\ barre oblique',
    "",
)


def sealed(  # one entry after another, everything it needs derived from its number
    seq: int,
    prev: str = GENESIS,
    *,
    crisis: str = CRISIS,
    body: Mapping[str, Any] | None = None,
    delivery: str | None = None,
) -> Entry:
    """One entry of the plain journal."""
    recorded = START + timedelta(minutes=seq, microseconds=seq)
    usual = {
        "actor": {"id": f"U{seq % 3}", "name": "Camille Fictive", "role": "rssi"},
        "channel": "C0CRISE",
        "text": TEXTS[seq % len(TEXTS)],
        "data": {"step": f"etape-{seq}", "count": seq, "done": seq % 2 == 0, "tags": ["a", None]},
    }
    return seal(
        crisis=crisis,
        seq=seq,
        kind="note-taken" if seq % 4 else "decision-taken",
        event_time=recorded - timedelta(hours=1) if seq % 3 == 0 else None,
        record_time=recorded,
        slack_ts=f"1773454{seq:03}.000100" if seq % 2 else None,
        prev=prev,
        body=usual if body is None else body,
        salt=sha256(f"{crisis} {seq}".encode()).digest(),
        delivery=delivery,
    )


def chain(
    count: int, after: Entry | None = None, *, crisis: str = CRISIS, deliveries: str = ""
) -> list[Entry]:
    """So many entries, from the first or after this one; numbered deliveries when asked for."""
    entries = []
    seq, prev = (after.seq, after.hash) if after else (0, GENESIS)
    for number in range(seq + 1, seq + count + 1):
        delivery = f"{deliveries}{number}" if deliveries else None
        entries.append(sealed(number, prev, crisis=crisis, delivery=delivery))
        prev = entries[-1].hash
    return entries


def exported(entries: Iterable[Entry]) -> list[bytes]:
    """The lines of the export of these entries, each with its line feed."""
    return [export_line(entry).encode() + b"\n" for entry in entries]
