"""What CACAO Security Playbooks 2.0 asks of a file, as far as our exports use it.

Our reading of the specification (OASIS, Committee Specification 01), each rule with its section;
the published schemas are not part of this repository.
``broken`` gives every rule that a document breaks, in words; an empty list is a conforming file.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
IDENTIFIER = re.compile(f"([a-z][a-z0-9-]+[a-z0-9])--({UUID})")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
VARIABLE = re.compile(r"__[a-zA-Z][a-zA-Z0-9_-]{0,244}__")
USED = re.compile(r"(__[a-zA-Z][a-zA-Z0-9_-]*__):value")
TERM = r"__[a-zA-Z][a-zA-Z0-9_-]*__:value = '(?:[^'\\]|\\.)*'"
GROUP = rf"(?:{TERM}|\({TERM}(?: OR {TERM})+\))"
CONDITION = re.compile(rf"{GROUP}(?: AND {GROUP})*")
PROPERTY = re.compile(r"[a-z0-9_]{3,250}")

#: Section 3.1: property -> type; those that must be there.
PLAYBOOK: Mapping[str, type] = {
    "type": str, "spec_version": str, "id": str, "name": str, "description": str,
    "playbook_processing_summary": dict, "created_by": str, "created": str, "modified": str,
    "industry_sectors": list, "labels": list, "external_references": list,
    "playbook_variables": dict, "workflow_start": str, "workflow": dict,
    "playbook_extensions": dict, "agent_definitions": dict, "extension_definitions": dict,
}  # fmt: skip
PLAYBOOK_REQUIRED = {
    "type", "spec_version", "id", "name", "created_by", "created", "modified", "workflow_start",
    "workflow",
}  # fmt: skip
#: Sections 4.1 and 4.3 to 4.8: properties of each type of step, and those that must be there.
COMMON = {"type", "name", "description", "external_references", "on_completion", "step_extensions"}
STEPS: Mapping[str, tuple[set[str], set[str]]] = {
    "start": (COMMON, {"on_completion"}),
    "end": (COMMON - {"on_completion"}, set()),
    "action": (COMMON | {"commands", "agent"}, {"commands", "agent", "on_completion"}),
    "parallel": (COMMON | {"next_steps"}, {"next_steps", "on_completion"}),
    "if-condition": (
        COMMON | {"condition", "on_true", "on_false"}, {"condition", "on_true", "on_completion"},
    ),
}  # fmt: skip


def broken(document: Mapping[str, Any]) -> list[str]:
    """Every rule that the document breaks."""
    rules = (_playbook, _identifiers, _steps, _actions, _flow, _references, _variables, _extensions)
    return [told for rule in rules for told in rule(document)]


def _playbook(document: Mapping[str, Any]) -> Iterator[str]:
    """3.1: known properties, of their type; 10.17: timestamps; modified not before created."""
    yield from (f"3.1 missing {one}" for one in PLAYBOOK_REQUIRED - set(document))
    for key, value in document.items():
        if key not in PLAYBOOK or not isinstance(value, PLAYBOOK[key]) or value in ([], {}):
            yield f"3.1 {key}"
    if (document["type"], document["spec_version"]) != ("playbook", "cacao-2.0"):
        yield "3.1 type or spec_version"
    stamps = [document["created"], document["modified"]]
    yield from (f"10.17 {one}" for one in stamps if not STAMP.fullmatch(one))
    if stamps[1] < stamps[0]:
        yield "3.1 modified before created"


def _identifiers(document: Mapping[str, Any]) -> Iterator[str]:
    """10.10: type--UUID, no UUID twice, version 4 for steps; keys bear the type of their object."""
    seen: set[str] = set()
    definitions = {
        **document["workflow"],
        **document["agent_definitions"],
        **document["extension_definitions"],
        document["id"]: document,
        document["created_by"]: {"type": "identity"},
    }
    for name, one in definitions.items():
        found = IDENTIFIER.fullmatch(name)
        if not found or found[1] != one["type"] or found[2] in seen:
            yield f"10.10 {name}"
        elif name in document["workflow"] and found[2][14] != "4":
            yield f"10.10 not version 4 {name}"
        seen.add(name.rpartition("--")[2])


def _steps(document: Mapping[str, Any]) -> Iterator[str]:
    """4.1 to 4.8: each step has the properties of its type."""
    for name, step in document["workflow"].items():
        known, needed = STEPS[step["type"]]
        yield from (f"4 {name} {one}" for one in set(step) - known)
        yield from (f"4 {name} without {one}" for one in needed - set(step))
        if step["type"] == "parallel" and len(set(step["next_steps"])) < 2:
            yield f"4.7 {name}"
        if step["type"] == "if-condition" and not CONDITION.fullmatch(step["condition"]):
            yield f"4.8 {name} {step['condition']}"


def _actions(document: Mapping[str, Any]) -> Iterator[str]:
    """4.5: the agent of an action is defined; 5.2: a command by hand has one text, and only one."""
    actions = {n: one for n, one in document["workflow"].items() if one["type"] == "action"}
    for name, step in actions.items():
        if step["agent"] not in document["agent_definitions"]:
            yield f"4.5 agent of {name}"
        for command in step["commands"]:
            texts = set(command) - {"type", "description"}
            if command["type"] != "manual" or texts not in ({"command"}, {"command_b64"}):
                yield f"5.2 command of {name}"


def _flow(document: Mapping[str, Any]) -> Iterator[str]:
    """4: from the start every step is reached once, and each branch ends at an end of its own."""
    steps = document["workflow"]
    if steps[document["workflow_start"]]["type"] != "start":
        yield "3.1 workflow_start"
    reached: list[str] = []
    waiting = [document["workflow_start"]]
    while waiting:
        name = waiting.pop()
        reached.append(name)
        step = steps.get(name)
        if step is None:
            yield f"4 missing {name}"
            continue
        branches = [*step.get("next_steps", ()), step.get("on_true"), step.get("on_false")]
        waiting += [one for one in (*branches, step.get("on_completion")) if one]
    if len(reached) != len(set(reached)):
        yield "4.7 two branches meet"
    yield from (f"4 never reached {one}" for one in set(steps) - set(reached))


def _references(document: Mapping[str, Any]) -> Iterator[str]:
    """10.9: a name and something more; 3.1: those of the steps are the playbook's too."""
    whole = document.get("external_references", [])
    for step in document["workflow"].values():
        yield from (
            f"3.1 reference {one['name']}"
            for one in step.get("external_references", ())
            if one not in whole
        )
    for one in whole:
        more = set(one) - {"name"}
        if "name" not in one or not more or more - {"source", "url", "external_id"}:
            yield f"10.9 {one}"


def _variables(document: Mapping[str, Any]) -> Iterator[str]:
    """10.18: names between double underscores, values texts or null; conditions use known ones."""
    known = document.get("playbook_variables", {})
    for name, one in known.items():
        if not VARIABLE.fullmatch(name) or not isinstance(one["value"], str | None):
            yield f"10.18 {name}"
    for step in document["workflow"].values():
        used = USED.findall(step.get("condition", ""))
        yield from (f"10.18 unknown {one}" for one in used if one not in known)


def _extensions(document: Mapping[str, Any]) -> Iterator[str]:
    """8: every extension used is defined, with its required properties; names of properties."""
    known = document["extension_definitions"]
    for one in known.values():
        missing = {"type", "name", "created_by", "schema", "version"} - set(one)
        yield from (f"8 definition without {each}" for each in missing)
    used = [document["playbook_extensions"]]
    used += [step.get("step_extensions", {}) for step in document["workflow"].values()]
    for extensions in used:
        yield from (f"8 undefined {name}" for name in extensions if name not in known)
        for properties in extensions.values():
            yield from (f"8 property {one}" for one in properties if not PROPERTY.fullmatch(one))
