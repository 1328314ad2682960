"""Commands of an auditor: the export and its verification."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.cli.parser import AWAY, FAULTY, USAGE, Commands, command, print_json, say
from bot.errors import reason

if TYPE_CHECKING:
    from bot.journal.outside import Brought
    from bot.journal.report import Report
    from bot.journal.seal import VerifierKey

T = TypeVar("T")
LONG = 64 * 1024 * 1024
"""Bytes from which on somebody would wonder whether anything happens."""


def add(commands: Commands) -> None:
    """What an auditor needs: the export and its verification."""
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
    sub.add_argument(
        "--no-views", action="store_true", help="sans PDF, classeur ni CSV dans le lot"
    )
    sub.add_argument(
        "--files",
        action="store_true",
        help="joindre au lot les copies gardées des fichiers du canal, sous « pieces »",
    )
    sub = command(commands, "verify", "Vérifier une main courante exportée.", _verify)
    sub.add_argument("file", type=Path, metavar="FICHIER", help="fichier .zip ou .jsonl")
    sub.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        metavar="POINT",
        help="point de contrôle gardé ailleurs : note signée, courriel enregistré, texte, ou "
        "NOMBRE:EMPREINTE ; « - » le lit sur l'entrée standard ; peut être répété",
    )
    sub.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="CLE",
        help="clé publique gardée ailleurs : NOM+ID+BASE64, ou un fichier qui la contient",
    )
    sub.add_argument(
        "--tsa-certificate",
        type=Path,
        metavar="FICHIER",
        help="certificats PEM de l'autorité d'horodatage, obtenus d'elle",
    )
    sub.add_argument("--json", action="store_true", help="le rapport en JSON")


def _export(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.files import Copies
    from bot.views import export_to
    from bot.wiring import build

    settings = load()
    house = build(settings)
    crisis = house.service.require(options.crisis)
    copies = Copies(settings.files_dir, settings.largest_kept)
    info = export_to(
        house.service,
        crisis,
        options.output,
        options.format,
        views=not options.no_views,
        certificates=settings.tsa_certificates,
        pieces=copies.of(crisis) if options.files else (),
    )
    print(f"{options.output} : {info.entries} lignes, SHA-256 {info.sha256}")
    print(f"Point de contrôle à noter ailleurs : {info.entries}:{info.head}")
    house.store.close()
    return 0


class _Misused(Exception):
    """Something on the command line cannot be used: the sentence that says so."""


def _verify(options: argparse.Namespace) -> int:
    from bot.journal.report import spoken

    try:
        why = _no_journal(options.file)
        if why:
            print(f"tocsin : {why} : {options.file}", file=sys.stderr)
            return AWAY
        report = _read(options.file, _brought(options))
    except _Misused as misused:
        print(f"tocsin : {misused}", file=sys.stderr)
        return USAGE
    except OSError as error:
        print(f"tocsin : lecture impossible de {options.file} : {reason(error)}", file=sys.stderr)
        return AWAY
    if options.json:
        print_json(report.as_json())
    else:
        say(spoken(report))
    return 0 if report.ok else FAULTY


def _no_journal(path: Path) -> str:
    """Why this cannot be verified at all; nothing when it may be a journal or a bundle."""
    from bot.journal.mistaken import mistaken

    if path.is_file():
        return mistaken(path)
    return "c'est un dossier, donnez le lot .zip" if path.is_dir() else "fichier introuvable"


def _read(path: Path, brought: "Brought") -> "Report":
    """The report on a file, with a bar on a terminal when it is long."""
    from bot.journal.verify import verify_file

    size = path.stat().st_size
    if size < LONG or not sys.stderr.isatty():
        return verify_file(path, brought)
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, refresh_per_second=2) as bar:
        # A bundle is packed: its bar runs on the bytes that come out, of a number not known.
        known = None if path.suffix == ".zip" else size
        task = bar.add_task("Vérification", total=known)
        return verify_file(path, brought, lambda read: bar.advance(task, read))


def _brought(options: argparse.Namespace) -> "Brought":
    """What the auditor brings from elsewhere; ``_Misused`` when some of it is not what it seems."""
    from bot.journal.outside import Brought, find_checkpoints

    checkpoints = _found(
        options.checkpoint,
        find_checkpoints,
        "je ne trouve pas de point de contrôle dans « {} ». Donnez une note signée, un courriel "
        "enregistré, ou NOMBRE:EMPREINTE.",
    )
    keys = _found(
        options.key,
        _keys,
        "je ne trouve pas de clé publique dans « {} ». Elle s'écrit NOM+ID+BASE64.",
    )
    certificates = b"".join(
        _found(
            [str(options.tsa_certificate)] if options.tsa_certificate else [],
            _certificates,
            "« {} » ne convient pas : il faut, en PEM, le certificat de l'autorité d'horodatage "
            "et sa racine.",
        )
    )
    return Brought(tuple(checkpoints), tuple(keys), certificates)


def _found(given: Sequence[str], find: Callable[[bytes], Iterable[T]], sentence: str) -> list[T]:
    """What there is in each of these, or ``_Misused`` with the sentence about the one at fault."""
    found: list[T] = []
    for one in given:
        try:
            found += find(_content(one))
        except ValueError as error:
            raise _Misused(sentence.format(one)) from error
        except OSError as error:
            raise _Misused(f"lecture impossible de {one} : {reason(error)}") from error
    return found


def _content(given: str) -> bytes:
    """The standard input for « - », the file of that name if there is one, else what was typed."""
    from bot.journal.outside import LARGEST

    if given == "-":
        return sys.stdin.buffer.read(LARGEST)
    path = Path(given)
    if not path.is_file():
        return given.encode("utf-8", "replace")
    with path.open("rb") as file:
        return file.read(LARGEST)


def _keys(data: bytes) -> "list[VerifierKey]":
    """The keys in there; only then is a cryptographic library needed."""
    from bot.journal.outside import find_keys
    from bot.journal.seal import VerifierKey

    return [VerifierKey.parse(one) for one in find_keys(data)]


def _certificates(data: bytes) -> list[bytes]:
    """The certificates, once they are known to serve."""
    from bot.journal.stamp import read_pins

    read_pins(data)
    return [data]
