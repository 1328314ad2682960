"""The night that the demo plays: its file is read, and each line is a line of the grammar."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.crisis import Actor, Command, Crisis, Stamp
from bot.core.opening import OpenCrisis
from bot.core.playbook import Plan
from bot.core.steps import CompleteStep
from bot.demo.scenario import ACTS, Line, Scenario, dated, load, names, seconds
from bot.errors import BadFile, SettingError
from bot.grammar import Context, parse
from bot.library.playbooks import PlanShelf
from bot.slack import declare

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
START = datetime(2026, 11, 21, 2, 50, tzinfo=UTC)


@pytest.fixture(scope="module")
def plans() -> Mapping[str, Plan]:
    """The playbooks of the repository."""
    return PlanShelf(PLAYBOOKS).plans


class Night:
    """A scenario played on the rules alone, without Slack."""

    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        self.plan = plan
        self.zone = plan.establishment.timezone
        self.people = {one.slack: one.name for one in plan.establishment.people}
        self.crisis = Crisis("2026-0001")
        for line in scenario.lines:
            self.now = START + line.at
            self.play(line.said(self.now, self.zone))

    def play(self, line: Line) -> None:
        """What the line asks is decided and applied; a refusal is an error of the scenario."""
        who = Actor(line.who, self.people[line.who])
        command = self.command(line, who)
        for fact in command.decide(self.crisis, who, self.now) if command else ():
            stamp = Stamp(self.crisis.seq + 1, who, self.now, self.now)
            self.crisis = fact.apply(self.crisis, stamp)

    def command(self, line: Line, who: Actor) -> Command | None:
        """The command of a line that leads to one."""
        if line.act == "declare":
            return OpenCrisis(str(line.values["title"]), self.plan, self.now)
        if line.act == "finish":
            values = {key: str(value) for key, value in line.values.items()}
            return CompleteStep(line.text, values.get("text", ""), values.get("outcome", ""))
        if line.act != "say":
            return None
        context = Context(self.crisis, who, self.now, lambda one: self.people.get(one, one))
        return parse(line.text, context).command


@pytest.mark.parametrize("name", names())
def test_every_line_is_accepted_in_order(name: str, plans: Mapping[str, Plan]) -> None:
    """No line of a scenario is refused by the grammar or by the rules, and the night moves on."""
    scenario = load(name)
    crisis = Night(scenario, plans[scenario.playbook]).crisis
    done = {step for step, state in crisis.steps.items() if state.status == "done"}

    assert len(done) >= 5
    assert crisis.roles
    assert crisis.instants


@pytest.mark.parametrize("name", names())
def test_every_person_and_field_is_known(name: str, plans: Mapping[str, Plan]) -> None:
    """Who acts is in the establishment's file, and what is filled in exists in the form."""
    scenario = load(name)
    plan = plans[scenario.playbook]
    people = {one.slack for one in plan.establishment.people}
    blocks = declare.form(plans, "", (), "")["blocks"]
    fields = {block["block_id"]: block["element"] for block in blocks if block["type"] == "input"}

    assert {line.who for line in scenario.lines} <= people
    for line in scenario.lines:
        if line.act == "declare":
            assert set(line.values) <= set(fields)
            assert not unknown_boxes(line, fields)


def unknown_boxes(line: Line, fields: Mapping[str, Any]) -> set[str]:
    """Choices that the form does not offer."""
    return {
        chosen
        for block, given in line.values.items()
        for chosen in ((given,) if isinstance(given, str) else given)
        if "options" in fields[block]
        and chosen not in {option["value"] for option in fields[block]["options"]}
    }


def test_the_night_shows_every_kind_of_act() -> None:
    """The night of ransomware declares, says, writes, asks, edits, pins and fills in."""
    assert {line.act for line in load("rancongiciel").lines} == set(ACTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 s", timedelta(seconds=5)),
        ("2 min", timedelta(minutes=2)),
        ("1 min 30 s", timedelta(seconds=90)),
        ("bientôt", None),
        ("", None),
    ],
)
def test_moments_are_read(text: str, expected: timedelta | None) -> None:
    """A moment is minutes and seconds, and nothing else."""
    assert seconds(text) == expected


def test_hours_follow_the_present() -> None:
    """``{-25 min}`` is the hour it was, in the establishment's zone."""
    assert dated("vers {-25 min}", START, "Europe/Paris") == "vers 03:25"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lines: [", "YAML"),
        ("title: vide", "lines"),
        ("lines: [{at: 1 s, who: U1}]", "ligne 1"),
        ("lines: [{at: 1 s, who: U1, say: point, write: deux}]", "ligne 1"),
        ("lines: [{at: demain, who: U1, say: point}]", "s'écrit"),
        ("lines: [{at: 1 s, who: U1, say: point, vitesse: 2}]", "vitesse"),
        ("lines: [{at: 2 s, who: U1, say: point}, {at: 1 s, who: U1, say: point}]", "ordre"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(text: str, said: str, tmp_path: Path) -> None:
    """A scenario that cannot be played is refused with its line and the reason."""
    (tmp_path / "nuit.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(BadFile, match=said):
        load("nuit", tmp_path)


def test_an_unknown_scenario_is_told_with_the_known_ones() -> None:
    """A mistyped scenario gets the list of those that exist."""
    with pytest.raises(SettingError, match="rancongiciel"):
        load("ransongiciel")
