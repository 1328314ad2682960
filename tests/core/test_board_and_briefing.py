"""What the room sees: the board at a moment, and the report since a moment."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from bot.core.board import Board, StepView, board
from bot.core.briefing import Briefing, briefing
from bot.core.crisis import Command
from bot.core.duties import SettleDuty
from bot.core.notes import AddNote, CorrectLine, TakeDecision
from bot.core.opening import CloseCrisis
from bot.core.people import GiveRole
from bot.core.steps import (
    AnswerQuestion,
    AssignStep,
    BlockStep,
    CompleteStep,
    ReopenStep,
    SkipStep,
    TakeStep,
)
from tests.core.plans import BRUNO, CLAIRE, DIANE, MIN, START, H, Room, opened, real_plan


def after(*commands: Command) -> Room:
    """A room in which Claire has just done this."""
    room = opened()
    room.does(*commands)
    return room


def now(room: Room, later: timedelta = timedelta(0)) -> Board:
    """The board, ``later`` from now."""
    return board(room.crisis, room.now + later)


def ids(views: Iterable[StepView]) -> list[str]:
    """Ids of the steps."""
    return [one.step.id for one in views]


@pytest.mark.parametrize(
    ("commands", "step", "standing"),
    [
        pytest.param((), "constater", "todo", id="todo"),
        pytest.param((), "isoler", "waiting", id="waiting"),
        pytest.param((), "payer", "unasked", id="unasked"),
        pytest.param((TakeStep("constater"),), "constater", "taken", id="taken"),
        pytest.param((TakeStep("isoler"),), "isoler", "waiting", id="taken-early-still-waits"),
        pytest.param((CompleteStep("constater"),), "constater", "done", id="done"),
        pytest.param((CompleteStep("constater"),), "isoler", "todo", id="freed-by-done"),
        pytest.param((SkipStep("constater", "x"),), "constater", "skipped", id="skipped"),
        pytest.param((SkipStep("constater", "x"),), "isoler", "todo", id="freed-by-skipped"),
        pytest.param((BlockStep("isoler", "x"),), "isoler", "blocked", id="blocked"),
        pytest.param((AnswerQuestion("soins", "non"),), "papier", "void", id="void"),
        pytest.param((AnswerQuestion("soins", "inconnu"),), "papier", "todo", id="unknown"),
        pytest.param((AnswerQuestion("rancon", "oui"),), "payer", "todo", id="answered-yes"),
        pytest.param((AnswerQuestion("rancon", "non"),), "payer", "void", id="answered-no"),
        pytest.param(
            (CompleteStep("papier"), AnswerQuestion("soins", "non")),
            "papier",
            "done",
            id="done-stays-done-when-it-no-longer-applies",
        ),
        pytest.param(
            (CompleteStep("constater"), ReopenStep("constater")),
            "constater",
            "taken",
            id="reopened-to-who-did-it",
        ),
    ],
)
def test_standings(commands: tuple[Command, ...], step: str, standing: str) -> None:
    """Each step stands in exactly one way."""
    views = {one.step.id: one for one in now(after(*commands)).steps}
    assert views[step].standing == standing


def test_a_waiting_step_says_what_it_waits_for() -> None:
    """The view names the steps to finish first; those that do not apply are not among them."""
    views = {one.step.id: one for one in now(after(AnswerQuestion("soins", "non"))).steps}
    assert [one.id for one in views["isoler"].waits_for] == ["constater"]
    assert [one.id for one in views["bilan"].waits_for] == ["isoler"]


def test_next_three_by_target() -> None:
    """The three things to do now come by target, whoever holds them; waiting ones do not show."""
    assert ids(now(after()).next_three) == ["constater", "papier", "prevenir"]
    room = after(TakeStep("prevenir"), CompleteStep("constater"))
    assert ids(now(room).next_three) == ["papier", "isoler", "prevenir"]


def test_next_three_puts_steps_without_target_last() -> None:
    """A step without a target comes after every step that has one, even earlier in the file."""
    room = after(AnswerQuestion("rancon", "oui"))
    room.does(*(SkipStep(step, "x") for step in ("constater", "isoler", "papier", "prevenir")))
    assert ids(now(room).next_three) == ["trancher", "inscrire", "payer"]


def test_next_three_may_be_fewer_and_may_be_none() -> None:
    """At the end of the playbook there is nothing left to do."""
    everything = ("constater", "isoler", "prevenir", "papier", "payer", "inscrire", "trancher")
    room = after(*(SkipStep(step, "x") for step in everything))
    assert ids(now(room).next_three) == ["bilan"]
    room.does(CompleteStep("bilan"))
    assert now(room).next_three == ()


def test_late_steps_are_those_past_their_target() -> None:
    """A target that passed is late while the step is open, blocked or waiting; never once done."""
    room = after(BlockStep("papier", "x"), CompleteStep("trancher", outcome="Activé"))
    assert ids(now(room, 30 * MIN).late) == []
    assert ids(now(room, 31 * MIN).late) == ["constater"]
    assert ids(now(room, 2 * H).late) == ["constater", "isoler", "papier"]
    room.does(CompleteStep("constater"), AnswerQuestion("soins", "non"))
    assert ids(now(room, 2 * H).late) == ["isoler", "papier"]
    room.does(ReopenStep("papier"))
    assert ids(now(room, 30 * H).late) == ["isoler", "prevenir", "inscrire"]


def test_targets_count_from_the_opening_and_not_from_the_alert() -> None:
    """Our own targets run from when the cell opened the crisis, however late it noticed."""
    room = opened(noticed=START - 9 * H)
    first = now(room).steps[0]
    assert first.due == START + 30 * MIN
    assert not first.late


def test_blocked_and_unassigned() -> None:
    """The board lists what is blocked and what could start and that nobody has taken."""
    room = after(BlockStep("constater", "badge"), AssignStep("papier", BRUNO))
    assert ids(now(room).blocked) == ["constater"]
    assert ids(now(room).unassigned) == ["prevenir", "inscrire", "trancher"]


def test_phases_count_what_applies() -> None:
    """Void steps count neither as to do nor as done."""
    first, second = now(after(CompleteStep("constater"), SkipStep("isoler", "x"))).phases
    assert (first.finished, first.total) == (2, 4)
    assert (second.finished, second.total) == (0, 4)
    room = after(AnswerQuestion("soins", "non"), AnswerQuestion("rancon", "non"))
    assert [(one.finished, one.total) for one in now(room).phases] == [(0, 3), (0, 3)]
    assert [one.step.id for one in now(room).steps if one.finished] == ["papier", "payer"]


def test_questions_with_and_without_answer() -> None:
    """Each question shows its answer, or nothing while there is none."""
    room = after(AnswerQuestion("rancon", "non"))
    assert [(one.id, answer) for one, answer in now(room).questions] == [
        ("soins", ""),
        ("rancon", "non"),
    ]


def test_seats_show_who_holds_and_who_is_expected() -> None:
    """A seat shows its holders and the people whom the establishment's file expects there."""
    seats = {one.role.id: one for one in now(after(GiveRole("dpo", DIANE))).seats}
    assert seats["dpo"].holders == (DIANE,)
    assert seats["rssi"].holders == ()
    assert [one.slack for one in seats["rssi"].expected] == ["U2"]


def test_pressing_duties_come_by_their_next_moment() -> None:
    """« Sans délai » counts from when the board insists; what has no moment at all comes last."""
    room = after(SettleDuty("plainte", "sent", "récépissé 4"))
    assert [one.duty.id for one in now(room).pressing] == [
        "agence",
        "contrat",
        "commission",
        "registre",
        "public",
    ]


def test_what_is_late_comes_before_what_insists() -> None:
    """A figure of the law that has passed stands above all; an outcome takes both away."""
    room = opened()
    room.wait(80 * H).does(SettleDuty("contrat", "sent", "appel"))
    assert [one.duty.id for one in now(room).pressing][:3] == ["commission", "plainte", "agence"]
    room.does(SettleDuty("commission", "sent", "a1"), SettleDuty("agence", "sent", "a2"))
    left = [one.duty.id for one in now(room).pressing]
    assert left == ["plainte", "complement", "registre", "public"]


def test_the_board_insists_on_what_has_no_figure_once_its_moment_has_passed() -> None:
    """Only what runs without a figure and has a moment of its own insists, from then on."""
    room = opened()

    def insisting(later: timedelta) -> list[str]:
        found = now(room, later)
        return [one.duty.id for one in found.deadlines if one.insists(found.at)]

    assert insisting(59 * MIN) == []
    assert insisting(H) == insisting(99 * H) == ["agence"]
    room.does(SettleDuty("agence", "sent", "accusé"))
    assert insisting(2 * H) == []


def test_the_real_playbook_opens_on_the_call() -> None:
    """On the real files, the first thing to do is the call, and every step has a known role."""
    room = opened(real_plan())
    current = now(room)
    assert current.next_three[0].step.id == "prendre-appel"
    assert all(room.crisis.plan.role(one.step.role) for one in current.steps)
    assert all(one.standing in ("todo", "waiting") for one in current.steps)


def test_the_real_playbook_can_be_finished() -> None:
    """Doing what the board proposes, one step after another, ends with nothing left to do."""
    room = opened(real_plan())
    total = len(room.crisis.plan.playbook.steps)
    for _ in range(total):
        step = now(room).next_three[0].step
        outcome = step.outcomes[0].label if step.outcomes else ""
        room.wait(MIN).does(CompleteStep(step.id, "preuve 1", outcome))
        if step.two_persons:
            room.does(CompleteStep(step.id), by=BRUNO)
    assert now(room).next_three == ()
    assert [(one.finished == one.total) for one in now(room).phases] == [True] * len(
        room.crisis.plan.playbook.phases
    )


# -- the situation report -------------------------------------------------------------------------


def report(room: Room, since: timedelta) -> Briefing:
    """The report since that long after the start."""
    return briefing(room.crisis, START + since, room.now)


def test_a_briefing_tells_what_came_since() -> None:
    """Only what was recorded after the moment shows; the board is the present one."""
    room = after(TakeDecision("couper"), AddNote("vu"), CompleteStep("constater"))
    room.does(SettleDuty("plainte", "sent", "récépissé 4"))
    room.wait(2 * H).does(TakeDecision("rouvrir"), AddNote("revu"), SkipStep("isoler", "x"))
    room.does(SettleDuty("agence", "sent", "accusé 2"))
    found = report(room, H)
    assert [one.text for one in found.decided] == ["rouvrir"]
    assert [one.text for one in found.noted] == ["revu"]
    assert ids(found.done) == ["isoler"]
    assert [one.duty.id for one in found.settled] == ["agence"]
    assert found.board.at == START + 2 * H
    assert found.since == START + H


def test_a_briefing_of_everything() -> None:
    """Since before the opening, everything shows."""
    room = after(TakeDecision("couper"), AddNote("vu"), CompleteStep("constater"))
    room.wait(H).does(CorrectLine(3, "couper le VPN"))
    found = report(room, -H)
    assert [one.text for one in found.decided] == ["couper"]
    assert [one.text for one in found.noted] == ["vu", "Correction de la ligne 3 : couper le VPN"]
    assert ids(found.done) == ["constater"]


def test_a_late_note_about_the_past_is_news() -> None:
    """What was written since shows, even when it speaks of an earlier moment."""
    room = opened().wait(2 * H)
    room.does(AddNote("appel reçu", START - H))
    assert [one.text for one in report(room, H).noted] == ["appel reçu"]


def test_a_reopened_step_is_no_longer_reported_as_done() -> None:
    """The report says what stands, not what was believed."""
    room = after(CompleteStep("constater"), ReopenStep("constater", "erreur"))
    assert report(room, -H).done == ()


def test_a_briefing_carries_the_warnings_and_works_once_closed() -> None:
    """Two seats in one hand show in the report, and a closed crisis still has one."""
    room = after(GiveRole("directeur-crise", CLAIRE), GiveRole("main-courante", CLAIRE))
    room.does(CloseCrisis("fausse alerte"))
    found = report(room, -H)
    assert len(found.warnings) == 1
    assert not found.board.crisis.is_open
