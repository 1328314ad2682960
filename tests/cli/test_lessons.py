"""``tocsin lessons`` as an author reads it: the real command on a real journal."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli import run
from bot.config import Settings
from bot.core.crisis import Actor, Command
from bot.core.opening import CloseCrisis, OpenCrisis
from bot.core.steps import BlockStep, CompleteStep
from bot.service import Ask, Done
from bot.wiring import build

CLAIRE = Actor("U01CLAIRE", "Claire Exemple")
START = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)


@pytest.fixture
def lessons(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run ``tocsin lessons``; what it prints, its no-break spaces as plain ones."""
    monkeypatch.setenv("TOCSIN_DATA_DIR", str(data))

    def run_it(*arguments: str, code: int = 0) -> str:
        assert run(["lessons", *arguments]) == code
        printed = capsys.readouterr()
        return (printed.out + printed.err).replace("\u00a0", " ")

    return run_it


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed crisis, a closed exercise and an open crisis, at known times."""
    folder = tmp_path_factory.mktemp("data")
    now = [START]
    settings = Settings(tocsin_data_dir=folder, _env_file=None)  # type: ignore[call-arg]
    house = build(settings, lambda: now[0])

    def do(crisis: str, command: Command) -> str:
        (done,) = house.service.commit([Ask(crisis, CLAIRE, command)])
        assert isinstance(done, Done), done
        return done.crisis.id

    for exercise, minutes, over in ((False, 20, True), (True, 90, True), (False, 4, False)):
        now[0] += timedelta(hours=5)
        opening = OpenCrisis("Essai", house.plans["rancongiciel"], now[0], exercise=exercise)
        crisis = do("", opening)
        now[0] += timedelta(minutes=minutes)
        do(crisis, CompleteStep("prendre-appel"))
        do(crisis, BlockStep("alerter-cellule", "clé\x1b[31m introuvable"))
        if over:
            do(crisis, CloseCrisis("fin"))
    house.store.close()
    return folder


def test_each_step_says_what_it_really_took(lessons: Callable[..., str]) -> None:
    """Time against target, blockages with their reason, exercises under their own title."""
    told = lessons()
    crises, exercises = told.split("(exercices)")

    assert "== Rançongiciel (crises)" in crises
    assert "1 crise : faite 20 min après l'ouverture, objectif 5 min." in crises
    assert "Bloquée 1 fois : « clé" in crises
    assert "\x1b" not in told
    assert "1 exercice : faite 1 h 30 après l'ouverture" in exercises


def test_the_whole_is_there_for_a_program(lessons: Callable[..., str]) -> None:
    """One object a step, times in seconds, exercises told apart."""
    rows = [json.loads(line) for line in lessons("rancongiciel", "--json").splitlines()]
    taken = {one["exercise"]: one["times"] for one in rows if one["step"] == "prendre-appel"}

    assert taken == {False: [1200], True: [5400]}


def test_nothing_learnt_and_nothing_known_are_said(lessons: Callable[..., str]) -> None:
    """A playbook without a past says so; one that does not exist names those that do."""
    assert "n'a encore rien appris" in lessons("panne-majeure")
    assert "Possibles : " in lessons("inconnu", code=3)
