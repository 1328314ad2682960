"""A playbook of ours as CACAO 2.0: what the specification asks, and nothing about people."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.cacao.exporting import exported, untranslated
from bot.cacao.naming import EXTENSION
from bot.cacao.workflow import condition, stages
from bot.core.french import typography
from bot.core.playbook import Phase, Question, Step
from bot.library.playbooks import load_plans
from tests.cacao.rules import broken
from tests.core.plans import PLAN, PLAYBOOKS

PLANS = load_plans(PLAYBOOKS).plans
MADE = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("name", PLANS)
def test_each_playbook_follows_the_specification(name: str) -> None:
    """Every rule of CACAO 2.0 that our files touch holds, and the same date gives the same file."""
    document = exported(PLANS[name], MADE)

    assert broken(document) == []
    assert exported(PLANS[name], MADE) == document
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda d: d.pop("created_by"), id="required property"),
        pytest.param(lambda d: d.update(phases=[]), id="unknown property"),
        pytest.param(lambda d: d.update(created="2026-11-21"), id="date for a timestamp"),
        pytest.param(lambda d: _first(d, "action").pop("agent"), id="action without agent"),
        pytest.param(lambda d: _first(d, "action").update(agent="group--x"), id="unknown agent"),
        pytest.param(lambda d: _first(d, "parallel")["next_steps"].append("end--x"), id="dangling"),
        pytest.param(lambda d: _first(d, "action").pop("on_completion"), id="dead end"),
        pytest.param(lambda d: _first(d, "if-condition").update(condition="si oui"), id="grammar"),
        pytest.param(lambda d: d["playbook_variables"].clear(), id="unknown variable"),
        pytest.param(lambda d: d["extension_definitions"].clear(), id="undefined extension"),
        pytest.param(lambda d: d["external_references"].clear(), id="reference of a step alone"),
    ],
)
def test_the_rules_see_a_file_that_breaks_them(spoil: Any) -> None:
    """Each rule fails on a file made wrong on purpose: passing them means something."""
    document = json.loads(json.dumps(exported(PLANS["rancongiciel"], MADE)))
    spoil(document)

    try:
        found = broken(document)
    except KeyError as error:
        found = [f"missing {error}"]
    assert found


def _first(document: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in document["workflow"].values() if one["type"] == kind
    )
    return found


def test_texts_roles_and_order_are_in_cacao_s_own_properties() -> None:
    """A tool that ignores our extension still shows what to do, by whom, after what."""
    plan = PLANS["rancongiciel"]
    document = exported(plan, MADE)
    steps = {step.title: step for step in plan.playbook.steps}
    actions = [one for one in document["workflow"].values() if one["type"] == "action"]

    assert {one["name"] for one in actions} == set(steps)
    for action in actions:
        step = steps[action["name"]]
        role = plan.role(step.role)
        assert role is not None
        assert document["agent_definitions"][action["agent"]]["name"] == role.title
        assert b64decode(action["commands"][0]["command_b64"]).decode() == step.text
        assert typography(step.never) in action["description"]
    places = {step.id: n for n, stage in enumerate(stages(plan.playbook)) for step in stage}
    for step in plan.playbook.steps:
        assert all(places[one] < places[step.id] for one in step.after)


def test_nobody_s_name_or_number_goes_out() -> None:
    """People, contacts and the duty table stay in the house."""
    plan = PLANS["rancongiciel"]
    text = json.dumps(exported(plan, MADE), ensure_ascii=False)

    assert plan.establishment.people
    assert not [one.name for one in plan.establishment.people if one.name in text]
    assert not [one.slack for one in plan.establishment.people if one.slack in text]


def test_answers_are_written_in_the_grammar_of_conditions() -> None:
    """Several answers are an OR, several questions an AND, a quote is escaped."""
    assert condition({"a": ("oui",)}) == "__a__:value = 'oui'"
    assert condition({"a": ("oui", "inconnu"), "b": ("l'un",)}) == (
        "(__a__:value = 'oui' OR __a__:value = 'inconnu') AND __b__:value = 'l\\'un'"
    )


def test_a_second_export_keeps_the_first_date() -> None:
    """``created`` never changes, ``modified`` does: section 3.1 of the specification."""
    later = MADE + timedelta(days=2, microseconds=123_456)
    document = exported(PLANS["rancongiciel"], later, MADE)

    assert document["created"] == "2026-11-21T02:10:00.000Z"
    assert document["modified"] == "2026-11-23T02:10:00.123Z"


def test_what_has_no_place_in_cacao_is_listed() -> None:
    """Each thing that only our extension says is named, with how many steps have it."""
    said = " ".join(untranslated(PLANS["rancongiciel"])).replace("\u00a0", " ")

    for words in ("objectif en minutes (50 étapes)", "11 phases", "plus strict", "non exportés"):
        assert words in said


def test_a_playbook_of_one_step_is_one_too() -> None:
    """No parallel step, no variable, no reference: nothing empty is written."""
    phase = Phase("p", "P", (Step("seule", "Seule étape", "rssi", "Faites."),))
    book = replace(PLAN.playbook, phases=(phase,), questions=(), hints=())
    document = exported(replace(PLAN, playbook=book), MADE)

    assert broken(document) == []
    assert len(document["workflow"]) == 3
    assert "labels" not in document


def test_a_question_without_unknown_has_no_value_yet() -> None:
    """Where « inconnu » is no answer, the variable is null until somebody answers."""
    question = Question("site", "Quel site ?", ("nord", "sud"))
    step = Step("un", "Un", "rssi", "Faites.", when={"site": ("nord",)})
    book = replace(PLAN.playbook, phases=(Phase("p", "P", (step,)),), questions=(question,))
    document = exported(replace(PLAN, playbook=book), MADE)

    assert document["playbook_variables"]["__site__"]["value"] is None
    assert broken(document) == []
    assert document["playbook_extensions"][EXTENSION]["questions"][0]["choices"] == ["nord", "sud"]
