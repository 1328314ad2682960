"""What follows « étape », « état », « compteur » and « ultimatum » becomes a command.

These are typed standing up: a name may be cut short or misspelt, the small words between may be
there or not, and one line may tell of several units.
"""

import re
from collections.abc import Sequence
from typing import Final

from bot.core.adhoc import AddStep, EntrustStep, SplitStep
from bot.core.crisis import Command, Crisis
from bot.core.hospital import (
    CountUp,
    LiftUltimatum,
    RecordUltimatum,
    TellStates,
    found,
    listed,
)
from bot.core.states import STATES, State, Subject
from bot.core.transcript import spoken
from bot.core.until import read_until
from bot.core.when import read_past
from bot.errors import Refused
from bot.grammar import parsers
from bot.grammar.named import Context, fold, head
from bot.grammar.parsers import step_of

_ADD: Final = ("ajouter", "ajoute", "ajout", "nouvelle")
_SPLIT: Final = ("decouper", "decoupe", "diviser", "separer")
_BETWEEN: Final = re.compile(r"[;\n]")
#: Without the « e » and « s » of its end, by which a word agrees with what it speaks of.
_STATES: Final[dict[str, State]] = {
    "reli": "linked",
    "connect": "linked",
    "isol": "isolated",
    "coup": "isolated",
    "inconnu": "unknown",
    "normal": "normal",
    "normaux": "normal",
    "degrad": "degraded",
    "papier": "degraded",
    "arret": "stopped",
    "pann": "stopped",
    "restauration": "restoring",
    "test": "testing",
    "rouvert": "reopened",
}
_SUBJECTS: Final[dict[str, Subject]] = {
    "site": "site",
    "unite": "unit",
    "service": "unit",
    "application": "application",
    "appli": "application",
    "logiciel": "application",
}
#: Words between a name and its state.
_SMALL: Final = frozenset(
    ("est", "sont", "en", "mode", "etat", "passe", "passent", "sur", "au", "a", ":")
)
_SINCE: Final = re.compile(r"^depuis\s+", re.IGNORECASE)
_SAID: Final = re.compile(r"^(?:dit\s+par|selon|par|d['\u2019]apr[èe]s)\s+", re.IGNORECASE)
#: Tried on words with one space between them: where there may be many, failing takes for ever.
_NUMBER_LAST: Final = re.compile(r"(.*?) ?[:=]? ?([+\u2212-]?) ?(\d{1,7})")
_NUMBER_FIRST: Final = re.compile(r"([+\u2212-]?) ?(\d{1,7}) (.+)")
_LIFTED: Final = re.compile(r"^lev[ée]e?\b[\s,:;-]*", re.IGNORECASE)
_OUTSIDE: Final = re.compile(
    r"^(?:(?:en\s+)?dehors|hors(?:\s+de\s+la)?\s+cellule|ext[ée]rieur)\b[\s,:]*", re.IGNORECASE
)


def step(rest: str, context: Context) -> Command:
    """``étape ajouter <titre> [; rôle] [; délai]``, ``étape découper <étape> : <a> ; <b>``."""
    verb, tail = head(rest)
    tail = tail.lstrip(" :")
    if fold(verb) in _ADD and tail:
        return _add(tail, context)
    if fold(verb) in _SPLIT and tail:
        name, parts = head(tail)
        whole = step_of(name.rstrip(":"), context)
        return SplitStep(whole.id, tuple(_pieces(parts.lstrip(" :"))))
    raise Refused(
        "Écrivez « étape ajouter <titre> ; <rôle> ; <délai> », "
        "ou « étape découper <étape> : <partie> ; <partie> »."
    )


def _pieces(text: str) -> list[str]:
    """What stands between « ; » or ends of lines, without the spaces around it."""
    return [one.strip() for one in _BETWEEN.split(text)]


def _add(text: str, context: Context) -> Command:
    """The title, then the role and the target in either order."""
    title, *more = _pieces(text)
    role, due = "", None
    for one in filter(None, more):
        until = read_until(one, context.now, context.crisis.zone)
        if until is not None and not until[1]:
            due = until[0]
        else:
            role = seat(one, context.crisis)
    return AddStep(title, role, due)


def seat(name: str, crisis: Crisis) -> str:
    """The id of a role by its id or title, accents aside; else as typed, for the rule to say."""
    known = {fold(one): role.id for role in crisis.plan.cell.roles for one in (role.id, role.title)}
    return known.get(fold(name.strip()), name)


def assign(rest: str, context: Context) -> Command:
    """``confier <étape> @personne``, ``confier <étape> dehors <qui> : <demande>``."""
    name, person = head(rest)
    lead = _OUTSIDE.match(person)
    if lead is None:
        return parsers.assign(rest, context)
    to, _, more = spoken(person[lead.end() :], context.name).partition(":")
    return EntrustStep(step_of(name, context).id, to.strip(), more.strip())


def state(rest: str, context: Context) -> Command:
    """``état <site, unité ou application> <état> [heure] [qui le dit]``."""
    words = rest.split()
    at = next((n for n, word in enumerate(words) if n and _state(word)), 0)
    told = _state(words[at]) if at else None
    if told is None:
        raise Refused(
            "Écrivez « état <nom> <état> » : « état urgences dégradé », « état site-nord isolé », "
            "« état dpi en test ». Pour les boutons : « /crise état »."
        )
    forced, names = _names(words[:at])
    subject = forced or _subject(names[0] if names else "", told, context.crisis)
    tail = _SINCE.sub("", " ".join(words[at + 1 :]).lstrip(" ,:;"))
    happened, precision, said_by = read_past(tail, context.now, context.crisis.zone)
    return TellStates(subject, names, told, _SAID.sub("", said_by), happened, precision)


def _state(word: str) -> State | None:
    """The state that a word says, whatever it agrees with."""
    return _STATES.get(fold(word.strip(",:;.!")).removeprefix("l'").rstrip("es"))


def _names(words: Sequence[str]) -> tuple[Subject | None, tuple[str, ...]]:
    """The kind, when the line begins with it, and the names, separated by commas."""
    left = list(words)
    while left and fold(left[-1]) in _SMALL:
        left.pop()
    several = len(left) > 1
    forced = _SUBJECTS.get(fold(left[0]).removesuffix("s")) if several else None
    text = " ".join(left[1:] if forced else left).rstrip(" :")
    return forced, tuple(one.strip() for one in text.split(",") if one.strip())


def _subject(name: str, told: State, crisis: Crisis) -> Subject:
    """The kind of what is named: one that is known and may be so, one that is known, one that may.

    Between a unit and an application of no known name, « arrêté » is said of a unit.
    """
    kinds: tuple[Subject, ...] = ("unit", "application", "site")
    may = [one for one in kinds if told in STATES[one]]
    known = [one for one in kinds if found(name, listed(one, crisis))]
    both = [one for one in may if one in known]
    return (both or known or may)[0]


def counter(rest: str, _: Context) -> Command:
    """``compteur <nom> <total>``, ``compteur <nom> +<nombre>``."""
    said = " ".join(rest.split())
    last, first = _NUMBER_LAST.fullmatch(said), _NUMBER_FIRST.fullmatch(said)
    if last and last[1]:
        name, sign, number = last.groups()
    elif first:
        sign, number, name = first.groups()
    else:
        raise Refused("Écrivez « compteur transferts +3 », ou « compteur transferts 12 ».")
    value = int(number) * (1 if sign in ("", "+") else -1)
    return CountUp(name, value, by=bool(sign))


def ultimatum(rest: str, context: Context) -> Command:
    """``ultimatum <échéance> <ce qui est exigé>``, ``ultimatum levé <raison>``."""
    if lifted := _LIFTED.match(rest):
        return LiftUltimatum(rest[lifted.end() :])
    until = read_until(rest, context.now, context.crisis.zone, sure=True)
    if until is None:
        raise Refused(
            "Écrivez l'échéance, puis ce qui est exigé : « ultimatum 24/11 18:00 publication des "
            "données », ou « ultimatum dans 48 h … »."
        )
    return RecordUltimatum(*until)
