"""Settling duties, taking settlements back, and recording the instants from which clocks run."""

import pytest

from bot.core.crisis import Command, DutyState, Fact, InstantState
from bot.core.duties import DutyReopened, DutySettled, ReopenDuty, SettleDuty
from bot.core.instants import InstantRecorded, RecordInstant
from bot.core.steps import CompleteStep, StepCompleted
from tests.core.plans import (
    BRUNO,
    CLAIRE,
    MIN,
    PLAN,
    START,
    H,
    Room,
    closed,
    hospital,
    opened,
    says,
    with_duties,
)


def after(*commands: Command) -> Room:
    """A room in which Claire has just done this."""
    room = opened()
    room.does(*commands)
    return room


SENT = SettleDuty("agence", "sent", "accusé 12")


@pytest.mark.parametrize(
    ("room", "command", "facts"),
    [
        pytest.param(after(), SENT, (DutySettled("agence", "sent", "accusé 12"),), id="sent"),
        pytest.param(
            after(),
            SettleDuty("agence", "not_due", " critères absents "),
            (DutySettled("agence", "not_due", "critères absents"),),
            id="not-due",
        ),
        pytest.param(
            after(),
            SettleDuty("commission", "replaced", "par une notification complète"),
            (DutySettled("commission", "replaced", "par une notification complète"),),
            id="replaced",
        ),
        pytest.param(
            after(),
            SettleDuty("grave", "not_due", "aucun événement"),
            (DutySettled("grave", "not_due", "aucun événement"),),
            id="before-its-clock-starts",
        ),
        pytest.param(
            after(SENT),
            ReopenDuty("agence", " mauvais portail "),
            (DutyReopened("agence", "mauvais portail"),),
            id="taken-back",
        ),
        pytest.param(
            after(SENT, ReopenDuty("agence", "mauvais portail")),
            SENT,
            (DutySettled("agence", "sent", "accusé 12"),),
            id="settled-again",
        ),
        pytest.param(
            after(),
            RecordInstant("t_sis", START - H, "about", "Bruno", " ticket 4 "),
            (InstantRecorded("t_sis", START - H, "about", "Bruno", "ticket 4"),),
            id="instant",
        ),
        pytest.param(
            after(),
            RecordInstant("t_sis", START),
            (InstantRecorded("t_sis", START, "exact", "Claire Exemple", ""),),
            id="instant-known-by-who-records-it",
        ),
        pytest.param(
            after(),
            RecordInstant("t_sis", START + 5 * MIN),
            (InstantRecorded("t_sis", START + 5 * MIN, "exact", "Claire Exemple", ""),),
            id="instant-on-a-fast-clock",
        ),
        pytest.param(
            after(RecordInstant("t_sis", START)),
            RecordInstant("t_sis", START, "about"),
            (InstantRecorded("t_sis", START, "about", "Claire Exemple", ""),),
            id="instant-less-precise",
        ),
    ],
)
def test_facts(room: Room, command: Command, facts: tuple[Fact, ...]) -> None:
    """Each allowed command gives exactly these facts."""
    assert room.does(command) == facts


@pytest.mark.parametrize(
    ("room", "command", "words"),
    [
        pytest.param(
            after(),
            SettleDuty("rien", "sent", "x"),
            ("inconnue ou sans objet", "rien"),
            id="unknown",
        ),
        pytest.param(
            after(), SettleDuty("futur", "sent", "x"), ("sans objet", "futur"), id="asleep"
        ),
        pytest.param(
            opened(hospital(PLAN, status="clinique")),
            SettleDuty("public", "sent", "x"),
            ("sans objet",),
            id="not-bound",
        ),
        pytest.param(
            after(SENT), SENT, ("« Prévenir l'agence »", "déjà une issue", "Claire"), id="twice"
        ),
        pytest.param(
            after(),
            SettleDuty("agence", "sent", "  "),
            ("Il manque la preuve", "numéro"),
            id="sent-without-proof",
        ),
        pytest.param(
            after(),
            SettleDuty("agence", "not_due", ""),
            ("Il manque la raison",),
            id="not-due-without-reason",
        ),
        pytest.param(
            after(), ReopenDuty("agence", "x"), ("n'a pas encore d'issue",), id="reopen-standing"
        ),
        pytest.param(
            after(SENT), ReopenDuty("agence", " "), ("Il manque la raison",), id="reopen-why"
        ),
        pytest.param(
            after(),
            RecordInstant("t_x", START),
            ("Instant inconnu", "t_x", "t_alert, t_stad"),
            id="unknown-instant",
        ),
        pytest.param(
            after(),
            RecordInstant("t_sis", START + 6 * MIN),
            ("futur", "03\u00a0h\u00a016", "Corrigez"),
            id="instant-in-the-future",
        ),
        pytest.param(
            after(RecordInstant("t_sis", START)),
            RecordInstant("t_sis", START),
            ("déjà noté", "03\u00a0h\u00a010", "Claire Exemple"),
            id="same-instant-twice",
        ),
        *(
            pytest.param(room, command, words, id=f"{kind}-{type(command).__name__}")
            for kind, room, words in (
                ("closed", closed(), ("close", "rouvrir")),
                ("nothing", Room(), ("n'existe pas",)),
            )
            for command in (SENT, ReopenDuty("agence", "x"), RecordInstant("t_sis", START))
        ),
    ],
)
def test_refusals(room: Room, command: Command, words: tuple[str, ...]) -> None:
    """Each refusal says in French what is wrong."""
    says(room.refuses(command), *words)


def test_a_settled_duty_keeps_who_when_and_proof() -> None:
    """The state of a duty says how it ended, when, by whom and on which proof."""
    room = opened().wait(H)
    room.does(SENT, by=BRUNO)
    assert room.crisis.duties == {"agence": DutyState("sent", START + H, BRUNO, "accusé 12")}
    room.does(ReopenDuty("agence", "mauvais portail"))
    assert room.crisis.duties == {}


def test_a_corrected_instant_replaces_the_value_and_keeps_both_entries() -> None:
    """The newer value counts in the state; the facts keep the older one."""
    room = after(RecordInstant("t_sis", START, known_by="Bruno"))
    room.wait(H).does(RecordInstant("t_sis", START - H, "about", "Diane", "courriel"), by=BRUNO)
    assert room.crisis.instants["t_sis"] == InstantState(
        START - H, "about", "Diane", "courriel", BRUNO, room.crisis.seq
    )
    values = [
        fact.happened
        for fact, _ in room.recorded
        if isinstance(fact, InstantRecorded) and fact.instant == "t_sis"
    ]
    assert values == [START, START - H]


def test_an_instant_is_dated_when_it_happened_and_recorded_when_it_was_written() -> None:
    """The stamp of an instant carries both times."""
    room = after(RecordInstant("t_sis", START - H))
    _, stamp = room.recorded[-1]
    assert (stamp.at, stamp.recorded, stamp.actor) == (START - H, START, CLAIRE)


def test_a_step_settles_no_duty_that_does_not_bind_the_hospital() -> None:
    """Completing a step whose duty is another status's leaves the step's own line only."""
    plan = with_duties(PLAN, {"agence": {"only_if": ("ose",)}})

    facts = opened(plan).does(
        CompleteStep("constater"), CompleteStep("prevenir", "non désigné", "Pas à signaler")
    )

    assert facts == (StepCompleted("prevenir", "Pas à signaler", "non désigné"),)
