"""Commands of an auditor: the export, its verification, the key."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.parser import AWAY, FAULTY, USAGE, Commands, command, print_json

if TYPE_CHECKING:
    from bot.journal.seal import VerifierKey


def add(commands: Commands) -> None:
    """What an auditor needs: the export, its verification, the key."""
    export = "Exporter la main courante d'une crise, vérifiable sans nous."
    sub = command(commands, "export", export, _export)
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
    sub = command(commands, "verify", "Vérifier une main courante exportée.", _verify)
    sub.add_argument("file", type=Path, metavar="FICHIER", help="fichier .zip ou .jsonl")
    sub.add_argument(
        "--checkpoint",
        metavar="N:EMPREINTE",
        help="point de contrôle noté ailleurs : nombre de lignes et empreinte",
    )
    sub.add_argument("--key", metavar="CLE", help="clé publique : nom+identifiant+base64")
    sub.add_argument("--json", action="store_true", help="le rapport en JSON")
    key = "Afficher la clé publique qui signe la main courante."
    command(commands, "key", key, _key)


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
        print_json(report.as_json())
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
