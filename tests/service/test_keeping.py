"""What runs beside goes on after a fault of ours, and is told."""

import asyncio
import logging
from itertools import pairwise

import pytest

from bot.errors import StoreUnavailable
from bot.keeping import kept
from bot.meters import METERS

SOON = (0.0, 0.01)


async def test_what_fails_begins_again_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """An unforeseen fault is counted and told whole; a database that is away is only told."""
    faults: list[Exception] = [KeyError("a"), StoreUnavailable(), ZeroDivisionError()]
    turns, before = 0, METERS.unexpected

    async def work() -> None:
        nonlocal turns
        turns += 1
        if faults:
            raise faults.pop(0)

    await kept("desks", work, SOON)
    assert (turns, METERS.unexpected - before) == (4, 2)
    told = [(one.levelno, bool(one.exc_info)) for one in caplog.records if "desks" in one.message]
    assert told == [(logging.ERROR, True), (logging.WARNING, False), (logging.ERROR, True)]


async def test_a_fault_that_comes_back_at_once_waits_longer_each_time() -> None:
    """The pauses grow to the last one, which lasts: no core is burnt, no log is filled."""
    loop = asyncio.get_running_loop()
    at: list[float] = []

    async def work() -> None:
        at.append(loop.time())
        if len(at) < 5:
            raise RuntimeError

    await kept("files", work, (0.01, 0.05, 0.1))
    waited = [after - before for before, after in pairwise(at)]
    assert all(one >= least for one, least in zip(waited, (0.01, 0.05, 0.1, 0.1), strict=True))


async def test_who_closes_is_not_kept_waiting() -> None:
    """Cancelled, it ends: in the middle of the work, and in a pause."""

    async def fails() -> None:
        raise RuntimeError

    for work in (asyncio.Event().wait, fails):
        task = asyncio.create_task(kept("letters", work, (60.0,)))  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
