"""A question as the search sees it: what each of its words may be found by.

In order: phone spellings are written out, words without meaning dropped, the rest stemmed; a word
that nothing knows is repaired; then whatever the glossary knows to say about the same comes beside
each word, for less than itself.  What is left is a row of ``Slot``: one for each word, with every
way to find it.  Nothing here scores a passage.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.library.french import STOP_WORDS, stem
from bot.library.glossary import Glossary, Phrase
from bot.library.spelling import SURE, Spelling

MAX_WORDS = 40
MAX_REPAIRS = 8
#: What a repaired word gains over its likeness, since most repairs are right.
BENEFIT = 0.1
#: What another way to say it weighs beside the words themselves in the vector of a question.
BESIDE = 0.3


@dataclass(slots=True)
class Slot:
    """One word of the question."""

    typed: str
    """Its stem as it was typed."""
    known: float
    """1 when passages or the glossary have it; how like it is to the nearest such word; 0: no."""
    best: str
    """The stem that was meant: itself, or its repair."""
    ways: dict[Phrase, float] = field(default_factory=dict)
    """Phrases that find it, and what each is worth; empty when nothing does."""


@dataclass(frozen=True, slots=True)
class Query:
    """The words of a question that carry meaning."""

    slots: tuple[Slot, ...]
    text: str
    """The question as it was typed, folded, phone spellings written out."""
    said: frozenset[str]
    """Every folded word of the question, those without meaning included."""
    words: Mapping[str, float]
    """Folded words and stems with their weight, for the vectors."""

    @property
    def asked(self) -> tuple[str, ...]:
        """The stem of each word, after repair."""
        return tuple(slot.best for slot in self.slots)


class Reader:
    """Reads questions, given the words that passages know."""

    def __init__(
        self, glossary: Glossary, known: Mapping[str, object], foreign: Collection[str] = ()
    ) -> None:
        """``known``: every stem that some passage has; ``foreign``: those that need no repair."""
        self._glossary = glossary
        self._known = known
        self._foreign = frozenset(foreign)
        self._spelling = Spelling({*known, *glossary.stems})

    def read(self, question: str) -> Query:
        """The question with its phone spellings, typos and other ways of saying it worked out."""
        said = self._glossary.expand(question)
        meant = [word for word in said if word not in STOP_WORDS][:MAX_WORDS]
        slots = self._slots([stem(word) for word in meant])
        self._add_ways(slots)
        weights = dict.fromkeys(meant, 1.0)
        for slot in slots:
            for phrase, worth in slot.ways.items():
                for one in phrase:
                    weights.setdefault(one, BESIDE * worth)
        return Query(tuple(slots), " ".join(said), frozenset(said), weights)

    def _slots(self, typed: Sequence[str]) -> list[Slot]:
        """One slot for each different word, repaired when nothing knows it."""
        slots, repairs = [], 0
        for term in dict.fromkeys(typed):
            near = [(term, 1.0)]
            if term not in self._known and term not in self._glossary.stems:
                lost = term in self._foreign or repairs >= MAX_REPAIRS
                near = [] if lost else self._spelling.nearest(term)
                repairs += 1
            best, known = near[0] if near else (term, 0.0)
            slot = Slot(term, min(1.0, known + BENEFIT) if near else 0.0, best)
            for one, like in near:
                if one in self._known:
                    slot.ways[one,] = min(1.0, like + BENEFIT)
            slots.append(slot)
        return slots

    def _add_ways(self, slots: Sequence[Slot]) -> None:
        """Put what the glossary says beside each word; a doubtful repair brings less."""
        said = [slot.best for slot in slots]
        for way in self._glossary.ways(said):
            if not all(one in self._known for one in way.phrase):
                continue
            for slot in slots[way.start : way.end]:
                doubt = slot.known if slot.known < SURE else 1.0
                worth = way.weight * doubt
                slot.ways[way.phrase] = max(worth, slot.ways.get(way.phrase, 0.0))
