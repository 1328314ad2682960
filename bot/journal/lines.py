"""One line of an export, read strictly: steps 2 to 5 of verification, the long way and the quick.

The long way is the rule: text, JSON, the same spelling again, the fields of format v1.  It costs
some 70 microseconds.  The quick way is a *mould*: a line that came the long way leaves a pattern of
itself, with its keys in their order, in which only the scalars are free, each in its one spelling.
Whatever fits a mould is therefore canonical and of format v1, and comes out the same from both
ways; what fits none goes the long way.  Nothing here compares a line with another.
"""

import re
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias

from bot.journal.canonical import canonical, parse
from bot.journal.entry import SALT_BYTES, VERSION, check_line

_SALT = re.compile(f"[0-9a-f]{{{2 * SALT_BYTES}}}")
_EXPORT_KEYS = frozenset(("entry", "salt", "body", "sig"))

_PLAIN = rb'[^"\\\x00-\x1f]*+'
_ESCAPED = rb'\\(?:["\\bfnrt]|u00(?:0[0-7be-f]|1[0-9a-f]))'
_TEXT: Final = rb'"' + _PLAIN + rb'(?:"|(?:' + _ESCAPED + _PLAIN + rb')+")'
"""A text in its one spelling; that its bytes are UTF-8 is checked of the whole line."""
_SCALAR: Final = rb"(?:" + _TEXT + rb"|null|true|false|0|-?[1-9][0-9]{0,14})"
"""Fifteen digits at most: below 2**53 without having to count."""
_TIME: Final = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
_HASH: Final = rb"[0-9a-f]{64}"
_ANY: Final = rb".{64}"
"""For a hash that is compared with another one anyway."""
_LIST: Final = rb"\[(?:\]|" + _SCALAR + rb"(?:," + _SCALAR + rb")*\])"

MOULDS_PER_KIND: Final = 8
"""Bodies of one kind have few shapes; the ninth goes the long way rather than fill the memory."""
LONGEST_MOULD: Final = 4_096
"""Bytes of the longest body that leaves a mould: an opening carries a whole plan, once."""


class Found(Exception):
    """A step found something: its number, a French sentence, and the entry it is about."""

    def __init__(self, check: int, message: str, seq: int | None = None) -> None:
        """Keep what the report will say."""
        super().__init__(message)
        self.check = check
        self.message = message
        self.seq = seq


class Line(NamedTuple):
    """The parts of one line as they are written; ``crisis``, ``kind``, ``slack_ts`` in quotes."""

    body: bytes
    entry: bytes
    commitment: bytes
    crisis: bytes
    event_time: bytes | None
    kind: bytes
    prev: bytes
    record_time: bytes
    seq: bytes
    slack_ts: bytes
    salt: bytes | None
    sig: bytes | None


Parts: TypeAlias = tuple[Any, ...]
"""The same as ``Line`` before it is one: making it one costs more than comparing two hashes."""
_NO_MOULD: Final = re.compile(rb"(?!)")


class Moulds:
    """The moulds of the lines met so far."""

    def __init__(self) -> None:
        """Start with none."""
        self._known: dict[bytes, list[re.Pattern[bytes]]] = {}
        self._last = _NO_MOULD
        """The mould that the last line fitted: the next one mostly does too."""
        self._day = b""
        """The last day that was found to exist; the next line is mostly of the same."""

    def line(self, raw: bytes) -> Line:
        """The parts of this line, its line feed included, the quick way if there is one.

        ``Found`` when steps 2 to 5 refuse it.  See ``quick`` for what a later step must do.
        """
        parts = self.quick(raw)
        return self.long(raw) if parts is None else Line._make(parts)

    def quick(self, raw: bytes) -> Parts | None:
        """The parts of a line that fits a mould, or ``None`` for one that goes the long way.

        Whatever a later step finds, ask ``long`` first: the form of ``prev`` and ``commitment`` is
        left to the comparison that follows.  The salt is there.
        """
        found = self._last.fullmatch(raw) or self._other(raw)
        if found is None:
            return None
        parts = found.groups()
        # What no pattern says: the bytes are UTF-8, and the days exist.
        try:
            raw.decode()
        except UnicodeDecodeError:
            return None
        day, event = parts[7][:10], parts[4]
        if (day != self._day and not self._exists(day)) or (
            event is not None and event[:10] != self._day and not self._exists(event[:10])
        ):
            return None
        return parts

    def _other(self, raw: bytes) -> re.Match[bytes] | None:
        """The match with another mould, found by the kind of the line."""
        at = raw.rfind(b',"kind":')
        for mould in self._known.get(raw[at + 8 : raw.find(b',"prev":', at)], ()):
            found = mould.fullmatch(raw)
            if found is not None:
                self._last = mould
                return found
        return None

    def _exists(self, day: bytes) -> bool:
        """Whether there is such a day: patterns let the 30th of February through."""
        try:
            date.fromisoformat(day.decode())
        except ValueError:
            return False
        self._day = day
        return True

    def long(self, raw: bytes) -> Line:
        """The parts of this line by steps 2 to 5; one that comes through leaves its mould."""
        data = _formed(_strict(_text(raw)))
        entry, body = data["entry"], data["body"]
        line = Line(
            body=_spelt(body),
            entry=_spelt(entry),
            commitment=entry["body"].encode(),
            crisis=_spelt(entry["crisis"]),
            event_time=entry["event_time"].encode() if entry["event_time"] else None,
            kind=_spelt(entry["kind"]),
            prev=entry["prev"].encode(),
            record_time=entry["record_time"].encode(),
            seq=_spelt(entry["seq"]),
            slack_ts=_spelt(entry["slack_ts"]),
            salt=data["salt"].encode() if data["salt"] else None,
            sig=data["sig"].encode() if data["sig"] else None,
        )
        known = self._known.setdefault(line.kind, [])
        if len(known) < MOULDS_PER_KIND and len(line.body) <= LONGEST_MOULD:
            known.append(_mould(line, body))
        return line


def _mould(line: Line, body: object) -> re.Pattern[bytes]:
    """The pattern of all lines of that crisis and kind whose body has the same shape."""
    crisis, kind = re.escape(line.crisis), re.escape(line.kind)
    return re.compile(
        rb'\{"body":(' + _shape(body) + rb'),"entry":(\{"body":"(' + _ANY + rb')",'
        rb'"crisis":(' + crisis + rb'),"event_time":(?:null|"(' + _TIME + rb')"),'
        rb'"kind":(' + kind + rb'),"prev":"(' + _ANY + rb')","record_time":"(' + _TIME + rb')",'
        rb'"seq":([1-9][0-9]{0,14}),"slack_ts":(null|' + _TEXT + rb'),"v":1\}),'
        rb'"salt":"(' + _HASH + rb')","sig":(?:null|"([A-Za-z0-9+/=]++)")\}\n',
        re.DOTALL,
    )


def _shape(value: object) -> bytes:
    """The pattern of values with the same keys; scalars, and lists of them, are free."""
    if isinstance(value, dict):
        items = (re.escape(_spelt(key)) + b":" + _shape(item) for key, item in value.items())
        return rb"\{" + b",".join(items) + rb"\}"
    if isinstance(value, list):
        if not any(isinstance(item, list | dict) for item in value):
            return _LIST
        return rb"\[" + b",".join(map(_shape, value)) + rb"\]"
    return _TEXT if isinstance(value, str) else _SCALAR


def _spelt(value: object) -> bytes:
    return canonical(value).encode()


def _text(raw: bytes) -> str:
    """Step 2: the text of the line."""
    if not raw.endswith(b"\n"):
        raise Found(2, "La ligne n'est pas terminée, ou elle est démesurée.")
    if raw == b"\n":
        raise Found(2, "La ligne est vide.")
    try:
        return raw[:-1].decode("utf-8")
    except UnicodeDecodeError as error:
        raise Found(2, "La ligne contient des octets qui ne sont pas du texte UTF-8.") from error


def _strict(text: str) -> dict[str, Any]:
    """Steps 3 and 4: the object, spelt in the only way it can be."""
    try:
        data = parse(text)
    except ValueError as error:
        raise Found(3, "La ligne n'est pas du JSON strict.") from error
    if not isinstance(data, dict):
        raise Found(3, "La ligne n'est pas un objet JSON.")
    try:
        spelling = canonical(data)
    except ValueError as error:
        raise Found(4, "La ligne contient une valeur hors du profil canonique.") from error
    if spelling != text:
        raise Found(4, "La ligne n'est pas écrite sous sa forme canonique.")
    return data


def _formed(data: dict[str, Any]) -> dict[str, Any]:
    """Step 5: the entry, exactly of format v1, and what stands beside it."""
    entry = data.get("entry")
    if isinstance(entry, dict) and entry.get("v", VERSION) != VERSION:
        message = "Version de format inconnue\u00a0: utilisez une version plus récente de tocsin."
        raise Found(5, message)
    try:
        check_line(entry)
    except ValueError as error:
        raise Found(5, "L'entrée n'a pas exactement les champs du format v1.") from error
    salt, body, sig = data.get("salt"), data.get("body"), data.get("sig")
    beside = (
        data.keys() == _EXPORT_KEYS
        and (salt is None or (isinstance(salt, str) and _SALT.fullmatch(salt) is not None))
        and (body is None or isinstance(body, dict))
        and (sig is None or (isinstance(sig, str) and sig != ""))
    )
    if not beside:
        raise Found(5, "Le sel, le contenu ou la signature n'est pas du format v1.")
    return data
