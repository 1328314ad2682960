"""Other ways to say the same, from ``knowledge/glossaire.yaml`` and ``knowledge/lexique.yaml``.

Five things, which either file may hold:

- ``sms``: phone spellings, written out before anything else;
- ``groups``: one notion of the trade each, with its other names;
- ``forms``: one word each, in forms that stemming does not bring together;
- ``related``: words that go together in people's mouths without meaning the same;
- ``common``: words of every day, which tell little of what a question is about.

A word or a phrase of the question that stands in a row also looks for the other members of that
row, for less than itself: ``ways`` gives them.  Everything is compared by stems.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from bot.core.playbook import STRICT
from bot.errors import BadFile
from bot.library.faults import Fault, fault_of
from bot.library.french import STOP_WORDS, fold, stem, words
from bot.library.marked_yaml import parse, read_text
from bot.library.typed import build

FILES = ("glossaire.yaml", "lexique.yaml")
#: What another way to say it is worth beside what was said.
FORM, GROUP, RELATED = 0.9, 0.8, 0.75

#: Words that a phrase may lose without meaning something else.
_LIGHT = frozenset("l le la les d de du des un une a au aux en s se".split())

Phrase = tuple[str, ...]
"""The stems of the words that carry meaning."""


@dataclass(frozen=True, slots=True)
class Group:
    """Words for one thing: any of them in a question also looks for the others."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    term: str
    variants: tuple[str, ...] = ()
    english: str = ""
    excluded: tuple[str, ...] = ()
    """Words that look like the group and mean something else: they switch it off."""
    note: str = ""

    @property
    def members(self) -> tuple[str, ...]:
        """Every word of the group; several English ones are cut at the commas."""
        english = (one.strip() for one in self.english.split(","))
        return tuple(filter(None, (self.term, *self.variants, *english)))


@dataclass(frozen=True, slots=True)
class Way:
    """Another way to say some of the words of a question."""

    start: int
    end: int
    """The words that it stands for (the last one not included)."""
    phrase: Phrase
    weight: float


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of either file, ready to be matched."""

    members: tuple[Phrase, ...]
    weight: float
    excluded: tuple[Phrase, ...] = ()


@dataclass(frozen=True)
class Glossary:
    """Rows of words, and what phone spellings stand for."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    groups: tuple[Group, ...] = ()
    sms: Mapping[str, str] = field(default_factory=dict, hash=False)
    forms: tuple[tuple[str, ...], ...] = ()
    related: tuple[tuple[str, ...], ...] = ()
    common: tuple[str, ...] = ()

    def __add__(self, other: "Glossary") -> "Glossary":
        """Both together; the phone spellings of the other win."""
        return Glossary(
            groups=(*self.groups, *other.groups),
            sms={**self.sms, **other.sms},
            forms=(*self.forms, *other.forms),
            related=(*self.related, *other.related),
            common=(*self.common, *other.common),
        )

    @cached_property
    def spelled(self) -> Mapping[str, list[str]]:
        """Folded phone spelling -> the folded words that it stands for."""
        return {fold(short): words(full) for short, full in self.sms.items()}

    @cached_property
    def _rows(self) -> Mapping[str, list[tuple[Phrase, _Row]]]:
        """First stem of a member -> the member and its row."""
        found: dict[str, list[tuple[Phrase, _Row]]] = {}
        for row in self._all_rows():
            for member in row.members:
                found.setdefault(member[0], []).append((member, row))
        return found

    def _all_rows(self) -> Iterator[_Row]:
        for one in self.groups:
            yield _Row(_phrases(one.members), GROUP, _phrases(one.excluded))
        yield from (_Row(_phrases(one), FORM) for one in self.forms)
        yield from (_Row(_phrases(one), RELATED) for one in self.related)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Every stem that stands in a row: such a word is known even when no passage has it."""
        phrases = (phrase for row in self._all_rows() for phrase in row.members)
        return frozenset(one for phrase in phrases for one in phrase)

    @cached_property
    def common_stems(self) -> frozenset[str]:
        """Stems of the words of every day."""
        return frozenset(stem(word) for one in self.common for word in words(one))

    def expand(self, text: str) -> list[str]:
        """The folded words of a question, phone spellings written out."""
        return [word for short in words(text) for word in self.spelled.get(short, [short])]

    def ways(self, said: Sequence[str]) -> Iterator[Way]:
        """Every other way to say a part of what is said, given as stems that carry meaning."""
        for start, first in enumerate(said):
            for member, row in self._rows.get(first, ()):
                end = start + len(member)
                if tuple(said[start:end]) == member and not _stands(row.excluded, said):
                    others = (one for one in row.members if one != member)
                    yield from (Way(start, end, one, row.weight) for one in others)


def _stands(phrases: Sequence[Phrase], said: Sequence[str]) -> bool:
    """Whether one of the phrases stands in what is said."""
    text = f" {' '.join(said)} "
    return any(f" {' '.join(one)} " in text for one in phrases)


def _phrases(members: Sequence[str]) -> tuple[Phrase, ...]:
    """The members as stems, each once; those without meaning of their own are left out."""
    found = (_phrase(words(one)) for one in members)
    return tuple(dict.fromkeys(one for one in found if one))


def _phrase(plain: Sequence[str]) -> Phrase:
    """The stems of a member; none when what is left of it would mean something else."""
    kept = [word for word in plain if word not in STOP_WORDS]
    lost = [word for word in plain if word in STOP_WORDS and word not in _LIGHT]
    if len(kept) == 1 and lost:
        return ()
    return tuple(map(stem, kept))


def load_glossary(knowledge_folder: Path) -> tuple[Glossary, tuple[Fault, ...]]:
    """The glossary of the folder and the faults of its files; one that cannot be used is left."""
    whole = Glossary()
    faults: list[Fault] = []
    for name in FILES:
        made, found = _load(knowledge_folder / name, f"{knowledge_folder.resolve().name}/{name}")
        whole += made
        faults += found
    return whole, tuple(faults)


def _load(file: Path, shown: str) -> tuple[Glossary, tuple[Fault, ...]]:
    if not file.exists():
        return Glossary(), ()
    try:
        made, faults = build(Glossary, parse(read_text(file, shown), shown), shown)
    except BadFile as error:
        return Glossary(), (fault_of(error),)
    return made or Glossary(), faults
