"""``docs/reference``: words, settings, commands and fields, written from what the code says.

``python -m bot.cli.reference`` writes the pages; a test holds them against this module.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bot.cli import parser_of_everything
from bot.config import Settings
from bot.core.french import typography
from bot.grammar.words import WORDS
from bot.library.schema import schemas

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "reference"
_MADE: Final = "*Page engendrée par `python -m bot.cli.reference` : ne la modifiez pas à la main.*"
_FILES: Final[Mapping[str, str]] = {
    "playbook.json": "playbooks/*.yaml : un plan par sorte de crise",
    "obligations.json": "playbooks/obligations.yaml : obligations, instants, motifs d'effacement",
    "cellule.json": "playbooks/cellule.yaml : rôles et niveaux",
    "etablissement.json": "playbooks/etablissement.yaml : l'hôpital",
    "sources.json": "playbooks/sources.yaml : les sources",
    "document.json": "playbooks/documents/*.md : en-tête d'un modèle de document",
    "champs.json": "playbooks/documents/champs.yaml : champs communs des documents",
    "mises-en-garde.json": "playbooks/documents/mises-en-garde.yaml : mots qui alertent",
    "exercice.json": "playbooks/exercices/*.yaml : un scénario d'exercice",
    "fiche.json": "knowledge/incidents et knowledge/reperes : en-tête d'une fiche",
}


def pages() -> dict[str, str]:
    """The text of each page, by file name."""
    return {
        "mots.md": _page("Les mots de `/crise`", _words()),
        "reglages.md": _page("Les réglages", _settings()),
        "commandes.md": _page("Les commandes du terminal", _commands()),
        "champs.md": _page("Les champs des fichiers", _fields()),
    }


def write(folder: Path = FOLDER) -> None:
    """Write every page into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def _page(title: str, lines: Iterator[str]) -> str:
    return "\n".join((f"# {title}", "", _MADE, "", *lines)) + "\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _words() -> Iterator[str]:
    yield typography(
        "Majuscules et accents sont libres. Un mot entre < > se remplace, entre [ ] il se laisse."
    )
    for title, listed in (("Les mots de tous les jours", True), ("Ce que font les boutons", False)):
        yield from ("", f"## {title}", "", _row("à taper", "ce que cela fait"), "| --- | --- |")
        for word in WORDS.values():
            if word.listed is listed:
                yield _row(f"`/crise {word.usage}`", typography(word.help))


def _settings() -> Iterator[str]:
    yield typography(
        "À écrire dans `.env` ou dans l'environnement. Le même texte est dans `.env.example`."
    )
    yield from ("", _row("réglage", "par défaut", "ce qu'il fait"), "| --- | --- | --- |")
    for name, field in Settings.model_fields.items():
        usual = field.default
        hidden = usual == "" or (isinstance(usual, Path) and usual.is_absolute())
        told = "" if hidden else f"`{usual}`"
        yield _row(f"`{name.upper()}`", told, typography(field.description or ""))


def _commands() -> Iterator[str]:
    yield typography("`tocsin COMMANDE --help` affiche la même aide.")
    for name, parser in sorted(_parsers(parser_of_everything())):
        yield from ("", f"## {name}", "", "```text", parser.format_help().rstrip(), "```")


def _parsers(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command below a parser, with the line that starts it."""
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for one in action.choices.values():
                yield one.prog, one
                yield from _parsers(one)


def _fields() -> Iterator[str]:
    yield typography(
        "Un éditeur qui lit les schémas de `playbooks/schema` complète ces champs et souligne les "
        "fautes ; `tocsin check` dit les mêmes, avec le fichier et la ligne."
    )
    for name, text in schemas().items():
        schema = json.loads(text)
        parts = {schema.get("title", name): schema, **schema.get("$defs", {})}
        yield from ("", f"## {typography(_FILES[name])}")
        for title, part in parts.items():
            yield from _part(title, part)


def _part(title: str, part: Mapping[str, Any]) -> Iterator[str]:
    """One table: the fields of a part of a file; nothing for what has none."""
    for one in (part, *part.get("anyOf", ())):
        properties = one.get("properties", {})
        if not properties:
            continue
        needed = one.get("required", ())
        yield from (
            "",
            f"### {title}",
            "",
            _row("champ", "", "ce qu'il dit"),
            "| --- | --- | --- |",
        )
        for field, said in properties.items():
            mark = "nécessaire" if field in needed else ""
            yield _row(f"`{field}`", mark, said.get("description", ""))


if __name__ == "__main__":
    write()
