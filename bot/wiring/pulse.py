"""Notice within seconds that a socket is dead, also when nothing says so, and have it replaced.

A path may be dead while both ends believe it open: then nothing comes, and nobody is told.  So a
socket is asked for a sign of life at each beat; after a few beats without one it is shut and
replaced.  Only beats that come in time are counted: while this process is itself too slow to read
what came, its beats are late too, and nobody is taken for dead who is merely not heard.

One that has missed two beats may be deaf: it does not count as open (``hearing``) until it is heard
again or replaced, so that what was said meanwhile is looked for afterwards.

The SDK's own watch goes on behind this one, slower.  Here too a socket that was cut is replaced at
the next beat.
"""

import asyncio
import contextlib
import logging
import socket
from functools import partial
from typing import Any

from bot.errors import OutsideService
from bot.keeping import kept
from bot.wiring import clock

log = logging.getLogger(__name__)

#: Seconds between two beats, and how many of them may pass without a sign of life.
_BEAT = 1.5
_UNHEARD = 4
_DOUBTFUL = 2
#: Seconds by which a beat may be late and still count.
_LATE = 0.5


def vigilant(handler: Any) -> Any:
    """The same socket handler, watched from the time that it is connected until it is closed."""
    watching: list[asyncio.Task[None]] = []
    handler.client.unheard = 0
    connect, hang_up = handler.connect_async, handler.close_async

    async def connect_async() -> None:
        await connect()
        beating = kept("pulse", partial(_watch, handler.client))
        watching.append(asyncio.create_task(beating, name="pulse"))

    async def close_async() -> None:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        await hang_up()

    handler.connect_async, handler.close_async = connect_async, close_async
    return handler


async def hearing(client: Any) -> bool:
    """Whether this client is connected, and gave a sign of life a moment ago."""
    return bool(await client.is_connected()) and getattr(client, "unheard", 0) < _DOUBTFUL


async def _watch(client: Any) -> None:
    """Look at each beat; a failure of one look is the log's, and the next one comes."""
    watched, heard = None, None
    loop = asyncio.get_running_loop()
    while not client.closed:
        due = loop.time() + _BEAT
        await asyncio.sleep(_BEAT)
        if loop.time() - due > _LATE:
            continue
        session = client.current_session
        silent = session is watched and heard == client.last_ping_pong_time
        client.unheard = client.unheard + 1 if silent else 0
        watched, heard = session, client.last_ping_pong_time
        try:
            if session is None or session.closed:
                await client.connect_to_new_endpoint()
            elif client.unheard >= _UNHEARD:
                log.warning("a socket to Slack gave no sign of life: it is replaced")
                await _replace(client, session)
            else:
                await session.ping(f"sdk-ping-pong:{clock().timestamp()}".encode())
        except (OSError, RuntimeError, OutsideService) as broken:
            # Slack may refuse a new connection for a while: the next look asks for one again.
            log.warning("a socket to Slack is broken: %s", type(broken).__name__)


async def _replace(client: Any, session: Any) -> None:
    """Shut this one without the farewell that nobody would answer, and connect anew."""
    line = session.get_extra_info("socket")
    if line is not None:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
    client.stale = True
    client.last_ping_pong_time = None
    await client.connect_to_new_endpoint()
