"""Commands for who writes playbooks: compare two versions, see one drawn."""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.parser import FAULTY, USAGE, Commands, command, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from bot.config import Settings
    from bot.core.comparing import Difference
    from bot.core.playbook import Obligations, Plan, Playbook
    from bot.library.faults import Fault

_CRISIS = re.compile(r"(?:EX-)?\d{4}-\d+", re.IGNORECASE)


def add(commands: Commands) -> None:
    """What who writes playbooks does between two crises."""
    purpose = "Dire en mots ce qui change d'une version d'un playbook à l'autre."
    sub = command(commands, "diff", purpose, _diff)
    which = "fichier, playbook de l'établissement ou numéro de crise"
    sub.add_argument("old", metavar="AVANT", help=which)
    sub.add_argument(
        "new",
        metavar="APRÈS",
        nargs="?",
        help="de même ; sans lui, le playbook de l'établissement de même identifiant",
    )
    sub.add_argument("--json", action="store_true", help="un objet JSON par différence")
    purpose = "Dessiner un playbook à relire : graphe, rôles, étapes, obligations, sources."
    sub = command(commands, "preview", purpose, _preview)
    sub.add_argument("playbook", metavar="PLAYBOOK", help="fichier ou identifiant du playbook")
    sub.add_argument(
        "--output",
        type=Path,
        metavar="FICHIER",
        help="page à écrire, .html ou .pdf ; sans lui, apercu-PLAYBOOK.html",
    )
    purpose = "Donner les schémas JSON des fichiers, pour que l'éditeur complète et vérifie."
    sub = command(commands, "schema", purpose, _schema)
    sub.add_argument(
        "name", metavar="SCHÉMA", nargs="?", help="celui à afficher ; sans lui, la liste"
    )
    sub.add_argument("--output", type=Path, metavar="DOSSIER", help="les y écrire tous")
    sub.add_argument(
        "--names",
        action="store_true",
        help="avec les identifiants de l'établissement (rôles, obligations, sources, documents)",
    )


def _diff(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.library.playbooks import load_plans

    settings = load()
    shelf = load_plans(settings.tocsin_playbooks_dir).plans
    old = _version(options.old, settings, shelf)
    usual = old.playbook.id if old and old.playbook else ""
    new = _version(options.new or usual, settings, shelf) if old else None
    if old is None or new is None:
        return FAULTY
    if not (old.playbook and new.playbook) and not (old.duties and new.duties):
        print("tocsin : comparez deux playbooks, ou deux tables d'obligations.", file=sys.stderr)
        return USAGE
    found = list(_differences(old, new, next(iter(shelf.values()), None)))
    for one in found:
        if options.json:
            print_json(asdict(one))
        else:
            print(one.text)
    if not found:
        print("Aucune différence.", file=sys.stderr)
    return 0


def _differences(old: "_Version", new: "_Version", plan: "Plan | None") -> "Iterator[Difference]":
    """What changed in the playbook, then in the duties, where both sides have them."""
    from bot.core.comparing import compare
    from bot.core.comparing_duties import compare_duties

    if old.playbook and new.playbook:
        yield from compare(old.playbook, new.playbook, plan)
    if old.duties and new.duties:
        yield from compare_duties(old.duties, new.duties, plan)


@dataclass(frozen=True, slots=True)
class _Version:
    """What one side of a comparison has: a playbook, a table of duties, or both."""

    playbook: "Playbook | None" = None
    duties: "Obligations | None" = None


def _version(name: str, settings: "Settings", shelf: "Mapping[str, Plan]") -> _Version | None:
    """What a file, an id of the establishment or a crisis stands for, or why nothing."""
    if Path(name).is_file():
        return _of_file(Path(name))
    if name in shelf:
        return _Version(shelf[name].playbook, shelf[name].obligations)
    if _CRISIS.fullmatch(name):
        plan = _of_crisis(name, settings)
        return _Version(plan.playbook, plan.obligations)
    _unknown(name or "(deux fichiers sont nécessaires)", shelf)
    return None


def _of_file(file: Path) -> _Version | None:
    """The playbook of a file, or its table of duties when it is one; its faults are told."""
    from bot.core.playbook import Obligations, Playbook
    from bot.library.playbooks import read_object

    playbook, marked, faults = read_object(Playbook, file, str(file))
    if isinstance(marked.data, dict) and "duties" in marked.data:
        duties, _, faults = read_object(Obligations, file, str(file))
        _tell(faults)
        return _Version(duties=duties) if duties else None
    _tell(faults)
    return _Version(playbook) if playbook else None


def _tell(faults: "Sequence[Fault]") -> None:
    """The faults of a file, as « tocsin check » tells them."""
    for fault in faults:
        print(f"{fault.path}:{max(fault.line, 1)}: {fault.message}", file=sys.stderr)


def _unknown(name: str, shelf: "Mapping[str, Plan]") -> None:
    """Say that no playbook is called so, and which one is meant perhaps."""
    from bot.library.faults import nearest

    hint = nearest(name, shelf) or " Lancez «\u00a0tocsin check\u00a0»."
    print(f"tocsin : ni un fichier, ni un playbook lisible : {name}.{hint}", file=sys.stderr)


def _of_crisis(number: str, settings: "Settings") -> "Plan":
    """The plan that a crisis runs on, without what the cell added to it."""
    from bot.core.adoption import followed
    from bot.wiring import build

    house = build(settings)
    try:
        return followed(house.service.require(number))
    finally:
        house.store.close()


def _preview(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.errors import SettingError, reason
    from bot.wiring import clock

    plan = plan_named(options.playbook, load())
    if plan is None:
        return FAULTY
    output = options.output or Path(f"apercu-{plan.playbook.id}.html")
    kind = output.suffix.lower()
    if kind not in {".html", ".pdf"}:
        print("tocsin : donnez un fichier en .html ou en .pdf.", file=sys.stderr)
        return USAGE
    try:
        output.write_bytes(_previewed(plan, kind, clock()))
    except OSError as error:
        raise SettingError(
            f"Je ne peux pas écrire {output} ({reason(error)}). Choisissez un autre fichier."
        ) from error
    print(f"{output} : aperçu de « {plan.playbook.title} », à relire avant de publier.")
    return 0


def _previewed(plan: "Plan", kind: str, made: "datetime") -> bytes:
    """The bytes of the preview, ``made`` (UTC)."""
    from bot.core.french import full_clock
    from bot.preview.page import page
    from bot.preview.printing import printed

    if kind == ".pdf":
        return printed(plan, made)
    return page(plan, full_clock(made, plan.establishment.timezone)).encode()


def plan_named(name: str, settings: "Settings") -> "Plan | None":
    """The plan that a file, or a playbook of the establishment, makes; its faults are told."""
    from bot.library.playbooks import load_plans, plan_of

    folder = settings.tocsin_playbooks_dir
    if Path(name).is_file():
        plan, faults = plan_of(Path(name), folder)
        _tell(faults)
        return plan
    plans = load_plans(folder).plans
    if name not in plans:
        _unknown(name, plans)
    return plans.get(name)


def _schema(options: argparse.Namespace) -> int:
    from bot.errors import SettingError, reason

    made = _schemas(options.names)
    if options.output is not None:
        try:
            options.output.mkdir(parents=True, exist_ok=True)
            for file, text in made.items():
                (options.output / file).write_text(text, encoding="utf-8")
        except OSError as error:
            raise SettingError(
                f"Je ne peux pas écrire dans {options.output} ({reason(error)}). "
                "Choisissez un autre dossier."
            ) from error
        print(f"{options.output} : {len(made)} schémas.")
    elif options.name is None:
        print("\n".join(file.removesuffix(".json") for file in made))
    elif f"{options.name}.json" in made:
        print(made[f"{options.name}.json"], end="")
    else:
        listed = ", ".join(file.removesuffix(".json") for file in made)
        print(f"tocsin : schéma inconnu : {options.name}. Possibles : {listed}.", file=sys.stderr)
        return USAGE
    return 0


def _schemas(names: bool) -> Mapping[str, str]:
    """The text of each schema, by file name."""
    from bot.config import load
    from bot.library.completion import schemas_with_names
    from bot.library.playbooks import load_plans
    from bot.library.schema import schemas

    if not names:
        return schemas()
    folder = load().tocsin_playbooks_dir
    return schemas_with_names(load_plans(folder), folder)
