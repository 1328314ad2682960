"""Search by words, in memory: how well each passage fits a question, as one number.

Five things are measured, each between 0 and about 1, for every word of the question weighted by how
rare it is, whichever of its ways (typo repaired, other form, synonym, neighbour) finds it:

1. ``share``: the part of the question that the passage has;
2. Okapi BM25 (k1 1.2, b 0.75) over heading, text and ways of asking, on the same scale;
3. how alike the question and the heading are (what both say over what either says);
4. how alike it and the nearest way of asking of the passage are, each way taken by itself;
5. whether a question that asks how many meets a passage that gives figures.

A section of a write-up speaks of what its whole document is about, what is to be known of a duty is
about that duty: the words of the first passage count for the others too, for less.  The weights are
rounded from a fit on pairs of passages (``bench/weights.py`` makes it again).
A score says which passage comes first; whether it is an answer is for ``confidence`` to say.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from bot.library.corpus import Passage
from bot.library.french import STOP_WORDS, content_words, stem
from bot.library.glossary import Glossary, Phrase
from bot.library.question import Query, Reader, Slot
from bot.library.sharing import document

K1 = 1.2
B = 0.75
#: What each measure weighs; together they make a score of about 1 for a perfect fit.
SHARE, BM25, HEADING, ALIKE, FIGURES = 0.18, 0.30, 0.25, 0.22, 0.05
#: Words of a question from which on those that nothing knows tell something.
LENGTHY = 4
#: What is left of the weight of a word of every day.
COMMON = 0.6
#: What the first passage of a document lends to the others: words, BM25, likeness.
LENT_SHARE, LENT_BM25, LENT_ALIKE = 0.6, 0.3, 0.5

_HOW_MANY = frozenset("combien nombre montant prix cout coute pourcentage stats chiffres".split())
#: A number that says how many or how much; years and the marks of sources are not.
_FIGURE = re.compile(
    r"\d(?:\s?(?:%|€|m€|euros|dollars|millions?|h\b|jours|semaines|mois|patients|lits|postes|serveurs)"
    r"|(?<![\dA-Z]\d)(?<!\b1(?=9\d\d\b))(?<!\b2(?=0\d\d\b))\d\d+)"
)

Array = Any
"""A numpy array: numpy itself is imported when the first library is made, not before."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How every passage fits one question: arrays in the order of the passages."""

    share: Array
    bm25: Array
    heading: Array
    alike: Array
    figures: Array
    total: Array
    """All of them, each for what it weighs."""
    known: float = 1.0
    """The part of a question of some length whose words stand anywhere in the files."""

    def best(self, most: int) -> list[int]:
        """The passages that fit at all, the best first, ``most`` at most."""
        import numpy as np

        size = len(self.total)
        top = np.argpartition(-self.total, most)[:most] if size > most else np.arange(size)
        ordered = top[np.lexsort((top, -self.total[top]))]
        return [int(n) for n in ordered[:most] if self.total[n] > 0]


class _Field:
    """One kind of text: for each stem, the rows that have it and what it is worth in each."""

    def __init__(self, found: Mapping[str, tuple[list[int], list[float]]], size: int) -> None:
        import numpy as np

        self.size = size
        self.found = {
            term: (np.array(rows, dtype=np.int32), np.array(gains, dtype=np.float32))
            for term, (rows, gains) in found.items()
        }
        self._none = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))

    @classmethod
    def of(cls, texts: Sequence[Iterable[str]]) -> "_Field":
        """The field of texts given as stems: each one is there, or it is not."""
        found: dict[str, tuple[list[int], list[float]]] = {}
        for n, terms in enumerate(texts):
            for term in set(terms):
                rows, gains = found.setdefault(term, ([], []))
                rows.append(n)
                gains.append(1.0)
        return cls(found, len(texts))

    def find(self, phrase: Phrase) -> tuple[Array, Array]:
        """The rows that have every word of the phrase, and the least that one is worth there."""
        import numpy as np

        rows, gains = self.found.get(phrase[0], self._none)
        for term in phrase[1:]:
            others, more = self.found.get(term, self._none)
            rows, left, right = np.intersect1d(rows, others, True, True)
            gains = np.minimum(gains[left], more[right])
        return rows, gains

    def best(self, ways: Mapping[Phrase, float]) -> tuple[Array, Array]:
        """For every row, the most that a way is worth there: present, and weighted."""
        import numpy as np

        present = np.zeros(self.size, dtype=np.float32)
        weighted = np.zeros(self.size, dtype=np.float32)
        for phrase, worth in ways.items():
            rows, gains = self.find(phrase)
            present[rows] = np.maximum(present[rows], worth)
            weighted[rows] = np.maximum(weighted[rows], worth * gains)
        return present, weighted


class Lexical:
    """The passages by their words."""

    def __init__(
        self, passages: Sequence[Passage], glossary: Glossary, foreign: Collection[str] = ()
    ) -> None:
        """Count every stem of every passage, of its heading and of each way of asking for it.

        ``foreign`` are stems of words that belong elsewhere: they are never taken for typos.
        """
        import numpy as np

        self.size = len(passages)
        self._common = glossary.common_stems
        self._text = _bm25([_stems(one.indexed) for one in passages], self.size)
        self._heading = _Field.of([_stems(_heading(one)) for one in passages])
        ways = [(n, way) for n, one in enumerate(passages) for way in one.asks]
        asked = [(n, _asked(way, glossary)) for n, way in ways]
        self._verbatim: dict[str, list[int]] = {}
        for n, way in ways:
            self._verbatim.setdefault(" ".join(glossary.expand(way)), []).append(n)
        self._asks = _Field.of([terms for _, terms in asked])
        self._asked_of: Array = np.array([n for n, _ in asked], dtype=np.int32)
        self._lead: Array = np.array(list(_leads(passages)), dtype=np.int32)
        figures = (_FIGURE.search(one.text) is not None for one in passages)
        self._figures: Array = np.fromiter(figures, dtype=np.float32, count=self.size)
        self._reader = Reader(glossary, self._text.found, foreign)

    @cached_property
    def _heading_weight(self) -> Array:
        return self._weights(self._heading)

    @cached_property
    def _ask_weight(self) -> Array:
        return self._weights(self._asks)

    def _weights(self, field: _Field) -> Array:
        """How telling the words of each row are, together."""
        import numpy as np

        weights = np.zeros(field.size, dtype=np.float32)
        for term, (rows, _) in field.found.items():
            weights[rows] += self.idf(term)
        return weights

    def idf(self, term: str) -> float:
        """How telling a stem is: the rarer the more; one that nothing knows is the rarest.

        Words of every day are rare in texts of the trade and tell nothing for all that.
        """
        found = len(self._text.found[term][0]) if term in self._text.found else 0
        rarity = math.log(1 + (self.size - found + 0.5) / (found + 0.5))
        return rarity * COMMON if term in self._common else rarity

    def query(self, question: str) -> Query:
        """The question with its phone spellings, typos and other ways of saying it worked out."""
        return self._reader.read(question)

    def weight(self, slot: Slot) -> float:
        """How telling a word of the question is; one found by others only, as they are."""
        if slot.best in self._text.found:
            return self.idf(slot.best)
        return max(map(self._phrase_idf, slot.ways), default=self.idf(slot.typed))

    def _phrase_idf(self, phrase: Phrase) -> float:
        return min(map(self.idf, phrase))

    def _worths(self, slot: Slot, weight: float) -> dict[Phrase, float]:
        """What each way is worth here: one that stands everywhere tells less than the word."""
        return {
            phrase: worth if worth >= 1 else worth * min(1.0, self._phrase_idf(phrase) / weight)
            for phrase, worth in slot.ways.items()
        }

    def scores(self, query: Query) -> Scores:
        """How every passage fits the question."""
        import numpy as np

        share, bm25, heading = (np.zeros(self.size, dtype=np.float32) for _ in range(3))
        asks = np.zeros(self._asks.size, dtype=np.float32)
        whole = 0.0
        for slot in query.slots:
            weight = self.weight(slot)
            whole += weight
            worths = self._worths(slot, weight) if weight else {}
            present, gained = self._text.best(worths)
            share += weight * np.maximum(present, LENT_SHARE * present[self._lead])
            bm25 += weight * np.maximum(gained, LENT_BM25 * gained[self._lead])
            heading += weight * self._heading.best(worths)[0]
            asks += weight * self._asks.best(worths)[0]
        whole = whole or 1.0
        share /= whole
        heading = heading / np.maximum(whole + self._heading_weight - heading, 1e-6)
        alike = self._nearest_ask(asks / np.maximum(whole + self._ask_weight - asks, 1e-6))
        alike[self._verbatim.get(query.text, [])] = 1.0
        bm25 /= whole * (K1 + 1)
        asked = bool(query.said & _HOW_MANY)
        figures = self._figures * (share > 0) if asked else np.zeros_like(share)
        total = SHARE * share + BM25 * bm25 + HEADING * heading + ALIKE * alike + FIGURES * figures
        return Scores(share, bm25, heading, alike, figures, total, self._known(query))

    def _known(self, query: Query) -> float:
        """What part of the question any file has a word for; all of one too short to tell."""
        if len(query.slots) < LENGTHY:
            return 1.0
        weights = [self.weight(slot) for slot in query.slots]
        known = (
            weight
            for slot, weight in zip(query.slots, weights, strict=True)
            if any(all(map(self._stands, phrase)) for phrase in slot.ways)
        )
        return sum(known) / (sum(weights) or 1.0)

    def _stands(self, term: str) -> bool:
        return term in self._text.found or term in self._asks.found

    def _nearest_ask(self, likeness: Array) -> Array:
        """For every passage, how alike its nearest way of asking is."""
        import numpy as np

        alike = np.zeros(self.size, dtype=np.float32)
        np.maximum.at(alike, self._asked_of, likeness)
        return np.maximum(alike, LENT_ALIKE * alike[self._lead])

    def telling(self, query: Query, *, direct: bool) -> dict[str, float]:
        """How telling each stem is of those asked for, or of those that the glossary adds."""
        asked = {slot.typed for slot in query.slots} | set(query.asked)
        found: dict[str, float] = {}
        for slot in query.slots:
            for phrase, worth in slot.ways.items():
                if len(phrase) == 1 and (phrase[0] in asked) is direct:
                    found[phrase[0]] = worth * self.idf(phrase[0])
        return found


# Both folders are read again whenever one file changes, and most files hold no passage.
@lru_cache(maxsize=1)
def lexical(passages: tuple[Passage, ...], glossary: Glossary, foreign: frozenset[str]) -> Lexical:
    """The passages by their words, made again only when what they are made of has changed."""
    return Lexical(passages, glossary, foreign)


def _stems(text: str) -> list[str]:
    return [stem(word) for word in content_words(text)]


def _asked(way: str, glossary: Glossary) -> set[str]:
    """The stems of one way of asking, phone spellings written out."""
    return {stem(word) for word in glossary.expand(way) if word not in STOP_WORDS}


def _heading(passage: Passage) -> str:
    """What a passage is about: the title of its step, or those of its document and section."""
    if passage.kind == "playbook":
        return passage.section.rpartition("›")[2]
    return passage.heading


def _leads(passages: Sequence[Passage]) -> Iterator[int]:
    """For each passage, the first one of its write-up or of its duty; the rest stand alone."""
    first: dict[str, int] = {}
    for n, passage in enumerate(passages):
        key = document(passage)
        yield first.setdefault(key, n) if key else n


def _bm25(texts: Sequence[Sequence[str]], size: int) -> _Field:
    """The field of the texts: for each stem, what it is worth in each text (0 to k1 + 1)."""
    mean = (sum(map(len, texts)) / size if size else 0.0) or 1.0
    found: dict[str, tuple[list[int], list[float]]] = {}
    for n, terms in enumerate(texts):
        length = K1 * (1 - B + B * len(terms) / mean)
        for term, count in Counter(terms).items():
            rows, gains = found.setdefault(term, ([], []))
            rows.append(n)
            gains.append(count * (K1 + 1) / (count + length))
    return _Field(found, size)
