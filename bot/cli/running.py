"""Commands that run the bot, and those for who writes its files."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.parser import AWAY, FAULTY, Commands, command, say

if TYPE_CHECKING:
    from bot.library.faults import Fault


def add(commands: Commands) -> None:
    """What runs the bot, and what those who write its files need."""
    sub = command(commands, "demo", "Essayer Tocsin ici, sans compte ni clé.", _demo)
    sub.add_argument("--scenario", metavar="NOM", help="jouer une nuit en accéléré : rancongiciel")
    sub.add_argument("--speed", type=float, default=1.0, metavar="N", help="vitesse du scénario")
    sub.add_argument("--port", type=int, default=0, metavar="PORT", help="port de la page")
    serve = "Lancer le robot sur votre espace Slack (réglages dans .env)."
    command(commands, "serve", serve, _serve)
    check = "Vérifier les playbooks et les retours d'expérience."
    sub = command(commands, "check", check, _check)
    sub.add_argument("paths", nargs="*", type=Path, metavar="CHEMIN", help="fichier ou dossier")
    sub.add_argument("--json", action="store_true", help="un objet JSON par défaut")
    command(commands, "index", "Construire ou rafraîchir l'index des playbooks.", _index)


def _serve(_: argparse.Namespace) -> int:
    import asyncio

    from bot.config import load
    from bot.logs import configure
    from bot.wiring.bot import serve

    settings = load()
    configure(settings.tocsin_log_level, settings.tocsin_log_format, settings.secrets)
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


def _check(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.library.inspection import inspect
    from bot.wiring import clock

    settings = load()
    playbooks, knowledge = settings.tocsin_playbooks_dir, settings.tocsin_knowledge_dir
    faults = inspect(options.paths, playbooks, knowledge, clock().date())
    say(map(_as_json if options.json else _as_line, faults))
    wrong = sum(not fault.warning for fault in faults)
    if not options.json:
        print(_verdict(wrong, len(faults) - wrong), file=sys.stderr)
    return FAULTY if wrong else 0


def _as_line(fault: "Fault") -> str:
    """A fault as editors and terminals make it clickable."""
    return f"{fault.path}:{max(fault.line, 1)}: {fault.message}"


def _as_json(fault: "Fault") -> str:
    """A fault as data, on one line."""
    import json

    return json.dumps(asdict(fault), ensure_ascii=False)


def _verdict(wrong: int, minor: int) -> str:
    """What a check found, in one line: what is to be corrected, what is only worth a look."""
    told = f"{wrong} défaut{'s' if wrong > 1 else ''} à corriger." if wrong else "Tout est lisible."
    again = f" {minor} avertissement{'s' if minor > 1 else ''}." if minor else ""
    return told + again


def _index(_: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from bot.config import load
    from bot.wiring import shelves

    books = shelves(load())
    with Console(stderr=True).status("Lecture des playbooks et des retours d'expérience…"):
        books.read()
    passages = len(books.library.corpus.passages)
    with Progress(console=Console(stderr=True)) as shown:
        task = shown.add_task(f"Index de {passages} passages", total=passages)
        index = books.attach(lambda done, _: shown.update(task, completed=done))
        shown.update(task, completed=passages)
    if not index.ready:
        print(f"Index absent : {index.reason}. La recherche se fait par mots.", file=sys.stderr)
        return AWAY
    why = f"Index construit : {index.built}." if index.built else "Index déjà à jour."
    print(f"{why} {passages} passages, {index.embedded} nouveaux vecteurs.")
    books.close()
    return 0
