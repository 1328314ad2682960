"""The Web API over HTTP: tokens, scopes, limits, faults, then the method; every call recorded.

A call goes through, in order: arguments (query string, form, JSON: all merged), the planned
fault, the delay, the token, the method's name, its scopes, the rate limit, the method itself.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tests.double import chat, conversations, directory, extras  # noqa: F401  (fill METHODS)
from tests.double.calls import METHODS, Args, Context
from tests.double.faults import Faults, Limits
from tests.double.rules import ApiError, Json, missing_scopes

APP_TOKEN_METHODS = frozenset({"apps.connections.open"})


@dataclass
class Call:
    """One Web API call: what was asked and answered, and how many were under way then."""

    time: float
    method: str
    args: Json
    result: Json
    in_flight: int
    status: int = 200

    @property
    def ok(self) -> bool:
        """Say whether Slack said yes."""
        return bool(self.result.get("ok"))


@dataclass
class Answer:
    """What goes back to the caller."""

    body: Json
    status: int = 200
    retry_after: int = 0
    html: bool = False
    reset: bool = False

    def response(self, scopes: frozenset[str]) -> web.Response:
        """Return it as HTTP."""
        if self.html:
            page = "<html><body>502 Bad Gateway</body></html>"
            return web.Response(status=self.status, text=page, content_type="text/html")
        headers = {"x-oauth-scopes": ",".join(sorted(scopes))}
        if self.retry_after:
            headers["Retry-After"] = str(self.retry_after)
        return web.json_response(self.body, status=self.status, headers=headers)


class WebApi:
    """The server's side of every `https://slack.com/api/METHOD`."""

    def __init__(self, context: Callable[[], Context], bot_token: str, app_token: str) -> None:
        """Take where calls happen and the two tokens that are good."""
        self._context = context
        self._bot_token, self._app_token = bot_token, app_token
        self.faults = Faults()
        self.limits: Limits | None = None
        self.delay = 0.15
        self.calls: list[Call] = []
        self.in_flight = 0
        self.last_activity = time.monotonic()

    async def handle(self, request: web.Request) -> web.Response:
        """Serve one call."""
        method, args = request.match_info["method"], await _arguments(request)
        token = _token(request, args)
        self.in_flight += 1
        call = Call(self._context().world.now(), method, dict(args), {}, self.in_flight)
        self.calls.append(call)
        try:
            answer = await self._answer(method, args, token)
        finally:
            self.in_flight -= 1
            self.last_activity = time.monotonic()
        call.result, call.status = answer.body, answer.status
        if answer.reset and request.transport is not None:
            call.status = 0
            request.transport.abort()
        return answer.response(self._context().scopes)

    async def _answer(self, method: str, args: Args, token: str) -> Answer:
        fault, _, what = self.faults.pick(method).partition(":")
        await asyncio.sleep(float(what) if fault in ("slow", "mute") else self.delay)
        before = {
            "429": Answer({"ok": False, "error": "ratelimited"}, 429, retry_after=1),
            "500": Answer({"ok": False, "error": "internal_error"}, 500),
            "502_html": Answer({}, 502, html=True),
            "reset": Answer({}, reset=True),
            "mute": Answer({}, reset=True),
        }
        if fault in before:
            return before[fault]
        if fault == "error":
            return Answer({"ok": False, "error": what})
        answer = self._apply(method, args, token)
        if fault == "500_applied":
            answer.status = 500
        if fault == "silent":
            await asyncio.sleep(float(what))
        answer.reset = fault == "reset_applied"
        return answer

    def _apply(self, method: str, args: Args, token: str) -> Answer:
        context = self._context()
        try:
            self._authorise(context, method, args, token)
            channel = args.text("channel") or args.text("channel_id")
            wait = self.limits.wait(method, channel) if self.limits else 0
            if wait:
                return Answer({"ok": False, "error": "ratelimited"}, 429, retry_after=wait)
            return Answer({"ok": True, **METHODS[method](context, args)})
        except ApiError as error:
            return Answer(error.body())

    def _authorise(self, context: Context, method: str, args: Args, token: str) -> None:
        if method not in METHODS:
            raise ApiError("unknown_method", req_method=method)
        if not token:
            raise ApiError("not_authed")
        if token not in (self._bot_token, self._app_token):
            raise ApiError("invalid_auth")
        if (token == self._app_token) != (method in APP_TOKEN_METHODS) and method != "auth.test":
            raise ApiError("not_allowed_token_type")
        if method in APP_TOKEN_METHODS:
            return
        for kind in _kinds(context, method, args):
            needed = missing_scopes(method, kind, context.scopes)
            if needed:
                provided = ",".join(sorted(context.scopes))
                raise ApiError("missing_scope", needed=",".join(needed), provided=provided)


def _kinds(context: Context, method: str, args: Args) -> set[str]:
    """Return the kinds of channel that a call touches, in the words of scopes."""
    if method == "conversations.create":
        return {"groups" if args.flag("is_private") else "channels"}
    if method in ("conversations.list", "users.conversations"):
        return conversations.kinds(args)
    channel = context.world.channels.get(args.text("channel"))
    return {channel.scope if channel else "channels"}


async def _arguments(request: web.Request) -> Args:
    args = Args(request.query)
    if request.content_type == "application/json":
        args |= json.loads(await request.text() or "{}")
    elif request.can_read_body:
        args |= await request.post()
    return args


def _token(request: web.Request, args: Args) -> str:
    header = request.headers.get("Authorization", "")
    given = str(args.pop("token", "") or "")
    return header.removeprefix("Bearer ") if header.startswith("Bearer ") else given
