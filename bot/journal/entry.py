"""Format v1 of the journal: one sealed line, its salted body, and the line of the export.

The *line* is canonical JSON, stored as text and hashed as stored: ``v``, ``crisis``, ``seq`` (from
1, without a gap), ``kind``, ``event_time`` (when it happened, may be null), ``record_time`` (when
it was written), ``slack_ts``, ``prev`` (SHA-256 of the previous line, 64 zeros for the first) and
``body`` (SHA-256 of the salt followed by the canonical body).  The *body* holds all that may be
personal, so that it can be taken away one day without breaking the chain.  Signature and delivery
id stand beside the line, outside the chain.

The format is frozen: a change of one byte is a new version.  Numbering, clock and salt are the
caller's; checking a whole journal is ``bot.journal.verify``'s.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, cast

from bot.journal.canonical import canonical, clean, parse

VERSION: Final = 1
GENESIS: Final = "0" * 64
"""What the first line of a journal names as its predecessor."""
SALT_BYTES: Final = 32
LINE_KEYS: Final = frozenset(
    ("v", "crisis", "seq", "kind", "event_time", "record_time", "slack_ts", "prev", "body")
)

_TIME = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{6}Z", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Erased:
    """What is left of a body that was erased, as the entry of the erasure tells it."""

    by: int
    """Number of that entry."""
    role: str
    """The author's role."""
    kept: str
    """Canonical JSON of the fact, its free texts blanked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal as it was sealed, with its body while that is kept."""

    crisis: str
    seq: int
    kind: str
    event_time: datetime | None
    record_time: datetime
    slack_ts: str | None
    prev: str
    body_hash: str
    line: str
    """The canonical text that is hashed; every field above is read from it."""
    salt: bytes | None
    body: str | None
    """Canonical text of the body; ``None`` once it has been taken away."""
    sig: str | None = None
    delivery: str | None = None
    """Id that makes a redelivered event count once; unique in the whole store."""
    erased: Erased | None = None
    """For a body that was taken away by an erasure; the store knows, a bundle's line does not."""

    @property
    def hash(self) -> str:
        """SHA-256 of the line: what the next line names as ``prev``."""
        return line_hash(self.line)

    @property
    def body_data(self) -> dict[str, Any] | None:
        """The body as data, or ``None`` once it has been taken away."""
        return None if self.body is None else cast(dict[str, Any], parse(self.body))


def seal(  # noqa: PLR0913 - one argument per field of the format
    *,
    crisis: str,
    seq: int,
    kind: str,
    event_time: datetime | None,
    record_time: datetime,
    slack_ts: str | None,
    prev: str,
    body: Mapping[str, Any],
    salt: bytes,
    delivery: str | None,
) -> Entry:
    """The entry with these fields, sealed; ``ValueError`` for what format v1 cannot hold."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    text = _spelled(dict(body))
    line = {
        "v": VERSION,
        "crisis": crisis,
        "seq": seq,
        "kind": kind,
        "event_time": None if event_time is None else write_time(event_time),
        "record_time": write_time(record_time),
        "slack_ts": slack_ts,
        "prev": prev,
        "body": body_hash(salt, text),
    }
    check_line(line)
    return _entry(line, canonical(line), salt, text, None, delivery)


def _spelled(body: dict[str, Any]) -> str:
    """The canonical body; cleaned only when it has to be, which is rare, for a plan is long."""
    try:
        return canonical(body)
    except ValueError:
        return canonical(clean(body))


def open_line(
    line: str,
    salt: bytes | None = None,
    body: str | None = None,
    sig: str | None = None,
    delivery: str | None = None,
) -> Entry:
    """The entry behind a stored line; ``ValueError`` when the line is not of format v1."""
    data = parse(line)
    check_line(data)
    return _entry(data, line, salt, body, sig, delivery)


def export_line(entry: Entry) -> str:
    """The entry as one line of the export, from the very texts that are stored."""
    salt = None if entry.salt is None else entry.salt.hex()
    return (
        f'{{"body":{entry.body or "null"},"entry":{entry.line},'
        f'"salt":{canonical(salt)},"sig":{canonical(entry.sig)}}}'
    )


def check_line(data: object) -> None:
    """Raise ``ValueError`` unless these are the fields of a line of format v1."""
    if not isinstance(data, dict) or data.keys() != LINE_KEYS:
        raise ValueError("a line has exactly the fields of format v1")
    for name, fits in _FIELDS.items():
        if not fits(data[name]):
            raise ValueError(f"field {name} is not of format v1")


def line_hash(line: str) -> str:
    """SHA-256 of a line, in hexadecimal."""
    return sha256(line.encode()).hexdigest()


def body_hash(salt: bytes, body: str) -> str:
    """The commitment to a body: SHA-256 of the salt followed by the canonical body."""
    return sha256(salt + body.encode()).hexdigest()


def write_time(moment: datetime) -> str:
    """An aware moment as RFC 3339 in UTC, with microseconds and ``Z``."""
    if moment.tzinfo is None:
        raise ValueError("times of the journal are aware")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_time(text: str) -> datetime:
    """The moment that ``write_time`` wrote; any other spelling is ``ValueError``."""
    if not _TIME.fullmatch(text):
        raise ValueError("not a time of the journal")
    return datetime.fromisoformat(text)


def _entry(
    data: Mapping[str, Any],
    line: str,
    salt: bytes | None,
    body: str | None,
    sig: str | None,
    delivery: str | None,
) -> Entry:
    """Put checked fields and what stands beside them into one value."""
    event_time = data["event_time"]
    return Entry(
        crisis=data["crisis"],
        seq=data["seq"],
        kind=data["kind"],
        event_time=None if event_time is None else read_time(event_time),
        record_time=read_time(data["record_time"]),
        slack_ts=data["slack_ts"],
        prev=data["prev"],
        body_hash=data["body"],
        line=line,
        salt=salt,
        body=body,
        sig=sig,
        delivery=delivery,
    )


def _is_name(value: object) -> bool:
    """A crisis or a kind: some text."""
    return isinstance(value, str) and value != ""


def _is_number(value: object) -> bool:
    """A place in the journal, from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_time(value: object) -> bool:
    """A time as ``write_time`` writes it, on a day that exists."""
    if not isinstance(value, str):
        return False
    try:
        read_time(value)
    except ValueError:
        return False
    return True


def _is_hash(value: object) -> bool:
    """A SHA-256 in lower-case hexadecimal."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


_FIELDS: Final[Mapping[str, Callable[[object], bool]]] = {
    "v": lambda value: value == VERSION and not isinstance(value, bool),
    "crisis": _is_name,
    "seq": _is_number,
    "kind": _is_name,
    "event_time": lambda value: value is None or _is_time(value),
    "record_time": _is_time,
    "slack_ts": lambda value: value is None or isinstance(value, str),
    "prev": _is_hash,
    "body": _is_hash,
}
