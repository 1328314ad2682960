"""A passage trimmed to the sentences that answer a question, the words asked for in bold.

Nothing is rewritten: sentences are kept whole and in order, ``[…]`` stands for those left out, and
the line that says what never to do is always kept.  Asked who, the lines that say who are kept too.
A passage of which no sentence answers by itself is given whole, as far as 900 characters go.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.library.corpus import unmarked
from bot.library.french import STOP_WORDS, stem, words

WHOLE = 900
#: A passage no longer than this is not worth cutting.
SHORT = 320
MOST = 3
GAP = "[…]"
#: A sentence answers when it has this part of what is looked for, or of the best sentence.
ANSWERS, NEAR_BEST = 0.5, 0.6

_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[A-ZÀ-ÖØ-Þ«])")
_NEVER = re.compile(r"^\W*à ne jamais faire\b", re.IGNORECASE)
_WHO = re.compile(r"^(?:Qui|Destinataire)\b")
#: A sentence that begins so leans on the one before it.
_LEANS = re.compile(
    r"^\W*(?:il|elle|ils|elles|cela|ceci|celui|celle|ceux|sinon|alors|ensuite|puis|dans ce cas|mais"
    r"|et|ou|car|donc|ainsi|cette?|ces)\b",
    re.IGNORECASE,
)
#: What is told around the matter itself: « Preuves à garder : … », « Objectif : … ».
_LABELLED = re.compile(r"^[A-ZÀ-ÖØ-Þ][^\n:.]{1,40}\s?:\s")
#: What is left as it is: bold, brackets, code, addresses, names of sites.
_ASIDE = re.compile(
    r"(\*\*.+?\*\*|\[[^\]\n]*\]|`[^`]*`|https?://\S+|\S+@\S+|\b\w[\w-]*(?:\.[\w-]+)+)"
)
_TOKEN = re.compile(r"\w+(?:[-'’]\w+)*")


@dataclass(frozen=True, slots=True)
class _Piece:
    """One sentence: its line, its text, what it weighs."""

    line: int
    text: str
    weight: float


def excerpt(
    text: str,
    terms: Mapping[str, float],
    related: Mapping[str, float] = MappingProxyType({}),
    *,
    who: bool = False,
) -> str:
    """The Markdown of the part of a passage that answers.

    ``terms`` are the stems of the question and how telling each is, ``related`` those that mean
    about the same; ``who``: it asks for people.
    """
    plain = unmarked(text).strip()
    known = {**related, **terms}
    pieces = _pieces(plain, known)
    best = max((one.weight for one in pieces), default=0.0)
    whole = len(plain) <= SHORT or _is_table(plain) or best < ANSWERS * sum(terms.values())
    kept = _first(pieces) if whole or not best else _chosen(pieces, best)
    if who:
        kept |= {place for place, one in enumerate(pieces) if _WHO.match(one.text)}
    return _joined(pieces, kept, known)


def _pieces(text: str, terms: Mapping[str, float]) -> list[_Piece]:
    found = []
    for number, line in enumerate(text.splitlines()):
        aside = _LABELLED.match(line)
        for sentence in _SENTENCE.split(line.rstrip()) if line.strip() else ():
            weight = 0.0 if aside else sum(terms.get(one, 0.0) for one in _stems(sentence))
            found.append(_Piece(number, sentence, weight))
    return found


def _stems(text: str) -> set[str]:
    return {stem(word) for word in words(text) if word not in STOP_WORDS}


def _is_table(text: str) -> bool:
    """Whether most lines are « label : value » or cells: such a passage says one thing in parts."""
    lines = text.splitlines()
    parts = sum(bool(_LABELLED.match(line)) or line.startswith("|") for line in lines)
    return 2 * parts > len(lines) > 1 and len(text) <= WHOLE


def _first(pieces: Sequence[_Piece]) -> set[int]:
    """The first pieces, as many as fit beside what must never be left out."""
    kept = _never(pieces)
    size = sum(len(pieces[place].text) + 1 for place in kept)
    for place, one in enumerate(pieces):
        if place in kept:
            continue
        size += len(one.text) + 1
        if size > WHOLE and place:
            break
        kept.add(place)
    return kept


def _never(pieces: Sequence[_Piece]) -> set[int]:
    """The pieces of the line that says what never to do."""
    lines = {one.line for one in pieces if _NEVER.match(one.text)}
    return {place for place, one in enumerate(pieces) if one.line in lines}


def _chosen(pieces: Sequence[_Piece], best: float) -> set[int]:
    """The pieces that answer, with what they lean on and what must never be left out."""
    ranked = sorted(range(len(pieces)), key=lambda place: (-pieces[place].weight, place))
    kept = {place for place in ranked[:MOST] if pieces[place].weight >= NEAR_BEST * best}
    for place in sorted(kept):
        if place and _LEANS.match(pieces[place].text):
            kept.add(place - 1)
    return kept | _never(pieces)


def _joined(pieces: Sequence[_Piece], kept: set[int], terms: Mapping[str, float]) -> str:
    """The kept pieces as they stood, gaps marked, words in bold."""
    shown: list[str] = []
    line, gap = -1, False
    for place, one in enumerate(pieces):
        if place not in kept:
            gap = True
            continue
        text = _bold(one.text, terms)
        if one.line == line:
            shown[-1] += f" {GAP} {text}" if gap else f" {text}"
        else:
            shown += [GAP, text] if gap else [text]
        line, gap = one.line, False
    return "\n".join([*shown, GAP] if gap else shown)


def _bold(text: str, terms: Mapping[str, float]) -> str:
    """The words of the question in bold, but for what is already marked."""
    parts = _ASIDE.split(text)
    for place in range(0, len(parts), 2):
        parts[place] = _TOKEN.sub(lambda match: _marked(match[0], terms), parts[place])
    return "".join(parts).replace("** **", " ")


def _marked(token: str, terms: Mapping[str, float]) -> str:
    return f"**{token}**" if any(one in terms for one in _stems(token)) else token
