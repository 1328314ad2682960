"""Write the sheet of a crisis to a file: on demand, and every few hours when a setting asks.

The regular sheets follow the journal: those of a crisis in which a text was erased are removed,
since they show it, and the one of the present period is printed again without it.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from bot.core.crisis import Crisis
from bot.errors import OutsideService, TocsinError, reason
from bot.paper.printing import laid_out
from bot.paper.sheet import sheet_data
from bot.readings import patiently
from bot.service import Service

log = logging.getLogger(__name__)

FOLDER: Final = "impressions"
"""Where regular sheets go, in the data folder."""
_ERASED: Final = "effacements.json"
"""In that folder: how many lines of each crisis were erased when its sheets were last removed."""
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
            f"Je ne peux pas écrire {path} ({reason(error)}). Choisissez un autre fichier.",
        ) from error


def forget(service: Service, folder: Path) -> None:
    """Remove the regular sheets that may show what was erased since; raises ``OSError``."""
    place = folder / FOLDER
    if not place.is_dir():
        return
    known = _counted(place / _ERASED)
    counts = {one.id: len(one.erased) for one in service.crises() if one.erased}
    for crisis in (one for one, count in counts.items() if known.get(one) != count):
        for sheet in place.glob(f"{crisis}-*"):
            sheet.unlink(missing_ok=True)
    if counts != known:
        draft = place / f"{_ERASED}.part"
        draft.write_text(json.dumps(counts, sort_keys=True), encoding="ascii")
        draft.replace(place / _ERASED)


def _counted(file: Path) -> dict[str, int]:
    """What was written there; nothing when nobody can read it, so that too much is removed."""
    try:
        found = json.loads(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def due(service: Service, folder: Path, every: timedelta) -> list[tuple[Crisis, Path]]:
    """The sheets that are to be printed now: one for each open crisis and period of ``every``.

    What was printed is what lies in the folder: a restart prints nothing twice.  Without a period
    nothing is printed.
    """
    found: list[tuple[Crisis, Path]] = []
    for crisis in service.crises() if every else ():
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

    ``mine`` says of a crisis whether this process is the one that looks after it; what was erased
    goes from the sheets that lie here, whoever looks after it.
    """
    while True:
        try:
            await patiently(lambda: forget(service, folder))
        except OSError as error:
            log.warning("sheets that show what was erased are still there: %s", error)
        for crisis, path in await patiently(lambda: due(service, folder, every)):
            if not mine(crisis.id):
                continue
            try:
                await asyncio.to_thread(write_sheet, service, crisis, path)
            except TocsinError as away:
                log.warning("sheet of %s waits: %s", crisis.id, away)
        await asyncio.sleep(tick)
