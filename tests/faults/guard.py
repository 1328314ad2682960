"""The event loop never waits for the database: whoever asks it there is found and named.

A database that neither answers nor fails keeps a thread waiting; on the loop's own thread, it would
keep the whole bot.  So each use of the pool is looked at while a real night goes on.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, event

_ROOT = Path(__file__).resolve().parents[2]
_BOT, _TESTS, _DOUBLE = (str(_ROOT / name) for name in ("bot", "tests", "tests/double"))
#: Before the sockets are open nobody waits, and the parts may prepare their tables.
_STARTING = "bot/wiring/bot.py:__init__"


@contextmanager
def loop_kept_free(engine: Engine) -> Iterator[None]:
    """Fail at the end of the block if the bot asked this database on the thread of its loop."""
    found: set[str] = set()

    def look(*_: object) -> None:
        if asyncio._get_running_loop() is None:
            return
        path = list(_callers())
        if path and not any(one.startswith(_TESTS) for one in path):
            chain = " < ".join(one.removeprefix(f"{_ROOT}/") for one in path)
            found.update([chain] if _STARTING not in chain else [])

    event.listen(engine, "checkout", look)
    try:
        yield
    finally:
        event.remove(engine, "checkout", look)
    assert not found, "\n".join(sorted(found))


def _callers() -> Iterator[str]:
    """The functions of ours that are running, innermost first, up to the loop; not the double's."""
    frame = sys._getframe(2)
    while frame is not None and not frame.f_code.co_filename.endswith("asyncio/events.py"):
        file = frame.f_code.co_filename
        if file.startswith((_BOT, _TESTS)) and not file.startswith(_DOUBLE):
            yield f"{file}:{frame.f_code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]
