"""What makes who signs read a document again: patients' identifiers, and words of a list.

``mises-en-garde.yaml`` says which words name a culprit, promise or admit a fault, why that hurts,
and what to write instead; identifiers of patients come from ``bot.core.identifiers``.  A caution
quotes its sentence.  It never stops a document: the one who signs decides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Final

from bot.core.identifiers import TITLES, find, strip
from bot.core.playbook import STRICT
from bot.errors import BadFile
from bot.library.faults import Fault, fault_of
from bot.library.marked_yaml import parse, read_text
from bot.library.typed import build
from bot.library.wording import Rule

CAUTIONS: Final = "mises-en-garde.yaml"
_END: Final = re.compile(r"(?<=[.!?…])\s+|\n")
_LONGEST: Final = 220
_PATIENT: Final = (
    "aucune identité de patient ne sort par ce document",
    "un nombre, un service, une date sans nom",
)


@dataclass(frozen=True, slots=True)
class Cautions:
    """The words of ``mises-en-garde.yaml``; without the file, only identifiers are looked for."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    verified: date | None = None
    cautions: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Caution:
    """One sentence to read again: what is in it, why, and what to write."""

    sentence: str
    found: str
    why: str
    write: str

    @property
    def told(self) -> str:
        """The caution in one line."""
        return f"« {self.sentence} » : {self.found}, {self.why}. Plutôt : {self.write}."


def load_cautions(file: Path, shown: str) -> tuple[Cautions | None, list[Fault]]:
    """The words of the file; ``None`` with the faults when it cannot be used."""
    if not file.exists():
        return Cautions(), []
    try:
        made, faults = build(Cautions, parse(read_text(file, shown), shown), shown)
    except BadFile as error:
        return None, [fault_of(error)]
    return made, list(faults)


def cautions(text: str, rules: Cautions, today: date) -> tuple[Caution, ...]:
    """Every sentence of a text that somebody should read again, each once for each reason."""
    found = [*_identifiers(text, today), *_words(text, rules)]
    return tuple(dict.fromkeys(found))


def _identifiers(text: str, today: date) -> Iterator[Caution]:
    """Sentences with an identifier; it is not repeated in what is shown."""
    for paragraph in text.split("\n"):
        there = find(paragraph, today)
        for one in there:
            sentence = _cut(strip(paragraph, there))
            yield Caution(sentence, TITLES[one.kind], *_PATIENT)


def _words(text: str, rules: Cautions) -> Iterator[Caution]:
    for sentence in filter(None, map(str.strip, _END.split(text))):
        for rule in rules.cautions:
            if (hit := rule.broken_by(sentence)) is not None:
                yield Caution(_cut(sentence), f"« {hit} »", rule.why, rule.write)


def _cut(sentence: str) -> str:
    flat = " ".join(sentence.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1].rstrip()}…"
