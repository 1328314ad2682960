"""``tocsin …``: the command line, in French, quick to start: each command imports what it needs.

Exit codes: 0 when all is well; 1 when something was found wrong (faults in files, a journal that
does not verify); 2 when the line was not understood; 3 when something is missing or away.
"""

import sys
from collections.abc import Sequence

from bot.cli import (
    acting,
    auditing,
    authoring,
    drafting,
    drilling,
    evaluating,
    exchange,
    keys,
    knowledge,
    learning,
    operating,
    printing,
    reading,
    running,
)
from bot.cli.parser import AWAY, USAGE, Parser, deafen
from bot.errors import TocsinError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its code; errors of the world become one line."""
    parser = parser_of_everything()
    if not arguments:
        parser.print_help()
        return USAGE
    options = parser.parse_args(list(arguments))
    code = 0
    try:
        code = int(options.run(options))
        sys.stdout.flush()
    except TocsinError as error:
        print(f"tocsin : {error.for_people()}", file=sys.stderr)
        return AWAY
    except BrokenPipeError:
        # The reader of our output has gone (« | head »): what was found stays the code.
        deafen()
    except KeyboardInterrupt:
        return 130
    return code


def parser_of_everything() -> Parser:
    """The whole command line, as ``run`` reads it."""
    parser = Parser(
        "tocsin", "Tocsin : la cellule de crise d'un hôpital sous cyberattaque, dans Slack."
    )
    commands = parser.add_subparsers(
        title="commandes", metavar="COMMANDE", dest="command", required=True
    )

    running.add(commands)
    reading.add(commands)
    evaluating.add(commands)
    knowledge.add(commands)
    learning.add(commands)
    authoring.add(commands)
    exchange.add(commands)
    auditing.add(commands)
    drafting.add(commands)
    drilling.add(commands)
    keys.add(commands)
    printing.add(commands)
    operating.add(commands)
    acting.add(commands)
    return parser
