"""An event loop whose time is passed by waiting alone: a minute of pacing costs no second."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class _Selector(selectors.DefaultSelector):
    """Looks for what is ready; when nothing is, moves the clock instead of sleeping."""

    passed = 1_000.0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Return what is ready now; without anything, so many seconds have passed."""
        if timeout is None:
            raise AssertionError("nobody has anything left to do: this would wait for ever")
        ready = super().select(0)
        if not ready:
            self.passed += timeout
        return ready


class SkippingLoop(asyncio.SelectorEventLoop):
    """Time stands still while somebody computes, and jumps when everybody waits."""

    def __init__(self) -> None:
        """Begin at an instant of its own."""
        self._skipping = _Selector()
        super().__init__(self._skipping)

    def time(self) -> float:
        """Seconds on the loop's clock."""
        return self._skipping.passed


def skipping(work: Coroutine[Any, Any, _T]) -> _T:
    """Run this to its end; only what it computes takes time."""
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(work)
