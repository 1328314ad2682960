"""The machine: its clock as the kernel sees it, its disk, the files that people edit, the index."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.doctor.finding import Finding, Look, note, right, wrong
from bot.journal import kernel

_LEAST: Final = 512 * 1024**2
_ENOUGH: Final = 2 * 1024**3
"""Bytes free under which the journal is in danger, and under which somebody should know."""
_DRIFT_US: Final = 1_000_000
"""Error of the clock, in microseconds, from which times of the journal are in doubt."""


def clock(_: Look) -> Sequence[Finding]:
    """Whether the kernel holds its clock to be synchronised."""
    told = kernel.read()
    if told is None:
        return [note("Horloge", "ce système ne dit pas si elle est à l'heure")]
    todo = "Activez la synchronisation : « timedatectl set-ntp true », ou chrony."
    if not told.synchronised:
        return [wrong("Horloge", "non synchronisée, dit le noyau", todo)]
    seconds = f"{told.max_error_us / 1e6:.3f}".replace(".", ",")
    if told.max_error_us > _DRIFT_US:
        return [wrong("Horloge", f"erreur possible de {seconds} s", todo)]
    return [right("Horloge", f"synchronisée, erreur d'au plus {seconds} s")]


def disk(look: Look) -> Sequence[Finding]:
    """Whether the data folder can be written, and how much room is left."""
    folder = look.settings.tocsin_data_dir.absolute()
    if not folder.exists():
        return [note("Disque", f"{folder} n'existe pas encore", "Le robot le créera.")]
    if not os.access(folder, os.W_OK | os.X_OK):
        todo = "Donnez ce dossier au compte de Tocsin, et lancez la commande sous ce compte."
        return [wrong("Disque", f"{folder} ne peut pas être écrit d'ici", todo)]
    free = shutil.disk_usage(folder).free
    told = f"{free / 1024**3:.1f} Gio libres pour {folder}".replace(".", ",", 1)
    if free < _LEAST:
        return [wrong("Disque", told, "Libérez de la place : la main courante va s'arrêter.")]
    if free < _ENOUGH:
        return [note("Disque", told, "Prévoyez de la place.")]
    return [right("Disque", told)]


def playbooks(look: Look) -> Sequence[Finding]:
    """Whether the files that people edit can be read."""
    from bot.library.playbooks import load_plans

    held = load_plans(look.settings.tocsin_playbooks_dir)
    faults = [one for one in held.faults if not one.warning]
    if faults or not held.plans:
        first = f" ({Path(faults[0].path).name}, ligne {max(faults[0].line, 1)})" if faults else ""
        told = f"{len(faults)} défauts{first}, {len(held.plans)} playbooks lisibles"
        return [wrong("Playbooks", told, "Lancez « tocsin check » et corrigez.")]
    return [right("Playbooks", f"{len(held.plans)} lisibles")]


def index(look: Look) -> Sequence[Finding]:
    """Whether a generation of the index is in place; without one the search goes on by words."""
    from bot.library.index import CURRENT

    if look.settings.chroma_url:
        return []  # it lives on a server, which is asked with the services outside
    pointer = look.settings.tocsin_data_dir / "library" / CURRENT
    if not pointer.is_file():
        todo = "Le robot le construit au démarrage ; ou « tocsin index »."
        return [note("Index", "pas encore construit, la recherche se fait par mots", todo)]
    return [right("Index", "construit")]
