"""What a Web API method is given: its arguments, the world, and the table it registers in.

`@method("chat.postMessage")` puts a function in `METHODS`.  A method reads its arguments,
changes the world at once and returns its answer, or raises `ApiError`; it never waits.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.double.rules import ApiError, Json, invalid
from tests.double.views import Views
from tests.double.world import BOT_USER, Channel, Message, World


@dataclass(frozen=True)
class Context:
    """Where a call happens: the world, the screens, the rights and the server's address."""

    world: World
    views: Views
    scopes: frozenset[str]
    base: str
    connect: Callable[[], str]
    home_tab: bool


class Args(dict[str, Any]):
    """Arguments from the query string, a form or JSON, which Slack takes alike."""

    def need(self, *names: str) -> list[str]:
        """Return mandatory arguments as strings."""
        missing = [name for name in names if self.get(name) in (None, "")]
        if missing:
            raise invalid("invalid_arguments", [f"missing required field: {n}" for n in missing])
        return [str(self[name]) for name in names]

    def text(self, name: str) -> str:
        """Return an optional argument as a string."""
        value = self.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Return an optional yes or no."""
        return str(self.get(name, "")).lower() in ("1", "true")

    def json(self, name: str, error: str = "invalid_arguments") -> Any:
        """Return an optional structured argument, given as JSON text or as such."""
        value = self.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ApiError(error) from None

    def ids(self, name: str) -> list[str]:
        """Return a list of ids given with commas or as a list."""
        value = self.get(name) or []
        return value.split(",") if isinstance(value, str) else list(value)


Method = Callable[[Context, Args], Json]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    """Register a Web API method under its name."""

    def register(function: Method) -> Method:
        METHODS[name] = function
        return function

    return register


def seen(ctx: Context, channel_id: str) -> Channel:
    """Return a channel that the bot can see: by its id, and private ones only from inside."""
    channel = ctx.world.channels.get(channel_id)
    if channel is None or (channel.private and BOT_USER not in channel.members):
        raise ApiError("channel_not_found")
    return channel


def joined(ctx: Context, args: Args, name: str = "channel") -> Channel:
    """Return a live channel of which the bot is a member."""
    (channel_id,) = args.need(name)
    channel = seen(ctx, channel_id)
    if channel.archived:
        raise ApiError("is_archived")
    if BOT_USER not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def known(channel: Channel, ts: str) -> Message:
    """Return a message of a channel."""
    if ts not in channel.messages:
        raise ApiError("message_not_found")
    return channel.messages[ts]


def page(items: Sequence[Any], args: Args, default: int = 100) -> tuple[list[Any], Json]:
    """Cut one page by `limit` and `cursor`; return it with the metadata that leads to the next."""
    limit = int(args.get("limit") or default)
    if not 1 <= limit <= 1_000:
        raise ApiError("invalid_limit")
    start = 0
    if args.text("cursor"):
        try:
            start = int(base64.b64decode(args.text("cursor")).decode().removeprefix("offset:"))
        except ValueError:
            raise ApiError("invalid_cursor") from None
    end = start + limit
    more = end < len(items)
    cursor = base64.b64encode(f"offset:{end}".encode()).decode() if more else ""
    return list(items[start:end]), {"next_cursor": cursor}
