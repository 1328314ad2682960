"""Where to connect a socket: asked of Slack until it says, since a socket that gives up is deaf.

The SDK asks once.  When Slack has just announced a refresh and that one request fails, it keeps the
old connection, on which nothing comes any more.
"""

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)


def persistent(handler: Any, sockets: "AsyncWebClient", token: str) -> Any:
    """The same socket handler, which asks again whatever happens but a refusal.

    A refusal (``Rejected``: a wrong token) is raised to the SDK, which tells it in the log.
    """
    from bot.slack.gateway import Gateway, Unsure

    gateway = Gateway(sockets)

    async def address() -> str:
        while True:
            try:
                answer = await gateway.call("apps.connections.open", app_token=token)
            except Unsure as away:
                log.warning("no new connection to Slack yet: %s", away)
            else:
                return str(answer["url"])

    handler.client.issue_new_wss_url = address
    return handler
