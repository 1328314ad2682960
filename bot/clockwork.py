"""The loop: what is due becomes a command like any other.

Reminders enter the journal as facts, so that they are raised once whatever crashes; a journal that
went on for a while is sealed; the boards are drawn again because time has passed.  It owns no
state: everything is computed from the journal.
A crisis whose reminders cannot be raised does not keep the others from theirs.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.core.crisis import TOCSIN, Command, Crisis
from bot.core.drill import HoldDrill, PlayInjects, running
from bot.core.duties import RaiseReminders
from bot.core.sealing import SealJournal, due
from bot.errors import TocsinError
from bot.service import Ask, Service

log = logging.getLogger(__name__)

#: Seconds between two looks at what is due.
TICK = 10.0
#: Ticks between two redraws of the boards, whose clocks are told in minutes.
REDRAW = 6
#: What is raised in every crisis, whatever the settings.
REMINDERS: tuple[Command, ...] = (RaiseReminders(),)


def everything(_: str) -> bool:
    """All crises are ours: no other process shares the journal."""
    return True


async def run(
    service: Service,
    redraw: Callable[[], None],
    tick: float = TICK,
    every: int = REDRAW,
    mine: Callable[[str], bool] = everything,
    commands: Sequence[Command] = REMINDERS,
) -> None:
    """Raise reminders, seal journals, clean files and redraw boards until cancelled.

    ``mine`` says of a crisis whether this process is the one that looks after it; ``commands`` are
    what is raised in each open crisis when it is due.
    """

    async def draw() -> None:
        redraw()

    count = 0
    while True:
        await _guarded(raise_due(service, mine, commands))
        await _guarded(play_due(service, mine))
        await _guarded(seal_due(service, mine))
        await _guarded(service.tidy())
        if count % every == 0:
            await _guarded(draw())
        count += 1
        await asyncio.sleep(tick)


async def raise_due(
    service: Service,
    mine: Callable[[str], bool] = everything,
    commands: Sequence[Command] = REMINDERS,
) -> None:
    """Raise what is due now in every open crisis."""
    for crisis in await _ours(service, mine):
        if crisis.is_open:
            for command in commands:
                await _guarded(service.handle(Ask(crisis.id, TOCSIN, command)))


async def play_due(service: Service, mine: Callable[[str], bool] = everything) -> None:
    """Play the inject that is due in every drill that runs, one at a look.

    A real crisis pauses them first: nobody must take one for the other.
    """
    crises = await asyncio.to_thread(service.crises)
    real = [one.opened_at for one in crises if one.is_open and not one.exercise]
    for crisis in filter(lambda one: mine(one.id), crises):
        if running(crisis) is not None:
            if real:
                await _guarded(service.handle(Ask(crisis.id, TOCSIN, HoldDrill(max(real)))))
            await _guarded(service.handle(Ask(crisis.id, TOCSIN, PlayInjects())))


async def seal_due(service: Service, mine: Callable[[str], bool] = everything) -> None:
    """Have every journal sealed that went on long enough, those of closed crises too."""
    for crisis in await _ours(service, mine):
        if due(crisis, (), service.now()) is not None:
            await _guarded(service.handle(Ask(crisis.id, TOCSIN, SealJournal("time"))))


async def _ours(service: Service, mine: Callable[[str], bool]) -> list[Crisis]:
    # In a thread: a database that does not answer must not keep the rest of the bot waiting.
    return [one for one in await asyncio.to_thread(service.crises) if mine(one.id)]


async def _guarded(work: Awaitable[object]) -> None:
    """Do this; the second edge: a fault in one look must not stop the reminders of the night."""
    try:
        await work
    except TocsinError as away:
        log.warning("clockwork waits: %s", away)
    except Exception:
        log.exception("clockwork failed once and goes on")
