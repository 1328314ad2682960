"""Answers that do not go through the Web API: in an acknowledgement, or to a `response_url`.

A response URL serves five times within thirty minutes; what it says is for one person unless
`response_type` is `in_channel`.
"""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.double.calls import Args, Context
from tests.double.chat import content
from tests.double.rules import RESPONSE_URL_LIFE, RESPONSE_URL_USES, ApiError, Json
from tests.double.world import BOT_USER, Ephemeral, Message, World


@dataclass
class ResponseUrl:
    """Where an answer goes, and how often it still may."""

    channel: str
    user: str
    ts: str
    born: float
    uses: int = 0


class Answers:
    """All response URLs given so far, and what to do with what comes back."""

    def __init__(self, world: World) -> None:
        """Start with none; `context` is set by the server once it has an address."""
        self._world = world
        self.context: Context | None = None
        self.urls: dict[str, ResponseUrl] = {}

    def url(self, channel: str, user: str, ts: str = "") -> str:
        """Return a new response URL for an interaction, on a message if `ts` is given."""
        id = self._world.new_id("r")
        self.urls[id] = ResponseUrl(channel, user, ts, self._world.now())
        return f"{self._ctx.base}/response/{id}"

    @property
    def _ctx(self) -> Context:
        if self.context is None:
            raise RuntimeError("the double is not started")
        return self.context

    async def handle(self, request: web.Request) -> web.Response:
        """Serve a POST to a response URL."""
        target = self.urls.get(request.match_info["id"])
        if target is None:
            return web.json_response({"ok": False, "error": "invalid_url"}, status=404)
        target.uses += 1
        if self._world.now() - target.born > RESPONSE_URL_LIFE:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if target.uses > RESPONSE_URL_USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        try:
            self._apply(target, await request.json())
        except ApiError as error:
            return web.json_response(error.body(), status=400)
        return web.Response(text="ok")

    def show(self, channel: str, user: str, answer: Json) -> str:
        """Show what an acknowledgement carries; return the error seen instead, if any."""
        try:
            self._say(channel, user, answer)
        except ApiError as error:
            return f"dispatch_failed: {error.error} {error.extra.get('errors', '')}"
        return ""

    def _apply(self, target: ResponseUrl, answer: Json) -> None:
        replaces = answer.get("replace_original") or answer.get("delete_original")
        if target.ts and replaces:
            self._replace(target, answer)
        else:
            self._say(target.channel, target.user, answer)

    def _say(self, channel: str, user: str, answer: Json) -> None:
        text, blocks = content(self._ctx, Args(answer))
        ts = self._world.ts()
        if answer.get("response_type") == "in_channel":
            message = Message(ts, BOT_USER, text, blocks, answer.get("thread_ts"), bot=True)
            self._world.add_message(self._world.channels[channel], message)
        else:
            shown = Ephemeral(ts, channel, user, text, blocks, answer.get("thread_ts"))
            self._world.ephemerals.setdefault(user, []).append(shown)

    def _replace(self, target: ResponseUrl, answer: Json) -> None:
        """Change or delete the message that was clicked, ephemeral or not."""
        mine = self._world.ephemerals.get(target.user, [])
        ephemeral = next((e for e in mine if e.ts == target.ts), None)
        changes: dict[str, Any] = {}
        if not answer.get("delete_original"):
            changes["text"], changes["blocks"] = content(self._ctx, Args(answer))
        if ephemeral is not None and changes:
            ephemeral.text, ephemeral.blocks = changes["text"], changes["blocks"]
        elif ephemeral is not None:
            mine.remove(ephemeral)
        else:
            self._replace_message(target, changes)

    def _replace_message(self, target: ResponseUrl, changes: dict[str, Any]) -> None:
        channel = self._world.channels[target.channel]
        message = channel.messages.get(target.ts)
        if message is None:
            raise ApiError("message_not_found")
        if changes:
            self._world.edit(channel, message, BOT_USER, **changes)
        else:
            self._world.delete(channel, message)
