"""What this process counts of itself since it started, for who watches it.

Only methods, outcomes and durations: no text, no name, no secret can enter here.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

Outcome = Literal["ok", "ratelimited", "error", "timeout"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("ok", "ratelimited", "error", "timeout")
#: Calls of each method whose durations are kept, to tell what is usual now.
_KEPT: Final = 500


@dataclass(slots=True)
class Spent:
    """How long the calls of one method took, in seconds."""

    count: int = 0
    total: float = 0.0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.count += 1
        self.total += seconds
        self.recent.append(seconds)

    def quantile(self, share: float) -> float:
        """What this share (0 to 1) of the last calls did not exceed; 0 before the first."""
        return _rank(sorted(self.recent), share)


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


@dataclass(slots=True)
class Meters:
    """Counts that only grow; written by the event loop, read by anybody."""

    calls: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    """(Method of Slack's Web API, how it ended) -> calls."""
    spent: dict[str, Spent] = field(default_factory=dict)
    """Method -> how long its calls took."""
    refused: int = 0
    """Actions that a rule refused, each with a sentence to the person."""
    unexpected: int = 0
    """Errors that nobody foresaw, each with its reference number."""

    def called(self, method: str, outcome: Outcome, seconds: float) -> None:
        """Count one call."""
        self.calls[method, outcome] += 1
        self.spent.setdefault(method, Spent()).add(seconds)


METERS: Final = Meters()
"""The counts of this process."""
