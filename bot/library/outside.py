"""Call a service that is not ours, with a deadline, and turn any failure of it into one error.

A provider's client may raise anything, or never come back.  The call runs in a worker thread; what
it raised is read from the future, and the waiting stops at the deadline.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

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
