"""`Double`: the strict Slack, started on a free port of 127.0.0.1."""

import asyncio
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.double import chat, reading
from tests.double.answers import Answers
from tests.double.calls import Context
from tests.double.downloads import Downloads, Fetched
from tests.double.faults import Limits
from tests.double.modals import Modals
from tests.double.rules import SCOPES, Json
from tests.double.socket_mode import RETRY_DELAYS, Delivery, SocketMode
from tests.double.state import Impossible
from tests.double.views import Views
from tests.double.web_api import Call, WebApi
from tests.double.world import BOT_USER, Channel, Ephemeral, Message, World

#: Seconds before a test gives up waiting: a busy machine is slow, and only a failure waits so long.
PATIENCE = 90.0

BOT_TOKEN, APP_TOKEN = "xoxb-double", "xapp-double"


class Double(Modals):
    """A workspace, its Web API, its sockets and its people; see the package for a tour."""

    bot_token, app_token = BOT_TOKEN, APP_TOKEN

    def __init__(
        self,
        *,
        trigger_life: float = 3.0,
        ack_deadline: float = 3.0,
        retry_delays: Sequence[float] = RETRY_DELAYS,
        limits: bool = False,
        scopes: frozenset[str] = SCOPES,
        home_tab: bool = True,
        delay: float = 0.15,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Build the workspace: Alice, Bruno, Chloé and a guest in #general, the bot outside."""
        self.world = World(clock)
        self.views = Views(self.world, trigger_life)
        self.socket = SocketMode(self.world, ack_deadline, retry_delays)
        self.answers = Answers(self.world)
        self.api = WebApi(self.context, BOT_TOKEN, APP_TOKEN)
        self.api.delay = delay
        self.api.limits = Limits(self.world.now) if limits else None
        self.files = Downloads(self.context, self.api.faults, BOT_TOKEN)
        self.scopes, self.home_tab = scopes, home_tab
        self.base = ""
        self._runner: web.AppRunner | None = None
        people = [
            self.world.add_user("alice", "Alice Exemple", "U0ALICE"),
            self.world.add_user("bruno", "Bruno Exemple", "U0BRUNO"),
            self.world.add_user("chloe", "Chloé Exemple", "U0CHLOE"),
            self.world.add_user("invite", "Invité Exemple", "U0INVITE", is_restricted=True),
        ]
        self.world.add_channel("general", [user.id for user in people], id="C0GENERAL")

    # --- life ----------------------------------------------------------------------------

    async def start(self, port: int = 0) -> Self:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/api/{method}", self.api.handle)
        app.router.add_get("/link", self.socket.handle)
        app.router.add_post("/response/{id}", self.answers.handle)
        app.router.add_post("/upload/{id}", self._upload)
        app.router.add_get("/files/{id}/{name}", self.files.serve)
        app.router.add_get("/trap", self.files.trap)
        self.extend(app)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, real_port = self._runner.addresses[0][:2]
        self.base = f"http://{host}:{real_port}"
        self.answers.context = self.context()
        return self

    def extend(self, app: web.Application) -> None:
        """Add routes; the separate process adds its control here."""

    async def stop(self) -> None:
        """Stop listening and forget what was still to be sent."""
        await self.socket.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        """Start."""
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    def context(self) -> Context:
        """Return where Web API calls happen."""
        return Context(self.world, self.views, self.scopes, self.base, self._connect, self.home_tab)

    def _connect(self) -> str:
        return f"{self.base.replace('http', 'ws', 1)}/link?ticket={self.socket.ticket()}"

    @property
    def api_url(self) -> str:
        """Return the address to give as `base_url`; the last slash matters."""
        return f"{self.base}/api/"

    # --- files ---------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.Response:
        upload = self.world.uploads.get(request.match_info["id"])
        if upload is None:
            return web.Response(status=404, text="no such upload")
        content = await request.read()
        if request.content_type.startswith("multipart/"):
            fields = (await request.post()).values()
            content = next((f.file.read() for f in fields if isinstance(f, web.FileField)), b"")
        if len(content) != upload["length"]:
            return web.Response(status=400, text="length differs from what was announced")
        upload["content"] = content
        return web.Response(text=f"OK - {len(content)}")

    # --- faults and time -----------------------------------------------------------------

    def fault(self, method: str, kind: str, times: int = 1, after: int = 0) -> None:
        """Plan a fault; `tests.double.faults` has the table of kinds."""
        self.api.faults.plan(method, kind, times, after)

    @property
    def delay(self) -> float:
        """Return how long each Web API call takes."""
        return self.api.delay

    @delay.setter
    def delay(self, seconds: float) -> None:
        self.api.delay = seconds

    def drop_sockets(self) -> None:
        """Cut every socket without a word."""
        self.socket.drop()

    def lose_acks(self, times: int = 1) -> None:
        """Let the network lose the next acknowledgements: the bot did its work, Slack retries."""
        self.socket.acks_to_lose += times

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the bot to connect anew: `warning`, `refresh_requested` or `link_disabled`."""
        await self.socket.disconnect(reason)

    async def redeliver(self, delivery: Delivery) -> Delivery:
        """Send the same envelope once more."""
        return await self.socket.redeliver(delivery)

    def advance(self, seconds: float) -> None:
        """Move Slack's clock forward, and post what was scheduled until then."""
        self.world.advance(seconds)
        chat.post_due(self.context())

    # --- waiting and looking -------------------------------------------------------------

    async def wait(self, ready: Callable[["Double"], object], timeout: float = PATIENCE) -> None:
        """Wait until something is true of the double, or fail with what is on the screens.

        A channel, person or message that is not there yet counts as not ready.
        """
        began = looked = time.monotonic()
        while not self._is(ready):
            seen = time.monotonic()
            if seen > began + timeout:
                raise AssertionError(f"not within {timeout} s; on the screens:\n{self.text()}")
            # A long look, at all the messages or at all the files, leaves the bot its time.
            await asyncio.sleep(min(max(0.01, 4 * (seen - looked)), 0.2))
            looked = time.monotonic()

    def _is(self, ready: Callable[["Double"], object]) -> bool:
        try:
            return bool(ready(self))
        except Impossible:
            return False

    async def calm(self, quiet: float = 0.3, timeout: float = PATIENCE) -> None:
        """Wait until the bot has nothing left to say: no call under way, none for a moment."""

        def still(double: "Double") -> bool:
            rest = time.monotonic() - double.api.last_activity
            return not double.api.in_flight and not double.socket.busy and rest >= quiet

        await self.wait(still, timeout)

    async def connected(self, sockets: int = 1, timeout: float = PATIENCE) -> None:
        """Wait until the bot has that many sockets open."""
        await self.wait(lambda double: len(double.socket.connections) >= sockets, timeout)

    @property
    def calls(self) -> list[Call]:
        """Return every Web API call so far."""
        return self.api.calls

    def called(self, method: str) -> list[Call]:
        """Return the calls of one method."""
        return [call for call in self.calls if call.method == method]

    @property
    def downloads(self) -> list[Fetched]:
        """Return every request for a file so far."""
        return self.files.requests

    @property
    def deliveries(self) -> list[Delivery]:
        """Return all that the bot was told."""
        return self.socket.deliveries

    @property
    def user_saw_error(self) -> list[Delivery]:
        """Return the commands and interactions after which somebody saw an error."""
        return [d for d in self.deliveries if d.error and d.kind != "events_api"]

    def channel(self, which: str) -> Channel:
        """Return a channel by id or name."""
        return self._channel(which)

    def messages(self, which: str) -> list[Message]:
        """Return a channel's messages, oldest first, replies included."""
        return list(self._channel(which).messages.values())

    def posts(self, which: str) -> list[Message]:
        """Return the bot's own messages in a channel."""
        return [m for m in self.messages(which) if m.bot and m.user == BOT_USER]

    def ephemerals(self, user: str) -> list[Ephemeral]:
        """Return what one person alone was shown."""
        return self.world.ephemerals.get(self._user(user).id, [])

    def channel_text(self, which: str) -> str:
        """Return a channel as plain text."""
        return reading.channel_text(self.world, self._channel(which))

    def text(self) -> str:
        """Return all channels as plain text."""
        parts = [
            f"## {channel.name or channel.id}\n{reading.channel_text(self.world, channel)}"
            for channel in self.world.channels.values()
        ]
        return "\n".join(parts)

    def state(self) -> Json:
        """Return the workspace as JSON, for who drives it from another process."""
        world = self.world
        return {
            "users": [user.json() for user in world.users.values()],
            "channels": [
                channel.json()
                | {"members": channel.members, "pins": channel.pins}
                | {"messages": [m.json() for m in channel.messages.values()]}
                for channel in world.channels.values()
            ],
            "views": {user: [v.json() for v in stack] for user, stack in self.views.stacks.items()},
            "homes": {user: view.json() for user, view in self.views.homes.items()},
            "ephemerals": {
                user: [
                    {"channel": e.channel, "ts": e.ts, "text": e.text, "blocks": e.blocks}
                    for e in shown
                ]
                for user, shown in world.ephemerals.items()
            },
            "connections": len(self.socket.connections),
        }
