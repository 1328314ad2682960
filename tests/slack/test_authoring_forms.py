"""What the authors' forms give back, from clients that enforce nothing or draw fields small."""

from typing import Any

import pytest

from bot.slack import authoring_forms as forms
from bot.slack.authoring_shelf import read_version
from bot.slack.values import Values, WrongField

HELD = {
    "title": "Couper les accès",
    "role": "dsi",
    "text": "- **Débranchez** le câble.\n- Notez l'heure.\n- Prévenez la direction.\n",
    "evidence": ["photo de la baie", "heure de coupure"],
}


def sent(**typed: str) -> Values:
    """The values of a form in which this was typed or chosen."""
    state: dict[str, Any] = {block: {"v": {"value": value}} for block, value in typed.items()}
    return Values(state)


@pytest.mark.parametrize("missing", ["title", "text", "role"])
def test_what_a_new_step_lacks_is_said_at_its_field(missing: str) -> None:
    """A client that lets an empty field through gets the sentence under that very field."""
    typed = {"title": "Appeler", "text": "- Appelez.", "role": "dsi"}
    del typed[missing]

    with pytest.raises(WrongField) as wrong:
        forms.read_words(sent(**typed), {})

    assert wrong.value.block == missing


def test_a_version_is_to_be_chosen() -> None:
    """The same for the list of versions."""
    with pytest.raises(WrongField) as wrong:
        read_version(sent())

    assert wrong.value.block == "version"


def test_lines_that_a_client_ran_together_are_lines_again() -> None:
    """A field of one line gives back a text without its ends of line: each dash finds its own."""
    typed = "- **Débranchez** vite le câble.- Notez l'heure, à la minute.- Prévenez la direction."
    proofs = "- photo de la baie, datée- heure de coupure"
    words = forms.read_words(sent(text=typed, evidence=proofs), HELD)

    assert str(words["text"]).splitlines() == [
        "- **Débranchez** vite le câble.",
        "- Notez l'heure, à la minute.",
        "- Prévenez la direction.",
    ]
    assert words["evidence"] == ["photo de la baie, datée", "heure de coupure"]


@pytest.mark.parametrize(
    "typed",
    [
        "- Débranchez tout.\n- Notez l'heure. - Prévenez la direction.",
        "Débranchez le câble puis notez l'heure.",
    ],
)
def test_what_was_typed_on_purpose_stays_as_it_was_typed(typed: str) -> None:
    """Lines of one's own, or a text that no longer has the dashes: nothing is broken anew."""
    words = forms.read_words(sent(text=typed), HELD)

    assert str(words["text"]).strip() == typed
