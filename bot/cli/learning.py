"""``tocsin lessons``: what closed crises and exercises taught of each step, for who writes them."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot.cli.parser import Commands, command, print_json
from bot.core.french import typography

if TYPE_CHECKING:
    from bot.core.lessons import Lesson
    from bot.core.playbook import Plan
    from bot.wiring import House


def add(commands: Commands) -> None:
    """What speaks of past crises to the authors."""
    purpose = "Dire ce que les crises closes ont appris de chaque étape : durée, blocages, écarts."
    sub = command(commands, "lessons", purpose, _lessons)
    sub.add_argument(
        "playbook", metavar="PLAYBOOK", nargs="?", help="un seul playbook, par son identifiant"
    )
    sub.add_argument("--json", action="store_true", help="un objet JSON par étape, sans rien taire")


def _lessons(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.errors import Refused
    from bot.wiring import build

    house = build(load())
    try:
        plans = house.plans
        if options.playbook and options.playbook not in plans:
            raise Refused(
                f"Playbook inconnu : « {options.playbook[:60]} ». Possibles : {', '.join(plans)}."
            )
        told = False
        for name, plan in plans.items():
            if options.playbook in (None, name):
                told |= _report(house, plan, as_json=options.json)
        if not told and not options.json:
            print("Aucune crise close n'a encore rien appris de ces étapes.")
        return 0
    finally:
        house.store.close()


def _report(house: "House", plan: "Plan", *, as_json: bool) -> bool:
    """One playbook: crises, then exercises, apart; whether there was anything to say."""
    found = False
    for exercises in (False, True):
        learnt = _learnt(house, plan.playbook.id, exercises=exercises)
        rows = _json(learnt, plan, exercises=exercises) if as_json else ()
        for row in rows:
            print_json(row)
        found |= bool(rows) if as_json else _print(learnt, plan, exercises=exercises)
    return found


def _learnt(house: "House", playbook: str, *, exercises: bool) -> "Mapping[str, Lesson]":
    from bot.core.lessons import lessons

    over = [
        one
        for one in house.service.crises()
        if one.plan.playbook.id == playbook and one.exercise == exercises
    ]
    return lessons([(one, house.service.facts(one.id)) for one in over], exercises=exercises)


def _print(learnt: "Mapping[str, Lesson]", plan: "Plan", *, exercises: bool) -> bool:
    """The steps of which there is something to say, in the order of the playbook."""
    from bot.core.lessons import told
    from bot.exports.text import one_line

    lines = []
    for step in plan.playbook.steps:
        lesson = learnt.get(step.id)
        said = told(lesson, step.within, exercises=exercises) if lesson else ()
        if said:
            lines.append(f"\n{step.ref} {step.title}".rstrip())
            lines += [f"  - {one_line(one)}" for one in said]
    if lines:
        kind = "exercices" if exercises else "crises"
        print(typography(f"== {plan.playbook.title} ({kind})"))
        print(*lines, sep="\n", end="\n\n")
    return bool(lines)


def _json(learnt: "Mapping[str, Lesson]", plan: "Plan", *, exercises: bool) -> list[dict[str, Any]]:
    return [
        {
            "playbook": plan.playbook.id,
            "exercise": exercises,
            **asdict(one),
            "times": [round(time.total_seconds()) for time in one.times],
        }
        for one in learnt.values()
    ]
