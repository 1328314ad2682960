"""The French command line itself: a parser down to its errors, and one way to add a command."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import IO, NoReturn, TypeAlias

FAULTY = 1
USAGE = 2
AWAY = 3

_EPILOG = (
    "codes de sortie : 0 tout va bien ; 1 défaut trouvé ; 2 commande mal écrite ; "
    "3 réglage ou service manquant"
)
_FRENCH = (
    ("the following arguments are required:", "il manque :"),
    ("unrecognized arguments:", "je ne connais pas :"),
    ("invalid choice:", "choix inconnu :"),
    ("choose from", "possibles :"),
    ("expected one argument", "attend une valeur"),
    ("invalid int value:", "nombre attendu, pas"),
    ("argument ", ""),
)


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
"""What a subcommand is added to."""


class _Formatter(argparse.HelpFormatter):
    """Help with French headings."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=96)

    def add_usage(
        self,
        usage: str | None,
        actions: "Sequence[argparse.Action]",  # type: ignore[override]
        groups: "Sequence[argparse._MutuallyExclusiveGroup]",  # type: ignore[override]
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, prefix or "usage : ")


class Parser(argparse.ArgumentParser):
    """A parser that speaks French, down to its errors."""

    def __init__(self, prog: str, description: str, **more: object) -> None:
        super().__init__(
            prog=prog,
            description=description,
            formatter_class=_Formatter,
            add_help=False,
            allow_abbrev=False,
            epilog=_EPILOG,
        )
        self._positionals.title = "à préciser"
        self._optionals.title = "options"
        self.add_argument("-h", "--help", action="help", help="afficher cette aide")

    def error(self, message: str) -> NoReturn:
        """Say in French what is wrong with the line, and where the help is."""
        for english, french in _FRENCH:
            message = message.replace(english, french)
        self.exit(USAGE, f"tocsin : {message}\nAide : {self.prog} --help\n")


def command(
    commands: Commands, name: str, purpose: str, run: Callable[[argparse.Namespace], int]
) -> Parser:
    """One more command, with its one sentence."""
    sub = commands.add_parser(name, help=purpose, description=purpose)
    sub.prog = f"tocsin {name}"
    sub.set_defaults(run=run)
    return sub


def say(lines: Iterable[str]) -> None:
    """Print these lines; a reader who has gone (« | head ») changes nothing to what follows."""
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        deafen()


def deafen() -> None:
    """Let what is still to be printed go nowhere: its reader has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: object, output: IO[str] | None = None) -> None:
    """Print a value as one line of JSON."""
    import json

    print(json.dumps(value, ensure_ascii=False), file=output or sys.stdout)
