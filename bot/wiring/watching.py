"""Files that people edit, watched all the time: what is saved while we read is not missed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path


class Changes:
    """The changes under some folders, from the moment when ``watch`` runs."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Watch nothing yet; folders that do not exist are left out."""
        self._folders = folders
        self._seen = asyncio.Event()

    async def watch(self) -> None:
        """Note every change, until cancelled."""
        from watchfiles import awatch

        async for _ in awatch(*(one for one in self._folders if one.is_dir())):
            self._seen.set()

    async def next(self, seconds: float | None = None) -> bool:
        """Wait for a change since the last one told; false when none came in that time."""
        try:
            async with asyncio.timeout(seconds):
                await self._seen.wait()
        except TimeoutError:
            return False
        self._seen.clear()
        return True
