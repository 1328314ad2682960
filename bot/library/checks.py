"""What refers to what: ids, answers, loops and contradictions across the files that people edit.

Each check gives faults with the line to correct; none of them reads a file or changes anything.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.core.playbook import Cell, Establishment, Obligations, Playbook, Source, Span, Step
from bot.library.faults import Fault, nearest, quoted
from bot.library.marked_yaml import Marked, Place

#: Ids and answers stand in what buttons carry, which Slack limits; longer ones could not be sent.
LONGEST_ID, LONGEST_ANSWER = 80, 75
_ID = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")

LONGEST_SPAN = 9999
"""Hours, days or months: what is longer is a slip."""
_SPAN_SAID = re.compile(r"(\d{1,4})\s*(h|heures?|j|jours?|mois)\b")

_UNKNOWN = {
    "étape": "étape inconnue de ce playbook",
    "question": "question inconnue de ce playbook",
    "rôle": "rôle inconnu de cellule.yaml",
    "obligation": "obligation inconnue d'obligations.yaml",
    "instant": "instant inconnu d'obligations.yaml",
    "source": "source inconnue de sources.yaml",
    "document": "document sans modèle dans documents/",
    "réponse": "réponse inconnue de cette question",
    "playbook": "playbook inconnu",
    "événement": "événement inconnu de ce scénario",
}


class _HasId(Protocol):
    @property
    def id(self) -> str:
        """The id that must be unique."""


class Checker:
    """Collects the faults of one file."""

    def __init__(self, shown: str, marked: Marked) -> None:
        self.shown = shown
        self.marked = marked
        self.faults: list[Fault] = []

    def fault(self, place: Place, message: str) -> None:
        """Note one fault at that place of the file."""
        self.faults.append(Fault(self.shown, self.marked.line(place), message))

    def known(self, place: Place, what: str, words: Iterable[str], names: Collection[str]) -> None:
        """Note every word that is not among the known names."""
        for word in words:
            if word not in names:
                self.fault(place, f"{_UNKNOWN[what]}\u00a0: {quoted(word)}.{nearest(word, names)}")

    def unique(self, placed: Iterable[tuple[Place, _HasId]]) -> None:
        """Note every id that is written twice, or is not made of a-z, 0-9 and hyphens."""
        seen: dict[str, int] = {}
        for place, one in placed:
            line = self.marked.line((*place, "id"))
            if one.id in seen:
                first = f"déjà écrit ligne {seen[one.id]}"
                self.fault((*place, "id"), f"identifiant {quoted(one.id)} en double, {first}")
            seen.setdefault(one.id, line)
            if len(one.id) > LONGEST_ID:
                told = f"{len(one.id)} caractères, {LONGEST_ID} au plus"
                self.fault((*place, "id"), f"identifiant trop long\u00a0: {told}")
            if not _ID.fullmatch(one.id):
                hint = "lettres a-z sans accent, chiffres et tirets seulement"
                self.fault((*place, "id"), f"identifiant {quoted(one.id)} refusé\u00a0: {hint}")


def _listed(name: str, items: Sequence[Any]) -> list[tuple[Place, Any]]:
    """Each item of a list of the file, with its place."""
    return [((name, n), item) for n, item in enumerate(items)]


def check_sources(check: Checker, sources: Sequence[Source]) -> None:
    """Source ids are unique."""
    check.unique(_listed("sources", sources))


def check_cell(check: Checker, cell: Cell, sources: Collection[str]) -> None:
    """Roles and levels are unique; pairs and sources exist."""
    check.unique(_listed("roles", cell.roles))
    check.unique(_listed("levels", cell.levels))
    roles = {role.id for role in cell.roles}
    for n, pair in enumerate(cell.distinct):
        check.known(("distinct", n), "rôle", pair, roles)
    for place, role in _listed("roles", cell.roles):
        check.known((*place, "sources"), "source", role.sources, sources)


def check_establishment(
    check: Checker, house: Establishment, roles: Collection[str], sources: Collection[str]
) -> None:
    """The time zone exists; people hold roles that exist; ids are unique."""
    try:
        ZoneInfo(house.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        check.fault(("timezone",), f"fuseau horaire inconnu {quoted(house.timezone)}")
    for name in ("sites", "services", "applications", "counters", "contacts"):
        check.unique(_listed(name, getattr(house, name)))
    for place, person in _listed("people", house.people):
        check.known((*place, "roles"), "rôle", person.roles, roles)
    for place, contact in _listed("contacts", house.contacts):
        check.known((*place, "sources"), "source", contact.sources, sources)


def check_obligations(
    check: Checker, table: Obligations, roles: Collection[str], sources: Collection[str]
) -> None:
    """Clocks start from what exists, figures fit their nature, nothing goes in circles."""
    check.unique(_listed("instants", table.instants))
    check.unique(_listed("duties", table.duties))
    check.unique(_listed("erasure_bases", table.erasure_bases))
    for place, basis in _listed("erasure_bases", table.erasure_bases):
        check.known((*place, "sources"), "source", basis.sources, sources)
    instants = {one.id for one in table.instants}
    duties = {one.id for one in table.duties}
    for place, instant in _listed("instants", table.instants):
        check.known((*place, "sources"), "source", instant.sources, sources)
    for place, duty in _listed("duties", table.duties):
        check.known((*place, "role"), "rôle", [duty.role], roles)
        check.known((*place, "signer"), "rôle", [duty.signer], roles)
        check.known((*place, "opens"), "obligation", _given(duty.opens), duties)
        check.known((*place, "sources"), "source", duty.sources, sources)
        _check_clock(check, place, duty, instants, duties)
    after = {duty.id: _given(duty.starts.sent if duty.starts else None) for duty in table.duties}
    where = {duty.id: (*place, "starts") for place, duty in _listed("duties", table.duties)}
    _check_loop(check, ("duties",), after, "obligations", where.get)


def _check_clock(
    check: Checker, place: Place, duty: Any, instants: Collection[str], duties: Collection[str]
) -> None:
    """One start and only one; a figure when, and only when, the text has one."""
    if duty.starts is not None:
        start = (*place, "starts")
        check.known(start, "instant", _given(duty.starts.instant), instants)
        check.known(start, "obligation", _given(duty.starts.sent), duties)
        if (duty.starts.instant is None) == (duty.starts.sent is None):
            check.fault(start, "un départ et un seul\u00a0: {instant: …} ou {sent: …}")
    nature = (*place, "nature")
    if duty.nature in {"legal", "target"} and duty.starts is not None and duty.within is None:
        told = f"nature {quoted(duty.nature)} sans délai\u00a0: ajoutez «\u00a0within\u00a0»"
        check.fault(nature, told)
    if duty.nature in {"immediate", "none"} and duty.within is not None:
        told = f"nature {quoted(duty.nature)} avec un délai chiffré\u00a0: c'est contradictoire"
        check.fault(nature, told)
    if duty.within is not None:
        _check_span(check, (*place, "within"), duty.within, duty.wording)


def _check_span(check: Checker, place: Place, within: Span, wording: str) -> None:
    """The deadline that runs is one that exists, and one of those that people read beside it."""
    figures = (within.hours, within.days, within.months)
    if not any(figures) or min(figures) < 0 or max(figures) > LONGEST_SPAN:
        check.fault(place, "délai impossible\u00a0: écrivez 72 h, 8 j ou 3 mois")
        return
    said = {found[0]: _span(int(found[1]), found[2]) for found in _SPAN_SAID.finditer(wording)}
    if said and _span(*_in_words(within)) not in said.values():
        words = ", ".join(map(quoted, said))
        told = f"ce délai n'est pas celui de «\u00a0wording\u00a0» ({words})"
        check.fault(place, f"{told}\u00a0: mettez-les d'accord")


def _in_words(within: Span) -> tuple[int, str]:
    """The number and the unit of a deadline; hours for what mixes days and hours."""
    if within.months:
        return within.months, "mois"
    return 24 * within.days + within.hours, "h"


def _span(number: int, unit: str) -> tuple[int, str]:
    """A deadline in hours or in months, so that two ways of saying it compare."""
    if unit.startswith("m"):
        return number, "mois"
    return (24 * number if unit.startswith("j") else number), "h"


def _given(word: str | None) -> list[str]:
    return [] if word is None else [word]


def check_playbook(
    check: Checker,
    playbook: Playbook,
    table: Obligations,
    roles: Collection[str],
    sources: Collection[str],
) -> None:
    """Steps refer to what exists, and some order of doing them exists."""
    placed = [
        (("phases", p, "steps", n), step)
        for p, phase in enumerate(playbook.phases)
        for n, step in enumerate(phase.steps)
    ]
    check.unique(_listed("phases", playbook.phases))
    check.unique(_listed("questions", playbook.questions))
    check.unique(placed)
    if not placed:
        check.fault(("phases",), "ce playbook n'a aucune étape")
    names: dict[str, Collection[str]] = {
        "étape": {step.id for step in playbook.steps},
        "obligation": {duty.id for duty in table.duties},
        "instant": {one.id for one in table.instants},
        "rôle": roles,
        "source": sources,
    }
    answers = {question.id: question.choices for question in playbook.questions}
    for n, question in enumerate(playbook.questions):
        _check_lengths(check, ("questions", n), question.choices)
    for place, step in placed:
        _check_step(check, place, step, names)
        _check_when(check, (*place, "when"), step, answers)
    after = {step.id: step.after for step in playbook.steps}
    where = {step.id: (*place, "after") for place, step in placed}
    _check_loop(check, ("phases",), after, "étapes", where.get)


def _check_step(
    check: Checker, place: Place, step: Step, names: Mapping[str, Collection[str]]
) -> None:
    check.known((*place, "role"), "rôle", [step.role], names["rôle"])
    check.known((*place, "after"), "étape", step.after, names["étape"])
    check.known((*place, "duty"), "obligation", _given(step.duty), names["obligation"])
    check.known((*place, "instants"), "instant", step.instants, names["instant"])
    check.known((*place, "sources"), "source", step.sources, names["source"])
    labels = [outcome.label for outcome in step.outcomes]
    _check_lengths(check, (*place, "outcomes"), labels)


def _check_lengths(check: Checker, place: Place, answers: Sequence[str]) -> None:
    """Answers and outcomes are told apart, and short enough for a button."""
    if len(answers) != len(set(answers)):
        check.fault(place, "deux réponses ou issues portent le même nom")
    for one in answers:
        if len(one) > LONGEST_ANSWER:
            told = f"réponse trop longue\u00a0: {len(one)} caractères, {LONGEST_ANSWER} au plus"
            check.fault(place, told)


def _check_when(
    check: Checker, place: Place, step: Step, answers: Mapping[str, Sequence[str]]
) -> None:
    check.known(place, "question", step.when, answers)
    for question, wanted in step.when.items():
        if question in answers:
            check.known((*place, question), "réponse", wanted, answers[question])


def _check_loop(
    check: Checker,
    place: Place,
    after: Mapping[str, Collection[str]],
    what: str,
    where: Callable[[str], Place | None] = lambda _: None,
) -> None:
    """Some order exists in which each comes after those it waits for."""
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        ring = list(reversed(error.args[1]))
        told = f"ces {what} s'attendent en rond\u00a0: {' → '.join(ring)}"
        check.fault(where(ring[0]) or place, told)
