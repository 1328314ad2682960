"""Reading RFC 3161 time stamps, with the standard library alone.

The fractions of a second are kept: rfc3161-client drops them.  What is read here is what a token
*says*; whether somebody trusted signed it is ``bot.journal.stamp``'s.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import new
from typing import Final

from bot.journal import der
from bot.journal.der import CONTEXT, INTEGER, OCTETS, OID, SEQUENCE, SET, TIME, Node

#: Names of the hash functions that a token may use.
HASHES: Final = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
GRANTED: Final = 0
"""The only status under which there is a token for us (RFC 3161, 2.4.2)."""

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_SIGNING_CERTIFICATE: Final = {
    "1.2.840.113549.1.9.16.2.12": "sha1",
    "1.2.840.113549.1.9.16.2.47": "sha256",
}
"""The attributes that name the signer's certificate, with the hash they use unless they say so."""
_COMMON_NAME: Final = "2.5.4.3"
_UTF16: Final = 0x1E
"""BMPString."""
_CONSTRUCTED: Final = 0x20
"""The bit of a tag whose element contains others."""
_NAME_DEPTH: Final = 6
"""[0], [4], the name, one part of it, one attribute, its value."""
_MICROSECONDS: Final = 6
_TIME: Final = re.compile(r"(\d{14})(?:\.(\d*[1-9]))?Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """What a time stamp says; nothing of it is proven until ``check_token`` finds no problem."""

    time: datetime
    """UTC, with its fractions (to the microsecond)."""
    accuracy: timedelta | None
    """How far the authority says that its clock may be off."""
    hash_name: str
    """``sha256``, or the dotted number of a function that is not accepted."""
    imprint: str
    """The hash of what was stamped, in hexadecimal."""
    policy: str
    serial: int
    nonce: int | None
    authority: str
    """The name that the token gives to who signed it; may be empty."""

    def covers(self, message: bytes) -> bool:
        """Whether the hash is that of these bytes."""
        known = self.hash_name in HASHES.values()
        return known and new(self.hash_name, message).hexdigest() == self.imprint


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of an answer; ``bare`` is the same without the certificates that it embeds."""

    status: int
    said: str
    """What the authority says of the status."""
    token: Token
    bare: bytes
    issuer: bytes
    """Who issued the signer's certificate (a name in DER); ``serial`` is its number there."""
    serial: int
    names: tuple[tuple[str, bytes], ...]
    """Hash function and hash by which the token names its signer's certificate."""


def read_token(answer: bytes) -> Token:
    """What a time stamp says: an answer of the authority, or the token alone (DER).

    ``ValueError`` when it is neither.  Nothing is verified.
    """
    return take_apart(answer).token


def status_of(answer: bytes) -> tuple[int, str]:
    """Status of an answer, which has no token when refused, and what the authority says of it.

    ``ValueError`` when it is no answer.
    """
    return _status(der.parse(answer).child(0, SEQUENCE))


def take_apart(answer: bytes) -> Answer:
    """The parts of an answer or of a token alone; ``ValueError`` when it is neither."""
    try:
        return _parts(der.parse(answer))
    except (IndexError, OverflowError) as error:
        raise ValueError("an element is missing or out of all measure") from error


def _parts(outside: Node) -> Answer:
    """RFC 3161, 2.4.2 for the answer; RFC 5652, 5.1 for the signed data in it."""
    status, said, token = GRANTED, "", outside
    if outside.children and outside.children[0].tag == SEQUENCE:
        status, said = _status(outside.children[0])
        token = outside.child(1, SEQUENCE)
    if token.child(0, OID).dotted != _SIGNED_DATA:
        raise ValueError("not signed data")
    signed = token.child(1, CONTEXT).child(0, SEQUENCE)
    content = signed.child(2, SEQUENCE)
    if content.child(0, OID).dotted != _TST_INFO:
        raise ValueError("what is signed is no time stamp")
    (signer,) = signed.children[-1].children
    issuer, serial = signer.child(1, SEQUENCE).children
    return Answer(
        status=status,
        said=said,
        token=_token(der.parse(content.child(1, CONTEXT).child(0, OCTETS).content), signed),
        bare=_bare(token, signed),
        issuer=issuer.whole,
        serial=serial.number,
        names=tuple(_named(signer)),
    )


def _status(node: Node) -> tuple[int, str]:
    first, *rest = node.children or (node,)
    texts = [text for one in rest if one.tag == SEQUENCE for text in one.children]
    return first.number, " ".join(_text(one) for one in texts)


def _bare(token: Node, signed: Node) -> bytes:
    """A granted answer with this token and no certificate ([0]) nor revocation list ([1])."""
    kept = [one.whole for one in signed.children if one.tag not in (CONTEXT, CONTEXT + 1)]
    content = der.write(CONTEXT, der.write(SEQUENCE, *kept))
    granted = der.write(SEQUENCE, der.integer(GRANTED))
    return der.write(SEQUENCE, granted, der.write(SEQUENCE, token.children[0].whole, content))


def _token(info: Node, signed: Node) -> Token:
    """The content of a token (TSTInfo, RFC 3161, 2.4.2)."""
    imprint = info.child(2, SEQUENCE)
    function = imprint.child(0, SEQUENCE).child(0, OID).dotted
    later = info.children[5:]
    named = next((one for one in later if one.tag == CONTEXT), None)
    return Token(
        time=_time(info.child(4, TIME).content.decode("ascii")),
        accuracy=next((_accuracy(one) for one in later if one.tag == SEQUENCE), None),
        hash_name=HASHES.get(function, function),
        imprint=imprint.child(1, OCTETS).content.hex(),
        policy=info.child(1, OID).dotted,
        serial=info.child(3, INTEGER).number,
        nonce=next((one.number for one in later if one.tag == INTEGER), None),
        authority=_common_name(named) or _signer_name(signed),
    )


def _time(text: str) -> datetime:
    """A GeneralizedTime in UTC, its fractions kept to the microsecond (RFC 3161, 2.4.2)."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("a time stamp is written in UTC, to the second at least")
    at = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    fraction = (found[2] or "").ljust(_MICROSECONDS, "0")[:_MICROSECONDS]
    return at + timedelta(microseconds=int(fraction))


def _accuracy(node: Node) -> timedelta:
    """Seconds, then milliseconds ([0]) and microseconds ([1]), each optional."""
    found = {one.tag: int.from_bytes(one.content, "big") for one in node.children}
    primitive = CONTEXT - _CONSTRUCTED
    return timedelta(
        seconds=found.get(INTEGER, 0),
        milliseconds=found.get(primitive, 0),
        microseconds=found.get(primitive + 1, 0),
    )


def _signer_name(signed: Node) -> str:
    """Subject of the embedded certificate that is the signer's, if it is there."""
    wanted = signed.children[-1].children[0].child(1, SEQUENCE).content
    for embedded in (one for one in signed.children if one.tag == CONTEXT):
        for certificate in embedded.children:
            fields = [one for one in certificate.children[0].children if one.tag != CONTEXT]
            if fields[2].whole + fields[0].whole == wanted:
                return _common_name(fields[4])
    return ""


def _common_name(node: Node | None, depth: int = _NAME_DEPTH) -> str:
    """The common name somewhere in a name; empty when it has none."""
    if node is None or not node.tag & _CONSTRUCTED or not depth:
        return ""
    inside = node.children
    if [one.tag for one in inside[:1]] == [OID]:
        return _text(inside[1]) if inside[0].dotted == _COMMON_NAME else ""
    return next((found for one in inside if (found := _common_name(one, depth - 1))), "")


def _text(node: Node) -> str:
    """A text, without what cannot be printed."""
    text = node.content.decode("utf-16-be" if node.tag == _UTF16 else "utf-8", "replace")
    return "".join(one for one in text if one.isprintable())


def _named(signer: Node) -> Iterator[tuple[str, bytes]]:
    """How the signed attributes name the signer's certificate (RFC 5035, RFC 5816)."""
    for attributes in (one for one in signer.children if one.tag == CONTEXT):
        for attribute in attributes.children:
            usual = _SIGNING_CERTIFICATE.get(attribute.child(0, OID).dotted)
            if usual:
                value = attribute.child(1, SET).child(0, SEQUENCE)
                yield _identifier(value.child(0, SEQUENCE).child(0, SEQUENCE), usual)


def _identifier(node: Node, usual: str) -> tuple[str, bytes]:
    """Hash function and hash of one identifier; the function is left out when it is the usual."""
    first = node.children[0]
    if first.tag == OCTETS:
        return usual, first.content
    return HASHES.get(first.child(0, OID).dotted, ""), node.child(1, OCTETS).content
