"""The canonical spelling: one value, one text, and nothing outside the profile."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.journal.canonical import INTEGER_LIMIT, canonical, clean, parse

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=1 - INTEGER_LIMIT, max_value=INTEGER_LIMIT - 1)
    | TEXTS
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20
)


@given(VALUES)
def test_what_is_written_is_read_back_and_written_the_same(value: Any) -> None:
    """Reading a canonical text gives the value back, and the value the same text again."""
    text = canonical(value)

    assert parse(text) == value
    assert canonical(parse(text)) == text
    assert text.encode().decode() == text


@given(st.dictionaries(KEYS, SCALARS, min_size=2))
def test_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    """Two dictionaries that are equal have the same spelling, however they were filled."""
    backwards = dict(reversed(value.items()))

    assert canonical(backwards) == canonical(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, False, None]}, '{"a":[true,false,null],"b":1}'),
        ({"B": 1, "a": 2, "": 3}, '{"":3,"B":1,"a":2}'),
        ("é € 😀", '"é € 😀"'),
        ('\x00\x1f\b\t\n\f\r"\\/\x7f', '"\\u0000\\u001f\\b\\t\\n\\f\\r\\"\\\\/\x7f"'),
        (INTEGER_LIMIT - 1, "9007199254740991"),
        ((1, 2), "[1,2]"),
    ],
)
def test_known_spellings(value: object, text: str) -> None:
    """The spellings that RFC 8785 gives for what the profile allows."""
    assert canonical(value) == text


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        INTEGER_LIMIT,
        -INTEGER_LIMIT,
        {"é": 1},
        {1: 2},
        "\ud800",
        ["ok", {"deep": "\udfff"}],
        b"bytes",
        {1, 2},
        Ellipsis,
    ],
    ids=repr,
)
def test_outside_the_profile_is_refused(value: object) -> None:
    """What two canonicalisers could write differently is refused, not rounded or dropped."""
    with pytest.raises(ValueError, match=r".+"):
        canonical(value)


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":1}', "1.0", "1e2", "NaN", "Infinity", "{", "", "[" * 100_000, '"\n"', "9" * 5000],
    ids=lambda text: text[:10],
)
def test_text_outside_the_profile_is_refused(text: str) -> None:
    """A text that says a thing twice, or in a number that is no integer, is refused."""
    with pytest.raises(ValueError, match=r".+"):
        parse(text)


def test_too_deep_is_refused() -> None:
    """A value nested beyond what can be walked is a refusal, not a crash."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(ValueError, match="deep"):
        canonical(value)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
def test_cleaned_values_have_a_spelling(value: Any) -> None:
    """After cleaning, any text that Slack can send can be sealed."""
    assert parse(canonical(clean(value))) == clean(value)


def test_clean_marks_the_place() -> None:
    """A lone surrogate becomes U+FFFD; everything else stays."""
    dirty = json.loads('{"text": "a\\ud83d b \\ud83d\\ude00", "n": 1, "list": ["\\udc00"]}')

    assert clean(dirty) == {"text": "a\ufffd b 😀", "n": 1, "list": ["\ufffd"]}
