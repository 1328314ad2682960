"""Search by words: BM25 in memory, with phone spellings, typo repair and the glossary.

The recipe, in order:
1. fold, cut into words, write phone spellings out, drop stop words, stem;
2. a word that no passage knows becomes the two nearest stems that one does, at weight 0.8;
3. other words of the glossary groups that the question names come in at weight 0.5;
4. Okapi BM25 (k1 1.2, b 0.75) over heading, text and ways of asking;
5. a passage that states a way of asking near to the question gains up to twice its score: asked
   word for word, it comes first nine times out of ten instead of six, and questions put otherwise
   lose nothing.

A score says which passage comes first, never whether it is an answer.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property

from bot.library.french import STOP_WORDS, stem, stems
from bot.library.glossary import Glossary

K1 = 1.2
B = 0.75
TYPO_WEIGHT = 0.8
GLOSSARY_WEIGHT = 0.5
ALIKE_GAIN = 2.0
MAX_WORDS = 60
MAX_REPAIRS = 8
SHORTEST_REPAIR = 4
SURE_REPAIR = 0.85


@dataclass(frozen=True)
class Query:
    """A question as the search sees it."""

    words: Mapping[str, float]
    """Folded words and their weight, those of the glossary included (for the vectors)."""
    terms: Mapping[str, float]
    """Stems that some passage knows, and their weight."""
    asked: tuple[str, ...]
    """Stems of the question itself, known or not, after repair."""
    familiar: float
    """The part of the question, weighted by rarity, in words that are known, repaired ones half."""
    named: bool
    """Those words, repaired ones included, name something of the glossary."""


class Lexical:
    """The passages by their words."""

    def __init__(
        self, texts: Sequence[str], asks: Sequence[Sequence[str]], glossary: Glossary
    ) -> None:
        """Count every stem of every text; ``asks`` are the ways of asking for each of them."""
        self._glossary = glossary
        self._size = len(texts)
        self._postings: dict[str, list[tuple[int, float]]] = {}
        self._asks: list[tuple[int, frozenset[str]]] = []
        self._asks_with: dict[str, list[int]] = {}
        self._count(texts)
        for n, ways in enumerate(asks):
            for way in ways:
                self._add_way(n, way)

    def _count(self, texts: Sequence[str]) -> None:
        """Fill the postings: for each stem, what it is worth in each text."""
        counts = [Counter(stems(text)) for text in texts]
        lengths = [count.total() for count in counts]
        mean = (sum(lengths) / len(lengths) if lengths else 0.0) or 1.0
        for n, count in enumerate(counts):
            length = K1 * (1 - B + B * lengths[n] / mean)
            for term, tf in count.items():
                gain = tf * (K1 + 1) / (tf + length)
                self._postings.setdefault(term, []).append((n, gain))

    def _add_way(self, n: int, way: str) -> None:
        """Remember one way of asking for text ``n`` by its stems."""
        said = (word for word in self._glossary.expand(way) if word not in STOP_WORDS)
        terms = frozenset(map(stem, said))
        for term in terms:
            self._asks_with.setdefault(term, []).append(len(self._asks))
        self._asks.append((n, terms))

    @cached_property
    def _vocabulary(self) -> list[str]:
        return [term for term in self._postings if len(term) >= SHORTEST_REPAIR - 1]

    def idf(self, term: str) -> float:
        """How telling a stem is: the rarer the more; one that nothing knows is the rarest."""
        found = len(self._postings.get(term, ()))
        return math.log(1 + (self._size - found + 0.5) / (found + 0.5))

    def query(self, question: str) -> Query:
        """The question with its phone spellings, typos and glossary words worked out."""
        said = [word for word in self._glossary.expand(question) if word not in STOP_WORDS]
        said = said[:MAX_WORDS]
        typed = [stem(word) for word in said]
        strange = [term for term in dict.fromkeys(typed) if term not in self._postings]
        repaired = {term: self._nearest(term) for term in strange[:MAX_REPAIRS]}
        terms: dict[str, float] = {term: 1.0 for term in typed if term in self._postings}
        for close in repaired.values():
            for term in close:
                terms.setdefault(term, TYPO_WEIGHT)
        asked = tuple(next(iter(repaired.get(term, ())), term) for term in typed)
        sure = {term: near[0] for term, near in repaired.items() if near and _sure(term, near[0])}
        weighted = dict.fromkeys(said, 1.0)
        for word in self._glossary.related(asked):
            weighted.setdefault(word, GLOSSARY_WEIGHT)
            if stem(word) in self._postings:
                terms.setdefault(stem(word), GLOSSARY_WEIGHT)
        return Query(
            words=weighted,
            terms=terms,
            asked=asked,
            familiar=self._familiar(typed, strange, sure),
            named=self._glossary.names(
                tuple(sure.get(term, term) for term in typed if term in sure or term not in strange)
            ),
        )

    def _familiar(
        self, typed: Sequence[str], strange: Sequence[str], sure: Collection[str]
    ) -> float:
        """The part of the stems that is known, weighted by rarity; one surely repaired is half."""
        total = sum(map(self.idf, set(typed)))
        lost = sum(self.idf(term) * (0.5 if term in sure else 1.0) for term in strange)
        return 1 - lost / total if total else 0.0

    def _nearest(self, term: str) -> list[str]:
        """The stems that the one typed may have been meant for."""
        if len(term) < SHORTEST_REPAIR:
            return []
        return get_close_matches(term, self._vocabulary, n=2, cutoff=0.78)

    def scores(self, query: Query) -> dict[int, float]:
        """Score of every passage that has at least one of the terms."""
        found: dict[int, float] = {}
        for term, weight in query.terms.items():
            gain = weight * self.idf(term)
            for n, part in self._postings.get(term, ()):
                found[n] = found.get(n, 0.0) + gain * part
        for n, near in self.alike(query).items():
            found[n] = found.get(n, 0.0) * (1 + ALIKE_GAIN * near**2)
        return found

    def alike(self, query: Query) -> dict[int, float]:
        """How near the question is to the nearest way of asking of each passage, from 0 to 1."""
        said, asked = set(query.terms), set(query.asked)
        found: dict[int, float] = {}
        for ask in {one for term in said for one in self._asks_with.get(term, ())}:
            n, terms = self._asks[ask]
            common = sum(query.terms[term] * self.idf(term) for term in said & terms)
            apart = sum(map(self.idf, terms - said)) + sum(map(self.idf, asked - terms))
            found[n] = max(found.get(n, 0.0), common / (common + apart))
        return found

    def share(self, query: Query, n: int) -> float:
        """The part of what the question says, weighted by rarity, that passage ``n`` has."""
        asked = set(query.asked)
        total = sum(self.idf(term) for term in asked)
        if not total:
            return 0.0
        return sum(self.idf(term) for term in asked if self._has(term, n)) / total

    def _has(self, term: str, n: int) -> bool:
        return any(other == n for other, _ in self._postings.get(term, ()))


def _sure(typed: str, known: str) -> bool:
    """Whether a repaired stem is so near to the known one that nothing else can be meant."""
    return SequenceMatcher(None, typed, known).ratio() >= SURE_REPAIR
