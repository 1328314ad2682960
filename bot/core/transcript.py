"""What is said in the channel: messages, edits, deletions, files, each an entry of its own.

An edit never replaces the first text and a deletion never removes it.  These commands come from
Slack's events, also late ones and also on a closed crisis: what was said was said.  What was missed
while Tocsin was away is ``late``; what could not be read again is a gap with its bounds.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from bot.core.crisis import ERASED, Actor, Crisis, Fact, Stamp
from bot.core.files import SharedFile, carried
from bot.core.grown import grown

_REFERENCE = re.compile(r"<([@#!]?)([^<>|\s]+)(?:\|([^<>]*))?>")
_SCHEMES = ("http://", "https://", "mailto:")


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
        known, reply = crisis.threads, self.thread_ts not in ("", self.ts)
        return replace(
            crisis,
            messages=grown(crisis.messages, self.ts, self.text),
            threads=grown(known, self.ts, self.thread_ts) if reply else known,
            files=carried(crisis, self.files, stamp, self.ts) if self.files else crisis.files,
            heard=max(crisis.heard, self.ts, key=_order),
            seq=stamp.seq,
        )


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """Somebody changed what they had said, or the files that go with it."""

    name: ClassVar[str] = "message_edited"
    of: str
    text: str
    before: str
    happened: datetime | None = None
    late: bool = False
    files: tuple[SharedFile, ...] = ()
    """Files that came with the change."""
    gone: tuple[SharedFile, ...] = ()
    """Files that went with it."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the newer text and files; one that came late changes nothing."""
        if _is_late(crisis, self.of, self.happened):
            return replace(crisis, seq=stamp.seq)
        when = {self.of: self.happened} if self.happened else {}
        files = carried(crisis, self.files, stamp, self.of) if self.files else crisis.files
        left = (files[one.id] for one in self.gone if one.id in files)
        gone = {one.id: replace(one, removed=True) for one in left}
        return replace(
            crisis,
            messages=grown(crisis.messages, self.of, self.text),
            edited={**crisis.edited, **when},
            files={**files, **gone} if gone else files,
            seq=stamp.seq,
        )


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """Somebody removed what they had said; ``before`` keeps it."""

    name: ClassVar[str] = "message_deleted"
    of: str
    before: str
    """Its last known text; empty when nobody had heard it."""
    happened: datetime | None = None
    late: bool = False
    """Found missing from the channel afterwards: when and by whom is not known."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the message gone from the channel, not from the journal."""
        left = {ts: text for ts, text in crisis.messages.items() if ts != self.of}
        return replace(crisis, messages=left, deleted=crisis.deleted | {self.of}, seq=stamp.seq)


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
        """Return the message, once; what was seen to be deleted does not come back."""
        if any(self.ts in known for known in (crisis.messages, *_settled(crisis))):
            return ()
        return (
            MessageHeard(
                self.ts, self.text, self.thread_ts, self.files, self.happened, late=self.late
            ),
        )


@dataclass(frozen=True, slots=True)
class EditMessage:
    """Record an edit; Slack's own re-renderings, which change neither text nor files, are none.

    ``files`` are those that the message has now, ``None`` when that is not known.
    """

    of: str
    text: str
    before: str
    happened: datetime | None = None
    late: bool = False
    files: tuple[SharedFile, ...] | None = None

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the edit, if text or files are others than the last known.

        What is written in a message whose text was erased is not recorded any more: it may be the
        same text, which nothing is left to compare with.  Nor is what comes after its deletion.
        """
        if any(self.of in settled for settled in _settled(crisis)):
            return ()
        if _is_late(crisis, self.of, self.happened):
            return self._overtaken()
        known = crisis.messages.get(self.of, self.before)
        new, gone = self._files(crisis)
        if self.text == known and not new and not gone:
            return ()
        edited = MessageEdited(self.of, self.text, known, self.happened, self.late, new, gone)
        return (edited,)

    def _overtaken(self) -> tuple[Fact, ...]:
        """A change that Slack sent again after a later one: recorded beside it, as it was then."""
        if self.text == self.before:
            return ()
        return (MessageEdited(self.of, self.text, self.before, self.happened, self.late),)

    def _files(self, crisis: Crisis) -> tuple[tuple[SharedFile, ...], tuple[SharedFile, ...]]:
        """The files that came and those that went; none when it is not known which are there."""
        if self.files is None:
            return (), ()
        present = {one.id for one in self.files}
        new = tuple(one for one in self.files if one.id and one.id not in crisis.files)
        gone = tuple(
            SharedFile(one.id, one.name, size=one.size)
            for one in crisis.files.values()
            if one.of == self.of and not one.removed and one.id not in present
        )
        return new, gone


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """Record a deletion; ``late`` when it is only seen afterwards that the message is gone."""

    of: str
    before: str
    happened: datetime | None = None
    late: bool = False

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the deletion, once, with the last known text, unless that was erased."""
        if self.of in crisis.deleted:
            return ()
        erased = self.of in crisis.erased_messages
        known = ERASED if erased else crisis.messages.get(self.of, self.before)
        return (MessageDeleted(self.of, known, self.happened, self.late),)


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


def _is_late(crisis: Crisis, of: str, at: datetime | None) -> bool:
    """Whether a change of that message at ``at`` (UTC) came after one that was made later.

    Both hours are Slack's own: one of ours would be of another clock.
    """
    last = crisis.edited.get(of)
    return last is not None and at is not None and at < last


def _settled(crisis: Crisis) -> tuple[Collection[str], ...]:
    """The messages of which nothing more is recorded: erased, or gone from the channel."""
    return crisis.erased_messages, crisis.deleted


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
