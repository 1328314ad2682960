"""Where a step stands after some history, and whether it applies."""

import pytest

from bot.core.crisis import Command, StepState
from bot.core.steps import (
    AnswerQuestion,
    AssignStep,
    BlockStep,
    CompleteStep,
    ReopenStep,
    SkipStep,
    StepCompleted,
    TakeStep,
    applies,
)
from tests.core.plans import BRUNO, CLAIRE, MIN, PLAN, START, Room, opened, says


def after(*commands: Command) -> Room:
    """A room in which Claire has just done this."""
    room = opened()
    room.does(*commands)
    return room


@pytest.mark.parametrize(
    ("commands", "state"),
    [
        pytest.param((), StepState(), id="untouched"),
        pytest.param(
            (TakeStep("constater"),), StepState("taken", CLAIRE, CLAIRE, START), id="taken"
        ),
        pytest.param(
            (AssignStep("constater", BRUNO),),
            StepState("taken", BRUNO, CLAIRE, START),
            id="assigned",
        ),
        pytest.param(
            (AssignStep("constater", BRUNO), CompleteStep("constater", "photo")),
            StepState("done", BRUNO, CLAIRE, START, "photo"),
            id="done-by-another-than-its-holder",
        ),
        pytest.param(
            (CompleteStep("constater"),),
            StepState("done", CLAIRE, CLAIRE, START),
            id="done-without-holder",
        ),
        pytest.param(
            (AssignStep("constater", BRUNO), BlockStep("constater", "badge")),
            StepState("blocked", BRUNO, CLAIRE, START, reason="badge"),
            id="blocked-keeps-holder",
        ),
        pytest.param(
            (AssignStep("constater", BRUNO), SkipStep("constater", "non")),
            StepState("skipped", None, CLAIRE, START, reason="non"),
            id="skipped",
        ),
        pytest.param(
            (AssignStep("constater", BRUNO), CompleteStep("constater"), ReopenStep("constater")),
            StepState("taken", BRUNO, CLAIRE, START),
            id="reopened-to-its-holder",
        ),
        pytest.param(
            (SkipStep("constater", "non"), ReopenStep("constater")),
            StepState("todo", None, CLAIRE, START),
            id="reopened-to-nobody",
        ),
    ],
)
def test_where_a_step_stands(commands: tuple[Command, ...], state: StepState) -> None:
    """The state of a step says who holds it, who acted last, when, and with which words."""
    assert after(*commands).crisis.step("constater") == state


@pytest.mark.parametrize(
    ("step", "answers", "expected"),
    [
        pytest.param("constater", {}, "yes", id="no-condition"),
        pytest.param("papier", {}, "yes", id="unanswered-counts-as-unknown"),
        pytest.param("papier", {"soins": "oui"}, "yes", id="wanted"),
        pytest.param("papier", {"soins": "inconnu"}, "yes", id="unknown-wanted"),
        pytest.param("papier", {"soins": "non"}, "no", id="unwanted"),
        pytest.param("payer", {}, "unasked", id="unanswered-and-unknown-is-not-enough"),
        pytest.param("payer", {"rancon": "inconnu"}, "no", id="unknown-not-enough"),
        pytest.param("payer", {"rancon": "oui"}, "yes", id="yes-wanted"),
    ],
)
def test_conditions(step: str, answers: dict[str, str], expected: str) -> None:
    """A step applies, does not, or waits for an answer."""
    room = after(*(AnswerQuestion(question, answer) for question, answer in answers.items()))
    found = PLAN.step(step)
    assert found is not None
    assert applies(found, room.crisis) == expected


def test_a_step_that_does_not_apply_holds_nobody() -> None:
    """« bilan » comes after three steps; those that the answers rule out need not be finished."""
    room = after(CompleteStep("constater"), CompleteStep("isoler"))
    says(room.refuses(CompleteStep("bilan")), "« Passer au papier »")
    room.does(AnswerQuestion("soins", "non"), AnswerQuestion("rancon", "oui"))
    says(room.refuses(CompleteStep("bilan")), "« Appeler la banque »")
    room.does(AnswerQuestion("rancon", "non"))
    assert room.does(CompleteStep("bilan")) == (StepCompleted("bilan"),)


def test_a_reopened_step_holds_its_followers_again() -> None:
    """Putting a step back to do closes the way to those that come after it."""
    room = after(CompleteStep("constater"), ReopenStep("constater", "erreur"))
    says(room.wait(MIN).refuses(CompleteStep("isoler")), "« Constater »")
