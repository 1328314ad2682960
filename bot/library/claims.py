"""Whether the passages that a sentence cites say what it says.

Not by meaning, which nothing here understands, but by what must not differ.  A sentence stands
when one sentence of a cited passage, its *witness*, answers for it:

1. no link, address, mention or markup is in it;
2. every word of it that carries meaning stands in the cited passages;
3. three quarters of those words stand in the witness, seven tenths of them in the same order (who
   warns whom), and all of its orders (« débranchez »);
4. every figure stands in the witness, counting the same thing (see ``figures``);
5. every name and acronym stands in the witness, or in the heading when the witness names nobody;
6. it says no exactly where the witness says no, and of the same acts;
7. a condition, a reserve or an attribution of the witness (« si », « sauf », « selon ») is kept;
8. it is not more certain than the witness, and holds no opposite of it (« allumé », « éteint »).

A sentence of several orders may have one witness for each.  Whatever is in doubt does not stand:
the passage itself is then shown, which is what people need.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain

from bot.library.figures import stand
from bot.library.french import stem, words
from bot.library.sayings import Quoted, Said, begins_with_order, witnesses

COVERED = 0.75
IN_ORDER = 0.7
#: Fewer words than this say nothing by themselves, unless the witness has no more.
LEAST = 3

_FORBIDDEN = re.compile(
    r"https?:|www\.|\w@|@\w|<|>|`|\]\(|[*_~]{2}|\b[\w-]+\.(?:fr|com|org|net|eu|io|gouv)\b|[{}|\\]"
    r"|[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"\s*(?:[;,]\s*(?:et|puis|mais)?|\bet\b|\bpuis\b|\bmais\b)\s+")
_LINKS = frozenset(
    "si car afin pour parce sinon donc avant apres quand lorsque lorsqu que qu".split()
)
_STRONG = frozenset(
    stem(word)
    for word in """obligatoire obligatoirement interdit toujours garanti illegal illicite
    immediatement certain certainement imperatif imperativement definitif definitivement
    uniquement tous toutes exclusivement""".split()
)
_FRACTIONS = frozenset(
    """moitie tiers quart double triple demi demie douzaine quinzaine dizaine vingtaine trentaine
    centaine centaines millier milliers premier premiere deuxieme second seconde troisieme dernier
    derniere lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin
    juillet aout septembre octobre novembre decembre hier demain veille lendemain matin soir nuit
    midi minuit""".split()
)
_OPPOSITES = tuple(
    (frozenset(map(stem, one.split())), frozenset(map(stem, other.split())))
    for one, other in (
        ("allume allumes allumee allumez allumer", "eteint eteints eteinte eteignez eteindre"),
        ("ouvrez ouvrir ouvert ouverte", "fermez fermer ferme fermee"),
        ("avant prealable", "apres ensuite"),
        ("interne internes", "externe externes"),
        ("entrant entrants", "sortant sortants"),
        ("public publique", "prive privee"),
        ("tard", "tot"),
        ("plus maximum", "moins minimum"),
        ("obligatoire interdit", "facultatif autorise permis possible"),
        ("gardez conservez garder conserver", "supprimez effacez detruisez supprimer jetez"),
        ("payez payer paiement", "refusez refuser"),
        ("arretez arreter arret", "demarrez redemarrez relancez demarrer redemarrer relancer"),
        ("coupez couper coupure", "retablissez retablir rouvrez"),
        ("isolez isoler", "reconnectez reconnecter"),
        ("physique", "virtuel virtuelle"),
        ("jour", "nuit"),
        ("accepte acceptez", "refuse refusez"),
        ("chiffre chiffres", "clair"),
        ("acceptez autorisez", "bloquez refusez interdisez"),
        ("oui", "non"),
    )
)
_PREFIXES = ("de", "des", "dis", "in", "im", "ir", "il", "mal", "re", "anti", "non")


def supported(sentence: str, passages: Sequence[Quoted]) -> bool:
    """Whether the passages say what the sentence says (rules 1 to 8 above)."""
    if not passages or _FORBIDDEN.search(sentence):
        return False
    found = [one for passage in passages for one in witnesses(passage)]
    known = frozenset(chain.from_iterable(one.around for one in found))
    names = frozenset(chain.from_iterable(one.names for one in found))
    said = Said(sentence)
    if not said.stems or not said.stems <= known:
        return False
    return all(
        any(_answers(witness, part, names) for witness in found)
        for part in _parts(said, found, names)
    )


def _parts(said: Said, found: Sequence[Said], names: frozenset[str]) -> list[Said]:
    """The sentence itself when one witness answers for it, else its orders one by one."""
    if any(_answers(one, said, names) for one in found) or _LINKS & set(said.words):
        return [said]
    parts = [Said(part) for part in _CLAUSE.split(said.text) if part.strip()]
    return parts if all(begins_with_order(one.words) for one in parts) else [said]


def _answers(witness: Said, said: Said, names: frozenset[str]) -> bool:
    """Whether one sentence of a passage answers for one that is said (rules 3 to 8)."""
    return (
        _covers(witness, said)
        and stand(said.figures, witness.figures)
        and _names_stand(witness, said, names)
        and _same_denials(witness, said)
        and witness.reserves <= said.reserves
        and said.reserves & _HARD <= witness.reserves
        and _no_surer(witness, said)
    )


#: Reserves that must not appear from nowhere either: they turn what follows.
_HARD = frozenset("si sauf hormis excepte sinon avant apres seulement uniquement".split())


def _covers(witness: Said, said: Said) -> bool:
    inside = said.stems & witness.around
    least = min(LEAST, len(witness.own))
    return (
        len(inside) >= COVERED * len(said.stems)
        and _in_order(said.telling, witness.telling)
        and len(said.stems & witness.stems) >= least
        and said.orders <= frozenset(map(stem, witness.words))
    )


def _in_order(said: Sequence[str], there: Sequence[str]) -> bool:
    """Whether most of the words that both have come in one order: the longest rise of places."""
    places = [there.index(one) for one in dict.fromkeys(said) if one in there]
    rise: list[int] = []
    for place in places:
        at = bisect_left(rise, place)
        rise[at : at + 1] = [place]
    return len(rise) >= IN_ORDER * len(places)


def _names_stand(witness: Said, said: Said, names: frozenset[str]) -> bool:
    """Names, acronyms, and every word that is a name in the passages, whatever its capitals."""
    named = said.names | (frozenset(said.words) & names)
    if named <= frozenset(witness.words):
        return True
    return not witness.names and named <= frozenset(words(witness.heading))


def _same_denials(witness: Said, said: Said) -> bool:
    if witness.denies != said.denies:
        return False
    spoken = frozenset(map(stem, said.words))
    return (
        witness.under_no or said.denied <= witness.denied
    ) and witness.denied & spoken <= said.denied


def _no_surer(witness: Said, said: Said) -> bool:
    there = frozenset(map(stem, witness.words))
    here = frozenset(map(stem, said.words))
    sure = here & _STRONG <= there and set(said.words) & _FRACTIONS <= set(witness.words)
    return sure and not any(_turned(one, there) for one in here - there)


def _turned(one: str, there: frozenset[str]) -> bool:
    """Whether a stem that the witness lacks is the opposite of one that it has."""
    for left, right in _OPPOSITES:
        if (one in left and right & there) or (one in right and left & there):
            return True
    return any(
        one == start + other or other == start + one for start in _PREFIXES for other in there
    )
