"""Reminders left with Slack ahead of time, so that they appear although the bot is dead.

Each reminder to come is scheduled at Slack a little after its own hour.  A bot that lives raises it
at that hour and takes Slack's copy back; one that is dead takes nothing back, and Slack speaks.
What Slack has said, the channel is not told again: ``said`` is asked before a reminder is posted.

Rows under a name of their own say what lies at Slack: written before the call and completed after
it, so that what may have been scheduled is looked for among what waits there.  Slack gives no word
when it posts: from its hour on, what was not taken back counts as said.  Messages scheduled with
metadata never appear, so these carry none.

Nothing is scheduled in the first minute of a crisis: its instants are being dated.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.core.board import Board, board
from bot.core.crisis import Crisis
from bot.core.deadlines import Deadline, deadlines
from bot.core.duties import schedule
from bot.core.french import day_clock
from bot.errors import TocsinError
from bot.leases import ACTING
from bot.readings import patiently
from bot.service import Service
from bot.slack.blocks import Block, context, ours, section, user
from bot.slack.duties import called
from bot.slack.gateway import Gateway, Rejected
from bot.slack.posted import Posted, Row

log = logging.getLogger(__name__)

#: How long after its hour Slack speaks in our place.
GRACE: Final = timedelta(minutes=5)
#: Slack takes nothing back in the last minute.
_FIRM: Final = timedelta(seconds=60)
#: Slack keeps nothing for longer than 120 days.
_FARTHEST: Final = timedelta(days=119)
#: Reminders of one crisis that lie at Slack together, the soonest: it takes 30 in five minutes.
_MOST: Final = 25
_QUIET: Final = timedelta(minutes=1)
#: Seconds between two looks.
PACE: Final = 60.0
#: Kept as the place of a reminder that was taken back, or that Slack would not have.
_BACK, _REFUSED = "-", "!"


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A reminder to come: its key, when Slack is to speak (UTC), of which duty."""

    key: str
    at: datetime
    deadline: Deadline


class Scheduled:
    """Keep at Slack the reminders that are still to come, of every crisis that is ours."""

    def __init__(
        self,
        service: Service,
        gateway: Gateway,
        posted: Posted,
        mine: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Join the journal to Slack; ``mine`` says whether this process looks after a crisis."""
        self._service = service
        self._gateway = gateway
        self._posted = posted
        self._mine = mine
        self._able = True
        self._looked: dict[str, int] = {}
        """Number of the last entry of each crisis when it was last looked at, whole."""

    async def run(self, pace: float = PACE) -> None:
        """Look at every crisis again and again, until cancelled or Slack cannot do it."""
        while self._able:
            for crisis in await patiently(self._service.crises):
                if crisis.channel and self._mine(crisis.id) and not self._over(crisis):
                    await self._guarded(crisis)
            await asyncio.sleep(pace)

    async def _guarded(self, crisis: Crisis) -> None:
        """Look at one crisis; one that cannot be done now keeps no other from it."""
        ACTING.set(crisis.id)
        try:
            await self.look(crisis)
        except TocsinError as away:
            log.warning("reminders of %s are not left with Slack: %s", crisis.id, away)
        else:
            self._looked[crisis.id] = crisis.seq

    def _over(self, crisis: Crisis) -> bool:
        """Whether it is closed and was looked at since: those of past years cost nothing."""
        return not crisis.is_open and self._looked.get(crisis.id) == crisis.seq

    def said(self, crisis_id: str, key: str) -> bool:
        """Whether Slack has told this reminder in our place; blocking, any thread."""
        row = self._posted.rows(_name(crisis_id)).get(key)
        return row is not None and _waits(row) and _hour(row) <= self._service.now()

    async def look(self, crisis: Crisis) -> None:
        """Take back what is no longer to be said, leave what is; raises as the gateway does."""
        now = self._service.now()
        shown = await asyncio.to_thread(board, crisis, now)
        wanted = {one.key: one for one in _ahead(crisis, now)}
        rows = await asyncio.to_thread(self._posted.rows, _name(crisis.id))
        if any(row.pending for row in rows.values()):
            rows |= await self._found(crisis, rows)
        for key, row in rows.items():
            if key not in wanted and _waits(row) and _hour(row) > now + _FIRM:
                await self._take_back(crisis, row)
        for key, one in wanted.items():
            back = key in rows and rows[key].ts == _BACK
            if (key not in rows or back) and self._able:
                await self._leave(crisis, one, shown)

    # -- Slack's side -------------------------------------------------------------------------

    async def _leave(self, crisis: Crisis, one: _Ahead, shown: Board) -> None:
        """Schedule one; what Slack will not have is not asked again."""
        name, at = _name(crisis.id), int(one.at.timestamp())
        text, blocks = _message(one, shown)
        await asyncio.to_thread(self._posted.begin, name, one.key, crisis.channel)
        try:
            answer = await self._gateway.call(
                "chat.scheduleMessage",
                channel=crisis.channel,
                post_at=at,
                text=text,
                blocks=blocks,
            )
        except Rejected as refused:
            log.warning("%s: Slack keeps no reminder: %s", crisis.id, refused.error)
            self._able = refused.error != "unknown_method"
            await self._keep(name, one.key, _REFUSED, at)
            return
        await self._keep(name, one.key, str(answer["scheduled_message_id"]), at)

    async def _take_back(self, crisis: Crisis, row: Row) -> None:
        """Have Slack forget one; one that it no longer has is as good as taken back."""
        await self._gateway.call(
            "chat.deleteScheduledMessage",
            channel=row.channel,
            scheduled_message_id=row.ts,
            accept=frozenset({"invalid_scheduled_message_id"}),
        )
        await self._keep(_name(crisis.id), row.key, _BACK, 0)

    async def _found(self, crisis: Crisis, rows: dict[str, Row]) -> dict[str, Row]:
        """What became of calls whose end was not seen, by what waits at Slack; else taken back."""
        waiting = [one async for one in self._waiting(crisis.channel)]
        name, found = _name(crisis.id), {}
        held = {row.ts for row in rows.values()}
        stray = [one for one in waiting if str(one["id"]) not in held]
        for key in [key for key, row in rows.items() if row.pending]:
            found[key] = await self._keep(name, key, _BACK, 0)
        # Which reminder a stray is cannot be told for sure: it goes, and is left again later.
        for one in stray:
            stray_row = Row("", crisis.channel, str(one["id"]), str(one["post_at"]))
            if _hour(stray_row) > self._service.now() + _FIRM:
                await self._gateway.call(
                    "chat.deleteScheduledMessage",
                    channel=crisis.channel,
                    scheduled_message_id=stray_row.ts,
                    accept=frozenset({"invalid_scheduled_message_id"}),
                )
        return found

    async def _waiting(self, channel: str) -> Any:
        """What waits at Slack for this channel."""
        cursor = ""
        while True:
            answer = await self._gateway.call(
                "chat.scheduledMessages.list", channel=channel, limit=100, cursor=cursor
            )
            for one in answer.get("scheduled_messages", []):
                yield one
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _keep(self, name: str, key: str, place: str, at: int) -> Row:
        """Remember where it lies and when it speaks (seconds since the epoch)."""
        await asyncio.to_thread(self._posted.finish, name, key, place, str(at))
        return Row(key, "", place, str(at))


def _name(crisis_id: str) -> str:
    """Under which name the rows of a crisis are kept, apart from those of its channel."""
    return f"{crisis_id}/ahead"


def _waits(row: Row) -> bool:
    """Whether it lies at Slack, or did until its hour came."""
    return row.ts not in ("", _BACK, _REFUSED)


def _hour(row: Row) -> datetime:
    """When Slack speaks (UTC)."""
    return datetime.fromtimestamp(int(row.hash), UTC)


def _ahead(crisis: Crisis, now: datetime) -> list[_Ahead]:
    """The reminders to come, the soonest first, as many as may lie at Slack together."""
    if not crisis.is_open or now < crisis.opened_at + _QUIET:
        return []
    every = (one for each in deadlines(crisis, now) for one in _of(each, crisis, now))
    return sorted(every, key=lambda one: (one.at, one.key))[:_MOST]


def _of(deadline: Deadline, crisis: Crisis, now: datetime) -> Iterator[_Ahead]:
    """Those of one duty: the last one due that was not raised yet, and all that follow."""
    moments = schedule(deadline)
    passed = sum(at <= now for at, _ in moments)
    for at, key in moments[max(0, passed - 1) :]:
        speaks = at + GRACE
        if key not in crisis.reminders and now < speaks < now + _FARTHEST:
            yield _Ahead(key, speaks, deadline)


def _message(one: _Ahead, shown: Board) -> tuple[str, list[Block]]:
    """What Slack is to say: it must be true at its hour, whatever happened meanwhile."""
    deadline, crisis = one.deadline, shown.crisis
    start = "EXERCICE — " if crisis.exercise else ""
    title = user(deadline.duty.title, 200)
    due = ""
    if deadline.due is not None:
        due = f" : échéance le {day_clock(deadline.due, crisis.zone)}"
    blocks = [
        section(f"🔔 {start}*Rappel* {called(deadline, shown)}\n*{title}*{due}"),
        context(
            "Message laissé d'avance chez Slack : s'il paraît, c'est que Tocsin n'écrit plus ici. "
            "N'attendez pas, agissez, notez l'heure sur papier. Sur le serveur : `tocsin act`."
        ),
        context(f"À : {user(deadline.duty.recipient, 200)}"),
    ]
    return ours(f"{start}Rappel : {title}{due}."), blocks
