"""Scenarios of drills: those of the house are sound, and each fault is told at its line."""

from pathlib import Path

import pytest

from bot.library.drills import ScenarioShelf, load_scenarios
from bot.library.inspection import inspect
from bot.library.playbooks import load_plans
from tests.core.plans import PLAYBOOKS

HELD = load_scenarios(PLAYBOOKS)
PLANS = load_plans(PLAYBOOKS)
HEAD = """\
id: essai
title: Essai
level: 1
summary: Un essai.
playbook: rancongiciel
duration: 1 h
opening: On signale un essai.
injects:
"""
INJECT = "  - {id: un, title: Un, kind: appel, sender: Standard, text: Allô, at: 5 min}\n"


def folder(tmp_path: Path, **texts: str) -> Path:
    """A folder of playbooks that holds only these scenarios."""
    place = tmp_path / "playbooks" / "exercices"
    place.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (place / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "playbooks"


def test_the_house_has_scenarios_of_rising_difficulty() -> None:
    """Four levels, one with a supplier, one with a data leak only, each without a fault."""
    assert HELD.faults == ()
    levels = [one.level for one in HELD.scenarios.values()]
    assert levels == sorted(levels)
    assert set(levels) == {1, 2, 3, 4}
    books = {one.playbook for one in HELD.scenarios.values()}
    assert {"prestataire-compromis", "fuite-de-donnees"} <= books


@pytest.mark.parametrize("kind", ["appel", "presse", "ministere", "laboratoire", "attaquant"])
def test_each_kind_of_inject_is_played_somewhere(kind: str) -> None:
    """Calls, the press, a minister's office, a result that cannot be sent, the attacker."""
    assert any(one.kind == kind for each in HELD.scenarios.values() for one in each.injects)


@pytest.mark.parametrize("name", HELD.scenarios)
def test_each_scenario_has_timed_and_conditional_injects_and_measures(name: str) -> None:
    """Time alone does not drive it, and the log can tell of most of what is expected."""
    injects = HELD.scenarios[name].injects
    assert any(one.at for one in injects)
    assert any(one.once for one in injects)
    assert any(one.unless for one in injects)
    expects = [one.expects for one in injects if one.expects]
    assert sum(one.measured for one in expects) * 2 > len(expects)


def test_the_library_never_answers_from_a_scenario() -> None:
    """No text of a scenario is a passage: an exercise is not knowledge."""
    from bot.library.passages import load_passages

    passages = load_passages(PLAYBOOKS, PLAYBOOKS.parent / "knowledge").passages
    said = {one.text for each in HELD.scenarios.values() for one in each.injects}
    assert not any("exercices/" in str(one) for one in passages)
    assert not any(text in str(one) for text in said for one in passages)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("  - {id: un, title: Un, kind: appel, sender: S, text: T}\n", "il manque « at »"),
        (INJECT.replace("appel", "appelle"), "Vouliez-vous dire « appel » ?"),
        (INJECT.replace("5 min", "2 h"), "après la fin prévue"),
        (INJECT.replace("at: 5 min", "at: 5 min, delay: 1 min"), "ne va qu'avec « once »"),
        (INJECT.replace("at: 5 min", "at: 5 min, to: rsi"), "Vouliez-vous dire « rssi » ?"),
        (INJECT.replace("at: 5 min", "once: {}"), "nommez une étape"),
        (INJECT.replace("at: 5 min", "once: {step: isoler-poste}"), "« isoler-postes »"),
        (INJECT.replace("at: 5 min", "once: {duty: cert-sant}"), "« cert-sante »"),
        (INJECT.replace("at: 5 min", "once: {inject: deux}"), "événement inconnu"),
        (INJECT.replace("at: 5 min", "once: {inject: un}"), "s'attendent"),
        (
            INJECT.replace("5 min", "5 min, expects: {what: Agir, within: 0 min}"),
            "plus de zéro",
        ),
        (
            INJECT.replace(
                "5 min",
                "5 min, expects: {what: A, within: 1 min, step: isoler-postes, decision: true}",
            ),
            "une seule mesure",
        ),
        (INJECT + INJECT, "en double"),
    ],
)
def test_each_fault_has_its_line_and_the_nearest_name(tmp_path: Path, line: str, told: str) -> None:
    """What cannot be played is refused where it is written."""
    found = load_scenarios(folder(tmp_path, essai=HEAD + line), PLANS)

    assert found.scenarios == {}
    assert told in "\n".join(str(one).replace("\u00a0", " ") for one in found.faults)
    assert found.faults[0].path == "playbooks/exercices/essai.yaml"
    assert found.faults[0].line >= 9


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("playbook: rancongiciel", "playbook: rancongiciels"), "« rancongiciel »"),
        (("level: 1", "level: 5"), "niveau de 1 à 4"),
        (("injects:\n", "injects: []\n"), "au moins un événement"),
        (("title: Essai", "titre: Essai"), "clé inconnue"),
    ],
)
def test_the_head_is_checked_too(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    """The playbook exists, the level is one of four, something happens."""
    text = HEAD.replace(*change) + ("" if "[]" in change[1] else INJECT)
    found = load_scenarios(folder(tmp_path, essai=text), PLANS)

    assert told in "\n".join(str(one).replace("\u00a0", " ") for one in found.faults)


def test_a_scenario_does_not_repeat_the_fault_of_its_playbook(tmp_path: Path) -> None:
    """A playbook that is there and cannot be read says so itself; the scenario waits for it."""
    place = folder(tmp_path, essai=(HEAD + INJECT).replace("rancongiciel", "casse"))
    (place / "casse.yaml").write_text("id: [", encoding="utf-8")

    found = load_scenarios(place, PLANS)

    assert (found.faults, dict(found.scenarios)) == ((), {})


def test_a_bad_file_never_replaces_a_good_one(tmp_path: Path) -> None:
    """The last good version is kept on offer, the fault is told, an id is written once."""
    place = folder(tmp_path, essai=HEAD + INJECT)
    shelf = ScenarioShelf(place, lambda: PLANS)
    assert list(shelf.held.scenarios) == ["essai"]
    folder(tmp_path, essai=HEAD, autre=HEAD + INJECT)
    held = shelf.reload()

    assert list(held.scenarios) == ["essai"]
    assert {one.path for one in held.faults} == {"playbooks/exercices/essai.yaml"}


def test_the_example_of_the_documentation_can_be_played(tmp_path: Path) -> None:
    """Who copies it from the page gets a scenario without a fault."""
    page = (PLAYBOOKS.parent / "docs" / "exercices.md").read_text(encoding="utf-8")
    text = page.split("```yaml\n")[1].split("```")[0]
    found = load_scenarios(folder(tmp_path, exemple=text), PLANS)

    assert found.faults == ()
    assert [len(one.injects) for one in found.scenarios.values()] == [3]


def test_the_check_of_the_house_covers_its_scenarios(tmp_path: Path) -> None:
    """``tocsin check`` tells a scenario's fault with its file and line."""
    import shutil
    from datetime import date

    shutil.copytree(PLAYBOOKS, tmp_path / "playbooks")
    shutil.copytree(PLAYBOOKS.parent / "knowledge", tmp_path / "knowledge")
    bad = tmp_path / "playbooks" / "exercices" / "essai.yaml"
    bad.write_text(HEAD.replace("level: 1", "level: 9") + INJECT, encoding="utf-8")
    found = inspect([bad], tmp_path / "playbooks", tmp_path / "knowledge", date(2026, 11, 22))

    assert [(one.path, one.line) for one in found] == [(str(bad), 3)]
