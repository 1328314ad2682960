"""``tocsin drills``: the scenarios, the drills that were played, the report of one."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.parser import Commands, command, print_json
from bot.core.french import plural, span, typography

if TYPE_CHECKING:
    from bot.core.drill_review import Review
    from bot.wiring import House


def add(commands: Commands) -> None:
    """What speaks of drills."""
    purpose = "Exercices joués : objectifs tenus, compte rendu ; ou scénarios disponibles."
    sub = command(commands, "drills", purpose, _drills)
    sub.add_argument("drill", metavar="EXERCICE", nargs="?", help="son numéro : son compte rendu")
    sub.add_argument("--output", type=Path, metavar="FICHIER", help="y écrire le compte rendu, PDF")
    sub.add_argument("--scenarios", action="store_true", help="lister les scénarios disponibles")
    sub.add_argument("--json", action="store_true", help="en JSON")


def _drills(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.wiring import build

    house = build(load())
    try:
        if options.scenarios:
            return _scenarios(house, as_json=options.json)
        return _of(house, options) if options.drill else _list(house, as_json=options.json)
    finally:
        house.store.close()


def _scenarios(house: "House", *, as_json: bool) -> int:
    from bot.cli.parser import FAULTY

    held = house.scenarios.held
    found = [
        {"id": one.id, "title": one.title, "level": one.level, "playbook": one.playbook}
        for one in held.scenarios.values()
    ]
    if as_json:
        print_json(found)
    for one in held.scenarios.values() if not as_json else ():
        events = plural(len(one.injects), "événement")
        told = f"niveau {one.level}, {span(one.duration)}, {events} : {one.title}"
        print(f"{one.id:24}  {typography(told)}")
    for fault in held.faults if not as_json else ():
        print(fault)
    return FAULTY if held.faults else 0


def _list(house: "House", *, as_json: bool) -> int:
    from bot.core.drill_review import reviewed

    found = reviewed(house.service.crises(), house.service.now())
    if as_json:
        print_json([_object(one) for one in found])
        return 0
    for one in found:
        print(typography(_line(one)))
    if not found:
        print(typography("Aucun exercice n'a encore été joué. Dans Slack : « /crise exercice »."))
    return 0


def _of(house: "House", options: argparse.Namespace) -> int:
    """The report of one drill: in words, as JSON, or as a PDF in a file."""
    from bot.core.drill_review import earlier, review, reviewed
    from bot.errors import OutsideService, Refused, reason

    crisis = house.service.require(options.drill)
    if crisis.drill is None:
        raise Refused(f"{crisis.id} n'a joué aucun scénario. Voyez « tocsin drills ».")
    now = house.service.now()
    one = review(crisis, now)
    past = earlier(one, reviewed(house.service.crises(), now))
    if options.output is not None:
        from bot.exports.drill_report import report_pdf

        try:
            options.output.write_bytes(report_pdf(one, past))
        except OSError as error:
            told = f"Je ne peux pas écrire {options.output} ({reason(error)})."
            raise OutsideService("Le disque", told) from error
        print(f"{options.output}")
        return 0
    _tell(one, past, as_json=options.json)
    return 0


def _tell(one: "Review", past: "Sequence[Review]", *, as_json: bool) -> None:
    from bot.exports.drill_report import report_data

    data = report_data(one, past)
    if as_json:
        print_json(data)
        return
    print(typography(_line(one)))
    parts = {"Manqué et en retard": data["wrong"], "Décisions": data["decisions"]}
    for title, rows in parts.items():
        print(f"\n{title}")
        for row in rows or ["rien"]:
            print(typography(f"- {row if isinstance(row, str) else ', '.join(row)}"))


def _line(one: "Review") -> str:
    """One drill in one line."""
    from bot.core.drill_review import verdict

    state = "" if one.over else " (en cours)"
    scenario = one.drill.scenario
    told = f"{scenario.title}, niveau {scenario.level}{state} : {verdict(one)}"
    return f"{one.crisis.id}  {one.began:%d/%m/%Y}  {told}"


def _object(one: "Review") -> dict[str, object]:
    return {
        "id": one.crisis.id,
        "scenario": one.drill.scenario.id,
        "level": one.drill.scenario.level,
        "began": one.began.isoformat(),
        "ended": one.ended.isoformat() if one.over else None,
        "met": one.met,
        "counted": len(one.counted),
    }
