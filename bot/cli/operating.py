"""Commands for who keeps the installation alive: look it over, save it, bring it back."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.cli.parser import FAULTY, Commands, command, print_json

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.journal.seal import VerifierKey

_WITH_PROGRAMS: Final = (
    "La base est PostgreSQL, qui a ses propres programmes.\n"
    'Sauver : pg_dump --format=custom --file={file} --dbname="$DATABASE_URL"\n'
    "Rétablir, dans une base vide : pg_restore --exit-on-error --single-transaction "
    '--dbname="$DATABASE_URL" {file}\n'
    "Puis vérifier : tocsin doctor --journals\n"
    "Copiez aussi les dossiers « files » et « documents » de {data}, et la clé {key} à part."
)


def add(commands: Commands) -> None:
    """What an administrator needs: the self-check, the backup and the way back."""
    sub = command(commands, "doctor", "Vérifier l'installation, point par point.", _doctor)
    sub.add_argument("--json", action="store_true", help="une liste JSON")
    sub.add_argument(
        "--journals",
        action="store_true",
        help="vérifier toutes les mains courantes, et non la dernière",
    )
    sub.add_argument("--offline", action="store_true", help="ne joindre aucun service extérieur")
    save = "Sauver la base et les fichiers, même pendant que le robot tourne."
    sub = command(commands, "backup", save, _backup)
    sub.add_argument("file", type=Path, metavar="FICHIER", help="sauvegarde à écrire (.tar)")
    sub = command(commands, "restore", "Rétablir une sauvegarde dans un dossier vide.", _restore)
    sub.add_argument("file", type=Path, metavar="FICHIER", help="sauvegarde faite par « backup »")


def _doctor(options: argparse.Namespace) -> int:
    import asyncio

    from bot.config import load
    from bot.doctor import Look, examine

    settings = load()
    look = Look(settings, every_journal=options.journals, offline=options.offline)
    found = asyncio.run(examine(look))
    if options.json:
        print_json([one.as_json() for one in found])
    else:
        for one in found:
            print(one.line)
        wrong = sum(one.state == "wrong" for one in found)
        told = f"{wrong} point{'s' if wrong > 1 else ''} à corriger." if wrong else "Tout va bien."
        print(told, file=sys.stderr)
    return FAULTY if any(one.state == "wrong" for one in found) else 0


def _backup(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.journal import backup

    settings = load()
    database = settings.database_file
    if database is None:
        return _by_its_programs(settings, options.file)
    saved = backup.save(database, settings.kept_folders, options.file)
    with backup.unpacked(options.file, options.file.absolute().parent) as found:
        count, wrong = _sound(found / backup.DATABASE, _keys(settings))
    mine = "la base" if not saved.files else f"la base et {saved.files} fichiers"
    print(f"{options.file} : {mine}, {_size(saved.size)}. Mains courantes vérifiées : {count}.")
    print(
        f"La clé {settings.key_file} n'y est pas : gardez-en une copie ailleurs, sous une autre "
        "garde.\nCette copie contient des données personnelles : chiffrez-la, ne la laissez pas "
        "dans le domaine attaqué.",
        file=sys.stderr,
    )
    return _verdict(wrong)


def _restore(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.journal import backup

    settings = load()
    database = settings.database_file
    if database is None:
        return _by_its_programs(settings, options.file)
    backup.require_empty(database, settings.kept_folders)
    with backup.unpacked(options.file, settings.tocsin_data_dir) as found:
        count, wrong = _sound(found / backup.DATABASE, _keys(settings))
        if wrong:
            print("Rien n'est restauré.", file=sys.stderr)
            return _verdict(wrong)
        files = backup.put_in_place(found, database, settings.kept_folders)
    print(f"{database} : mains courantes vérifiées et rétablies : {count} ; fichiers : {files}.")
    if not settings.key_file.exists():
        print(
            f"La clé {settings.key_file} manque : remettez-la (chmod 600) avant de lancer le "
            "robot. Si elle est perdue : « tocsin key --rotate --lost ».",
            file=sys.stderr,
        )
    print("L'index se reconstruit seul. Ensuite : « tocsin doctor ».", file=sys.stderr)
    return 0


def _sound(database: Path, keys: "list[VerifierKey]") -> tuple[int, list[str]]:
    """How many journals a database holds, and what is wrong with those that do not verify."""
    from bot.journal.sound import unsound
    from bot.journal.store import Store

    store = Store(f"sqlite:///{database}")
    try:
        wrong = [
            f"{crisis} : {report.fault.message if report.fault else ''}"
            for crisis, report in unsound(store, keys)
        ]
        return len(store.crises()), wrong
    finally:
        store.close()


def _keys(settings: "Settings") -> "list[VerifierKey]":
    """The public keys that sign or signed here; none when there is no key yet."""
    from bot.journal.keys import KeyRing
    from bot.journal.seal import VerifierKey

    if not settings.key_file.exists():
        return []
    ring = KeyRing(settings.key_file, settings.tocsin_key_name)
    return [ring.current.verifier, *(VerifierKey.parse(one) for one in ring.retired)]


def _verdict(wrong: list[str]) -> int:
    for one in wrong:
        print(f"Main courante qui ne se vérifie pas : {one}", file=sys.stderr)
    return FAULTY if wrong else 0


def _by_its_programs(settings: "Settings", file: Path) -> int:
    """Say the commands of PostgreSQL itself; nothing was done."""
    from bot.cli.parser import AWAY

    told = _WITH_PROGRAMS.format(file=file, data=settings.tocsin_data_dir, key=settings.key_file)
    print(told, file=sys.stderr)
    return AWAY


def _size(octets: int) -> str:
    """A size as people read it."""
    return f"{octets / 1e6:.1f} Mo".replace(".", ",")
