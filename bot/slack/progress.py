"""What a process knows of the projection of one crisis, and what a pass asks of it.

How far it read, what is still to be told, what Slack refused; whether a message is missing or says
something else than it should.  Nothing here calls Slack or reads the journal.
"""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.errors import Refused, TocsinError
from bot.slack.channel import Rows
from bot.slack.gateway import Rejected
from bot.slack.posted import Row
from bot.slack.poster import digest
from bot.slack.render import Message

log = logging.getLogger(__name__)

_GONE = frozenset({"channel_not_found", "is_archived", "is_inactive", "not_in_channel"})


@dataclass(slots=True)
class Progress:
    """What this process knows of one crisis: how far it read, and what is to be told."""

    seq: int = 0
    notices: list[Message] = field(default_factory=list)
    rows: Rows | None = None
    lost: bool = False
    """The rows were lost although the channel exists: everything is looked for before a post."""
    extra: Message | None = None
    refused: dict[str, str] = field(default_factory=dict)
    """Fingerprint of what Slack refused, by key: tried again once it says something else."""
    turns: dict[str, int] = field(default_factory=dict)
    """When each message was last updated, counted in updates: the oldest goes first."""
    drawn: dict[str, int] = field(default_factory=dict)
    """For which entry number each message was updated in this pass."""
    dirty: bool = False
    stale: bool = False
    """Only time has passed."""
    day: date | None = None
    """The establishment's day at the last look."""
    failures: int = 0
    task: asyncio.Task[None] | None = None


async def together(*work: Awaitable[Any]) -> Sequence[Any]:
    """Do these side by side, each to its end; then raise what the first that failed raised."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for one in results:
        if isinstance(one, BaseException):
            raise one
    return results


def ended(task: asyncio.Task[None]) -> None:
    """Say that a pass ended by a fault of ours: the next wake begins another."""
    if not task.cancelled() and task.exception() is not None:
        log.error("%s ended", task.get_name(), exc_info=task.exception())


def is_missing(message: Message, rows: Rows) -> bool:
    """Whether it is to be posted now: what goes in a thread waits for what it hangs from."""
    above = rows.get(message.thread) if message.thread else None
    if message.thread and (above is None or above.pending):
        return False
    return message.key not in rows or rows[message.key].pending


def differs(message: Message, row: Row | None) -> bool:
    """Whether it stands there and says something else."""
    return row is not None and not row.pending and row.hash != digest(message)


def is_final(error: TocsinError) -> bool:
    """Whether trying again cannot help until something changes."""
    return isinstance(error, Refused) or (isinstance(error, Rejected) and error.error in _GONE)
