"""Past incidents that resemble the present one, and why.

The kind of crisis weighs most, then what was hit, then the name of a place.  Something that was
hit counts when half of its words are in what is said of the crisis; a word that names many things
(« données », « patients ») is not enough by itself.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from bot.library.corpus import IncidentCard
from bot.library.french import stems

SAME_KIND, SAME_HIT, SAME_NAME = 4, 2, 1
#: A word found in so many names of things that were hit says little.
_COMMON = 3


def similar_incidents(
    incidents: Sequence[IncidentCard], playbook_id: str, words: str, limit: int = 3
) -> list[tuple[IncidentCard, str]]:
    """Past incidents that resemble this one, the nearest first, each with the reason in French."""
    said = set(stems(words))
    common = _common(incidents)
    found = []
    for card in incidents:
        same = playbook_id in card.playbooks
        hit = [name for name in card.hit if _is_said(name, said, common)]
        named = bool((said & set(stems(card.title))) - common)
        if same or hit or named:
            weight = SAME_KIND * same + SAME_HIT * len(hit) + SAME_NAME * named
            found.append((weight, card.happened, card, _reasons(same, hit, named)))
    found.sort(key=lambda one: (one[0], one[1]), reverse=True)
    return [(card, why) for _, _, card, why in found[:limit]]


def _common(incidents: Sequence[IncidentCard]) -> set[str]:
    names = {name for card in incidents for name in card.hit}
    count = Counter(stem for name in names for stem in set(stems(name)))
    return {stem for stem, times in count.items() if times >= _COMMON}


def _is_said(name: str, said: Collection[str], common: Collection[str]) -> bool:
    """Whether enough of the words of a thing that was hit are said."""
    parts = set(stems(name))
    there = parts & set(said)
    return 2 * len(there) >= len(parts) and (there == parts or bool(there - set(common)))


def _reasons(same: bool, hit: list[str], named: bool) -> str:
    """Why an incident is shown, in one short French sentence."""
    told = []
    if same:
        told.append("même type de crise")
    if hit:
        told.append(f"aussi touché\u00a0: {', '.join(hit)}")
    if named and not hit:
        told.append("nommé dans la description")
    text = "\u00a0; ".join(told)
    return f"{text[0].upper()}{text[1:]}."
