"""Where to connect a socket: asked of Slack until it says, since a socket that gives up is deaf.

The SDK asks once.  When Slack has just announced a refresh and that one request fails, it keeps the
old connection, on which nothing comes any more.  It also tries one address again and again, though
each serves once, and waits minutes for a path that does not answer.
"""

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)

#: Seconds that Slack has to say where, and that a connection has to stand from the first question:
#: while we wait on a dead path, we hear nothing.
_WITHIN = 4.0
_STANDING = 12.0


def persistent(handler: Any, sockets: "AsyncWebClient", token: str) -> Any:
    """The same socket handler, which asks again whatever happens but a refusal.

    A refusal (``Rejected``: a wrong token) is raised to the SDK, which tells it in the log.
    """
    from bot.slack.gateway import Gateway, Unsure

    gateway = Gateway(sockets)
    client, connect_once = handler.client, handler.client.connect

    async def address() -> str:
        while True:
            try:
                answer = await gateway.call(
                    "apps.connections.open", within=_WITHIN, app_token=token
                )
            except Unsure as away:
                log.warning("no new connection to Slack yet: %s", away)
            else:
                return str(answer["url"])

    async def connect() -> None:
        while not client.closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STANDING):
                    await connect_once()
                    return
            client.wss_uri = None  # the next try asks for another

    client.issue_new_wss_url = address
    client.connect = connect
    return handler
