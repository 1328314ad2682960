"""Who is behind a Slack id: the establishment's file first, then Slack, remembered."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.core.crisis import Actor, Crisis
from bot.core.playbook import Person
from bot.errors import OutsideService, Refused
from bot.slack.gateway import Gateway

#: First letter of the id of an application, whose name comes with its messages.
_APPLICATION = "B"
#: Somebody is waiting for an acknowledgement: an unknown name must not take long, all told.
_WITHIN = 1.5
#: People that Slack is asked about in a minute, of the hundred that it lets through: a crowd that
#: comes all at once is named as its messages name it, and asked about when its turn has come.
_A_MINUTE, _MINUTE = 80, 60.0


class Directory:
    """Names of people; an id that nobody knows stands for itself."""

    def __init__(
        self,
        gateway: Gateway,
        people: Callable[[], Iterable[Person]],
        *,
        guests: bool = False,
        team: str = "",
    ) -> None:
        """Ask ``people`` for the establishment's own list at each look-up: it may be edited.

        ``guests`` lets people act who are guests of the workspace ``team``, or of another one.
        """
        self._gateway = gateway
        self._people = people
        self._guests_act = guests
        self._team = team
        self._guests: set[str] = set()
        self._names: dict[str, str] = {}
        self._asked: set[str] = set()
        self._lately: deque[float] = deque(maxlen=_A_MINUTE)

    def learn(self, person: str, name: str) -> None:
        """Remember the name that a payload gives, unless a better one is known."""
        if person and name:
            self._names.setdefault(person, name)

    def name(self, person: str) -> str:
        """The name as known here, without asking Slack; the id for somebody unknown."""
        return self.known(person) or person

    def known(self, person: str) -> str:
        """The name as known here, or nothing."""
        return self._ours(person) or self._names.get(person, "")

    def ours(self, person: str) -> bool:
        """Whether the establishment's file names this person."""
        return bool(self._ours(person))

    def _ours(self, person: str) -> str:
        return next((one.name for one in self._people() if one.slack == person), "")

    async def fetch(self, person: str) -> str:
        """The name, asking Slack once for somebody outside the file; what is known if silent."""
        if not person or person in self._asked or self._ours(person):
            return self.name(person)
        if person.startswith(_APPLICATION):
            return self.name(person)
        if not self._may_ask():
            return self.name(person)
        try:
            async with asyncio.timeout(_WITHIN):
                answer = await self._gateway.call("users.info", within=_WITHIN, user=person)
        except (OutsideService, TimeoutError):
            return self.name(person)
        self._asked.add(person)
        user = answer.get("user") or {}
        if _is_guest(user, self._team):
            self._guests.add(person)
        profile = user.get("profile") or {}
        real = str(user.get("real_name") or profile.get("real_name") or user.get("name") or "")
        if real:
            self._names[person] = real
        return self.name(person)

    def _may_ask(self) -> bool:
        """Whether Slack can be asked about one more now; it is then counted."""
        now = asyncio.get_running_loop().time()
        if len(self._lately) == _A_MINUTE and now - self._lately[0] < _MINUTE:
            return False
        self._lately.append(now)
        return True

    def admit(self, person: str) -> None:
        """Refuse a guest, as far as Slack told us that they are one; the file's people never are.

        Slack that does not answer keeps nobody out of a crisis.
        """
        if person in self._guests and not self._guests_act and not self._ours(person):
            raise Refused(
                "Les invités et les personnes d'une autre organisation ne peuvent pas agir ici. "
                "Passez par un membre de la cellule."
            )

    def actor(self, person: str, crisis: Crisis | None) -> Actor:
        """The person as an actor: name, and role in this crisis as held or expected now."""
        return Actor(person, self.name(person), titles(person, crisis) if crisis else "")

    def cell(self, crisis: Crisis) -> tuple[Actor, ...]:
        """Everybody to whom a step may be given: the file's people, role holders, members."""
        ids = [one.slack for one in crisis.plan.establishment.people]
        ids += [one.id for held in crisis.roles.values() for one in held]
        ids += sorted(crisis.members)
        return tuple(Actor(one, self.name(one)) for one in dict.fromkeys(ids))


def titles(person: str, crisis: Crisis) -> str:
    """The roles of a person (Slack id) in a crisis, as held, else as the file expects them."""
    expected = (
        role
        for one in crisis.plan.establishment.people
        if one.slack == person
        for role in one.roles
    )
    found = []
    for role_id in crisis.roles_of(person) or tuple(expected):
        role = crisis.plan.role(role_id)
        found.append(role.title if role else role_id)
    return ", ".join(found)


def _is_guest(user: Mapping[str, Any], team: str) -> bool:
    """Whether Slack calls this person a guest, or knows them from elsewhere than ``team``."""
    foreign = bool(team and user.get("team_id") and user["team_id"] != team)
    guest = user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger")
    return bool(guest) or (foreign and not user.get("enterprise_user"))
