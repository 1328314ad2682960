"""One process beside others on the same journal: hear of what they write, share the crises.

On a server each crisis is looked after by the process that holds its lease.  A file has one owner:
``serve`` holds a lock beside it for life, and a second one is told what to do.  Commands in a
terminal are short, write through the same road, and are welcome beside either.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import platform
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import JournalBroken, SettingError
from bot.journal.news import News
from bot.readings import patiently
from bot.wiring import House, elapsed

if TYPE_CHECKING:
    from bot.leases import Leases

log = logging.getLogger(__name__)

_TAKEN = (
    "Un autre Tocsin tourne déjà sur cette main courante\u00a0: un fichier SQLite n'en admet "
    "qu'un. Arrêtez l'autre, ou réglez DATABASE_URL sur un serveur PostgreSQL pour en lancer "
    "plusieurs."
)


def leases(house: House, ttl: float) -> "Leases | None":
    """The leases of this process, ``ttl`` seconds each; ``None`` when every crisis is ours."""
    from bot.leases import Leases

    if not house.store.shared:
        return None
    return Leases(house.store.engine, elapsed, _name, ttl)


def _name() -> str:
    """A name that nobody had before; who reads the table sees which process it is."""
    return f"{platform.node()}:{os.getpid()}:{secrets.token_hex(4)}"


@contextlib.contextmanager
def alone(house: House) -> Iterator[None]:
    """Own the file of the journal inside the block; ``SettingError`` when another process does."""
    database = house.store.engine.url.database
    if house.store.shared or database is None:
        yield
        return
    path = Path(f"{database}.serve")
    with contextlib.closing(_Held(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))) as held:
        held.take(path)
        yield


class _Held:
    """A lock file, held while it is open: the system lets go of it whatever becomes of us."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def take(self, path: Path) -> None:
        """Lock it, or say that another has it."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise SettingError(_TAKEN, detail=str(path)) from taken

    def close(self) -> None:
        """Let go."""
        os.close(self._handle)


@contextlib.asynccontextmanager
async def following(house: House) -> AsyncIterator[None]:
    """Inside the block, what other processes write is read and told to the listeners.

    What was written before is not news: who listens begins by reading it.
    """
    loop = asyncio.get_running_loop()
    told = await patiently(lambda: _standing(house))
    service = house.service

    def ours(crisis: str) -> None:
        held = service.held(crisis)
        if held is not None:
            told[crisis] = max(held.seq, told.get(crisis, 0))

    def heard(crisis: str, seq: int) -> None:
        # Somebody may have read it already, who told nobody: only what was told is not news.
        if seq > told.get(crisis, 0):
            try:
                service.catch_up(crisis, seq)
            except JournalBroken:
                log.exception("what others wrote in %s cannot be read", crisis)
            told[crisis] = seq
            loop.call_soon_threadsafe(service.tell, crisis)

    service.listen(ours)
    news = News(house.store, heard)
    news.start()
    try:
        yield
    finally:
        await asyncio.to_thread(news.stop)


def _standing(house: House) -> dict[str, int]:
    """How far each crisis goes; those in memory are read as far."""
    lengths = house.store.lengths()
    for crisis, seq in lengths.items():
        if house.service.held(crisis) is not None:
            house.service.catch_up(crisis, seq)
    return lengths
