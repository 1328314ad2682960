"""The JSON Schemas beside the playbooks say what the code says."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.library.playbooks import playbook_files
from bot.library.schema import schemas, stale_schemas, write_schemas

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"

SHARED = ["obligations", "cellule", "etablissement", "sources"]
FILES = [(f"{name}.yaml", f"{name}.json") for name in SHARED] + [
    (file.name, "playbook.json") for file in playbook_files(PLAYBOOKS)
]
FILES += [(f"documents/{name}.yaml", f"{name}.json") for name in ("champs", "mises-en-garde")]


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schemas()[schema]))


def _faults(schema: str, data: Any) -> list[str]:
    found = _validator(schema).iter_errors(data)
    return [f"{list(one.absolute_path)}: {one.message}" for one in found]


def test_the_schemas_of_the_repository_are_up_to_date() -> None:
    """``write_schemas`` was run since the dataclasses last changed."""
    assert stale_schemas(PLAYBOOKS / "schema") == []


def test_a_changed_schema_is_seen(tmp_path: Path) -> None:
    """A file that is missing or edited by hand is stale."""
    write_schemas(tmp_path)
    assert stale_schemas(tmp_path) == []

    (tmp_path / "cellule.json").write_text("{}", encoding="utf-8")
    (tmp_path / "sources.json").unlink()

    assert stale_schemas(tmp_path) == ["cellule.json", "sources.json"]


def _properties(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, list):
        for one in schema:
            yield from _properties(one)
    elif isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for one in schema.values():
            yield from _properties(one)


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_field_is_told_in_french(name: str) -> None:
    """What an editor shows beside a field is a sentence for who writes the file."""
    fields = list(_properties(json.loads(schemas()[name])))

    assert fields
    assert [field for field, said in fields if not said.get("description")] == []


@pytest.mark.parametrize(("file", "schema"), FILES)
def test_the_shipped_files_follow_their_schema(file: str, schema: str) -> None:
    """What an editor underlines is what the loader refuses."""
    data = yaml.load((PLAYBOOKS / file).read_text(encoding="utf-8"), Loader=_Texts)  # noqa: S506

    assert _faults(schema, data) == []


@pytest.mark.parametrize(
    ("key", "value", "sound"),
    [
        ("within", "1 h 30", True),
        ("within", "90", False),
        ("within", "bientôt", False),
        ("outcomes", ["Envoyée", {"label": "Reportée", "settles": "not_due"}], True),
        ("outcomes", [{"label": "Reportée", "settles": "done"}], False),
        ("nevre", "x", False),
    ],
)
def test_short_spellings_are_in_the_schema(key: str, value: Any, sound: bool) -> None:
    """Durations and outcomes are checked as people write them, unknown keys refused."""
    step = {"id": "x", "title": "X", "role": "dsi", "text": "x", key: value}
    phase = {"id": "p", "title": "P", "steps": [step]}
    data = {"id": "a", "title": "A", "version": "1", "summary": "s", "phases": [phase]}

    assert (_faults("playbook.json", data) == []) is sound


def test_the_shipped_write_ups_follow_their_schema() -> None:
    """The front matter of every note and incident; who may read it is a list."""
    fronts = [
        yaml.load(file.read_text(encoding="utf-8").split("---\n")[1], Loader=_Texts)  # noqa: S506
        for file in sorted((PLAYBOOKS.parent / "knowledge").glob("*/*.md"))
    ]

    assert len(fronts) > 40
    assert [fault for front in fronts for fault in _faults("fiche.json", front)] == []
    assert _faults("fiche.json", {**fronts[0], "confidential": ["U0EXEMPLE", "dpo"]}) == []
    assert _faults("fiche.json", {**fronts[0], "confidential": True}) != []
    assert _faults("fiche.json", {**fronts[0], "confidentiel": ["dpo"]}) != []


class _Texts(yaml.CSafeLoader):
    """Dates stay texts, as in an editor."""


_Texts.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
