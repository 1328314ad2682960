"""A patient named in a form: its author is warned in private, or the opening is refused."""

from typing import Any

from tests.slack.conftest import Night

NIR = "1 85 05 78 006 084 91"
WHAT = "un numéro de sécurité sociale"


def told(night: Night, user: str) -> str:
    """What the bot wrote to somebody in a conversation between the two."""
    person = night.double.world.user(user)
    said = night.double.channel_text(night.double.world.conversation([person.id]).id)
    return said.replace("\u00a0", " ")


async def test_each_form_that_names_a_patient_warns_its_author(night: Night) -> None:
    """A note, the proof of a step: recorded as always, and the author alone told how to erase."""
    await night.opened()
    forms: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("sami", "say:note", {"text": f"Patient {NIR}", "when": "maintenant"}),
        ("nadia", "say:note", {"kind": "decision", "text": f"Transférer {NIR}"}),
    )
    for user, button, values in forms:
        before = night.count
        await night.form(user, button)
        assert not (await night.double.submit(user, values)).errors
        await night.double.wait(lambda _, least=before: night.count > least, 20)  # type: ignore[misc]
        line = night.last()[1].seq
        await night.double.wait(lambda _, who=user: WHAT in told(night, who), 20)  # type: ignore[misc]
        assert f"/crise effacer {line}" in told(night, user)
    typed = await night.say(
        "paul", "champ effets_soins Dossier de Mme Durand née le 12/03/1954 perdu"
    )
    assert "consigné" in typed
    assert "/crise effacer" in await night.told("paul", "une date de naissance")
    assert WHAT not in told(night, "claire")
    assert NIR not in told(night, "sami")

    await night.form("eva", "say:note")
    await night.double.submit("eva", {"text": "Lit 4 transféré", "when": "maintenant"})
    await night.double.calm(0.3, 30)
    assert "identité de patient" not in told(night, "eva")


async def test_an_opening_that_names_a_patient_is_refused(night: Night) -> None:
    """It could never be erased: the form stays open, says why, and nothing is recorded."""
    refused = await night.declare(title=f"Appel de {NIR}")
    assert WHAT in str(refused.errors)
    assert "sans cela" in str(refused.errors)
    assert night.house.service.crises() == []
