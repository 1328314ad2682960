"""What auditors do: consult a journal, have it verified.  Each is an entry of that journal."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal

from bot.core.crisis import Actor, Crisis, Fact, Stamp

Consulted = Literal["list", "journal"]


@dataclass(frozen=True, slots=True)
class JournalConsulted:
    """Somebody from outside the cell listed the crisis or read its journal."""

    name: ClassVar[str] = "journal_consulted"
    what: Consulted

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, one entry later."""
        return replace(crisis, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class VerificationMade:
    """The journal was verified up to ``entries``; ``fault`` says what was found wrong, if anything.

    ``head`` is the hash of the last line that was read, 64 zeros when none was.
    """

    name: ClassVar[str] = "verification_made"
    entries: int
    head: str
    sound: bool
    fault: str = ""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, one entry later."""
        return replace(crisis, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class RecordConsultation:
    """Record that the journal was listed or read; also on a closed crisis."""

    what: Consulted

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the consultation."""
        return (JournalConsulted(self.what),)


@dataclass(frozen=True, slots=True)
class RecordVerification:
    """Record a verification and what it found; also on a closed crisis."""

    entries: int
    head: str
    sound: bool
    fault: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the verification."""
        return (VerificationMade(self.entries, self.head, self.sound, self.fault[:300]),)
