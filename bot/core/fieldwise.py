"""Two versions of one thing, field by field, as French sentences without subject and full stop.

A table says how each field is called and what its values are; ``told`` says a value as people know
it.  Nothing here knows what the thing is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from bot.core.french import joined
from bot.core.rewording import reworded

Told: TypeAlias = Callable[[str, Any], str]
"""A field and one of its values -> the value as people read it."""

#: Of a long list that came or went, how many are quoted.
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Field:
    """How one field is told: its French name, its gender, and what its values are."""

    label: str
    kind: Literal["word", "prose", "list", "flag"]
    feminine: bool = False


def differing(
    old: Any, new: Any, table: Mapping[str, Field], told: Told
) -> Iterator[tuple[str, str]]:
    """The fields that differ, each with a sentence without its subject and its full stop."""
    for field, how in table.items():
        before, after = getattr(old, field), getattr(new, field)
        if before == after:
            continue
        if how.kind == "flag":
            sentences = iter((f"{how.label} : {'oui' if after else 'non'}",))
        elif how.kind == "list":
            sentences = _items(before, after, how, field, told)
        elif how.kind == "word" or not (before and after):
            sentences = _word(before, after, how, field, told)
        else:
            modified = _agreed(how, "modifié")
            sentences = (f"{modified} : {said}" for said in reworded(before, after))
        for sentence in sentences:
            yield field, sentence


def _word(before: Any, after: Any, how: Field, field: str, told: Told) -> Iterator[str]:
    if before and after:
        yield f"{how.label} : {told(field, before)} devient {told(field, after)}"
    elif after:
        yield f"{_agreed(how, 'ajouté')} : {told(field, after)}"
    else:
        yield f"{_agreed(how, 'retiré')} : {told(field, before)}"


def _items(
    before: Sequence[Any], after: Sequence[Any], how: Field, field: str, told: Told
) -> Iterator[str]:
    """What came into a list and what left it; its order only when nothing else changed."""
    came = [told(field, one) for one in after if one not in before]
    went = [told(field, one) for one in before if one not in after]
    if came:
        yield f"{_agreed(how, 'ajouté', len(came))} : {_listed(came)}"
    if went:
        yield f"{_agreed(how, 'retiré', len(went))} : {_listed(went)}"
    if not came and not went:
        yield f"{how.label} : nouvel ordre, {joined([told(field, one) for one in after])}"


def _agreed(how: Field, participle: str, count: int = 1) -> str:
    """``preuve à garder ajoutée``, ``preuves à garder ajoutées``: the first word is the noun."""
    noun, space, rest = how.label.partition(" ")
    many = "s" if count > 1 else ""
    return f"{noun}{many}{space}{rest} {participle}{'e' if how.feminine else ''}{many}"


def _listed(told: Sequence[str]) -> str:
    """The first of a list, and how many more there are."""
    more = len(told) - _SHOWN
    return joined([*told[:_SHOWN], f"{more} de plus"] if more > 1 else told)


def lasting(delta: timedelta) -> str:
    """A duration in full, nothing rounded: ``30 min``, ``1 h 30 min``, ``4 j 2 h``."""
    minutes = int(delta.total_seconds()) // 60
    hours, mins = divmod(minutes, 60)
    days, rest = divmod(hours, 24)
    parts = ((days, "j"), (rest, "h"), (mins, "min"))
    return " ".join(f"{n}\u00a0{unit}" for n, unit in parts if n) or "0\u00a0min"
