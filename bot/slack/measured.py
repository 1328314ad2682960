"""Count a call of Slack's Web API: how it ended and how long it took, never what was in it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from slack_sdk.errors import SlackApiError

from bot.meters import METERS, Meters, Outcome

_RATE: Final = 429
_RATE_CODES: Final = ("ratelimited", "rate_limited")


@contextmanager
def measured(method: str, meters: Meters = METERS) -> Iterator[None]:
    """Count what is called inside the block, whatever becomes of it; errors pass through.

    What was cancelled from outside is no answer of Slack's, and is not counted.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        yield
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        meters.called(method, _outcome(error), clock() - began)
        raise
    meters.called(method, "ok", clock() - began)


def _outcome(error: BaseException) -> Outcome:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, SlackApiError) and is_rate(error):
        return "ratelimited"
    return "error"


def is_rate(error: SlackApiError) -> bool:
    """Whether Slack asks us to slow down."""
    data = getattr(error.response, "data", None)
    code = data.get("error") if isinstance(data, dict) else ""
    return getattr(error.response, "status_code", 0) == _RATE or code in _RATE_CODES
