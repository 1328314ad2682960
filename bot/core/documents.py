"""What is written in documents: answers remembered from one to the next, and each version made.

An answer belongs to the crisis, not to one document: « nombre de personnes » is asked once.  An
answer that nobody knows is recorded as such and leaves its place visibly empty.  A version is a
fact with the fingerprints of its files, so that what was signed can be found and recognised later.

Not here: the templates, the filling of them, the files themselves.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from bot.core.crisis import (
    ERASED,
    Actor,
    Answered,
    Crisis,
    Fact,
    Stamp,
    Version,
    require_open,
    require_text,
)
from bot.errors import Refused

MAX_ANSWER: Final = 3000
"""Longest answer, in characters."""
UNKNOWN: Final = frozenset({"inconnu", "inconnue", "inconnus", "inconnues", "?", "ne sait pas"})
"""What people type when nobody knows."""


@dataclass(frozen=True, slots=True)
class FieldFilled:
    """Somebody answered what documents ask; an empty value says that nobody knows."""

    name: ClassVar[str] = "field_filled"
    field: str
    label: str
    value: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the answer, in place of an earlier one; an erased one is gone."""
        if self.value == ERASED:
            left = {key: one for key, one in crisis.fields.items() if key != self.field}
            return replace(crisis, fields=left, seq=stamp.seq)
        given = Answered(self.value, stamp.actor, stamp.at, stamp.seq)
        return replace(crisis, fields={**crisis.fields, self.field: given}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class DocumentDrafted:
    """A version was made; ``docx``, ``pdf`` and ``md`` (its text) are SHA-256, in hexadecimal."""

    name: ClassVar[str] = "document_drafted"
    document: str
    title: str
    version: int
    docx: str
    pdf: str
    md: str
    template: str
    """Hash of the template's file: another one means that the text itself has changed."""
    left: tuple[str, ...] = ()
    """What is still to be completed, by its label."""
    warned: int = 0
    """How many warnings were shown to who made it."""
    changed: str = ""
    """What differs from the version before, in words."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with this version, the last one of its document."""
        made = Version(
            self.version,
            self.docx,
            self.pdf,
            self.md,
            len(self.left),
            stamp.actor,
            stamp.at,
            stamp.seq,
        )
        drafted = (*crisis.documents.get(self.document, ()), made)
        return replace(
            crisis, documents={**crisis.documents, self.document: drafted}, seq=stamp.seq
        )


@dataclass(frozen=True, slots=True)
class Filled:
    """One answer as given: field, its label, what was said (« inconnu » when nobody knows)."""

    field: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class FillFields:
    """Remember these answers for every document of the crisis."""

    answers: tuple[Filled, ...]

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return what is new; an answer left as it was is none.  Refuse an oversized one."""
        require_open(crisis)
        return tuple(fact for one in self.answers if (fact := _filled(one, crisis)) is not None)


def _filled(one: Filled, crisis: Crisis) -> FieldFilled | None:
    value = one.value.strip()
    if value.casefold().rstrip(".!") in UNKNOWN:
        value = ""
    if value:
        require_text(value, f"la réponse « {one.label} »", MAX_ANSWER)
    known = crisis.fields.get(one.field)
    if known is not None and known.value == value:
        return None
    return FieldFilled(one.field, one.label, value)


@dataclass(frozen=True, slots=True)
class RecordDocument:
    """Record a version whose files are on the disk; also on a closed crisis, for the dossier."""

    made: DocumentDrafted

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the version; refuse a number that somebody else took meanwhile."""
        if crisis.opened is None:
            require_open(crisis)
        before = len(crisis.documents.get(self.made.document, ()))
        if self.made.version != before + 1:
            raise Refused(
                f"Quelqu'un vient de préparer la version {before} de « {self.made.title} ». "
                "Recommencez : la vôtre partira de celle-là."
            )
        return (self.made,)
