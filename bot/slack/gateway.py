"""The only door to Slack's Web API: paced, retried, and honest about what it does not know.

Each method has a lane as Slack's tiers ask; posts have one per channel (about one message a second,
with a small burst) and one together (``bot.slack.lanes`` says who goes first).  A 429 stops its
lane for as long as Slack says, except for what somebody waits for on a screen, which fails at once.
A call that may be repeated safely is repeated after a broken connection, a time-out or a 5xx; one
that may not (a post, a creation) raises ``Unsure``, and the caller looks before it tries again.
Pacing and waiting use the event loop's clock, not the wall's.
"""

import asyncio
import contextlib
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import OutsideService
from bot.slack.fitting import fitted_comment, ready
from bot.slack.lanes import POSTS, Lanes
from bot.slack.measured import is_rate, measured

log = logging.getLogger(__name__)

#: Calls that would have an effect twice if repeated blindly.
NOT_TWICE = frozenset(
    {
        "chat.postMessage",
        "chat.postEphemeral",
        "chat.scheduleMessage",
        "conversations.create",
        "views.open",
        "files.completeUploadExternal",
    }
)
#: Calls that serve within seconds or not at all: a form's trigger dies, an event must be taken.
NOT_LATER = frozenset({"views.open", "users.info"})
_RATE = 429
#: Slack's own faults, told with HTTP 200: it may have been done.
_FAULTS = frozenset({"", "fatal_error", "internal_error", "request_timeout", "service_unavailable"})
_BROKEN = (aiohttp.ClientError, TimeoutError, ConnectionError)
_LONGEST_WAIT = 60.0
#: Seconds for a file to be taken, and the bytes a second of the slowest line that is waited for.
_UPLOAD = 60.0
_SLOWEST = 50_000
_TAKEN = 200
#: Bytes that come at once of a file.
_BLOCK = 256 * 1024
#: An address whose host cannot be read in two ways.
_ADDRESS = re.compile(r"(https?)://([A-Za-z0-9.-]+)(:[0-9]+)?/[^\s\\]*")


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast to call and how long to wait: the usual values are Slack's limits."""

    lanes: Mapping[str, tuple[float, int]] = field(
        default_factory=lambda: {
            "chat.postMessage": (1.05, 6),
            # « Several hundred a minute », read at its lowest: 30 at once, then 200 a minute, so
            # never more than 230; the rest up to 240 is left to a line that delivers unevenly.
            POSTS: (0.3, 30),
            "chat.postEphemeral": (0.6, 50),
            "chat.update": (1.25, 12),
            "conversations.create": (3.1, 20),
            "conversations.invite": (1.25, 25),
            "conversations.setTopic": (3.1, 20),
            "chat.deleteScheduledMessage": (1.25, 25),
            "chat.scheduleMessage": (1.25, 25),
            "pins.add": (3.1, 20),
            "users.info": (0.6, 80),
        }
    )
    """Seconds between two calls of a method once so many were made at once.

    ``chat.postMessage`` counts in each channel, ``posts`` all posts of the workspace.
    """
    other: tuple[float, int] = (0.05, 50)
    backoff: tuple[float, ...] = (0.3, 1.0, 3.0, 8.0)
    """Seconds before each new attempt of a call that may be repeated."""
    patience: float = 2.3
    """Seconds for which an acknowledgement waits for the journal; Slack itself waits three."""
    lease: float = 10.0
    """Seconds after which a silent process loses its crises to the others on the same journal."""
    waits: tuple[float, ...] = (1.0, 2.0, 5.0, 15.0, 30.0)
    """Seconds before a projection that failed is taken up again; the last one lasts."""


USUAL = Tempo()


class Rejected(OutsideService):
    """Slack understood and said no: ``error`` is its code."""

    def __init__(self, method: str, error: str) -> None:
        """Keep the method and Slack's code."""
        super().__init__("Slack", f"Slack refuse ({error}).", detail=method)
        self.method = method
        self.error = error


class Unsure(OutsideService):
    """The call may or may not have been carried out."""

    def __init__(self, method: str, why: str) -> None:
        """Keep the method and what was seen."""
        super().__init__("Slack", detail=f"{method}: {why}")
        self.method = method


class Gateway:
    """Call Slack; raise ``Rejected`` or ``Unsure``, never the SDK's own errors."""

    def __init__(
        self,
        client: AsyncWebClient,
        tempo: Tempo = USUAL,
        fence: Callable[[], None] = lambda: None,
        share: Callable[[], int] = lambda: 1,
    ) -> None:
        """Use a client whose own retries are off and whose HTTP session is shared.

        ``fence`` is asked right before each request, and raises when it must not be made;
        ``share`` says among how many processes the posts of the workspace are divided.
        """
        self._client = client
        self._fence = fence
        self._tempo = tempo
        self._lanes = Lanes(tempo.lanes, tempo.other, share)

    async def call(
        self,
        method: str,
        *,
        within: float = 10.0,
        accept: frozenset[str] = frozenset(),
        awaited: bool = False,
        **args: Any,
    ) -> dict[str, Any]:
        """Return Slack's answer; codes in ``accept`` come back as ``{"ok": False, "error": …}``.

        ``awaited``: somebody waits for this post, which goes before what only keeps up to date.
        What is sent is first made to fit Slack's limits; what cannot be is ``Rejected`` here.
        """
        args, wrong = ready(method, args)
        if wrong:
            log.error("%s is past Slack's limits: %s", method, "; ".join(wrong[:5]))
            raise Rejected(method, "past_limits")
        channel = str(args.get("channel") or args.get("channel_id") or "")
        attempt = 0
        while True:
            await self._lanes.turn(method, channel, awaited=awaited)
            try:
                return await self._once(method, within, args)
            except SlackApiError as error:
                code = _code(error)
                if code in accept:
                    return {"ok": False, "error": code}
                pause = self._pause(method, error, attempt)
            except _BROKEN as error:
                pause = self._again(method, attempt, error, type(error).__name__)
            attempt += 1
            self._lanes.hold(method, channel, pause)

    async def granted(self, within: float) -> tuple[dict[str, Any], frozenset[str]]:
        """Who we are to Slack, and the scopes that our token was granted; asked once.

        Raises ``Rejected`` or ``Unsure``.
        """
        try:
            async with asyncio.timeout(within):
                answer = await self._client.auth_test()
        except SlackApiError as error:
            raise Rejected("auth.test", _code(error)) from error
        except _BROKEN as error:
            raise Unsure("auth.test", type(error).__name__) from error
        scopes = {name.lower(): value for name, value in answer.headers.items()}
        data = answer.data if isinstance(answer.data, dict) else {}
        listed = scopes.get("x-oauth-scopes", "").split(",")
        return data, frozenset(one.strip() for one in listed if one.strip())

    async def _once(self, method: str, within: float, args: Mapping[str, Any]) -> dict[str, Any]:
        self._fence()
        function = getattr(self._client, method.replace(".", "_"))
        with measured(method):
            async with asyncio.timeout(within):
                answer = await function(**args)
        data: dict[str, Any] = answer.data
        return data

    def _pause(self, method: str, error: SlackApiError, attempt: int) -> float:
        """Seconds to wait before trying again, or raise."""
        status, code = getattr(error.response, "status_code", 0), _code(error)
        if is_rate(error):
            if method in NOT_LATER:
                raise Rejected(method, "ratelimited") from error
            wait = _seconds(error.response.headers.get("Retry-After"))
            log.warning("Slack asks to wait %.0f s for %s", wait, method)
            return wait
        if status >= 500 or code in _FAULTS:  # noqa: PLR2004 - HTTP's own border
            return self._again(method, attempt, error, f"HTTP {status} {code}")
        raise Rejected(method, code) from error

    def _again(self, method: str, attempt: int, error: Exception, why: str) -> float:
        """Seconds before a call whose fate is unknown is repeated, or raise ``Unsure``."""
        if method in NOT_TWICE or attempt >= len(self._tempo.backoff):
            raise Unsure(method, why) from error
        return self._tempo.backoff[attempt]

    async def upload(self, channel: str, name: str, path: Path, comment: str) -> None:
        """Put the file of this path in a channel, under this name; it is never whole in memory.

        Raises ``Rejected`` or ``Unsure``; ``OSError`` for a file that cannot be read.
        """
        await self.share(channel, [(name, path)], comment)

    async def share(
        self, channel: str, files: Sequence[tuple[str, Path]], comment: str, thread: str = ""
    ) -> None:
        """Put these files, each under its name, in one message of a channel or of a thread."""
        sent = []
        for name, path in files:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                place = await self.call("files.getUploadURLExternal", filename=name, length=size)
                await self._send(str(place["upload_url"]), file, size)
            sent.append({"id": place["file_id"], "title": name})
        where: dict[str, Any] = {"thread_ts": thread} if thread else {}
        await self.call(
            "files.completeUploadExternal",
            within=_UPLOAD,
            files=sent,
            channel_id=channel,
            initial_comment=fitted_comment(comment),
            **where,
        )

    async def _send(self, url: str, file: BinaryIO, size: int) -> None:
        """Hand the content to the address that Slack gave for it."""
        session = self._client.session
        if session is None:
            raise TypeError("the client has a session of its own")
        within = aiohttp.ClientTimeout(total=_UPLOAD + size / _SLOWEST)
        try:
            async with session.post(
                url,
                data=file,
                headers={"Content-Type": "application/octet-stream"},
                timeout=within,
                proxy=self._client.proxy,
                allow_redirects=False,
            ) as answer:
                status = answer.status
        except _BROKEN as error:
            raise Unsure("upload", type(error).__name__) from error
        if status != _TAKEN:
            raise Rejected("upload", f"HTTP {status}")

    @contextlib.asynccontextmanager
    async def download(self, url: str, size: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """The content of a file, block after block; about ``size`` bytes are expected.

        Our token goes to Slack's own hosts only, and no further: a redirection is not followed.
        Raises ``Rejected`` (``foreign_host``, ``HTTP 404``…) or ``Unsure``.
        """
        if not _is_slacks(url, self._client.base_url):
            raise Rejected("download", "foreign_host")
        session = self._client.session
        if session is None:
            raise TypeError("the client has a session of its own")
        token = {"Authorization": f"Bearer {self._client.token}", "Accept-Encoding": "identity"}
        within = aiohttp.ClientTimeout(total=_UPLOAD + size / _SLOWEST)
        await self._lanes.turn("download")
        try:
            async with session.get(
                url,
                headers=token,
                timeout=within,
                proxy=self._client.proxy,
                allow_redirects=False,
            ) as answer:
                _require_file(answer.status)
                yield answer.content.iter_chunked(_BLOCK)
        except _BROKEN as error:
            raise Unsure("download", type(error).__name__) from error


def _require_file(status: int) -> None:
    """Refuse an answer that is no file: a fault of Slack's may pass, a refusal does not."""
    if status >= 500 or status == _RATE:  # noqa: PLR2004 - HTTP's own border
        raise Unsure("download", f"HTTP {status}")
    if status != _TAKEN:
        raise Rejected("download", f"HTTP {status}")


def _is_slacks(url: str, api: str) -> bool:
    """Whether this address is on the host of the Web API, or under it, by the same way."""
    found, ours = _ADDRESS.fullmatch(url), _ADDRESS.fullmatch(api)
    if found is None or ours is None or found[1] != ours[1] or found[3] != ours[3]:
        return False
    host, own = found[2].lower(), ours[2].lower()
    named = own.rpartition(".")[2].isalpha()
    return host == own or (named and host.endswith(f".{own}"))


def _code(error: SlackApiError) -> str:
    """Slack's error code; an answer that is not JSON has none."""
    data = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def _seconds(asked: object) -> float:
    """Seconds that a ``Retry-After`` asks for, within reason; one when it cannot be read."""
    text = str(asked)
    return min(float(text), _LONGEST_WAIT) if text.isdecimal() else 1.0
