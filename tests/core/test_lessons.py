"""What closed crises teach of each step: times, blockages, and what to change; drills apart."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.lessons import Lesson, lessons, proposal, told
from bot.core.opening import CloseCrisis, OpenCrisis
from bot.core.steps import BlockStep, CompleteStep, ReopenStep, SkipStep
from tests.core.plans import MIN, PLAN, START, H, Room, opened, says


def lived(*, minutes: int = 20, exercise: bool = False, over: bool = True) -> Room:
    """A crisis in which the first step took so long, one was blocked and one set aside."""
    room = Room()
    room.does(OpenCrisis("Test", PLAN, START, exercise=exercise))
    room.wait(minutes * MIN).does(CompleteStep("constater"))
    room.does(BlockStep("papier", "Imprimante en panne"), SkipStep("payer", "Sans objet"))
    if over:
        room.wait(H).does(CloseCrisis("fin"))
    return room


def of(*rooms: Room, exercises: bool = False) -> dict[str, Lesson]:
    """The lessons of these crises."""
    return dict(lessons([(one.crisis, one.recorded) for one in rooms], exercises=exercises))


def test_times_and_reasons_are_gathered_from_closed_crises() -> None:
    """Three crises give three times, the median, what was late, and every reason."""
    found = of(lived(minutes=10), lived(minutes=50), lived(minutes=34))

    step = found["constater"]
    assert (step.crises, step.times) == (3, (10 * MIN, 34 * MIN, 50 * MIN))
    assert (step.usual, step.late) == (34 * MIN, 2)
    assert found["papier"].blocked == ("Imprimante en panne",) * 3
    assert found["payer"].skipped == ("Sans objet",) * 3
    assert found["bilan"] == Lesson("bilan", 3)


def test_what_is_open_and_what_was_an_exercise_is_left_out() -> None:
    """Nothing is learnt of what is not over, and a drill is counted with drills alone."""
    rooms = lived(), lived(minutes=90, exercise=True), lived(minutes=5, over=False)

    assert of(*rooms)["constater"].times == (20 * MIN,)
    assert of(*rooms, exercises=True)["constater"].times == (90 * MIN,)
    assert of(rooms[2]) == {}


def test_of_a_step_done_again_the_last_end_counts() -> None:
    """A step reopened was not done; one set aside, then done, was done."""
    room = opened()
    room.wait(5 * MIN).does(CompleteStep("constater"))
    room.wait(5 * MIN).does(ReopenStep("constater"))
    room.wait(30 * MIN).does(CompleteStep("constater"))
    room.does(SkipStep("papier", "erreur"), ReopenStep("papier"))
    room.does(CompleteStep("papier"), CloseCrisis("fin"))

    found = of(room)
    assert found["constater"].times == (40 * MIN,)
    assert (found["papier"].times, found["papier"].skipped) == ((40 * MIN,), ())


def test_the_sentences_say_it_all() -> None:
    """How many, how long against the target, why it stuck, and what to do about it."""
    text = " ".join(told(replace(of(lived(minutes=50), lived(minutes=70))["constater"]), 30 * MIN))

    says(text.replace("\u00a0", " "), "2 crises", "1 h après l'ouverture (médiane")
    says(text.replace("\u00a0", " "), "de 50 min à 1 h 10", "objectif 30 min", "tenable plutôt")
    blocked = " ".join(told(of(lived())["papier"], None))
    says(blocked, "jamais faite", "Bloquée 1 fois : « Imprimante en panne »", "recours")
    assert told(Lesson("bilan", 3), None) == ()
    assert told(of(lived(exercise=True), exercises=True)["constater"], None, exercises=True)[
        0
    ].startswith("1\u00a0exercice")


@pytest.mark.parametrize(
    ("spent", "target", "words"),
    [
        (20 * MIN, 30 * MIN, ""),
        (46 * MIN, 30 * MIN, "1\u00a0h"),
        (5 * H, H, "8\u00a0h"),
        (100 * H, H, "5\u00a0j"),
        (5 * H, None, ""),
    ],
)
def test_a_target_is_questioned_only_when_it_is_far(
    spent: timedelta, target: timedelta | None, words: str
) -> None:
    """Half as much again is the line; what is proposed is a figure that a person would write."""
    found = proposal(Lesson("x", 1, (spent,)), target)

    assert (words in found) if words else found == ""
    assert bool(found) is bool(words)
