"""One point of the self-check: what was looked at, how it stands, what to do."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.config import Settings
from bot.core.french import typography

State = Literal["right", "note", "wrong"]

_WORDS: Final[dict[State, str]] = {"right": "ok", "note": "à savoir", "wrong": "à corriger"}


@dataclass(frozen=True, slots=True)
class Look:
    """What is asked for: every journal or the last one, with or without services outside."""

    settings: Settings
    every_journal: bool = False
    offline: bool = False
    patience: float = 10.0
    """Seconds given to each service."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One point; ``todo`` is what to do about it, empty when there is nothing to do."""

    title: str
    state: State
    told: str
    todo: str = ""

    @property
    def line(self) -> str:
        """The point as a terminal shows it."""
        todo = f" {self.todo}" if self.todo else ""
        return typography(f"{_WORDS[self.state]:<11}{self.title} : {self.told}.{todo}")

    def as_json(self) -> dict[str, Any]:
        """The point for a program; ``state`` is right, note or wrong."""
        return {
            "title": self.title,
            "state": self.state,
            "told": self.told,
            "todo": self.todo,
        }


def right(title: str, told: str) -> Finding:
    """A point that holds."""
    return Finding(title, "right", told)


def note(title: str, told: str, todo: str = "") -> Finding:
    """Something to know, which stops nothing."""
    return Finding(title, "note", told, todo)


def wrong(title: str, told: str, todo: str) -> Finding:
    """Something to put right."""
    return Finding(title, "wrong", told, todo)
