"""Commands that make paper: the kit of the establishment, the state of a crisis."""

import argparse
import sys
from pathlib import Path

from bot.cli.parser import AWAY, Commands, command


def add(commands: Commands) -> None:
    """What is printed ahead of time, and what is printed during a crisis."""
    kit = "Faire le kit papier de l'établissement (PDF à imprimer d'avance)."
    sub = command(commands, "kit", kit, _kit)
    sub.add_argument(
        "--output",
        type=Path,
        default=Path("kit-papier.pdf"),
        metavar="FICHIER",
        help="PDF à écrire",
    )
    sub.add_argument(
        "--playbook", action="append", metavar="ID", help="ce playbook seulement ; répétable"
    )
    sub = command(commands, "print", "Imprimer l'état d'une crise (PDF).", _print)
    sub.add_argument("crisis", metavar="CRISE", help="numéro de la crise")
    sub.add_argument("--output", required=True, type=Path, metavar="FICHIER", help="PDF à écrire")
    sub.add_argument(
        "--lines", type=int, default=0, metavar="N", help="dernières lignes seulement ; 0 : toutes"
    )


def _kit(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.errors import SettingError, reason
    from bot.library.playbooks import load_plans
    from bot.paper.files import note_kit
    from bot.paper.kit import kit_data
    from bot.paper.printing import laid_out
    from bot.wiring import clock

    settings = load()
    folder = settings.tocsin_playbooks_dir
    plans = load_plans(folder).plans
    unknown = set(options.playbook or ()) - set(plans)
    if unknown or not plans:
        listed = ", ".join(plans) or "aucun playbook lisible, lancez « tocsin check »"
        print(f"tocsin : playbook inconnu. Possibles : {listed}.", file=sys.stderr)
        return AWAY
    chosen = [plan for name, plan in plans.items() if name in (options.playbook or plans)]
    made = clock()
    data = kit_data(chosen, folder.glob("*.yaml"), made, _public_key())
    try:
        options.output.write_bytes(laid_out("kit.typ", data, made))
        note_kit(settings.tocsin_data_dir, made.date())
    except OSError as error:
        raise SettingError(
            f"Je ne peux pas écrire {error.filename or options.output} ({reason(error)}). "
            "Choisissez un autre fichier."
        ) from error
    print(f"{options.output} : imprimez-le, rangez-le hors du réseau, notez où.")
    return 0


def _public_key() -> str:
    """The public key, when one exists already: making a kit creates none."""
    from bot.config import load
    from bot.journal.seal import load_or_create

    settings = load()
    if not settings.key_file.exists():
        return ""
    return str(load_or_create(settings.key_file, settings.tocsin_key_name).verifier)


def _print(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.paper.files import write_sheet
    from bot.wiring import build

    house = build(load())
    try:
        crisis = house.service.require(options.crisis)
        write_sheet(house.service, crisis, options.output, last=max(0, options.lines))
    finally:
        house.store.close()
    print(f"{options.output} : état de la crise {crisis.id}.")
    return 0
