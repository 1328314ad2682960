"""The handover as two tired people do it: the sheet, the proposal, the button of the other one."""

from bot.core.handover import HandoverDropped, HandoverProposed, HandoverTaken
from tests.slack.conftest import Night


async def test_one_passes_it_on_and_the_other_takes_it(night: Night) -> None:
    """The sheet in private, then in the thread of the proposal; only the one named may take it."""
    await night.opened()
    await night.say("eva", "fait R01 vu à 3 h")
    await night.say("claire", "décision Couper Internet")
    await night.say("claire", "prendre R03")
    sheet = await night.say("claire", "relève")
    for words in ("# Feuille de relève", "*Décidé*", "*Fait*", "*Délais*", "*Qui tient quoi*"):
        assert words in sheet
    assert "*Vous tenez* : « Direction de crise », « R03" in sheet

    assert "Enregistré" in await night.say("claire", "relève <@U07EVA>")
    proposal, stamp = night.last()
    assert isinstance(proposal, HandoverProposed)
    shown = await night.shown("*Relève proposée* à <@U07EVA> par Claire Exemple")
    assert "« Direction de crise »" in shown
    await night.shown("# Feuille de relève")
    posts = night.double.posts(night.channel)
    root = next(one for one in posts if f"say:handover:take:{stamp.seq}" in repr(one.blocks))
    assert [one.thread_ts for one in posts if "Feuille de relève" in repr(one.blocks[:1])] == [
        root.ts
    ]

    await night.press("bruno.t", f"say:handover:take:{stamp.seq}")
    await night.told("bruno.t", "cette personne seule la prend")
    await night.press("eva", f"say:handover:take:{stamp.seq}")
    taken, _ = night.last()
    assert isinstance(taken, HandoverTaken)
    assert [one.name for one in night.crisis.roles["directeur-crise"]] == ["Éva Maquette"]
    await night.shown("✅ *Relève prise* par Éva Maquette")
    await night.shown("Relève de Claire Exemple prise : « Direction de crise »")


async def test_a_proposal_chosen_in_the_list_can_be_cancelled(night: Night) -> None:
    """The list under the sheet carries the line that one would type; cancelling says who did."""
    await night.opened()
    await night.say("claire", "relève <@U02BRUNO>")
    (fact, stamp) = night.last()
    assert isinstance(fact, HandoverProposed)
    assert "Écrivez « relève @prénom », seul" in await night.say(
        "diane", "relève <@U02BRUNO> surveiller le PRA"
    )
    await night.press("claire", f"say:handover:drop:{stamp.seq}")
    assert night.last()[0] == HandoverDropped(stamp.seq)
    await night.shown("➖ *Relève annulée* par Claire Exemple")
    assert "déjà annulée" in await night.say("bruno.t", f"relève prendre {stamp.seq}")
