"""The channel of a crisis: its name and its topic, opening it, letting the cell in.

An interrupted opening is taken up again: a name that this crisis has tried may be its own channel,
one that it never tried and that is taken is somebody else's, and the next name is tried.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.core.crisis import TOCSIN, Crisis
from bot.core.opening import OpenChannel
from bot.errors import OutsideService
from bot.grammar import fold
from bot.service import Ask, Service
from bot.slack.gateway import Gateway, Rejected, Unsure
from bot.slack.posted import Posted, Row

log = logging.getLogger(__name__)

_NAMES = 5
_TOPIC = 240
_INVITED_AT_ONCE = 100
_INVITED = frozenset({"already_in_channel", "cant_invite_self"})
_TAKEN = "taken"

Rows = dict[str, Row]


def channel_name(crisis: Crisis) -> str:
    """``crise-2026-11-21-ecrans-de-rancon-0001``: Slack's alphabet, 80 characters at most."""
    start = "exercice" if crisis.exercise else "crise"
    day = f"{crisis.opened_at:%Y-%m-%d}"
    number = crisis.id.rpartition("-")[2]
    plain = "".join(one if one.isascii() and one.isalnum() else "-" for one in fold(crisis.title))
    words = "-".join(part for part in plain.split("-") if part)[:40].strip("-")
    return "-".join(part for part in (start, day, words, number) if part)


def topic_text(crisis: Crisis) -> str:
    """The topic: state, kind, and what is recorded."""
    kind = "EXERCICE" if crisis.exercise else "Crise"
    state = "close" if crisis.closed else "en cours"
    text = f"{kind} {crisis.id} {state} · tout ce qui se dit ici est consigné · /crise aide"
    return text[:_TOPIC]


def invited(crisis: Crisis) -> Sequence[str]:
    """Slack ids to let in: who declared first, then the cell of the establishment's file."""
    first = [crisis.opened.actor.id] if crisis.opened else []
    cell = [one.slack for one in crisis.plan.establishment.people]
    watching = crisis.drill.observers if crisis.drill else ()
    people = dict.fromkeys((*first, *cell, *watching))
    return [one for one in people if one.startswith(("U", "W"))]


class Channels:
    """Open channels and let people in; ``rows`` is what is known of a crisis's posts."""

    def __init__(self, service: Service, gateway: Gateway, posted: Posted) -> None:
        """Join the journal, which must know the channel, to Slack, which has it."""
        self._service = service
        self._gateway = gateway
        self._posted = posted

    async def open(self, crisis: Crisis, rows: Rows, *, patient: bool) -> Crisis:
        """Create the channel, or find the one that an interrupted attempt created.

        Returns the crisis with its channel, which is still to be recorded.  While ``patient``, a
        name that we tried and that is taken is believed to be ours although Slack does not list it
        yet.
        """
        for name in _names(crisis):
            found = await self._try_name(crisis, name, rows, patient=patient)
            if found:
                return replace(crisis, channel=found, channel_name=name)
        raise OutsideService("Slack", detail=f"every name for the channel of {crisis.id} is taken")

    async def record(self, crisis: Crisis) -> None:
        """Tell the journal which channel the crisis lives in."""
        command = OpenChannel(crisis.channel, crisis.channel_name)
        await self._service.handle(Ask(crisis.id, TOCSIN, command, f"channel:{crisis.id}"))

    async def _try_name(self, crisis: Crisis, name: str, rows: Rows, *, patient: bool) -> str:
        """Id of our channel of that name; nothing when the name is somebody else's."""
        key = f"channel:{name}"
        row = rows.get(key)
        if row is not None and not row.pending:
            return ""
        tried = row is not None
        if not tried:
            await asyncio.to_thread(self._posted.begin, crisis.id, key, "")
            rows[key] = Row(key, "")
        found = await self._find(name) if tried else ""
        found = found or await self._create(name)
        if not found and tried and patient:
            raise OutsideService("Slack", detail=f"channel {name} is taken and not listed")
        if not found:
            await asyncio.to_thread(self._posted.finish, crisis.id, key, _TAKEN, "")
            rows[key] = Row(key, "", _TAKEN)
        return found

    async def _create(self, name: str) -> str:
        """Id of the new channel; nothing when the name is taken."""
        try:
            answer = await self._gateway.call(
                "conversations.create",
                name=name,
                is_private=True,
                accept=frozenset({"name_taken"}),
            )
        except Unsure:
            found = await self._find(name)
            if found:
                return found
            raise
        return str(answer["channel"]["id"]) if answer.get("ok") else ""

    async def _find(self, name: str) -> str:
        """Id of our channel of that name: private channels are listed to members only."""
        cursor = ""
        while True:
            answer = await self._gateway.call(
                "conversations.list",
                types="private_channel",
                exclude_archived=True,
                limit=200,
                cursor=cursor,
            )
            for one in answer.get("channels", []):
                if one.get("name") == name:
                    return str(one["id"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return ""

    async def invite(self, crisis: Crisis, rows: Rows) -> None:
        """Let the cell in, once; who cannot come does not keep the others out."""
        people = invited(crisis)
        key = "invite:" + hashlib.sha256(",".join(people).encode()).hexdigest()[:16]
        if key in rows and not rows[key].pending:
            return
        # Inviting twice does no harm, so nothing is written before: people wait for it.
        for at in range(0, len(people), _INVITED_AT_ONCE):
            await self._invite(crisis, people[at : at + _INVITED_AT_ONCE])
        await asyncio.to_thread(self._posted.begin, crisis.id, key, crisis.channel)
        await asyncio.to_thread(self._posted.finish, crisis.id, key, "-", "")
        rows[key] = Row(key, crisis.channel, "-")

    async def _invite(self, crisis: Crisis, people: Sequence[str]) -> None:
        try:
            answer = await self._gateway.call(
                "conversations.invite",
                channel=crisis.channel,
                users=",".join(people),
                force=True,
                accept=_INVITED,
            )
        except Rejected as refused:
            log.warning("%s: nobody could be invited: %s", crisis.id, refused.error)
            return
        for one in answer.get("errors") or ():
            if one.get("error") not in _INVITED:
                log.warning("%s: %s is not invited: %s", crisis.id, one["user"], one["error"])


def _names(crisis: Crisis) -> Iterator[str]:
    """The name, then the same with a number: Slack keeps the names of archived channels."""
    name = channel_name(crisis)
    yield name
    for number in range(2, _NAMES + 1):
        yield f"{name}-{number}"
