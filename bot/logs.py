"""The technical log: one line an event on standard error, never the text of a message.

What people wrote stays out of it: of an exception that is not ours only its kind and where it
happened are kept, since its words may quote what was being read.  Tokens, keys and passwords are
taken out of every line.  What is counted here is what the health page tells.
"""

import copy
import json
import logging
import re
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Final

_HIDDEN: Final = "[secret]"
_TOKEN: Final = re.compile(r"\b(?:xox[a-z]|xapp)-[A-Za-z0-9-]{4,}|(?<=://)[^/@\s]+(?=@)")
_LEAST: Final = 6
"""A shorter setting is no secret: hiding it would blur everything else."""

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Counting(logging.Handler):
    """How many records of each level were made since the start."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        super().__init__()
        self.seen: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        self.seen[record.levelname] += 1


COUNTED: Final = Counting()
"""The counts of this process."""


def counts() -> Mapping[str, int]:
    """How many records of each level were made since the start."""
    return COUNTED.seen


class Line(logging.Formatter):
    """One line of text an event, then where an exception happened."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        """``secrets`` appear in no line."""
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        # The longest first: one may hold another.
        self._secrets = sorted((one for one in secrets if len(one) >= _LEAST), key=len)[::-1]

    def format(self, record: logging.LogRecord) -> str:
        """The line, without secrets.

        Another handler may have left its own writing of the exception in the record.
        """
        own = copy.copy(record)
        own.exc_text = None
        return self.clean(super().format(own))

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - the name that logging calls
        """Kind and place of an exception and of what led to it, not their words."""
        return "\n".join(_places(ei[1])) if ei[1] is not None else ""

    def clean(self, text: str) -> str:
        """The text without what looks like a token or is one of the secrets."""
        for one in self._secrets:
            text = text.replace(one, _HIDDEN)
        return _TOKEN.sub(_HIDDEN, text)


class JsonLine(Line):
    """One JSON object a line: time (UTC), level, logger, message, trace when there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The object, without secrets."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": self.clean(record.getMessage()),
        }
        if record.exc_info and record.exc_info[1] is not None:
            told["trace"] = [self.clean(one) for one in _places(record.exc_info[1])]
        return json.dumps(told, ensure_ascii=False)


def _places(raised: BaseException) -> Iterator[str]:
    """The kinds of an exception and of what led to it, the first cause first, each with places."""
    before = raised.__cause__ or (None if raised.__suppress_context__ else raised.__context__)
    if before is not None:
        yield from _places(before)
    yield f"{type(raised).__module__}.{type(raised).__qualname__}"
    for frame in traceback.extract_tb(raised.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"


def configure(level: str, form: str = "texte", secrets: Sequence[str] = ()) -> None:
    """Log at this level, as ``texte`` or ``json``; the libraries stay quiet below a warning."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine(secrets) if form == "json" else Line(secrets))
    root = logging.getLogger()
    for one in (handler, COUNTED):
        root.addHandler(one)
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(level)
