"""Opening, grading, closing and reopening a crisis."""

from dataclasses import replace

import pytest

from bot.core.crisis import Actor, Command, Crisis, fold
from bot.core.duties import SettleDuty
from bot.core.instants import InstantRecorded
from bot.core.notes import AddNote
from bot.core.opening import (
    ChangeLevel,
    ChannelOpened,
    CloseCrisis,
    CrisisClosed,
    CrisisOpened,
    CrisisReopened,
    LevelChanged,
    OpenChannel,
    OpenCrisis,
    ReopenCrisis,
)
from bot.core.playbook import Obligations
from tests.core.plans import CLAIRE, MIN, PLAN, START, H, Room, closed, opened, says, with_duties


def test_opening_records_the_plan_and_the_alert_instant() -> None:
    """Opening gives two facts: the crisis on its whole plan, and when it was noticed."""
    opening, alert = Room().does(
        OpenCrisis(
            " Écrans figés ",
            PLAN,
            START - 20 * MIN,
            level="2",
            noticed_how=" appel des urgences ",
            sites=("nord",),
            services=("bloc",),
        )
    )
    assert opening == CrisisOpened(
        PLAN, "Écrans figés", False, "2", "appel des urgences", ("nord",), ("bloc",)
    )
    assert alert == InstantRecorded(
        "t_alert",
        START - 20 * MIN,
        "about",
        "Claire Exemple (Direction de crise)",
        "appel des urgences",
    )


def test_an_opened_crisis_says_what_it_is() -> None:
    """After opening, the state carries title, level, plan, zone, instants and its two entries."""
    room = Room()
    room.does(OpenCrisis("Essai", PLAN, START, exercise=True, precision="exact"))
    crisis = room.crisis
    assert crisis.is_open
    assert crisis.exercise
    assert crisis.title == "Essai"
    assert crisis.level == "1"
    assert crisis.zone == "Europe/Paris"
    assert crisis.opened_at == START
    assert crisis.instants["t_alert"].precision == "exact"
    assert crisis.seq == 2


def test_the_one_who_noticed_without_a_role_is_named_alone() -> None:
    """A person whose role is not known is recorded under the bare name."""
    room = Room()
    room.does(OpenCrisis("Essai", PLAN, START), by=Actor("U9", "Ada Imaginaire"))
    assert room.crisis.instants["t_alert"].known_by == "Ada Imaginaire"


def test_an_unknown_level_falls_back_to_the_lowest() -> None:
    """A level that the scale does not know opens at the first one rather than failing."""
    room = Room()
    room.does(OpenCrisis("Essai", PLAN, START, level="9"))
    assert room.crisis.level == "1"


def test_a_plan_without_an_alert_instant_opens_all_the_same() -> None:
    """The opening does not record an instant that the plan does not define."""
    plan = replace(PLAN, obligations=Obligations(PLAN.obligations.checked, (), ()))
    facts = Room().does(OpenCrisis("Essai", plan, START))
    assert [type(one) for one in facts] == [CrisisOpened]


@pytest.mark.parametrize(
    ("room", "command", "words"),
    [
        pytest.param(
            opened(), OpenCrisis("Deux", PLAN, START), ("déjà ouverte",), id="opened-twice"
        ),
        pytest.param(Room(), OpenCrisis("  ", PLAN, START), ("Il manque", "titre"), id="no-title"),
        pytest.param(
            Room(), OpenCrisis("x" * 151, PLAN, START), ("Texte trop long", "150"), id="long-title"
        ),
        pytest.param(
            Room(),
            OpenCrisis("Essai", PLAN, START + 6 * MIN),
            ("futur", "sam. 21 nov., 03\u00a0h\u00a016"),
            id="noticed-in-the-future",
        ),
        pytest.param(
            opened(),
            ChangeLevel("7"),
            ("Niveau inconnu", "« 7 »", "1, 2"),
            id="unknown-level",
        ),
        pytest.param(opened(), ChangeLevel("1"), ("déjà au niveau", "Limité"), id="same-level"),
        pytest.param(closed(), ChangeLevel("2"), ("close", "rouvrir"), id="level-once-closed"),
        pytest.param(Room(), ChangeLevel("2"), ("n'existe pas", "déclarer"), id="level-of-nothing"),
        pytest.param(closed(), CloseCrisis("encore"), ("close", "rouvrir"), id="closed-twice"),
        pytest.param(Room(), CloseCrisis("rien"), ("n'existe pas",), id="close-nothing"),
        pytest.param(opened(), ReopenCrisis("raison"), ("n'est pas close",), id="reopen-open"),
        pytest.param(closed(), ReopenCrisis("  "), ("Il manque", "raison"), id="reopen-no-reason"),
    ],
)
def test_refusals(room: Room, command: Command, words: tuple[str, ...]) -> None:
    """Each refusal says in French what is wrong."""
    says(room.refuses(command), *words)


def test_a_clock_a_little_fast_is_not_the_future() -> None:
    """Five minutes of difference between two clocks are not a typing mistake."""
    room = Room()
    room.does(OpenCrisis("Essai", PLAN, START + 5 * MIN))
    assert room.crisis.is_open


def test_the_channel_is_recorded_once() -> None:
    """The same channel told again changes nothing; another one is refused."""
    room = opened()
    assert room.does(OpenChannel("C1", "crise-1")) == (ChannelOpened("C1", "crise-1"),)
    assert room.does(OpenChannel("C1", "crise-1")) == ()
    assert (room.crisis.channel, room.crisis.channel_name) == ("C1", "crise-1")
    says(room.refuses(OpenChannel("C2", "crise-2")), "déjà son canal")


def test_the_level_changes_with_its_reason() -> None:
    """A re-assessment is a fact with its reason."""
    room = opened()
    assert room.does(ChangeLevel("2", " bloc touché ")) == (LevelChanged("2", "bloc touché"),)
    assert room.crisis.level == "2"


def test_closing_is_refused_while_a_duty_stands() -> None:
    """Without a reason, each duty whose clock runs and that has no outcome holds the crisis."""
    sentence = opened().refuses(CloseCrisis())
    says(sentence, "« Prévenir l'agence »", "« Notifier la commission »", "« Déposer plainte »")
    says(sentence, "Réglez-les", "/crise clore <raison>")
    assert "Compléter" not in sentence
    assert "Être prévenu" not in sentence
    assert "autre" not in sentence
    assert opened().refuses(CloseCrisis("  ")) == sentence


def test_a_duty_that_needs_no_outcome_holds_nothing() -> None:
    """A clock that runs without asking for an outcome does not keep the crisis open."""
    plan = with_duties(PLAN, {"agence": {"needs_outcome": False}})
    assert "« Prévenir l'agence »" not in opened(plan).refuses(CloseCrisis())


def test_a_long_list_of_duties_is_cut_and_counted() -> None:
    """The refusal names six duties and counts the others, in correct French."""
    seven = with_duties(PLAN, {"futur": {"disabled": False}})
    says(opened(seven).refuses(CloseCrisis()), " et 1\u00a0autre.")


def test_closing_with_a_reason_names_what_it_leaves() -> None:
    """A reason closes the crisis and the fact keeps the list of duties left standing."""
    room = opened()
    (fact,) = room.does(CloseCrisis(" fausse alerte "))
    assert fact == CrisisClosed(
        "fausse alerte", ("agence", "commission", "registre", "plainte", "contrat", "public")
    )
    assert not room.crisis.is_open


def test_closing_with_everything_settled_needs_no_reason() -> None:
    """Once every running duty has an outcome, whatever it is, the crisis closes without a word."""
    room = opened()
    for duty in ("agence", "registre", "plainte", "contrat", "public"):
        room.does(SettleDuty(duty, "sent", "accusé 1"))
    room.does(SettleDuty("commission", "not_due", "aucune donnée"))
    assert room.does(CloseCrisis()) == (CrisisClosed("", ()),)


def test_a_duty_that_follows_a_sent_one_holds_the_crisis_too() -> None:
    """Sending the first notification starts the next duty, which then stands."""
    room = opened()
    for duty in ("agence", "registre", "plainte", "contrat", "public", "commission"):
        room.does(SettleDuty(duty, "sent", "accusé 1"))
    says(room.refuses(CloseCrisis()), "« Compléter »")


def test_reopening_lets_people_act_again() -> None:
    """A closed crisis refuses a note; reopened for a reason, it takes it."""
    room = closed()
    says(room.refuses(AddNote("après coup")), "close")
    assert room.does(ReopenCrisis("fuite découverte")) == (CrisisReopened("fuite découverte"),)
    room.wait(H).does(AddNote("après coup"))
    assert room.crisis.is_open


def test_fold_gives_the_state_from_the_facts_alone() -> None:
    """Folding the recorded facts over an empty crisis gives the crisis that was lived."""
    room = opened()
    room.does(OpenChannel("C1", "crise-1"), ChangeLevel("2"), AddNote("vu"), by=CLAIRE)
    assert fold(Crisis("2026-0001"), room.recorded) == room.crisis
    assert fold(room.crisis, []) == room.crisis
