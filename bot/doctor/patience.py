"""Wait for what may never come back, and no longer than was said."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")


async def bounded(work: Callable[[], T], seconds: float) -> T:
    """What this does, from a thread; ``TimeoutError`` when it does not end in time.

    The thread of what never ends is left behind: it keeps no program from ending.
    """
    given = _Given[T](asyncio.get_running_loop())

    def run() -> None:
        with given:
            given.result(work())

    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wait_for(given.future, seconds)


class _Given(Generic[T]):
    """What a thread gives to a loop; what comes too late is for nobody."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.future: asyncio.Future[T] = loop.create_future()

    def result(self, one: T) -> None:
        """Give what was done."""
        self._tell(lambda: self.future.set_result(one))

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(
        self,
        _: type[BaseException] | None,
        failure: BaseException | None,
        __: TracebackType | None,
    ) -> bool:
        """Give what went wrong inside the block."""
        if failure is not None:
            self._tell(lambda: self.future.set_exception(failure))
        return True

    def _tell(self, give: Callable[[], None]) -> None:
        def tell() -> None:
            if not self.future.done():
                give()

        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(tell)
