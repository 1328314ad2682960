"""How Slack's requests come in: over sockets that we open, or over HTTP behind a proxy.

Socket Mode opens no port and is the rule.  Over HTTP every request must bear Slack's signature,
made less than five minutes ago: Bolt checks it before anything of ours sees the request.  We listen
on 127.0.0.1 alone; the hospital's proxy has the certificate and the address.
"""

from typing import TYPE_CHECKING, Any, Protocol

from bot.config import Settings
from bot.errors import SettingError
from bot.wiring.endpoint import persistent
from bot.wiring.leaving import polite
from bot.wiring.pulse import vigilant

if TYPE_CHECKING:
    from aiohttp import web
    from slack_bolt.async_app import AsyncApp
    from slack_sdk.web.async_client import AsyncWebClient

#: Where Slack's three request addresses point: events, commands, interactivity.
PATH = "/slack/events"
_HOST = "127.0.0.1"


class Entrance(Protocol):
    """What Slack comes in by; Bolt's own socket handler is one."""

    client: Any

    async def connect_async(self) -> None:
        """Open it."""

    async def close_async(self) -> None:
        """Close it."""


def entrances(settings: Settings, app: "AsyncApp", sockets: "AsyncWebClient") -> list[Entrance]:
    """The ways in that the settings ask for; ``sockets`` is the client that opens connections.

    Two sockets by default, so that a refresh of one loses nothing.
    """
    if settings.tocsin_mode == "http":
        return [_Served(app, settings.tocsin_http_port)]
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

    token = settings.slack_app_token
    return [
        polite(
            vigilant(
                persistent(
                    AsyncSocketModeHandler(app, token, web_client=sockets, ping_interval=5),
                    sockets,
                    token,
                )
            )
        )
        for _ in range(settings.slack_connections)
    ]


class _Served:
    """One HTTP server, with the shape of a socket: connected from its start to its end."""

    def __init__(self, app: "AsyncApp", port: int) -> None:
        self._app = app
        self._port = port
        self._runner: web.AppRunner | None = None
        self.client = self
        self.current_session = self

    async def connect_async(self) -> None:
        """Listen; ``SettingError`` when the port is taken."""
        from aiohttp import web

        served = web.Application()
        served.router.add_post(PATH, self._take)
        self._runner = web.AppRunner(served, access_log=None, shutdown_timeout=3)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, _HOST, self._port).start()
        except OSError as error:
            raise SettingError(
                f"Le port {self._port} de TOCSIN_HTTP_PORT est déjà pris. Choisissez-en un autre.",
                detail=str(error),
            ) from error

    async def _take(self, request: "web.Request") -> "web.Response":
        from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request

        answer = await self._app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    async def is_connected(self) -> bool:
        """Whether Slack could reach us here."""
        return self._runner is not None

    async def close_async(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
