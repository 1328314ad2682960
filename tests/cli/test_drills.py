"""« tocsin drills » : scenarios, drills that were played, the report of one."""

from pathlib import Path

import pytest

from bot.cli import run
from bot.config import load
from bot.core.crisis import Actor, Command, Crisis
from bot.core.drill import EndDrill, PlayInject, opening
from bot.core.notes import TakeDecision
from bot.core.opening import OpenCrisis
from bot.service import Ask, Done
from bot.wiring import House, build

CLAIRE = Actor("U1", "Claire Exemple")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house with its scenarios, where nothing was played yet."""
    monkeypatch.setenv("TOCSIN_DATA_DIR", str(tmp_path / "data"))
    return build(load())


def does(house: House, crisis: str, command: Command) -> Crisis:
    """Record a command; the crisis after it."""
    (done,) = house.service.commit([Ask(crisis, CLAIRE, command)])
    assert isinstance(done, Done), done
    return done.crisis


def played(house: House) -> str:
    """Play a drill from its start to its end beside a real crisis; the number of the drill."""
    plan = house.plans["rancongiciel"]
    does(house, "", OpenCrisis("Vraie crise", plan, house.service.now()))
    scenario = house.scenarios.held.scenarios["fuite-revendiquee"]
    book = house.plans[scenario.playbook]
    crisis = does(house, "", opening(scenario, book, house.service.now(), 1, ()))
    does(house, crisis.id, PlayInject("presse"))
    does(house, crisis.id, TakeDecision("Une phrase, pas de chiffre"))
    return does(house, crisis.id, EndDrill()).id


def test_before_any_drill(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """The list says how to begin; the scenarios are listed from the easiest, as JSON too."""
    assert run(["drills"]) == 0
    assert "/crise exercice" in capsys.readouterr().out
    assert run(["drills", "--scenarios"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(house.scenarios.held.scenarios)
    assert "niveau 1, 1\u00a0h\u00a030, 7\u00a0événements" in listed[0]
    assert run(["drills", "--scenarios", "--json"]) == 0
    assert '"id": "panne-du-lundi"' in capsys.readouterr().out


def test_a_drill_is_listed_and_reported_and_no_real_crisis_is(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a drill; its report in words, as JSON, as a PDF; a crisis has none."""
    number = played(house)
    assert number.startswith("EX-")
    assert run(["drills"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert number in line
    assert "Fuite de données revendiquée, niveau 2" in line
    assert run(["drills", "--json"]) == 0
    assert '"met": 1' in capsys.readouterr().out
    assert run(["drills", number]) == 0
    told = capsys.readouterr().out
    assert "Une phrase, pas de chiffre" in told
    assert "Vraie crise" not in told
    path = tmp_path / "compte-rendu.pdf"
    assert run(["drills", number, "--output", str(path)]) == 0
    assert path.read_bytes().startswith(b"%PDF")
    capsys.readouterr()
    assert run(["drills", "2026-0001" if number[3:7] == "2026" else f"{number[3:7]}-0001"]) == 3
    assert "n'a joué aucun scénario" in capsys.readouterr().err
    assert run(["drills", number, "--output", str(tmp_path / "absent" / "f.pdf")]) == 3
    assert "Je ne peux pas écrire" in capsys.readouterr().err
