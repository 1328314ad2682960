"""Read the files put in the channel: their bytes through Slack, their SHA-256 to the journal.

- What is to be read is computed from the journal: a restart goes on where it stood.
- Each file has a turn of its own, a few at once; content is streamed, never whole in memory.
- What fails is tried again, less and less often.  After a few failures it is an entry, once; a file
  that Slack refuses is then left until the next start, one that is gone is left for good.
- The copy, where one is kept, gets its name after the journal has its fingerprint.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.core.crisis import TOCSIN, Command, Crisis, Unread
from bot.core.files import LASTING, RecordFile, RecordUnreadFile, pending
from bot.errors import TocsinError
from bot.files import Copied, Copies, Sink
from bot.readings import patiently
from bot.service import Ask, Service
from bot.slack.gateway import USUAL, Gateway, Rejected, Tempo
from bot.slack.inbound import count

log = logging.getLogger(__name__)

#: Files read at once.
AT_ONCE: Final = 3
#: Attempts that fail before it is told.
TOLD_AFTER: Final = 3
#: Seconds between later attempts, while Slack is away.
_LATER: Final = (120.0, 600.0)
#: Bytes of the largest file that is read.
LARGEST: Final = 2 * 1024**3
_REASONS: Final[Mapping[str, Unread]] = {
    "file_not_found": "gone",
    "file_deleted": "gone",
    "foreign_host": "outside",
}
_MODES: Final[Mapping[str, Unread]] = {
    "tombstone": "gone",
    "hidden_by_limit": "hidden",
    "external": "outside",
}


class FileReader:
    """Give each file of each crisis its fingerprint."""

    def __init__(
        self,
        service: Service,
        gateway: Gateway,
        copies: Copies,
        tempo: Tempo = USUAL,
        mine: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Join the journal, Slack and the disk; ``tempo`` says how long to wait after a failure.

        ``mine`` says of a crisis whether this process is the one that looks after it.
        """
        self._mine = mine
        self._service = service
        self._gateway = gateway
        self._copies = copies
        self._waits = (*tempo.waits, *_LATER)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._look: set[str] = set()
        self._woken = asyncio.Event()
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        """Crisis and file of each that this process has taken up."""
        self._erased: dict[str, int] = {}
        """Files of each crisis that were erased when the copies last followed."""

    async def run(self) -> None:
        """Read whatever comes, until cancelled."""
        self._service.listen(self.wake)
        self._look |= {one.id for one in await patiently(self._service.crises)}
        await self._follow()
        try:
            while True:
                self._woken.clear()
                look, self._look = self._look, set()
                async for crisis in self._service.reaching(look):
                    await self._take_up(crisis)
                await self._woken.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            self._tasks.clear()

    def wake(self, crisis_id: str) -> None:
        """Look at this crisis soon."""
        self._look.add(crisis_id)
        self._woken.set()

    async def _take_up(self, crisis: Crisis) -> None:
        """Begin to read what nobody reads yet; let go of the copies of what was erased."""
        for one in pending(crisis) if self._mine(crisis.id) else ():
            key = crisis.id, one.id
            if key not in self._tasks:
                self._tasks[key] = asyncio.create_task(self._attend(*key))
                self._tasks[key].add_done_callback(_ended)
        if sum(one.erased for one in crisis.files.values()) != self._erased.get(crisis.id, 0):
            await self._follow()

    async def _follow(self) -> None:
        """Make the copies follow the journal; what cannot be done now is done at the next start."""
        crises = await patiently(self._service.crises)
        self._erased = {one.id: sum(each.erased for each in one.files.values()) for one in crises}
        try:
            await asyncio.to_thread(self._copies.follow, crises)
        except OSError as error:
            log.warning("the copies of files do not follow the journal: %s", error)

    # -- one file -----------------------------------------------------------------------------

    async def _attend(self, crisis_id: str, file: str) -> None:
        """Read a file, however often it takes; end when it is read or cannot be."""
        failures = 0
        while any(one.id == file for one in pending(await self._service.reach(crisis_id))):
            async with self._turns:
                why = await self._tried(crisis_id, file)
            if why is None:
                return
            failures += 1
            last = why in LASTING or (why != "away" and failures >= TOLD_AFTER)
            told = last or failures >= TOLD_AFTER
            recorded = told and await self._record(crisis_id, RecordUnreadFile(file, why))
            if last and recorded:
                return
            await asyncio.sleep(self._waits[min(failures, len(self._waits)) - 1])

    async def _tried(self, crisis_id: str, file: str) -> Unread | None:
        """Why a file cannot be read now, ``None`` once its fingerprint is in the journal."""
        try:
            return await self._read(crisis_id, file)
        except Rejected as refused:
            log.warning("%s: file %s: %s", crisis_id, file, refused)
            return _REASONS.get(refused.error, "refused")
        except TocsinError as away:
            log.warning("%s: file %s waits: %s", crisis_id, file, away)
            return "away"

    async def _read(self, crisis_id: str, file: str) -> Unread | None:
        answer = await self._gateway.call("files.info", file=file)
        told: Mapping[str, Any] = answer.get("file") or {}
        size = count(told.get("size"))
        why = _unreadable(told, size)
        if why is not None:
            return why
        copied = await self._fetched(crisis_id, file, str(told.get("url_private") or ""), size)
        if copied is None:
            return "different"
        await self._keep(crisis_id, file, copied)
        return None

    async def _fetched(self, crisis_id: str, file: str, url: str, size: int) -> Copied | None:
        """The content, hashed and laid by; ``None`` when it has not the size that was told.

        A page that asks to sign in, which Slack gives to whom it does not know, has another size.
        """
        sink = await asyncio.to_thread(self._copies.sink, crisis_id, file, size)
        try:
            await self._pour(url, size, sink)
            return await asyncio.to_thread(sink.end) if sink.size == size else None
        finally:
            sink.drop()

    async def _pour(self, url: str, size: int, sink: Sink) -> None:
        """The content into the sink; no further than one block beyond what was told."""
        async with self._gateway.download(url, size) as blocks:
            async for block in blocks:
                await asyncio.to_thread(sink.take, block)
                if sink.size > size:
                    return

    async def _keep(self, crisis_id: str, file: str, copied: Copied) -> None:
        """Record the fingerprint, then name the copy; nothing is kept that is not recorded."""
        kept = copied.part is not None
        command = RecordFile(file, copied.size, copied.sha256, kept)
        try:
            done = await self._service.handle(Ask(crisis_id, TOCSIN, command))
        except TocsinError:
            self._copies.discard(copied)
            raise
        if not done.facts:
            self._copies.discard(copied)
            return
        try:
            await asyncio.to_thread(self._copies.name, copied)
        except OSError as error:
            log.warning("the copy of %s is named at the next start: %s", copied.sha256, error)
        if (await self._service.reach(crisis_id)).files[file].erased:
            await self._follow()

    async def _record(self, crisis_id: str, command: Command) -> bool:
        """Record this; whether the journal took it."""
        try:
            await self._service.handle(Ask(crisis_id, TOCSIN, command))
        except TocsinError as away:
            log.warning("%s: a file that cannot be read is not recorded yet: %s", crisis_id, away)
            return False
        return True


def _unreadable(told: Mapping[str, Any], size: int) -> Unread | None:
    """Why a file cannot be read at all, from what Slack says of it."""
    if told.get("is_external"):
        return "outside"
    return _MODES.get(str(told.get("mode"))) or ("too_big" if size > LARGEST else None)


def _ended(task: asyncio.Task[None]) -> None:
    """Say that a file is no longer attended to, by a fault of ours; the others are."""
    if not task.cancelled() and task.exception() is not None:
        log.error("the reading of a file ended", exc_info=task.exception())
