"""Words that mean the same, and phone spellings, from ``knowledge/glossaire.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from bot.core.playbook import STRICT
from bot.errors import BadFile
from bot.library.faults import Fault, fault_of
from bot.library.french import content_words, fold, stems_of, words
from bot.library.marked_yaml import parse, read_text
from bot.library.typed import build


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
        """Every word of the group."""
        return tuple(filter(None, (self.term, *self.variants, self.english)))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A group ready to be matched: for each member its stems, as text, and its folded words."""

    members: list[tuple[str, tuple[str, ...]]]
    excluded: list[tuple[str, tuple[str, ...]]]

    def named(self, stems: tuple[str, ...]) -> set[str]:
        """The members that stand in the stems; none when what they say is something else."""
        said = f" {' '.join(stems)} "
        if any(stemmed in said for stemmed, _ in self.excluded):
            return set()
        return {stemmed for stemmed, _ in self.members if stemmed in said}


def _phrases(members: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    found = map(content_words, members)
    return [(f" {' '.join(stems_of(plain))} ", tuple(plain)) for plain in found if plain]


@dataclass(frozen=True)
class Glossary:
    """Groups of words, and what phone spellings stand for."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    groups: tuple[Group, ...] = ()
    sms: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def spelled(self) -> Mapping[str, list[str]]:
        """Folded phone spelling -> the folded words that it stands for."""
        return {fold(short): words(full) for short, full in self.sms.items()}

    @cached_property
    def _entries(self) -> list[_Entry]:
        return [_Entry(_phrases(group.members), _phrases(group.excluded)) for group in self.groups]

    def expand(self, text: str) -> list[str]:
        """The folded words of a question, phone spellings written out."""
        return [word for short in words(text) for word in self.spelled.get(short, [short])]

    def related(self, stems: tuple[str, ...]) -> list[str]:
        """Folded words of the other members of every group that the question names."""
        found: list[str] = []
        for entry in self._entries:
            named = entry.named(stems)
            for stemmed, plain in entry.members:
                if named and stemmed not in named:
                    found += plain
        return found

    def names(self, stems: tuple[str, ...]) -> bool:
        """Whether the question names any group at all."""
        return any(entry.named(stems) for entry in self._entries)


def load_glossary(knowledge_folder: Path) -> tuple[Glossary, tuple[Fault, ...]]:
    """The glossary of the folder; an empty one, with the faults, when it cannot be used."""
    file = knowledge_folder / "glossaire.yaml"
    shown = f"{knowledge_folder.resolve().name}/{file.name}"
    if not file.exists():
        return Glossary(), ()
    try:
        made, faults = build(Glossary, parse(read_text(file, shown), shown), shown)
    except BadFile as error:
        return Glossary(), (fault_of(error),)
    return made or Glossary(), faults
