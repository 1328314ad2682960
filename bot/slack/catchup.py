"""What happened while nobody listened: read again in the channel, and recorded as late.

At each start, and each time that a socket opens while none of those known a moment ago is still
open, the channel of every crisis that is open, or was closed lately, is read again:

- what was said, and what was changed since it was heard;
- what was heard and is no longer there: deleted, when and by whom nobody can tell;
- who came and who left, from Slack's own notices and from the list of members;
- what somebody raised to the log by 📌, and what was asked of us a short while ago.

What is known already is left alone, so that reading twice records once.  A channel that Slack will
not let us read is a gap with its bounds, which ends once the channel has been read; while Slack is
merely away we try again.

Slack keeps no trace, and nobody can find again: what was said and deleted in the meantime, the
texts between two edits, a reaction taken back.  Questions asked in private are not looked for.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.core.crisis import EPOCH, TOCSIN, Command, Crisis
from bot.core.transcript import DeleteMessage, FillGaps, FindGap
from bot.errors import TocsinError
from bot.service import Ask, Service
from bot.slack.events import NOT_SAID, TOMBSTONE, Events, author
from bot.slack.gateway import USUAL, Gateway, Rejected, Tempo
from bot.slack.inbound import files, moment
from bot.slack.wiping import EVENT_TYPE

log = logging.getLogger(__name__)

#: Seconds between two looks at the sockets.
PACE = 1.0
#: What was said just before the last message heard may not have reached us either.
_MARGIN = timedelta(minutes=1)
#: A question older than this is recorded and not answered: the cell has gone on.
_STILL_ASKED = timedelta(minutes=15)
#: How long after its end the channel of a crisis is still read again.
_DEBRIEFED = timedelta(days=7)
_PAGE = 200
_MOVES = {"channel_join": True, "group_join": True, "channel_leave": False, "group_leave": False}
#: Kinds of message in which a person may ask us something.
_BY_PEOPLE = (None, "", "file_share", "thread_broadcast")

#: The connections that are open now, each the very one.
Live = Callable[[], Awaitable[frozenset[object]]]
_Message = Mapping[str, Any]


@dataclass(slots=True)
class _Channel:
    """What a channel holds now: messages by ``ts``, and the threads that were read."""

    messages: dict[str, _Message] = field(default_factory=dict)
    threads: set[str] = field(default_factory=set)
    floor: datetime = EPOCH
    """Before that moment Slack hides what there is."""

    def shows(self, ts: str, thread: str) -> bool:
        """Whether a message would be seen here if it were still there; ``thread`` of a reply."""
        if _at(thread or ts) < self.floor:
            return False
        return not thread or thread in self.threads or thread not in self.messages

    def gone(self, ts: str) -> bool:
        """Whether a message that would be seen is not there."""
        return self.messages.get(ts, {"subtype": TOMBSTONE}).get("subtype") == TOMBSTONE

    def answered(self) -> set[str]:
        """The messages to which an answer of ours stands in a thread."""
        found = [one.get("metadata") or {} for one in self.messages.values()]
        return {
            str((one.get("event_payload") or {}).get("of"))
            for one in found
            if one.get("event_type") == EVENT_TYPE
        }


class CatchUp:
    """Know since when we may have been deaf, and read again what happened since."""

    def __init__(
        self,
        service: Service,
        gateway: Gateway,
        events: Events,
        tempo: Tempo = USUAL,
        mine: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Nothing is due before ``start``; ``tempo`` says how long to wait for Slack to be back.

        ``mine`` says of a crisis whether this process is the one that looks after it.  What is due
        in another's stays due here, for the day when that one dies.
        """
        self._mine = mine
        self._service = service
        self._gateway = gateway
        self._events = events
        self._waits = tempo.waits
        self._failures = 0
        self._heard: dict[str, str] = {}
        self._due: dict[str, str] = {}
        self._asked: dict[str, _Message] = {}
        """Questions found late, by ``ts``, until the library can answer."""
        self._answers: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Before any socket is open: each crisis is due, from the last message heard."""
        self._due = await asyncio.to_thread(self._last_heard)

    async def watch(self, live: Live, pace: float = PACE) -> None:
        """Read again what is due, and make it due whenever we may have been deaf; until cancelled.

        That some connection has been open all along is enough: Slack sends each event to one.
        """
        try:
            await self._watch(live, pace)
        finally:
            for task in self._answers:
                task.cancel()

    async def _watch(self, live: Live, pace: float) -> None:
        known = await live()
        while True:
            done = await self._read_due()
            self._answer_asked()
            self._failures = 0 if done else self._failures + 1
            again = self._waits[min(self._failures, len(self._waits)) - 1]
            await asyncio.sleep(pace if done else again)
            now = await live()
            try:
                await self._compare(known, now)
            except TocsinError as away:
                # What was said meanwhile could not be recorded: it is read again afterwards.
                log.warning("the journal is away: %s", away)
                known = frozenset()
            else:
                known = now or known

    async def _compare(self, known: frozenset[object], now: frozenset[object]) -> None:
        """Make every crisis due if no connection lasted, else remember what was heard."""
        heard = await asyncio.to_thread(self._last_heard) if now else {}
        if now and known.isdisjoint(now):
            for crisis in heard:
                self._due.setdefault(crisis, self._heard.get(crisis, ""))
        elif now:
            self._heard = heard

    def _last_heard(self) -> dict[str, str]:
        """The last message heard in each crisis that has a channel and goes on, or went lately."""
        lately = self._service.now() - _DEBRIEFED
        return {one.id: one.heard for one in self._service.lasting(lately) if one.channel}

    async def _read_due(self) -> bool:
        """Read again the channels that are due; whether none of ours is left."""
        for crisis_id, mark in list(self._due.items()):
            if not self._mine(crisis_id):
                continue
            try:
                await self._read(await self._service.seek(crisis_id), mark)
            except TocsinError as away:
                log.warning("%s is not caught up yet: %s", crisis_id, away)
            else:
                del self._due[crisis_id]
        return not any(map(self._mine, self._due))

    async def _read(self, crisis: Crisis, mark: str) -> None:
        """Record what was missed since that message; a refusal of Slack's is a gap."""
        since = moment(mark) or crisis.opened_at
        try:
            channel = await self._said(crisis, since - _MARGIN)
        except Rejected as refused:
            until = max(since, self._service.now())
            await self._record(crisis, FindGap(since, until, f"Slack refuse ({refused.error})"))
            return
        await self._compared(crisis, channel, since - _MARGIN)
        await self._record(crisis, FillGaps())

    async def _compared(self, crisis: Crisis, channel: _Channel, since: datetime) -> None:
        """Record in what the channel differs from the journal."""
        for ts in sorted(channel.messages, key=_at):
            await self._hear(crisis, ts, channel.messages[ts], since)
            await self._events.flag_late(crisis, channel.messages[ts])
        for ts in _missing(crisis, channel, since):
            await self._record(crisis, DeleteMessage(ts, "", late=True))
        await self._moves(crisis, channel, since)
        self._ask(crisis, channel, since)

    async def _hear(self, crisis: Crisis, ts: str, message: _Message, since: datetime) -> None:
        """Record a message that nobody heard, or the edit of one that was."""
        delivery = f"late:{crisis.channel}:{ts}"
        if ts not in crisis.messages:
            if _at(ts) >= since:
                await self._events.hear(crisis, message, delivery, late=True)
        elif _is_other(crisis, ts, message):
            at = str((message.get("edited") or {}).get("ts", ""))
            event = {"subtype": "message_changed", "message": message, "ts": at}
            delivery = f"{delivery}:{at or crisis.seq}"
            await self._events.hear(crisis, event, delivery, late=True)

    async def _record(self, crisis: Crisis, command: Command) -> None:
        """Record what we found ourselves."""
        await self._service.handle(Ask(crisis.id, TOCSIN, command))

    # -- who came and went --------------------------------------------------------------------

    async def _moves(self, crisis: Crisis, channel: _Channel, since: datetime) -> None:
        """Record the moves that Slack tells in the channel, then what the list of members adds."""
        for ts in sorted(channel.messages, key=_at):
            message = channel.messages[ts]
            person, entered = str(message.get("user")), _MOVES.get(str(message.get("subtype")))
            known = crisis.moves.get(person, EPOCH) + _MARGIN
            if entered is not None and _at(ts) > max(since, known):
                await self._move(crisis, person, entered=entered, happened=_at(ts))
        try:
            present = [one async for one in self._pages("conversations.members", crisis.channel)]
        except Rejected as refused:
            log.warning("%s: who is in the channel is not known: %s", crisis.id, refused)
            return
        before = (await self._service.seek(crisis.id)).members
        for person in sorted(before.symmetric_difference(present)):
            await self._move(crisis, person, entered=person not in before)

    async def _move(
        self, crisis: Crisis, person: str, *, entered: bool, happened: datetime | None = None
    ) -> None:
        seq = (await self._service.seek(crisis.id)).seq
        delivery = f"late:move:{person}:{happened.timestamp() if happened else seq}"
        await self._events.moved(
            crisis, person, delivery, entered=entered, late=True, happened=happened
        )

    # -- what was asked of us -------------------------------------------------------------------

    def _ask(self, crisis: Crisis, channel: _Channel, since: datetime) -> None:
        """Lay by what was asked of us lately and has no answer."""
        lately = max(since, self._service.now() - _STILL_ASKED)
        answered = channel.answered()
        for ts, message in channel.messages.items():
            if self._asks(message) and ts not in answered and _at(ts) >= lately:
                self._asked[ts] = {**message, "channel": crisis.channel}

    def _asks(self, message: _Message) -> bool:
        """Whether a person mentions us in what they say."""
        spoken = message.get("subtype") in _BY_PEOPLE and not message.get("bot_id")
        named = f"<@{self._events.bot}>" in str(message.get("text"))
        return spoken and named and author(message) != self._events.bot

    def _answer_asked(self) -> None:
        """Answer what was laid by, beside the reading, once the library has been read."""
        if not self._events.ready:
            return
        for ts, event in self._asked.items():
            if _at(ts) >= self._service.now() - _STILL_ASKED:
                task = asyncio.create_task(self._answer(event))
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)
        self._asked = {}

    async def _answer(self, event: _Message) -> None:
        try:
            await self._events.mention(event)
        except TocsinError as failed:
            log.warning("a question found late is not answered: %s", failed)

    # -- reading the channel ------------------------------------------------------------------

    async def _said(self, crisis: Crisis, since: datetime) -> _Channel:
        """What the channel holds, with the replies of threads touched since or known to us.

        The whole channel is listed: an old thread may have a new reply, an old message an edit, or
        be gone.
        """
        found = _Channel()
        known = {crisis.threads[ts] for ts in crisis.messages if ts in crisis.threads}
        async for one in self._pages("conversations.history", crisis.channel, found):
            found.messages[str(one.get("ts", ""))] = one
        for ts, root in list(found.messages.items()):
            last = root.get("latest_reply")
            touched = root.get("reply_count") and (last is None or _at(last) >= since)
            if touched or ts in known:
                await self._thread(crisis.channel, ts, found)
        return found

    async def _thread(self, channel: str, ts: str, found: _Channel) -> None:
        """Add a thread, its root included; nothing if it was removed meanwhile."""
        pages = self._pages("conversations.replies", channel, ts=ts, include_all_metadata=True)
        try:
            thread = [one async for one in pages]
        except Rejected as refused:
            if refused.error != "thread_not_found":
                raise
            return
        found.messages |= {str(one.get("ts", "")): _plain(one) for one in thread}
        found.threads.add(ts)

    async def _pages(
        self, method: str, channel: str, limits: _Channel | None = None, **args: Any
    ) -> AsyncIterator[Any]:
        """Everything that a method lists of a channel, page after page.

        ``limits`` is told from when on, where Slack hides what is older.
        """
        cursor = ""
        while True:
            answer = await self._gateway.call(
                method, channel=channel, limit=_PAGE, cursor=cursor, **args
            )
            page = answer.get("messages") or answer.get("members") or []
            if limits is not None and answer.get("is_limited") and page:
                limits.floor = min(_at(one.get("ts")) for one in page)
            for one in page:
                yield one
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return


def _missing(crisis: Crisis, channel: _Channel, since: datetime) -> Iterator[str]:
    """The ``ts`` of what was heard and is gone, then of what nobody heard and left a trace."""
    for ts in crisis.messages:
        if channel.gone(ts) and channel.shows(ts, crisis.threads.get(ts, "")):
            yield ts
    for ts in channel.messages:
        if ts not in crisis.messages and channel.gone(ts) and _at(ts) >= since:
            yield ts


def _is_other(crisis: Crisis, ts: str, message: _Message) -> bool:
    """Whether a known message may have changed: its author edited it, or its files differ.

    An application changes its messages without a mark.
    """
    if str(message.get("subtype") or "") in NOT_SAID:
        return False
    here = {one.id for one in files(message)}
    known = {one.id for one in crisis.files.values() if one.of == ts and not one.removed}
    return bool(message.get("edited") or message.get("bot_id")) or known != here


def _plain(message: _Message) -> _Message:
    """A message as its event told it: the root of a thread was no reply when it was said."""
    root = message.get("thread_ts") == message.get("ts")
    return {**message, "thread_ts": ""} if root else message


def _at(ts: object) -> datetime:
    """When something was said; what has no readable stamp comes first."""
    return moment(ts) or EPOCH
