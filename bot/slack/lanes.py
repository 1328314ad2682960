"""Who calls Slack when: a lane for each method, one for each channel, one for all posts together.

A call takes its place in a lane when it may go, not when it begins to wait; a post takes those of
its channel and of the workspace at the same instant.  Who is cancelled while waiting held nothing.

Posts are counted in their channel (about one a second, by whatever way) and in the workspace, since
Slack may drop in silence what is above « several hundred a minute ».  When the workspace's lane is
full, the channel that was told the least in the last minute goes first: a crisis that has just been
declared gets its board and its first messages before the hundredth notice of a busy one, and a
channel that was passed over for a minute comes before all that were told meanwhile.  What a person
waits for (``awaited``: an answer, a file, a word for one pair of eyes) has seven places of eight,
the oldest first, so that the log goes on being told however many questions are asked.

Each process has lanes of its own.  The workspace's is divided among those that live on the journal
(as of the last word of their leases, some seconds old); the others are not: what is above them is
refused with 429 and comes again, never dropped.

What Slack posts by itself (a reminder scheduled ahead, the text of an acknowledgement) passes by no
lane.  Time is the event loop's.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

#: Name of the lane of all posts among the paces; without it they are not held together.
POSTS: Final = "posts"
_MESSAGE: Final = "chat.postMessage"
#: Posts that everybody in a channel sees, and those that one person sees.
_SEEN: Final = frozenset({_MESSAGE, "files.completeUploadExternal"})
_WHISPERED: Final = frozenset({"chat.postEphemeral"})
_MINUTE: Final = 60.0
#: Places in a row that go to what a person waits for, before one that nobody waits for.
_IN_A_ROW: Final = 7


@dataclass(slots=True)
class Window:
    """At most ``burst`` calls in any ``pace * burst`` seconds."""

    pace: float
    burst: int
    held: float = 0.0
    """Instant before which Slack wants none."""
    taken: deque[float] = field(default_factory=deque)

    def free_at(self) -> float:
        """Instant from which the next call may go."""
        if len(self.taken) < self.burst:
            return self.held
        return max(self.held, self.taken[0] + self.pace * self.burst)

    def take(self, now: float) -> None:
        """Let a call go now."""
        if len(self.taken) >= self.burst:
            self.taken.popleft()
        self.taken.append(now)


@dataclass(slots=True)
class Bucket:
    """``burst`` places saved up at most, one more each ``pace`` seconds.

    In any minute ``burst + 60 / pace`` calls go at most.  Both are divided among ``share()``
    processes, so that together they stay under it.
    """

    pace: float
    burst: int
    share: Callable[[], int] = lambda: 1
    held: float = 0.0
    """Instant before which Slack wants none."""
    full: float = 0.0
    """Instant at which everything is saved up again."""

    def free_at(self) -> float:
        """Instant from which the next call may go."""
        saved = max(self.burst // self.share(), 1) - 1
        return max(self.held, self.full - saved * self.pace * self.share())

    def take(self, now: float) -> None:
        """Let a call go now."""
        self.full = max(self.full, now) + self.pace * self.share()


@dataclass(slots=True)
class Channel:
    """Where posts go: its own lane, and the instants of the posts of the last minute."""

    lane: Window
    told: deque[float] = field(default_factory=deque)

    def take(self, now: float) -> None:
        """Let a post go now."""
        self.lane.take(now)
        self.told.append(now)

    def lately(self, now: float) -> int:
        """How much was told in the last minute."""
        while self.told and self.told[0] <= now - _MINUTE:
            self.told.popleft()
        return len(self.told)


@dataclass(eq=False, slots=True)
class _Waiting:
    """A call that waits: ``turn`` is set when it may go."""

    turn: asyncio.Future[None]
    channel: Channel | None
    awaited: bool

    def free_at(self) -> float:
        return self.channel.lane.free_at() if self.channel else 0.0

    def lately(self, now: float) -> int:
        """How much its channel was told lately; what is awaited goes by its age alone."""
        return self.channel.lately(now) if self.channel and not self.awaited else 0


class Queue:
    """Calls that wait for one lane, in the order in which they came unless a channel says else."""

    def __init__(self, lane: Window | Bucket) -> None:
        """Nobody waits yet."""
        self.lane = lane
        self._waiting: list[_Waiting] = []
        self._in_a_row = 0
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, channel: Channel | None = None, *, awaited: bool = False) -> None:
        """Return when the call may go, its places being taken; one cancelled before takes none."""
        one = _Waiting(asyncio.get_running_loop().create_future(), channel, awaited)
        self._waiting.append(one)
        self._serve()
        await one.turn

    def _serve(self) -> None:
        """Let go whoever may go now, and look again when the next one may."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._waiting = [one for one in self._waiting if not one.turn.done()]
        while self.lane.free_at() <= now:
            ready = [one for one in self._waiting if one.free_at() <= now]
            if not ready:
                break
            self._let_go(self._first(ready, now), now)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            next_free = min(one.free_at() for one in self._waiting)
            self._timer = loop.call_at(max(self.lane.free_at(), next_free), self._serve)

    def _first(self, ready: list[_Waiting], now: float) -> _Waiting:
        """What is awaited, the oldest first, unless it had its share; then the quietest channel."""
        people = self._in_a_row < _IN_A_ROW
        return min(ready, key=lambda one: (one.awaited is not people, one.lately(now)))

    def _let_go(self, one: _Waiting, now: float) -> None:
        self._waiting.remove(one)
        self._in_a_row = self._in_a_row + 1 if one.awaited else 0
        self.lane.take(now)
        if one.channel is not None:
            one.channel.take(now)
        one.turn.set_result(None)


class Lanes:
    """Every lane to Slack, made as they are needed."""

    def __init__(
        self,
        paces: Mapping[str, tuple[float, int]],
        other: tuple[float, int],
        share: Callable[[], int] = lambda: 1,
    ) -> None:
        """``paces`` and ``other``: seconds between two calls, once so many were made at once.

        ``share`` says how many processes post in this workspace at the moment.
        """
        self._paces, self._other = paces, other
        self._posts = Queue(Bucket(*paces.get(POSTS, (0.0, 1)), share))
        self._channels: dict[str, Channel] = {}
        self._methods: dict[str, Queue] = {}

    async def turn(self, method: str, channel: str = "", *, awaited: bool = False) -> None:
        """Return when a call of this method, to this channel if it has one, may go."""
        if method != _MESSAGE:
            await self._method(method).turn()
        if method in _SEEN:
            awaited = awaited or method != _MESSAGE
            await self._posts.turn(self._channel(channel), awaited=awaited)
        elif method in _WHISPERED:
            await self._posts.turn(awaited=True)

    def hold(self, method: str, channel: str, seconds: float) -> None:
        """Stop a lane for so many seconds.

        Slack does not say whether it refuses a post for its channel or for the workspace: the
        channel stops at first, and everything once two channels are refused at the same time.
        """
        now = asyncio.get_running_loop().time()
        until = now + seconds
        if method != _MESSAGE:
            lane = self._method(method).lane
            lane.held = max(lane.held, until)
            return
        refused = self._channel(channel).lane
        if any(one.lane.held > now for one in self._channels.values() if one.lane is not refused):
            self._posts.lane.held = max(self._posts.lane.held, until)
        refused.held = max(refused.held, until)

    def _method(self, method: str) -> Queue:
        if method not in self._methods:
            self._methods[method] = Queue(Window(*self._paces.get(method, self._other)))
        return self._methods[method]

    def _channel(self, channel: str) -> Channel:
        if channel not in self._channels:
            self._channels[channel] = Channel(Window(*self._paces.get(_MESSAGE, self._other)))
        return self._channels[channel]
