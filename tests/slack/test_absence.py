"""An absence in the channel, and the warning under a seat that one person doubles."""

from bot.core.absence import HolderAway, HolderBack
from bot.core.people import RoleGiven
from tests.slack.conftest import Night


async def test_an_absence_calls_the_deputy_who_takes_the_seat(night: Night) -> None:
    """The notice mentions who stands in; one press takes the role; a return is told."""
    await night.opened()
    await night.say("bruno.t", "prendre R03")
    await night.say("sami", "absent <@U03DIANE>")
    fact, stamp = night.last()
    assert isinstance(fact, HolderAway)
    shown = await night.shown("*Diane Fictive est indisponible*")
    assert "*Délégué à la protection des données* :" in shown
    assert "Diane Fictive (indisponible)" in await night.say("sami", "rôles")
    await night.press("hugo", "say:role:dpo")
    given, _ = night.last()
    assert isinstance(given, RoleGiven)
    assert given.to.id == "U04HUGO"
    await night.say("sami", "présent <@U03DIANE>")
    assert isinstance(night.last()[0], HolderBack)
    await night.shown("Diane Fictive est de retour.")
    assert stamp.seq < night.crisis.seq


async def test_two_seats_in_one_hand_are_warned_of_and_allowed(night: Night) -> None:
    """Who decides and keeps the log is given both seats, with the warning under the notice."""
    await night.opened()
    await night.say("sami", "rôle directeur-crise <@U01CLAIRE>")
    await night.say("sami", "rôle main-courante <@U01CLAIRE>")
    shown = await night.shown("deux personnes vaudraient mieux")
    assert "« Tenue de la main courante »" in shown
    assert night.crisis.roles_of("U01CLAIRE") == ("directeur-crise", "main-courante")
    assert "deux personnes vaudraient mieux" in await night.say("sami", "rôles")
