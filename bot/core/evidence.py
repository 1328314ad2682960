"""What was consulted and what left the house: questions asked, exports, verifications."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from bot.core.crisis import Actor, Crisis, Fact, Stamp


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """A question was put to the library, and what it answered with."""

    name: ClassVar[str] = "question_asked"
    question: str
    confidence: str
    sources: tuple[str, ...]

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, one entry later."""
        return replace(crisis, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class ExportMade:
    """The journal was exported: what, up to which entry, with which fingerprint."""

    name: ClassVar[str] = "export_made"
    format: str
    entries: int
    head: str
    sha256: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, one entry later."""
        return replace(crisis, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class RecordQuestion:
    """Record a question and the passages that answered it."""

    question: str
    confidence: str
    sources: tuple[str, ...]

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the consultation."""
        return (QuestionAsked(self.question[:3000], self.confidence, self.sources),)


@dataclass(frozen=True, slots=True)
class RecordExport:
    """Record that the journal was exported; also on a closed crisis."""

    format: str
    entries: int
    head: str
    sha256: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the export."""
        return (ExportMade(self.format, self.entries, self.head, self.sha256),)
