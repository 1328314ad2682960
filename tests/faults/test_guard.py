"""The guard of the loop: it finds who asks the database there, and leaves threads alone."""

import asyncio
from pathlib import Path

import pytest

from bot.journal.store import Store
from bot.readings import Readings
from tests.faults.guard import loop_kept_free


async def test_a_reading_on_the_loop_is_found_and_one_in_a_thread_is_not(tmp_path: Path) -> None:
    """What the loop runs by itself is named, function by function."""
    store = Store(f"sqlite:///{tmp_path / 'tocsin.db'}")
    readings = Readings(store)
    try:
        with loop_kept_free(store.engine):
            await asyncio.to_thread(readings.crises)
        with pytest.raises(AssertionError, match=r"bot/readings\.py:crises"):
            await _asked_on_the_loop(store, readings)
    finally:
        store.close()


async def _asked_on_the_loop(store: Store, readings: Readings) -> None:
    with loop_kept_free(store.engine):
        asyncio.get_running_loop().call_soon(readings.crises)
        await asyncio.sleep(0)
