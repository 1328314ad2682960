"""Hang up without losing what was heard: a socket is closed once what came over it is answered.

An acknowledgement can only go back on the socket over which its envelope came.  Whoever takes over
is connected already, so that Slack goes on with the others from the moment of the close.  What
Slack was sending in that very moment cannot be answered any more: events come again elsewhere, and
who pressed a button is told by Slack to press again.
"""

import asyncio
import contextlib
from typing import Any

#: Seconds after which Slack does not wait for an answer any more.
_AT_MOST = 3.0


def polite(handler: Any) -> Any:
    """The same socket handler, whose ``close_async`` first answers what it has heard."""
    answers = _Answers(handler.client)
    hang_up = handler.close_async

    async def close() -> None:
        await answers.given()
        await hang_up()

    handler.close_async = close
    return handler


class _Answers:
    """The envelopes of one socket client that are not answered yet."""

    def __init__(self, client: Any) -> None:
        """Stand between the client and who listens to it."""
        self._under_way = 0
        self._rested = asyncio.Event()
        self._rested.set()
        client.socket_mode_request_listeners[:] = [
            self._counted(one) for one in client.socket_mode_request_listeners
        ]

    def _counted(self, listener: Any) -> Any:
        async def listen(client: Any, request: Any) -> None:
            self._under_way += 1
            self._rested.clear()
            try:
                await listener(client, request)
            finally:
                self._under_way -= 1
                if not self._under_way:
                    self._rested.set()

        return listen

    async def given(self) -> None:
        """Wait until all are answered, or nobody waits for an answer any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_AT_MOST):
                while self._under_way:
                    await self._rested.wait()
