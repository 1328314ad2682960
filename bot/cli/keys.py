"""The key that signs the log: show it, replace it, declare it lost."""

import argparse
import sys
from typing import TYPE_CHECKING

from bot.cli.parser import Commands, command

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.wiring import House

_WHERE = (
    "Recopiez cette clé hors de cette machine : classeur papier de la cellule, assureur, avocat.\n"
    "Qui vérifiera un export la comparera à celle-là."
)


def add(commands: Commands) -> None:
    """The command that shows and changes the key."""
    key = "Afficher la clé publique qui signe la main courante, ou changer de clé."
    sub = command(commands, "key", key, _key)
    sub.add_argument(
        "--rotate",
        action="store_true",
        help="faire signer une nouvelle clé ; chaque crise le consigne, signé par l'ancienne",
    )
    sub.add_argument(
        "--lost",
        action="store_true",
        help="l'ancienne clé est perdue : la nouvelle signe seule, et le journal le dit",
    )
    sub.add_argument("--reason", default="", metavar="RAISON", help="pourquoi, pour le journal")


def _key(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.journal.keys import KeyRing

    settings = load()
    if options.lost:
        return _lost(settings, options.reason)
    if options.rotate:
        return _rotate(settings, options.reason)
    keys = KeyRing(settings.key_file, settings.tocsin_key_name)
    print(keys.current.verifier)
    _tell(_WHERE)
    if keys.retired:
        _tell("Clés précédentes, pour les anciens exports :", *keys.retired)
    return 0


def _rotate(settings: "Settings", reason: str) -> int:
    from bot.errors import SettingError
    from bot.rotation import rotate
    from bot.views import TERMINAL
    from bot.wiring import build

    if not settings.key_file.exists():
        raise SettingError(
            f"La clé {settings.key_file} est introuvable : elle ne peut pas attester la nouvelle. "
            "Restaurez-la d'une copie ; si elle est perdue : « tocsin key --rotate --lost »."
        )
    house = build(settings)
    try:
        crises = rotate(house.service, house.sealer.keys, TERMINAL, reason)
    finally:
        house.store.close()
    return _changed(house, crises, "l'ancienne clé l'atteste")


def _lost(settings: "Settings", reason: str) -> int:
    from bot.errors import SettingError
    from bot.journal.keys import set_aside
    from bot.rotation import give_up
    from bot.views import TERMINAL
    from bot.wiring import build

    there = settings.key_file.exists()
    aside = set_aside(settings.key_file)
    house = build(settings)
    try:
        crises = give_up(house.service, house.sealer.keys, TERMINAL, reason)
    finally:
        house.store.close()
    if there and aside is None and not crises:
        raise SettingError(
            f"La clé {settings.key_file} se lit et toutes les crises sont signées par des clés "
            "présentes : rien n'est perdu. Pour la remplacer : « tocsin key --rotate »."
        )
    if aside is not None:
        _tell(f"Le fichier illisible est gardé sous {aside}.")
    return _changed(house, crises, "l'ancienne clé n'a pas pu l'attester, et c'est écrit")


def _changed(house: "House", crises: int, vouched: str) -> int:
    """Print the new key, and say where the change is written."""
    from bot.core.french import plural

    print(house.signer.verifier)
    _tell(f"Nouvelle clé. Consignée dans {plural(crises, 'crise')} : {vouched}." if crises else "")
    _tell(_WHERE, "Remplacez l'ancienne partout où elle est notée, sans l'effacer.")
    return 0


def _tell(*lines: str) -> None:
    """Say this beside the output, which holds the key alone."""
    from bot.core.french import typography

    for line in lines:
        if line:
            print(typography(line), file=sys.stderr)
