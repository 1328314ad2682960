"""Our own answers to a message whose text was erased: they quote the question, so they go too.

Each answer carries, as metadata, the ``ts`` of the message that it answers.  What was wiped is
remembered beside the posts, so that a crash in between only means looking again.
"""

import asyncio
import logging
from typing import Any, Final

from bot.core.crisis import ERASED, Crisis
from bot.slack.blocks import context
from bot.slack.channel import Rows
from bot.slack.gateway import Gateway, Rejected
from bot.slack.posted import Posted, Row

log = logging.getLogger(__name__)

EVENT_TYPE: Final = "tocsin_answer"
_GONE: Final = frozenset({"thread_not_found", "message_not_found"})


def answering(ts: str) -> dict[str, Any]:
    """The metadata of an answer to that message."""
    return {"event_type": EVENT_TYPE, "event_payload": {"of": ts}}


class Wiper:
    """Delete the answers to erased messages from the channel of a crisis, each message once."""

    def __init__(self, gateway: Gateway, posted: Posted) -> None:
        """Join Slack to the memory of what was done."""
        self._gateway = gateway
        self._posted = posted

    async def wipe(self, crisis: Crisis, rows: Rows) -> None:
        """Wipe what is left to wipe; raises ``OutsideService`` when Slack is away."""
        for ts, thread in crisis.erased_messages.items():
            key = f"wiped:{ts}"
            if key in rows and not rows[key].pending:
                continue
            await asyncio.to_thread(self._posted.begin, crisis.id, key, crisis.channel)
            for answer in await self._answers(crisis, ts, thread or ts):
                await self._remove(crisis, answer)
            await asyncio.to_thread(self._posted.finish, crisis.id, key, "-", "")
            rows[key] = Row(key, crisis.channel, "-")

    async def _remove(self, crisis: Crisis, ts: str) -> None:
        """Delete one of our messages; where a workspace keeps what was posted, empty it."""
        at: dict[str, Any] = {"channel": crisis.channel, "ts": ts}
        try:
            await self._gateway.call("chat.delete", accept=_GONE, **at)
        except Rejected as kept:
            log.warning("%s: an answer is emptied, not deleted: %s", crisis.id, kept.error)
            await self._gateway.call(
                "chat.update", accept=_GONE, text=ERASED, blocks=[context(ERASED)], **at
            )

    async def _answers(self, crisis: Crisis, ts: str, thread: str) -> list[str]:
        """The ``ts`` of our answers to that message, in its thread."""
        found: list[str] = []
        cursor = ""
        while True:
            answer = await self._gateway.call(
                "conversations.replies",
                channel=crisis.channel,
                ts=thread,
                limit=200,
                cursor=cursor,
                include_all_metadata=True,
                accept=_GONE,
            )
            said = answer.get("messages", [])
            found += [str(one["ts"]) for one in said if one.get("metadata") == answering(ts)]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found
