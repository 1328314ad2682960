"""``tocsin document``: the documents of a crisis, from a terminal, for who has no Slack."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.parser import Commands, command, print_json
from bot.core.french import plural, typography

if TYPE_CHECKING:
    from bot.drafts.data import Known
    from bot.drafts.draft import Draft, Listed
    from bot.wiring import House


def add(commands: Commands) -> None:
    """What fills documents."""
    purpose = "Préparer les documents d'une crise : liste, aperçu, DOCX et PDF."
    sub = command(commands, "document", purpose, _document)
    sub.add_argument("crisis", metavar="CRISE", nargs="?", help="numéro de la crise")
    sub.add_argument("name", metavar="DOCUMENT", nargs="?", help="le document ; sans lui, la liste")
    sub.add_argument(
        "--output",
        type=Path,
        metavar="DOSSIER",
        help="y écrire DOCX et PDF, et consigner la version ; sans lui, un aperçu",
    )
    sub.add_argument(
        "--names", action="store_true", help="lister les noms utilisables dans un modèle"
    )
    sub.add_argument("--json", action="store_true", help="la liste en JSON")


def _document(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.errors import Refused
    from bot.wiring import build

    house = build(load())
    try:
        if options.names:
            return _names(house)
        if options.crisis is None:
            raise Refused("Indiquez la crise : « tocsin document CRISE ». Voyez « tocsin crises ».")
        return _of_crisis(house, options)
    finally:
        house.store.close()


def _names(house: "House") -> int:
    """Every name of the data, one a line; fields come with their template."""
    from bot.errors import Refused
    from bot.library.documents import known_names

    plan = next(iter(house.plans.values()), None)
    if plan is None:
        raise Refused("Aucun playbook lisible : lancez « tocsin check ».")
    for name in known_names(plan):
        print(name)
    for field in sorted(house.documents.held.fields.values(), key=lambda one: one.id):
        print(f"champ.{field.id}  ({field.label})")
    return 0


def _of_crisis(house: "House", options: argparse.Namespace) -> int:
    from bot.drafts.data import Known
    from bot.drafts.draft import concerning, draft
    from bot.library.documents import called

    crisis = house.service.require(options.crisis)
    fresh, head = house.service.standing(crisis.id)
    known = Known(fresh, house.service.now(), head)
    listed = concerning(tuple(house.documents.held.templates.values()), known)
    if options.name is None:
        _list(listed, known, as_json=options.json)
        return 0
    made = draft(
        called(house.documents.held, [one.template for one in listed], options.name), known
    )
    if options.output is None:
        print(made.md)
        _tell(house, made)
        return 0
    _write(house, made, options.output)
    return 0


def _list(listed: "Sequence[Listed]", known: "Known", *, as_json: bool) -> None:
    if as_json:
        print_json([_object(one) for one in listed])
        return
    for one in listed:
        print(f"{one.template.id:32}  {one.template.head.title}{_state(one, known)}")


def _object(one: "Listed") -> dict[str, object]:
    clock = one.deadline
    return {
        "id": one.template.id,
        "title": one.template.head.title,
        "duty": one.template.head.duty,
        "due": clock.due.isoformat() if clock and clock.due else None,
        "versions": one.versions,
    }


def _state(one: "Listed", known: "Known") -> str:
    from bot.core.french import day_clock

    due = one.deadline.due if one.deadline and not one.deadline.settled else None
    parts = [
        f"avant {day_clock(due, known.crisis.zone)}" if due else "",
        f"version {one.versions}" if one.versions else "",
    ]
    told = ", ".join(part for part in parts if part)
    return f"  ({told})" if told else ""


def _write(house: "House", made: "Draft", folder: Path) -> None:
    """Make the files, record the version, copy them where they were asked for."""
    from shutil import copyfile

    from bot.core.documents import RecordDocument
    from bot.errors import OutsideService, Refused, TocsinError, reason
    from bot.exports.drafted import Cabinet, changed_since, produced
    from bot.service import Ask
    from bot.views import TERMINAL

    cabinet = Cabinet(house.settings.tocsin_data_dir)
    changed = changed_since(made, cabinet)
    warned = _tell(house, made)
    fact = produced(made, cabinet, house.service.now(), changed, warned)
    (done,) = house.service.commit([Ask(made.crisis.id, TERMINAL, RecordDocument(fact))])
    if isinstance(done, TocsinError):
        raise done
    for ending, digest in (("docx", fact.docx), ("pdf", fact.pdf)):
        kept = cabinet.path(made.crisis.id, digest, ending)
        if kept is None:
            raise Refused("Le fichier qui vient d'être écrit ne se relit pas : vérifiez le disque.")
        path = folder / f"{made.name}.{ending}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            copyfile(kept, path)
        except OSError as error:
            told = f"Je ne peux pas écrire {path} ({reason(error)}). Choisissez un autre dossier."
            raise OutsideService("Le disque", told) from error
        print(f"{path} : SHA-256 {digest}")
    for one in changed:
        print(typography(f"Changé : {one}"))


def _tell(house: "House", made: "Draft") -> int:
    """What is missing and what to read again; how many sentences that is."""
    from zoneinfo import ZoneInfo

    from bot.library.cautions import cautions

    today = house.service.now().astimezone(ZoneInfo(made.crisis.zone)).date()
    found = cautions(made.md, house.documents.held.cautions, today)
    for line in _told(made, [one.told for one in found]):
        print(typography(line))
    return len(found)


def _told(made: "Draft", warnings: Sequence[str]) -> Iterator[str]:
    if made.left:
        yield f"À compléter : {plural(len(made.left), 'place')}."
        yield from (f"- {one}" for one in made.left)
    if warnings:
        yield "À relire avant d'envoyer :"
        yield from (f"- {one}" for one in warnings)
