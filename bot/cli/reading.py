"""Commands that read: questions, crises, journals."""

import argparse
import sys
from typing import TYPE_CHECKING

from bot.cli.parser import FAULTY, Commands, command, print_json

if TYPE_CHECKING:
    from bot.library.answer import Answer
    from bot.library.compose import Wording
    from bot.library.shelves import Shelves


def add(commands: Commands) -> None:
    """What reads: questions, crises, journals."""
    ask = "Poser une question aux playbooks et aux retours d'expérience."
    sub = command(commands, "ask", ask, _ask)
    sub.add_argument("question", metavar="QUESTION", help="la question ; « - » : une par ligne lue")
    sub.add_argument("--json", action="store_true", help="un objet JSON par question")
    sub.add_argument(
        "--as",
        dest="reader",
        metavar="ID",
        action="append",
        help="répondre comme à cette personne (identifiant Slack) ou à ce rôle ; sans cela, les "
        "fiches confidentielles sont toutes lues, comme le peut qui administre le serveur",
    )
    sub = command(commands, "crises", "Lister les crises et les exercices.", _crises)
    sub.add_argument("--json", action="store_true", help="une liste JSON")
    sub = command(commands, "journal", "Lire la main courante d'une crise.", _journal)
    sub.add_argument("crisis", metavar="CRISE", help="numéro de la crise, par exemple 2026-0001")
    sub.add_argument("--json", action="store_true", help="un objet JSON par ligne")


def _ask(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.library.reserved import ADMINISTRATOR
    from bot.wiring import shelves

    books = shelves(load())
    books.read()
    books.attach()
    books.prepare()
    if books.model_fault:
        print(f"tocsin : {books.model_fault}", file=sys.stderr)
    reader = frozenset(options.reader) if options.reader else ADMINISTRATOR
    questions = (
        (line.strip() for line in sys.stdin) if options.question == "-" else [options.question]
    )
    for question in filter(None, questions):
        answer = books.ask(question, reader=reader)
        if options.json:
            print_json(books.word(answer).as_json())
        else:
            _tell(books, answer)
        sys.stdout.flush()
    books.close()
    return 0


def _tell(books: "Shelves", answer: "Answer") -> None:
    """The passages at once; then what a model makes of them, each sentence as it is checked."""
    print(answer.text)
    _tell_sources(answer)
    if answer.note:
        print(answer.note)
    if not (books.writes and answer.wordable):
        return
    print("\nRédaction par un modèle, d'après ces passages\u00a0:", flush=True)
    told = 0

    def heard(wording: "Wording") -> None:
        nonlocal told
        for one in wording.sentences[told:]:
            print(f"- {one.marked}", flush=True)
        told = len(wording.sentences)

    wording = books.word(answer, heard).wording
    if wording is None:
        return
    if told and not wording.enough:
        print("À ne pas retenir\u00a0: trop de phrases ne se vérifient pas.")
    else:
        for number in sorted({n for one in wording.sentences for n in one.cited}):
            print(f"[{number}] {answer.sources[number - 1].heading}")
    print(wording.note)


def _tell_sources(answer: "Answer") -> None:
    """From where the passages that are quoted have it, three sources of each, as in Slack."""
    shown = [one for one in answer.sources if f"({one.path}, ligne" in answer.text]
    labels = dict.fromkeys(label for one in shown for label in one.labels[:3])
    if labels:
        print("\nD'après\u00a0:")
        for label in labels:
            print(f"- {label}")


def _crises(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.errors import JournalBroken
    from bot.views import crisis_line, crisis_object
    from bot.wiring import build

    house = build(load())
    crises = house.service.crises()
    if options.json:
        print_json([crisis_object(one) for one in crises])
    elif crises:
        for one in crises:
            print(crisis_line(one))
    elif not house.service.broken:
        print("Aucune crise dans cette base.", file=sys.stderr)
    for broken in sorted(house.service.broken):
        print(f"{broken}  {JournalBroken.usual}", file=sys.stderr)
    house.store.close()
    return FAULTY if house.service.broken else 0


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
