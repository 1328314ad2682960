"""Call a service that is not ours, with a deadline, and turn any failure of it into one error.

A provider's client may raise anything, or never come back.  The call runs in a worker thread; what
it raised is read from the future, and the waiting stops at the deadline.
"""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event, Timer
from typing import Literal, TypeVar

from bot.errors import OutsideService

T = TypeVar("T")


def asked(service: str, call: Callable[[], T], seconds: float) -> T:
    """What the call returns, or ``OutsideService`` when it fails or takes too long.

    The detail names the kind of failure only: messages of providers may quote keys or texts.
    """
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"outside-{service}")
    future = worker.submit(call)
    worker.shutdown(wait=False)
    try:
        failure = future.exception(timeout=seconds)
    except TimeoutError as error:
        raise OutsideService(service, detail=f"no answer in {seconds} s") from error
    if failure is not None:
        raise OutsideService(service, detail=type(failure).__name__) from failure
    return future.result()


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

    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"outside-{service}")
    future = worker.submit(run)
    future.add_done_callback(lambda _: given.put(("end", None)))
    worker.shutdown(wait=False)
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
