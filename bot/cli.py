"""``tocsin …``: the command line, in French, quick to start: each command imports what it needs.

Exit codes: 0 when all is well; 1 when something was found wrong (faults in files, a journal that
does not verify); 2 when the line was not understood; 3 when something is missing or away.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from bot.errors import TocsinError

if TYPE_CHECKING:
    from bot.journal.seal import VerifierKey

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


if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction["_Parser"]


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


class _Parser(argparse.ArgumentParser):
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its code; errors of the world become one line."""
    parser = _parser()
    if not arguments:
        parser.print_help()
        return USAGE
    options = parser.parse_args(list(arguments))
    try:
        return int(options.run(options))
    except TocsinError as error:
        print(f"tocsin : {error.for_people()}", file=sys.stderr)
        return AWAY
    except BrokenPipeError:
        # The reader of our output has gone (« | head »): nothing to tell it.
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> _Parser:
    parser = _Parser(
        "tocsin", "Tocsin : la cellule de crise d'un hôpital sous cyberattaque, dans Slack."
    )
    commands = parser.add_subparsers(
        title="commandes", metavar="COMMANDE", dest="command", required=True
    )

    _add_running(commands)
    _add_asking(commands)
    _add_auditing(commands)
    return parser


def _command(
    commands: "_Commands", name: str, purpose: str, run: Callable[[argparse.Namespace], int]
) -> _Parser:
    """One more command, with its one sentence."""
    sub = commands.add_parser(name, help=purpose, description=purpose)
    sub.prog = f"tocsin {name}"
    sub.set_defaults(run=run)
    return sub


def _add_running(commands: "_Commands") -> None:
    """What runs the bot, and what those who write its files need."""
    sub = _command(commands, "demo", "Essayer Tocsin ici, sans compte ni clé.", _demo)
    sub.add_argument("--scenario", metavar="NOM", help="jouer une nuit en accéléré : rancongiciel")
    sub.add_argument("--speed", type=float, default=1.0, metavar="N", help="vitesse du scénario")
    sub.add_argument("--port", type=int, default=0, metavar="PORT", help="port de la page")
    serve = "Lancer le robot sur votre espace Slack (réglages dans .env)."
    _command(commands, "serve", serve, _serve)
    check = "Vérifier les playbooks et les retours d'expérience."
    sub = _command(commands, "check", check, _check)
    sub.add_argument("paths", nargs="*", type=Path, metavar="CHEMIN", help="fichier ou dossier")
    sub.add_argument("--json", action="store_true", help="un objet JSON par défaut")
    _command(commands, "index", "Construire ou rafraîchir l'index des playbooks.", _index)


def _add_asking(commands: "_Commands") -> None:
    """What reads: questions, crises, journals."""
    ask = "Poser une question aux playbooks et aux retours d'expérience."
    sub = _command(commands, "ask", ask, _ask)
    sub.add_argument("question", metavar="QUESTION", help="la question ; « - » : une par ligne lue")
    sub.add_argument("--json", action="store_true", help="un objet JSON par question")
    sub = _command(commands, "crises", "Lister les crises et les exercices.", _crises)
    sub.add_argument("--json", action="store_true", help="une liste JSON")
    sub = _command(commands, "journal", "Lire la main courante d'une crise.", _journal)
    sub.add_argument("crisis", metavar="CRISE", help="numéro de la crise, par exemple 2026-0001")
    sub.add_argument("--json", action="store_true", help="un objet JSON par ligne")


def _add_auditing(commands: "_Commands") -> None:
    """What an auditor needs: the export, its verification, the key."""
    export = "Exporter la main courante d'une crise, vérifiable sans nous."
    sub = _command(commands, "export", export, _export)
    sub.add_argument("crisis", metavar="CRISE", help="numéro de la crise")
    sub.add_argument(
        "--output", required=True, type=Path, metavar="FICHIER", help="fichier à écrire"
    )
    sub.add_argument(
        "--format",
        default="lot",
        metavar="FORMAT",
        help="lot (zip vérifiable), jsonl, pdf, xlsx, csv, timesketch, iris ; ou "
        "pdf-decisions, csv-decisions… pour les décisions et démarches seules",
    )
    sub.add_argument("--views", action="store_true", help="joindre au lot PDF, classeur et CSV")
    sub = _command(commands, "verify", "Vérifier une main courante exportée.", _verify)
    sub.add_argument("file", type=Path, metavar="FICHIER", help="fichier .zip ou .jsonl")
    sub.add_argument(
        "--checkpoint",
        metavar="N:EMPREINTE",
        help="point de contrôle noté ailleurs : nombre de lignes et empreinte",
    )
    sub.add_argument("--key", metavar="CLE", help="clé publique : nom+identifiant+base64")
    sub.add_argument("--json", action="store_true", help="le rapport en JSON")
    key = "Afficher la clé publique qui signe la main courante."
    _command(commands, "key", key, _key)


# -- running ------------------------------------------------------------------------------------


def _serve(_: argparse.Namespace) -> int:
    import asyncio

    from bot.config import load
    from bot.logs import configure
    from bot.wiring import serve

    settings = load()
    configure(settings.tocsin_log_level)
    asyncio.run(serve(settings, lambda: print("Tocsin est connecté à Slack. Ctrl-C : arrêter.")))
    return 0


def _demo(options: argparse.Namespace) -> int:
    import asyncio

    from bot.config import load
    from bot.demo.run import demo
    from bot.logs import configure

    settings = load(_env_file=None)
    configure("WARNING")
    return asyncio.run(demo(settings, options.scenario, options.port, options.speed))


# -- files --------------------------------------------------------------------------------------


def _check(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.library.inspection import inspect

    settings = load()
    faults = inspect(options.paths, settings.tocsin_playbooks_dir, settings.tocsin_knowledge_dir)
    for fault in faults:
        if options.json:
            _print_json({"path": fault.path, "line": fault.line, "message": fault.message})
        else:
            print(f"{fault.path}:{max(fault.line, 1)}: {fault.message}")
    if not options.json:
        many = f"{len(faults)} défaut{'s' if len(faults) > 1 else ''}"
        print(f"{many} à corriger." if faults else "Tout est lisible.", file=sys.stderr)
    return FAULTY if faults else 0


def _index(_: argparse.Namespace) -> int:
    from rich.console import Console

    from bot.config import load
    from bot.wiring import shelves

    books = shelves(load())
    with Console(stderr=True).status("Lecture des playbooks et des retours d'expérience…"):
        books.read()
    passages = len(books.library.corpus.passages)
    with Console(stderr=True).status(f"Index de {passages} passages…"):
        index = books.attach()
    if not index.ready:
        print(f"Index absent : {index.reason}. La recherche se fait par mots.", file=sys.stderr)
        return AWAY
    print(f"{passages} passages, {index.embedded} nouveaux vecteurs.")
    books.close()
    return 0


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
            _print_json(answer.as_json())
        else:
            print(answer.text)
            if answer.note:
                print(answer.note)
        sys.stdout.flush()
    books.close()
    return 0


# -- journals -----------------------------------------------------------------------------------


def _crises(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.views import crisis_line, crisis_object
    from bot.wiring import build

    house = build(load())
    crises = house.service.crises()
    if options.json:
        _print_json([crisis_object(one) for one in crises])
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
            _print_json(entry_object(entry, crisis.plan))
        else:
            print(entry_line(entry, crisis.plan))
    house.store.close()
    return 0


def _export(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.views import export_to
    from bot.wiring import build

    house = build(load())
    crisis = house.service.require(options.crisis)
    info = export_to(house.service, crisis, options.output, options.format, views=options.views)
    print(f"{options.output} : {info.entries} lignes, SHA-256 {info.sha256}")
    print(f"Point de contrôle à noter ailleurs : {info.entries}:{info.head}")
    house.store.close()
    return 0


def _key(_: argparse.Namespace) -> int:
    from bot.config import load
    from bot.journal.seal import load_or_create

    settings = load()
    print(load_or_create(settings.key_file, settings.tocsin_key_name).verifier)
    return 0


def _verify(options: argparse.Namespace) -> int:
    from bot.journal.report import Checkpoint
    from bot.journal.verify import verify_file

    try:
        checkpoint = Checkpoint.parse(options.checkpoint) if options.checkpoint else None
        key = _verifier_key(options.key) if options.key else None
    except ValueError:
        sentence = "le point de contrôle s'écrit NOMBRE:EMPREINTE et la clé NOM+ID+BASE64."
        print(f"tocsin : {sentence}", file=sys.stderr)
        return USAGE
    if not options.file.is_file():
        print(f"tocsin : fichier introuvable : {options.file}", file=sys.stderr)
        return AWAY
    report = verify_file(options.file, checkpoint, key)
    if options.json:
        _print_json(report.as_json())
        return 0 if report.ok else FAULTY
    marks = {True: "conforme", False: "DÉFAUT", None: "—"}
    for check in report.checks:
        print(f"{check.number:2d}. {check.title} : {marks[check.ok]}")
        if check.ok is False:
            print(f"    {check.detail}")
    verdict = "VÉRIFIÉ" if report.ok else "NON VÉRIFIÉ"
    print(f"\n{verdict} : crise {report.crisis}, {report.entries} lignes, tête {report.head}")
    print("\nCe que cela ne prouve pas :")
    for limit in report.limits:
        print(f"- {limit}")
    return 0 if report.ok else FAULTY


def _verifier_key(text: str) -> "VerifierKey":
    """The key that the auditor brought; only then is a cryptographic library needed."""
    from bot.journal.seal import VerifierKey

    return VerifierKey.parse(text)


def _print_json(value: object, output: IO[str] | None = None) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False), file=output or sys.stdout)


if __name__ == "__main__":
    main()
