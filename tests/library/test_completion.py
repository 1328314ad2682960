"""Schemas with the names of the house: what an editor proposes, and what it underlines."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.cli import run
from bot.library.completion import schemas_with_names
from bot.library.playbooks import Plans, load_plans, playbook_files
from bot.library.schema import schemas
from tests.core.plans import PLAYBOOKS

MADE = schemas_with_names(load_plans(PLAYBOOKS), PLAYBOOKS)


def faults(schema: str, data: Any) -> list[str]:
    """What an editor would underline."""
    found = Draft202012Validator(json.loads(MADE[schema])).iter_errors(data)
    return [one.message for one in found]


def playbook(**changes: Any) -> dict[str, Any]:
    """A playbook of one step."""
    step = {"id": "x", "title": "X", "role": "rssi", "text": "x", **changes}
    phase = {"id": "p", "title": "P", "steps": [step]}
    return {"id": "a", "title": "A", "version": "1", "summary": "s", "phases": [phase]}


class Texts(yaml.CSafeLoader):
    """Dates stay texts, as in an editor."""


Texts.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize(
    ("changes", "sound"),
    [
        ({}, True),
        ({"role": "rsi"}, False),
        ({"duty": "cnil-initiale"}, True),
        ({"duty": "cnil-initial"}, False),
        ({"instants": ["t_stad"]}, True),
        ({"instants": ["t_sttad"]}, False),
        ({"sources": ["tocsin-proposition"]}, True),
        ({"sources": ["ailleurs"]}, False),
        ({"document": "notification-cnil"}, True),
        ({"document": "notification"}, False),
    ],
)
def test_a_name_that_the_house_does_not_have_is_underlined(
    changes: dict[str, Any], sound: bool
) -> None:
    """Roles, duties, instants, sources and documents are those of the files, and no others."""
    assert (faults("playbook.json", playbook(**changes)) == []) is sound


def test_the_shipped_files_follow_the_schemas_with_names() -> None:
    """What the loader accepts, these accept too."""
    files = dict.fromkeys(playbook_files(PLAYBOOKS), "playbook.json")
    for name in ("obligations", "cellule", "etablissement"):
        files[PLAYBOOKS / f"{name}.yaml"] = f"{name}.json"
    for file, schema in files.items():
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=Texts)  # noqa: S506
        assert faults(schema, data) == [], file.name


def test_without_the_files_of_the_house_they_are_the_plain_ones() -> None:
    """No name known, nothing restricted."""
    assert schemas_with_names(Plans(), PLAYBOOKS / "nulle-part") == schemas()


@pytest.mark.parametrize("file", sorted(PLAYBOOKS.rglob("*.yaml")), ids=lambda one: one.name)
def test_each_file_names_its_schema_to_editors(file: Any) -> None:
    """The first line leads, from where the file is, to a schema that exists."""
    first = file.read_text(encoding="utf-8").splitlines()[0]
    start = "# yaml-language-server: $schema="
    assert first.startswith(start)
    target = (file.parent / first.removeprefix(start)).resolve()
    assert target.name in schemas()
    assert target.is_file()


def test_the_terminal_lists_shows_and_writes_them(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list, one of them, all of them into a folder, and a name that is not one."""
    assert run(["schema"]) == 0
    listed = capsys.readouterr().out.split()
    assert {f"{one}.json" for one in listed} == set(schemas())
    assert run(["schema", "playbook"]) == 0
    assert capsys.readouterr().out == schemas()["playbook.json"]
    assert run(["schema", "--names", "--output", str(tmp_path / "schema")]) == 0
    assert {file.name for file in (tmp_path / "schema").iterdir()} == set(schemas())
    assert '"cnil-initiale"' in (tmp_path / "schema" / "playbook.json").read_text(encoding="utf-8")
    capsys.readouterr()
    assert run(["schema", "playbok"]) == 2
    assert "Possibles" in capsys.readouterr().err
