"""What the library holds: passages that can be quoted, and the card of each past incident.

A passage is what somebody reads alone on a phone: whole, with its place in a file and its sources.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from bot.library.faults import Fault
from bot.library.reserved import may_read
from bot.library.scope import Scope

Kind = Literal["playbook", "incident", "repere"]
_MARK = re.compile(r"\s*\[[A-Za-z0-9][A-Za-z0-9-]*\](?!\()")
KINDS: tuple[Kind, ...] = ("playbook", "incident", "repere")


def unmarked(text: str) -> str:
    """The text without its source marks (« [W66] »), for where the sources are told beside it."""
    return _MARK.sub("", text)


@dataclass(frozen=True, slots=True)
class Passage:
    """One piece of text that answers can quote."""

    id: str
    """Stable: ``path#anchor``."""
    kind: Kind
    title: str
    """Title of the document it belongs to."""
    section: str
    """Where in the document (« Contenir › R05 Isoler les postes »)."""
    path: str
    lines: tuple[int, int]
    text: str
    asks: tuple[str, ...] = ()
    """Ways in which people ask for it."""
    step: str | None = None
    duty: str | None = None
    playbook: str | None = None
    sources: tuple[str, ...] = ()
    """Human-readable labels."""
    role: str | None = None
    """Id of the role of the cell that holds the matter."""
    readers: tuple[str, ...] | None = None
    """Who may read it (Slack ids, ids of roles); ``None``: everybody."""

    @property
    def heading(self) -> str:
        """Document title and section on one line."""
        return f"{self.title} › {self.section}" if self.section else self.title

    @property
    def indexed(self) -> str:
        """Everything by which the passage can be found: heading, text, ways of asking."""
        return "\n".join((self.heading, self.text, *self.asks))


@dataclass(frozen=True, slots=True)
class IncidentCard:
    """What the room is told of a past incident that resembles the present one."""

    id: str
    title: str
    attack: str
    hit: tuple[str, ...]
    lesson: str
    happened: str
    playbooks: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """Every passage and incident, what is refused, and what is wrong in the files.

    ``passages`` and ``incidents`` are for everybody; what only some may read is apart, so that
    nothing made of the corpus (index, similar incidents, reports) can hold it by mistake.
    """

    passages: tuple[Passage, ...] = ()
    faults: tuple[Fault, ...] = ()
    incidents: tuple[IncidentCard, ...] = ()
    scope: Scope = field(default_factory=Scope)
    reserved: tuple[Passage, ...] = ()
    """What only some may read."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Titles of the roles of the cell by id, the first one leading it."""

    def open_to(self, reader: Collection[str]) -> "Corpus":
        """The corpus with what somebody known by these ids may read; itself when that is all."""
        more = tuple(one for one in self.reserved if may_read(one.readers, reader))
        return replace(self, passages=(*self.passages, *more)) if more else self

    def by_id(self) -> Mapping[str, Passage]:
        """Passages by id."""
        return {passage.id: passage for passage in self.passages}

    def fingerprint(self) -> str:
        """A hash that changes when any passage does."""
        digest = hashlib.sha256()
        for passage in self.passages:
            digest.update(f"{passage.id}\0{passage.kind}\0{passage.indexed}\0".encode())
        return digest.hexdigest()
