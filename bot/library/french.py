"""French words as the search sees them: folded, without stop words, stemmed.

Folding comes before stemming, so that accents, capitals and typographic apostrophes never matter.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock

import Stemmer

_WORD = re.compile(r"[a-z0-9]+")
#: The combining marks that the letters of European languages are taken apart into.
_ACCENT = re.compile(r"[\u0300-\u036f]+")
_LIGATURES = (("œ", "oe"), ("Œ", "oe"), ("æ", "ae"), ("Æ", "ae"), ("’", "'"))
_stemmer = Stemmer.Stemmer("french")
_one_at_a_time = Lock()  # a stemmer keeps a state: two threads must not share a call

_STOP_WORDS = """
    a ai aie ait alors as au aucun aussi autre aux avait avec avez avoir avons
    c ca car ce cela celle celui ces cet cette ceux chaque chez ci combien comme comment
    d dans de des desormais deux dit dois doit donc dont du
    elle elles en encore entre es est et etaient etait ete etes etre eu eux
    fait faire fais faut font
    g
    ici il ils
    j je jusqu
    l la le les leur leurs lors lorsqu lui
    m ma mais me meme memes mes moi mon
    n ne ni nos notre nous
    on ont ou oui
    par parce pas peut peux peuvent plus pour pourquoi pouvez pouvons puis puisqu
    qu quand que quel quelle quelles quels qui quoi quoiqu
    s sa sans se sera ses si soit son sont sous suis sur
    t ta te tes toi ton tous tout toute toutes tres tu
    un une
    va vais vas veut veux voici voila vont vos votre vous
    y
    etc merci bonjour svp stp
    the of and to in is are was were be we do does did how what where when for our my with can
    should by from this that
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def fold(text: str) -> str:
    """Lower case without accents, ligatures or typographic apostrophes."""
    if text.isascii():
        return text.lower()
    for whole, parts in _LIGATURES:
        text = text.replace(whole, parts)
    plain = unicodedata.normalize("NFKD", text)
    return _ACCENT.sub("", plain).lower()


def words(text: str) -> list[str]:
    """Every folded word, stop words included; elisions are cut (``l'``, ``d'``, ``qu'``)."""
    return _WORD.findall(fold(text))


def content_words(text: str) -> list[str]:
    """The folded words that carry meaning."""
    return [word for word in words(text) if word not in STOP_WORDS]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of one folded word."""
    with _one_at_a_time:
        return str(_stemmer.stemWord(word))


def stems(text: str) -> list[str]:
    """The stems of the words that carry meaning."""
    return [stem(word) for word in content_words(text)]


def stems_of(folded: Iterable[str]) -> tuple[str, ...]:
    """The stems of words that are already folded, stop words kept (for phrases)."""
    return tuple(stem(word) for word in folded)
