"""``tocsin knowledge report`` as who writes the files reads it: real processes, a real journal."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.config import Settings
from bot.core.crisis import Actor, Command
from bot.core.evidence import RateAnswer, RecordQuestion
from bot.core.opening import OpenCrisis
from bot.library.ratings import Rated, Ratings
from bot.service import Ask, Done
from bot.wiring import House, build
from tests.cli.terminal import tocsin

CLAIRE = Actor("U01CLAIRE", "Claire Exemple")
DUTY = "playbooks/obligations.yaml#cnil-initiale"


def report(data: Path, *arguments: str) -> str:
    """What ``tocsin knowledge report`` prints, its no-break spaces as plain ones."""
    done = tocsin("knowledge", "report", *arguments, settings={"TOCSIN_DATA_DIR": str(data)})
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.replace("\u00a0", " ")


def do(house: House, crisis: str, command: Command) -> Done:
    """Record this."""
    (done,) = house.service.commit([Ask(crisis, CLAIRE, command)])
    assert isinstance(done, Done), done
    return done


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crisis with a found and a lost question, an exercise, and a rating given in private."""
    folder = tmp_path_factory.mktemp("data")
    house = build(Settings(tocsin_data_dir=folder, _env_file=None))  # type: ignore[call-arg]
    at = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
    for exercise, lost in ((False, "où est la clé du local ?"), (True, "question d'exercice")):
        opening = OpenCrisis("Essai", house.plans["rancongiciel"], at, exercise=exercise)
        crisis = do(house, "", opening).crisis.id
        asked = do(house, crisis, RecordQuestion("cnil ?", "nette", ("obligations",), (DUTY,)))
        seq = asked.facts[0][1].seq
        do(house, crisis, RateAnswer(seq, False, "il manque\x1b[31m l'adresse"))
        do(house, crisis, RecordQuestion(lost, "aucune", ()))
    Ratings(house.store.engine).keep("U05NADIA", Rated("et la paie", "a-verifier", (), True))
    house.store.close()
    return folder


def test_the_report_says_what_to_mend_and_never_who(data: Path) -> None:
    """Lost, unsure and marked questions, files that served or not; exercises in their own part."""
    text = report(data)
    real, drill = text.split("== Exercices, à part")

    assert "3 questions (nettes : 1 ; à vérifier : 1 ; sans réponse : 1)." in real
    assert "Rien trouvé : 1 question.\n- où est la clé du local ?\n" in real
    assert "À vérifier : 1 question.\n- et la paie\n" in real
    assert "- cnil ?\n    raison : il manque�[31m l'adresse\n    montré : Obligations ›" in real
    assert "       1       1      0     1  playbooks/obligations.yaml « Obligations »" in real
    assert "playbooks/fuite-de-donnees.yaml « Fuite de données »" in real
    assert "question d'exercice" not in real
    assert "- question d'exercice" in drill
    assert "local" not in drill
    assert "\x1b" not in text
    assert not any(who in text for who in ("Claire", "U01CLAIRE", "U05NADIA"))


def test_the_report_is_data_for_a_program(data: Path) -> None:
    """The JSON has every list whole, crises and exercises apart, and nobody's name."""
    text = report(data, "--json")
    told = json.loads(text)

    assert [one["question"] for one in told["crises"]["nothing"]] == ["où est la clé du local ?"]
    assert told["exercices"]["questions"] == 2
    uses = {one["path"]: one for one in told["crises"]["uses"]}
    assert uses["playbooks/obligations.yaml"]["times"] == 1
    assert DUTY not in uses["playbooks/obligations.yaml"]["unfound"]
    assert len(uses["playbooks/obligations.yaml"]["unfound"]) == (
        uses["playbooks/obligations.yaml"]["passages"] - 1
    )
    assert isinstance(told["a_reverifier"], list)
    assert not any(who in text for who in ("Claire", "U01CLAIRE", "U05NADIA"))


def test_an_empty_house_says_so(tmp_path: Path) -> None:
    """Before the first question there is nothing to say of what nobody finds."""
    text = report(tmp_path)

    assert "Aucune question enregistrée." in text
    assert "Ce que personne ne trouve" not in text
    assert "À revérifier" in text
