"""Commands that read: questions, crises, journals."""

import argparse
import sys

from bot.cli.parser import Commands, command, print_json


def add(commands: Commands) -> None:
    """What reads: questions, crises, journals."""
    ask = "Poser une question aux playbooks et aux retours d'expérience."
    sub = command(commands, "ask", ask, _ask)
    sub.add_argument("question", metavar="QUESTION", help="la question ; « - » : une par ligne lue")
    sub.add_argument("--json", action="store_true", help="un objet JSON par question")
    sub = command(commands, "crises", "Lister les crises et les exercices.", _crises)
    sub.add_argument("--json", action="store_true", help="une liste JSON")
    sub = command(commands, "journal", "Lire la main courante d'une crise.", _journal)
    sub.add_argument("crisis", metavar="CRISE", help="numéro de la crise, par exemple 2026-0001")
    sub.add_argument("--json", action="store_true", help="un objet JSON par ligne")


def _ask(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.wiring import shelves

    books = shelves(load())
    books.read()
    books.attach()
    questions = (
        (line.strip() for line in sys.stdin) if options.question == "-" else [options.question]
    )
    for question in questions:
        if not question:
            continue
        answer = books.ask(question)
        if options.json:
            print_json(answer.as_json())
        else:
            print(answer.text)
            if answer.note:
                print(answer.note)
        sys.stdout.flush()
    books.close()
    return 0


def _crises(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.views import crisis_line, crisis_object
    from bot.wiring import build

    house = build(load())
    crises = house.service.crises()
    if options.json:
        print_json([crisis_object(one) for one in crises])
    elif crises:
        for one in crises:
            print(crisis_line(one))
    else:
        print("Aucune crise dans cette base.", file=sys.stderr)
    house.store.close()
    return 0


def _journal(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.views import entry_line, entry_object
    from bot.wiring import build

    house = build(load())
    crisis = house.service.require(options.crisis)
    for entry in house.service.entries(crisis.id):
        if options.json:
            print_json(entry_object(entry, crisis.plan))
        else:
            print(entry_line(entry, crisis.plan))
    house.store.close()
    return 0
