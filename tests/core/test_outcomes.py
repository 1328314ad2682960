"""How a duty ends: what proves it, who advised, who decided, in which case, why so late."""

from dataclasses import replace

import pytest

from bot.core.board import board
from bot.core.crisis import Actor
from bot.core.deadlines import deadline, is_late
from bot.core.duties import (
    DelayExplained,
    DutySettled,
    ExplainDelay,
    GiveOpinion,
    OpinionGiven,
    SettleDuty,
)
from bot.core.files import SharedFile
from bot.core.instants import RecordInstant
from bot.core.opening import OpenCrisis
from bot.core.playbook import Status
from bot.errors import Refused
from bot.sentences import tell
from tests.core.plans import START, H, Room, real_plan

CNIL = "cnil-initiale"
DPO = Actor("U03DIANE", "Diane Fictive", "Délégué à la protection des données")
DIRECTOR = Actor("U01CLAIRE", "Claire Exemple", "Direction de crise")


def room(status: Status = "eps") -> Room:
    """A crisis whose breach of data is known since its opening."""
    plan = real_plan()
    there = replace(plan.establishment, status=status)
    found = Room()
    found.does(OpenCrisis("Rançon", replace(plan, establishment=there), START))
    found.does(RecordInstant("t_dp", START))
    return found


def test_the_opinion_stays_apart_from_the_decision() -> None:
    """The DPO advises one thing, the director decides another: two entries, both kept."""
    night = room()
    given = night.does(GiveOpinion(CNIL, "À notifier : données de santé."), by=DPO)
    assert given == (OpinionGiven(CNIL, "À notifier : données de santé."),)
    night.does(SettleDuty(CNIL, "not_due", "Contraire à l'avis", "sans-risque"), by=DIRECTOR)
    opinion, decision = night.crisis.opinions[CNIL], night.crisis.duties[CNIL]
    assert (opinion.by, decision.by) == (DPO, DIRECTOR)
    assert decision.condition == "sans-risque"
    with pytest.raises(Refused, match="Il manque l'avis"):
        night.does(GiveOpinion(CNIL, "  "), by=DPO)


def test_a_case_that_the_file_does_not_list_is_refused() -> None:
    """Which case is chosen is a case of the text, or said in words under « autre »."""
    night = room()
    with pytest.raises(Refused, match="Cas inconnu"):
        night.does(SettleDuty(CNIL, "not_due", "Raison", "lundi"))
    night.does(SettleDuty(CNIL, "not_due", "Raison", "autre"))
    assert night.crisis.duties[CNIL].condition == "autre"


def test_what_is_sent_late_is_sent_with_its_reasons() -> None:
    """Late is still due; the reasons are an entry of their own, asked of nothing in time."""
    night = room()
    with pytest.raises(Refused, match="n'est pas en retard"):
        night.does(ExplainDelay(CNIL, "Serveurs éteints"))
    night.wait(80 * H)
    facts = night.does(SettleDuty(CNIL, "sent", "récépissé 77", late="Serveurs éteints"))
    assert [type(one) for one in facts] == [DelayExplained, DutySettled]
    duty = night.crisis.plan.duty(CNIL)
    assert duty is not None
    assert is_late(deadline(duty, night.crisis, night.now))
    assert night.crisis.delays == {CNIL: "Serveurs éteints"}


def test_a_receipt_that_is_a_file_needs_no_words() -> None:
    """The file proves it; its name is told, and what replaces a duty is told by its title."""
    night = room()
    receipt = SharedFile("F1", "accuse.pdf", "application/pdf", 1200)
    (settled,) = night.does(SettleDuty(CNIL, "sent", "", receipts=(receipt,)))
    assert night.crisis.duties[CNIL].receipts == ("F1",)
    assert "pièce accuse.pdf" in tell(settled, night.crisis.plan)
    (other,) = night.does(SettleDuty("plainte", "replaced", "Lettre", replaced_by="procureur"))
    assert "remplacée par « Aviser le procureur" in tell(other, night.crisis.plan)
    with pytest.raises(Refused, match="Obligation inconnue"):
        night.does(SettleDuty("registre-violations", "replaced", "x", replaced_by="nulle-part"))


@pytest.mark.parametrize(
    ("status", "standing"), [("eps", "waiting"), ("espic", "void"), ("clinique", "void")]
)
def test_the_prosecutor_concerns_public_hospitals_only(status: Status, standing: str) -> None:
    """The step of article 40 is there for a public hospital and without object for others."""
    night = room(status)
    shown = {one.step.id: one.standing for one in board(night.crisis, night.now).steps}
    assert shown["aviser-procureur"] == standing
    duties = {one.duty.id for one in board(night.crisis, night.now).deadlines}
    assert ("procureur" in duties) is (status == "eps")
