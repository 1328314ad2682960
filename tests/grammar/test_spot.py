"""Lines typed standing up: added steps, the state of the hospital, counters, an ultimatum."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.adhoc import AddStep, EntrustStep, SplitStep
from bot.core.crisis import Command
from bot.core.hospital import CountUp, LiftUltimatum, RecordUltimatum, TellStates
from bot.core.playbook import Application, Named
from bot.core.steps import AssignStep, TakeStep
from bot.core.until import read_until
from bot.errors import Refused
from bot.grammar import Context, parse
from tests.core.plans import BRUNO, CLAIRE, MIN, PARIS, PLAN, START, H, opened

HOUSE = replace(
    PLAN.establishment,
    sites=(Named("nord", "Site Nord"), Named("ehpad", "Résidence des Tilleuls")),
    services=(Named("urgences", "Urgences"), Named("bloc", "Bloc opératoire")),
    applications=(Application("dpi", "Dossier patient", 1), Application("labo", "Laboratoire", 2)),
    counters=(Named("transferts", "Transferts"), Named("reports", "Opérations reportées")),
)
ROOM = opened(replace(PLAN, establishment=HOUSE))
CONTEXT = Context(ROOM.crisis, CLAIRE, START, lambda one: {"U2": "Bruno Fictif"}.get(one, ""))


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("étape ajouter Louer des talkies", AddStep("Louer des talkies")),
        ("etape ajouter : Louer ; rssi ; 30 min", AddStep("Louer", "rssi", START + 30 * MIN)),
        ("étape ajouter Louer ; avant 05:30", AddStep("Louer", "", START + 140 * MIN)),
        ("étape ajouter Louer\n2 h", AddStep("Louer", "", START + 2 * H)),
        ("étape découper P2 : Nord ; Sud", SplitStep("isoler", ("Nord", "Sud"))),
        ("étape diviser P2: Nord;Sud ;", SplitStep("isoler", ("Nord", "Sud", ""))),
        (
            "confier P2 dehors Société Exemple : couper",
            EntrustStep("isoler", "Société Exemple", "couper"),
        ),
        ("confier P2 hors cellule Sté A &amp; B", EntrustStep("isoler", "Sté A & B")),
        ("confier P2 extérieur Marc Inventé", EntrustStep("isoler", "Marc Inventé")),
        ("confier P2 <@U2>", AssignStep("isoler", BRUNO)),
        ("état urgences dégradé", TellStates("unit", ("urgences",), "degraded")),
        ("état urgences, bloc dégradés", TellStates("unit", ("urgences", "bloc"), "degraded")),
        ("etat Bloc opératoire est arrêté", TellStates("unit", ("Bloc opératoire",), "stopped")),
        ("état site nord isolé", TellStates("site", ("nord",), "isolated")),
        ("état nord en mode inconnu", TellStates("site", ("nord",), "unknown")),
        ("état dpi arrêtée", TellStates("application", ("dpi",), "stopped")),
        ("état dpi en restauration", TellStates("application", ("dpi",), "restoring")),
        ("état application Paie en test", TellStates("application", ("Paie",), "testing")),
        ("état Paie rouverte", TellStates("application", ("Paie",), "reopened")),
        ("état Cuisine arrêtée", TellStates("unit", ("Cuisine",), "stopped")),
        (
            "état bloc normal depuis 02:10, selon le cadre de nuit",
            TellStates("unit", ("bloc",), "normal", "le cadre de nuit", START - H),
        ),
        (
            "état bloc normal vers 2 h",
            TellStates("unit", ("bloc",), "normal", "", START - 70 * MIN, "about"),
        ),
        ("état bloc au papier", TellStates("unit", ("bloc",), "degraded")),
        ("état bloc sur papier 02:10", TellStates("unit", ("bloc",), "degraded", "", START - H)),
        ("état bloc est à l'arrêt", TellStates("unit", ("bloc",), "stopped")),
        ("état bloc en panne", TellStates("unit", ("bloc",), "stopped")),
        ("compteur transferts +3", CountUp("transferts", 3, True)),
        ("compteur transferts -1", CountUp("transferts", -1, True)),
        ("compteur Opérations reportées : 12", CountUp("Opérations reportées", 12, False)),
        ("compter +2 transferts", CountUp("transferts", 2, True)),
        (
            "ultimatum 24/11 18:00 publication des données",
            RecordUltimatum(datetime(2026, 11, 24, 17, tzinfo=UTC), "publication des données"),
        ),
        ("ultimatum dans 18 h : payer", RecordUltimatum(START + 18 * H, "payer")),
        ("ultimatum 72 h, payer", RecordUltimatum(START + 72 * H, "payer")),
        ("ultimatum levé : données publiées", LiftUltimatum("données publiées")),
    ],
)
def test_a_line_becomes_its_command(typed: str, command: Command) -> None:
    """What people type of a step or a state, however they agree its words, is one command."""
    assert parse(typed, CONTEXT).command == command


@pytest.mark.parametrize("typed", ["étape", "étape ajouter", "état", "compteur", "ultimatum"])
def test_a_bare_word_asks_for_a_form(typed: str) -> None:
    """Nothing to remember: the word alone opens what asks for the rest."""
    assert parse(typed, CONTEXT).command is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("étape P2", "« étape ajouter"),
        ("étape découper xyz : a ; b", "Étape inconnue"),
        ("état urgences", "« état urgences dégradé »"),
        ("état dégradé", "« état <nom> <état> »"),
        ("compteur transferts", "« compteur transferts +3 »"),
        ("ultimatum 18 h payer", "« dans 18 h »"),
        ("ultimatum payer", "l'échéance"),
        ("ultimatum 20/11/2026 18:00 payer", "déjà passée"),
        ("ultimatum 31/02 18:00 payer", "n'existe pas"),
        ("ultimatum 25:70 payer", "n'existe pas"),
    ],
)
def test_what_is_missing_is_said(typed: str, words: str) -> None:
    """A line that cannot be read is refused with the line to type."""
    with pytest.raises(Refused) as refused:
        parse(typed, CONTEXT)
    assert words in refused.value.for_people()


@pytest.mark.parametrize(
    ("typed", "after", "rest"),
    [
        ("30 min", 30 * MIN, ""),
        ("1 h 30 min", 90 * MIN, ""),
        ("2h", 2 * H, ""),
        ("sous 3 jours payer", 72 * H, "payer"),
        ("05:30", 140 * MIN, ""),
        ("5h30", 140 * MIN, ""),
        ("à 5 h", 110 * MIN, ""),
        ("avant 03:00", 24 * H - 10 * MIN, ""),
        ("demain 03:10", 24 * H, ""),
        ("le 22/11 à 03:10, payer", 24 * H, "payer"),
    ],
)
def test_an_hour_to_come_is_read(typed: str, after: timedelta, rest: str) -> None:
    """A duration, an hour, a day: always the next one."""
    assert read_until(typed, START, PARIS) == (START + after, rest)


def test_a_day_without_a_year_is_the_next_one() -> None:
    """« 05/01 » typed in November is in January, and a year further is refused."""
    read = read_until("05/01 12:00", START, PARIS)
    assert read is not None
    assert read[0] == datetime(2027, 1, 5, 11, tzinfo=UTC)
    with pytest.raises(Refused, match="lointaine"):
        read_until("05/01/2029 12:00", START, PARIS)


def test_added_steps_and_parts_are_named_like_the_others() -> None:
    """« a1 » is A01, and « r5.1 » would be R05.1: zeros are not typed at night."""
    room = opened(replace(PLAN, establishment=HOUSE))
    room.does(AddStep("Louer des talkies"))
    context = Context(room.crisis, CLAIRE, START, lambda _: "")
    assert parse("prendre a1", context).command == TakeStep("A01")
