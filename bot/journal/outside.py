"""What an auditor kept from elsewhere: checkpoints, keys, certificates, as people keep them.

A checkpoint may be typed (``12:9f86…``), be a signed note, or lie somewhere in a letter: a saved
e-mail, its text copied into a file, quoted, indented or folded by a mail program.  Everything here
is read from text that anybody may have written; nothing is checked but its form.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from typing import Final

from bot.journal.trust import Key

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of the largest file that is read for a checkpoint, a key or certificates."""

_TYPED = re.compile(r"(?<![\w+/=])([1-9][0-9]{0,14}):([0-9a-fA-F]{64})(?![\w+/=])")
_DASH: Final = "(?:\u2014|\u2013|--?)"
_BASE64: Final = r"[A-Za-z0-9+/]"
_NOTE = re.compile(
    rf"^(?P<origin>\S[^\n]*)\n(?P<size>[1-9][0-9]{{0,14}})\n(?P<head>{_BASE64}{{43}}=)\n\n+"
    # 4 bytes of key id and 64 of signature; a mail program may have folded them.
    rf"(?P<tail>(?:{_DASH}[ ]+\S+\s+(?:{_BASE64}\s?){{91}}=\n?)+)",
    re.MULTILINE,
)
_SIGNATURE = re.compile(rf"{_DASH}[ ]+(\S+)\s+((?:{_BASE64}\s?){{91}}=)")
_AROUND = re.compile(r"^[>| \t]+|[ \t]+$", re.MULTILINE)
"""What mail programs put before and after the lines that they quote."""
_TAG = re.compile(r"<(?:br|/p|/div|/pre)\b[^>]*>|<[^>]*>", re.IGNORECASE)
_KEY = re.compile(rf"(?<!\S)\S+\+[0-9a-f]{{8}}\+{_BASE64}{{44}}(?!\S)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What somebody noted outside: the journal had this many lines, the last with this hash."""

    entries: int
    head: str
    note: str = ""
    """The signed note, when there is one, as it was signed."""
    crisis: str = ""
    """The crisis that the note names."""

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read ``12:9f86…``, number of lines then hash; anything else is ``ValueError``."""
        found = _TYPED.fullmatch(text.strip())
        if not found:
            raise ValueError("a checkpoint is written NUMBER:HASH")
        return cls(int(found[1]), found[2].lower())


@dataclass(frozen=True, slots=True)
class Brought:
    """What the auditor brings to a verification, none of it from the bundle."""

    checkpoints: tuple[Checkpoint, ...] = ()
    keys: tuple[Key, ...] = ()
    certificates: bytes = b""
    """PEM of the stamping authorities: their own and those above."""


NOTHING: Final = Brought()


def find_checkpoints(data: bytes) -> tuple[Checkpoint, ...]:
    """Every checkpoint in this letter or note; ``ValueError`` when there is none."""
    texts = list(_texts(data))
    found = {one.note: one for text in texts for one in _notes(text)}
    if found:
        return tuple(found.values())
    typed = {(int(one[1]), one[2].lower()) for text in texts for one in _TYPED.finditer(text)}
    if not typed:
        raise ValueError("no checkpoint in there")
    return tuple(Checkpoint(entries, head) for entries, head in sorted(typed))


def find_keys(data: bytes) -> tuple[str, ...]:
    """Every public key (``name+id+base64``) in this text; ``ValueError`` when there is none."""
    found = {one[0]: None for text in _texts(data) for one in _KEY.finditer(text)}
    if not found:
        raise ValueError("no key in there")
    return tuple(found)


def _notes(text: str) -> Iterator[Checkpoint]:
    for found in _NOTE.finditer(text):
        origin, size, head = found["origin"].rstrip(), int(found["size"]), found["head"]
        lines = [
            f"\u2014 {name} {_joined(raw)}\n" for name, raw in _SIGNATURE.findall(found["tail"])
        ]
        yield Checkpoint(
            size,
            b64decode(head).hex(),
            f"{origin}\n{size}\n{head}\n\n{''.join(lines)}",
            origin.rpartition("/")[2],
        )


def _joined(folded: str) -> str:
    return "".join(folded.split())


def _texts(data: bytes) -> Iterator[str]:
    """The texts in which to look: of each part of a mail, then of the file as it stands."""
    parts = list(_parts(data))
    for text in (*parts, data.decode("utf-8", "replace")):
        yield _AROUND.sub("", text.replace("\r\n", "\n").replace("\u00a0", " "))


def _parts(data: bytes) -> Iterator[str]:
    """The texts of a saved mail, decoded; what is no mail is a mail of one part, as well."""
    message = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
    for part in _leaves(message.walk()):
        try:
            content = part.get_content()
        except (LookupError, ValueError, binascii.Error):
            continue
        if not isinstance(content, str):
            continue
        if part.get_content_subtype() == "html":
            # Line ends count inside <pre> only: both readings are tried.
            yield unescape(_TAG.sub(_break, " ".join(content.split())))
            content = unescape(_TAG.sub("", content))
        yield content


def _break(tag: re.Match[str]) -> str:
    """A line end for what ends a line in a page, nothing for the rest."""
    return "\n" if re.match(r"<(?:br|/)", tag[0], re.IGNORECASE) else ""


def _leaves(parts: Iterable[object]) -> Iterator[EmailMessage]:
    """The parts that hold a text of their own."""
    for part in parts:
        if isinstance(part, EmailMessage) and part.get_content_maintype() == "text":
            yield part
