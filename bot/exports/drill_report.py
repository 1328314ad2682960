"""The report of a drill: times against targets, missed and late, decisions, beside earlier drills.

A PDF marked EXERCICE on every page, for who animated.  It is made from reviews
(``bot.core.drill_review``) and holds no figure of a real crisis.  The same reviews give the same
bytes.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import copyfile
from typing import Any, Final

from bot.core.deadlines import deadlines, is_late
from bot.core.drill_review import Review, Standing, Target, verdict
from bot.core.french import clock, full_clock, plural, span
from bot.core.scenario import HARDEST
from bot.exports.glyphs import printable_data
from bot.sentences import SETTLED

_TEMPLATE: Final = Path(__file__).with_name("drill_report.typ")
_MINUTE: Final = timedelta(minutes=1)
#: Earlier drills that are shown.
_EARLIER: Final = 8
STANDINGS: Final[dict[Standing, str]] = {
    "met": "tenu",
    "late": "en retard",
    "missed": "manqué",
    "pending": "en cours",
    "judged": "à l'appréciation des observateurs",
    "unplayed": "événement non joué",
    "void": "sans objet",
}
"""What became of a target, in French."""


def report_pdf(one: Review, past: Sequence[Review]) -> bytes:
    """The PDF of a review; ``past`` are earlier drills, the newest first."""
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = json.dumps(printable_data(report_data(one, past)))
        (folder / "data.json").write_text(data, encoding="utf-8")
        copyfile(_TEMPLATE, folder / _TEMPLATE.name)
        document = typst.compile(
            folder / _TEMPLATE.name,
            root=folder,
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=int(one.ended.timestamp()),
        )
    if not isinstance(document, bytes):
        raise TypeError("one document was asked for")
    return document


def report_data(one: Review, past: Sequence[Review]) -> dict[str, Any]:
    """All that the report says, as plain data for its template."""
    crisis, scenario = one.crisis, one.drill.scenario
    wrong = [each for each in one.counted if each.standing != "met"]
    return {
        "crisis": crisis.id,
        "establishment": crisis.plan.establishment.name,
        "title": scenario.title,
        "facts": [list(pair) for pair in _facts(one)],
        "verdict": verdict(one),
        "aims": list(scenario.aims),
        "wrong": [_wrong(each) for each in wrong],
        "reactions": [_reaction(each) for each in one.reactions],
        "steps": [_step(each) for each in one.steps],
        "decisions": [
            [_since(one, line.recorded), line.text, line.by.name]
            for line in crisis.lines
            if line.kind == "decision"
        ],
        "duties": [list(pair) for pair in _duties(one)],
        "observations": [
            [_since(one, seen.at), seen.text, seen.by] for seen in one.drill.observations
        ],
        "earlier": [_line(each) for each in (one, *past[:_EARLIER])],
        "compared": _compared(one, past),
    }


def _facts(one: Review) -> Iterator[tuple[str, str]]:
    """The head of the report, line by line."""
    crisis, drill = one.crisis, one.drill
    zone, scenario = crisis.zone, drill.scenario
    people = {each.slack: each.name for each in crisis.plan.establishment.people}
    yield "Exercice", f"{crisis.id}, {'terminé' if one.over else 'en cours'}"
    yield "Scénario", f"{scenario.title}, niveau {scenario.level} sur {HARDEST}"
    book = crisis.plan.playbook
    yield "Playbook", f"{book.title}, version {book.version}"
    yield "Début (DEBEX)", full_clock(one.began, zone)
    yield "Fin (FINEX)" if one.over else "À cette heure", full_clock(one.ended, zone)
    played = drill.elapsed(one.ended)
    yield "Durée", f"{span(one.ended - one.began)} en salle, {span(played)} de scénario"
    yield "Allure", _paces(one)
    yield "Animation", drill.animator_name
    if drill.observers:
        yield "Observation", ", ".join(people.get(each, each) for each in drill.observers)
    yield (
        "Événements",
        f"{plural(len(drill.played), 'joué')} sur {len(scenario.injects)}, "
        f"{plural(len(drill.skipped), 'écarté')}",
    )
    for role, held in crisis.roles.items():
        seat = crisis.plan.role(role)
        if held:
            yield seat.title if seat else role, ", ".join(each.name for each in held)


def _paces(one: Review) -> str:
    """Each pace with the hour from which it held."""
    paces = one.drill.paces
    told = [
        f"{f'×{pace.speed}' if pace.speed else 'pause'} à {clock(pace.since, one.crisis.zone)}"
        for pace, after in pairwise((*paces, None))
        if pace is not None and not (after is None and one.drill.ended)
    ]
    return ", ".join(told)


def _since(one: Review, at: datetime) -> str:
    return f"T\u00a0+\u00a0{short(one.drill.elapsed(at))}"


def short(duration: timedelta) -> str:
    """A duration of the scenario; less than a minute is told as that."""
    return span(duration) if duration >= _MINUTE else "moins d'1\u00a0min"


def _wrong(each: Target) -> str:
    """One target that was not kept, in a sentence."""
    about = f"{each.inject} : " if each.inject else ""
    took = f", fait en {short(each.took)}" if each.took is not None else ", pas fait"
    return f"{about}{each.what} (objectif {short(each.within)}{took})"


def _reaction(each: Target) -> list[str]:
    played = f"T\u00a0+\u00a0{short(each.played)}" if each.played is not None else "non joué"
    took = short(each.took) if each.took is not None else "—"
    return [each.inject, played, each.what, short(each.within), took, STANDINGS[each.standing]]


def _step(each: Target) -> list[str]:
    took = f"T\u00a0+\u00a0{short(each.took)}" if each.took is not None else "—"
    return [each.what, f"T\u00a0+\u00a0{short(each.within)}", took, STANDINGS[each.standing]]


def _duties(one: Review) -> Iterator[tuple[str, str]]:
    """The legal clocks that ran: those of the law, at the speed of the room."""
    for each in deadlines(one.crisis, one.ended):
        if each.settled is not None:
            late = ", en retard" if is_late(each) else ""
            yield each.duty.title, f"{SETTLED[each.settled.settlement]}{late}"
        elif each.started is not None:
            yield each.duty.title, "en retard" if is_late(each) else "courait encore"


def _line(one: Review) -> list[str]:
    """One drill in the comparison."""
    counted = len(one.counted)
    share = f"{100 * one.met // counted} %" if counted else "—"
    day = f"{one.began:%d/%m/%Y}"
    scenario = one.drill.scenario
    return [day, one.crisis.id, scenario.title, str(scenario.level), f"{one.met}/{counted}", share]


def _compared(one: Review, past: Sequence[Review]) -> dict[str, Any]:
    """Target by target, beside the last drill on the same scenario; empty without one."""
    same = [each for each in past if each.drill.scenario.id == one.drill.scenario.id]
    if not same:
        return {}
    before = {each.id: each for each in (*same[0].reactions, *same[0].steps)}
    rows = [
        [now.what, _result(before[now.id]), _result(now)] for now in one.counted if now.id in before
    ]
    return {"with": same[0].crisis.id, "rows": rows}


def _result(each: Target) -> str:
    took = f", {short(each.took)}" if each.took is not None else ""
    return f"{STANDINGS[each.standing]}{took}"
