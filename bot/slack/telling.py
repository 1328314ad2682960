"""Which notices of a crisis are still to be told, and which of those told must be drawn again."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from bot.core.crisis import Crisis
from bot.slack.channel import Rows
from bot.slack.erased import revised
from bot.slack.render import Message

Said: TypeAlias = Callable[[str, str], bool]
"""Whether Slack itself told this reminder (crisis, key) in our place; may block."""


def unsaid(crisis: Crisis, notices: Sequence[Message], rows: Rows, said: Said) -> list[Message]:
    """The notices left, those of erasures as they are now, and the ones posted that changed."""
    again = {one.key: one for one in revised(crisis)}
    left = (one for one in notices if not (one.reminds and said(crisis.id, one.reminds)))
    told = [again.pop(one.key, one) for one in left]
    return told + [one for key, one in again.items() if key in rows]
