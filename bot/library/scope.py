"""What Tocsin does not answer, from ``knowledge/hors-champ.yaml``: it says so instead of searching.

Phrases are compared word for word after folding, without stemming: « on est piratés » must never be
taken for « comment pirater ».
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from bot.core.playbook import STRICT
from bot.errors import BadFile
from bot.library.faults import Fault, fault_of
from bot.library.french import fold, words
from bot.library.marked_yaml import parse, read_text
from bot.library.typed import build


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject that is refused, and the sentence that says so."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    words: tuple[str, ...]
    reply: str
    unless: tuple[str, ...] = ()

    def fits(self, said: list[str]) -> bool:
        """Whether the words said are about this subject, and nothing makes them acceptable."""
        if any(_stands(phrase, said) for phrase in self.unless):
            return False
        return any(_stands(phrase, said) for phrase in self.words)


@dataclass(frozen=True, slots=True)
class Scope:
    """Every subject that is refused."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    subjects: tuple[Subject, ...] = ()

    def refusal(self, question: str) -> Subject | None:
        """The refused subject that the question is about, if any."""
        said = words(question)
        return next((one for one in self.subjects if one.fits(said)), None)


def _stands(phrase: str, said: list[str]) -> bool:
    """Whether the words of the phrase stand side by side; a final ``*`` matches any ending."""
    wanted = fold(phrase).split()
    last = len(said) - len(wanted) + 1
    return any(all(map(_same, wanted, said[start : start + len(wanted)])) for start in range(last))


def _same(wanted: str, word: str) -> bool:
    if wanted.endswith("*"):
        return word.startswith(wanted[:-1])
    return word == wanted


def load_scope(knowledge_folder: Path) -> tuple[Scope, tuple[Fault, ...]]:
    """The refused subjects of the folder; none, with the faults, when the file cannot be used."""
    file = knowledge_folder / "hors-champ.yaml"
    shown = f"{knowledge_folder.resolve().name}/{file.name}"
    if not file.exists():
        return Scope(), ()
    try:
        made, faults = build(Scope, parse(read_text(file, shown), shown), shown)
    except BadFile as error:
        return Scope(), (fault_of(error),)
    return made or Scope(), faults
