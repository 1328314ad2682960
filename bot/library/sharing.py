"""Ways of asking, given to the piece of a document that answers them.

A note, a write-up or a duty is cut into pieces, and its ways of asking stand on the first one only.
Each of them also goes to the piece that says the most of its words, when that is not the first: a
word that few pieces of the document have tells more than one that all have.  Nothing here looks
beyond one document, so a file that changes changes nothing for the others.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.library.corpus import Passage
from bot.library.french import stems

#: By how much another piece must say more than the first to be given a way of asking.
AHEAD = 0.25


def asked_everywhere(passages: Sequence[Passage]) -> list[Passage]:
    """The passages in the same order, later pieces with the ways of asking that they answer."""
    made = list(passages)
    for places in _documents(passages).values():
        pieces = [passages[n] for n in places]
        for n, asks in zip(places[1:], _given(pieces), strict=True):
            if asks:
                made[n] = replace(made[n], asks=(*made[n].asks, *asks))
    return made


def _documents(passages: Sequence[Passage]) -> Mapping[str, list[int]]:
    """Places of the pieces of each document that has several, the first one first."""
    found: dict[str, list[int]] = {}
    for n, passage in enumerate(passages):
        if key := document(passage):
            found.setdefault(key, []).append(n)
    return {key: places for key, places in found.items() if len(places) > 1}


def document(passage: Passage) -> str:
    """What the passage is a piece of: its write-up, its duty; empty when it stands alone."""
    if passage.kind != "playbook":
        return passage.path
    if passage.duty is not None and passage.step is None:
        return f"{passage.path}#{passage.duty}"
    return ""


def _given(pieces: Sequence[Passage]) -> Iterator[list[str]]:
    """For each piece after the first, the ways of asking of the first that it answers better."""
    said = [set(stems(f"{one.section}\n{one.text}")) for one in pieces]
    having = Counter(term for terms in said for term in terms)
    best = {way: _best(set(stems(way)), said, having) for way in pieces[0].asks}
    for n in range(1, len(pieces)):
        yield [way for way, place in best.items() if place == n]


def _best(way: set[str], said: Sequence[set[str]], having: Mapping[str, int]) -> int:
    """The place of the piece that says the most of a way of asking; the first one in doubt."""
    told = [sum(1 / having[term] for term in way & terms) for terms in said]
    place = max(range(len(told)), key=told.__getitem__)
    return place if told[place] > told[0] + AHEAD else 0
