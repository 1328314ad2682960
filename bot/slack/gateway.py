"""The only door to Slack's Web API: paced, retried, and honest about what it does not know.

Each method has a lane; posts have one per channel (about one message a second, with a small
burst) and updates share one for the workspace, as Slack's tiers ask.  A 429 stops its lane for as
long as Slack says, except for what somebody waits for on a screen, which fails at once.  A call
that may be repeated safely is repeated after a broken connection, a time-out or a 5xx; one that may
not (a post, a creation) raises ``Unsure``, and the caller looks before it tries again.  Pacing and
waiting use the event loop's clock, not the wall's.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import OutsideService

log = logging.getLogger(__name__)

#: Calls that would have an effect twice if repeated blindly.
NOT_TWICE = frozenset(
    {
        "chat.postMessage",
        "chat.postEphemeral",
        "conversations.create",
        "views.open",
        "views.push",
        "files_upload_v2",
    }
)
#: Calls that serve within seconds or not at all: a form's trigger dies, an event must be taken.
NOT_LATER = frozenset({"views.open", "views.push", "users.info"})
_RATE = 429
_RATE_CODES = ("ratelimited", "rate_limited")
#: Slack's own faults, told with HTTP 200: it may have been done.
_FAULTS = frozenset({"", "fatal_error", "internal_error", "request_timeout", "service_unavailable"})
_BROKEN = (aiohttp.ClientError, TimeoutError, ConnectionError)
_LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast to call and how long to wait: the usual values are Slack's limits."""

    lanes: Mapping[str, tuple[float, int]] = field(
        default_factory=lambda: {
            "chat.postMessage": (1.05, 6),
            "chat.update": (1.25, 12),
            "conversations.create": (3.1, 20),
            "conversations.invite": (1.25, 25),
        }
    )
    """Seconds between two calls of a method once so many were made at once."""
    other: tuple[float, int] = (0.05, 50)
    backoff: tuple[float, ...] = (0.3, 1.0, 3.0, 8.0)
    """Seconds before each new attempt of a call that may be repeated."""
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


@dataclass(slots=True)
class _Lane:
    """A bucket of permits: ``burst`` at once, then one each ``pace`` seconds."""

    pace: float
    burst: int
    ready_at: float = 0.0
    spent: list[float] = field(default_factory=list)

    def delay(self, now: float) -> float:
        """Seconds to wait before the next call, booking its place."""
        wait = max(self.ready_at - now, 0.0)
        if len(self.spent) >= self.burst:
            wait = max(wait, self.spent[-self.burst] + self.pace * self.burst - now)
        self.spent = (
            [*self.spent[-self.burst + 1 :], now + wait] if self.burst > 1 else [now + wait]
        )
        return wait


class Gateway:
    """Call Slack; raise ``Rejected`` or ``Unsure``, never the SDK's own errors."""

    def __init__(self, client: AsyncWebClient, tempo: Tempo = USUAL) -> None:
        """Use a client whose own retries are off and whose HTTP session is shared."""
        self._client = client
        self._tempo = tempo
        self._lanes: dict[str, _Lane] = {}

    async def call(
        self,
        method: str,
        *,
        within: float = 10.0,
        accept: frozenset[str] = frozenset(),
        **args: Any,
    ) -> dict[str, Any]:
        """Return Slack's answer; codes in ``accept`` come back as ``{"ok": False, "error": …}``."""
        lane = self._lane(method, str(args.get("channel", "")))
        attempt = 0
        while True:
            await self._pace(lane)
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
            lane.ready_at = max(lane.ready_at, asyncio.get_running_loop().time() + pause)

    async def _once(self, method: str, within: float, args: Mapping[str, Any]) -> dict[str, Any]:
        function = getattr(self._client, method.replace(".", "_"))
        async with asyncio.timeout(within):
            answer = await function(**args)
        data: dict[str, Any] = answer.data
        return data

    def _pause(self, method: str, error: SlackApiError, attempt: int) -> float:
        """Seconds to wait before trying again, or raise."""
        status, code = getattr(error.response, "status_code", 0), _code(error)
        if status == _RATE or code in _RATE_CODES:
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

    def _lane(self, method: str, channel: str) -> _Lane:
        key = f"{method}/{channel}" if method == "chat.postMessage" else method
        if key not in self._lanes:
            pace, burst = self._tempo.lanes.get(method, self._tempo.other)
            self._lanes[key] = _Lane(pace, burst)
        return self._lanes[key]

    async def _pace(self, lane: _Lane) -> None:
        wait = lane.delay(asyncio.get_running_loop().time())
        if wait > 0:
            await asyncio.sleep(wait)

    async def upload(self, channel: str, name: str, content: bytes, comment: str) -> None:
        """Put a file in a channel."""
        await self.call(
            "files_upload_v2",
            within=60.0,
            channel=channel,
            filename=name,
            title=name,
            content=content,
            initial_comment=comment,
        )


def _code(error: SlackApiError) -> str:
    """Slack's error code; an answer that is not JSON has none."""
    data = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def _seconds(asked: object) -> float:
    """Seconds that a ``Retry-After`` asks for, within reason; one when it cannot be read."""
    text = str(asked)
    return min(float(text), _LONGEST_WAIT) if text.isdecimal() else 1.0
