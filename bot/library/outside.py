"""Call a service that is not ours, with a deadline, and turn any failure of it into one error.

A provider's client may raise anything, or never come back.  The call runs in a thread of its own;
what it raised is read from the future, and the waiting stops at the deadline.  At exit nobody waits
for that thread, as is done for those of a pool: what never answers must not keep the process from
ending.
"""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Event, Thread, Timer
from types import TracebackType
from typing import Literal, TypeVar

from bot.errors import OutsideService

T = TypeVar("T")


def asked(service: str, call: Callable[[], T], seconds: float) -> T:
    """What the call returns, or ``OutsideService`` when it fails or takes too long.

    The detail names the kind of failure only: messages of providers may quote keys or texts.
    """
    future = _begun(service, call)
    try:
        failure = future.exception(timeout=seconds)
    except TimeoutError as error:
        raise OutsideService(service, detail=f"no answer in {seconds} s") from error
    if failure is not None:
        raise OutsideService(service, detail=type(failure).__name__) from failure
    return future.result()


def _begun(service: str, call: Callable[[], T]) -> "Future[T]":
    """What the call will return or raise, from a thread that ends with the process."""
    future: Future[T] = Future()

    def run() -> None:
        with _Into(future):
            future.set_result(call())

    Thread(target=run, name=f"outside-{service}", daemon=True).start()
    return future


class _Into:
    """Puts into a future whatever the block raises, as a pool does."""

    def __init__(self, future: "Future[T]") -> None:
        self._future = future

    def __enter__(self) -> None:
        """Nothing is to be done before."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Keep the error; it is the business of who reads the future."""
        if error is not None:
            self._future.set_exception(error)
        return True


def streamed(
    service: str, start: Callable[[], Iterable[T]], seconds: float
) -> Generator[T, None, None]:
    """Each thing that the call gives, as it comes; ``OutsideService`` as ``asked`` raises it.

    ``seconds`` bound the whole, from the first ``next``; what came before the failure was given.
    A reader who stops reading stops the call at its next thing.
    """
    given: SimpleQueue[tuple[Literal["one"], T] | tuple[Literal["end", "late"], None]] = (
        SimpleQueue()
    )
    left = Event()

    def run() -> None:
        for one in start():
            if left.is_set():
                return
            given.put(("one", one))

    future = _begun(service, run)
    future.add_done_callback(lambda _: given.put(("end", None)))
    late = Timer(seconds, given.put, [("late", None)])
    late.daemon = True
    late.start()
    try:
        while (told := given.get())[0] == "one":
            yield told[1]
        if told[0] == "late":
            raise OutsideService(service, detail=f"no end in {seconds} s")
    finally:
        left.set()
        late.cancel()
    failure = future.exception()
    if failure is not None:
        raise OutsideService(service, detail=type(failure).__name__) from failure
