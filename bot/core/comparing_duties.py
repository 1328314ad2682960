"""What changed from one table of obligations to the next, in words.

The same rules as for playbooks (``bot.core.comparing``): things are told apart by their id, values
under the names that people know.  A deadline that moved is told first: it is what a cell that runs
on the older table must know.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias

from bot.core.comparing import Difference, difference
from bot.core.fieldwise import Field, differing, lasting
from bot.core.french import plural
from bot.core.playbook import (
    Condition,
    Duty,
    ErasureBasis,
    Instant,
    Obligations,
    Plan,
    Span,
    Start,
)
from bot.core.rewording import quoted

_Kind: TypeAlias = Literal["duty", "instant", "basis"]

_COMMON = {
    "title": Field("titre", "word"),
    "sources": Field("source", "list", feminine=True),
}
_SOLID = {"confidence": Field("solidité", "word", feminine=True)}
_ASKS = {"asks": Field("façon de demander", "list", feminine=True)}
_TABLES: Mapping[_Kind, dict[str, Field]] = {
    "duty": {
        "within": Field("délai", "word"),
        "starts": Field("départ", "word"),
        "wording": Field("délai tel que le texte le dit", "word"),
        "disabled": Field("en sommeil", "flag"),
        "in_force_from": Field("entrée en vigueur", "word", feminine=True),
        "nature": Field("nature", "word", feminine=True),
        "watch": Field("rappel", "list"),
        "role": Field("rôle qui la tient", "word"),
        "signer": Field("signataire", "word"),
        "opinion": Field("avis gardé", "word"),
        "recipient": Field("destinataire", "word"),
        "channel": Field("voie", "word", feminine=True),
        "legal_basis": Field("base légale", "word", feminine=True),
        "bound": Field("statut d'établissement", "list"),
        "only_if": Field("particularité d'établissement", "list", feminine=True),
        "owed_by": Field("tiers qui la doit", "word"),
        "opens": Field("obligation qui suit", "word", feminine=True),
        "not_due_when": Field("cas de dispense", "list"),
        "needs_outcome": Field("suite exigée à la clôture", "flag"),
        "caveats": Field("réserve", "list", feminine=True),
        "ref": Field("repère", "word"),
        "checked": Field("dernière vérification", "word", feminine=True),
    }
    | _SOLID
    | _COMMON,
    "instant": {
        "definition": Field("définition", "prose", feminine=True),
        "kind": Field("nature", "word", feminine=True),
        "evidence": Field("preuve", "word", feminine=True),
    }
    | _COMMON,
    "basis": {
        "legal_basis": Field("base légale", "word", feminine=True),
        "help": Field("aide", "prose", feminine=True),
    }
    | _SOLID
    | _COMMON,
}
_NOUNS: Mapping[_Kind, tuple[str, str]] = {
    "duty": ("Obligation", "e"),
    "instant": ("Instant", ""),
    "basis": ("Motif d'effacement", ""),
}
_NATURES = {
    "legal": "délai légal",
    "target": "délai d'usage",
    "contract": "délai du contrat",
    "immediate": "sans délai chiffré",
    "none": "aucun délai",
    "event": "si cela arrive",
}
_SURE = {"high": "sûre", "medium": "à vérifier", "low": "à vérifier, fragile"}


def compare_duties(
    old: Obligations, new: Obligations, plan: Plan | None = None
) -> tuple[Difference, ...]:
    """What changed among duties, instants and bases of erasure.

    With a ``plan``, roles are told by their titles.  The ways of asking count only when both tables
    have some: a running crisis keeps its plan without them.
    """
    titles = {one.id: one.title for each in (old, new) for one in each.instants}
    titles |= {one.id: one.title for each in (old, new) for one in each.duties}
    if plan is not None:
        titles |= {role.id: role.title for role in plan.cell.roles}
    asked = all(any(one.asks for one in each.duties) for each in (old, new))
    found = [*_of("duty", old.duties, new.duties, titles, asked)]
    found += _of("instant", old.instants, new.instants, titles, asked)
    found += _of("basis", old.erasure_bases, new.erasure_bases, titles, asked)
    return tuple(found)


def _of(
    kind: _Kind,
    old: Sequence[Duty] | Sequence[Instant] | Sequence[ErasureBasis],
    new: Sequence[Duty] | Sequence[Instant] | Sequence[ErasureBasis],
    titles: Mapping[str, str],
    asked: bool,
) -> Iterator[Difference]:
    """What came, went or changed among the things of one kind."""
    noun, agreed = _NOUNS[kind]
    before, after = {one.id: one for one in old}, {one.id: one for one in new}
    table = _TABLES[kind] | (_ASKS if asked and kind != "basis" else {})
    for name, one in after.items():
        if name not in before:
            text = f"{noun} ajouté{agreed} : {_name(one)}."
            yield difference(kind, name, "added", text)
            continue
        for field, said in differing(before[name], one, table, lambda _, it: _told(it, titles)):
            yield difference(kind, name, "changed", f"{noun} {_name(one)}, {said}.", field)
    for name, one in before.items():
        if name not in after:
            text = f"{noun} retiré{agreed} : {_name(one)}."
            yield difference(kind, name, "removed", text)


def _name(one: Duty | Instant | ErasureBasis) -> str:
    ref = one.ref if isinstance(one, Duty) else ""
    return f"{ref} {quoted(one.title)}".strip()


def _told(value: Any, titles: Mapping[str, str]) -> str:
    """One value, as people read it."""
    plain: dict[type, Callable[[Any], str]] = {
        Span: _span,
        timedelta: lasting,
        date: "{:%d/%m/%Y}".format,
    }
    if type(value) in plain:
        return plain[type(value)](value)
    if isinstance(value, Start):
        name = value.instant or value.sent or ""
        return f"{'envoi de ' if value.sent else ''}{quoted(titles.get(name, name))}"
    if isinstance(value, Condition):
        return quoted(value.title)
    return quoted(titles.get(value) or _NATURES.get(value) or _SURE.get(value) or str(value))


def _span(value: Span) -> str:
    """A deadline in words: ``72 heures``, ``8 jours``, ``3 mois``."""
    parts = (
        plural(value.hours, "heure") if value.hours else "",
        plural(value.days, "jour") if value.days else "",
        f"{value.months}\u00a0mois" if value.months else "",
    )
    return " ".join(filter(None, parts)) or "0\u00a0heure"
