"""The loop: what is due becomes a command like any other.

Reminders enter the journal as facts, so that they are raised once whatever crashes; a journal that
went on for a while is sealed; the boards are drawn again because time has passed.  It owns no
state: everything is computed from the journal.
A crisis whose reminders cannot be raised does not keep the others from theirs.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.core.crisis import TOCSIN
from bot.core.duties import RaiseReminders
from bot.core.sealing import SealJournal, due
from bot.errors import TocsinError
from bot.service import Ask, Service

log = logging.getLogger(__name__)

#: Seconds between two looks at what is due.
TICK = 10.0
#: Ticks between two redraws of the boards, whose clocks are told in minutes.
REDRAW = 6


async def run(
    service: Service, redraw: Callable[[], None], tick: float = TICK, every: int = REDRAW
) -> None:
    """Raise reminders, seal journals, clean files and redraw boards until cancelled."""

    async def draw() -> None:
        redraw()

    count = 0
    while True:
        await _guarded(raise_due(service))
        await _guarded(seal_due(service))
        await _guarded(service.tidy())
        if count % every == 0:
            await _guarded(draw())
        count += 1
        await asyncio.sleep(tick)


async def raise_due(service: Service) -> None:
    """Raise what is due now in every open crisis."""
    for crisis in service.crises():
        if crisis.is_open:
            await _guarded(service.handle(Ask(crisis.id, TOCSIN, RaiseReminders())))


async def seal_due(service: Service) -> None:
    """Have every journal sealed that went on long enough, those of closed crises too."""
    for crisis in service.crises():
        if due(crisis, (), service.now()) is not None:
            await _guarded(service.handle(Ask(crisis.id, TOCSIN, SealJournal("time"))))


async def _guarded(work: Awaitable[object]) -> None:
    """Do this; the second edge: a fault in one look must not stop the reminders of the night."""
    try:
        await work
    except TocsinError as away:
        log.warning("clockwork waits: %s", away)
    except Exception:
        log.exception("clockwork failed once and goes on")
