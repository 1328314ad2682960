"""Files as they are fetched: with the bot's token, from Slack's own host, or not at all.

What comes to whom Slack does not know is a page to sign in, with status 200 (a redirection to one
when the token lacks the scope).  Every request is kept, those of the traps too: no token may ever
arrive there.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tests.double.calls import Context
from tests.double.faults import Faults

PAGE = "<html><body>Sign in to Slack</body></html>"


@dataclass(frozen=True)
class Fetched:
    """One request for a file: where, under which host, with which token, how it ended."""

    path: str
    host: str
    token: str
    status: int


class Downloads:
    """The server's side of `url_private`."""

    def __init__(self, context: Callable[[], Context], faults: Faults, token: str) -> None:
        """Take where files are, the faults to come and the token that is good."""
        self._context = context
        self._faults = faults
        self._token = token
        self.requests: list[Fetched] = []

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one file."""
        fault = self._faults.pick("files.download")
        if fault.startswith("slow:"):
            await asyncio.sleep(float(fault[5:]))
        answer = self._answer(request, fault)
        self._note(request, answer.status)
        if fault == "reset" and request.transport is not None:
            request.transport.abort()
        if fault == "cut":
            return await self._cut(request, answer)
        return answer

    async def trap(self, request: web.Request) -> web.Response:
        """Serve a place to which nobody may be led."""
        self._note(request, 200)
        return web.Response(body=b"trapped")

    def _answer(self, request: web.Request, fault: str) -> web.Response:
        context = self._context()
        refused = {
            "302": web.Response(status=302, headers={"Location": f"{context.base}/trap"}),
            "404": web.Response(status=404),
            "429": web.Response(status=429, headers={"Retry-After": "1"}),
            "500": web.Response(status=500),
            "502_html": web.Response(status=502, text=PAGE, content_type="text/html"),
            "sign_in": web.Response(text=PAGE, content_type="text/html"),
        }
        if fault in refused:
            return refused[fault]
        if request.query or request.headers.get("Authorization") != f"Bearer {self._token}":
            return refused["sign_in"]
        if "files:read" not in context.scopes:
            return refused["302"]
        stored = context.world.files.get(request.match_info["id"])
        if stored is None:
            return refused["404"]
        more = b"more" if fault == "longer" else b""
        return web.Response(body=stored["content"] + more)

    async def _cut(self, request: web.Request, whole: web.Response) -> web.StreamResponse:
        """Send half of it, and drop the connection."""
        body = whole.body if isinstance(whole.body, bytes) else b""
        answer = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await answer.prepare(request)
        await answer.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.abort()
        return answer

    def _note(self, request: web.Request, status: int) -> None:
        token = request.headers.get("Authorization", "")
        self.requests.append(Fetched(request.path, request.host, token, status))
