"""The handover: one proposes, the other takes, and what they held changes hands."""

import pytest

from bot.core.crisis import Actor, Command
from bot.core.handover import (
    DropHandover,
    HandoverProposed,
    HandoverTaken,
    ProposeHandover,
    TakeHandover,
    held,
    pending,
)
from bot.core.people import GiveRole, ReleaseRole
from bot.core.playbook import Person
from bot.core.steps import BlockStep, CompleteStep, TakeStep
from tests.core.plans import BRUNO, CLAIRE, DIANE, PLAN, Room, closed, hospital, opened, says

ZOE = Actor("U9", "Zoé Modèle")


def proposed() -> tuple[Room, int]:
    """Claire directs, holds two steps, and has proposed to pass all on to Bruno."""
    room = opened()
    room.does(GiveRole("directeur-crise", CLAIRE), GiveRole("dpo", DIANE), by=DIANE)
    room.does(TakeStep("constater"), TakeStep("prevenir"), BlockStep("prevenir", "occupé"))
    room.does(TakeStep("papier"), CompleteStep("papier"))
    room.does(ProposeHandover(BRUNO))
    return room, room.crisis.seq


def test_everything_still_held_changes_hands() -> None:
    """Roles and unfinished steps go over; a blocked one stays blocked, what is done stays done."""
    room, of = proposed()
    assert room.recorded[-1][0] == HandoverProposed(
        BRUNO, ("directeur-crise",), ("constater", "prevenir")
    )
    assert room.crisis.roles["directeur-crise"] == (CLAIRE,)
    room.does(TakeHandover(of), by=BRUNO)
    crisis = room.crisis
    assert crisis.roles == {"directeur-crise": (BRUNO,), "dpo": (DIANE,)}
    assert crisis.step("constater").holder == BRUNO
    assert (crisis.step("prevenir").status, crisis.step("prevenir").reason) == (
        "blocked",
        "occupé",
    )
    assert crisis.step("papier").holder == CLAIRE
    assert ("directeur-crise", BRUNO.id) in crisis.vouched
    assert ("directeur-crise", CLAIRE.id) not in crisis.vouched
    assert (crisis.handovers[of].settled, pending(crisis)) == ("taken", ())


def test_what_moved_meanwhile_is_left_alone() -> None:
    """A role left and a step finished between the two are not given back by the taking."""
    room, of = proposed()
    room.does(ReleaseRole("directeur-crise", CLAIRE), CompleteStep("constater"))
    (fact,) = room.does(TakeHandover(of), by=BRUNO)
    assert fact == HandoverTaken(of, CLAIRE, (), ("prevenir",))
    assert room.crisis.step("constater").status == "done"
    assert room.crisis.roles["directeur-crise"] == ()


def test_a_seat_that_is_theirs_by_the_file_is_passed_too() -> None:
    """Somebody expected in a seat that nobody holds passes it on; once held, they do not."""
    plan = hospital(PLAN, people=(Person("Claire Exemple", "U1", ("rssi", "dpo")),))
    room = opened(plan)
    room.does(GiveRole("dpo", DIANE), by=DIANE)
    room.does(ProposeHandover(BRUNO))
    assert room.recorded[-1][0] == HandoverProposed(BRUNO, ("rssi",), ())
    room.does(TakeHandover(room.crisis.seq), by=BRUNO)
    assert room.crisis.roles["rssi"] == (BRUNO,)


@pytest.mark.parametrize(
    ("command", "by", "words"),
    [
        pytest.param(ProposeHandover(CLAIRE), CLAIRE, "à une autre personne", id="oneself"),
        pytest.param(ProposeHandover(DIANE), CLAIRE, "attend déjà la réponse de Bruno", id="again"),
        pytest.param(ProposeHandover(CLAIRE), ZOE, "rien à passer", id="empty"),
        pytest.param(TakeHandover(99), BRUNO, "Aucune relève", id="unknown"),
    ],
)
def test_what_is_refused(command: Command, by: Actor, words: str) -> None:
    """Oneself, a second proposal, empty hands, a number that is none: each is said."""
    room, _ = proposed()
    says(room.refuses(command, by=by), words)


def test_only_the_two_answer_it_and_once() -> None:
    """A third person can neither take nor cancel; what is settled is not settled again."""
    room, of = proposed()
    says(room.refuses(TakeHandover(of), by=DIANE), "Bruno Fictif", "seule")
    says(room.refuses(TakeHandover(of), by=CLAIRE), "Bruno Fictif")
    says(room.refuses(DropHandover(of), by=DIANE), "Seuls Claire Exemple et Bruno Fictif")
    room.does(DropHandover(of), by=BRUNO)
    says(room.refuses(TakeHandover(of), by=BRUNO), "déjà annulée, par Bruno Fictif")
    assert room.crisis.roles["directeur-crise"] == (CLAIRE,)
    room.does(ProposeHandover(DIANE))
    assert len(pending(room.crisis)) == 1


def test_not_in_a_closed_crisis() -> None:
    """Nothing is passed on once the crisis is closed."""
    says(closed().refuses(ProposeHandover(BRUNO)), "close")


def test_what_changes_hands_is_told_in_words() -> None:
    """Roles and steps by their titles; an unknown one by its id; nothing says so."""
    words = held(HandoverProposed(BRUNO, ("dpo", "x"), ("constater",)), PLAN)
    assert words == "« Délégué à la protection des données », « x », « P1 Constater »"
    says(held(HandoverProposed(BRUNO), PLAN), "rien de ce qui était proposé")
