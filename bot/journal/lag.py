"""How far the journal's clock and Slack's are apart: the second clock, which the bot cannot set."""

from dataclasses import dataclass
from math import isfinite
from typing import Final

from bot.journal.entry import Entry, read_time

MESSAGE: Final = "message"
"""The kind whose ``slack_ts`` says when it was said; elsewhere it only names a message."""
_LATE: Final = '"late":true'
"""A quote inside a text is escaped: this can only be a field."""
_LATE_BYTES: Final = _LATE.encode()


@dataclass(slots=True)
class Lag:
    """The largest distance between recording and saying, over the messages heard as they came.

    An erased one does not count: nobody can tell any more whether it was late.
    """

    seconds: float = 0.0
    """Positive when the journal's clock read more than Slack's."""
    seq: int = 0
    """Where; 0 while there was no message."""
    late: int = 0
    """Messages read again after an absence: their distance is that of the absence."""
    _most: float = -1.0
    _minute: bytes = b""
    _epoch: float = 0.0

    def line(self, recorded: bytes, slack_ts: bytes, body: bytes, seq: int) -> None:
        """Compare the two times of a message, as its line writes them."""
        if _LATE_BYTES in body:
            self.late += 1
            return
        if recorded[:16] != self._minute:
            self._minute = recorded[:16]
            whole = read_time(f"{self._minute.decode()}:00.000000Z")
            self._epoch = whole.timestamp()
        try:
            apart = self._epoch + float(recorded[17:26]) - float(slack_ts[1:-1])
        except ValueError:
            return
        if not -self._most <= apart <= self._most:
            self._keep(apart, seq)

    def entry(self, entry: Entry) -> None:
        """Compare the two times of a message."""
        if entry.kind == MESSAGE and entry.slack_ts and entry.body is not None:
            late = _LATE in entry.body
            self.add(entry.record_time.timestamp(), entry.slack_ts, entry.seq, late=late)

    def add(self, recorded: float, slack_ts: str | bytes, seq: int, *, late: bool) -> None:
        """Compare the two times of a message, in seconds since 1970."""
        if late:
            self.late += 1
            return
        try:
            apart = recorded - float(slack_ts)
        except ValueError:
            return
        if not -self._most <= apart <= self._most:
            self._keep(apart, seq)

    def _keep(self, apart: float, seq: int) -> None:
        if isfinite(apart):
            self.seconds, self.seq, self._most = apart, seq, abs(apart)
