"""Search by words and by vectors together; by words alone while the vectors are away.

The words give a score (see ``lexical``), the vectors only a rank: their distances have another
scale with each model.  A passage gains by its rank among the vectors, more with a model that knows
languages than with the offline hashes, which find little that repaired words do not.  What speaks
for and against an answer is told as ``Signs``; what to make of them is decided in ``confidence``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from bot.library.confidence import Signs
from bot.library.corpus import Corpus, Passage
from bot.library.glossary import Glossary, load_glossary
from bot.library.lexical import Scores, lexical
from bot.library.passages import load_passages
from bot.library.question import Query

DEPTH = 40
#: What the first of the vectors gains, for a weight of 1, and how fast the next ones gain less.
NEARNESS, FADING = 0.03, 20
#: What a passage of another playbook than the running crisis's keeps of its score.
OTHER_PLAYBOOK = 0.6
#: The same for another phase of the right playbook than the one under way.
OTHER_PHASE = 0.95
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
    dense: bool
    """The vectors took part."""
    signs: Signs
    """What speaks for and against the first of them."""
    terms: Mapping[str, float] = field(default_factory=dict)
    """Stems of the question that some passage has, and how telling each is."""
    related: Mapping[str, float] = field(default_factory=dict)
    """The same for what the glossary adds to them."""

    @property
    def agree(self) -> bool:
        """Whether words and vectors put the same passage, step or duty first."""
        return self.signs.agree


class Library:
    """Everything that can be quoted, ready to be searched as soon as it is built."""

    def __init__(self, corpus: Corpus, glossary: Glossary) -> None:
        """Index the words at once; the vectors come later, with ``attach``."""
        self.corpus = corpus
        self._glossary = glossary
        self._lexical = lexical(corpus.passages, glossary, corpus.scope.stems)
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

    def search(
        self,
        question: str,
        k: int = 3,
        prefer_playbook: str | None = None,
        prefer_phase: str = "",
    ) -> Hits:
        """The ``k`` best passages.

        Those of other playbooks than the preferred one come later, and so do those of its other
        phases than the one of that title.
        """
        question = question[:MAX_QUESTION]
        query = self._lexical.query(question)
        scores = self._lexical.scores(query)
        by_words = scores.best(DEPTH)
        by_vectors = self._by_vectors(question, query)
        fused = self._fuse(scores, by_words, by_vectors)
        if prefer_playbook is not None:
            kept = {n: self._kept(n, prefer_playbook, prefer_phase) for n in fused}
            fused = {n: score * kept[n] for n, score in fused.items()}
        hits = self._told(fused, by_words, by_vectors)
        return Hits(
            question=question,
            hits=tuple(hits[:k]),
            dense=bool(by_vectors),
            signs=self._signs(scores, hits, self._agree(by_words, by_vectors)),
            terms=self._lexical.telling(query, direct=True),
            related=self._lexical.telling(query, direct=False),
        )

    def _by_vectors(self, question: str, query: Query) -> list[int]:
        if self._index is None or not query.slots:
            return []
        found = self._index.nearest(question, query.words, DEPTH)
        return [self._place[one] for one in found if one in self._place]

    def _fuse(
        self, scores: Scores, by_words: Sequence[int], by_vectors: Sequence[int]
    ) -> dict[int, float]:
        """Score of every passage that words or vectors found."""
        fused = {n: float(scores.total[n]) for n in (*by_words, *by_vectors)}
        gain = NEARNESS * (self._index.weight if self._index else 0.0)
        for rank, n in enumerate(by_vectors):
            fused[n] += gain * FADING / (FADING + rank)
        return {n: min(1.0, score) for n, score in fused.items()}

    def _kept(self, n: int, playbook: str, phase: str) -> float:
        """The part of its score that a passage keeps in a crisis that runs that playbook."""
        passage = self.corpus.passages[n]
        if passage.playbook not in {None, playbook}:
            return OTHER_PLAYBOOK
        elsewhere = phase and passage.step and not passage.section.startswith(f"{phase} ›")
        return OTHER_PHASE if elsewhere else 1.0

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

    def _signs(self, scores: Scores, hits: Sequence[Hit], agree: bool) -> Signs:
        """What speaks for and against the first hit."""
        if not hits:
            return Signs()
        n = self._place[hits[0].passage.id]
        return Signs(
            score=hits[0].score,
            lead=hits[0].score - (hits[1].score if len(hits) > 1 else 0.0),
            heading=float(scores.heading[n]),
            alike=float(scores.alike[n]),
            agree=agree,
            known=scores.known,
        )


def open_library(playbooks_folder: Path, knowledge_folder: Path) -> tuple[Library, Glossary]:
    """The library of two folders, searchable by words at once, and the glossary it uses.

    Faults of the files are in ``library.corpus.faults``.
    """
    corpus = load_passages(playbooks_folder, knowledge_folder)
    glossary, faults = load_glossary(knowledge_folder)
    told = replace(corpus, faults=(*corpus.faults, *faults))
    return Library(told, glossary), glossary
