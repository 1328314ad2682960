"""Drills: what is due and when, played once; the pace; who conducts; what the drill was worth."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.board import board
from bot.core.crisis import TOCSIN, Actor, Crisis, fold
from bot.core.drill import (
    EndDrill,
    HoldDrill,
    InjectPlayed,
    Observe,
    PaceDrill,
    PlayInject,
    PlayInjects,
    SkipInject,
    expected,
    opening,
)
from bot.core.drill_review import Target, earlier, review, reviewed
from bot.core.notes import TakeDecision
from bot.core.opening import CloseCrisis, CrisisClosed
from bot.core.scenario import Answer, Event, Inject, Scenario
from bot.core.steps import CompleteStep, SkipStep
from bot.errors import Refused
from bot.sentences import tell
from tests.core.plans import BRUNO, CLAIRE, DIANE, PLAN, START, Room, opened, says

MIN = timedelta(minutes=1)


def inject(name: str, **fields: object) -> Inject:
    """An inject of that id, at whatever the fields say."""
    made = Inject(name, f"Titre {name}", "appel", "Standard", f"Texte {name}")
    return replace(made, **fields)  # type: ignore[arg-type]


SCENARIO = Scenario(
    "essai",
    "Exercice d'essai",
    1,
    "Un essai.",
    PLAN.playbook.id,
    60 * MIN,
    "On signale un essai.",
    (
        inject("dix", at=10 * MIN, expects=Answer("Constater", 10 * MIN, step="constater")),
        inject("trente", at=30 * MIN, expects=Answer("Décider", 5 * MIN, decision=True)),
        inject("puni", at=20 * MIN, unless=Event(step="constater")),
        inject("suite", once=Event(step="constater"), delay=5 * MIN),
        inject("juge", once=Event(inject="trente"), expects=Answer("Parler", 5 * MIN)),
    ),
)


def drill(speed: int = 1, scenario: Scenario = SCENARIO, room: Room | None = None) -> Room:
    """A room in which Claire has just opened a drill that Diane observes."""
    room = room or Room()
    room.crisis = Crisis("EX-2026-0001")
    room.does(opening(scenario, PLAN, room.now, speed, (DIANE.id,)))
    return room


def played(room: Room) -> list[str]:
    """Look once at what is due; the ids of the injects that this played."""
    facts = room.does(PlayInjects(), by=TOCSIN)
    return [fact.inject for fact in facts if isinstance(fact, InjectPlayed)]


def test_a_drill_is_an_exercise_from_its_first_entry() -> None:
    """It opens an exercise, dates the alert, then starts the scenario; the opener animates."""
    room = drill()

    assert [fact.name for fact, _ in room.recorded] == [
        "crisis_opened",
        "instant_recorded",
        "drill_started",
    ]
    assert room.crisis.exercise
    assert room.crisis.drill is not None
    assert (room.crisis.drill.animator, room.crisis.drill.observers) == (CLAIRE.id, (DIANE.id,))


def test_a_timed_inject_is_played_once_at_its_time() -> None:
    """Not before, once at its time, never again."""
    room = drill()
    room.wait(10 * MIN - timedelta(seconds=1))
    assert played(room) == []
    room.wait(timedelta(seconds=1))
    assert played(room) == ["dix"]
    assert played(room) == []


def test_what_was_missed_comes_one_by_one_in_order() -> None:
    """After an absence each look plays one inject, the oldest first: no flood."""
    room = drill().wait(50 * MIN)

    assert [played(room) for _ in range(5)] == [["dix"], ["puni"], ["trente"], ["juge"], []]


def test_an_inject_that_waits_for_a_step_counts_its_delay_from_there() -> None:
    """« once » starts the delay when the step is done, and « unless » then keeps the other away."""
    room = drill().wait(11 * MIN)
    assert played(room) == ["dix"]
    room.does(CompleteStep("constater", "vu"))
    room.wait(4 * MIN)
    assert played(room) == []
    room.wait(MIN)
    assert played(room) == ["suite"]
    room.wait(10 * MIN)
    assert played(room) == [], "what punishes a delay is not played when there was none"
    assert "puni" not in [one.id for _, one in expected(room.crisis)]


@pytest.mark.parametrize("speed", [1, 2, 4, 10, 20])
def test_the_speed_moves_injects_and_our_targets_but_no_legal_deadline(speed: int) -> None:
    """At four times the speed, ten minutes of the scenario last two and a half."""
    room, real = drill(speed), opened()
    room.wait(10 * MIN / speed)
    assert played(room) == ["dix"]

    shown = board(room.crisis, room.now)
    step = next(one for one in shown.steps if one.step.id == "constater")
    law = board(real.crisis, room.now)
    assert step.due == START + 30 * MIN / speed
    assert [one.due for one in shown.deadlines] == [one.due for one in law.deadlines]


def test_a_pause_stops_the_clock_of_the_scenario_and_targets_move_with_it() -> None:
    """Nothing is played in a pause; afterwards everything comes as much later as it lasted."""
    room = drill(2).wait(4 * MIN)
    room.does(PaceDrill(0))
    room.wait(60 * MIN)
    assert played(room) == []
    says(room.refuses(PaceDrill(0)), "en pause")
    room.does(PaceDrill(None))
    room.wait(MIN - timedelta(seconds=1))
    assert played(room) == []
    room.wait(timedelta(seconds=1))
    assert played(room) == ["dix"]
    step = next(one for one in board(room.crisis, room.now).steps if one.step.id == "constater")
    assert step.due == START + 75 * MIN
    room.does(PaceDrill(10))
    assert room.crisis.drill is not None
    assert room.crisis.drill.moment(30 * MIN, room.now) == room.now + 2 * MIN
    assert room.crisis.drill.moment(5 * MIN, room.now) == START + 2.5 * MIN


def test_a_real_crisis_pauses_the_drill_until_somebody_goes_on() -> None:
    """Once: who animates may go on deliberately, and is not stopped again by the same crisis."""
    room = drill().wait(5 * MIN)
    since = room.now
    (paused,) = room.wait(MIN).does(HoldDrill(since), by=TOCSIN)
    says(tell(paused, PLAN), "en pause", "une crise réelle")
    assert room.does(HoldDrill(since), by=TOCSIN) == ()
    assert played(room.wait(30 * MIN)) == []
    room.does(PaceDrill(None))
    assert room.does(HoldDrill(since), by=TOCSIN) == ()
    assert played(room.wait(4 * MIN)) == ["dix"]


def test_who_animates_plays_now_and_leaves_out() -> None:
    """An inject played by hand is not played again at its time; one left out is not played."""
    room = drill()
    room.does(PlayInject("trente"), SkipInject("dix"))
    room.wait(50 * MIN)

    assert [played(room) for _ in range(3)] == [["juge"], ["puni"], []]
    says(room.refuses(PlayInject("trente")), "déjà été joué")
    says(room.refuses(SkipInject("dix")), "déjà été écarté")
    says(room.refuses(PlayInject("demain")), "inconnu", "trente")
    room.does(PlayInject("dix"))
    assert room.crisis.drill is not None
    assert room.crisis.drill.played["dix"].by_hand
    assert not room.crisis.drill.skipped


@pytest.mark.parametrize(
    "command", [PlayInject("dix"), SkipInject("dix"), PaceDrill(0), PaceDrill(4), EndDrill()]
)
@pytest.mark.parametrize("by", [BRUNO, DIANE])
def test_nobody_else_conducts(command: PlayInject | PaceDrill | EndDrill, by: Actor) -> None:
    """Players and observers are told who animates."""
    says(drill().refuses(command, by=by), "animation", "Claire Exemple")


def test_those_who_watch_write_observations_also_after_the_end() -> None:
    """Animator and observers may; a player is told what to do instead."""
    room = drill()
    room.does(Observe("le fax est parti"), by=DIANE)
    room.does(EndDrill("merci"))
    room.does(Observe("belle relève"), by=CLAIRE)

    assert room.crisis.drill is not None
    assert [one.text for one in room.crisis.drill.observations] == [
        "le fax est parti",
        "belle relève",
    ]
    says(room.refuses(Observe("moi aussi"), by=BRUNO), "/crise note")
    says(room.refuses(Observe("  ")), "Il manque")


def test_the_end_closes_the_exercise_whatever_duty_stands() -> None:
    """FINEX is recorded with the closing; nothing is due any more and nothing conducts."""
    room = drill().wait(5 * MIN)
    facts = room.does(EndDrill("bravo à tous"))

    assert isinstance(facts[-1], CrisisClosed)
    assert "FINEX" in facts[-1].reason
    assert not room.crisis.is_open
    room.wait(60 * MIN)
    assert played(room) == []
    says(room.refuses(PaceDrill(0)), "terminé")
    assert room.crisis.drill is not None
    assert room.crisis.drill.elapsed(room.now) == 5 * MIN


def test_an_exercise_without_a_scenario_has_nothing_to_conduct() -> None:
    """Its gestures are refused with what to do instead, and nothing is ever played."""
    room = opened()
    assert played(room) == []
    says(room.refuses(EndDrill()), "/crise clore")
    says(room.refuses(Observe("vu")), "note")


def test_an_unknown_speed_is_refused() -> None:
    """Speeds are a short list, at the opening and later."""
    with pytest.raises(Refused, match="Vitesse inconnue"):
        opening(SCENARIO, PLAN, START, 3, ()).decide(Crisis("EX-2026-0001"), CLAIRE, START)
    says(drill().refuses(PaceDrill(7)), "Vitesse inconnue", "×4")


def test_the_drill_is_the_same_once_folded_again() -> None:
    """A restart changes nothing: the state is what the facts say."""
    room = drill(4).wait(5 * MIN)
    played(room)
    room.does(PaceDrill(0), SkipInject("trente"), Observe("vu"))

    assert fold(Crisis("EX-2026-0001"), room.recorded) == room.crisis


# -- what it was worth ----------------------------------------------------------------------------


def by_id(targets: tuple[Target, ...]) -> dict[str, str]:
    """What became of each target."""
    return {one.id: one.standing for one in targets}


def test_times_are_held_against_targets_on_the_clock_of_the_scenario() -> None:
    """At speed 2, a reaction after four minutes took eight of the scenario."""
    room = drill(2).wait(5 * MIN)
    played(room)
    room.wait(4 * MIN)
    room.does(CompleteStep("constater", "vu"))
    room.wait(6 * MIN)
    played(room)
    played(room)
    room.wait(4 * MIN)
    room.does(TakeDecision("Fermer le guichet"))
    played(room)
    room.wait(5 * MIN)
    room.does(EndDrill())
    found = review(room.crisis, room.now)

    assert by_id(found.reactions) == {"dix": "met", "trente": "late", "juge": "judged"}
    assert found.reactions[0].took == 8 * MIN
    assert found.reactions[1].took == 8 * MIN
    steps = by_id(found.steps)
    assert steps.pop("constater") == "met"
    assert set(steps.values()) == {"missed"}, "a target that came and was not kept"
    assert (found.met, len(found.counted)) == (2, 3 + len(steps))


def test_what_was_not_done_is_missed_and_what_did_not_apply_is_not_counted() -> None:
    """Missed by the end; a step set aside with a reason is left out of the count."""
    room = drill().wait(10 * MIN)
    played(room)
    assert by_id(review(room.crisis, room.now).reactions)["dix"] == "pending"
    room.does(SkipStep("isoler", "sans objet ici"))
    room.wait(80 * MIN)
    assert by_id(review(room.crisis, room.now).reactions)["dix"] == "missed"
    room.does(EndDrill())
    found = review(room.crisis, room.now)

    assert by_id(found.steps)["constater"] == "missed"
    assert by_id(found.steps)["isoler"] == "void"
    assert by_id(found.reactions)["trente"] == "unplayed"
    assert found.met == 0


def test_only_drills_are_compared_and_only_with_those_before() -> None:
    """A real crisis and an exercise without scenario are never in the figures."""
    first, second = drill(), drill(room=Room(START + 120 * MIN))
    first.wait(20 * MIN).does(EndDrill())
    second.wait(20 * MIN).does(CloseCrisis("clos sans FINEX"))
    real = opened()
    real.does(CloseCrisis("fausse alerte"))
    found = reviewed([real.crisis, second.crisis, first.crisis], second.now)

    assert [one.began for one in found] == [START, START + 120 * MIN]
    assert earlier(found[1], found) == (found[0],)
    assert earlier(found[0], found) == ()
    with pytest.raises(ValueError, match="no scenario"):
        review(real.crisis, real.now)
