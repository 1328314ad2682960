"""Keep the private desks of a drill equal to the journal, and carry its report when it ends.

A desk is a message of a direct conversation, posted once and updated in place, like the messages
of the channel; the report is a file, looked for in the conversation before it is sent again.  A
person whom Slack does not let us reach keeps nobody else from theirs.
"""

import asyncio
import logging
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.core.crisis import Crisis
from bot.core.drill import running
from bot.core.drill_review import earlier, review, reviewed
from bot.core.french import typography
from bot.errors import TocsinError
from bot.leases import ACTING
from bot.readings import patiently
from bot.service import Service
from bot.slack.channel import Rows
from bot.slack.drill_messages import desks
from bot.slack.gateway import USUAL, Gateway, Rejected, Tempo
from bot.slack.posted import Posted, Row
from bot.slack.poster import Poster, digest
from bot.slack.render import Message

log = logging.getLogger(__name__)

_LOOKED_AT = 100
#: Seconds between two looks at desks whose drill runs: they tell the time in minutes.
REDRAW = 30.0


class Courier:
    """Make the report of a drill and hand it over in private."""

    def __init__(self, service: Service, gateway: Gateway) -> None:
        """Read from the journal, hand over through Slack."""
        self._service = service
        self._gateway = gateway

    async def place(self, person: str) -> str:
        """The direct conversation with a person: files need its id."""
        opened = await self._gateway.call("conversations.open", users=person)
        return str((opened.get("channel") or {}).get("id") or person)

    async def send(self, crisis: Crisis, person: str, place: str = "") -> None:
        """Hand the report to a person; raises ``OutsideService`` when Slack does not take it."""
        where = place or await self.place(person)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / report_name(crisis)
            path.write_bytes(await asyncio.to_thread(self._made, crisis))
            comment = typography(f"EXERCICE — compte rendu de l'exercice {crisis.id}. Privé.")
            await self._gateway.upload(where, path.name, path, comment)

    def _made(self, crisis: Crisis) -> bytes:
        """The PDF, beside the drills that came before."""
        from bot.exports.drill_report import report_pdf

        now = self._service.now()
        one = review(crisis, now)
        return report_pdf(one, earlier(one, reviewed(self._service.crises(), now)))


def report_name(crisis: Crisis) -> str:
    """The name of the file of a report."""
    return f"EXERCICE-compte-rendu-{crisis.id}.pdf"


class Desks:
    """Project the desks of the drills to the people who have one."""

    def __init__(
        self,
        service: Service,
        gateway: Gateway,
        posted: Posted,
        tempo: Tempo = USUAL,
        mine: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Join the journal to Slack.

        ``mine`` says of a crisis whether this process is the one that looks after it.
        """
        self._service = service
        self._gateway = gateway
        self._posted = posted
        self._poster = Poster(gateway, posted)
        self._courier = Courier(service, gateway)
        self._waits = tempo.waits
        self._mine = mine
        self._look: set[str] = set()
        self._woken = asyncio.Event()
        self._rows: dict[str, Rows] = {}

    async def run(self) -> None:
        """Show whatever changes, and the passing of time, until cancelled."""
        self._service.listen(self.wake)
        crises = await patiently(self._service.crises)
        self._look |= {one.id for one in crises if one.drill is not None}
        failures = 0
        while True:
            self._woken.clear()
            look, self._look = sorted(self._look), set()
            left = {one for one in look if not await self._shown(one)}
            self._look |= left
            failures = failures + 1 if left else 0
            pause = self._waits[min(failures, len(self._waits)) - 1] if left else REDRAW
            # Not wait_for: it swallows a cancellation that comes together with the wake.
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                self._look |= {one.id for one in self._service.known() if running(one)}

    def wake(self, crisis_id: str) -> None:
        """Look at this crisis soon."""
        self._look.add(crisis_id)
        self._woken.set()

    async def _shown(self, crisis_id: str) -> bool:
        """Show what this crisis calls for; whether nothing is left to try again."""
        async for crisis in self._service.reaching([crisis_id]):
            return await self._show_of(crisis)
        return True

    async def _show_of(self, crisis: Crisis) -> bool:
        """The same of a crisis that can be read."""
        crisis_id, name = crisis.id, f"{crisis.id}/drill"
        if crisis.drill is None or not self._mine(crisis_id):
            self._rows.pop(name, None)  # another process may write them now
            return True
        ACTING.set(crisis_id)
        try:
            if name not in self._rows:
                self._rows[name] = await asyncio.to_thread(self._posted.rows, name)
            await self._show(replace(crisis, id=name), crisis, self._rows[name])
        except TocsinError as away:
            log.warning("desks of %s wait: %s", crisis_id, away)
            return False
        return True

    async def _show(self, aside: Crisis, crisis: Crisis, rows: Rows) -> None:
        """Post or update each desk, and carry the report once the drill is over.

        ``aside`` is the crisis under the name of its desks.
        """
        for person, message in desks(crisis, self._service.now()):
            try:
                await self._one(aside, person, message, rows)
            except Rejected as refused:
                log.warning("%s: no desk for %s: %s", crisis.id, person, refused.error)
        if crisis.closed is not None:
            await self._report(aside, crisis, rows)

    async def _one(self, crisis: Crisis, person: str, message: Message, rows: Rows) -> None:
        row = rows.get(message.key)
        if row is not None and not row.pending and row.hash == digest(message):
            return
        place = row.channel if row is not None and row.channel else ""
        place = place or await self._courier.place(person)
        await self._poster.show(replace(crisis, channel=place), message, rows, look=False)

    async def _report(self, aside: Crisis, crisis: Crisis, rows: Rows) -> None:
        """Send the report to who animated, once for each time that the drill was closed."""
        drill, closed = crisis.drill, crisis.closed
        if drill is None or closed is None or not drill.animator.startswith(("U", "W")):
            return
        key = f"drill:report:{closed.seq}"
        row = rows.get(key)
        if row is not None and not row.pending:
            return
        try:
            place = await self._courier.place(drill.animator)
            if row is None or not await self._is_there(place, crisis):
                await asyncio.to_thread(self._posted.begin, aside.id, key, place)
                rows[key] = Row(key, place)
                await self._courier.send(crisis, drill.animator, place)
        except Rejected as refused:
            log.warning("%s: report not delivered: %s", crisis.id, refused.error)
        await self._poster.keep(aside.id, Row(key, "", "-", "-"), rows)

    async def _is_there(self, place: str, crisis: Crisis) -> bool:
        """Whether a report whose end was not seen is in the conversation."""
        found = await self._gateway.call(
            "conversations.history", channel=place, limit=_LOOKED_AT, include_all_metadata=True
        )
        names = {
            str(file.get("name") or file.get("title"))
            for one in found.get("messages", [])
            for file in one.get("files") or ()
        }
        return report_name(crisis) in names
