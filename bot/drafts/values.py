"""The values that a document may show: texts that remember their name, and what is missing.

A value is a text; beside it stand its label and its path, so that a version can say what changed
since the one before.  ``Missing`` is false, shows as nothing by itself, and is printed as
« [à compléter : …] ».  Reading a list counts against one budget for the whole document.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from bot.core.french import clock, joined, span

MOST_READ: Final = 50_000
"""Rows that one document may read from lists, loops within loops included."""
_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip


class TooMuch(Exception):
    """The template asks for more work than a document is worth."""


class Value(str):
    """A text with the name under which a template asks for it."""

    __slots__ = ("label", "path")
    label: str
    path: str

    def __new__(cls, text: str, label: str = "", path: str = "") -> Self:
        """Make the value."""
        made = super().__new__(cls, text)
        made.label, made.path = label, path
        return made

    def like(self, text: str) -> "Value":
        """Another text of the same name."""
        return Value(text, self.label, self.path)


class When(Value):
    """A moment (UTC) in the establishment's zone; as a text, its date and hour."""

    __slots__ = ("about", "at", "zone")
    about: bool
    at: datetime
    zone: str

    def __new__(
        cls,
        at: datetime,
        zone: str,
        label: str = "",
        path: str = "",
        text: str = "",
        *,
        about: bool = False,
    ) -> Self:
        """Make the value; ``about`` says that the hour is not certain, ``text`` what it shows."""
        shown = text or f"{long_date(at, zone)}, {_hour(at, zone, about=about)}"
        made = super().__new__(cls, shown, label, path)
        made.at, made.zone, made.about = at, zone, about
        return made

    def of_day(self) -> Value:
        """The date alone."""
        return self.like(long_date(self.at, self.zone))

    def of_hour(self) -> Value:
        """The hour alone, « vers » before one that is not certain."""
        return self.like(_hour(self.at, self.zone, about=self.about))

    def in_full(self) -> Value:
        """Date, hour and offset from UTC: what cannot be read in two ways."""
        offset = self.at.astimezone(ZoneInfo(self.zone)).strftime("%z")
        day, hour = long_date(self.at, self.zone), _hour(self.at, self.zone, about=self.about)
        return self.like(f"{day}, {hour} (UTC{offset[:3]}:{offset[3:]})")


class YesNo(Value):
    """« oui » or « non », true for « oui » only."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """Whether it is « oui »."""
        return str(self) == "oui"


class NotYet(Value):
    """A state that may come: false, and told in words when it is printed."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """Never true."""
        return False


class Missing:
    """What nobody has said yet."""

    __slots__ = ("label", "path")

    def __init__(self, label: str, path: str = "") -> None:
        """Keep what it is called."""
        self.label, self.path = label, path

    def __bool__(self) -> bool:
        """Never true."""
        return False

    def __str__(self) -> str:
        """Nothing."""
        return ""

    def __iter__(self) -> Iterator[Any]:
        """Nothing to go through."""
        return iter(())


class Budget:
    """How much a document may still read."""

    def __init__(self, left: int = MOST_READ) -> None:
        """Start with so many rows."""
        self.left = left

    def spend(self) -> None:
        """One more row; ``TooMuch`` when there is none left."""
        self.left -= 1
        if self.left < 0:
            raise TooMuch


class Rows:
    """A list of the journal; ``shape`` is what each of its rows is made of, even when empty."""

    __slots__ = ("_budget", "_items", "label", "path", "shape")

    def __init__(
        self, items: Iterable[Any], shape: Any, label: str, path: str, budget: Budget
    ) -> None:
        """Keep the rows."""
        self._items = tuple(items)
        self.shape, self.label, self.path, self._budget = shape, label, path, budget

    def __iter__(self) -> Iterator[Any]:
        """Each row, counted."""
        for item in self._items:
            self._budget.spend()
            yield item

    def __len__(self) -> int:
        """How many rows."""
        return len(self._items)


def yes_no(yes: bool, label: str, path: str) -> YesNo:
    """« oui » or « non »."""
    return YesNo("oui" if yes else "non", label, path)


def long_date(at: datetime | date, zone: str = "") -> str:
    """``21 novembre 2026``, in the zone for a moment."""
    day = at.astimezone(ZoneInfo(zone)).date() if isinstance(at, datetime) else at
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number}\u00a0{_MONTHS[day.month - 1]}\u00a0{day.year}"


def _hour(at: datetime, zone: str, *, about: bool) -> str:
    return f"{'vers ' if about else ''}{clock(at, zone)}"


# -- what templates may do with a value -----------------------------------------------------------


def as_date(value: Any) -> Any:
    """``| date``: the day of a moment; anything else as it is."""
    return value.of_day() if isinstance(value, When) else value


def as_hour(value: Any) -> Any:
    """``| heure``: the hour of a moment; anything else as it is."""
    return value.of_hour() if isinstance(value, When) else value


def as_stamp(value: Any) -> Any:
    """``| horodate``: a moment in full, with its offset; anything else as it is."""
    return value.in_full() if isinstance(value, When) else value


def as_list(value: Any) -> Any:
    """``| liste``: « a, b et c »; what is missing stays missing."""
    if not isinstance(value, Rows):
        return value
    if not len(value):
        return Missing(value.label, value.path)
    return Value(joined([_said(one) for one in value]), value.label, value.path)


def as_yes_no(value: Any) -> Any:
    """``| oui_non``: whether there is something; what is missing stays missing."""
    if isinstance(value, Missing | YesNo):
        return value
    label, path = getattr(value, "label", ""), getattr(value, "path", "")
    return yes_no(bool(value), label, path)


def as_duration(now: datetime) -> Any:
    """``| duree``: time between a moment and ``now``, or a duration in words."""

    def told(value: Any) -> Any:
        if isinstance(value, When):
            return value.like(span(now - value.at))
        return span(value) if isinstance(value, timedelta) else value

    return told


def _said(row: Any) -> str:
    """A row in a word: the text itself, or its first value."""
    if isinstance(row, Mapping):
        return str(next(iter(row.values()), ""))
    return str(row)
