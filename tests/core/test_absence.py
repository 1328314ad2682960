"""Absences: who is called instead, what stays theirs, and seats that one person doubles."""

from dataclasses import replace

from bot.core.absence import HolderAway, SayAway, SayBack, present, vacancies
from bot.core.crisis import Actor
from bot.core.people import GiveRole, Join, warnings
from bot.core.playbook import Plan
from bot.core.steps import TakeStep
from tests.core.plans import BRUNO, CLAIRE, DIANE, PLAN, H, Room, opened, says

ZOE = Actor("U9", "Zoé Modèle")


def deputised() -> Plan:
    """The small plan in which the DPO stands in for the head of security."""
    roles = tuple(
        replace(one, deputy="dpo") if one.id == "rssi" else one for one in PLAN.cell.roles
    )
    return replace(PLAN, cell=replace(PLAN.cell, roles=roles))


def room() -> Room:
    """Bruno is expected at security and holds a step; Diane is the DPO."""
    made = opened(deputised())
    made.does(GiveRole("dpo", DIANE), by=DIANE)
    made.does(TakeStep("constater"), by=BRUNO)
    return made


def test_an_absence_calls_the_deputy_and_takes_nothing_away() -> None:
    """The deputy of each role is named; roles and steps stay where they were."""
    cell = room()
    assert cell.does(SayAway(BRUNO), by=DIANE) == (HolderAway(BRUNO),)
    (open_seat,) = vacancies(cell.crisis, BRUNO.id)
    assert (open_seat.role.id, open_seat.others, open_seat.deputies) == ("rssi", (), ("U3",))
    assert cell.crisis.step("constater").holder == BRUNO
    assert present(cell.crisis, "rssi") == ()


def test_a_seat_held_by_two_is_not_open() -> None:
    """Somebody else who holds it is named; a deputy who is away too is not called."""
    cell = room()
    cell.does(GiveRole("rssi", BRUNO), GiveRole("rssi", CLAIRE), SayAway(BRUNO), SayAway(DIANE))
    (seat,) = vacancies(cell.crisis, BRUNO.id)
    assert (seat.others, seat.deputies) == (("U1",), ())


def test_it_ends_by_a_word_or_by_coming_back() -> None:
    """« présent », or entering the channel again, and they are called again."""
    cell = room()
    cell.does(SayAway(BRUNO), SayBack(BRUNO))
    assert cell.crisis.away == {}
    says(cell.refuses(SayBack(BRUNO)), "Aucune absence")
    cell.wait(H).does(SayAway(BRUNO), Join(BRUNO))
    assert present(cell.crisis, "rssi") == ("U2",)


def test_what_is_refused() -> None:
    """An absence known already, or of somebody who holds nothing."""
    cell = room()
    cell.does(SayAway(BRUNO))
    says(cell.refuses(SayAway(BRUNO)), "déjà signalée")
    says(cell.refuses(SayAway(ZOE)), "Zoé Modèle", "ni rôle ni étape")


def test_doubled_seats_are_told_of_the_person_alone() -> None:
    """The warning names who holds both; of somebody else, nothing is said."""
    cell = opened()
    cell.does(GiveRole("directeur-crise", CLAIRE), GiveRole("main-courante", CLAIRE))
    says(warnings(cell.crisis, CLAIRE.id)[0], "Claire Exemple", "deux personnes vaudraient mieux")
    assert warnings(cell.crisis, BRUNO.id) == ()
    assert len(warnings(cell.crisis)) == 1
