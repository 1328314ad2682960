"""The report of a drill: what it says, that it is marked, and that it compares with the past."""

import io
from datetime import timedelta

import pikepdf
import pytest

from bot.core.crisis import TOCSIN, Actor, Crisis
from bot.core.drill import EndDrill, Observe, PaceDrill, PlayInjects, SkipInject, opening
from bot.core.drill_review import Review, review
from bot.core.notes import TakeDecision
from bot.core.people import GiveRole
from bot.core.steps import CompleteStep
from bot.exports.drill_report import report_data, report_pdf
from bot.library.drills import load_scenarios
from tests.core.plans import BRUNO, CLAIRE, PLAYBOOKS, START, Room, real_plan

MIN = timedelta(minutes=1)
SCENARIO = load_scenarios(PLAYBOOKS).scenarios["panne-du-lundi"]


def drilled(number: str, start: timedelta, pause: timedelta) -> Review:
    """A drill that was played at four times the speed, its first reaction ``pause`` late."""
    room = Room(START + start)
    room.crisis = Crisis(number)
    room.does(opening(SCENARIO, real_plan("panne-majeure"), room.now, 4, ("U03DIANE",)))
    room.does(GiveRole("dsi", BRUNO), by=CLAIRE)
    for _ in range(2):
        room.wait(3 * MIN).does(PlayInjects(), by=TOCSIN)
    room.wait(pause).does(CompleteStep("prendre-appel", "appel de 08:05"), by=BRUNO)
    room.does(CompleteStep("interdire-relances", "message envoyé"), by=BRUNO)
    room.wait(3 * MIN).does(PlayInjects(), by=TOCSIN)
    room.does(PaceDrill(0))
    room.wait(5 * MIN).does(PaceDrill(None))
    room.wait(2 * MIN).does(TakeDecision("Résultats critiques : par téléphone 🚑 #*[x]"), by=BRUNO)
    room.does(Observe("Le fax <b>n'a</b> pas servi"), by=Actor("U03DIANE", "Diane Fictive"))
    room.does(SkipInject("rumeur"))
    room.wait(3 * MIN).does(EndDrill("bien tenu"))
    return review(room.crisis, room.now)


@pytest.fixture(scope="module")
def drills() -> tuple[Review, Review]:
    """Two drills on the same scenario; the first was slower."""
    return (
        drilled("EX-2026-0001", timedelta(0), 6 * MIN),
        drilled("EX-2026-0002", timedelta(days=90), MIN),
    )


def test_the_report_says_times_targets_decisions_and_what_was_left(
    drills: tuple[Review, Review],
) -> None:
    """Durations are those of the scenario; the people, the pace and the pause are there."""
    first, second = drills
    data = report_data(second, (first,))
    facts = {name: value.replace("\u00a0", " ") for name, value in data["facts"]}

    assert facts["Scénario"] == "Panne du réseau un lundi matin, niveau 1 sur 4"
    assert facts["Durée"] == "20 min en salle, 1 h de scénario"
    assert facts["Allure"] == "×4 à 03 h 10, pause à 03 h 20, ×4 à 03 h 25"
    assert facts["Observation"] == "Diane Fictive"
    assert facts["Événements"] == "3 joués sur 7, 1 écarté"
    assert facts["Direction du système d'information"] == "Bruno Fictif"
    assert [row[1:] for row in data["decisions"]] == [
        ["Résultats critiques : par téléphone 🚑 #*[x]", "Bruno Fictif"]
    ]
    assert data["decisions"][0][0].replace("\u00a0", " ") == "T + 48 min"
    assert data["observations"][0][1] == "Le fax <b>n'a</b> pas servi"
    assert any("Faire passer les services au papier" in one for one in data["wrong"])
    assert "sur " in data["verdict"]


def test_each_page_is_marked_and_hostile_texts_are_only_texts(
    drills: tuple[Review, Review],
) -> None:
    """The watermark is on every page, the title says EXERCICE, the same drill the same bytes."""
    first, second = drills
    made = report_pdf(second, (first,))
    document = pikepdf.open(io.BytesIO(made))

    for page in document.pages:
        turned = [
            one
            for one in pikepdf.parse_content_stream(page)
            if str(one.operator) == "cm" and abs(float(one.operands[1])) > 0.1
        ]
        assert turned, "only the watermark is not upright"
    with document.open_metadata() as meta:
        assert meta["dc:title"].startswith("EXERCICE")
    assert report_pdf(second, (first,)) == made


def test_the_same_scenario_is_compared_target_by_target(drills: tuple[Review, Review]) -> None:
    """Before and now side by side; without an earlier drill there is nothing to compare."""
    first, second = drills
    compared = report_data(second, (first,))["compared"]

    assert compared["with"] == "EX-2026-0001"
    row = next(one for one in compared["rows"] if one[0].startswith("Interdire toute relance"))
    assert row[1].startswith("en retard")
    assert row[2].startswith("tenu")
    assert report_data(first, ())["compared"] == {}
    assert [one[1] for one in report_data(second, (first,))["earlier"]] == [
        "EX-2026-0002",
        "EX-2026-0001",
    ]
