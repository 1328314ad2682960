"""Write the sheet of a crisis to a file: on demand, and every few hours when a setting asks."""

import asyncio
import logging
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from bot.core.crisis import Crisis
from bot.errors import OutsideService, TocsinError
from bot.paper.printing import laid_out
from bot.paper.sheet import sheet_data
from bot.readings import patiently
from bot.service import Service

log = logging.getLogger(__name__)

FOLDER: Final = "impressions"
"""Where regular sheets go, in the data folder."""
_KIT: Final = "kit-papier.date"
"""The day on which the kit was last made, in the data folder."""
_TICK: Final = 60.0
"""Seconds between two looks at what is to be printed."""


def write_sheet(service: Service, crisis: Crisis, path: Path, last: int = 0) -> None:
    """Write the PDF, with the ``last`` lines of the log or (0) all of them."""
    now = service.now()
    facts = service.facts(crisis.id, after=max(0, crisis.seq - last) if last else 0)
    document = laid_out("sheet.typ", sheet_data(crisis, facts, now), now)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".part")
        draft.write_bytes(document)
        draft.replace(path)
    except OSError as error:
        raise OutsideService(
            "Le disque",
            f"Je ne peux pas écrire {path} ({error.strerror}). Choisissez un autre fichier.",
        ) from error


def due(service: Service, folder: Path, every: timedelta) -> list[tuple[Crisis, Path]]:
    """The sheets that are to be printed now: one for each open crisis and period of ``every``.

    What was printed is what lies in the folder: a restart prints nothing twice.
    """
    found = []
    for crisis in service.crises():
        if not crisis.is_open:
            continue
        number = (service.now() - crisis.opened_at) // every
        path = folder / FOLDER / f"{crisis.id}-{number:04d}.pdf"
        if number > 0 and not path.exists():
            found.append((crisis, path))
    return found


def note_kit(folder: Path, day: date) -> None:
    """Remember in the data folder when the kit was made; raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / _KIT).write_text(f"{day.isoformat()}\n", encoding="ascii")


def last_kit(folder: Path) -> date | None:
    """The day on which the kit was last made; ``None`` when nobody knows."""
    try:
        return date.fromisoformat((folder / _KIT).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None


async def run(
    service: Service,
    folder: Path,
    every: timedelta,
    tick: float = _TICK,
    mine: Callable[[str], bool] = lambda _: True,
) -> None:
    """Print every open crisis each ``every``, until cancelled; a failure waits for a next look.

    ``mine`` says of a crisis whether this process is the one that looks after it.
    """
    while True:
        for crisis, path in await patiently(lambda: due(service, folder, every)):
            if not mine(crisis.id):
                continue
            try:
                await asyncio.to_thread(write_sheet, service, crisis, path)
            except TocsinError as away:
                log.warning("sheet of %s waits: %s", crisis.id, away)
        await asyncio.sleep(tick)
