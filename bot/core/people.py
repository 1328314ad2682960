"""Who holds which seat, and who is in the room."""

import difflib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from bot.core.crisis import Actor, Crisis, Fact, Stamp, require_open
from bot.core.playbook import Role
from bot.errors import Refused


@dataclass(frozen=True, slots=True)
class RoleGiven:
    """Somebody holds a role."""

    name: ClassVar[str] = "role_given"
    role: str
    to: Actor

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with this holder added."""
        held = tuple(one for one in crisis.roles.get(self.role, ()) if one.id != self.to.id)
        return replace(
            crisis,
            roles={**crisis.roles, self.role: (*held, self.to)},
            vouched=_vouched(crisis, self.role, self.to, given=self.to.id != stamp.actor.id),
            seq=stamp.seq,
        )


@dataclass(frozen=True, slots=True)
class RoleReleased:
    """Somebody left a role."""

    name: ClassVar[str] = "role_released"
    role: str
    person: Actor

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis without this holder."""
        held = tuple(one for one in crisis.roles.get(self.role, ()) if one.id != self.person.id)
        return replace(
            crisis,
            roles={**crisis.roles, self.role: held},
            vouched=_vouched(crisis, self.role, self.person, given=False),
            seq=stamp.seq,
        )


def _vouched(
    crisis: Crisis, role: str, person: Actor, *, given: bool
) -> frozenset[tuple[str, str]]:
    """The seats given by somebody else, with or without this one."""
    seat = frozenset({(role, person.id)})
    return crisis.vouched | seat if given else crisis.vouched - seat


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """Somebody entered the channel."""

    name: ClassVar[str] = "member_joined"
    person: Actor
    late: bool = False
    """Seen afterwards: Tocsin was away."""
    happened: datetime | None = None

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with this member."""
        return replace(
            crisis,
            members=crisis.members | {self.person.id},
            away={one: at for one, at in crisis.away.items() if one != self.person.id},
            moves={**crisis.moves, self.person.id: stamp.at},
            seq=stamp.seq,
        )


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """Somebody left the channel."""

    name: ClassVar[str] = "member_left"
    person: Actor
    late: bool = False
    happened: datetime | None = None

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis without this member."""
        return replace(
            crisis,
            members=crisis.members - {self.person.id},
            moves={**crisis.moves, self.person.id: stamp.at},
            seq=stamp.seq,
        )


def find_role(crisis: Crisis, wanted: str) -> Role:
    """The role of that id or title, or ``Refused`` with the nearest name."""
    key = wanted.strip().casefold()
    roles = crisis.plan.cell.roles
    for role in roles:
        if key in (role.id.casefold(), role.title.casefold()):
            return role
    near = difflib.get_close_matches(key, [one.id for one in roles], n=1)
    hint = f" Vouliez-vous dire « {near[0]} » ?" if near else ""
    known = ", ".join(one.id for one in roles)
    raise Refused(f"Rôle inconnu : « {wanted[:60]} ».{hint} Rôles : {known}.")


@dataclass(frozen=True, slots=True)
class GiveRole:
    """Seat somebody in a role; several may share one."""

    role: str
    to: Actor

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the seating; refuse an unknown role and a seat already held."""
        require_open(crisis)
        role = find_role(crisis, self.role)
        if any(one.id == self.to.id for one in crisis.roles.get(role.id, ())):
            raise Refused(f"{self.to.name} tient déjà le rôle « {role.title} ».")
        return (RoleGiven(role.id, self.to),)


@dataclass(frozen=True, slots=True)
class ReleaseRole:
    """Leave a role."""

    role: str
    person: Actor

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the release; refuse a role that the person does not hold."""
        require_open(crisis)
        role = find_role(crisis, self.role)
        if all(one.id != self.person.id for one in crisis.roles.get(role.id, ())):
            raise Refused(f"{self.person.name} ne tient pas le rôle « {role.title} ».")
        return (RoleReleased(role.id, self.person),)


@dataclass(frozen=True, slots=True)
class Join:
    """Record that somebody entered the channel; ``late`` and when, if it is seen afterwards."""

    person: Actor
    late: bool = False
    happened: datetime | None = None

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the arrival, once."""
        if self.person.id in crisis.members:
            return ()
        return (MemberJoined(self.person, self.late, self.happened),)


@dataclass(frozen=True, slots=True)
class Leave:
    """Record that somebody left the channel; ``late`` and when, if it is seen afterwards."""

    person: Actor
    late: bool = False
    happened: datetime | None = None

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the departure, once."""
        if self.person.id not in crisis.members:
            return ()
        return (MemberLeft(self.person, self.late, self.happened),)


def warnings(crisis: Crisis, person: str = "") -> tuple[str, ...]:
    """French sentences on seats that one person should not hold together.

    Of that ``person`` (Slack id) alone when it is given: a warning, never a refusal.
    """
    found = []
    for first, second in crisis.plan.cell.distinct:
        both = {one.id for one in crisis.roles.get(first, ())} & {
            one.id for one in crisis.roles.get(second, ()) if one.id == person or not person
        }
        names = [one.name for one in crisis.roles.get(first, ()) if one.id in both]
        one, two = crisis.plan.role(first), crisis.plan.role(second)
        if names and one and two:
            found.append(
                f"{', '.join(names)} tient à la fois « {one.title} » et « {two.title} » : "
                "deux personnes vaudraient mieux."
            )
    return tuple(found)
