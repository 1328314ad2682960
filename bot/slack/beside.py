"""What goes elsewhere than in the channel of a crisis, to a person or a wider channel; each once.

A letter is computed from the journal, like a message of the channel, and kept in the same memory
under a name of its own: a post whose end was not seen is looked for where it was to go before it
is sent again.  A place that refuses it is told in the log, and to whoever asked for it.

Not here: what the letters say and when they are due.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.core.crisis import Crisis
from bot.errors import OutsideService, TocsinError
from bot.leases import ACTING
from bot.readings import patiently
from bot.service import Service
from bot.slack.blocks import ours
from bot.slack.channel import Rows
from bot.slack.gateway import USUAL, Gateway, Rejected, Tempo
from bot.slack.posted import Posted
from bot.slack.poster import Poster, digest
from bot.slack.render import Message

log = logging.getLogger(__name__)

_PEOPLE = ("U", "W")


@dataclass(frozen=True, slots=True)
class Letter:
    """One message for one place: a person or a channel, by Slack id."""

    to: str
    key: str
    """Names it for ever within its crisis."""
    write: Callable[[], Message]
    asked_by: str = ""
    """Who is told when it cannot go; nobody when empty."""
    live: bool = False
    """Whether it is updated where it went when it says something else."""


Letters = Callable[[Crisis], Iterable[Letter]]


class Beside:
    """Deliver the letters of every crisis, each once, whatever happens meanwhile."""

    def __init__(
        self,
        service: Service,
        gateway: Gateway,
        posted: Posted,
        sources: Sequence[Letters],
        tempo: Tempo = USUAL,
        mine: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Join the journal to Slack; ``sources`` say which letters a crisis calls for.

        ``mine`` says of a crisis whether this process is the one that looks after it.
        """
        self._mine = mine
        self._service = service
        self._gateway = gateway
        self._posted = posted
        self._poster = Poster(gateway, posted)
        self._sources = sources
        self._waits = tempo.waits
        self._look: set[str] = set()
        self._woken = asyncio.Event()
        self._rows: dict[str, Rows] = {}
        self._refused: set[tuple[str, str]] = set()
        """Crisis and key of what a place refused: not tried again by this process."""

    async def run(self) -> None:
        """Deliver whatever comes, until cancelled."""
        self._service.listen(self.wake)
        self._look |= {one.id for one in await patiently(self._service.crises)}
        failures = 0
        while True:
            self._woken.clear()
            look, self._look = sorted(self._look), set()
            left = {one for one in look if not await self._delivered(one)}
            self._look |= left
            failures = failures + 1 if left else 0
            pause = self._waits[min(failures, len(self._waits)) - 1] if left else None
            # Not wait_for: it swallows a cancellation that comes together with the wake.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    def wake(self, crisis_id: str) -> None:
        """Look at this crisis soon."""
        self._look.add(crisis_id)
        self._woken.set()

    async def _delivered(self, crisis_id: str) -> bool:
        """Deliver what this crisis calls for; whether nothing is left to try again."""
        if not self._mine(crisis_id):
            self._rows.pop(f"{crisis_id}/beside", None)  # another process writes them now
            return True
        ACTING.set(crisis_id)
        try:
            await self._deliver(await self._service.seek(crisis_id))
        except TocsinError as away:
            log.warning("letters of %s wait: %s", crisis_id, away)
            return False
        return True

    async def _deliver(self, crisis: Crisis) -> None:
        """Deliver each letter that was not; what a place refuses stops none of the others."""
        name = f"{crisis.id}/beside"
        if name not in self._rows:
            self._rows[name] = await asyncio.to_thread(self._posted.rows, name)
        rows = self._rows[name]
        for source in self._sources:
            for letter in source(crisis):
                row = rows.get(letter.key)
                sent = row is not None and not row.pending
                if sent and not (letter.live and row and row.hash != digest(letter.write())):
                    continue
                if (crisis.id, letter.key) not in self._refused:
                    await self._send(replace(crisis, id=name), letter, rows, crisis)

    async def _send(self, aside: Crisis, letter: Letter, rows: Rows, crisis: Crisis) -> None:
        """Post one letter; ``aside`` is the crisis under the name of its letters."""
        try:
            place = await self._place(letter.to)
            message = await asyncio.to_thread(letter.write)
            await self._poster.show(replace(aside, channel=place), message, rows, look=False)
        except Rejected as refused:
            self._refused.add((crisis.id, letter.key))
            log.warning("%s: %s is not delivered: %s", crisis.id, letter.key, refused.error)
            if letter.asked_by:
                await self._tell(letter, refused.error)

    async def _place(self, to: str) -> str:
        """The conversation: that of a person is opened first."""
        if not to.startswith(_PEOPLE):
            return to
        opened = await self._gateway.call("conversations.open", users=to)
        return str((opened.get("channel") or {}).get("id") or to)

    async def _tell(self, letter: Letter, error: str) -> None:
        """Tell who asked that it did not go; if even that fails, the log has it."""
        text = ours(
            f"Slack refuse d'écrire dans <#{letter.to}> ({error}). Invitez-y Tocsin, puis "
            "recommencez : rien n'y a été diffusé."
        )
        try:
            await self._gateway.call("chat.postMessage", channel=letter.asked_by, text=text)
        except OutsideService as away:
            log.warning("%s is not told either: %s", letter.asked_by, away)
