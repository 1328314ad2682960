"""JSON Schemas of the files of ``playbooks/``, made from the dataclasses that read them.

Editors complete and check with them from the first line of a file
(``# yaml-language-server: $schema=schema/playbook.json``).  What each field is comes
from ``bot.library.fields``, the same sentences as in the documentation.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bot.core import playbook, scenario
from bot.drafts import template
from bot.library.cautions import Cautions
from bot.library.fields import told
from bot.library.playbooks import SourceFile
from bot.library.writeups import FrontMatter

SCHEMAS: Mapping[str, type[Any]] = {
    "playbook.json": playbook.Playbook,
    "obligations.json": playbook.Obligations,
    "cellule.json": playbook.Cell,
    "etablissement.json": playbook.Establishment,
    "sources.json": SourceFile,
    "document.json": template.Head,
    "champs.json": template.SharedFields,
    "mises-en-garde.json": Cautions,
    "fiche.json": FrontMatter,
    "exercice.json": scenario.Scenario,
}

_DURATION = {
    "type": "string",
    "pattern": r"^(?=.*[jhm])(\d{1,6} ?j)? ?(\d{1,6} ?h( ?\d{1,2}$)?)? ?(\d{1,6} ?min)?$",
    "examples": ["30 min", "2 h", "1 h 30", "3 j"],
}
_SPAN = {
    "type": "string",
    "pattern": r"^\d{1,4} ?(h|j|mois)$",
    "examples": ["72 h", "8 j", "3 mois"],
}
_SHORT = {"Outcome": {"type": "string", "minLength": 1}, "Span": _SPAN}


@cache
def schemas() -> Mapping[str, str]:
    """The text of each schema, by file name, always the same for the same code."""
    made = {}
    for name, kind in SCHEMAS.items():
        schema = TypeAdapter(kind).json_schema()
        _describe(schema)
        _accept_short_spellings(schema)
        if kind is template.Head:
            _as_typed(schema)
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        made[name] = json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return made


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into ``folder`` (``playbooks/schema``) and say which files they are."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")
        written.append(folder / name)
    return written


def stale_schemas(folder: Path) -> list[str]:
    """Names of the schemas that are missing from ``folder`` or say something else."""
    return [
        name
        for name, text in schemas().items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]


def _describe(schema: dict[str, Any]) -> None:
    """Put what each field is, in French, into the schema."""
    for part in (schema, *schema.get("$defs", {}).values()):
        for field, said in part.get("properties", {}).items():
            text = told(part.get("title", ""), field)
            if text:
                said["description"] = text


def _as_typed(schema: dict[str, Any]) -> None:
    """The head of a document as its file has it: ``for``, and shared fields by their id."""
    properties = schema["properties"]
    properties["for"] = properties.pop("bound")
    items = properties["fields"]["items"]
    properties["fields"]["items"] = {"anyOf": [{"type": "string", "minLength": 1}, items]}


def _accept_short_spellings(schema: dict[str, Any]) -> None:
    """Durations as people write them; an outcome or a span may be given as a text."""
    definitions = schema.get("$defs", {})
    for name, short in _SHORT.items():
        if name in definitions:
            definitions[name] = {"anyOf": [short, definitions[name]]}
    _replace_durations(schema)


def _replace_durations(part: Any) -> None:
    """Everywhere in the schema, the duration that the loader understands."""
    if isinstance(part, list):
        for one in part:
            _replace_durations(one)
    elif isinstance(part, dict):
        if part.get("format") == "duration":
            del part["format"]
            part.update(_DURATION)
        for one in part.values():
            _replace_durations(one)
