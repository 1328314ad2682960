"""A mapping that grows by one at a time: what a dictionary would say, and little copied."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.grown import Grown, grown

_STEPS = st.lists(st.tuples(st.sampled_from("abcdefghij"), st.integers(0, 3)), max_size=40)


@given(_STEPS)
def test_it_says_what_a_dictionary_would(steps: list[tuple[str, int]]) -> None:
    """Whatever is added or replaced, content, order and length are a dictionary's."""
    known: dict[str, int] = {}
    ours: Grown[int] = Grown(())
    for key, value in steps:
        known[key] = value
        before, said = ours, dict(ours)
        ours = grown(ours, key, value)
        assert dict(before) == said, "an earlier version changed"
    assert list(ours.items()) == list(known.items())
    assert ours == known
    assert known == ours
    assert len(ours) == len(known)
    assert "z" not in ours


def test_it_begins_with_any_mapping() -> None:
    """What was a plain dictionary grows from what it holds."""
    assert grown({"a": 1}, "b", 2) == {"a": 1, "b": 2}
    assert grown({}, "b", 2) == {"b": 2}


def test_a_thousand_more_copy_little() -> None:
    """Adding to what is large leaves the large part shared, not copied."""
    large = grown({str(n): n for n in range(10_000)}, "first", 1)
    copied = 0
    for n in range(1_000):
        larger = grown(large, f"more {n}", n)
        shared = {id(layer) for layer in large._layers}
        copied += sum(len(one) for one in larger._layers if id(one) not in shared)
        large = larger
    assert len(large) == 11_001
    assert copied < 20_000, "each of a thousand would copy ten thousand"
