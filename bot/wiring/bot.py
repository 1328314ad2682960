"""The bot on Slack: Bolt, the face, the projection, the library and the loop, joined and run.

What is heavy (the library's index, a model) is built after the socket is connected: at the start
the cell needs its buttons, and may wait a few seconds for answers.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot import clockwork
from bot.config import Settings
from bot.core.crisis import Crisis
from bot.errors import SettingError
from bot.library.playbooks import choose
from bot.wiring import House, build, shelves

if TYPE_CHECKING:
    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.library.shelves import Shelves
    from bot.slack.answers import Answers
    from bot.slack.catchup import CatchUp
    from bot.slack.face import Face
    from bot.slack.gateway import Gateway, Tempo
    from bot.slack.render import Message

log = logging.getLogger(__name__)

_T = TypeVar("_T")


async def serve(
    settings: Settings,
    ready: Callable[[], None] = lambda: None,
    tempo: "Tempo | None" = None,
) -> None:
    """Run the bot until SIGINT or SIGTERM; ``ready`` is called once the socket is connected."""
    settings.require_slack()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    house = build(settings)
    for fault in house.shelf.faults:
        log.warning("%s:%s: %s", fault.path, fault.line, fault.message)
    try:
        async with running(house, tempo):
            ready()
            await stop.wait()
    finally:
        house.store.close()


@contextlib.asynccontextmanager
async def running(
    house: House, tempo: "Tempo | None" = None, tick: float = clockwork.TICK
) -> AsyncIterator[None]:
    """Run the bot inside the block, which is entered once the sockets are connected.

    ``tempo`` is how fast Slack is called, within its limits by default; ``tick`` is the number of
    seconds between two looks at what is due.
    """
    import aiohttp

    from bot.slack.gateway import USUAL

    async with aiohttp.ClientSession() as session:
        bot = await _Bot.make(house, session, tempo or USUAL)
        house.service.start()
        try:
            await bot.connect(tick)
            yield
        finally:
            await bot.close()


class _Bot:
    """The Slack side, joined: Bolt, the face, the projection, the library, the loop."""

    def __init__(
        self, house: House, session: "aiohttp.ClientSession", who: dict[str, Any], tempo: "Tempo"
    ) -> None:
        """Join the parts for the bot that Slack says we are."""
        from bot.slack.gateway import Gateway
        from bot.slack.notify import Projector
        from bot.slack.posted import Posted

        self._house = house
        self._tempo = tempo
        self._client = _client(house.settings, house.settings.slack_bot_token, session)
        self._socket_client = _client(house.settings, house.settings.slack_app_token, session)
        self._gateway = Gateway(self._client, tempo)
        self._shelves: Shelves | None = None
        self._projector = Projector(
            house.service, self._gateway, Posted(house.store.engine), self._similar, tempo
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._catchup: CatchUp | None = None
        self._answers, face = _face(house, self._gateway)
        self._sockets = self._make_sockets(face, who)

    @classmethod
    async def make(cls, house: House, session: "aiohttp.ClientSession", tempo: "Tempo") -> "_Bot":
        """Ask Slack who we are, then join the parts."""
        from bot.slack.gateway import Gateway

        client = _client(house.settings, house.settings.slack_bot_token, session)
        return cls(house, session, await _identity(Gateway(client)), tempo)

    def _make_sockets(self, face: "Face", who: dict[str, Any]) -> list[Any]:
        """Two connections on one app by default, so that a refresh of one loses nothing."""
        from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
        from slack_bolt.async_app import AsyncApp

        from bot.slack.catchup import CatchUp
        from bot.slack.events import Events
        from bot.slack.listeners import register

        settings = self._house.settings
        app = AsyncApp(
            client=self._client,
            authorize=_authorize(who, settings.slack_bot_token),
            signing_secret=settings.slack_signing_secret or None,
        )
        capture_all = settings.tocsin_capture == "tout"
        events = Events(face, self._gateway, str(who["user_id"]), capture_all=capture_all)
        register(app, face, events, self._gateway)
        if capture_all:
            self._catchup = CatchUp(self._house.service, self._gateway, events, self._tempo)
        return [
            AsyncSocketModeHandler(
                app, settings.slack_app_token, web_client=self._socket_client, ping_interval=5
            )
            for _ in range(settings.slack_connections)
        ]

    async def connect(self, tick: float) -> None:
        """Open the sockets, then start what may take its time."""
        if self._catchup is not None:
            self._catchup.start()
        await asyncio.gather(*(one.connect_async() for one in self._sockets))
        self._projector.start()
        self._tasks = [
            asyncio.create_task(
                clockwork.run(self._house.service, self._projector.wake_open, tick)
            ),
            asyncio.create_task(self._read_library(), name="library"),
        ]
        if self._catchup is not None:
            watching = self._catchup.watch(self._live)
            self._tasks.append(asyncio.create_task(watching, name="catch-up"))
        for one in self._tasks[1:]:
            one.add_done_callback(_ended)

    async def _live(self) -> frozenset[object]:
        """The connections that are open now, each the very one."""
        clients = [one.client for one in self._sockets]
        return frozenset([one.current_session for one in clients if await one.is_connected()])

    async def close(self) -> None:
        """Write what waits, stop projecting, then leave."""
        await self._house.service.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._projector.stop()
        await asyncio.gather(*(one.close_async() for one in self._sockets), return_exceptions=True)
        if self._shelves is not None:
            self._shelves.close()

    async def _read_library(self) -> None:
        """Read the library, then again each time a file changes."""
        settings = self._house.settings
        while True:
            # The import alone is heavy: it happens in the thread too.
            books = self._shelves
            if books is None:
                books = await _in_thread(shelves, settings)
            await _in_thread(books.read)
            self._shelves = books
            self._answers.asker = books.ask
            self._projector.wake_open()
            await _in_thread(books.attach)
            await _changed((settings.tocsin_playbooks_dir, settings.tocsin_knowledge_dir))
            plans = await asyncio.to_thread(self._house.shelf.reload)
            for fault in plans.faults:
                log.warning("%s:%s: %s", fault.path, fault.line, fault.message)

    def _similar(self, crisis: Crisis) -> "Message | None":
        """The message on similar incidents, once the library has been read."""
        from bot.slack.similar import message

        if self._shelves is None:
            return None
        words = " ".join((crisis.title, crisis.noticed_how, *crisis.sites, *crisis.services))
        return message(crisis, self._shelves.similar(crisis.plan.playbook.id, words))


def _ended(task: asyncio.Task[None]) -> None:
    """Say that the library or the channels are no longer read again; the rest goes on."""
    if not task.cancelled() and task.exception() is not None:
        log.error("%s ended", task.get_name(), exc_info=task.exception())


async def _in_thread(work: Callable[..., _T], *args: object) -> _T:
    """Do this in a thread, which cannot be stopped: when we are, it is waited for."""
    thread = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.gather(thread, return_exceptions=True)
        raise


def _client(settings: Settings, token: str, session: "aiohttp.ClientSession") -> "AsyncWebClient":
    """A Web API client on the shared session, its own retries off: the gateway has its own."""
    from slack_sdk.web.async_client import AsyncWebClient

    base = settings.slack_api_url.rstrip("/") + "/"
    return AsyncWebClient(token=token, base_url=base, session=session, retry_handlers=[])


def _face(house: House, gateway: "Gateway") -> "tuple[Answers, Face]":
    """The part that turns touches into commands and replies."""
    from bot.slack.answers import Answers
    from bot.slack.directory import Directory
    from bot.slack.exporting import Exporter
    from bot.slack.face import Face

    answers = Answers(house.service)
    face = Face(
        house.service,
        plans=lambda: house.plans,
        propose=lambda text: choose(house.shelf.held, text),
        directory=Directory(gateway, house.people),
        answers=answers,
        exporter=Exporter(house.service, gateway),
        faults=lambda: house.shelf.faults,
    )
    return answers, face


def _authorize(who: dict[str, Any], token: str) -> Callable[..., Any]:
    """Bolt asks for each payload who we are: it was asked of Slack once, at the start."""
    from slack_bolt.authorization import AuthorizeResult

    result = AuthorizeResult(
        enterprise_id=who.get("enterprise_id"),
        team_id=who.get("team_id"),
        bot_user_id=who.get("user_id"),
        bot_id=who.get("bot_id"),
        bot_token=token,
    )

    async def authorize(**_: object) -> AuthorizeResult:
        return result

    return authorize


async def _identity(gateway: "Gateway") -> dict[str, Any]:
    """Who we are to Slack; a refused token is told as a setting."""
    from bot.slack.gateway import Rejected

    try:
        return await gateway.call("auth.test")
    except Rejected as refused:
        raise SettingError(
            f"Slack refuse SLACK_BOT_TOKEN ({refused.error}). Reprenez le jeton « xoxb- » sur la "
            "page « OAuth & Permissions » de l'application, puis relancez."
        ) from refused


async def _changed(folders: Sequence[Path]) -> None:
    """Wait until a file under these folders changes."""
    from watchfiles import awatch

    async for _ in awatch(*(one for one in folders if one.is_dir())):
        return
