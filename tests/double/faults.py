"""What goes wrong on demand, and what Slack holds back: faults and rate limits.

A fault is asked for by method (`*` for any): after `after` calls, `times` calls meet it.

| kind | what the bot sees | was it done? |
|---|---|---|
| `429` | HTTP 429 with Retry-After: 1 | no |
| `500` / `500_applied` | HTTP 500 | no / yes |
| `502_html` | HTTP 502 with a page of HTML | no |
| `reset` / `reset_applied` | the connection drops | no / yes |
| `slow:SECONDS` | a late answer | yes, late |
| `silent:SECONDS` | a late answer | yes, at once |
| `mute:SECONDS` | nothing for so long, then the connection drops | no |
| `error:NAME` | `ok: false` with that error | no |

The method `files.download` stands for fetching a file, with kinds of its own besides `429`, `500`,
`502_html`, `reset` and `slow:`: `302` (to a trap), `404`, `sign_in` (a page with status 200), `cut`
(half of it), `longer` (more than was told).
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.double.rules import (
    POST_BURST,
    POSTS_PER_MINUTE,
    SEEN_POSTS,
    TIER_3,
    TIERS,
    WHISPERS,
)

KINDS = ("429", "500", "500_applied", "502_html", "reset", "reset_applied")
#: Those that take an argument.
LASTING = ("slow:", "silent:", "mute:", "error:")
DOWNLOAD = "files.download"
MINUTE = 60.0
DOWNLOAD_KINDS = ("429", "500", "502_html", "reset", "302", "404", "sign_in", "cut", "longer")


@dataclass
class Fault:
    """One planned misfortune."""

    method: str
    kind: str
    times: int = 1
    after: int = 0


class Faults:
    """The faults still to come."""

    def __init__(self) -> None:
        """Start with nothing planned."""
        self.planned: list[Fault] = []

    def plan(self, method: str, kind: str, times: int = 1, after: int = 0) -> None:
        """Plan a fault."""
        known = DOWNLOAD_KINDS if method == DOWNLOAD else KINDS
        if kind not in known and not kind.startswith(LASTING):
            raise ValueError(f"unknown kind of fault: {kind}")
        self.planned.append(Fault(method, kind, times, after))

    def pick(self, method: str) -> str:
        """Return the kind of fault that this call meets, or nothing."""
        for fault in self.planned:
            if fault.method not in ("*", method):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times > 0:
                fault.times -= 1
                return fault.kind
        return ""


@dataclass
class Bucket:
    """Tokens that come back with time: a burst is tolerated, a steady flow is not."""

    size: float
    per_second: float
    left: float
    at: float

    def wait(self, now: float) -> int:
        """Take a token and return 0, or return the seconds to wait."""
        self.left = min(self.size, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0
        return max(1, math.ceil((1 - self.left) / self.per_second))


@dataclass
class Minute:
    """So many in any minute, and not one more: no burst is tolerated on top."""

    most: int
    taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> int:
        """Take a place and return 0, or return the seconds to wait."""
        while self.taken and self.taken[0] <= now - MINUTE:
            self.taken.popleft()
        if len(self.taken) < self.most:
            self.taken.append(now)
            return 0
        return max(1, math.ceil(self.taken[0] + MINUTE - now))


class Limits:
    """Slack's tiers, one post a second in each channel, and the posts of the whole workspace."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start with full buckets."""
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}
        self._posts = Minute(POSTS_PER_MINUTE)

    def wait(self, method: str, channel: str) -> int:
        """Return the seconds that this call must wait; 0 lets it through."""
        if method in ("auth.test", "api.test", "chat.getPermalink"):
            return 0
        if method in SEEN_POSTS:
            here = self._take(f"post:{channel}", POST_BURST, 1.0)
            return here or self._posts.wait(self._clock())
        tier = TIERS.get(method, TIER_3)
        wait = self._take(method, tier, tier / 60)
        return wait or (self._posts.wait(self._clock()) if method in WHISPERS else 0)

    def _take(self, name: str, size: float, per_second: float) -> int:
        now = self._clock()
        bucket = self._buckets.setdefault(name, Bucket(size, per_second, size, now))
        return bucket.wait(now)
