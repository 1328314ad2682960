"""The command with which the cell works at a terminal, when Slack cannot be reached."""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from bot.cli.parser import AWAY, Commands, command

if TYPE_CHECKING:
    from bot.terminal import Terminal
    from bot.wiring import House

NEW: Final = "nouvelle"
_END: Final = ("fin", "quitter", "exit", "quit")


def add(commands: Commands) -> None:
    """What acts on a crisis from here."""
    act = "Conduire une crise d'ici, sans Slack, avec les mots de « /crise »."
    sub = command(commands, "act", act, _act)
    sub.add_argument("crisis", metavar="CRISE", help=f"son numéro ; « {NEW} » en ouvre une")
    sub.add_argument(
        "line", nargs="?", metavar="LIGNE", help="« prendre R05 » ; sans elle, une ligne à la fois"
    )
    sub.add_argument(
        "--as",
        dest="who",
        required=True,
        metavar="QUI",
        help="qui agit : nom, fonction ou identifiant Slack ; la main courante le garde, avec la "
        "mention du terminal",
    )
    sub.add_argument("--playbook", metavar="ID", help="pour ouvrir : lequel")
    sub.add_argument("--exercise", action="store_true", help="pour ouvrir : c'est un exercice")


def _act(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.terminal import Terminal
    from bot.terminal_desk import Desk
    from bot.wiring import build

    settings = load()
    house = build(settings)
    try:
        desk = Desk(
            house.service, house.erasure_bases, settings.erasers, lambda: house.documents.held
        )
        ask = input if sys.stdin.isatty() else None
        terminal = Terminal(
            house.service, house.people(), options.who, settings.auditors, desk, ask
        )
        if options.crisis == NEW:
            return _open(house, terminal, options)
        if options.line:
            return _do(terminal, options.crisis, options.line)
        return _converse(terminal, options.crisis)
    finally:
        house.store.close()


def _open(house: "House", terminal: "Terminal", options: argparse.Namespace) -> int:
    """Open a crisis on the playbook that is named, else on the one that its title calls for."""
    from bot.core.opening import OpenCrisis
    from bot.errors import SettingError
    from bot.library.playbooks import choose

    title = options.line or ""
    wanted = options.playbook or next(iter([*choose(house.shelf.held, title), *house.plans]), "")
    plan = house.plans.get(wanted)
    if plan is None:
        listed = ", ".join(house.plans) or "aucun lisible, lancez « tocsin check »"
        raise SettingError(f"Playbook inconnu : « {wanted[:60]} ». Possibles : {listed}.")
    now = house.service.now()
    crisis = terminal.open(OpenCrisis(title, plan, now, exercise=options.exercise))
    print(f"{crisis.id} ouverte sur le playbook « {plan.playbook.title} ».")
    print(terminal.board(crisis.id))
    return 0


def _converse(terminal: "Terminal", crisis: str) -> int:
    """One line after the other, until the end; what is refused is told and changes nothing."""
    print(terminal.board(crisis))
    codes = [_do(terminal, crisis, line) for line in _lines(f"{crisis}> ")]
    return 0 if sys.stdin.isatty() else max(codes, default=0)


def _do(terminal: "Terminal", crisis: str, line: str) -> int:
    """Do what one line says; an empty one shows the board again."""
    from bot.errors import TocsinError

    try:
        print(terminal.say(crisis, line) if line else terminal.board(crisis))
    except TocsinError as refused:
        print(refused.for_people().replace("/crise ", ""), file=sys.stderr)
        return AWAY
    return 0


def _lines(prompt: str) -> Iterator[str]:
    """What is typed, line by line; « fin » or the end of the input ends it."""
    while True:
        try:
            line = input(prompt if sys.stdin.isatty() else "").strip()
        except EOFError:
            return
        if line in _END:
            return
        yield line
