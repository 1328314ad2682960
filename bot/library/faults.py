"""What is wrong in a file that people edit: where, why in French, and the nearest known name."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from bot.errors import BadFile

SHORT_LIST = 8


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to correct, at one line of one file (line 0: the file as a whole)."""

    path: str
    line: int
    message: str
    warning: bool = False
    """Worth looking at, but nothing is wrong yet: alone, it fails no check."""

    def __str__(self) -> str:
        """``fichier:ligne : message``, as editors and terminals make it clickable."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}\u00a0: {self.message}"


def fault_of(error: BadFile) -> Fault:
    """The fault that an unusable file amounts to."""
    return Fault(error.path, error.line, error.message)


def quoted(word: object) -> str:
    """A word between French quotation marks."""
    return f"«\u00a0{word}\u00a0»"


def nearest(word: object, known: Iterable[str]) -> str:
    """A sentence that helps with an unknown word: the nearest known one, or the short list."""
    names = sorted(known)
    close = get_close_matches(str(word), names, n=1, cutoff=0.6)
    if close:
        return f" Vouliez-vous dire {quoted(close[0])}\u00a0?"
    if names and len(names) <= SHORT_LIST:
        return f" Possibles\u00a0: {', '.join(names)}."
    return ""
