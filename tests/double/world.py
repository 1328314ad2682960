"""The workspace: people, channels, messages, views and files, as Slack would hold them.

`World` is state and the few questions everybody asks of it (who is a member, which message is
this).  It does not know HTTP or Socket Mode; what the bot must hear of goes out through `emit`.
"""

import copy
import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.double.rules import ApiError, Json

TEAM, APP, BOT_USER, BOT_ID = "T0CHU", "A0TOCSIN", "U0TOCSIN", "B0TOCSIN"


@dataclass
class User:
    """Somebody with an account, and the flags that Slack gives."""

    id: str
    name: str
    real_name: str
    email: str = ""
    flags: Json = field(default_factory=dict)

    def json(self) -> Json:
        """Return the user as `users.info` does."""
        profile = {"real_name": self.real_name, "display_name": self.name, "email": self.email}
        base = dict.fromkeys(
            ("deleted", "is_bot", "is_app_user", "is_restricted", "is_ultra_restricted"), False
        )
        return {
            "id": self.id,
            "team_id": TEAM,
            "name": self.name,
            "real_name": self.real_name,
            "tz": "Europe/Paris",
            "tz_offset": 3600,
            "locale": "fr-FR",
            "profile": profile,
            **base,
            **self.flags,
        }


@dataclass
class Message:
    """One message as it stands now; `versions` keeps what it said before each edit."""

    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    bot: bool = False
    subtype: str | None = None
    metadata: Json | None = None
    edited: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    files: list[Json] = field(default_factory=list)
    versions: list[Json] = field(default_factory=list)
    broadcast: bool = False
    replies: list[str] = field(default_factory=list)
    more: Json = field(default_factory=dict)
    """What other applications add: `username`, `bot_profile`, `attachments`, `room`…"""

    def json(self, *, metadata: bool = True) -> Json:
        """Return the message as the Web API and the events show it."""
        out: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text}
        if self.blocks:
            out["blocks"] = self.blocks
        if self.bot:
            out |= {"bot_id": BOT_ID, "app_id": APP}
        optional = {
            "subtype": self.subtype,
            "thread_ts": self.thread_ts,
            "edited": self.edited,
            "files": self.files,
            "metadata": self.metadata if metadata else None,
        }
        out |= {key: value for key, value in optional.items() if value}
        if self.reactions:
            out["reactions"] = [
                {"name": name, "users": users, "count": len(users)}
                for name, users in self.reactions.items()
            ]
        if self.replies:
            out |= {"thread_ts": self.ts, "reply_count": len(self.replies)}
            out["latest_reply"] = max(self.replies)
        out |= self.more
        return copy.deepcopy(out)


@dataclass
class Ephemeral:
    """What one person alone sees, until their client forgets it; Slack stores nothing."""

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None


@dataclass
class Channel:
    """A public or private channel, or a direct conversation."""

    id: str
    name: str
    private: bool = False
    kind: str = "channel"
    creator: str = ""
    members: list[str] = field(default_factory=list)
    archived: bool = False
    topic: str = ""
    purpose: str = ""
    messages: dict[str, Message] = field(default_factory=dict)
    deleted: list[Message] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    bookmarks: list[Json] = field(default_factory=list)
    flags: Json = field(default_factory=dict)
    hidden_before: str = ""
    """Messages older than this ``ts`` are not listed any more, as on the free plan."""

    @property
    def channel_type(self) -> str:
        """Return the word that message events use."""
        return "group" if self.kind == "channel" and self.private else self.kind

    @property
    def scope(self) -> str:
        """Return the word that scopes use."""
        return {"channel": "channels", "group": "groups"}.get(self.channel_type, self.channel_type)

    def json(self) -> Json:
        """Return the channel as `conversations.info` does."""
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": self.kind == "channel",
            "is_group": False,
            "is_im": self.kind == "im",
            "is_mpim": self.kind == "mpim",
            "is_private": self.private,
            "is_archived": self.archived,
            "is_member": BOT_USER in self.members,
            "is_ext_shared": False,
            "is_org_shared": False,
            "creator": self.creator,
            "topic": {"value": self.topic, "creator": self.creator, "last_set": 0},
            "purpose": {"value": self.purpose, "creator": self.creator, "last_set": 0},
            "context_team_id": TEAM,
            **({"user": next(m for m in self.members if m != BOT_USER)} if self.is_im else {}),
            **self.flags,
        }

    @property
    def is_im(self) -> bool:
        """Say whether this is a conversation between two."""
        return self.kind == "im"


class World:
    """One workspace with one app in it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Start with the bot alone; people and channels are added by who needs them."""
        self._clock = clock
        self._offset = 0.0
        self._last_ts = 0
        self._serial = itertools.count(1)
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: dict[str, list[Ephemeral]] = {}
        self.usergroups: dict[str, Json] = {}
        self.scheduled: dict[str, Json] = {}
        self.files: dict[str, Json] = {}
        self.deleted_files: set[str] = set()
        self.uploads: dict[str, Json] = {}
        self.listeners: list[Callable[[Json], None]] = []
        self.users[BOT_USER] = User(BOT_USER, "tocsin", "Tocsin", flags={"is_bot": True})

    def now(self) -> float:
        """Return the workspace's time: the clock's, moved by `advance`."""
        return self._clock() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the workspace's time forward."""
        self._offset += seconds

    def ts(self) -> str:
        """Return the next message id: a time stamp never given before."""
        self._last_ts = max(int(self.now() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_id(self, letter: str) -> str:
        """Return a fresh id of the given kind."""
        return f"{letter}{next(self._serial):08d}"

    def emit(self, event: Json) -> None:
        """Tell who listens that something happened."""
        for listener in self.listeners:
            listener(event)

    def add_user(self, name: str, real_name: str = "", id: str = "", **flags: bool) -> User:
        """Create an account; flags are Slack's (`is_restricted`, `deleted`, `is_stranger`…)."""
        user = User(
            id or self.new_id("U0"), name, real_name or name, f"{name}@chu.example", dict(flags)
        )
        self.users[user.id] = user
        return user

    def add_channel(
        self, name: str, members: Iterable[str] = (), *, private: bool = False, id: str = ""
    ) -> Channel:
        """Create a channel without asking anybody's permission."""
        people = [self.user(member).id for member in members]
        creator = people[0] if people else ""
        channel = Channel(id or self.new_id("C0"), name, private, creator=creator, members=people)
        self.channels[channel.id] = channel
        return channel

    def user(self, who: str) -> User:
        """Find somebody by id or by handle."""
        by_name = (user for user in self.users.values() if user.name == who)
        found = self.users.get(who) or next(by_name, None)
        if found is None:
            raise ApiError("user_not_found")
        return found

    def channel(self, which: str) -> Channel:
        """Find a channel by id or by name, for people who can see all of them."""
        by_name = (c for c in self.channels.values() if c.name == which.lstrip("#"))
        found = self.channels.get(which) or next(by_name, None)
        if found is None:
            raise ApiError("channel_not_found")
        return found

    def conversation(self, users: Iterable[str]) -> Channel:
        """Return the direct conversation of these people and the bot, opening it if need be."""
        people = sorted({BOT_USER, *users})
        for channel in self.channels.values():
            if channel.kind != "channel" and sorted(channel.members) == people:
                return channel
        kind = "im" if len(people) == 2 else "mpim"
        channel = Channel(self.new_id("D0" if kind == "im" else "C0"), "", True, kind)
        channel.members = people
        self.channels[channel.id] = channel
        return channel

    def add_message(self, channel: Channel, message: Message) -> Message:
        """Store a message, hang it on its thread, and emit the event."""
        channel.messages[message.ts] = message
        if message.thread_ts and message.thread_ts in channel.messages:
            channel.messages[message.thread_ts].replies.append(message.ts)
        self.emit(message.json() | self.where(channel) | {"event_ts": message.ts})
        return message

    def say(self, channel: Channel, subtype: str, user: str, text: str) -> Message:
        """Store one of the messages that Slack itself writes (somebody joined, topic set…)."""
        return self.add_message(channel, Message(self.ts(), user, text, subtype=subtype))

    def where(self, channel: Channel) -> Json:
        """Return the fields by which an event says where it happened."""
        return {"channel": channel.id, "channel_type": channel.channel_type}

    def edit(self, channel: Channel, message: Message, user: str, /, **changes: object) -> None:
        """Change a message and tell it with the version before."""
        before = message.json()
        message.versions.append(before)
        for name, value in changes.items():
            setattr(message, name, value)
        ts = self.ts()
        self.emit(
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "message": message.json(),
                "previous_message": before,
                "ts": ts,
                "event_ts": ts,
                **self.where(channel),
            }
        )

    def delete(self, channel: Channel, message: Message) -> None:
        """Take a message away and tell it with what it said; one with replies leaves a stone."""
        if message.replies:
            self._entomb(channel, message)
            return
        channel.deleted.append(channel.messages.pop(message.ts))
        root = channel.messages.get(message.thread_ts or "")
        if root is not None:
            root.replies.remove(message.ts)
        ts = self.ts()
        self.emit(
            {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "deleted_ts": message.ts,
                "previous_message": message.json(),
                "ts": ts,
                "event_ts": ts,
                **self.where(channel),
            }
        )

    def _entomb(self, channel: Channel, message: Message) -> None:
        """Leave a stone in the place of a message under which others stand."""
        channel.deleted.append(copy.deepcopy(message))
        self.edit(
            channel,
            message,
            "USLACKBOT",
            user="USLACKBOT",
            text="This message was deleted.",
            subtype="tombstone",
            blocks=[],
            files=[],
            metadata=None,
            reactions={},
        )

    def join(self, channel: Channel, user: str, inviter: str = "") -> None:
        """Put somebody in a channel and tell it."""
        channel.members.append(user)
        self.say(channel, "channel_join", user, f"<@{user}> has joined the channel")
        self.emit(self._membership("member_joined_channel", channel, user, inviter))

    def leave(self, channel: Channel, user: str) -> None:
        """Take somebody out of a channel and tell it."""
        channel.members.remove(user)
        self.say(channel, "channel_leave", user, f"<@{user}> has left the channel")
        self.emit(self._membership("member_left_channel", channel, user, ""))

    def _membership(self, name: str, channel: Channel, user: str, inviter: str) -> Json:
        event = {"type": name, "user": user, "channel": channel.id, "team": TEAM}
        event |= {"channel_type": "G" if channel.private else "C", "event_ts": self.ts()}
        return event | ({"inviter": inviter} if inviter else {})
