"""What was said while nobody listened: read again in the channel, and recorded as late.

At each start, and each time that a socket opens while none of those known a moment ago is still
open, the channel of every open crisis is read again.  What was already heard is left alone, so that
reading twice records once.  A channel that Slack will not let us read is a gap with its bounds,
which ends once the channel has been read; while Slack is merely away we try again.

Not here: what was deleted meanwhile, of which Slack keeps no trace.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.core.crisis import EPOCH, TOCSIN, Command, Crisis
from bot.core.transcript import FillGaps, FindGap
from bot.errors import TocsinError
from bot.service import Ask, Service
from bot.slack.events import SAID, Events
from bot.slack.gateway import USUAL, Gateway, Rejected, Tempo
from bot.slack.inbound import moment

log = logging.getLogger(__name__)

#: Seconds between two looks at the sockets.
PACE = 1.0
#: What was said just before the last message heard may not have reached us either.
_MARGIN = timedelta(minutes=1)
_PAGE = 200

#: The connections that are open now, each the very one.
Live = Callable[[], Awaitable[frozenset[object]]]
_Found = Mapping[str, Any]


class CatchUp:
    """Know since when we may have been deaf, and read again what was said since."""

    def __init__(
        self, service: Service, gateway: Gateway, events: Events, tempo: Tempo = USUAL
    ) -> None:
        """Nothing is due before ``start``; ``tempo`` says how long to wait for Slack to be back."""
        self._service = service
        self._gateway = gateway
        self._events = events
        self._waits = tempo.waits
        self._failures = 0
        self._heard: dict[str, str] = {}
        self._due: dict[str, str] = {}

    def start(self) -> None:
        """Before any socket is open: each open crisis is due, from the last message heard."""
        self._due = self._last_heard()

    async def watch(self, live: Live, pace: float = PACE) -> None:
        """Read again what is due, and make it due whenever we may have been deaf; until cancelled.

        That some connection has been open all along is enough: Slack sends each event to one.
        """
        known = await live()
        while True:
            done = await self._read_due()
            self._failures = 0 if done else self._failures + 1
            again = self._waits[min(self._failures, len(self._waits)) - 1]
            await asyncio.sleep(pace if done else again)
            now = await live()
            try:
                self._compare(known, now)
            except TocsinError as away:
                log.warning("the journal is away: %s", away)
            else:
                known = now or known

    def _compare(self, known: frozenset[object], now: frozenset[object]) -> None:
        """Make every open crisis due if no connection lasted, else remember what was heard."""
        heard = self._last_heard() if now else {}
        if now and known.isdisjoint(now):
            for crisis in heard:
                self._due.setdefault(crisis, self._heard.get(crisis, ""))
        elif now:
            self._heard = heard

    def _last_heard(self) -> dict[str, str]:
        """The last message heard in each open crisis that has a channel."""
        crises = self._service.crises()
        return {one.id: one.heard for one in crises if one.is_open and one.channel}

    async def _read_due(self) -> bool:
        """Read again the channels that are due; whether none is left."""
        for crisis_id, mark in list(self._due.items()):
            try:
                await self._read(self._service.crisis(crisis_id), mark)
            except TocsinError as away:
                log.warning("%s is not caught up yet: %s", crisis_id, away)
            else:
                del self._due[crisis_id]
        return not self._due

    async def _read(self, crisis: Crisis, mark: str) -> None:
        """Record what was missed since that message; a refusal of Slack's is a gap."""
        since = moment(mark) or crisis.opened_at
        command: Command
        try:
            found = await self._said(crisis.channel, since - _MARGIN)
        except Rejected as refused:
            until = max(since, self._service.now())
            command = FindGap(since, until, f"Slack refuse ({refused.error})")
        else:
            for ts in sorted(found, key=_at):
                await self._hear(crisis, ts, found[ts], since - _MARGIN)
            command = FillGaps()
        await self._service.handle(Ask(crisis.id, TOCSIN, command))

    async def _hear(self, crisis: Crisis, ts: str, message: _Found, since: datetime) -> None:
        """Record a message that nobody heard, or the edit of one that was."""
        delivery = f"late:{crisis.channel}:{ts}"
        edit = message.get("edited") or {}
        if ts not in crisis.messages:
            if _at(ts) >= since:
                await self._events.hear(crisis, message, delivery, late=True)
        elif edit and (message.get("subtype") or "") in SAID:
            at = str(edit.get("ts", ""))
            event = {"subtype": "message_changed", "message": message, "ts": at}
            await self._events.hear(crisis, event, f"{delivery}:{at}", late=True)

    # -- reading the channel ------------------------------------------------------------------

    async def _said(self, channel: str, since: datetime) -> dict[str, _Found]:
        """The messages of a channel by ``ts``, with the replies of threads touched since.

        The whole channel is listed: an old thread may have a new reply, an old message an edit.
        """
        roots = [one async for one in self._pages("conversations.history", channel=channel)]
        found = list(roots)
        for root in roots:
            last = root.get("latest_reply")
            if root.get("reply_count") and (last is None or _at(last) >= since):
                found += await self._thread(channel, str(root["ts"]))
        return {str(one.get("ts", "")): _plain(one) for one in found}

    async def _thread(self, channel: str, ts: str) -> list[_Found]:
        """A thread, its root included; nothing if it was removed meanwhile."""
        pages = self._pages("conversations.replies", channel=channel, ts=ts)
        try:
            return [one async for one in pages]
        except Rejected as refused:
            if refused.error != "thread_not_found":
                raise
            return []

    async def _pages(self, method: str, **args: Any) -> AsyncIterator[_Found]:
        """Everything that a method lists, page after page."""
        cursor = ""
        while True:
            answer = await self._gateway.call(method, limit=_PAGE, cursor=cursor, **args)
            for one in answer.get("messages") or ():
                yield one
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return


def _plain(message: _Found) -> _Found:
    """A message as its event told it: the root of a thread was no reply when it was said."""
    root = message.get("thread_ts") == message.get("ts")
    return {**message, "thread_ts": ""} if root else message


def _at(ts: object) -> datetime:
    """When something was said; what has no readable stamp comes first."""
    return moment(ts) or EPOCH
