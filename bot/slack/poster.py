"""One message of a channel: post it once, whatever happens meanwhile, and keep it up to date.

A row is written before the post and completed after it.  A post whose end was not seen, here or in
an earlier process, is looked for in the channel before it is sent again.
"""

import asyncio
import hashlib
import json
from typing import Any

from bot.core.crisis import Crisis
from bot.slack.channel import Rows
from bot.slack.gateway import Gateway, Unsure
from bot.slack.posted import Posted, Row
from bot.slack.render import Message

EVENT_TYPE = "tocsin_message"
#: Nobody waits for a post of ours: better late than perhaps twice.
_PATIENCE = 30.0


def digest(message: Message) -> str:
    """Fingerprint of what a message says."""
    content = json.dumps([message.text, message.blocks], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()


class Poster:
    """Put messages in channels; ``rows`` is what is known of a crisis's posts, kept up to date."""

    def __init__(self, gateway: Gateway, posted: Posted) -> None:
        """Join Slack to the memory of what was posted."""
        self._gateway = gateway
        self._posted = posted

    async def show(self, crisis: Crisis, message: Message, rows: Rows, *, look: bool) -> None:
        """Post the message, or update it where it is; ``look`` first when it may be there."""
        row = rows.get(message.key)
        if row is not None and row.fresh:
            await self._send_and_keep(crisis, message, rows)
        elif row is None or row.pending:
            await self._post(crisis, message, rows, look=look or row is not None)
        else:
            await self._update(crisis, message, row, rows)

    async def keep(self, crisis_id: str, row: Row, rows: Rows) -> None:
        """Remember that this was done."""
        await asyncio.to_thread(self._posted.finish, crisis_id, row.key, row.ts, row.hash)
        rows[row.key] = row

    async def _update(self, crisis: Crisis, message: Message, row: Row, rows: Rows) -> None:
        await self._gateway.call(
            "chat.update",
            within=_PATIENCE,
            channel=crisis.channel,
            ts=row.ts,
            text=message.text,
            blocks=message.blocks,
        )
        await self.keep(crisis.id, Row(row.key, row.channel, row.ts, digest(message)), rows)

    async def _post(self, crisis: Crisis, message: Message, rows: Rows, *, look: bool) -> None:
        key, channel = message.key, crisis.channel
        thread = _thread(message, rows)
        ts, content = (await self._look(crisis, message, thread) if look else ""), ""
        await asyncio.to_thread(self._posted.begin, crisis.id, key, channel)
        rows[key] = Row(key, channel)
        if ts:
            await self.keep(crisis.id, Row(key, channel, ts, content), rows)
        else:
            await self._send_and_keep(crisis, message, rows)

    async def _send_and_keep(self, crisis: Crisis, message: Message, rows: Rows) -> None:
        rows[message.key] = Row(message.key, crisis.channel)
        ts, content = await self._send(crisis, message, _thread(message, rows))
        await self.keep(crisis.id, Row(message.key, crisis.channel, ts, content), rows)

    async def _send(self, crisis: Crisis, message: Message, thread: str) -> tuple[str, str]:
        """Where it went, and its fingerprint; without one when it had to be looked for."""
        payload = {"crisis": crisis.id, "key": message.key}
        try:
            answer = await self._gateway.call(
                "chat.postMessage",
                within=_PATIENCE,
                channel=crisis.channel,
                thread_ts=thread or None,
                text=message.text,
                blocks=message.blocks,
                metadata={"event_type": EVENT_TYPE, "event_payload": payload},
                unfurl_links=False,
                unfurl_media=False,
            )
        except Unsure:
            ts = await self._look(crisis, message, thread)
            if not ts:
                raise
            return ts, ""
        return str(answer["ts"]), digest(message)

    async def _look(self, crisis: Crisis, message: Message, thread: str) -> str:
        """Find in the channel or thread a post whose end was not seen, whatever was said since."""
        cursor = ""
        where: dict[str, Any] = {"ts": thread} if thread else {}
        while True:
            answer = await self._gateway.call(
                "conversations.replies" if thread else "conversations.history",
                **where,
                channel=crisis.channel,
                limit=200,
                cursor=cursor,
                include_all_metadata=True,
            )
            for one in answer.get("messages", []):
                if _is_it(one, crisis, message):
                    return str(one["ts"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return ""


def _thread(message: Message, rows: Rows) -> str:
    """``ts`` of the message in whose thread this one goes; empty for the channel itself."""
    return rows[message.thread].ts if message.thread else ""


def _is_it(found: dict[str, Any], crisis: Crisis, message: Message) -> bool:
    """Whether this message of the channel is that one; its text decides without metadata."""
    payload = (found.get("metadata") or {}).get("event_payload") or {}
    if payload:
        return bool(payload.get("key") == message.key and payload.get("crisis") == crisis.id)
    return bool(found.get("bot_id")) and found.get("text") == message.text
