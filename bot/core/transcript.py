"""What is said in the channel: messages, edits, deletions, files, each an entry of its own.

An edit never replaces the first text and a deletion never removes it.  These commands come from
Slack's events, also late ones and also on a closed crisis: what was said was said.  What was missed
while Tocsin was away is ``late``; what could not be read again is a gap with its bounds.
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
    late: bool = False
    """Found in the channel afterwards: Tocsin was away when it was said."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the message."""
        return replace(
            crisis,
            messages={**crisis.messages, self.ts: self.text},
            heard=max(crisis.heard, self.ts, key=_order),
            seq=stamp.seq,
        )


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """Somebody changed what they had said."""

    name: ClassVar[str] = "message_edited"
    of: str
    text: str
    before: str
    happened: datetime | None = None
    late: bool = False

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
class GapFound:
    """What was said between these bounds could not be read: messages may be missing."""

    name: ClassVar[str] = "gap_found"
    since: datetime
    until: datetime
    reason: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the gap."""
        return replace(crisis, gaps=(*crisis.gaps, (self.since, self.until)), seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class GapFilled:
    """What was said between these bounds could be read after all."""

    name: ClassVar[str] = "gap_filled"
    since: datetime
    until: datetime

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis without the gap."""
        left = tuple(one for one in crisis.gaps if one != (self.since, self.until))
        return replace(crisis, gaps=left, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class HearMessage:
    """Record a message."""

    ts: str
    text: str
    thread_ts: str = ""
    files: tuple[SharedFile, ...] = ()
    happened: datetime | None = None
    late: bool = False

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the message, once."""
        if self.ts in crisis.messages:
            return ()
        return (
            MessageHeard(
                self.ts, self.text, self.thread_ts, self.files, self.happened, late=self.late
            ),
        )


@dataclass(frozen=True, slots=True)
class EditMessage:
    """Record an edit; Slack's own re-renderings, which leave the text as it was, are none."""

    of: str
    text: str
    before: str
    happened: datetime | None = None
    late: bool = False

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the edit, if the text is another one than the last known."""
        known = crisis.messages.get(self.of, self.before)
        if self.text == known:
            return ()
        return (MessageEdited(self.of, self.text, known, self.happened, late=self.late),)


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


@dataclass(frozen=True, slots=True)
class FindGap:
    """Record that messages may be missing."""

    since: datetime
    until: datetime
    reason: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the gap, once: a gap that begins where a known one does is the same."""
        if any(since == self.since for since, _ in crisis.gaps):
            return ()
        return (GapFound(self.since, self.until, self.reason),)


@dataclass(frozen=True, slots=True)
class FillGaps:
    """Record that the channel could be read in full: nothing is missing any more."""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the end of each gap."""
        return tuple(GapFilled(since, until) for since, until in crisis.gaps)


def spoken(text: str, name: Callable[[str], str]) -> str:
    """What was written in Slack, as it read on the screen: names, channels, addresses, plain text.

    ``name`` gives the name behind an id, or nothing.
    """
    shown = _REFERENCE.sub(lambda found: _reference(found, name), text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _order(ts: str) -> tuple[int, str, str]:
    """A Slack ``ts`` as something that sorts by time, without losing a digit."""
    seconds, _, part = ts.partition(".")
    return len(seconds), seconds, part


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
