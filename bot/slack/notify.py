"""Make the channel equal to what the journal says: post what is missing, update what differs.

For each crisis one task runs while there is something to do: open the channel, post the board and
invite the cell at once, then the rest, then what only embellishes (pin, topic), which may fail.
At each step the crisis is looked at again and one message is posted beside one update, so that
neither a long opening nor a busy night keeps the newest state from the screen.

After a crash nothing is assumed: the rows of ``posted`` say what may have gone out, and a post
whose end was not seen is looked for in the channel before it is sent again.  A message that Slack
will not have is left out, and told in the log, without stopping the others.

Where several processes share a journal, each projects the crises whose lease it holds, and asks for
nothing else: what it knew of a crisis is forgotten when it is taken or lost.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Collection
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.board import board
from bot.core.crisis import TOCSIN, Crisis
from bot.errors import TocsinError
from bot.leases import ACTING, Leases
from bot.readings import patiently
from bot.service import Ask, Service
from bot.slack.anchoring import notice_of, receipt
from bot.slack.channel import Channels, Rows, topic_text
from bot.slack.duties import duty_messages
from bot.slack.gateway import USUAL, Gateway, Rejected, Tempo
from bot.slack.handover import handover_messages
from bot.slack.notices import notice, orders
from bot.slack.phases import messages
from bot.slack.posted import CURSOR, Posted, Row
from bot.slack.poster import Poster, digest
from bot.slack.progress import Progress, differs, ended, is_final, is_missing, together
from bot.slack.render import Message, board_message
from bot.slack.telling import Said, unsaid
from bot.slack.wiping import Wiper

log = logging.getLogger(__name__)

#: Refusals that concern one message and say nothing of the next.
_ABOUT_ONE = frozenset(
    {
        "edit_window_closed",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "thread_not_found",
    }
)
#: Somebody deleted it; one that had replies leaves a stone in its place, which is nobody's.
_DELETED = frozenset({"message_not_found", "cant_update_message"})
#: A redraw for the sake of time touches the board; each so many, everything.
_WHOLE = 10
#: Boards redrawn at a time for the sake of time: the half of what Slack lets through in a minute.
#: With more open crises each has its turn later, so that what happens is shown before what ages.
_REDRAWN = 24
#: Seconds between two looks for what is to be posted while an update waits for its turn.
_GLANCE = 0.5
#: Failures after which a name that is taken and never listed is believed to be another's.
_BELIEVED = 4
#: Seconds that a request is given to leave before this process computes beside it.
_HEAD_START = 0.015
#: Entries of a crisis that has just been opened and sealed: nothing of it was ever posted.
_NEWBORN = 3

#: Extra messages for a crisis (similar incidents); ``None`` while they cannot be told yet.
Extras = Callable[[Crisis], Message | None]


class Projector:
    """Project crises to their channels."""

    def __init__(
        self,
        service: Service,
        gateway: Gateway,
        posted: Posted,
        extras: Extras,
        tempo: Tempo = USUAL,
        leases: Leases | None = None,
    ) -> None:
        """Join the journal's side to Slack's; without leases every crisis is ours."""
        self._leases = leases
        self._service = service
        self._gateway = gateway
        self._posted = posted
        self._extras = extras
        self._waits = tempo.waits
        self._poster = Poster(gateway, posted)
        self._channels = Channels(service, gateway, posted)
        self._wiper = Wiper(gateway, posted)
        self._known: dict[str, Progress] = {}
        self._redraws = 0
        self.said: Said = lambda *_: False
        self._started = False
        self._before: frozenset[str] = frozenset()
        self._taking: set[asyncio.Task[None]] = set()

    # -- waking -------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen to the journal and finish what an earlier process left unfinished."""
        self._service.listen(self.wake)
        if self._leases is None:
            # The newest first, and one by one: those of years ago must not keep this night waiting.
            crises = await patiently(self._service.newest)
            self._before = frozenset(crises)
            self.take(crises)
        self._started = True

    def take(self, crises: Collection[str]) -> None:
        """These are ours from now on: finish what another process left unfinished."""
        for crisis_id in crises:
            self._known.pop(crisis_id, None)
        if crises:
            work = asyncio.create_task(self._take_up(crises), name="crises taken")
            self._taking.add(work)
            work.add_done_callback(self._taking.discard)
            work.add_done_callback(ended)

    async def _take_up(self, crises: Collection[str]) -> None:
        """Wake those of these in which something may be left to do, once they can be read."""
        told = await patiently(self._posted.cursors)
        async for crisis in self._service.reaching(crises):
            if crisis.is_open or told.get(crisis.id) != crisis.seq:
                self.wake(crisis.id)

    def lose(self, crises: Collection[str]) -> None:
        """These may be another's: stop at once, and forget what was known of them."""
        for crisis_id in crises:
            known = self._known.pop(crisis_id, None)
            if known is not None and known.task is not None:
                known.task.cancel()

    def wake(self, crisis_id: str) -> None:
        """Project this crisis soon, if it is ours; many wakes make one pass."""
        if not self._ours(crisis_id):
            return
        progress = self._known.get(crisis_id)
        if progress is None:
            alone = self._leases is None and self._started
            held = self._service.held(crisis_id)
            fresh = alone and crisis_id not in self._before
            newborn = fresh and held is not None and held.seq <= _NEWBORN
            progress = self._known[crisis_id] = Progress(rows={} if newborn else None)
        progress.dirty = True
        self._ensure(crisis_id, progress)

    def wake_open(self) -> None:
        """Project every open crisis again: time has passed."""
        self._redraws += 1
        ours = [one for one in self._service.known() if one.is_open and self._ours(one.id)]
        turns = 1 + len(ours) // _REDRAWN
        for place, crisis in enumerate(ours):
            progress = self._known.setdefault(crisis.id, Progress())
            today = self._service.now().astimezone(ZoneInfo(crisis.zone)).date()
            # Hours are told without their day until the day changes.
            dawn = progress.day not in (None, today)
            progress.day = today
            turn, later = divmod(self._redraws + place, turns)
            if later and not dawn:
                continue
            progress.stale = True
            progress.dirty |= turn % _WHOLE == 0 or dawn
            self._ensure(crisis.id, progress)

    def _ours(self, crisis_id: str) -> bool:
        return self._leases is None or self._leases.holds(crisis_id)

    def _ensure(self, crisis_id: str, progress: Progress) -> None:
        if progress.task is None or progress.task.done():
            work = self._run(crisis_id, progress)
            progress.task = asyncio.create_task(work, name=f"project-{crisis_id}")
            progress.task.add_done_callback(ended)

    async def stop(self) -> None:
        """Stop all passes; what is left is done at the next start."""
        passes = [one.task for one in self._known.values() if one.task and not one.task.done()]
        tasks = [*passes, *self._taking]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, crisis_id: str, progress: Progress) -> None:
        ACTING.set(crisis_id)
        while progress.dirty or progress.stale:
            whole, progress.dirty, progress.stale = progress.dirty, False, False
            try:
                await self._pass(crisis_id, progress, whole=whole)
                progress.failures = 0
            except TocsinError as away:
                pause = self._waits[min(progress.failures, len(self._waits) - 1)]
                log.warning("projection of %s waits %.0f s: %s", crisis_id, pause, away)
                progress.failures += 1
                progress.dirty |= not is_final(away)
                await asyncio.sleep(pause)

    # -- one pass -----------------------------------------------------------------------------

    async def _pass(self, crisis_id: str, progress: Progress, *, whole: bool) -> None:
        crisis = await self._service.seek(crisis_id)
        if crisis.opened is None:
            return
        progress.drawn.clear()
        rows = await self._rows(crisis, progress)
        if not crisis.channel:
            crisis = await self._open(crisis, progress, rows)
        first = self._step(crisis_id, progress, rows, whole=whole)
        more, _ = await together(first, self._channels.invite(crisis, rows))
        while more:
            more = await self._step(crisis_id, progress, rows, whole=whole or progress.dirty)
        await self._wiper.wipe(await self._service.seek(crisis_id), rows)
        await self._embellish(await self._service.seek(crisis_id), rows)
        await self._remember(crisis_id, progress, rows)

    async def _open(self, crisis: Crisis, progress: Progress, rows: Rows) -> Crisis:
        """Open the channel and record it; then, side by side, show the board and let people in.

        Recorded first: what is said in a channel that the journal does not know would be lost.
        What needs no channel is done while Slack opens it: the first message goes out sooner.
        """
        opening = self._channels.open(crisis, rows, patient=progress.failures < _BELIEVED)
        opened, first = await together(opening, self._ready(crisis, progress, rows))
        await self._channels.record(opened)
        shown = [self._one(opened, first, progress, rows)] if first is not None else []
        await together(self._channels.invite(opened, rows), *shown)
        return await self._service.seek(crisis.id)

    async def _ready(self, crisis: Crisis, progress: Progress, rows: Rows) -> Message | None:
        """Prepare once the request has left: a busy thread would hold it back by milliseconds."""
        await asyncio.sleep(_HEAD_START)
        return await asyncio.to_thread(self._prepare, crisis, progress, rows)

    def _prepare(self, crisis: Crisis, progress: Progress, rows: Rows) -> Message | None:
        """Read what is to be told; the board, if it was never posted, with its row begun."""
        self._read_notices(crisis, progress)
        first = board_message(board(crisis, self._service.now()))
        if first.key in rows:
            return None
        self._posted.begin(crisis.id, first.key, "")
        rows[first.key] = Row(first.key, "", fresh=True)
        return first

    async def _rows(self, crisis: Crisis, progress: Progress) -> Rows:
        """The rows of a crisis, read once: nobody else writes them."""
        if progress.rows is None:
            progress.rows = await asyncio.to_thread(self._posted.rows, crisis.id)
            progress.lost = bool(crisis.channel) and not progress.rows
            cursor = progress.rows.get(CURSOR)
            progress.seq = int(cursor.hash) if cursor and cursor.hash else 0
        return progress.rows

    async def _step(self, crisis_id: str, progress: Progress, rows: Rows, *, whole: bool) -> bool:
        """Post the first message that is missing and update one that differs, side by side."""
        crisis = await self._service.seek(crisis_id)
        # Reading and drawing take milliseconds: in a thread, they hold no acknowledgement back.
        missing, changed = await asyncio.to_thread(self._due, crisis, progress, rows, whole=whole)
        update = None
        if changed is not None:
            progress.turns[changed.key] = max(progress.turns.values(), default=0) + 1
            progress.drawn[changed.key] = crisis.seq
            update = asyncio.ensure_future(self._one(crisis, changed, progress, rows))
        posting = self._post(crisis, missing, update, progress, rows)
        await together(posting, *([update] if update else []))
        anchored = receipt(crisis, rows, self._service.now())
        if anchored is not None:
            await self._service.handle(Ask(crisis_id, TOCSIN, anchored))
        return missing is not None or changed is not None

    async def _post(
        self,
        crisis: Crisis,
        missing: Message | None,
        update: "asyncio.Future[None] | None",
        progress: Progress,
        rows: Rows,
    ) -> None:
        """Post this one and, while an update waits for its turn, what else becomes missing.

        Updates share one lane for the workspace: with many crises they wait a minute and more.
        """
        while missing is not None or not (update is None or update.done()):
            if missing is not None:
                await self._one(crisis, missing, progress, rows)
            elif update is not None:
                await asyncio.wait({update}, timeout=_GLANCE)
            if update is None or update.done():
                return
            again = missing is not None
            crisis, missing = await self._service.seek(crisis.id), None
            if again or progress.seq < crisis.seq:
                missing, _ = await asyncio.to_thread(self._due, crisis, progress, rows, whole=False)

    def _due(
        self, crisis: Crisis, progress: Progress, rows: Rows, *, whole: bool
    ) -> tuple[Message | None, Message | None]:
        """The first message that is missing, and of those that differ the one waiting longest."""
        self._read_notices(crisis, progress)
        # What was told stays while nothing can be told, or when nothing resembles any more.
        progress.extra = self._extras(crisis) or progress.extra
        desired = [
            one
            for one in self._desired(crisis, progress)
            if one.key not in progress.refused or progress.refused[one.key] != digest(one)
        ]
        missing = (one for one in desired if is_missing(one, rows))
        changed = [
            one
            for one in desired
            if one.live
            and differs(one, rows.get(one.key))
            and (whole or one.key == "board")
            # Once for what the journal says: time alone would have it drawn again for ever.
            and progress.drawn.get(one.key) != crisis.seq
        ]
        oldest = min(changed, key=lambda one: progress.turns.get(one.key, -1), default=None)
        return next(missing, None), oldest

    def _read_notices(self, crisis: Crisis, progress: Progress) -> None:
        if progress.seq >= crisis.seq:
            return
        for fact, stamp in self._service.facts(crisis.id, after=progress.seq):
            progress.seq = stamp.seq
            message = notice(fact, stamp, crisis)
            if message is not None:
                progress.notices.append(message)

    def _desired(self, crisis: Crisis, progress: Progress) -> list[Message]:
        """What the channel should show, in the order in which it is to appear."""
        now = self._service.now()
        shown, sealed = board(crisis, now), notice_of(crisis, now)
        live = messages(shown)
        once = [orders(shown), *([progress.extra] if progress.extra else [])]
        last = [sealed] if sealed else []
        duties = [*duty_messages(shown), *handover_messages(shown)]
        return [live[0], *once, *live[1:], *duties, *self._told(crisis, progress), *last]

    def _told(self, crisis: Crisis, progress: Progress) -> list[Message]:
        """The notices still to be told, and those told that must not stay as they were."""
        return unsaid(crisis, progress.notices, progress.rows or {}, self.said)

    async def _remember(self, crisis_id: str, progress: Progress, rows: Rows) -> None:
        """Remember up to which entry everything was told: a restart begins there."""
        known = rows.get(CURSOR)
        if known is None:
            await asyncio.to_thread(self._posted.begin, crisis_id, CURSOR, "")
        if known is None or known.hash != str(progress.seq):
            await self._poster.keep(crisis_id, Row(CURSOR, "", "-", str(progress.seq)), rows)
        progress.notices.clear()

    # -- messages -----------------------------------------------------------------------------

    async def _one(self, crisis: Crisis, message: Message, progress: Progress, rows: Rows) -> None:
        """Post or update one message; a refusal that concerns it alone stops nothing else."""
        try:
            await self._poster.show(crisis, message, rows, look=progress.lost)
        except Rejected as refused:
            if refused.error in _DELETED and message.key in rows:
                del rows[message.key]  # it is posted anew
            elif refused.error in _ABOUT_ONE:
                progress.refused[message.key] = digest(message)
                log.warning("%s: %s is not shown: %s", crisis.id, message.key, refused.error)
            else:
                raise

    # -- what only embellishes ----------------------------------------------------------------

    async def _embellish(self, crisis: Crisis, rows: Rows) -> None:
        shown = rows.get("board")
        wanted: dict[str, tuple[str, dict[str, str]]] = {
            "topic": ("conversations.setTopic", {"topic": topic_text(crisis)})
        }
        if shown is not None and not shown.pending:
            wanted["pin"] = ("pins.add", {"timestamp": shown.ts})
        for key, (method, args) in sorted(wanted.items()):
            content = hashlib.sha256(json.dumps(args, sort_keys=True).encode()).hexdigest()
            if key in rows and rows[key].hash == content:
                continue
            await asyncio.to_thread(self._posted.begin, crisis.id, key, crisis.channel)
            await self._try(method, channel=crisis.channel, **args)
            await self._poster.keep(crisis.id, Row(key, crisis.channel, "-", content), rows)

    async def _try(self, method: str, **args: Any) -> None:
        """A call that may be refused without stopping the rest."""
        try:
            await self._gateway.call(method, **args)
        except Rejected as refused:
            log.warning("%s refused by Slack: %s", method, refused.error)
