"""The offline vector: character n-grams hashed into 1,024 numbers, no download, no model.

It finds what the words miss: misspelt, glued and inflected forms.  Document vectors depend on the
text alone, so that an unchanged passage is never embedded again; rarity (idf, learnt from the
corpus) is applied to the question only, squared, which ranks nearly as if both sides had it.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
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
def _grams(word: str) -> Any:
    """Hashes of the n-grams of one word, its edges marked: an array, empty for an empty word."""
    import mmh3
    import numpy as np

    marked = f" {word} "
    found = [
        mmh3.hash(marked[start : start + size], signed=False)
        for size in range(SHORTEST, LONGEST + 1)
        for start in range(len(marked) - size + 1)
    ]
    return np.array(found, dtype=np.uint32)


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
            for gram in set(_grams(word).tolist()):
                found[gram] += count
        self._found, self._size = found, len(texts)

    def _idf(self, gram: int) -> float:
        return math.log((1 + self._size) / (1 + min(self._found[gram], self._size))) + 1

    def documents(self, texts: Sequence[str]) -> list[Vector]:
        """One unit vector per text."""
        return [_document(content_words(text)) for text in texts]

    def question(self, text: str, words: Mapping[str, float]) -> Vector:
        """The unit vector of the weighted words, rare n-grams counting more."""
        del text  # the words say it all
        weights: dict[int, float] = {}
        for word, weight in words.items():
            for gram in _grams(word).tolist():
                weights[gram] = max(weight, weights.get(gram, 0.0))
        told = [weight * self._idf(gram) ** 2 for gram, weight in weights.items()]
        return _vector(list(weights), told)


def _document(words: Sequence[str]) -> Vector:
    """The unit vector of a text: how often each n-gram stands in it, dampened."""
    import numpy as np

    if not words:
        return _vector([], [])
    grams, counts = np.unique(np.concatenate([*map(_grams, words)]), return_counts=True)
    return _vector(grams, 1 + np.log(counts))


def _vector(grams: Any, weights: Any) -> Vector:
    """Weights thrown into signed buckets, at length one (all zeros for an empty text)."""
    import numpy as np

    hashes = np.asarray(grams, dtype=np.uint32)
    signs = np.where((hashes >> 10) & 1, 1.0, -1.0)
    buckets = (hashes % DIMENSION).astype(np.int64)
    vector = np.bincount(buckets, weights=signs * np.asarray(weights), minlength=DIMENSION)
    norm = float(np.linalg.norm(vector))
    values: Vector = (vector / (norm or 1.0)).astype(np.float32).tolist()
    return values
