"""A checkpoint to put outside, as the journal of a small crisis has it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.anchors.station import Sealed
from bot.core.crisis import Crisis
from bot.journal.seal import load_or_create
from tests.core.plans import PLAN

AT = datetime(2026, 11, 21, 2, 16, 27, tzinfo=UTC)
NAME = "ch-fictif.example/tocsin"


def checkpoint(folder: Path, *, exercise: bool = False, size: int = 57) -> Sealed:
    """A signed checkpoint of 57 lines."""
    signer = load_or_create(folder / "keys" / "tocsin.pem", NAME)
    crisis = replace(Crisis("2026-0001"), plan=PLAN, exercise=exercise)
    head = "3f" * 32
    note = signer.note(crisis.id, size, head)
    return Sealed(crisis, note, str(signer.verifier), size, head, AT)
