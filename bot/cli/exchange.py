"""``tocsin cacao``: playbooks to and from the exchange format of OASIS."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.parser import FAULTY, USAGE, Commands, command

if TYPE_CHECKING:
    from bot.cacao.importing import House
    from bot.config import Settings


def add(commands: Commands) -> None:
    """What exchanges playbooks with other tools."""
    purpose = "Échanger des playbooks au format OASIS CACAO 2.0."
    parser = commands.add_parser("cacao", help=purpose, description=purpose)
    parser.prog = "tocsin cacao"
    below = parser.add_subparsers(
        title="commandes", metavar="COMMANDE", dest="exchange", required=True
    )
    sub = command(below, "export", "Écrire un playbook en CACAO 2.0 (JSON).", _export)
    sub.prog = "tocsin cacao export"
    sub.add_argument("playbook", metavar="PLAYBOOK", help="fichier ou identifiant du playbook")
    sub.add_argument("file", type=Path, metavar="FICHIER", help="fichier JSON à écrire")
    sub = command(below, "import", "Faire un brouillon de playbook d'un fichier CACAO.", _import)
    sub.prog = "tocsin cacao import"
    sub.add_argument("file", type=Path, metavar="FICHIER", help="fichier JSON à lire")
    sub.add_argument(
        "--output", type=Path, metavar="FICHIER", help="YAML à écrire ; sans lui, PLAYBOOK.yaml"
    )
    sub.add_argument(
        "--role", metavar="ID", help="rôle des étapes dont l'exécutant n'est pas de la cellule"
    )


def _export(options: argparse.Namespace) -> int:
    from bot.cacao.exporting import exported, untranslated
    from bot.cacao.files import first_made, json_of
    from bot.cacao.naming import identifier
    from bot.cli.authoring import plan_named
    from bot.config import load
    from bot.wiring import clock

    plan = plan_named(options.playbook, load())
    if plan is None:
        return FAULTY
    created = first_made(options.file, identifier("playbook", plan.playbook.id))
    _write(options.file, json_of(exported(plan, clock(), created)))
    print(f"{options.file} : « {plan.playbook.title} » en CACAO 2.0.")
    _list("Ce qui ne passe pas tel quel :", untranslated(plan))
    return 0


def _import(options: argparse.Namespace) -> int:
    from bot.cacao.files import read_document, yaml_of
    from bot.cacao.importing import imported
    from bot.config import load
    from bot.errors import BadFile
    from bot.library.playbooks import plan_of

    settings = load()
    house = _house(settings, options.role)
    if house is None:
        return USAGE
    try:
        found = imported(read_document(options.file), house, str(options.file))
    except BadFile as error:
        print(f"tocsin : {error.for_people()}", file=sys.stderr)
        return FAULTY
    output = options.output or Path(f"{found.data['id']}.yaml")
    if output.exists():
        print(f"tocsin : {output} existe déjà. Donnez un autre --output.", file=sys.stderr)
        return USAGE
    _write(output, yaml_of(found.data))
    print(f"{output} : brouillon de « {found.data['title']} », à relire avant de publier.")
    _list("À reprendre à la main :", found.remarks)
    _, faults = plan_of(output, settings.tocsin_playbooks_dir)
    _list("Défauts à corriger :", [str(fault) for fault in faults])
    return FAULTY if faults else 0


def _house(settings: "Settings", role: str | None) -> "House | None":
    """What an import is held against; ``None``, once told, when the role is not one."""
    from bot.cacao.importing import House
    from bot.errors import SettingError
    from bot.library.faults import nearest
    from bot.library.playbooks import load_plans

    shared = load_plans(settings.tocsin_playbooks_dir).shared
    if "cellule.yaml" not in shared or "sources.yaml" not in shared:
        raise SettingError(
            "Les rôles ou les sources de l'établissement sont illisibles. "
            "Lancez «\u00a0tocsin check\u00a0»."
        )
    seats = shared["cellule.yaml"].roles
    roles = {one.id: one.title for one in seats}
    if role is not None and role not in roles:
        print(f"tocsin : rôle inconnu : {role}.{nearest(role, roles)}", file=sys.stderr)
        return None
    usual = role or next((one.id for one in seats if one.cell == "cyber"), seats[0].id)
    return House(roles, frozenset(one.id for one in shared["sources.yaml"].sources), usual)


def _write(file: Path, text: str) -> None:
    from bot.errors import SettingError, reason

    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingError(
            f"Je ne peux pas écrire {file} ({reason(error)}). Choisissez un autre fichier."
        ) from error


def _list(title: str, lines: "Sequence[str]") -> None:
    """A short list under its title; nothing when there is nothing."""
    if lines:
        print(f"\n{title}")
        for line in lines:
            print(f"- {line}")
