"""Facts to bodies and back: what a journal entry says, as plain JSON.

A body is ``{"actor": {id, name, role}, "channel": str, "text": str, "data": {...}}``: everything
that may be personal, and nothing else.  Names of facts never change; a kind that this version
does not know, or a body that it cannot read, still verifies and is folded as one entry that changes
nothing: one strange line must not keep a cell from its journal.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from pydantic import TypeAdapter

from bot.core.crisis import ERASED, Actor, Crisis, Fact, Stamp, fold
from bot.core.facts import FACTS
from bot.journal.canonical import parse
from bot.journal.entry import Entry

log = logging.getLogger(__name__)

_TEXT = "text"
_NOBODY = Actor("", "(illisible)")


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry whose fact cannot be told: an unknown kind or body, or one that was erased."""

    name: ClassVar[str] = "unread"
    kind: str
    erased: bool

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, one entry later."""
        return replace(crisis, seq=stamp.seq)


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def encode(fact: Fact, actor: Actor, channel: str) -> dict[str, Any]:
    """Return the body of the entry that records this fact."""
    data: dict[str, Any] = _adapter(type(fact)).dump_python(fact, mode="json")
    body: dict[str, Any] = {"actor": asdict(actor), "channel": channel}
    if _TEXT in data:
        body[_TEXT] = data.pop(_TEXT)
    body["data"] = data
    return body


def decode(entry: Entry) -> tuple[Fact, Stamp]:
    """Return the fact of an entry, and when and by whom it was recorded."""
    at = entry.event_time or entry.record_time
    try:
        body = entry.body_data
        if body is None:
            return _left(entry, at)
        return _read(entry, body, at)
    except (ValueError, KeyError, TypeError) as unreadable:
        log.warning("%s line %s cannot be read: %s", entry.crisis, entry.seq, type(unreadable))
        return Unread(entry.kind, False), Stamp(entry.seq, _NOBODY, at, entry.record_time)


def _read(entry: Entry, body: dict[str, Any], at: datetime) -> tuple[Fact, Stamp]:
    """The fact in this body; raises when it is not one that this version writes."""
    actor: Actor = _adapter(Actor).validate_python(body["actor"])
    stamp = Stamp(entry.seq, actor, at, entry.record_time)
    known = FACTS.get(entry.kind)
    if known is None:
        return Unread(entry.kind, False), stamp
    data = dict(body["data"])
    if _TEXT in body:
        data[_TEXT] = body[_TEXT]
    fact: Fact = _adapter(known).validate_python(data)
    return fact, stamp


def _left(entry: Entry, at: datetime) -> tuple[Fact, Stamp]:
    """What an erasure left of the fact, its author reduced to a role; raises like ``_read``."""
    if entry.erased is None:
        nobody = Actor("", ERASED)
        return Unread(entry.kind, True), Stamp(entry.seq, nobody, at, entry.record_time)
    somebody = Actor("", ERASED, entry.erased.role)
    stamp = Stamp(entry.seq, somebody, at, entry.record_time, entry.erased.by)
    known = FACTS.get(entry.kind)
    if known is None:
        return Unread(entry.kind, True), stamp
    fact: Fact = _adapter(known).validate_python(parse(entry.erased.kept))
    return fact, stamp


def refold(crisis: Crisis, entries: Iterable[Entry]) -> Crisis:
    """Return the crisis after these entries."""
    return fold(crisis, decoded(entries))


def decoded(entries: Iterable[Entry]) -> Iterator[tuple[Fact, Stamp]]:
    """Yield the facts of these entries."""
    return (decode(entry) for entry in entries)
