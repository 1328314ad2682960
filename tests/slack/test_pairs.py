"""A step « à deux personnes » in the channel: one agreement is shown, a second one ends it."""

from bot.core.pairs import StepAgreed
from bot.core.steps import StepCompleted, StepReopened
from tests.slack.conftest import Night, words

STEP = "couper-liens"


async def test_two_people_end_a_step_that_asks_for_two(night: Night) -> None:
    """The card says who agreed and what is missing; the same person is refused, another ends it."""
    await night.opened()
    await night.say("bruno.t", "réponse liens-tiers oui")
    for before in ("R01", "R02 Rançongiciel confirmé vu"):
        await night.say("eva", f"fait {before}")
    first = await night.say("bruno.t", "fait R07 liens coupés à 3 h 20")
    assert isinstance(night.last()[0], StepAgreed), first
    assert "premier accord" in await night.shown("premier accord")
    shown = await night.shown("*1er accord* : Bruno Modèle")
    assert "Il faut une 2e personne : « Je confirme »" in shown
    await night.shown("1 à confirmer à deux")

    view = await night.form("bruno.t", f"open:done:{STEP}")
    assert "1er accord" in words(view)
    again = await night.double.submit("bruno.t", {})
    assert "une autre personne doit confirmer" in again.errors["text"]
    await night.double.close_view("bruno.t")

    view = await night.form("eva", f"open:step:{STEP}")
    assert "Je confirme, en 2e personne" in words(view)
    await night.double.submit("eva", {"do": "reopen", "text": "pas encore vérifié"})
    assert night.last()[0] == StepReopened(STEP, "pas encore vérifié")

    await night.say("bruno.t", "fait R07 vérifié")
    await night.shown("*1er accord* : Bruno Modèle")
    view = await night.form("eva", f"open:done:{STEP}")
    assert "confirmez seulement ce que vous avez vérifié vous-même" in words(view)
    await night.double.submit("eva", {})
    assert night.last()[0] == StepCompleted(STEP, "", "vérifié")
    await night.shown("✅ fait par Éva Maquette")
