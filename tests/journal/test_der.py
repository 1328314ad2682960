"""DER elements: what is written is read back, and nothing that is not DER is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.journal.der import (
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    elements,
    integer,
    oid,
    parse,
    write,
)


@given(st.integers(-(2**200), 2**200))
def test_an_integer_comes_back(value: int) -> None:
    """Whatever its sign and size, in as few bytes as DER wants, or one more for its sign."""
    node = parse(integer(value))
    assert (node.tag, node.number) == (INTEGER, value)


@given(st.integers(0, 2), st.lists(st.integers(0, 2**40), min_size=1, max_size=6))
def test_an_object_identifier_comes_back(first: int, rest: list[int]) -> None:
    """The first two numbers share a byte or more; the others take what they need."""
    arcs = [first, rest[0] % 40 if first < 2 else rest[0], *rest[1:]]
    dotted = ".".join(map(str, arcs))
    node = parse(oid(dotted))
    assert (node.tag, node.dotted) == (OID, dotted)


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_what_is_nested_comes_back(contents: list[bytes]) -> None:
    """Short and long lengths, and every byte accounted for."""
    whole = write(SEQUENCE, *(write(OCTETS, one) for one in contents))
    node = parse(whole)
    assert node.whole == whole
    assert [one.content for one in node.children] == contents
    assert [node.child(number, OCTETS).content for number in range(len(contents))] == contents


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x01",
        b"\x30\x80\x00\x00",
        b"\x30\x81\x01\x00",
        b"\x30\x82\x00\x80" + bytes(128),
        b"\x30\x85\x01\x00\x00\x00\x00",
        b"\x1f\x01\x00",
        b"\x30\x00\x30\x00",
    ],
    ids=[
        "empty", "no length", "cut", "no end", "long for short", "zero in front", "huge",
        "two-byte tag", "two elements",
    ],
)  # fmt: skip
def test_what_is_not_der_is_refused(data: bytes) -> None:
    """One spelling for each element: another is not read."""
    with pytest.raises(ValueError, match=r"\w"):
        parse(data)


def test_an_element_is_what_is_asked_for() -> None:
    """A place that is empty, or that holds another kind, is told."""
    node = parse(write(SEQUENCE, integer(1)))
    for number, tag in ((1, INTEGER), (0, OID)):
        with pytest.raises(ValueError, match="element"):
            node.child(number, tag)
    for broken in (write(OID, b""), write(OID, b"\x81"), write(OID, bytes([1]) * 65)):
        with pytest.raises(ValueError, match="object identifier"):
            _ = parse(broken).dotted
    with pytest.raises(ValueError, match="integer"):
        _ = parse(write(INTEGER)).number


@pytest.mark.parametrize("dotted", ["", "1", "3.1", "1.40", "1.2.", "1.-2", "1.02", "a.b", "1.2.³"])
def test_what_is_no_object_identifier_is_not_written(dotted: str) -> None:
    """A setting typed wrong is told before anything is asked with it."""
    with pytest.raises(ValueError, match="no object identifier"):
        oid(dotted)


def test_elements_follow_one_another() -> None:
    """Several elements in a row are all read, to the last byte."""
    row = integer(1) + write(OCTETS, b"deux") + integer(3)
    assert [one.whole for one in elements(row)] == [integer(1), write(OCTETS, b"deux"), integer(3)]
