"""What is said in the channel: messages, edits, deletions, files, each an entry of its own.

An edit never replaces the first text and a deletion never removes it.  These commands come from
Slack's events, also late ones and also on a closed crisis: what was said was said.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from bot.core.crisis import Actor, Crisis, Fact, Stamp

_REFERENCE = re.compile(r"<([@#!]?)([^<>|\s]+)(?:\|([^<>]*))?>")
_SCHEMES = ("http://", "https://", "mailto:")


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file put in the channel: what Slack says of it."""

    id: str
    name: str
    mimetype: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """Somebody said something; ``ts`` is Slack's own stamp."""

    name: ClassVar[str] = "message"
    ts: str
    text: str
    thread_ts: str = ""
    files: tuple[SharedFile, ...] = ()
    happened: datetime | None = None

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the message."""
        return replace(crisis, messages={**crisis.messages, self.ts: self.text}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """Somebody changed what they had said."""

    name: ClassVar[str] = "message_edited"
    of: str
    text: str
    before: str
    happened: datetime | None = None

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the newer text."""
        return replace(crisis, messages={**crisis.messages, self.of: self.text}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """Somebody removed what they had said; ``before`` keeps it."""

    name: ClassVar[str] = "message_deleted"
    of: str
    before: str
    happened: datetime | None = None

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the message gone from the channel, not from the journal."""
        left = {ts: text for ts, text in crisis.messages.items() if ts != self.of}
        return replace(crisis, messages=left, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class HearMessage:
    """Record a message."""

    ts: str
    text: str
    thread_ts: str = ""
    files: tuple[SharedFile, ...] = ()
    happened: datetime | None = None

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the message, once."""
        if self.ts in crisis.messages:
            return ()
        return (MessageHeard(self.ts, self.text, self.thread_ts, self.files, self.happened),)


@dataclass(frozen=True, slots=True)
class EditMessage:
    """Record an edit; Slack's own re-renderings, which leave the text as it was, are none."""

    of: str
    text: str
    before: str
    happened: datetime | None = None

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the edit, if the text is another one than the last known."""
        known = crisis.messages.get(self.of, self.before)
        if self.text == known:
            return ()
        return (MessageEdited(self.of, self.text, known, self.happened),)


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """Record a deletion."""

    of: str
    before: str
    happened: datetime | None = None

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the deletion with the last known text."""
        known = crisis.messages.get(self.of, self.before)
        return (MessageDeleted(self.of, known, self.happened),)


def spoken(text: str, name: Callable[[str], str]) -> str:
    """What was written in Slack, as it read on the screen: names, channels, addresses, plain text.

    ``name`` gives the name behind an id, or nothing.
    """
    shown = _REFERENCE.sub(lambda found: _reference(found, name), text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _reference(found: re.Match[str], name: Callable[[str], str]) -> str:
    """One reference of Slack's, as a person reads it; an address always shows where it leads."""
    sign, target, label = found[1], found[2], found[3] or ""
    if sign == "@":
        return f"@{name(target) or label or target}"
    if sign == "#":
        return f"#{label or target}"
    if sign == "!":
        return label or f"@{target.partition('^')[0]}"
    if not target.startswith(_SCHEMES):
        return found[0]
    bare = target.removeprefix("mailto:")
    return bare if not label or label in bare else f"{label} ({bare})"
