"""The bot on Slack: Bolt, the face, the projection, the library and the loop, joined and run.

What is heavy (the library's index, a model) is built after the socket is connected: at the start
the cell needs its buttons, and may wait a few seconds for answers.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from bot import clockwork
from bot.config import Settings
from bot.core.crisis import Crisis
from bot.errors import SettingError
from bot.keeping import kept
from bot.paper import files as sheets
from bot.wiring import House, build, letters, shelves
from bot.wiring.anchoring import anchors
from bot.wiring.counters import counters
from bot.wiring.entrance import entrances
from bot.wiring.homes import homes
from bot.wiring.identity import authorization, client, identity
from bot.wiring.pulse import hearing
from bot.wiring.sharing import alone, following, leases
from bot.wiring.surveying import surveyed
from bot.wiring.watching import Changes

if TYPE_CHECKING:
    import aiohttp

    from bot.library.search import Library
    from bot.library.shelves import Shelves
    from bot.slack.answers import Answers
    from bot.slack.catchup import CatchUp
    from bot.slack.face import Face
    from bot.slack.gateway import Gateway, Tempo
    from bot.slack.render import Message
    from bot.slack.scheduled import Scheduled

log = logging.getLogger(__name__)

_T = TypeVar("_T")

#: At once: what waits for a silent database must not keep the rest waiting for a thread.
THREADS = 32
#: Between two tries to open an index that is not there.
RETRY_SECONDS = 15.0


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

    house.sealer.unstoppable = True
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(alone(house))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        # Where to connect is asked on a way of its own, new each time: those that are kept open
        # may be as dead as the socket that is to be replaced.
        anew = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        await stack.enter_async_context(anew)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        # What goes on is in memory from now on; the rest is read beside, a little later.
        await asyncio.to_thread(house.service.lasting, house.service.now())
        bot = await _Bot.make(house, session, anew, tempo or USUAL)
        house.service.start()
        stack.push_async_callback(bot.close)
        await stack.enter_async_context(following(house))
        await stack.enter_async_context(surveyed(house, bot.sockets, bot.answers))
        await bot.connect(tick)
        yield


class _Bot:
    """The Slack side, joined: Bolt, the face, the projection, the library, the loop."""

    def __init__(
        self,
        house: House,
        session: "aiohttp.ClientSession",
        anew: "aiohttp.ClientSession",
        who: dict[str, Any],
        tempo: "Tempo",
    ) -> None:
        """Join the parts for the bot that Slack says we are."""
        from bot.files import Copies
        from bot.slack.drill_desks import Desks
        from bot.slack.files import FileReader
        from bot.slack.gateway import Gateway
        from bot.slack.notify import Projector
        from bot.slack.posted import Posted

        self._house, self._tempo = house, tempo
        self._leases = leases(house, tempo.lease)
        self._mine = self._leases.mine if self._leases else clockwork.everything
        fence, share = (
            (self._leases.fence, self._leases.living) if self._leases else (lambda: None, lambda: 1)
        )
        self._anchors = anchors(house, session, self._mine)
        self._client = client(house.settings, house.settings.slack_bot_token, session)
        self._socket_client = client(house.settings, house.settings.slack_app_token, anew)
        self._gateway = Gateway(self._client, tempo, fence, share)
        self._shelves: Shelves | None = None
        self._drawn: dict[str, tuple[tuple[str, Library], Message | None]] = {}
        service, engine = house.service, house.store.engine
        self._projector = Projector(
            service, self._gateway, Posted(engine, fence), self._similar, tempo, self._leases
        )
        copies = Copies(house.settings.files_dir, house.settings.largest_kept)
        self._files = FileReader(service, self._gateway, copies, tempo, self._mine)
        self._homes = homes(house, self._gateway, tempo)
        self._beside = letters.beside(house, self._gateway, tempo, self._mine, fence)
        self._scheduled = _scheduled(house, self._gateway, fence, self._mine)
        self._projector.said = self._scheduled.said
        self._desks = Desks(service, self._gateway, Posted(engine, fence), tempo, self._mine)
        self._tasks: list[asyncio.Task[None]] = []
        self._catchup: CatchUp | None = None
        self._answers, face = _face(house, self._gateway, str(who.get("team_id") or ""))
        self._sockets = self._make_sockets(face, who)

    @classmethod
    async def make(
        cls,
        house: House,
        session: "aiohttp.ClientSession",
        anew: "aiohttp.ClientSession",
        tempo: "Tempo",
    ) -> "_Bot":
        """Ask Slack who we are, then join the parts."""
        from bot.slack.gateway import Gateway

        slack = client(house.settings, house.settings.slack_bot_token, session)
        return cls(house, session, anew, await identity(Gateway(slack)), tempo)

    def _make_sockets(self, face: "Face", who: dict[str, Any]) -> list[Any]:
        """The ways in, on one app."""
        from slack_bolt.async_app import AsyncApp

        from bot.slack.catchup import CatchUp
        from bot.slack.door import Door
        from bot.slack.events import Events
        from bot.slack.listeners import register

        settings = self._house.settings
        app = AsyncApp(
            name="tocsin",  # else Bolt reads the whole stack to find one
            client=self._client,
            authorize=authorization(who, settings.slack_bot_token),
            signing_secret=settings.slack_signing_secret or None,
        )
        capture_all = settings.tocsin_capture == "tout"
        us = str(who["user_id"])
        events = Events(face, self._gateway, us, self._homes, capture_all=capture_all)
        app.middleware(Door(who, settings.teams, shared=settings.tocsin_shared == "oui").keep)
        register(app, face, events, self._gateway, self._tempo)
        if capture_all:
            self._catchup = CatchUp(
                self._house.service, self._gateway, events, self._tempo, self._mine
            )
        return entrances(settings, app, self._socket_client)

    async def connect(self, tick: float) -> None:
        """Open the sockets, then start what may take its time."""
        if self._catchup is not None:
            await self._catchup.start()
        await asyncio.gather(*(one.connect_async() for one in self._sockets))
        await self._projector.start()
        settings, service = self._house.settings, self._house.service
        raised, redraw = letters.commands(settings), self._projector.wake_open
        self._keep(
            "clockwork",
            lambda: clockwork.run(service, redraw, tick, mine=self._mine, commands=raised),
        )
        self._keep("library", self._read_library)
        self._keep("anchors", self._anchors.run)
        self._keep("files", self._files.run)
        self._keep("letters", self._beside.run)
        self._keep("homes", self._homes.run)
        self._keep("reminders at Slack", self._scheduled.run)
        self._keep("desks", self._desks.run)
        place, every = settings.tocsin_data_dir, timedelta(hours=settings.tocsin_print_hours)
        self._keep("sheets", lambda: sheets.run(service, place, every, mine=self._mine))
        if self._catchup is not None:
            self._keep("catch-up", partial(self._catchup.watch, self._live))
        if self._leases is not None:
            service.listen(self._leases.wake)
            self._keep("leases", partial(self._leases.run, self._take, self._projector.lose))

    def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do this beside, whatever befalls it, until we close."""
        self._tasks.append(asyncio.create_task(kept(name, work), name=name))

    def _take(self, crises: Collection[str]) -> None:
        """These crises are ours from now on: take up what another process may have left."""
        self._projector.take(crises)
        for crisis in crises:
            for each in (self._anchors, self._files, self._beside, self._desks):
                each.wake(crisis)

    async def sockets(self) -> int:
        """How many connections to Slack are open."""
        return len(await self._live())

    def answers(self) -> bool:
        """Whether questions are answered."""
        return self._answers.asker is not None

    async def _live(self) -> frozenset[object]:
        """The connections that are open now, each the very one."""
        clients = [one.client for one in self._sockets]
        return frozenset([one.current_session for one in clients if await hearing(one)])

    async def close(self) -> None:
        """Answer what was heard and hear no more, write what waits, stop projecting, then leave."""
        await self._anchors.rest()
        await asyncio.gather(*(one.close_async() for one in self._sockets), return_exceptions=True)
        await self._house.service.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._projector.stop()
        if self._leases is not None:
            await asyncio.to_thread(self._leases.leave)
        if self._shelves is not None:
            self._shelves.close()

    async def _read_library(self) -> None:
        """Read the library, then again each time a file changes."""
        settings = self._house.settings
        changes = Changes((settings.tocsin_playbooks_dir, settings.tocsin_knowledge_dir))
        watching = asyncio.create_task(kept("files changed", changes.watch))
        try:
            for fault in (await _in_thread(lambda: self._house.documents.held)).faults:
                log.warning("%s:%s: %s", fault.path, fault.line, fault.message)
            # The import alone is heavy: it happens in the thread too.
            books = self._shelves
            if books is None:
                books = await _in_thread(shelves, settings)
            while True:
                await self._read_again(books)
                # Another process may hold the index, its model or its server be away, now or since
                # a question found it gone: it is tried again.
                while not await changes.next(RETRY_SECONDS):
                    await _mended(books)
        finally:
            watching.cancel()

    async def _read_again(self, books: "Shelves") -> None:
        """Answer from the files as they are now: by words at once, then by vectors too."""
        await _in_thread(books.read)
        again, self._shelves = self._shelves is not None, books
        self._answers.asker = books.ask
        self._answers.worder = books.word if books.writes else None
        self._projector.wake_open()
        if again:
            plans = await asyncio.to_thread(self._house.shelf.reload)
            documents = await asyncio.to_thread(self._house.documents.reload)
            drills = await asyncio.to_thread(self._house.scenarios.reload)
            for fault in (*plans.faults, *documents.faults, *drills.faults, *books.faults):
                log.warning("%s:%s: %s", fault.path, fault.line, fault.message)
        await _attached(books)
        await _in_thread(books.prepare)
        self._answers.worder = books.word if books.writes else None
        reads = books.writes and self._house.settings.tocsin_model_reads_log == "oui"
        self._answers.summariser = books.summarise if reads else None

    def _similar(self, crisis: Crisis) -> "Message | None":
        """The message on similar incidents, once the library has been read.

        Drawn again only when more is known of the crisis, or the files say something else.
        """
        from bot.slack.similar import known_of, message

        if self._shelves is None:
            return None
        asked = (known_of(crisis), self._shelves.library)
        drawn = self._drawn.get(crisis.id)
        if drawn is None or drawn[0] != asked:
            cards = self._shelves.similar(crisis.plan.playbook.id, asked[0])
            drawn = self._drawn[crisis.id] = (asked, message(crisis, cards))
        return drawn[1]


async def _in_thread(work: Callable[..., _T], *args: object) -> _T:
    """Do this in a thread, which cannot be stopped: when we are, it is waited for."""
    thread = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.gather(thread, return_exceptions=True)
        raise


async def _mended(books: "Shelves") -> None:
    """Open the index again when it is away."""
    if not books.attached:
        await _attached(books)


async def _attached(books: "Shelves") -> None:
    """Let vectors help, or say which setting keeps them away."""
    try:
        await _in_thread(books.attach)
    except SettingError as error:
        log.warning("vectors are away: %s", error)


def _face(house: House, gateway: "Gateway", team: str) -> "tuple[Answers, Face]":
    """The part that turns touches into commands and replies."""
    from bot.library.ratings import Ratings
    from bot.slack.answers import Answers
    from bot.slack.audit import Auditors, Desk
    from bot.slack.directory import Directory
    from bot.slack.erasing import Erasing
    from bot.slack.exporting import Exporter
    from bot.slack.face import Face

    guests = house.settings.tocsin_guests == "oui"
    directory = Directory(gateway, house.people, guests=guests, team=team)
    exporter = Exporter(house.service, gateway, house.settings.tsa_certificates)
    auditors = Auditors(house.settings.auditors, gateway, asyncio.get_running_loop().time)
    answers = Answers(house.service, Ratings(house.store.engine))
    face = Face(
        house.service,
        shelf=house.shelf,
        directory=directory,
        answers=answers,
        desk=Desk(house.service, directory, exporter, auditors),
        erasing=Erasing(house.service, gateway, house.erasure_bases, house.settings.erasers),
        counters=counters(house, gateway, directory, answers),
    )
    return answers, face


def _scheduled(
    house: House, gateway: "Gateway", fence: Callable[[], None], mine: Callable[[str], bool]
) -> "Scheduled":
    """The reminders that lie at Slack, for when nobody of ours is there to tell them."""
    from bot.slack.posted import Posted
    from bot.slack.scheduled import Scheduled

    return Scheduled(house.service, gateway, Posted(house.store.engine, fence), mine)
