"""The rules of ``knowledge/redaction.yaml``: words not to write, and what a page must have.

A rule refuses words in one sentence, says why, and says what to write instead.  Words are compared
after folding (capitals, accents and apostrophes never matter), side by side; a final ``*`` matches
any ending.  ``near`` asks for other words in the same sentence; ``unless`` makes the sentence
acceptable (« l'ancienne ACSS », « n'annoncez pas 96 h »).

What the rules are applied to is decided in ``bot.library.editing``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from bot.core.playbook import STRICT
from bot.errors import BadFile
from bot.library.faults import Fault, fault_of, quoted
from bot.library.french import fold, words
from bot.library.marked_yaml import parse, read_text
from bot.library.typed import build

FILE = "redaction.yaml"
_END = re.compile(r"(?<=[.!?…])\s+|\n")


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that are not written, why, and what to write instead."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    words: tuple[str, ...]
    why: str
    write: str
    near: tuple[str, ...] = ()
    """At least one of these must stand in the same sentence for the rule to bite."""
    unless: tuple[str, ...] = ()
    """Any of these in the same sentence makes it acceptable."""
    files: tuple[str, ...] = ()
    """Files that may write the words (``knowledge/reperes/anciens-noms.md``)."""

    def broken_by(self, sentence: str) -> str | None:
        """The refused words as the sentence has them, or ``None`` when it is acceptable."""
        said = _folded(sentence)
        found = next((hit for one in self.words if (hit := _pattern(one).search(said))), None)
        if found is None or (self.near and not _any(self.near, said)) or _any(self.unless, said):
            return None
        return found[0]

    @property
    def told(self) -> str:
        """Why, and what to write, as the end of a fault."""
        return f"{self.why}. Écrivez plutôt\u00a0: {self.write}."


@dataclass(frozen=True, slots=True)
class Wording:
    """Every rule of the editor; without its file, none of those that are data."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    verified: date | None = None
    words: tuple[Rule, ...] = ()
    own_sources: tuple[str, ...] = ()
    """Sources that are choices of the house: they support no law, no figure, no number to call."""
    undated: tuple[str, ...] = ("sans date", "date non relevée")
    """What a source without a date may say instead of one."""
    incident_sections: tuple[str, ...] = ()
    """Sections that every incident has, in this order."""
    dated_sections: tuple[str, ...] = ()
    """Sections of an incident whose every paragraph says when, or says that nothing is known."""
    told_sections: tuple[str, ...] = ()
    """Sections where the date of a source that the paragraph cites is enough."""
    silence: tuple[str, ...] = ()
    """Words that say that nothing is known (« non communiqué »)."""

    def refused(self, path: str, text: str) -> Iterator[tuple[str, str]]:
        """Each refused word of a text with the message of its fault."""
        rules = [rule for rule in self.words if path not in rule.files]
        for sentence in filter(None, map(str.strip, _END.split(text))):
            for rule in rules:
                if (found := rule.broken_by(sentence)) is not None:
                    yield found, f"à ne pas écrire, {quoted(found)}\u00a0: {rule.told}"

    def silent(self, text: str) -> bool:
        """Whether the text says that nothing is known."""
        return _any(self.silence, fold(text))


# One sentence after another meets every rule.
_folded = lru_cache(maxsize=1)(fold)


def _any(phrases: tuple[str, ...], folded: str) -> bool:
    return any(_pattern(one).search(folded) for one in phrases)


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> re.Pattern[str]:
    """A pattern for the folded words of a phrase, side by side whatever separates them."""
    body = r"[^a-z0-9]+".join(words(phrase))
    ending = r"[a-z0-9]*" if phrase.endswith("*") else ""
    return re.compile(rf"(?<![a-z0-9]){body}{ending}(?![a-z0-9])")


def load_wording(knowledge: Path) -> tuple[Wording, list[Fault]]:
    """The rules of the folder; none, with the faults, when the file is absent or unusable."""
    file = knowledge / FILE
    shown = f"{knowledge.resolve().name}/{FILE}"
    if not file.exists():
        return Wording(), []
    try:
        made, faults = build(Wording, parse(read_text(file, shown), shown), shown)
    except BadFile as error:
        return Wording(), [fault_of(error)]
    return made or Wording(), list(faults)
