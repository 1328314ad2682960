"""How the hospital stands: what was told, since when, by whom; numbers; an ultimatum."""

from dataclasses import replace

import pytest

from bot.core.crisis import Crisis, fold
from bot.core.hospital import (
    CounterSet,
    CountUp,
    LiftUltimatum,
    RecordUltimatum,
    StateTold,
    TellStates,
    found,
    known,
    listed,
)
from bot.core.opening import CloseCrisis
from bot.core.playbook import Application, Named, Plan
from bot.core.states import STATES, State, Subject
from tests.core.plans import BRUNO, CLAIRE, MIN, PLAN, H, Room, opened, says

PLACES: Plan = replace(
    PLAN,
    establishment=replace(
        PLAN.establishment,
        sites=(Named("nord", "Site Nord"),),
        services=(Named("urgences", "Urgences"), Named("bloc", "Bloc opératoire")),
        applications=(Application("labo", "Laboratoire", 2), Application("dpi", "Dossier", 1)),
        counters=(Named("transferts", "Transferts"),),
    ),
)


@pytest.fixture
def room() -> Room:
    """A crisis just opened in a hospital with a few places."""
    return opened(PLACES)


def test_several_units_are_told_at_once_by_their_names(room: Room) -> None:
    """Ids, names, the start of a name and slips are the file's; the rest is taken as said."""
    facts = room.does(
        TellStates("unit", ("urgences", "BLOC", "Cuisine", "Lingerie"), "degraded", "le cadre")
    )
    assert [(one.of, one.label) for one in facts if isinstance(one, StateTold)] == [
        ("urgences", "Urgences"),
        ("bloc", "Bloc opératoire"),
        ("libre-1", "Cuisine"),
        ("libre-2", "Lingerie"),
    ]
    told = room.crisis.hospital.states["unit", "bloc"]
    assert (told.state, told.since, told.said_by) == ("degraded", room.now, "le cadre")
    assert room.wait(MIN).does(TellStates("unit", ("cuisine",), "stopped"))[0] == StateTold(
        "unit", "libre-1", "Cuisine", "stopped"
    )
    assert listed("unit", room.crisis)[2:] == (("libre-1", "Cuisine"), ("libre-2", "Lingerie"))


def test_a_state_keeps_its_beginning_and_says_who_told(room: Room) -> None:
    """Confirmed by somebody else it goes on; changed, it begins anew, now or when it is said."""
    start = room.now
    room.does(TellStates("site", ("nord",), "isolated"))
    room.wait(H).does(TellStates("site", ("nord",), "isolated", "l'astreinte"))
    told = room.crisis.hospital.states["site", "nord"]
    assert (told.since, told.said_by) == (start, "l'astreinte")

    room.does(TellStates("site", ("nord",), "linked", "", start + 30 * MIN))
    told = room.crisis.hospital.states["site", "nord"]
    assert (told.since, told.said_by) == (start + 30 * MIN, CLAIRE.name)
    says(
        room.refuses(TellStates("site", ("nord",), "unknown", "", start)),
        "Site Nord",
        "relié",
        "plus récente",
    )


def test_what_is_known_already_or_makes_no_sense_is_refused(room: Room) -> None:
    """The same again from nobody new, a state of another kind, the future, nothing, too much."""
    room.does(TellStates("unit", ("bloc",), "stopped"))
    says(room.refuses(TellStates("unit", ("bloc",), "stopped"), by=BRUNO), "déjà", "Bloc")
    says(room.refuses(TellStates("site", ("nord",), "stopped")), "« isolé »", "« relié »")
    says(room.refuses(TellStates("unit", ("bloc",), "normal", "", room.now + H)), "futur")
    says(room.refuses(TellStates("unit", (" ",), "normal")), "de 1 à 30")
    says(room.refuses(TellStates("unit", ("x" * 81,), "normal")), "81")
    room.does(CloseCrisis("fini"))
    says(room.refuses(TellStates("unit", ("bloc",), "normal")), "close")


def test_applications_come_in_the_order_of_restart() -> None:
    """The file says which comes back first, whatever the order in which it lists them."""
    assert [of for of, _ in known("application", PLACES.establishment)] == ["dpi", "labo"]


@pytest.mark.parametrize(("subject", "states"), STATES.items())
def test_every_state_of_a_kind_can_be_told(subject: Subject, states: tuple[State, ...]) -> None:
    """Each state that a form offers is recorded, from any other."""
    room = opened(PLACES)
    for state in states:
        room.wait(MIN).does(TellStates(subject, ("Ailleurs",), state))
        assert room.crisis.hospital.states[subject, "libre-1"].state == state


def test_counters_hold_numbers_and_never_people(room: Room) -> None:
    """By a total or by an amount, never below zero, and no figure in a name."""
    assert room.does(CountUp("transferts", 3, True)) == (
        CounterSet("transferts", "Transferts", 3, 3),
    )
    assert room.does(CountUp("Transfert", -1, True)) == (
        CounterSet("transferts", "Transferts", 2, -1),
    )
    assert room.does(CountUp("Appels reçus", 40, False)) == (
        CounterSet("libre-1", "Appels reçus", 40, 40),
    )
    assert room.crisis.hospital.counters["libre-1"].value == 40
    says(room.refuses(CountUp("transferts", -3, True)), "serait à -1", "il est à 2")
    says(room.refuses(CountUp("transferts", 2, False)), "déjà à 2")
    says(room.refuses(CountUp("Chambre 12", 1, True)), "sans nommer personne")
    says(room.refuses(CountUp(" ", 1, True)), "ce qui est compté")
    says(room.refuses(CountUp("transferts", 2_000_000, False)), "Vérifiez le nombre")


def test_an_ultimatum_is_recorded_replaced_and_lifted(room: Room) -> None:
    """The last one stands; the same again, one that has passed and an empty one are refused."""
    room.does(RecordUltimatum(room.now + 48 * H, "publication des données"))
    says(
        room.refuses(RecordUltimatum(room.now + 48 * H, "publication des données")),
        "déjà consigné",
    )
    room.does(RecordUltimatum(room.now + 24 * H, "délai raccourci"))
    standing = room.crisis.hospital.ultimatum
    assert standing is not None
    assert (standing.due, standing.text) == (room.now + 24 * H, "délai raccourci")
    says(room.refuses(RecordUltimatum(room.now, "trop tard")), "déjà passée")
    says(room.refuses(RecordUltimatum(room.now + H, " ")), "exigé ou menacé")
    says(room.refuses(LiftUltimatum(" ")), "raison")
    room.does(LiftUltimatum("fausse revendication"))
    assert room.crisis.hospital.ultimatum is None
    says(room.refuses(LiftUltimatum("encore")), "rien à lever")


def test_an_unknown_name_is_not_mistaken_for_a_known_one() -> None:
    """A slip of one letter is the file's name; another unit is not."""
    among = (
        ("urgences", "Urgences"),
        ("pedia", "Pédiatrie et néonatologie"),
        ("b", "Bloc B"),
        ("ten", "Salle 10"),
    )
    assert found("urgnces", among) == ("urgences", "Urgences")
    assert found("pediatrie", among) == ("pedia", "Pédiatrie et néonatologie")
    for name in ("Cuisine", "Bloc A", "Bloc", "Salle 1", "Salle 11"):
        assert (name, found(name, among)) == (name, among[2] if name == "Bloc" else None)


def test_the_journal_gives_the_same_hospital_back(room: Room) -> None:
    """Folding the facts again gives the very same states, numbers and clock."""
    room.does(
        TellStates("unit", ("bloc", "Cuisine"), "stopped"),
        CountUp("transferts", 4, True),
        RecordUltimatum(room.now + H, "payer"),
    )
    assert fold(Crisis(room.crisis.id), room.recorded) == room.crisis
