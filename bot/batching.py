"""Group commit: one writer takes everything that waits and does it together.

Whoever puts something in gets its result, or what went wrong with it alone: a fault of ours in one
batch has each of its members tried again by itself.  What is done with a batch, and what it means,
is the caller's.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from bot.errors import StoreUnavailable, TocsinError

#: Largest number of asks done together.
BATCH = 64

_Ask = TypeVar("_Ask")
_Done = TypeVar("_Done")


class Batches(Generic[_Ask, _Done]):
    """One queue, one thread; results in the order of the asks."""

    def __init__(
        self,
        commit: Callable[[Sequence[_Ask]], Sequence[_Done | TocsinError]],
        committed: Callable[[Sequence[_Done | TocsinError]], None],
    ) -> None:
        """``commit`` blocks, in a thread; ``committed`` hears its results in the event loop."""
        self._commit = commit
        self._committed = committed
        self._queue: asyncio.Queue[tuple[_Ask, asyncio.Future[_Done]]] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    async def put(self, ask: _Ask) -> _Done:
        """Do this with what else waits; raise what the commit answered for it."""
        if self._stopped:
            raise StoreUnavailable("Tocsin s'arrête. Recommencez dans une minute.")
        future: asyncio.Future[_Done] = asyncio.get_running_loop().create_future()
        await self._queue.put((ask, future))
        return await future

    def start(self) -> None:
        """Start the writer in the running loop."""
        self._task = asyncio.create_task(self._write(), name="journal-writer")

    @property
    def writing(self) -> bool:
        """Whether what is put in gets done: the writer was started and lives."""
        return self._task is not None and not self._task.done() and not self._stopped

    async def aside(self, work: Callable[[], None]) -> None:
        """Do this in the writer's thread, between two batches; nothing once it stops."""
        if not self._stopped:
            await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def stop(self) -> None:
        """Do what waits, then stop the writer; whoever comes later is told so."""
        self._stopped = True
        await self._queue.join()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._thread.shutdown()

    async def _write(self) -> None:
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < BATCH and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            await self._write_batch(waiting)

    async def _write_batch(self, waiting: Sequence[tuple[_Ask, "asyncio.Future[_Done]"]]) -> None:
        """Commit these; a fault of ours fails its own ask, never the writer or its neighbours."""
        asks = [ask for ask, _ in waiting]
        commit = asyncio.get_running_loop().run_in_executor(self._thread, self._commit, asks)
        (results,) = await asyncio.gather(commit, return_exceptions=True)
        if not isinstance(results, BaseException):
            self._answer([future for _, future in waiting], results)
        elif len(waiting) > 1:
            for one in waiting:
                await self._write_batch([one])
        else:
            self._settle(waiting[0][1], results)

    def _answer(
        self,
        futures: Sequence["asyncio.Future[_Done]"],
        results: Sequence[_Done | TocsinError],
    ) -> None:
        for future, result in zip(futures, results, strict=True):
            self._settle(future, result)
        self._committed(results)

    def _settle(self, future: "asyncio.Future[_Done]", result: _Done | BaseException) -> None:
        """Give one its result; who went away in the meantime is not waited for."""
        self._queue.task_done()
        if future.done():
            return
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
