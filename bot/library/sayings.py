"""Sentences as they are compared: words, figures, names, negations, and the labels above them.

A passage is cut into sentences, whole and in pieces, each under the labels that it stands under: a
sentence of its own may mean the reverse of what it says under « À ne jamais faire ».  What to make
of two sentences is decided in ``claims``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from bot.library.figures import Figure, counts, figures
from bot.library.french import STOP_WORDS, fold, stem, words

_NAME = re.compile(r"(?<![.!?:…]\s)(?<!^)\b[A-ZÀ-ÖØ-Þ][\w'’-]*|\b[A-ZÀ-ÖØ-Þ]{2,}[\w-]*")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_LABEL = re.compile(r"^([^:.!?]{2,70}?)\s*:(?:\s+(.*))?$", re.DOTALL)
_BOLD_LINE = re.compile(r"^\*\*([^*]+)\*\*\s*:?$")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
_PIECE = re.compile(r"(?<=;)\s+")
#: Tried on folded labels: what follows is not to be done.
_FORBIDS = re.compile(
    r"^(?:a |ce qu'il )?ne (?:pas|jamais|rien|surtout|faut)\b(?! oubli)|^jamais\b"
    r"|^a (?:eviter|proscrire)|^pieges?\b|^erreurs?\b|^idees? (?:recues?|fausses?)|^faux\b"
    r"|^interdits?\b"
)
#: What follows depends on something, or is said by somebody else.
_TURNS = re.compile(r"^(?:si|sauf) |\brevendi|\baffirm|\bsuppos|\binconnu")
#: Words that a sentence may add: they order the talk and change nothing of it.
_NEUTRAL = frozenset(
    map(stem, "devez ensuite abord enfin egalement ainsi notamment suivant veillez pensez".split())
)
#: « sans » is not one: it bears on what follows it only (see ``_denied``).
_NEGATIONS = frozenset("pas jamais aucun aucune ni non n ne rien".split())
#: « nez » is no order.
_SHORT = 3
_NEGATIVE = ("evit", "interdi", "proscri", "renonc", "absten", "abstien")
_CLITICS = frozenset("le la les l y en lui leur me m se s vous nous te t pas jamais plus".split())
#: Conditions, reserves, attributions: a sentence that drops one says more than its witness.
_RESERVES = frozenset(
    """si sauf hormis excepte seulement uniquement sinon moins lorsque lorsqu quand selon environ
    peut peuvent pourrait pourraient probable probablement eventuellement
    revendique revendiquent revendiquait affirme affirment estime estimait verifier suppose
    supposee presume inconnu apres avant""".split()
)
_ELIDED_IF = re.compile(r"\b[sS]['’](?=ils?\b)il")


class Quoted(Protocol):
    """A passage: where it stands, and what it says."""

    @property
    def heading(self) -> str:
        """Document and section on one line."""

    @property
    def text(self) -> str:
        """What it says."""


@dataclass(frozen=True)
class Said:
    """A sentence, looked at once; ``labels`` are those that it stands under, the nearest last."""

    text: str
    heading: str = ""
    labels: tuple[str, ...] = ()

    @property
    def lead(self) -> str:
        """Its labels, as one text."""
        return " ".join(self.labels)

    @property
    def whole(self) -> str:
        """The sentence after its label."""
        return f"{self.lead}\u00a0: {self.text}" if self.lead else self.text

    @cached_property
    def words(self) -> list[str]:
        """Its folded words, those of its labels first."""
        # « s'il » hides a condition in an elision.
        return words(_ELIDED_IF.sub("si il", self.whole))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of its words that carry meaning; those of figures are compared as figures."""
        return frozenset(self.telling) - _NEUTRAL

    @cached_property
    def telling(self) -> list[str]:
        """The same, in order."""
        return [stem(one) for one in self.words if one not in STOP_WORDS and not counts(one)]

    @cached_property
    def own(self) -> frozenset[str]:
        """The same, without those of its label."""
        return Said(self.text).stems if self.lead else self.stems

    @cached_property
    def around(self) -> frozenset[str]:
        """The same, with those of the heading."""
        return self.stems | {stem(word) for word in words(self.heading)}

    @cached_property
    def figures(self) -> list[Figure]:
        """Its numbers, dates and hours."""
        return figures(self.whole)

    @cached_property
    def names(self) -> frozenset[str]:
        """Folded words of its names and acronyms."""
        return _names(self.whole)

    @cached_property
    def orders(self) -> frozenset[str]:
        """Stems of its verbs in -ez."""
        return frozenset(stem(word) for word in self.words if _is_order(word)) - _NEUTRAL

    @cached_property
    def under_no(self) -> bool:
        """Whether its own label forbids what it says."""
        return any(_FORBIDS.search(fold(one)) for one in self.labels)

    @cached_property
    def denies(self) -> bool:
        """Whether it says no."""
        return self.under_no or any(
            word in _NEGATIONS or word.startswith(_NEGATIVE) for word in self.words
        )

    @cached_property
    def denied(self) -> frozenset[str]:
        """Stems of what its negations bear on."""
        return frozenset(_denied(self.words))

    @cached_property
    def reserves(self) -> frozenset[str]:
        """Its conditions, reserves and attributions."""
        return frozenset(self.words) & _RESERVES


def witnesses(passage: Quoted) -> Iterator[Said]:
    """The sentences of a passage, whole and in pieces, each under its labels.

    A label is what stands before a colon, or the line that opens a list.  Under a title (of the
    section, or a line in bold) that forbids, only what says no itself is given: whether the rest is
    to be done or not, the title alone does not tell.
    """
    section = passage.heading.rpartition(" › ")[2]
    title = lead = ""
    for line in passage.text.splitlines():
        bold = _BOLD_LINE.match(line.strip())
        if bold:
            title, lead = bold[1], ""
            continue
        plain = line.replace("**", "").strip()
        bullet = _BULLET.match(plain)
        label, rest = _labelled(plain[bullet.end() :] if bullet else plain)
        lead = lead if bullet else ""
        if label and not rest:
            lead = label
            continue
        turns = [one for one in (section, title) if _TURNS.search(fold(one))]
        under = tuple(filter(None, (*turns, lead, label)))
        closed = any(_FORBIDS.search(fold(one)) for one in (section, title))
        for one in _said_in(rest):
            said = Said(one, passage.heading, under)
            if not closed or said.denies:
                yield said


def _labelled(text: str) -> tuple[str, str]:
    """What stands before the colon of a line, if that is a label, and the rest."""
    label = _LABEL.match(text)
    return (label[1], label[2] or "") if label else ("", text)


def _said_in(text: str) -> Iterator[str]:
    """Each sentence of a line, then its parts between semicolons."""
    for sentence in filter(None, map(str.strip, _SENTENCE.split(text))):
        yield sentence
        pieces = _PIECE.split(sentence)
        yield from pieces if len(pieces) > 1 else ()


def _names(text: str) -> frozenset[str]:
    """Folded words of names and acronyms, wherever they stand but first in a sentence."""
    return frozenset(
        word for name in _NAME.findall(text) for word in words(name) if word not in STOP_WORDS
    )


def _is_order(word: str) -> bool:
    return len(word) > _SHORT and word.endswith("ez") and word not in ("chez", "assez", "avez")


def begins_with_order(said: Sequence[str]) -> bool:
    """Whether these words begin as an order, given or forbidden."""
    start = [word for word in said[:3] if word not in ("n", "ne", "ensuite", "enfin", "puis")]
    return bool(start) and _is_order(start[0])


def _denied(said: Sequence[str]) -> Iterator[str]:
    """What each negation bears on: the verb after « ne », the word after the others."""
    for place, word in enumerate(said):
        if word in ("ne", "n"):
            rest = (one for one in said[place + 1 :] if one not in _CLITICS)
        elif word in ("sans", "aucun", "aucune", "ni") or word.startswith(_NEGATIVE):
            rest = (one for one in said[place + 1 :] if one not in STOP_WORDS)
        else:
            continue
        after = next(rest, "")
        if after:
            yield stem(fold(after))
