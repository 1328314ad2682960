"""Keep what runs beside the answers alive: a fault of ours ends one turn of it, not the night.

The second edge after that of Slack's payloads: what is not foreseen is told in the log, whole, and
the work begins again a little later.  Each pause is longer than the one before, so that a fault
that comes back at once neither fills the disk nor takes the core from the rest.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.errors import TocsinError
from bot.meters import METERS

log = logging.getLogger(__name__)

#: Seconds before what failed begins again; the last one lasts.
PAUSES = (1.0, 5.0, 15.0, 60.0)
#: Seconds of work after which an earlier failure is forgotten.
_SOUND = 600.0


async def kept(
    name: str, work: Callable[[], Awaitable[None]], pauses: Sequence[float] = PAUSES
) -> None:
    """Do this until it ends by itself or is cancelled, whatever it raises meanwhile.

    ``work`` is called anew each time, and takes up what is left to do.
    """
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        began = loop.time()
        try:
            await work()
            return
        except TocsinError as away:
            log.warning("%s waits: %s", name, away)
        except Exception:
            METERS.unexpected += 1
            log.exception("%s failed, and begins again", name)
        failures = 0 if loop.time() - began > _SOUND else failures
        await asyncio.sleep(pauses[min(failures, len(pauses) - 1)])
        failures += 1
