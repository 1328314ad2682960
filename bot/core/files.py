"""Files put in the channel or in a form: what was said of each, then what its bytes were.

A file is known from the message or the form that carries it.  Once its bytes have been read they
are an entry with their SHA-256; when they cannot be, why is an entry, once.  All of it comes late,
also on a closed crisis: what was put there was put there.

Not here: the reading through Slack (``bot.slack.files``) and the copies on disk (``bot.files``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from bot.core.crisis import Actor, Crisis, Fact, FileState, Stamp, Unread

#: Reasons that time does not mend: the file is not tried again.
LASTING: Final[frozenset[Unread]] = frozenset({"gone", "hidden", "outside", "too_big"})
UNREAD: Final[dict[Unread, str]] = {
    "gone": "il a été supprimé avant d'avoir pu être lu",
    "hidden": "l'offre Slack de l'établissement le masque",
    "outside": "il est hébergé hors de Slack",
    "too_big": "il est trop gros",
    "refused": "Slack ne le donne pas au robot",
    "different": "ce que Slack a donné n'est pas ce qu'il annonçait",
    "away": "Slack ne répond pas",
}
"""Why a file could not be read, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file put in the channel: what Slack says of it."""

    id: str
    name: str
    mimetype: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class FileRead:
    """The bytes of a file were read through Slack: how many, and their SHA-256 (hexadecimal)."""

    name: ClassVar[str] = "file_read"
    file: str
    """Slack's id of the file."""
    of: str
    """``ts`` of the message that carries it; empty for a file put in a form."""
    filename: str
    size: int
    sha256: str
    kept: bool
    """Whether a copy was laid by beside the journal."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the fingerprint of the file."""
        known = _known(crisis, self.file, self.of, self.filename, stamp)
        read = replace(
            known,
            status="read",
            size=self.size,
            sha256=self.sha256,
            kept=self.kept,
            read_seq=stamp.seq,
        )
        return replace(crisis, files={**crisis.files, self.file: read}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class FileUnread:
    """The bytes of a file could not be read, and why; they may be later, unless it lasts."""

    name: ClassVar[str] = "file_unread"
    file: str
    of: str
    filename: str
    why: Unread

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, knowing that this file has no fingerprint."""
        known = _known(crisis, self.file, self.of, self.filename, stamp)
        unread = replace(known, status="unread", why=self.why)
        return replace(crisis, files={**crisis.files, self.file: unread}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class RecordFile:
    """Record what the bytes of a file were."""

    file: str
    size: int
    sha256: str
    kept: bool

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the reading, once; nothing for a file that nobody put or that was erased."""
        known = crisis.files.get(self.file)
        if known is None or known.erased or known.status == "read":
            return ()
        return (FileRead(self.file, known.of, known.name, self.size, self.sha256, self.kept),)


@dataclass(frozen=True, slots=True)
class RecordUnreadFile:
    """Record that a file could not be read."""

    file: str
    why: Unread

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the failure, once for each reason."""
        known = crisis.files.get(self.file)
        if known is None or known.erased or known.status == "read" or known.why == self.why:
            return ()
        return (FileUnread(self.file, known.of, known.name, self.why),)


# -- what others ask ------------------------------------------------------------------------------


def carried(
    crisis: Crisis, files: Iterable[SharedFile], stamp: Stamp, of: str = ""
) -> dict[str, FileState]:
    """The files of a crisis after an entry that carries these; a file is carried once."""
    erased = bool(stamp.erased_by)
    new = {
        one.id: FileState(one.id, one.name, of, stamp.seq, one.size, at=stamp.at, erased=erased)
        for one in files
        if one.id and one.id not in crisis.files
    }
    return {**crisis.files, **new}


def pending(crisis: Crisis) -> tuple[FileState, ...]:
    """The files whose bytes are still to be read, in the order in which they came."""
    return tuple(
        one
        for one in crisis.files.values()
        if not one.erased and one.status != "read" and one.why not in LASTING
    )


def unread(crisis: Crisis) -> tuple[FileState, ...]:
    """The files that could not be read, as far as is known."""
    return tuple(one for one in crisis.files.values() if one.status == "unread" and not one.erased)


def fingerprint(crisis: Crisis, file: str) -> str:
    """SHA-256 (hexadecimal) of a file by its Slack id; empty while unknown, or once erased."""
    known = crisis.files.get(file)
    return known.sha256 if known is not None and not known.erased else ""


def _known(crisis: Crisis, file: str, of: str, name: str, stamp: Stamp) -> FileState:
    """The file as known so far; an erased reading takes the file with it."""
    new = FileState(file, name, of, stamp.seq, at=stamp.at)
    known = crisis.files.get(file, new)
    return replace(known, erased=known.erased or bool(stamp.erased_by))
