"""Tell how the hospital stands: sites, units, applications, counters, an ultimatum.

Sites, units and applications are those of the establishment's file; any other name is taken too,
for the file never knows everything.  What is told is dated, and says who told it.  Counters hold
numbers only: a name that holds a figure is refused, so that nobody is listed there.
"""

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.core.crisis import (
    Actor,
    Crisis,
    Fact,
    Precision,
    Stamp,
    require_open,
    require_text,
)
from bot.core.french import clock, day_clock
from bot.core.playbook import Establishment
from bot.core.states import STATES, Count, State, Subject, Told, Ultimatum
from bot.errors import Refused

TITLES: Final[dict[State, str]] = {
    "linked": "relié",
    "isolated": "isolé",
    "unknown": "état inconnu",
    "normal": "en mode normal",
    "degraded": "en mode dégradé",
    "stopped": "à l'arrêt",
    "restoring": "en restauration",
    "testing": "en test",
    "reopened": "rouverte",
}
SUBJECTS: Final[dict[Subject, str]] = {
    "site": "Site",
    "unit": "Unité",
    "application": "Application",
}
LONGEST_NAME: Final = 80
_LONGEST_SAID: Final = 120
_LONGEST_DEMAND: Final = 1000
_MOST_AT_ONCE: Final = 30
#: What the id of a name begins with when the establishment's file does not have it.
_FREE: Final = "libre-"
_MOST_COUNTED: Final = 1_000_000
_AHEAD: Final = timedelta(minutes=5)
#: How close a typed name must be to one of the file to be taken for a slip.
_ALIKE: Final = 0.8
_SHORT: Final = 3


def fold(text: str) -> str:
    """Lower case, without accents, spaces as one: how names are compared."""
    plain = unicodedata.normalize("NFKD", text.replace("\u2019", "'").casefold())
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())


def known(subject: Subject, house: Establishment) -> tuple[tuple[str, str], ...]:
    """Id and name of each subject of that kind in the file; applications in restart order."""
    if subject == "site":
        return tuple((one.id, one.name) for one in house.sites)
    if subject == "unit":
        return tuple((one.id, one.name) for one in house.services)
    ranked = sorted(house.applications, key=lambda one: one.priority)
    return tuple((one.id, one.name) for one in ranked)


def listed(subject: Subject, crisis: Crisis) -> tuple[tuple[str, str], ...]:
    """The same, then what the crisis knows beside the file."""
    found = known(subject, crisis.plan.establishment)
    ids = {one for one, _ in found}
    told = ((key, one.label) for key, one in crisis.hospital.states.items())
    beside = ((of, label) for (kind, of), label in told if kind == subject)
    return (*found, *(one for one in beside if one[0] not in ids))


def counters(crisis: Crisis) -> tuple[tuple[str, str], ...]:
    """Id and name of each counter: those of the file, then those that the crisis counts."""
    found = tuple((one.id, one.name) for one in crisis.plan.establishment.counters)
    ids = {one for one, _ in found}
    counted = crisis.hospital.counters.items()
    return (*found, *((of, one.label) for of, one in counted if of not in ids))


def found(name: str, among: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """Id and name of what this name means: itself, its first words, or a slip of one letter or two.

    « Bloc A » is no slip of « Bloc B »: short words and figures must be the same.
    """
    key, table = fold(name), tuple(among)
    for of, label in table:
        if key in (fold(of), fold(label)):
            return of, label
    starts = [(of, label) for of, label in table if key and fold(label).startswith(f"{key} ")]
    if len(starts) == 1:
        return starts[0]
    alike = {fold(label): (of, label) for of, label in table if _marks(fold(label)) == _marks(key)}
    near = difflib.get_close_matches(key, alike, 1, _ALIKE)
    return alike[near[0]] if near else None


def _marks(key: str) -> list[str]:
    """The words that tell two like names apart: the short ones, and those with figures."""
    return [one for one in key.split() if len(one) <= _SHORT or any(map(str.isdigit, one))]


def _meant(names: Iterable[str], among: Iterable[tuple[str, str]], what: str) -> dict[str, str]:
    """Id and name of each: what is known, else the name itself under the next free number.

    The number says nothing of the name, which may have to be erased one day.
    """
    table, meant = list(among), {}
    for name in names:
        cleaned = require_text(" ".join(name.split()), what, LONGEST_NAME)
        one = found(cleaned, table)
        if one is None:
            number = 1 + sum(of.startswith(_FREE) for of, _ in table)
            one = f"{_FREE}{number}", cleaned
            table.append(one)
        meant[one[0]] = one[1]
    return meant


@dataclass(frozen=True, slots=True)
class StateTold:
    """Somebody told the state of a site, a unit or an application."""

    name: ClassVar[str] = "state_told"
    subject: Subject
    of: str
    label: str
    state: State
    said_by: str = ""
    """Who said so, when it is not who wrote it."""
    happened: datetime | None = None
    precision: Precision = "exact"

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with this state; the same state again keeps its beginning."""
        key = (self.subject, self.of)
        before = crisis.hospital.states.get(key)
        same = before is not None and before.state == self.state
        since = before.since if before is not None and same else stamp.at
        told = Told(self.label, self.state, since, self.said_by or stamp.actor.name, stamp.seq)
        hospital = replace(crisis.hospital, states={**crisis.hospital.states, key: told})
        return replace(crisis, hospital=hospital, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class CounterSet:
    """A counter has this total; ``added`` is by how much it changed."""

    name: ClassVar[str] = "counter_set"
    counter: str
    label: str
    value: int
    added: int

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with this total."""
        count = Count(self.label, self.value, stamp.at)
        counted = {**crisis.hospital.counters, self.counter: count}
        hospital = replace(crisis.hospital, counters=counted)
        return replace(crisis, hospital=hospital, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class UltimatumRecorded:
    """The attackers demand something by an hour (UTC); a new one takes the place of the last."""

    name: ClassVar[str] = "ultimatum_recorded"
    due: datetime
    text: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with its clock."""
        ultimatum = Ultimatum(self.due, self.text, stamp.at, stamp.seq)
        hospital = replace(crisis.hospital, ultimatum=ultimatum)
        return replace(crisis, hospital=hospital, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class UltimatumLifted:
    """The ultimatum no longer stands, for this reason."""

    name: ClassVar[str] = "ultimatum_lifted"
    text: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis without its clock."""
        return replace(crisis, hospital=replace(crisis.hospital, ultimatum=None), seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class TellStates:
    """Tell the state of one or several subjects of a kind; ``happened`` (UTC) if it was earlier."""

    subject: Subject
    names: tuple[str, ...]
    state: State
    said_by: str = ""
    happened: datetime | None = None
    precision: Precision = "exact"

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return one fact a subject; refuse a state of another kind, and what is known already."""
        require_open(crisis)
        if self.state not in STATES[self.subject]:
            choices = ", ".join(f"« {TITLES[one]} »" for one in STATES[self.subject])
            raise Refused(f"État inattendu. États possibles : {choices}.")
        if self.happened is not None and self.happened > now + _AHEAD:
            raise Refused("Cette heure est dans le futur. Corrigez-la, ou ne mettez pas d'heure.")
        said_by = _said(self.said_by)
        among = listed(self.subject, crisis)
        what = "le nom du site, de l'unité ou de l'application"
        meant = _meant((one for one in self.names if one.strip()), among, what)
        if not 1 <= len(meant) <= _MOST_AT_ONCE:
            raise Refused(f"Donnez de 1 à {_MOST_AT_ONCE} noms à la fois.")
        facts = [
            StateTold(self.subject, of, label, self.state, said_by, self.happened, self.precision)
            for of, label in meant.items()
            if not self._is_known(of, crisis, said_by, now)
        ]
        if not facts:
            names = ", ".join(f"« {one} »" for one in meant.values())
            raise Refused(f"C'est déjà l'état connu de {names}. Rien n'a été changé.")
        return tuple(facts)

    def _is_known(self, of: str, crisis: Crisis, said_by: str, now: datetime) -> bool:
        """Whether nothing new is told; an hour before that of the known state is refused."""
        before = crisis.hospital.states.get((self.subject, of))
        if before is None:
            return False
        if (self.happened or now) < before.since:
            at = day_clock(before.since, crisis.zone)
            raise Refused(
                f"« {before.label} » est « {TITLES[before.state]} » depuis {at}, "
                "plus tard que l'heure donnée. Donnez une heure plus récente."
            )
        return before.state == self.state and said_by in ("", before.said_by)


def _said(text: str) -> str:
    text = " ".join(text.split())
    return require_text(text, "qui le dit", _LONGEST_SAID) if text else ""


@dataclass(frozen=True, slots=True)
class CountUp:
    """Change a counter: to a total, or by an amount when ``by`` says so."""

    counter: str
    number: int
    by: bool

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the new total; refuse a name with figures, a total below zero or unchanged."""
        require_open(crisis)
        meant = _meant((self.counter,), counters(crisis), "ce qui est compté")
        of, label = next(iter(meant.items()))
        if any(one.isdigit() for one in label):
            raise Refused("Un compteur compte, sans nommer personne : pas de chiffre dans son nom.")
        before = crisis.hospital.counters.get(of)
        held = before.value if before else 0
        value = held + self.number if self.by else self.number
        if not 0 <= value <= _MOST_COUNTED:
            raise Refused(f"« {label} » serait à {value}. Vérifiez le nombre : il est à {held}.")
        if before is not None and value == held:
            raise Refused(f"« {label} » est déjà à {held}.")
        return (CounterSet(of, label, value, value - held),)


@dataclass(frozen=True, slots=True)
class RecordUltimatum:
    """Record what the attackers demand and until when (UTC)."""

    due: datetime
    text: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the ultimatum; refuse an hour that has passed and the same one again."""
        require_open(crisis)
        text = require_text(self.text, "ce qui est exigé ou menacé", _LONGEST_DEMAND)
        if self.due <= now:
            raise Refused("Cette heure est déjà passée. Consignez-la plutôt par « /crise note ».")
        standing = crisis.hospital.ultimatum
        if standing is not None and (standing.due, standing.text) == (self.due, text):
            at = clock(standing.at, crisis.zone)
            raise Refused(f"Cet ultimatum est déjà consigné, à {at}.")
        return (UltimatumRecorded(self.due, text),)


@dataclass(frozen=True, slots=True)
class LiftUltimatum:
    """Say that the ultimatum no longer stands, and why."""

    reason: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the lifting; never without a reason."""
        require_open(crisis)
        if crisis.hospital.ultimatum is None:
            raise Refused("Aucun ultimatum n'est consigné : il n'y a rien à lever.")
        return (UltimatumLifted(require_text(self.reason, "la raison", _LONGEST_DEMAND)),)
