"""What was consulted and what left the house: questions, how they were answered, exports."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from bot.core.crisis import Actor, Crisis, Fact, Stamp
from bot.errors import Refused

MAX_REASON = 500
"""Longest reason of a rating, in characters."""


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """A question was put to the library, and what it answered with."""

    name: ClassVar[str] = "question_asked"
    question: str
    confidence: str
    sources: tuple[str, ...]
    """Where they stand, for people."""
    passages: tuple[str, ...] = ()
    """Their ids, the best first; lines written before this field have none."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with one more question."""
        return replace(crisis, questions=crisis.questions | {stamp.seq}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class AnswerWorded:
    """What a model wrote of an answer, as people were shown it."""

    name: ClassVar[str] = "answer_worded"
    of: int
    """Entry number of the question."""
    text: str
    """The sentences that stood, one a line, each with the numbers of its passages."""
    dropped: int
    """How many sentences fell because no passage says them."""
    kept: bool
    """Whether they stayed; when too many fell, those shown were taken back."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, one entry later."""
        return replace(crisis, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class AnswerRated:
    """Somebody said whether an answer served; the last word of each person counts."""

    name: ClassVar[str] = "answer_rated"
    of: int
    """Entry number of the question."""
    useful: bool
    text: str = ""
    """Why not, in their words."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the rating, in place of an earlier one of the same person."""
        said = (self.useful, self.text)
        ratings = {**crisis.ratings, (self.of, stamp.actor.id): said}
        return replace(crisis, ratings=ratings, seq=stamp.seq)


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
    passages: tuple[str, ...] = ()

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the consultation."""
        asked = self.question[:3000]
        return (QuestionAsked(asked, self.confidence, self.sources, self.passages),)


@dataclass(frozen=True, slots=True)
class RecordWording:
    """Record what a model wrote of an answer; also on a closed crisis."""

    of: int
    """Entry number of the question."""
    text: str
    dropped: int
    kept: bool

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the wording; refuse the number of an entry that is no question."""
        if self.of not in crisis.questions:
            raise Refused(f"La ligne {self.of} n'est pas une question posée à la bibliothèque.")
        return (AnswerWorded(self.of, self.text[:6000], self.dropped, self.kept),)


@dataclass(frozen=True, slots=True)
class RateAnswer:
    """Say whether the answer to a question served; also on a closed crisis."""

    of: int
    """Entry number of the question."""
    useful: bool
    reason: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the rating, nothing when this person said the same before.

        Refuse the number of an entry that is no question, and a reason over ``MAX_REASON``.
        """
        if self.of not in crisis.questions:
            raise Refused(f"La ligne {self.of} n'est pas une question posée à la bibliothèque.")
        reason = self.reason.strip()
        if len(reason) > MAX_REASON:
            raise Refused(
                f"Raison trop longue : {len(reason)} caractères, {MAX_REASON} au plus. "
                "Rien n'a été enregistré ; raccourcissez-la."
            )
        if crisis.ratings.get((self.of, actor.id)) == (self.useful, reason):
            return ()
        return (AnswerRated(self.of, self.useful, reason),)


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
