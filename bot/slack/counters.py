"""Counters: subjects with words, buttons and forms of their own, each answered in one place.

A name is a word of the grammar, and what the action ids of its buttons and the callbacks of its
forms begin with (``open:playbook:…``, ``playbook:…``).  The face hands over what bears one of a
counter's names, whether it comes from the channel of a crisis or from elsewhere.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol, TypeAlias

from bot.core.crisis import Command, Crisis
from bot.errors import Refused
from bot.service import Done
from bot.slack.inbound import Touch
from bot.slack.reply import Reply
from bot.slack.values import Values

#: Records a command on behalf of who touched.
Record: TypeAlias = Callable[[Touch, Command, Crisis | None], Awaitable[Done]]


class Counter(Protocol):
    """Answers what bears one of its names; every method raises ``TocsinError``."""

    names: frozenset[str]

    async def say(
        self, touch: Touch, name: str, rest: str, crisis: Crisis | None, record: Record
    ) -> Reply:
        """One of its words, with what follows it."""
        ...

    async def open(self, touch: Touch, crisis: Crisis | None) -> Reply:
        """A button that opens a form."""
        ...

    async def filled(
        self,
        touch: Touch,
        values: Values,
        carried: Mapping[str, str],
        crisis: Crisis | None,
        record: Record,
    ) -> Reply:
        """A form that was sent."""
        ...


def of_crisis(crisis: Crisis | None) -> Crisis:
    """The crisis; refuse a button or a form whose crisis is not to be found."""
    if crisis is None or crisis.opened is None:
        raise Refused("Cela appartient à une crise que je ne trouve plus. Fermez et recommencez.")
    return crisis


class Counters:
    """The counters by name."""

    def __init__(self, counters: Iterable[Counter] = ()) -> None:
        """Keep them; a name belongs to one."""
        self._by_name = {name: one for one in counters for name in one.names}

    def of(self, name: str) -> Counter | None:
        """The counter of a word."""
        return self._by_name.get(name)

    def of_button(self, action: str) -> Counter | None:
        """The counter of a button, by its action id (``open:playbook:…``)."""
        return self._by_name.get(action.partition(":")[2].partition(":")[0])

    def of_form(self, callback: str) -> Counter | None:
        """The counter of a form, by its callback (``playbook:…``)."""
        return self._by_name.get(callback.partition(":")[0])
