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
        return replace(crisis, roles={**crisis.roles, self.role: (*held, self.to)}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class RoleReleased:
    """Somebody left a role."""

    name: ClassVar[str] = "role_released"
    role: str
    person: Actor

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis without this holder."""
        held = tuple(one for one in crisis.roles.get(self.role, ()) if one.id != self.person.id)
        return replace(crisis, roles={**crisis.roles, self.role: held}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """Somebody entered the channel."""

    name: ClassVar[str] = "member_joined"
    person: Actor

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with this member."""
        return replace(crisis, members=crisis.members | {self.person.id}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """Somebody left the channel."""

    name: ClassVar[str] = "member_left"
    person: Actor

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis without this member."""
        return replace(crisis, members=crisis.members - {self.person.id}, seq=stamp.seq)


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
    """Record that somebody entered the channel."""

    person: Actor

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the arrival, once."""
        return () if self.person.id in crisis.members else (MemberJoined(self.person),)


@dataclass(frozen=True, slots=True)
class Leave:
    """Record that somebody left the channel."""

    person: Actor

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the departure, once."""
        return (MemberLeft(self.person),) if self.person.id in crisis.members else ()


def warnings(crisis: Crisis) -> tuple[str, ...]:
    """French sentences on seats that one person should not hold together."""
    found = []
    for first, second in crisis.plan.cell.distinct:
        both = {one.id for one in crisis.roles.get(first, ())} & {
            one.id for one in crisis.roles.get(second, ())
        }
        names = [one.name for one in crisis.roles.get(first, ()) if one.id in both]
        one, two = crisis.plan.role(first), crisis.plan.role(second)
        if names and one and two:
            found.append(
                f"{', '.join(names)} tient à la fois « {one.title} » et « {two.title} » : "
                "deux personnes vaudraient mieux."
            )
    return tuple(found)
