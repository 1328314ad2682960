"""Schemas that also know the names of this establishment, so that an editor can complete them.

The schemas of the repository say what the code accepts, for every hospital alike.  These add the
ids that the house's own files define (roles, duties, instants, sources, documents): an editor then
proposes them, and underlines one that does not exist.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bot.library.playbooks import Plans
from bot.library.schema import schemas

#: Which names a field takes, by class and field; ``instants`` and alike are lists of names.
_TAKES: Final[Mapping[tuple[str, str], str]] = {
    ("Step", "role"): "roles",
    ("Step", "duty"): "duties",
    ("Step", "instants"): "instants",
    ("Step", "document"): "documents",
    ("Duty", "role"): "roles",
    ("Duty", "signer"): "roles",
    ("Duty", "opinion"): "roles",
    ("Duty", "opens"): "duties",
    ("Start", "instant"): "instants",
    ("Start", "sent"): "duties",
    ("Role", "deputy"): "roles",
    ("Person", "roles"): "roles",
}


def schemas_with_names(plans: Plans, folder: Path) -> dict[str, str]:
    """The text of each schema, by file name, with the names that ``folder`` defines."""
    names = _names(plans, folder)
    return {file: _completed(text, names) for file, text in schemas().items()}


def _names(plans: Plans, folder: Path) -> dict[str, list[str]]:
    """The ids of the house, by what they name; nothing for a file that cannot be read."""
    cell, table, sources = (
        plans.shared.get(name) for name in ("cellule.yaml", "obligations.yaml", "sources.yaml")
    )
    return {
        "roles": _ids(cell.roles if cell else ()),
        "duties": _ids(table.duties if table else ()),
        "instants": _ids(table.instants if table else ()),
        "sources": _ids(sources.sources if sources else ()),
        "documents": sorted(file.stem for file in (folder / "documents").glob("*.md")),
    }


def _ids(things: Sequence[Any]) -> list[str]:
    return [one.id for one in things]


def _completed(text: str, names: Mapping[str, list[str]]) -> str:
    """One schema with the names put where they may stand."""
    schema = json.loads(text)
    for owner, field, node in _fields(schema):
        kind = "sources" if field == "sources" else _TAKES.get((owner, field), "")
        if names.get(kind):
            _restrict(node, names[kind])
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _fields(part: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Class, name and schema of every field of a schema."""
    if isinstance(part, list):
        for one in part:
            yield from _fields(one)
    elif isinstance(part, dict):
        owner = str(part.get("title", ""))
        properties = part.get("properties")
        if isinstance(properties, dict):
            yield from ((owner, name, node) for name, node in properties.items())
        for one in part.values():
            yield from _fields(one)


def _restrict(node: dict[str, Any], names: Sequence[str]) -> None:
    """Put the names on the text of a field, of its list, or of its choice with nothing."""
    if node.get("type") == "string":
        empty = [""] if node.get("default") == "" else []
        node["enum"] = [*names, *empty]
    elif isinstance(node.get("items"), dict):
        _restrict(node["items"], names)
    for one in node.get("anyOf", ()):
        _restrict(one, names)
