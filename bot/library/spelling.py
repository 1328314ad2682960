"""The known words that a mistyped one may have been meant for.

Letters are compared in pairs and threes, edges included: two words are alike when they share most
of them (Dice), whatever the order of the mistakes.  An inverted index of these makes it quick:
under a millisecond for a hundred thousand known words.  Nothing here knows what a word means.
"""

from collections.abc import Collection
from typing import Any

#: Shorter words are too easily taken for one another.
SHORTEST = 4
#: Below this, two words are not taken for one another.
ALIKE = 0.55
#: From this on, nothing else can have been meant.
SURE = 0.7
MOST = 3
#: What glued itself to the word behind it when somebody typed without an apostrophe.
_GLUED = ("l", "d", "j", "c", "s", "n", "m", "t", "qu")
_VOWELS = frozenset("aeiouyh")


def pieces(word: str) -> set[str]:
    """The pairs and threes of letters of a word, its edges marked."""
    marked = f"^{word}$"
    return {marked[n : n + size] for size in (2, 3) for n in range(len(marked) - size + 1)}


class Spelling:
    """Every word that some text knows."""

    def __init__(self, known: Collection[str]) -> None:
        """Take every known word apart."""
        import numpy as np

        self._known = frozenset(known)
        self._words = sorted(one for one in known if len(one) >= SHORTEST - 1)
        places: dict[str, list[int]] = {}
        counts = np.zeros(len(self._words), dtype=np.float32)
        for n, word in enumerate(self._words):
            found = pieces(word)
            counts[n] = len(found)
            for piece in found:
                places.setdefault(piece, []).append(n)
        self._counts: Any = counts
        self._places = {piece: np.array(rows) for piece, rows in places.items()}

    def nearest(self, word: str) -> list[tuple[str, float]]:
        """The known words most alike, the most alike first, each with how much (0 to 1)."""
        if len(word) < SHORTEST or not self._words:
            return []
        rest = _unglued(word)
        if rest in self._known:
            return [(rest, 1.0)]
        return self._alike(word) or (self._alike(rest) if rest else [])

    def _alike(self, word: str) -> list[tuple[str, float]]:
        import numpy as np

        found = pieces(word)
        shared = np.zeros(len(self._words), dtype=np.float32)
        for piece in found & self._places.keys():
            shared[self._places[piece]] += 1
        likeness = 2 * shared / (len(found) + self._counts)
        best = np.argsort(-likeness, kind="stable")[:MOST]
        return [(self._words[n], float(likeness[n])) for n in best if likeness[n] >= ALIKE]


def _unglued(word: str) -> str:
    """The word without the article or the pronoun that may be glued to it; empty when none is."""
    for head in _GLUED:
        rest = word.removeprefix(head)
        if len(rest) >= SHORTEST and rest != word and rest[0] in _VOWELS:
            return rest
    return ""
