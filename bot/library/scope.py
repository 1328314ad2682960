"""What Tocsin does not answer, from ``knowledge/hors-champ.yaml``: it says so instead of searching.

A subject is named in two ways.  Its ``words`` decide: a question that says them is declined, unless
one of its ``unless`` makes it acceptable.  Its ``hints`` only raise a doubt: such a question is
answered when a known way of asking is near, and declined otherwise (see ``confidence``).

Phrases are compared word for word after folding, without stemming: « on est piratés » must never be
taken for « comment pirater ».  A final ``*`` matches any ending, a plural needs none.  A hint of
one word is compared by its stem, and such a word is never taken for a typo of another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from bot.core.playbook import STRICT
from bot.errors import BadFile
from bot.library.faults import Fault, fault_of
from bot.library.french import STOP_WORDS, fold, stem, words
from bot.library.marked_yaml import parse, read_text
from bot.library.typed import build

_ANY = "*"
#: What a hint weighs: a word alone may stand in a question of the trade too.
PHRASE, WORD = 1.0, 0.5
_PLURALS = ("s", "x")
#: Letters by which phrases whose first word is open are looked up.
_START = 2


class _Phrases:
    """Phrases ready to be looked for in a question."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._exact: dict[str, list[list[str]]] = {}
        self._open: dict[str, list[list[str]]] = {}
        for phrase in phrases:
            wanted = fold(phrase).split()
            if wanted and wanted[0].endswith(_ANY):
                self._open.setdefault(wanted[0][:_START], []).append(wanted)
            elif wanted:
                self._exact.setdefault(_singular(wanted[0]), []).append(wanted)

    def found(self, said: Sequence[str]) -> Iterator[range]:
        """Where each phrase that stands in what is said stands."""
        for start, word in enumerate(said):
            exact, open_ = self._exact.get(_singular(word), ()), self._open.get(word[:_START], ())
            for wanted in (*exact, *open_):
                heard = said[start : start + len(wanted)]
                if len(heard) == len(wanted) and all(map(_same, wanted, heard)):
                    yield range(start, start + len(wanted))


@dataclass(frozen=True)
class Subject:
    """One subject that is refused, and the sentence that says so."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    reply: str
    words: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @cached_property
    def _ready(self) -> Mapping[str, _Phrases]:
        parts = {"words": self.words, "hints": self.hints, "unless": self.unless}
        return {name: _Phrases(phrases) for name, phrases in parts.items()}

    def fits(self, said: list[str]) -> bool:
        """Whether the words said are about this subject, and nothing makes them acceptable."""
        if next(self._ready["unless"].found(said), None) is not None:
            return False
        return next(self._ready["words"].found(said), None) is not None

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of the hints of one word."""
        plain = (words(one) for one in self.hints if not one.endswith(_ANY))
        return frozenset(stem(one[0]) for one in plain if len(one) == 1)

    def hinted(self, said: list[str]) -> dict[int, float]:
        """Places of the words said that hint at this subject, and how much each does.

        Words without meaning are left out.
        """
        places = {place: WORD for place, word in enumerate(said) if stem(word) in self.stems}
        for found in self._ready["hints"].found(said):
            weight = PHRASE if len(found) > 1 else WORD
            for place in found:
                places[place] = max(weight, places.get(place, 0.0))
        return {place: weight for place, weight in places.items() if said[place] not in STOP_WORDS}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A refused subject that a question hints at."""

    subject: Subject
    part: float
    """The part of the words that carry meaning, from 0 to 1, which hint at any such subject, each
    for what its hint weighs."""


@dataclass(frozen=True)
class Scope:
    """Every subject that is refused."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    subjects: tuple[Subject, ...] = ()

    def refusal(self, question: str) -> Subject | None:
        """The refused subject that the question is about, if any."""
        said = words(question)
        return next((one for one in self.subjects if one.fits(said)), None)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of the words that belong elsewhere, whatever the passages know."""
        return frozenset(one for subject in self.subjects for one in subject.stems)

    def doubt(self, question: str) -> Doubt | None:
        """The refused subject that the question hints at most, if any."""
        said = words(question)
        hinted = [(one.hinted(said), one) for one in self.subjects]
        most, subject = max(hinted, key=lambda pair: sum(pair[0].values()), default=({}, None))
        if subject is None or not most:
            return None
        meant = sum(word not in STOP_WORDS for word in said)
        weights: dict[int, float] = {}
        for places, _ in hinted:
            for place, weight in places.items():
                weights[place] = max(weight, weights.get(place, 0.0))
        return Doubt(subject, sum(weights.values()) / meant)


def _singular(word: str) -> str:
    """The word without the mark of a plural, so that both forms meet."""
    return word[:-1] if len(word) > 3 and word.endswith(_PLURALS) else word  # noqa: PLR2004


def _same(wanted: str, word: str) -> bool:
    if wanted.endswith(_ANY):
        return word.startswith(wanted[:-1])
    return _singular(word) == _singular(wanted)


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
