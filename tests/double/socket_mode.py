"""Socket Mode: connections, envelopes, acknowledgements, retries.

An envelope goes to one connection, each in turn.  A command or an interaction that is not
acknowledged within the deadline is an error on somebody's screen and is never sent again; an event
is sent again, up to three times, with `retry_attempt` and `retry_reason`.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.double.rules import CONNECTIONS_MAX, EVENTS, Json
from tests.double.world import APP, BOT_USER, TEAM, World

#: When HTTP retries happen; Socket Mode's own timetable is not published.
RETRY_DELAYS = (0.0, 60.0, 300.0)


@dataclass
class Delivery:
    """One thing that Slack had to tell the bot, and what became of it."""

    kind: str
    payload: Json
    user: str = ""
    ts: str = ""
    """The message that a person wrote, for events that come of writing."""
    sent: bool = True
    """False when Slack had nothing to send: not subscribed, or the bot is not there."""
    acked: bool = False
    late: bool = False
    """Acknowledged, but after the deadline."""
    latency: float | None = None
    response: Json = field(default_factory=dict)
    error: str = ""
    """What the person saw instead of an answer."""
    errors: dict[str, str] = field(default_factory=dict)
    """What is written under the fields of a modal, by block."""
    attempts: int = 0
    envelope: Json = field(default_factory=dict)
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the first attempt is decided."""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once nothing more will be sent."""

    @property
    def response_action(self) -> str:
        """Return what the answer to a submission asks for."""
        return str(self.response.get("response_action", ""))

    @property
    def event(self) -> Json:
        """Return the event inside, for events."""
        event: Json = self.payload.get("event", {})
        return event


@dataclass(eq=False)
class Connection:
    """One live socket of the bot."""

    ws: web.WebSocketResponse
    request: web.Request
    draining: bool = False


class SocketMode:
    """Slack's end of all the bot's sockets."""

    def __init__(self, world: World, ack_deadline: float, retry_delays: Sequence[float]) -> None:
        """Listen to what happens in the world; nobody is connected yet."""
        self._world = world
        self.ack_deadline = ack_deadline
        self.retry_delays = tuple(retry_delays)
        self.subscriptions = EVENTS
        self.connections: list[Connection] = []
        self.tickets: set[str] = set()
        self.deliveries: list[Delivery] = []
        self.stray_acks: list[Json] = []
        self.acks_to_lose = 0
        self._held: list[Delivery] | None = None
        self._turn = 0
        self._pending: dict[str, tuple[Delivery, float, asyncio.Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        world.listeners.append(self._on_event)

    # --- connections ---------------------------------------------------------------------

    def ticket(self) -> str:
        """Return the key of an address good for one connection."""
        ticket = self._world.new_id("link")
        self.tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=401, text="link expired")
        self.tickets.remove(ticket)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        if len(self.connections) >= CONNECTIONS_MAX:
            await ws.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await ws.close()
            return ws
        connection = Connection(ws, request)
        self.connections.append(connection)
        try:
            with contextlib.suppress(ConnectionError):  # gone while it was being answered
                await self._listen(ws)
        finally:
            if connection in self.connections:
                self.connections.remove(connection)
        return ws

    async def _listen(self, ws: web.WebSocketResponse) -> None:
        """Greet, then take acknowledgements until the socket closes."""
        await ws.send_json(self._hello())
        async for frame in ws:
            if frame.type == WSMsgType.TEXT:
                self._on_ack(json.loads(frame.data))

    def _hello(self) -> Json:
        debug = {"host": "applink-0", "started": "2026-11-01 08:00:00.000", "build_number": 1}
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": APP},
            "debug_info": debug | {"approximate_connection_time": 18_060},
        }

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every socket to come back; after `refresh_requested` the old ones get nothing."""
        for connection in list(self.connections):
            connection.draining = reason != "warning"
            await connection.ws.send_json({"type": "disconnect", "reason": reason})

    def drop(self) -> None:
        """Cut every socket without a word."""
        for connection in list(self.connections):
            self.connections.remove(connection)
            if connection.request.transport is not None:
                connection.request.transport.abort()

    async def stop(self) -> None:
        """Close sockets and forget the retries to come."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self.connections):
            await connection.ws.close()

    # --- envelopes -----------------------------------------------------------------------

    def send(self, delivery: Delivery) -> Delivery:
        """Start telling the bot; who wants the outcome waits for `tried` or `done`."""
        self.deliveries.append(delivery)
        if self._held is not None and delivery.kind == "events_api":
            self._held.append(delivery)
        else:
            self._start(self._deliver(delivery))
        return delivery

    def hold(self) -> None:
        """Keep the events from now on, as Slack does when it is late."""
        self._held = self._held or []

    def release(self, order: Callable[[list[Delivery]], None] = lambda _: None) -> int:
        """Send the events that were kept, in the order into which this puts them; how many."""
        held, self._held = self._held or [], None
        order(held)
        for delivery in held:
            self._start(self._deliver(delivery))
        return len(held)

    async def redeliver(self, delivery: Delivery) -> Delivery:
        """Send the same envelope once more, as Slack sometimes does; return the second's fate."""
        twin = Delivery(delivery.kind, delivery.payload, delivery.user, delivery.ts)
        twin.envelope = delivery.envelope
        self.deliveries.append(twin)
        await self._attempt(twin, twin.envelope)
        twin.tried.set()
        twin.done.set()
        return twin

    @property
    def busy(self) -> bool:
        """Say whether a first attempt is still undecided."""
        return any(not delivery.tried.is_set() for delivery in self.deliveries)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Delivery) -> None:
        retried = delivery.kind == "events_api"
        delays = self.retry_delays if retried else ()
        for number in range(len(delays) + 1):
            if number:
                await asyncio.sleep(delays[number - 1])
            delivery.envelope = self._envelope(delivery, number)
            await self._attempt(delivery, delivery.envelope)
            delivery.tried.set()
            if delivery.acked:
                break
        delivery.done.set()

    def _envelope(self, delivery: Delivery, number: int) -> Json:
        envelope: Json = {
            "envelope_id": self._world.new_id("env"),
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": number, "retry_reason": "timeout" if number else ""}
        return envelope

    async def _attempt(self, delivery: Delivery, envelope: Json) -> None:
        """Send once, and wait for the acknowledgement until the deadline."""
        delivery.attempts += 1
        live = [c for c in self.connections if not c.draining and not c.ws.closed]
        if not live:
            delivery.error = "dispatch_failed: the app is not connected"
            return
        self._turn += 1
        acked = asyncio.Event()
        self._pending[envelope["envelope_id"]] = (delivery, time.monotonic(), acked)
        try:
            await live[self._turn % len(live)].ws.send_json(envelope)
            await asyncio.wait_for(acked.wait(), self.ack_deadline)
        except TimeoutError:
            delivery.error = "operation_timeout: the app did not answer in time"
        except ConnectionError:
            delivery.error = "dispatch_failed: the connection broke"
        else:
            delivery.error = ""

    def _on_ack(self, frame: Json) -> None:
        if self.acks_to_lose:
            self.acks_to_lose -= 1
            return
        pending = self._pending.get(frame.get("envelope_id", ""))
        if pending is None:
            self.stray_acks.append(frame)
            return
        delivery, sent_at, acked = pending
        delivery.latency = time.monotonic() - sent_at
        delivery.late = delivery.latency > self.ack_deadline
        if not delivery.late:
            delivery.acked = True
            delivery.response = frame.get("payload") or {}
            acked.set()

    # --- events --------------------------------------------------------------------------

    def _on_event(self, event: Json) -> None:
        """Send an event to the bot if it subscribed and may know."""
        if event["type"] not in self.subscriptions or not self._may_know(event):
            return
        self.send(Delivery("events_api", self._event_payload(event), _who(event)))
        named = event["type"] == "message" and f"<@{BOT_USER}>" in event.get("text", "")
        if named and not event.get("subtype") and "app_mention" in self.subscriptions:
            mention = event | {"type": "app_mention"}
            mention.pop("channel_type")
            self.send(Delivery("events_api", self._event_payload(mention), _who(event)))

    def _may_know(self, event: Json) -> bool:
        item = event.get("item", {})
        place = event.get("channel") or event.get("channel_id") or item.get("channel")
        if isinstance(place, dict):
            place = place["id"]
        channel = self._world.channels.get(str(place))
        return channel is None or BOT_USER in channel.members

    def _event_payload(self, event: Json) -> Json:
        authorization = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER}
        return {
            "token": "verification",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "context_enterprise_id": None,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": self._world.new_id("Ev"),
            "event_time": int(self._world.now()),
            "authorizations": [authorization | {"is_bot": True, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
            "event_context": "1-context",
        }


def _who(event: Json) -> str:
    user = event.get("user", "")
    return user if isinstance(user, str) else str(user.get("id", ""))
