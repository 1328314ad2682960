"""A mapping that grows by one at a time for thousands of times, each version kept as it was.

A copy of the whole for each message would make a long night slower line after line.  Here a version
shares what the one before holds: a few layers, each at least twice as large as the next, of which
only the last ones are copied.  Replacing what is there already copies everything, as it is rare.
"""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Grown(Mapping[str, _Value], Generic[_Value]):
    """A mapping from strings in the order in which it grew; nothing changes it."""

    __slots__ = ("_layers",)

    def __init__(self, layers: tuple[dict[str, _Value], ...]) -> None:
        """Hold these, the oldest and largest first; no key stands in two of them."""
        self._layers = layers

    def __getitem__(self, key: str) -> _Value:
        """The value of this key; raises ``KeyError``."""
        for layer in self._layers:
            if key in layer:
                return layer[key]
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        """The keys, the oldest first."""
        for layer in self._layers:
            yield from layer

    def __len__(self) -> int:
        """How many keys there are."""
        return sum(map(len, self._layers))

    def __repr__(self) -> str:
        """The same as a dictionary would show."""
        return repr(dict(self))

    def with_one(self, key: str, value: _Value) -> "Grown[_Value]":
        """The same with one more, or with another value for a key that is there."""
        if key in self:
            return Grown(({**self, key: value},))
        layers, last = list(self._layers), {key: value}
        while layers and len(layers[-1]) <= 2 * len(last):
            last = {**layers.pop(), **last}
        return Grown((*layers, last))


def grown(known: Mapping[str, _Value], key: str, value: _Value) -> Grown[_Value]:
    """This mapping with one more key, or with another value for it."""
    held = known if isinstance(known, Grown) else Grown((dict(known),) if known else ())
    return held.with_one(key, value)
