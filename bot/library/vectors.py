"""The offline vector: character n-grams hashed into 1,024 numbers, no download, no model.

It finds what the words miss: misspelt, glued and inflected forms.  Document vectors depend on the
text alone, so that an unchanged passage is never embedded again; rarity (idf, learnt from the
corpus) is applied to the question only, squared, which ranks nearly as if both sides had it.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from bot.library.french import content_words

DIMENSION = 1024
SHORTEST, LONGEST = 3, 5

Vector = list[float]


class Embedder(Protocol):
    """What the index needs of a model: its name, its size, and vectors for both sides."""

    @property
    def name(self) -> str:
        """Changes whenever the vectors do."""

    @property
    def weight(self) -> float:
        """What its ranks weigh beside those of the words, which weigh 3."""

    def learn(self, texts: Sequence[str]) -> None:
        """See the whole corpus once, before the first question."""

    def documents(self, texts: Sequence[str]) -> list[Vector]:
        """One vector per text, depending on that text alone."""

    def question(self, text: str, words: Mapping[str, float]) -> Vector:
        """The vector of a question, given also as folded words with weights."""


@lru_cache(maxsize=50_000)
def _grams(word: str) -> tuple[int, ...]:
    """Hashes of the n-grams of one word, its edges marked."""
    import mmh3

    marked = f" {word} "
    return tuple(
        mmh3.hash(marked[start : start + size], signed=False)
        for size in range(SHORTEST, LONGEST + 1)
        for start in range(len(marked) - size + 1)
    )


class HashEmbedder:
    """Character n-grams of the words that carry meaning, as a signed hash vector."""

    name = "hachage-1"
    weight = 1.5

    def __init__(self) -> None:
        """Know of no text yet: every n-gram is as telling as any other."""
        self._found: Counter[int] = Counter()
        self._size = 0

    def learn(self, texts: Sequence[str]) -> None:
        """Count in how many texts each n-gram stands, or near enough.

        A text is counted for each of its words that has the n-gram: taken word by word, a hundred
        thousand texts are learnt in the time of their different words.
        """
        of_words = Counter(word for text in texts for word in set(content_words(text)))
        found: Counter[int] = Counter()
        for word, count in of_words.items():
            for gram in set(_grams(word)):
                found[gram] += count
        self._found, self._size = found, len(texts)

    def _idf(self, gram: int) -> float:
        return math.log((1 + self._size) / (1 + min(self._found[gram], self._size))) + 1

    def documents(self, texts: Sequence[str]) -> list[Vector]:
        """One unit vector per text."""
        return [self._vector(_tf(content_words(text)).items()) for text in texts]

    def question(self, text: str, words: Mapping[str, float]) -> Vector:
        """The unit vector of the weighted words, rare n-grams counting more."""
        del text  # the words say it all
        weights: dict[int, float] = {}
        for word, weight in words.items():
            for gram in _grams(word):
                weights[gram] = max(weight, weights.get(gram, 0.0))
        return self._vector((gram, w * self._idf(gram) ** 2) for gram, w in weights.items())

    def _vector(self, weights: Iterable[tuple[int, float]]) -> Vector:
        """Weights thrown into signed buckets, at length one (all zeros for an empty text)."""
        import numpy as np

        found = list(weights)
        vector: Any = np.zeros(DIMENSION, dtype=np.float32)
        if found:
            hashes = np.array([gram for gram, _ in found], dtype=np.uint32)
            signs = np.where((hashes >> 10) & 1, 1.0, -1.0)
            signed = signs * np.array([weight for _, weight in found])
            np.add.at(vector, hashes % DIMENSION, signed)
            norm = float(np.linalg.norm(vector))
            vector /= norm or 1.0
        values: Vector = vector.tolist()
        return values


def _tf(words: Sequence[str]) -> dict[int, float]:
    """How often each n-gram stands in a text, dampened."""
    counts = Counter(gram for word in words for gram in _grams(word))
    return {gram: 1 + math.log(count) for gram, count in counts.items()}
