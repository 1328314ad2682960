"""CACAO files as playbooks: ours come back the same, others as a draft with what is missing."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cacao.exporting import STEP_PROPERTIES, TARGET, exported
from bot.cacao.files import read_document, yaml_of
from bot.cacao.importing import House, Imported, imported
from bot.cacao.naming import EXTENSION, identifier
from bot.cli import run
from bot.core.playbook import Playbook
from bot.errors import BadFile
from bot.library.playbooks import SHARED, load_plans, plan_of, read_object
from tests.core.plans import PLAYBOOKS

#: On a machine that does ten things at once, only the answer counts.
UNHURRIED = settings(
    deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), max_examples=60
)
PLANS = load_plans(PLAYBOOKS).plans
MADE = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
CELL = next(iter(PLANS.values())).cell
HOUSE = House(
    {one.id: one.title for one in CELL.roles},
    frozenset({one.id for plan in PLANS.values() for one in plan.sources}),
    "rssi",
)


@pytest.mark.parametrize("name", PLANS)
def test_what_we_export_comes_back_the_same(name: str, tmp_path: Path) -> None:
    """Through JSON and YAML, the playbook is equal in every field, and nothing is to be told."""
    document = json.loads(json.dumps(exported(PLANS[name], MADE)))
    found = imported(document, HOUSE, "f.json")
    file = tmp_path / "revenu.yaml"
    file.write_text(yaml_of(found.data), encoding="utf-8")

    playbook, _, faults = read_object(Playbook, file, "revenu.yaml")

    assert faults == []
    assert playbook == PLANS[name].playbook
    assert found.remarks == ()


def test_a_correction_made_elsewhere_counts() -> None:
    """Another tool changes a name: it is CACAO's own property that is read, not our copy."""
    document = json.loads(json.dumps(exported(PLANS["rancongiciel"], MADE)))
    action = next(one for one in document["workflow"].values() if one["type"] == "action")
    old, action["name"] = action["name"], "Titre corrigé ailleurs"
    titles = [
        step["title"]
        for phase in imported(document, HOUSE, "f.json").data["phases"]
        for step in phase["steps"]
    ]

    assert "Titre corrigé ailleurs" in titles
    assert old not in titles


def name(kind: str, seed: str) -> str:
    """The identifier of an invented object."""
    return identifier(kind, "essai", seed)


def action(seed: str, following: str, **more: Any) -> dict[str, Any]:
    """An invented action by hand."""
    return {
        "type": "action",
        "name": seed,
        "commands": [{"type": "manual", "command": f"Faites {seed}."}],
        "agent": name("group", "equipe"),
        "on_completion": following,
        **more,
    }


def foreign(**changes: Any) -> dict[str, Any]:
    """An invented playbook of another tool, with one of everything that CACAO has."""
    end, a, b, c, d, e, f, g = (
        name("end", "z"), *(name("action", one) for one in "abcdefg"),
    )  # fmt: skip
    par, cond, loop, switch = (
        name("parallel", "p"),
        name("if-condition", "i"),
        name("while-condition", "w"),
        name("switch-condition", "s"),
    )
    ends = {name("end", str(n)): {"type": "end"} for n in range(6)}
    own = list(ends)
    steps = {
        name("start", "s"): {"type": "start", "on_completion": a},
        a: action(
            "Alerter", par, delay=5000, external_references=[{"name": "Guide X", "url": "x"}]
        ),
        par: {"type": "parallel", "next_steps": [b, cond], "on_completion": loop},
        b: action(
            "Bloquer", own[0], on_failure=g, commands=[{"type": "bash", "command": "iptables"}]
        ),
        cond: {
            "type": "if-condition",
            "condition": "__touche__:value = 'true'",
            "on_true": c,
            "on_false": d,
            "on_completion": own[1],
        },
        c: action("Couper", own[2]),
        d: action("Documenter", own[3], agent=name("group", "inconnu")),
        loop: {
            "type": "while-condition",
            "name": "Tant que cela dure",
            "condition": "__a__:value > 3",
            "on_true": e,
            "on_completion": switch,
        },
        e: action("Écouter", own[4]),
        switch: {
            "type": "switch-condition",
            "switch": "__site__:value",
            "cases": {"nord": f, "default": own[5]},
            "on_completion": end,
        },
        f: action("Fermer", name("end", "f")),
        name("end", "f"): {"type": "end"},
        g: action("Jamais atteinte", end),
        end: {"type": "end"},
        **ends,
    }
    return {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": name("playbook", "p"),
        "name": "Essai d'un autre outil",
        "created_by": name("identity", "i"),
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-02-01T00:00:00.000Z",
        "priority": 3,
        "signatures": [{}],
        "playbook_variables": {"__touche__": {"type": "bool", "description": "Est-ce touché ?"}},
        "workflow_start": name("start", "s"),
        "workflow": steps,
        "agent_definitions": {
            name("group", "equipe"): {"type": "group", "name": HOUSE.roles["dsi"]},
            name("group", "inconnu"): {"type": "group", "name": "Tier 2 SOC"},
        },
        **changes,
    }


def steps_of(found: Imported) -> dict[str, dict[str, Any]]:
    """The imported steps by id."""
    return {step["id"]: step for phase in found.data["phases"] for step in phase["steps"]}


def test_a_foreign_workflow_becomes_steps_that_wait_for_each_other() -> None:
    """Branches are side by side, what follows waits for both, conditions are questions."""
    found = imported(foreign(), HOUSE, "f.json")
    steps = steps_of(found)

    assert list(steps) == ["alerter", "bloquer", "couper", "documenter", "ecouter", "fermer"]
    assert steps["bloquer"]["after"] == ["alerter"]
    assert steps["couper"]["when"] == {"touche": ("oui", "inconnu")}
    assert steps["documenter"]["when"] == {"touche": ("non", "inconnu")}
    assert steps["ecouter"]["after"] == ["bloquer", "couper", "documenter"]
    assert steps["fermer"]["when"] == {"site": ("nord", "inconnu")}
    assert (steps["alerter"]["role"], steps["documenter"]["role"]) == ("dsi", "rssi")
    assert "```\niptables\n```" in steps["bloquer"]["text"]
    asked = {one["id"]: one for one in found.data["questions"]}
    assert asked["touche"]["ask"] == "Est-ce touché ?"
    assert asked["touche"]["choices"] == ["oui", "non", "inconnu"]
    assert asked["site"]["choices"] == ["nord", "autre", "inconnu"]
    assert asked["tant-que-cela-dure"]["choices"] == ["oui", "non", "inconnu"]


def test_what_could_not_be_taken_over_is_listed() -> None:
    """Everything left behind is named; nothing is dropped in silence."""
    said = "\n".join(imported(foreign(revoked=True), HOUSE, "f.json").remarks)

    for words in (
        "révoqué",
        "priorité et signatures, non vérifiées",
        "Boucle",
        "__a__:value > 3",
        "Tier 2 SOC",
        "commandes bash",
        "délai d'attente",
        "suite en cas d'échec",
        "Guide X",
        "Jamais atteinte",
    ):
        assert words in said, words


def test_the_draft_is_a_playbook_that_loads(tmp_path: Path) -> None:
    """What is written is held against the house's files, and has no fault."""
    file = tmp_path / "essai.yaml"
    file.write_text(yaml_of(imported(foreign(), HOUSE, "f.json").data), encoding="utf-8")
    plan, faults = plan_of(file, PLAYBOOKS)

    assert faults == ()
    assert plan is not None
    assert len(plan.playbook.steps) == 6


@pytest.mark.parametrize(
    ("document", "told"),
    [
        pytest.param([], "ce n'est pas un playbook CACAO", id="a list"),
        pytest.param({"type": "bundle"}, "ce n'est pas un playbook CACAO", id="STIX"),
        pytest.param(foreign(spec_version="1.1"), "version de CACAO 1.1", id="older version"),
        pytest.param(foreign(workflow=[]), "pas de déroulé", id="no workflow"),
        pytest.param(foreign(workflow_start="x"), "aucune étape", id="no start"),
    ],
)
def test_a_file_that_is_no_playbook_is_refused(document: Any, told: str) -> None:
    """The reason is in words."""
    with pytest.raises(BadFile, match=told):
        imported(document, HOUSE, "f.json")


def test_branches_nested_without_end_are_refused() -> None:
    """A file made to exhaust the reader is refused, not followed."""
    workflow = {
        f"parallel--{n}": {"type": "parallel", "next_steps": [f"parallel--{n + 1}"]}
        for n in range(2000)
    }
    with pytest.raises(BadFile, match="profondément"):
        imported(foreign(workflow=workflow, workflow_start="parallel--0"), HOUSE, "f.json")


def test_a_circle_is_followed_once() -> None:
    """Steps that lead back to themselves end the import all the same."""
    workflow = {"a": action("Un", "b"), "b": action("Deux", "a")}
    found = imported(foreign(workflow=workflow, workflow_start="a"), HOUSE, "f.json")

    assert list(steps_of(found)) == ["un", "deux"]
    assert any("deux fois" in one for one in found.remarks)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
PLACES = sorted(foreign())


@settings(UNHURRIED, max_examples=80)
@given(st.sampled_from(PLACES), st.sampled_from(sorted(action("x", "y"))), JSON)
def test_whatever_stands_in_a_file_is_read_or_refused(place: str, inner: str, value: Any) -> None:
    """Any value in any place gives a draft that is YAML, or a refusal in words; never a crash."""
    document = foreign(**{place: value})
    if isinstance(document["workflow"], dict):
        for step in document["workflow"].values():
            if isinstance(step, dict) and step.get("name") == "Couper":
                step[inner] = value
    assert _read_or_refused(document)


def _read_or_refused(document: Any) -> object:
    """The phases of the draft as its YAML says them, or the sentence of the refusal."""
    try:
        found = imported(document, HOUSE, "f.json")
    except BadFile as error:
        return error.for_people()
    return yaml.safe_load(yaml_of(found.data))["phases"]


@pytest.mark.parametrize("value", [7, -1, 10**400, True, {"x": [{}]}, [None, {}], "é\u2028\x00"])
def test_an_extension_that_lies_is_told_and_never_believed(value: Any, tmp_path: Path) -> None:
    """Anything under our own name ends as a plan or as faults with their lines."""
    document = json.loads(json.dumps(exported(PLANS["panne-majeure"], MADE)))
    liar = next(one for one in document["workflow"].values() if one["type"] == "action")
    own = liar["step_extensions"][EXTENSION]
    for property_name in (*STEP_PROPERTIES.values(), TARGET):
        own[property_name] = value
    document["playbook_extensions"][EXTENSION]["version"] = value
    file = tmp_path / "menteur.yaml"
    file.write_text(yaml_of(imported(document, HOUSE, "f.json").data), encoding="utf-8")
    plan, faults = plan_of(file, PLAYBOOKS)

    assert plan is not None or faults


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(b'{"a": "\\ud800"}', "UTF-8", id="half a letter"),
        pytest.param(b"\xff\xfe\x00", "UTF-8", id="another encoding"),
        pytest.param(b"[" * 200_000, "imbrication", id="nested without end"),
        pytest.param(b'{"a":\n 1,}', "JSON", id="no JSON"),
        pytest.param(b" " * 5_000_001, "trop gros", id="too large"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, data: bytes, told: str) -> None:
    """Whatever the bytes, a sentence and no trace."""
    file = tmp_path / "f.json"
    file.write_bytes(data)

    with pytest.raises(BadFile, match=told):
        read_document(file)


def test_from_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Export, import, what is told, what is never overwritten, what is no CACAO."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "playbooks").mkdir()
    for kept in (*SHARED, "panne-majeure.yaml"):
        shutil.copyfile(PLAYBOOKS / kept, tmp_path / "playbooks" / kept)
    monkeypatch.setenv("TOCSIN_PLAYBOOKS_DIR", str(tmp_path / "playbooks"))
    assert run(["cacao", "export", "panne-majeure", "p.json"]) == 0
    assert "Ce qui ne passe pas tel quel" in capsys.readouterr().out
    first = read_document(tmp_path / "p.json")
    assert run(["cacao", "export", "panne-majeure", "p.json"]) == 0
    again = read_document(tmp_path / "p.json")
    assert isinstance(first, dict)
    assert isinstance(again, dict)
    assert first["created"] == again["created"] <= again["modified"]
    assert run(["cacao", "import", "p.json"]) == 0
    assert run(["diff", "panne-majeure", "panne-majeure.yaml"]) == 0
    assert "Aucune différence" in capsys.readouterr().err
    assert run(["cacao", "import", "p.json"]) == 2
    assert "existe déjà" in capsys.readouterr().err
    (tmp_path / "autre.json").write_text(json.dumps(foreign()), encoding="utf-8")
    assert run(["cacao", "import", "autre.json", "--output", "a.yaml", "--role", "dsi"]) == 0
    assert "À reprendre à la main" in capsys.readouterr().out
    assert run(["cacao", "import", "autre.json", "--role", "soc"]) == 2
    (tmp_path / "faux.json").write_text("{", encoding="utf-8")
    assert run(["cacao", "import", "faux.json"]) == 1
    assert "JSON" in capsys.readouterr().err
    assert run(["cacao", "export", "pane-majeure", "x.json"]) == 1
