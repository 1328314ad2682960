"""Shapes of what Slack takes, as data, and the reading of a thing against one.

A shape is a text object, a string, a list, an object, an object of several kinds or a number, each
with its bounds; ``faults`` says what a thing has that its shape does not allow.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bot.slack.blocks import width


@dataclass(frozen=True, slots=True)
class Text:
    """A text object of so many characters at most."""

    most: int
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A string of so many characters."""

    most: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class Many:
    """A list of so many things of one shape."""

    of: "Shape"
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Thing:
    """An object with these properties, of which some must be there."""

    fields: Mapping[str, "Shape"]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """An object whose ``type`` says which shape it has."""

    kinds: Mapping[str, Thing]


@dataclass(frozen=True, slots=True)
class Whole:
    """A number between two bounds."""

    least: int
    most: int


Shape: TypeAlias = Text | Words | Many | Thing | Kind | Whole | None
"""``None`` is anything: a flag, or a value without a limit."""


def faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What is wrong with a value, one sentence a fault, with its place from ``path`` on."""
    if shape is not None:
        yield from _READ[type(shape)](shape, value, path)


def _text(shape: Text, value: Any, path: str) -> Iterator[str]:
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind not in ("plain_text",) if shape.plain else kind not in ("plain_text", "mrkdwn"):
        yield f"{path}: no text of the right kind"
        return
    extra = "emoji" if kind == "plain_text" else "verbatim"
    yield from faults(Thing({"text": Words(shape.most, 1), extra: None}, ("text",)), value, path)


def _words(shape: Words, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str) or not shape.least <= width(value) <= shape.most:
        yield f"{path}: {shape.least} to {shape.most} characters"


def _whole(shape: Whole, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, int) or not shape.least <= value <= shape.most:
        yield f"{path}: {shape.least} to {shape.most}"


def _many(shape: Many, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list) or not shape.least <= len(value) <= shape.most:
        yield f"{path}: {shape.least} to {shape.most} of them"
    for n, one in enumerate(value if isinstance(value, list) else ()):
        yield from faults(shape.of, one, f"{path}/{n}")


def _thing(shape: Thing, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: no object"
        return
    for name in value.keys() - shape.fields.keys() - {"type"}:
        yield f"{path}: no such property: {name}"
    for name in shape.needs:
        if value.get(name) is None:
            yield f"{path}: {name} is missing"
    for name, inner in shape.fields.items():
        if value.get(name) is not None:
            yield from faults(inner, value[name], f"{path}/{name}")


def _kind(shape: Kind, value: Any, path: str) -> Iterator[str]:
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind not in shape.kinds:
        yield f"{path}: {kind} does not stand here"
        return
    yield from _thing(shape.kinds[str(kind)], value, path)


_READ: Final[Mapping[type, Callable[[Any, Any, str], Iterator[str]]]] = {
    Text: _text,
    Words: _words,
    Whole: _whole,
    Many: _many,
    Thing: _thing,
    Kind: _kind,
}
