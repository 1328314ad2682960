"""The two-person rule: one says that it is done, another confirms, of the same outcome."""

from dataclasses import replace

import pytest

from bot.core.board import board
from bot.core.crisis import Command
from bot.core.duties import DutySettled
from bot.core.pairs import StepAgreed
from bot.core.playbook import Plan
from bot.core.steps import (
    AssignStep,
    BlockStep,
    CompleteStep,
    ReopenStep,
    StepCompleted,
    TakeStep,
)
from tests.core.plans import BRUNO, CLAIRE, DIANE, MIN, PLAN, Room, opened, says


def paired() -> Plan:
    """The small plan, all of whose steps take two people."""
    phases = tuple(
        replace(phase, steps=tuple(replace(one, two_persons=True) for one in phase.steps))
        for phase in PLAN.playbook.phases
    )
    return replace(PLAN, playbook=replace(PLAN.playbook, phases=phases))


def agreed(step: str = "constater", outcome: str = "", evidence: str = "photo") -> Room:
    """A room in which Claire has said that a step is done, ten minutes ago."""
    room = opened(paired())
    room.does(CompleteStep(step, evidence, outcome), by=CLAIRE)
    return room.wait(10 * MIN)


def test_the_first_agrees_and_another_completes() -> None:
    """One « C'est fait » leaves the step under way; the second, of somebody else, ends it."""
    room = opened(paired())
    assert room.does(CompleteStep("constater", "photo")) == (StepAgreed("constater", "", "photo"),)
    state = room.crisis.step("constater")
    assert (state.status, state.holder) == ("taken", CLAIRE)
    assert [one.step.id for one in board(room.crisis, room.now).half_agreed] == ["constater"]

    assert room.does(CompleteStep("constater"), by=BRUNO) == (
        StepCompleted("constater", "", "photo"),
    )
    done = room.crisis.step("constater")
    assert (done.status, done.by, done.agreed) == ("done", BRUNO, None)
    assert board(room.crisis, room.now).half_agreed == ()


def test_the_same_person_never_counts_twice() -> None:
    """Who said it first is told when, and that somebody else must confirm; nothing is recorded."""
    room = agreed()
    sentence = room.refuses(CompleteStep("constater"), by=CLAIRE)
    says(sentence, "déjà noté, à 03\u00a0h\u00a010", "« Constater »", "une autre personne")
    says(
        room.refuses(CompleteStep("constater"), by=replace(CLAIRE, name="Un autre nom")),
        "déjà noté",
    )


def test_both_mean_the_same_outcome() -> None:
    """The second may leave the outcome to the first, but not give another one."""
    room = agreed("trancher", "Activé", "")
    sentence = room.refuses(CompleteStep("trancher", outcome="Non activé"), by=BRUNO)
    says(sentence, "Claire Exemple", "« Activé »", "refaire P8")
    assert room.does(CompleteStep("trancher"), by=BRUNO)[0] == StepCompleted("trancher", "Activé")


def test_a_duty_is_settled_by_the_second_person_only() -> None:
    """The proof is asked of the first; the duty has its outcome when the second confirms."""
    room = opened(paired())
    says(room.refuses(CompleteStep("prevenir", outcome="Signalée")), "la preuve d'envoi")
    room.does(CompleteStep("prevenir", "accusé 12", "Signalée"))
    assert "agence" not in room.crisis.duties
    facts = room.does(CompleteStep("prevenir"), by=BRUNO)
    assert facts[1] == DutySettled("agence", "sent", "accusé 12")
    assert room.crisis.duties["agence"].by == BRUNO


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(ReopenStep("constater", "trop tôt"), id="withdrawn"),
        pytest.param(BlockStep("constater", "panne"), id="blocked"),
    ],
)
def test_what_takes_an_agreement_back(command: Command) -> None:
    """Withdrawn or blocked, the step needs two people again, the first included."""
    room = agreed()
    room.does(command, by=DIANE)
    assert room.crisis.step("constater").agreed is None
    assert room.does(CompleteStep("constater"), by=CLAIRE)[0].name == "step_agreed"


def test_giving_the_step_to_somebody_keeps_the_agreement() -> None:
    """Confided to the second person, the step still holds what the first one said."""
    room = agreed()
    room.does(AssignStep("constater", BRUNO), by=CLAIRE)
    assert room.does(CompleteStep("constater"), by=BRUNO)[0].name == "step_completed"


def test_an_agreement_whose_author_was_erased_counts_no_more() -> None:
    """Once nobody can tell who agreed, two people are needed again."""
    room = agreed()
    fact, stamp = room.recorded[-1]
    blank = replace(stamp, erased_by=9)
    assert fact.apply(room.crisis, blank).step("constater").agreed is None


def test_one_person_is_enough_elsewhere() -> None:
    """A step that does not ask for two is done by one, taken or not."""
    room = opened()
    room.does(TakeStep("constater"), by=BRUNO)
    assert room.does(CompleteStep("constater"), by=BRUNO)[0].name == "step_completed"
