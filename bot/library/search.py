"""Search by words and by vectors together; by words alone while the vectors are away.

Ranks are fused (reciprocal ranks, k = 10, words weighing 3), never scores: those of the two legs
have no common scale.  Whether both legs put the same passage first is told, since that is the one
signal that needs no calibration.  What to make of it is decided in ``answer``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from bot.library.corpus import Corpus, Passage
from bot.library.glossary import Glossary, load_glossary
from bot.library.lexical import Lexical, Query
from bot.library.passages import load_passages

RRF_K = 10
WORDS_WEIGHT = 3.0
DEPTH = 30
OTHER_PLAYBOOK = 0.6
NEAR_ENOUGH = 2
MAX_QUESTION = 600


class Nearest(Protocol):
    """What the library needs of the index."""

    @property
    def ready(self) -> bool:
        """Whether vectors can be searched now."""

    @property
    def weight(self) -> float:
        """What the ranks of the vectors weigh beside those of the words."""

    def nearest(self, question: str, words: Mapping[str, float], k: int) -> list[str]:
        """Ids of the nearest passages, the nearest first; empty when the index is away."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found, and where each leg had put it (from 0; ``None``: nowhere)."""

    passage: Passage
    score: float
    """Fused, between 0 and 1: it orders, it does not measure."""
    by_words: int | None
    by_vectors: int | None


@dataclass(frozen=True, slots=True)
class Hits:
    """The passages found for a question, the best first."""

    question: str
    hits: tuple[Hit, ...]
    agree: bool
    """Both legs put the same passage, or the same duty, first."""
    dense: bool
    """The vectors took part."""
    share: float
    """The part of the question, weighted by rarity, that the first passage has."""
    alike: float
    """How near the question is to a way of asking that the first passage states."""
    familiar: float
    """The part of the question, weighted by rarity, in words that are known, repaired ones half."""
    named: bool
    """Those words, repaired ones included, name something of the glossary."""


class Library:
    """Everything that can be quoted, ready to be searched as soon as it is built."""

    def __init__(self, corpus: Corpus, glossary: Glossary) -> None:
        """Index the words at once; the vectors come later, with ``attach``."""
        self.corpus = corpus
        self._glossary = glossary
        asks = [passage.asks for passage in corpus.passages]
        self._lexical = Lexical([passage.indexed for passage in corpus.passages], asks, glossary)
        self._place = {passage.id: n for n, passage in enumerate(corpus.passages)}
        self._index: Nearest | None = None

    def attach(self, index: Nearest) -> None:
        """Search by vectors too from now on."""
        self._index = index

    @property
    def dense(self) -> bool:
        """Whether the vectors take part in a search now."""
        return self._index is not None and self._index.ready

    def written_out(self, question: str) -> list[str]:
        """The folded words of a question, phone spellings written out."""
        return self._glossary.expand(question[:MAX_QUESTION])

    def find(self, passage_id: str) -> Passage | None:
        """The passage of that id, or ``None``."""
        place = self._place.get(passage_id)
        return None if place is None else self.corpus.passages[place]

    def duty(self, duty_id: str) -> Passage | None:
        """The passage that states a duty: its deadline, its start, its recipient."""
        ending = f"#{duty_id}"
        found = (one for one in self.corpus.passages if one.duty == duty_id and one.step is None)
        return next((one for one in found if one.id.endswith(ending)), None)

    def search(self, question: str, k: int = 3, prefer_playbook: str | None = None) -> Hits:
        """The ``k`` best passages; those of other playbooks than the preferred one come later."""
        question = question[:MAX_QUESTION]
        query = self._lexical.query(question)
        by_words = self._by_words(query)
        by_vectors = self._by_vectors(question, query)
        fused = self._fuse(by_words, by_vectors, prefer_playbook)
        hits = self._told(fused, by_words, by_vectors)[:k]
        first = self._place[hits[0].passage.id] if hits else -1
        return Hits(
            question=question,
            hits=tuple(hits),
            agree=self._agree(by_words, by_vectors),
            dense=bool(by_vectors),
            share=self._lexical.share(query, first),
            alike=self._lexical.alike(query).get(first, 0.0),
            familiar=query.familiar,
            named=query.named,
        )

    def _by_words(self, query: Query) -> list[int]:
        scores = self._lexical.scores(query)
        return sorted(scores, key=lambda n: (-scores[n], n))[:DEPTH]

    def _by_vectors(self, question: str, query: Query) -> list[int]:
        if self._index is None or not query.words:
            return []
        found = self._index.nearest(question, query.words, DEPTH)
        return [self._place[one] for one in found if one in self._place]

    def _fuse(
        self, by_words: Sequence[int], by_vectors: Sequence[int], preferred: str | None
    ) -> dict[int, float]:
        """Fused score of every passage that some leg found."""
        weight = self._index.weight if self._index else 0.0
        fused: dict[int, float] = {}
        for leg, gain in ((by_words, WORDS_WEIGHT), (by_vectors, weight)):
            for rank, n in enumerate(leg):
                fused[n] = fused.get(n, 0.0) + gain / (RRF_K + rank)
        best = (WORDS_WEIGHT + (weight if by_vectors else 0.0)) / RRF_K
        for n in fused:
            other = self.corpus.passages[n].playbook
            aside = preferred is not None and other not in {None, preferred}
            fused[n] *= (OTHER_PLAYBOOK if aside else 1.0) / best
        return fused

    def _told(
        self, fused: Mapping[int, float], by_words: Sequence[int], by_vectors: Sequence[int]
    ) -> list[Hit]:
        """Hits in order; the same step of several playbooks is told once.

        A passage without any word of the question is told only when its vector is among the first.
        """
        words = {n: rank for rank, n in enumerate(by_words)}
        vectors = {n: rank for rank, n in enumerate(by_vectors)}
        seen: set[str] = set()
        hits = []
        for n in sorted(fused, key=lambda one: (-fused[one], one)):
            passage = self.corpus.passages[n]
            far = n not in words and vectors[n] > NEAR_ENOUGH
            if far or (passage.step is not None and passage.step in seen):
                continue
            seen.add(passage.step or "")
            hits.append(Hit(passage, fused[n], words.get(n), vectors.get(n)))
        return hits

    def _agree(self, by_words: Sequence[int], by_vectors: Sequence[int]) -> bool:
        if not by_words or not by_vectors:
            return False
        first, second = (self.corpus.passages[leg[0]] for leg in (by_words, by_vectors))
        same_duty = first.duty is not None and first.duty == second.duty
        same_step = first.step is not None and first.step == second.step
        return first.id == second.id or same_duty or same_step


def open_library(playbooks_folder: Path, knowledge_folder: Path) -> tuple[Library, Glossary]:
    """The library of two folders, searchable by words at once, and the glossary it uses.

    Faults of the files are in ``library.corpus.faults``.
    """
    corpus = load_passages(playbooks_folder, knowledge_folder)
    glossary, faults = load_glossary(knowledge_folder)
    told = replace(corpus, faults=(*corpus.faults, *faults))
    return Library(told, glossary), glossary
