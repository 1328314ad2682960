"""Who holds something and cannot be had: their deputies are called, and they are called no more.

An absence takes nothing away: roles and steps stay theirs until somebody takes them.  It ends when
somebody says so, or when they come back into the channel.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from bot.core.crisis import Actor, Crisis, Fact, Stamp, require_open
from bot.core.handover import roles_held, steps_held
from bot.core.playbook import Role
from bot.errors import Refused


@dataclass(frozen=True, slots=True)
class HolderAway:
    """Somebody who holds something cannot be had."""

    name: ClassVar[str] = "holder_away"
    person: Actor

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis in which they are not called."""
        away = {**crisis.away, self.person.id: stamp.at}
        return replace(crisis, away=away, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class HolderBack:
    """They can be had again."""

    name: ClassVar[str] = "holder_back"
    person: Actor

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis in which they are called again."""
        away = {one: at for one, at in crisis.away.items() if one != self.person.id}
        return replace(crisis, away=away, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class SayAway:
    """Say that somebody cannot be had, oneself or another."""

    person: Actor

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the absence; refuse one that is known, or of somebody who holds nothing."""
        require_open(crisis)
        if self.person.id in crisis.away:
            raise Refused(f"L'absence de {self.person.name} est déjà signalée.")
        if not roles_held(crisis, self.person.id) and not steps_held(crisis, self.person.id):
            raise Refused(f"{self.person.name} ne tient ni rôle ni étape : personne à suppléer.")
        return (HolderAway(self.person),)


@dataclass(frozen=True, slots=True)
class SayBack:
    """Say that somebody can be had again."""

    person: Actor

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the end of the absence; refuse where there was none."""
        require_open(crisis)
        if self.person.id not in crisis.away:
            raise Refused(f"Aucune absence de {self.person.name} n'est signalée.")
        return (HolderBack(self.person),)


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A role whose holder is away: who else holds it, and who stands in (Slack ids)."""

    role: Role
    others: tuple[str, ...]
    deputies: tuple[str, ...]


def vacancies(crisis: Crisis, person: str) -> Iterator[Vacancy]:
    """What the absence of a person (Slack id) leaves open, role by role."""
    for role_id in roles_held(crisis, person):
        role = crisis.plan.role(role_id)
        if role is not None:
            others = tuple(one for one in present(crisis, role_id) if one != person)
            deputies = present(crisis, role.deputy) if role.deputy else ()
            yield Vacancy(role, others, tuple(one for one in deputies if one != person))


def present(crisis: Crisis, role: str) -> tuple[str, ...]:
    """Slack ids of who holds a role, or is expected to, and is not away."""
    held = [one.id for one in crisis.roles.get(role, ())]
    people = crisis.plan.establishment.people
    expected = [one.slack for one in people if role in one.roles]
    return tuple(one for one in held or expected if one not in crisis.away)
