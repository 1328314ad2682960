"""A running crisis adopts a newer plan: who may, what is told first, what is never lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.adhoc import AddStep, SplitStep
from bot.core.adoption import (
    RETIRED,
    AdoptPlan,
    PlanAdopted,
    adapted,
    changes,
    fingerprint,
    is_current,
    running,
    short,
)
from bot.core.board import board
from bot.core.crisis import Crisis, fold
from bot.core.deadlines import deadlines
from bot.core.notes import DecisionTaken
from bot.core.opening import CloseCrisis
from bot.core.people import GiveRole, ReleaseRole
from bot.core.playbook import Plan, Role, Step
from bot.core.steps import AnswerQuestion, BlockStep, CompleteStep, ReopenStep, TakeStep
from bot.sentences import tell
from tests.core.plans import BRUNO, CLAIRE, DIANE, MIN, PLAN, STEPS, Room, opened, real_plan, says

IDS = {one.id for one in STEPS}
CALLING = Step("appeler", "Appeler le réseau régional", "rssi", "Appelez.", "P9", within=15 * MIN)


def with_steps(*phases: tuple[Step, ...], plan: Plan = PLAN) -> Plan:
    """The plan with the steps of its phases replaced, its seats of authors marked."""
    roles = tuple(replace(one, may_author=one.id == "rssi") for one in plan.cell.roles)
    made = tuple(
        replace(phase, steps=steps)
        for phase, steps in zip(plan.playbook.phases, phases, strict=False)
    )
    playbook = replace(plan.playbook, version="2", phases=made)
    return replace(plan, playbook=playbook, cell=replace(plan.cell, roles=roles))


NEWER = with_steps((replace(STEPS[0], within=15 * MIN), STEPS[1], STEPS[3], CALLING), STEPS[4:])
"""Constater is due sooner, Prévenir is gone, Appeler is new."""


def adopt(plan: Plan = NEWER, reason: str = "Retour du premier jour") -> AdoptPlan:
    """The command of somebody who may."""
    return AdoptPlan(plan, reason)


def titles(room: Room) -> list[str]:
    """Titles of the steps in view, in order."""
    return [one.step.title for one in board(room.crisis, room.now).steps]


def test_the_difference_is_told_before_anything_is_decided() -> None:
    """Each change is one sentence: a target, a step that comes, one that goes, a seat."""
    told = " ".join(changes(PLAN, NEWER)).replace("\u00a0", " ")

    says(told, "passe de 30 min à 15 min", "Étape ajoutée : P9", "Étape retirée : P3")
    says(told, "Rôle « Sécurité informatique » : modification.")
    assert changes(NEWER, NEWER) == ()


def test_an_adoption_is_a_decision_and_the_plan_that_follows() -> None:
    """The journal holds the decision with its reason, then the whole plan and its fingerprint."""
    room = opened()
    decision, made = room.does(adopt(), by=BRUNO)

    assert isinstance(decision, DecisionTaken)
    says(decision.text, "version 2", short(fingerprint(NEWER)), "Retour du premier jour")
    assert isinstance(made, PlanAdopted)
    assert made.fingerprint == fingerprint(NEWER) == running(room.crisis)
    assert room.crisis.plan == made.plan
    assert "appeler" in [one.id for one in room.crisis.plan.playbook.steps]
    says(tell(made, room.crisis.plan), "version 2", short(fingerprint(NEWER)))


def test_states_are_kept_by_id_and_nothing_done_disappears() -> None:
    """A step done stays done with its proof; one that vanished is shown, saying so."""
    room = opened()
    room.does(CompleteStep("constater", "photo"), by=BRUNO)
    room.does(CompleteStep("prevenir", "appel 12", "Signalée"), by=DIANE)
    room.does(adopt(), by=BRUNO)

    assert room.crisis.step("constater").evidence == "photo"
    assert room.crisis.step("prevenir").status == "done"
    assert f"Prévenir l'agence{RETIRED}" in titles(room)
    assert room.crisis.duties["agence"].settlement == "sent"
    assert f"Passer au papier{RETIRED}" not in titles(room)


def test_a_step_under_way_that_vanished_is_set_aside_and_can_be_taken_up_again() -> None:
    """Whoever held it reads why; reopening is the way back."""
    room = opened()
    room.does(TakeStep("prevenir"), by=DIANE)
    _, made = room.does(adopt(), by=BRUNO)

    assert isinstance(made, PlanAdopted)
    assert made.aside == ("prevenir",)
    state = room.crisis.step("prevenir")
    assert (state.status, state.by) == ("skipped", BRUNO)
    says(state.reason, "Retirée du playbook")
    says(tell(made, room.crisis.plan), "1\u00a0étape en cours mise de côté")
    room.does(ReopenStep("prevenir"), by=DIANE)
    assert room.crisis.step("prevenir").status == "todo"


def test_what_nobody_touched_goes_without_a_trace() -> None:
    """A step that is still to do and is no longer in the plan is no longer asked of anybody."""
    room = opened()
    room.does(adopt(), by=BRUNO)

    assert not any("Prévenir" in one for one in titles(room))


def test_a_phase_that_vanished_stays_with_what_was_done_in_it() -> None:
    """Its message is in the channel: it says that it is retired, and keeps its done steps."""
    one_phase = replace(NEWER.playbook, phases=NEWER.playbook.phases[:1])
    room = opened()
    room.does(BlockStep("payer", "banque fermée"), by=DIANE)
    room.does(adopt(replace(NEWER, playbook=one_phase)), by=BRUNO)

    last = board(room.crisis, room.now).phases[-1]
    assert (last.phase.id, last.phase.title) == ("suite", f"Suite{RETIRED}")
    assert [one.step.id for one in last.steps] == ["payer"]


def test_answers_instants_and_seats_of_the_old_plan_stay_readable() -> None:
    """What the cell already said is never orphaned by a file that says less."""
    room = opened()
    room.does(AnswerQuestion("soins", "oui"), GiveRole("dpo", DIANE))
    bare = replace(
        NEWER,
        playbook=replace(NEWER.playbook, questions=()),
        obligations=replace(NEWER.obligations, instants=(), duties=()),
        cell=replace(NEWER.cell, roles=NEWER.cell.roles[-1:], levels=()),
    )
    room.does(adopt(bare), by=BRUNO)

    plan = room.crisis.plan
    assert [one.id for one in plan.playbook.questions] == ["soins"]
    assert [one.id for one in plan.obligations.instants] == ["t_alert"]
    assert [one.id for one in plan.cell.roles] == ["rssi", "dpo"]
    assert [one.id for one in plan.cell.levels] == [room.crisis.level]
    assert deadlines(room.crisis, room.now) == ()


def test_clocks_are_those_of_the_version_adopted() -> None:
    """The same instant gives the deadline that the new table of duties says."""
    table = tuple(
        replace(one, within=replace(one.within, hours=48)) if one.within and one.id == "plainte"
        else one
        for one in PLAN.obligations.duties
    )  # fmt: skip
    newer = replace(NEWER, obligations=replace(NEWER.obligations, duties=table))
    room = opened()
    before = {one.duty.id: one.due for one in deadlines(room.crisis, room.now)}
    room.does(adopt(newer), by=BRUNO)
    after = {one.duty.id: one.due for one in deadlines(room.crisis, room.now)}

    assert before["plainte"] is not None
    assert after["plainte"] is not None
    assert before["plainte"] - after["plainte"] == timedelta(hours=24)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (with_steps(STEPS[:4], STEPS[4:]), ()),
        (replace(NEWER, playbook=replace(NEWER.playbook, id="autre")), ("garde son playbook",)),
    ],
    ids=["newer", "another-playbook"],
)
def test_only_another_version_of_the_same_playbook(plan: Plan, words: tuple[str, ...]) -> None:
    """Another playbook is refused; a version is adopted once."""
    room = opened()
    if words:
        says(room.refuses(adopt(plan), by=BRUNO), *words)
        return
    room.does(adopt(plan), by=BRUNO)
    says(room.refuses(adopt(plan), by=BRUNO), "suit déjà cette version")


def test_a_reason_is_asked_and_a_closed_crisis_adopts_nothing() -> None:
    """No decision without its why; what is over keeps the plan on which it was lived."""
    room = opened()
    says(room.refuses(adopt(reason=" "), by=BRUNO), "Il manque la raison")
    room.does(CloseCrisis("fausse alerte"))
    says(room.refuses(adopt(), by=BRUNO), "close")


def test_only_authors_decide_and_a_seat_taken_for_oneself_is_not_enough() -> None:
    """The settings' people, the holders of the file, and who was given the seat by another."""
    room = opened()
    says(room.refuses(adopt(), by=CLAIRE), "réservé à ses auteurs", "Sécurité informatique")
    room.does(GiveRole("rssi", DIANE), by=DIANE)
    says(room.refuses(adopt(), by=DIANE), "quelqu'un d'autre doit vous l'avoir confiée")
    room.does(ReleaseRole("rssi", DIANE), by=DIANE)
    room.does(GiveRole("rssi", DIANE), by=CLAIRE)
    assert room.does(adopt(), by=DIANE)
    later = with_steps(STEPS[:4], STEPS[4:])
    assert room.does(AdoptPlan(later, "Retour arrière", frozenset({CLAIRE.id})), by=CLAIRE)


def test_a_later_version_brings_a_step_back_and_tells_no_loss_twice() -> None:
    """What an adoption retired is not told again by the next one; what returns is itself again."""
    room = opened()
    room.does(CompleteStep("prevenir", "appel 12", "Signalée"), by=DIANE)
    room.does(adopt(), by=BRUNO)
    third = with_steps((*STEPS[:2], STEPS[3]), STEPS[4:])
    assert not any("P3" in one for one in changes(room.crisis.plan, third))
    room.does(adopt(third), by=BRUNO)
    assert titles(room).count(f"Prévenir l'agence{RETIRED}") == 1

    room.does(adopt(with_steps(STEPS[:4], STEPS[4:])), by=BRUNO)

    assert "Prévenir l'agence" in titles(room)
    assert f"Prévenir l'agence{RETIRED}" not in titles(room)
    assert room.crisis.step("prevenir").status == "done"


def test_what_the_cell_added_stays_whatever_is_adopted() -> None:
    """A step added on the spot and the parts of a split one are the cell's, not the file's."""
    room = opened()
    room.does(AddStep("Prévenir la crèche"), SplitStep("isoler", ("Bâtiment A", "Bâtiment B")))
    before = [one.id for one in room.crisis.plan.playbook.steps if one.id not in IDS]
    assert len(before) == 3
    _, made = room.does(adopt(), by=BRUNO)

    assert isinstance(made, PlanAdopted)
    assert not {one.id for one in made.plan.playbook.steps} & set(before)
    after = {one.id: one for one in room.crisis.plan.playbook.steps}
    assert set(before) <= set(after)
    assert set(before[:2]) <= set(after["isoler"].after) | {before[2]}
    assert is_current(room.crisis, NEWER)


def test_the_facts_alone_give_the_state() -> None:
    """Folded again from the journal, the crisis is the same: nothing hangs on the shelf."""
    room = opened()
    room.does(TakeStep("prevenir"), by=DIANE)
    room.does(adopt(), by=BRUNO)

    assert fold(Crisis(room.crisis.id), room.recorded) == room.crisis


def test_the_real_plans_are_current_until_something_is_written() -> None:
    """A crisis opened from the shelf has nothing to adopt; a comma in a duty is a version."""
    plan = real_plan()
    room = opened(plan)
    assert is_current(room.crisis, plan)
    assert running(room.crisis) == fingerprint(plan)
    assert adapted(room.crisis, plan) == room.crisis.plan
    first, *others = plan.obligations.duties
    duties = (replace(first, wording=f"{first.wording},"), *others)
    newer = replace(plan, obligations=replace(plan.obligations, duties=duties))
    assert not is_current(room.crisis, newer)
    assert fingerprint(newer) != fingerprint(plan)
    assert len(changes(plan, newer)) == 1


def test_ways_of_asking_make_no_version() -> None:
    """They are the library's: a crisis runs on the plan without them."""
    roles = (*PLAN.cell.roles[:-1], Role("rssi", "Sécurité informatique", "cyber", "", asks=("?",)))
    roles = (*roles[:-1], replace(roles[-1], may_erase=True))
    asked = replace(PLAN, cell=replace(PLAN.cell, roles=roles))

    assert fingerprint(asked) == fingerprint(PLAN)
    assert is_current(opened().crisis, asked)
