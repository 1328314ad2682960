"""What a drill plays, as frozen data: its scenario, its injects, and the clock at which it runs.

A scenario is read from ``playbooks/exercices`` and copied whole into the entry that opens the
drill.  Its times are counted on the clock of the scenario, which starts with the drill, may stand
still and may run faster than the room's: ``Pace`` goes from one to the other.

Not here: when an inject is due, who may press what.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from bot.core.playbook import STRICT

#: Difficulty of the hardest scenario.
HARDEST = 4
Kind = Literal["appel", "presse", "ministere", "laboratoire", "attaquant", "message", "constat"]
NOTHING = timedelta(0)
#: Speeds on offer: minutes of the scenario for one minute of the room.
SPEEDS = (1, 2, 4, 10, 20)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the cell does: all that is named here must have happened."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    step: str = ""
    """A step of the playbook, done or set aside."""
    duty: str = ""
    """A duty that has its outcome."""
    inject: str = ""
    """Another inject of this scenario, played."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the cell is expected to do about an inject, and within how long of it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    what: str
    """In words, for the animator and the report."""
    within: timedelta
    """Time of the scenario, counted from the inject: a target of the drill."""
    step: str = ""
    """Measured by this step being done; without step, duty or decision, observers judge."""
    duty: str = ""
    """Measured by this duty having its outcome."""
    decision: bool = False
    """Measured by the first decision recorded after the inject."""

    @property
    def measured(self) -> bool:
        """Whether the log can tell; otherwise observers do."""
        return bool(self.step or self.duty or self.decision)


@dataclass(frozen=True, slots=True)
class Inject:
    """One thing that happens to the cell: a call, the press, a result, an ultimatum."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    kind: Kind
    sender: str
    """Who speaks, by function (« laboratoire, biologiste de garde »)."""
    text: str
    """What is said, as the cell gets it."""
    at: timedelta | None = None
    """Time of the scenario from which it is played."""
    once: Event | None = None
    """Played only after this; alone, it needs no ``at``."""
    delay: timedelta = NOTHING
    """Time of the scenario between what ``once`` names and the inject."""
    unless: Event | None = None
    """Not played when this has happened already."""
    to: str = ""
    """Role that is called."""
    expects: Answer | None = None
    """What the cell should do about it."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A drill that can be played."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    level: int
    """How difficult it is, from 1 to 4."""
    summary: str
    """What the animator reads before choosing it."""
    playbook: str
    """The playbook on which the drill runs."""
    duration: timedelta
    """Length on the clock of the scenario."""
    opening: str
    """What the cell is told when the drill starts: who saw what."""
    injects: tuple[Inject, ...]
    aims: tuple[str, ...] = ()
    """What is trained."""
    services: tuple[str, ...] = ()
    """Services that are hit, as the board names them."""

    def inject(self, inject_id: str) -> Inject | None:
        """The inject of that id, or ``None``."""
        return next((one for one in self.injects if one.id == inject_id), None)


@dataclass(frozen=True, slots=True)
class Pace:
    """From ``since`` (UTC) on: the scenario stands at ``base`` and runs ``speed`` times as fast.

    A speed of 0 stands still.
    """

    since: datetime
    base: timedelta
    speed: int

    def at(self, now: datetime) -> timedelta:
        """Time of the scenario at ``now`` (UTC), which is not before ``since``."""
        return self.base + (now - self.since) * self.speed


@dataclass(frozen=True, slots=True)
class Played:
    """An inject that was played: when (UTC), and whether somebody called for it."""

    at: datetime
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Observation:
    """What somebody who watches wrote down for the report."""

    seq: int
    at: datetime
    by: str
    """Name of who wrote it."""
    text: str


@dataclass(frozen=True, slots=True)
class Drill:
    """Where a drill stands.  People are Slack ids."""

    scenario: Scenario
    animator: str
    animator_name: str
    observers: tuple[str, ...]
    speed: int
    """The speed that was chosen, which a pause does not change."""
    paces: tuple[Pace, ...]
    """Every change of pace, the oldest first."""
    played: Mapping[str, Played] = field(default_factory=dict)
    skipped: Mapping[str, datetime] = field(default_factory=dict)
    observations: tuple[Observation, ...] = ()
    ended: datetime | None = None
    """When its end was called (UTC)."""

    @property
    def paused(self) -> bool:
        """Whether its clock stands still."""
        return self.paces[-1].speed == 0

    def elapsed(self, now: datetime) -> timedelta:
        """Time of the scenario at ``now`` (UTC); nothing before it began."""
        pace = next((one for one in reversed(self.paces) if one.since <= now), None)
        return pace.at(now) if pace else NOTHING

    def moment(self, target: timedelta, now: datetime) -> datetime:
        """When (UTC) the scenario comes or came to this time, if it goes on from ``now``.

        While it stands still, as if it went on at once at the chosen speed.
        """
        for pace, after in zip(self.paces, (*self.paces[1:], None), strict=True):
            end = after.since if after else now
            if pace.speed and pace.at(end) >= target:
                return pace.since + (target - pace.base) / pace.speed
        return now + (target - self.elapsed(now)) / self.speed

    def paced(self, at: datetime, speed: int) -> "Drill":
        """The same from ``at`` (UTC) on at another pace."""
        return replace(self, paces=(*self.paces, Pace(at, self.elapsed(at), speed)))
