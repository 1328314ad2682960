"""Just enough DER (ITU-T X.690) to read a time stamp and to write the request for one.

One-byte tags and definite, minimal lengths: whatever else comes is ``ValueError``.  Nothing here
knows what an element means, and nothing follows a nesting deeper than its caller does.
"""

from dataclasses import dataclass
from typing import Final

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
TIME: Final = 0x18
"""GeneralizedTime."""
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTEXT: Final = 0xA0
"""Constructed, context-specific [0]; [1] is one more, and so on."""

_LONG: Final = 0x80
_TAG: Final = 0x1F
_LENGTH_BYTES: Final = 4
_BASE: Final = 128
_SECOND_ARC: Final = 40
_LONGEST_OID: Final = 64
"""Bytes of the longest object identifier that is read."""


@dataclass(frozen=True, slots=True)
class Node:
    """One element: its tag, what it contains, and its bytes from tag to end."""

    tag: int
    content: bytes
    whole: bytes

    @property
    def children(self) -> "tuple[Node, ...]":
        """The elements that it contains; ``ValueError`` when its content is none."""
        return elements(self.content)

    def child(self, number: int, tag: int) -> "Node":
        """The element at this place; ``ValueError`` when it is missing or of another tag."""
        inside = self.children
        if number >= len(inside) or inside[number].tag != tag:
            raise ValueError(f"element {number} of {self.tag:#x} is not {tag:#x}")
        return inside[number]

    @property
    def number(self) -> int:
        """The value of an INTEGER."""
        if self.tag != INTEGER or not self.content:
            raise ValueError("not an integer")
        return int.from_bytes(self.content, "big", signed=True)

    @property
    def dotted(self) -> str:
        """The value of an OBJECT IDENTIFIER, as ``1.2.840``."""
        if (
            self.tag != OID
            or not 0 < len(self.content) <= _LONGEST_OID
            or self.content[-1] >= _BASE
        ):
            raise ValueError("not an object identifier")
        arcs, value = [], 0
        for byte in self.content:
            value = value * _BASE + byte % _BASE
            if byte < _BASE:
                arcs.append(value)
                value = 0
        first = min(arcs[0] // _SECOND_ARC, 2)
        return ".".join(map(str, (first, arcs[0] - first * _SECOND_ARC, *arcs[1:])))


def elements(data: bytes) -> tuple[Node, ...]:
    """The elements that these bytes are made of, one after the other."""
    found, at = [], 0
    while at < len(data):
        start, length = _head(data, at)
        end = start + length
        if end > len(data):
            raise ValueError("an element is cut short")
        found.append(Node(data[at], data[start:end], data[at:end]))
        at = end
    return tuple(found)


def parse(data: bytes) -> Node:
    """The one element that these bytes are; ``ValueError`` when there is more, or none."""
    found = elements(data)
    if len(found) != 1:
        raise ValueError("one element is expected")
    return found[0]


def _head(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at ``at`` begins, and how long it is."""
    if at + 2 > len(data) or data[at] & _TAG == _TAG:
        raise ValueError("an element begins with a one-byte tag and a length")
    first = data[at + 1]
    if first < _LONG:
        return at + 2, first
    size = first - _LONG
    raw = data[at + 2 : at + 2 + size]
    length = int.from_bytes(raw, "big")
    if not 0 < size <= _LENGTH_BYTES or len(raw) != size or _length(length)[1:] != raw:
        raise ValueError("a length is not written as DER writes it")
    return at + 2 + size, length


# -- writing ----------------------------------------------------------------------------------


def write(tag: int, *parts: bytes) -> bytes:
    """The element of this tag that contains these bytes."""
    content = b"".join(parts)
    return bytes([tag]) + _length(len(content)) + content


def integer(value: int) -> bytes:
    """An INTEGER."""
    return write(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER; ``ValueError`` when the text is not one."""
    arcs = [int(arc) for arc in dotted.split(".") if arc.isdecimal()]
    if ".".join(map(str, arcs)) != dotted or len(arcs) < 2:  # noqa: PLR2004 - two arcs make one
        raise ValueError(f"{dotted} is no object identifier")
    if arcs[0] > 2 or (arcs[0] < 2 and arcs[1] >= _SECOND_ARC):  # noqa: PLR2004 - X.660
        raise ValueError(f"{dotted} is no object identifier")
    return write(OID, *map(_arc, (arcs[0] * _SECOND_ARC + arcs[1], *arcs[2:])))


def _arc(value: int) -> bytes:
    digits = [value % _BASE]
    while value := value // _BASE:
        digits.append(value % _BASE + _BASE)
    return bytes(reversed(digits))


def _length(size: int) -> bytes:
    if size < _LONG:
        return bytes([size])
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([_LONG + len(raw)]) + raw
