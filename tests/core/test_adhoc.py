"""Steps on the spot: added, split into parts, entrusted to somebody outside."""

from dataclasses import replace

import pytest

from bot.core.adhoc import (
    MOST_PARTS,
    AddStep,
    EntrustStep,
    SplitStep,
    StepAdded,
    StepEntrusted,
    StepSplit,
    grown,
)
from bot.core.board import board
from bot.core.crisis import Crisis, fold
from bot.core.opening import CloseCrisis
from bot.core.parts import ADDED, extended, written
from bot.core.steps import (
    BlockStep,
    CompleteStep,
    ReopenStep,
    SkipStep,
    StepCompleted,
    StepReopened,
    TakeStep,
)
from bot.sentences import tell
from tests.core.plans import BRUNO, CLAIRE, MIN, PLAN, H, opened, says
from tests.core.test_drill import drill


def test_an_added_step_lives_like_any_other() -> None:
    """It has a number, a phase of its own and a target, and is taken, blocked, reopened, done."""
    room = opened().wait(10 * MIN)
    (added,) = room.does(AddStep("  Louer   des talkies ", "rssi", room.now + 30 * MIN, "Trente."))
    assert added == StepAdded("A01", "Louer des talkies", "rssi", room.now + 30 * MIN, "Trente.")

    phase = board(room.crisis, room.now).phases[-1]
    (shown,) = phase.steps
    assert (phase.phase.id, phase.phase.title) == (ADDED.id, "Étapes ajoutées")
    assert (shown.standing, shown.due, shown.step.text) == ("todo", room.now + 30 * MIN, "Trente.")

    room.does(TakeStep("a01"), BlockStep("A01", "magasin fermé"), ReopenStep("A01"), by=BRUNO)
    room.does(CompleteStep("A01", "six talkies"))
    assert room.crisis.step("A01").status == "done"
    assert room.crisis.step("A01").holder == BRUNO

    (second,) = room.does(AddStep("Appeler la mairie"))
    assert second == StepAdded("A02", "Appeler la mairie")
    assert [one.step.id for one in board(room.crisis, room.now).phases[-1].steps] == ["A01", "A02"]


def test_what_cannot_be_added_is_refused() -> None:
    """No title, one too long or taken, an unknown role, a target in the past, a closed crisis."""
    room = opened()
    says(room.refuses(AddStep(" ")), "titre")
    says(room.refuses(AddStep("x" * 121)), "121", "120")
    says(room.refuses(AddStep("constater")), "existe déjà", "P1")
    says(room.refuses(AddStep("Louer", "pilote")), "Rôle inconnu")
    says(room.refuses(AddStep("Louer", due=room.now)), "passé")
    room.does(CloseCrisis("fini"))
    says(room.refuses(AddStep("Louer")), "close")


def test_a_step_that_was_split_is_done_with_its_last_part() -> None:
    """The parts stand behind their whole, which waits for them and closes with them."""
    room = opened()
    room.does(CompleteStep("constater"))
    (split,) = room.does(SplitStep("P2", ("Site nord", "Site sud")))
    assert isinstance(split, StepSplit)
    assert [one.id for one in split.parts] == ["P2.1", "P2.2"]

    shown = {one.step.id: one for one in board(room.crisis, room.now).steps}
    ids = list(shown)
    assert ids[ids.index("isoler") :][:3] == ["isoler", "P2.1", "P2.2"]
    assert shown["isoler"].standing == "waiting"
    assert shown["P2.1"].step.role == "rssi"
    assert shown["P2.1"].due == shown["isoler"].due
    says(room.refuses(CompleteStep("isoler")), "Site nord", "Site sud")

    assert room.does(CompleteStep("P2.1"), by=BRUNO) == (StepCompleted("P2.1"),)
    done = room.does(CompleteStep("P2.2", "vu"))
    assert done[0] == StepCompleted("P2.2", "", "vu")
    assert isinstance(done[1], StepCompleted)
    assert done[1].step == "isoler"
    assert room.crisis.step("isoler").status == "done"

    assert room.does(ReopenStep("P2.1", "revenu")) == (
        StepReopened("P2.1", "revenu"),
        StepReopened("isoler", "revenu"),
    )
    assert room.does(CompleteStep("P2.1"))[-1].name == "step_completed"
    assert room.crisis.step("isoler").status == "done"


def test_a_part_is_not_held_by_what_the_parts_before_it_hold() -> None:
    """Parts added later wait for what the whole waited for, and not for one another."""
    room = opened()
    room.does(SplitStep("isoler", ("Nord", "Sud")), SplitStep("isoler", ("Est", "Ouest")))
    plan = room.crisis.plan
    assert [one.id for one in plan.playbook.steps if one.id.startswith("P2.")] == [
        f"P2.{number}" for number in (1, 2, 3, 4)
    ]
    third = plan.step("P2.3")
    assert third is not None
    assert third.after == ("constater",)


def test_a_whole_that_asks_for_something_is_left_to_people() -> None:
    """A duty must be settled by hand; parts set aside alone do not make anything done."""
    room = opened()
    room.does(SplitStep("prevenir", ("Appeler", "Écrire")))
    room.does(CompleteStep("P3.1"))
    assert len(room.does(CompleteStep("P3.2"))) == 1
    assert room.crisis.step("prevenir").status == "todo"

    room.does(CompleteStep("constater"), SplitStep("isoler", ("Nord", "Sud")))
    room.does(SkipStep("P2.1", "fermé"), SkipStep("P2.2", "fermé"))
    assert room.crisis.step("isoler").status == "todo"


def test_what_cannot_be_split_is_refused() -> None:
    """A finished step, a part, fewer than two parts, too many, twice the same."""
    room = opened()
    says(room.refuses(SplitStep("isoler", ("Nord", " "))), "de 2 à")
    says(room.refuses(SplitStep("isoler", tuple(map(str, range(MOST_PARTS + 1))))), "de 2 à")
    says(room.refuses(SplitStep("isoler", ("Nord", "nord "))), "même titre")
    room.does(SplitStep("isoler", ("Nord", "Sud")))
    says(room.refuses(SplitStep("P2.1", ("Un", "Deux"))), "déjà une partie")
    room.does(CompleteStep("constater"))
    says(room.refuses(SplitStep("constater", ("Un", "Deux"))), "finie")


def test_somebody_outside_is_told_what_to_do_and_nothing_else() -> None:
    """The text names the house, the task, the hour and whom to answer; not the crisis."""
    room = opened(title="Rançon à la maternité")
    (fact,) = room.does(EntrustStep("constater", " Société  Exemple ", "Coupez le lien n° 2."))
    assert isinstance(fact, StepEntrusted)
    says(fact.text, "Hôpital fictif", "Constater", "lien n° 2", "03\u00a0h\u00a040", CLAIRE.name)
    assert "maternité" not in fact.text
    state = room.crisis.step("constater")
    assert state.holder is not None
    assert (state.status, state.holder.name) == ("taken", "Société Exemple")
    says(room.refuses(TakeStep("constater"), by=BRUNO), "Société Exemple", "Confier")

    room.wait(2 * H).does(CompleteStep("constater", "rappel de la société"))
    says(room.refuses(EntrustStep("constater", "Autre")), "déjà terminée")
    says(room.refuses(EntrustStep("isoler", " ")), "à qui")


def test_the_plan_can_be_told_from_what_was_added() -> None:
    """Without its additions the plan is as written; with them again, as the crisis runs on it."""
    room = opened()
    room.does(AddStep("Louer"), SplitStep("isoler", ("Nord", "Sud")), SplitStep("A01", ("a", "b")))
    crisis = room.crisis
    assert written(crisis.plan, crisis.additions) == PLAN.bare()
    assert extended(PLAN.bare(), crisis.additions) == crisis.plan
    assert written(PLAN, ()) is PLAN
    told = PLAN.bare()
    for fact, _ in room.recorded:
        told = grown(told, fact)
    assert [one.title for one in told.playbook.steps] == [
        one.title for one in crisis.plan.playbook.steps
    ]


def test_a_part_whose_whole_is_gone_stands_alone() -> None:
    """A version of the plan without the whole still shows what was split from it."""
    room = opened()
    room.does(SplitStep("isoler", ("Nord", "Sud")))
    bare = PLAN.bare()
    phases = tuple(
        replace(one, steps=tuple(step for step in one.steps if step.id == "constater"))
        for one in bare.playbook.phases
    )
    other = replace(bare, playbook=replace(bare.playbook, phases=phases))
    joined = extended(other, room.crisis.additions)
    assert [one.id for one in joined.playbook.phases[-1].steps] == ["P2.1", "P2.2"]


@pytest.mark.parametrize("title", ["Étape", "x" * 120])
def test_the_journal_gives_the_same_crisis_back(title: str) -> None:
    """Folding the facts again gives the very same plan, states and additions."""
    room = opened()
    room.does(AddStep(title, due=room.now + H), SplitStep("A01", ("a", "b")), TakeStep("A01.2"))
    assert fold(Crisis(room.crisis.id), room.recorded) == room.crisis


def test_a_target_given_in_a_drill_is_the_hour_that_was_said() -> None:
    """Targets of a drill run on the clock of its scenario; « 30 min » is half an hour still."""
    room = drill(speed=4).wait(20 * MIN)
    room.does(AddStep("Louer", due=room.now + 30 * MIN))
    shown = board(room.crisis, room.now).steps[-1]
    assert (shown.due, shown.late) == (room.now + 30 * MIN, False)


def test_a_view_names_added_steps_by_their_titles() -> None:
    """Exports read names in the plan of the opening: the plan grows there as in the crisis."""
    room = opened()
    room.does(AddStep("Louer des talkies"), SplitStep("A01", ("Appeler", "Chercher")))
    room.does(CompleteStep("A01.2", "six"))
    plan = PLAN.bare()
    told = []
    for fact, _ in room.recorded:
        plan = grown(plan, fact)
        told.append(tell(fact, plan))
    assert "« A01.1 Appeler » ; « A01.2 Chercher »" in told[-2]
    assert "« A01.2 Chercher » faite — six" in told[-1]
