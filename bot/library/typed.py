"""From marked data to the frozen dataclasses of ``bot.core.playbook``, every fault with its line.

Three short spellings are accepted where the type asks for them: a duration (``30 min``, ``2 h``,
``1 h 30``, ``3 j``), a span (``72 h``, ``8 j``, ``3 mois``) and an outcome given as its label only.
Pydantic checks the rest.  What refers to what is checked elsewhere (``checks``).
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from functools import cache
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from bot.core.playbook import Outcome, Span
from bot.library.faults import Fault, nearest, quoted
from bot.library.marked_yaml import Marked, Place

T = TypeVar("T")

# Longer figures are slips, and would not fit into a date.
DURATION = re.compile(
    r"(?:(\d{1,6})\s*j)?\s*(?:(\d{1,6})\s*h)?\s*(?:(\d{1,6})\s*min|(?<=h)\s*(\d{1,2}))?"
)
_SPAN = re.compile(r"(\d{1,4})\s*(h|j|mois)")
_SPAN_FIELDS = {"h": "hours", "j": "days", "mois": "months"}

_MESSAGES = {
    "string_type": "un texte est attendu ici",
    "tuple_type": "une liste est attendue ici ([un, deux] ou une ligne par tiret)",
    "dict_type": "des paires «\u00a0clé: valeur\u00a0» sont attendues ici",
    "mapping_type": "des paires «\u00a0clé: valeur\u00a0» sont attendues ici",
    "dataclass_type": "des paires «\u00a0clé: valeur\u00a0» sont attendues ici",
    "int_parsing": "un nombre entier est attendu ici",
    "int_type": "un nombre entier est attendu ici",
    "bool_parsing": "true ou false est attendu ici",
    "bool_type": "true ou false est attendu ici",
    "date_parsing": "une date est attendue ici (2026-11-21)",
    "date_type": "une date est attendue ici (2026-11-21)",
    "date_from_datetime_parsing": "une date est attendue ici (2026-11-21)",
    "date_from_datetime_inexact": "une date sans heure est attendue ici (2026-11-21)",
    "too_long": "il y a trop d'éléments ici",
}


def duration(text: str) -> timedelta | None:
    """``30 min``, ``2 h``, ``1 h 30``, ``3 j`` as elapsed time; ``None`` when it is not one."""
    found = DURATION.fullmatch(text.strip())
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, bare = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes or bare)


def build(kind: type[T], marked: Marked, shown: str) -> tuple[T | None, tuple[Fault, ...]]:
    """The object that the file describes, or ``None`` with the faults that prevent it."""
    prepared = _Prepared(shown, marked)
    data = prepared.value(marked.data, kind, ())
    adapter = _adapter(cast("Any", kind))
    try:
        made = adapter.validate_python(data)
    except ValidationError as error:
        told = [_told(kind, marked, shown, dict(one)) for one in error.errors(include_url=False)]
        return None, tuple(sorted({*prepared.faults, *told}))
    if prepared.faults:
        return None, tuple(prepared.faults)
    return made, ()


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def hints(kind: Any) -> Mapping[str, Any]:
    """The type of each field of a dataclass, by name."""
    known = get_type_hints(kind)
    return {field.name: known[field.name] for field in fields(kind)}


def plain(hint: Any) -> Any:
    """The hint without its ``| None``."""
    inner = [one for one in get_args(hint) if one is not NoneType]
    return inner[0] if NoneType in get_args(hint) and len(inner) == 1 else hint


class _Prepared:
    """Expands the short spellings, guided by the types, and notes what cannot be expanded."""

    def __init__(self, shown: str, marked: Marked) -> None:
        self.shown = shown
        self.marked = marked
        self.faults: list[Fault] = []

    def value(self, given: Any, hint: Any, place: Place) -> Any:
        """The value with every short spelling inside it expanded."""
        hint = plain(hint)
        if isinstance(given, str):
            return self._text(given, hint, place)
        if isinstance(given, list) and get_origin(hint) is tuple:
            inner = get_args(hint)[0]
            return [self.value(one, inner, (*place, n)) for n, one in enumerate(given)]
        if isinstance(given, dict) and is_dataclass(hint):
            known = hints(hint if isinstance(hint, type) else type(hint))
            return {
                key: self.value(one, known.get(key, Any), (*place, key))
                for key, one in given.items()
            }
        return given

    def _text(self, given: str, hint: Any, place: Place) -> Any:
        if hint is Outcome:
            return {"label": given}
        if hint is Span:
            return self._span(given, place)
        if hint is timedelta:
            return self._duration(given, place)
        return given

    def _span(self, given: str, place: Place) -> dict[str, int]:
        found = _SPAN.fullmatch(given.strip())
        if found is None:
            told = f"délai illisible {quoted(given)}\u00a0: écrivez 72 h, 8 j ou 3 mois"
            self._fault(place, f"{told}, en quatre chiffres au plus")
            return {}
        return {_SPAN_FIELDS[found[2]]: int(found[1])}

    def _duration(self, given: str, place: Place) -> timedelta:
        found = duration(given)
        if found is None:
            told = f"durée illisible {quoted(given)}\u00a0: écrivez 30 min, 2 h, 1 h 30 ou 3 j"
            self._fault(place, f"{told}, en six chiffres au plus")
        return found or timedelta()

    def _fault(self, place: Place, message: str) -> None:
        self.faults.append(Fault(self.shown, self.marked.line(place), message))


def _told(kind: type[Any], marked: Marked, shown: str, error: Mapping[str, Any]) -> Fault:
    """One complaint of the validation as a fault: its line, and what to do in French."""
    place: Place = error["loc"]
    code = error["type"]
    last = place[-1] if place else ""
    if code == "unexpected_keyword_argument":
        known = hints(_class_at(kind, place[:-1]))
        message = f"clé inconnue {quoted(last)}.{nearest(last, known)}"
    elif code == "missing":
        message = f"il manque {quoted(last)}"
    elif code == "literal_error":
        allowed = re.findall(r"'([^']+)'", str(error["ctx"]["expected"]))
        message = f"valeur inconnue {quoted(error['input'])}.{nearest(error['input'], allowed)}"
    elif not place:
        empty = "rien n'est écrit" if error["input"] is None else "autre forme attendue"
        message = f"{empty}\u00a0: {_MESSAGES['dict_type']}"
    elif error["input"] is None:
        message = f"{quoted(last)} est vide\u00a0: remplissez la ligne, ou retirez-la"
    else:
        message = f"{quoted(last)}\u00a0: {_MESSAGES.get(code, 'valeur refusée')}"
    return Fault(shown, marked.line(place), message)


def _class_at(kind: Any, place: Place) -> Any:
    """The dataclass that stands at that place of the data."""
    for step in place:
        hint = plain(kind)
        kind = get_args(hint)[0] if isinstance(step, int) else hints(hint)[step]
    return plain(kind)
