"""What happens in the channel without anybody pressing anything: said, edited, deleted, joined.

Everything said in a crisis channel goes to the journal as it was said, with Slack's own stamp.  A
mention, or a direct message, is a question.  Events that concern no crisis are let through.
"""

import logging
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.core.crisis import Actor, Command, Crisis
from bot.core.people import Join, Leave
from bot.core.transcript import DeleteMessage, EditMessage, HearMessage, spoken
from bot.errors import Refused
from bot.grammar import fold
from bot.service import Ask, Done
from bot.slack.answers import follow
from bot.slack.blocks import Block
from bot.slack.face import Face
from bot.slack.gateway import Gateway
from bot.slack.home import Homes
from bot.slack.inbound import Touch, files, moment, said, whole
from bot.slack.modals import exercise
from bot.slack.patients import warning
from bot.slack.reply import Reply
from bot.slack.wiping import answering

log = logging.getLogger(__name__)

PINS = frozenset({"pushpin", "round_pushpin"})
#: Kinds of message by which Slack tells what happened to another one, or who comes and goes, which
#: are entries of their own.  Every other kind is something that was said, or done, in the channel.
NOT_SAID = frozenset(
    {
        "message_changed",
        "message_deleted",
        "message_replied",
        "tombstone",
        "channel_join",
        "channel_leave",
        "group_join",
        "group_leave",
    }
)
#: What Slack leaves of a deleted message that had replies.
TOMBSTONE = "tombstone"

#: How many answered questions are remembered, so that a retry is not answered twice.
_REMEMBERED = 1000
#: What asks for help rather than for an answer.
_HELP = ("", "aide", "help", "bonjour")

_Event = Mapping[str, Any]
_Heard = HearMessage | EditMessage | DeleteMessage


class Events:
    """Take events; every method returns an empty reply or raises ``TocsinError``."""

    def __init__(
        self, face: Face, gateway: Gateway, bot: str, homes: Homes, *, capture_all: bool
    ) -> None:
        """``bot`` is our own Slack user id; ``capture_all`` records everything said."""
        self._homes = homes
        self._face = face
        self._gateway = gateway
        self.bot = bot
        self._capture_all = capture_all
        self._answered: deque[str] = deque(maxlen=_REMEMBERED)

    async def take(self, body: _Event) -> Reply:
        """Take one event of any kind."""
        event: _Event = body.get("event") or {}
        delivery = f"event:{body.get('event_id', '')}"
        kind = str(event.get("type", ""))
        if kind == "message":
            return await self._message(event, delivery)
        if kind == "app_mention":
            await self.mention(event)
        elif kind == "reaction_added":
            return await self._reaction(event, delivery)
        elif kind in ("member_joined_channel", "member_left_channel"):
            await self._member(event, kind, delivery)
        elif kind == "app_home_opened":
            await self._home(event)
        return Reply()

    @property
    def ready(self) -> bool:
        """Whether questions can be answered: the library has been read."""
        return self._face.answers.asker is not None

    def asks(self, body: _Event) -> bool:
        """Whether this is a question to us, whose answer may take longer than Slack waits."""
        event: _Event = body.get("event") or {}
        return event.get("type") == "app_mention" or event.get("channel_type") == "im"

    # -- messages ---------------------------------------------------------------------------

    async def _message(self, event: _Event, delivery: str) -> Reply:
        if event.get("channel_type") == "im":
            await self._direct(event, delivery)
            return Reply()
        crisis = await self._face.service.seek_channel(str(event.get("channel", "")))
        if crisis is None or not self._capture_all:
            return Reply()
        return Reply(text=await self.hear(crisis, event, delivery))

    async def hear(
        self, crisis: Crisis, event: _Event, delivery: str, *, late: bool = False
    ) -> str:
        """Record what was said, changed or removed; not what we or Slack itself said.

        Returns what its author is to be told in private, if anything.
        """
        found = self._said(event, late=late)
        if found is None:
            return ""
        person, command = found
        if person == self.bot:
            return ""
        self._face.directory.learn(person, _named(event))
        done = await self.record(crisis, person, command, delivery)
        if not done.facts or isinstance(command, DeleteMessage):
            return ""
        today = self._face.service.now().date()
        return warning(command.text, today, done.facts[-1][1].seq, in_channel=True)

    def _said(self, event: _Event, *, late: bool) -> tuple[str, _Heard] | None:
        """Who said what, and the command that records it; ``None`` for Slack's own notices."""
        subtype = str(event.get("subtype") or "")
        if subtype not in NOT_SAID:
            return author(event), HearMessage(
                ts=str(event.get("ts", "")),
                text=said(event),
                thread_ts=str(event.get("thread_ts") or ""),
                files=files(event),
                happened=moment(event.get("ts")),
                late=late,
            )
        before = event.get("previous_message") or {}
        after = event.get("message") or {}
        gone = subtype == "message_deleted" or after.get("subtype") == TOMBSTONE
        if gone:
            return author(before), DeleteMessage(
                of=str(event.get("deleted_ts") or after.get("ts", "")),
                before=said(before),
                happened=moment(event.get("ts")),
            )
        if subtype == "message_changed":
            return author(after), EditMessage(
                of=str(after.get("ts", "")),
                text=said(after),
                before=said(before),
                happened=moment(event.get("ts")),
                late=late,
                files=files(after),
            )
        return None

    async def record(self, crisis: Crisis, person: str, command: Command, delivery: str) -> Done:
        """Record what that person did, by the name that they have now."""
        await self._face.directory.fetch(person)
        actor = self._face.directory.actor(person, crisis)
        return await self._face.service.handle(Ask(crisis.id, actor, command, delivery))

    # -- questions --------------------------------------------------------------------------

    async def _direct(self, event: _Event, delivery: str) -> None:
        if event.get("subtype") or event.get("bot_id") or event.get("user") == self.bot:
            return
        await self._answer(event, str(event.get("text") or ""), None, delivery)

    async def mention(self, event: _Event) -> None:
        """Answer who mentions us, once for each message, heard or found afterwards."""
        text = str(event.get("text") or "").replace(f"<@{self.bot}>", " ").strip()
        channel = str(event.get("channel", ""))
        crisis = await self._face.service.seek_channel(channel)
        await self._answer(event, text, crisis, f"mention:{channel}:{event.get('ts', '')}")

    async def _answer(self, event: _Event, text: str, crisis: Crisis | None, delivery: str) -> None:
        if delivery in self._answered:
            return
        self._answered.append(delivery)
        person = str(event.get("user", ""))
        await self._face.directory.fetch(person)
        self._face.directory.admit(person)
        actor: Actor = self._face.directory.actor(person, crisis)
        asked = spoken(whole(text), self._face.directory.known).strip()
        if fold(asked.strip(" ?!.")) in _HELP:
            help_reply = self._face.help()
            await self._say(event, help_reply.text, list(help_reply.blocks))
            return
        given = await self._face.answers.answer(
            asked, crisis, actor, delivery, private=event.get("channel_type") == "im", live=True
        )
        if given is None:
            return
        said = f"{exercise(crisis)}Réponse"
        posted = await self._say(event, said, given.blocks)
        if given.more is not None:
            await follow(given.more.live, lambda blocks: self._change(posted, said, blocks))

    async def _change(self, posted: _Event, text: str, blocks: list[Block]) -> None:
        """Show something else where an answer was posted."""
        await self._gateway.call(
            "chat.update",
            channel=posted.get("channel"),
            ts=posted.get("ts"),
            text=text,
            blocks=blocks,
        )

    async def _say(self, event: _Event, text: str, blocks: list[Block]) -> _Event:
        direct = event.get("channel_type") == "im"
        thread = None if direct else event.get("thread_ts") or event.get("ts")
        return await self._gateway.call(
            "chat.postMessage",
            awaited=True,
            channel=event.get("channel"),
            text=text,
            blocks=blocks,
            thread_ts=thread,
            metadata=answering(str(event.get("ts", ""))),
            unfurl_links=False,
        )

    # -- pins, members, Home ----------------------------------------------------------------

    async def _reaction(self, event: _Event, delivery: str) -> Reply:
        item = event.get("item") or {}
        channel = str(item.get("channel", ""))
        crisis = await self._face.service.seek_channel(channel)
        if event.get("reaction") not in PINS or crisis is None or item.get("type") != "message":
            return Reply()
        ts = str(item.get("ts", ""))
        text = crisis.messages.get(ts)
        if text is None:
            text = await self._fetch_text(channel, ts)
        person = str(event.get("user", ""))
        touch = Touch(person, "", channel, delivery, "", message_ts=ts)
        try:
            reply = await self._face.flag(touch, text, str(event.get("item_user") or ""))
        except Refused as refused:
            reply = Reply(text=refused.for_people())
        return reply

    async def flag_late(self, crisis: Crisis, message: _Event) -> None:
        """Raise a message that somebody pinned while nobody listened; once, and if it can be."""
        reactions = [one for one in message.get("reactions") or () if one.get("name") in PINS]
        people = [one for each in reactions for one in each.get("users") or ()]
        person = next((one for one in people if one != self.bot), None)
        ts = str(message.get("ts", ""))
        if person is None or ts in crisis.flagged:
            return
        delivery = f"late:pin:{crisis.channel}:{ts}"
        touch = Touch(person, "", crisis.channel, delivery, "", message_ts=ts)
        try:
            await self._face.flag(touch, said(message), author(message), late=True)
        except Refused as refused:
            log.info("%s: a pin seen late is left: %s", crisis.id, refused)

    async def _fetch_text(self, channel: str, ts: str) -> str:
        """The text of a message that was not recorded when it was said, or of a reply."""
        answer = await self._gateway.call(
            "conversations.replies", channel=channel, ts=ts, latest=ts, inclusive=True, limit=100
        )
        found = [one for one in answer.get("messages", []) if one.get("ts") == ts]
        return said(found[0]) if found else ""

    async def _member(self, event: _Event, kind: str, delivery: str) -> None:
        crisis = await self._face.service.seek_channel(str(event.get("channel", "")))
        if crisis is not None:
            entered = kind == "member_joined_channel"
            await self.moved(crisis, str(event.get("user", "")), delivery, entered=entered)

    async def moved(
        self,
        crisis: Crisis,
        person: str,
        delivery: str,
        *,
        entered: bool,
        late: bool = False,
        happened: datetime | None = None,
    ) -> None:
        """Record that somebody entered or left the channel, unless it is known; ours is not."""
        if person == self.bot:
            return
        who = Actor(person, await self._face.directory.fetch(person))
        move = Join if entered else Leave
        await self.record(crisis, person, move(who, late, happened), delivery)

    async def _home(self, event: _Event) -> None:
        if event.get("tab", "home") != "home":
            return
        person = str(event.get("user", ""))
        await self._homes.show(person)


def author(message: _Event) -> str:
    """Slack id of who said it: a person, else an app."""
    return str(message.get("user") or message.get("bot_id") or "")


def _named(message: _Event) -> str:
    """The name that an application gives itself in a message; empty for a person."""
    profile = message.get("bot_profile") or {}
    return whole(message.get("username") or profile.get("name"))[:80]
