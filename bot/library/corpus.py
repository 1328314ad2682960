"""What the library holds: passages that can be quoted, and the card of each past incident.

A passage is what somebody reads alone on a phone: whole, with its place in a file and its sources.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.library.faults import Fault
from bot.library.french import stems
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
    """Every passage and incident, what is refused, and what is wrong in the files."""

    passages: tuple[Passage, ...] = ()
    faults: tuple[Fault, ...] = ()
    incidents: tuple[IncidentCard, ...] = ()
    scope: Scope = field(default_factory=Scope)

    def by_id(self) -> Mapping[str, Passage]:
        """Passages by id."""
        return {passage.id: passage for passage in self.passages}

    def fingerprint(self) -> str:
        """A hash that changes when any passage does."""
        digest = hashlib.sha256()
        for passage in self.passages:
            digest.update(f"{passage.id}\0{passage.kind}\0{passage.indexed}\0".encode())
        return digest.hexdigest()


def similar_incidents(
    incidents: tuple[IncidentCard, ...], playbook_id: str, words: str, limit: int = 3
) -> list[tuple[IncidentCard, str]]:
    """Past incidents that resemble this one, the nearest first, each with the reason in French."""
    said = set(stems(words))
    found = []
    for card in incidents:
        same = playbook_id in card.playbooks
        hit = [name for name in card.hit if said & set(stems(name))]
        named = bool(said & set(stems(card.title)))
        if same or hit or named:
            reasons = _reasons(same, hit, named)
            found.append((4 * same + 2 * len(hit) + named, card.happened, card, reasons))
    found.sort(key=lambda one: (one[0], one[1]), reverse=True)
    return [(card, why) for _, _, card, why in found[:limit]]


def _reasons(same: bool, hit: list[str], named: bool) -> str:
    """Why an incident is shown, in one short French sentence."""
    told = []
    if same:
        told.append("même type de crise")
    if hit:
        told.append(f"aussi touché\u00a0: {', '.join(hit)}")
    if named and not hit:
        told.append("nommé dans la description")
    text = "\u00a0; ".join(told)
    return f"{text[0].upper()}{text[1:]}."
