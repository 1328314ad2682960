"""The buttons under an answer, offered as one choice where the answer fills a form."""

import pytest

from bot.slack import choices
from bot.slack.blocks import actions, button, section
from bot.slack.inbound import Touch
from bot.slack.values import Values, WrongField, carried

BLOCKS = [
    section("Une réponse"),
    actions(button("Ouvrir l'étape R05", "isoler", "open:step:isoler")),
    actions(button("Utile", '{"question": "zut"}', "rate:useful"),
            button("Pas la bonne réponse", '{"question": "zut"}', "open:rating")),
]  # fmt: skip


def sent(view: dict[str, object], choice: str) -> tuple[Touch, Values]:
    """The form as it comes back with that choice."""
    touch = Touch("U1", "", "", "view:V1", "t", text=str(view["private_metadata"]), action="choice")
    return touch, Values({"do": {"v": {"selected_option": {"value": choice}}}})


def test_each_choice_presses_the_button_that_it_stands_for() -> None:
    """What is pressed carries what the button carried, in the same crisis, as a delivery apart."""
    view = choices.offering("Réponse", BLOCKS, "2026-0001")
    element = view["blocks"][-1]["element"]
    labels = [one["text"]["text"] for one in element["options"]]
    pressed = [choices.pressed(*sent(view, one["value"])) for one in element["options"]]

    assert labels == ["Ouvrir l'étape R05", "Utile", "Pas la bonne réponse"]
    assert [(one.action, one.text) for one in pressed] == [
        ("open:step:isoler", "isoler"),
        ("rate:useful", '{"question": "zut"}'),
        ("open:rating", '{"question": "zut"}'),
    ]
    assert {carried(one.inside)["crisis"] for one in pressed} == {"2026-0001"}
    assert len({one.delivery for one in pressed} - {"view:V1"}) == 3


def test_nothing_chosen_is_asked_again_at_the_field() -> None:
    """A client that lets an empty choice through gets a sentence under it, and nothing is done."""
    view = choices.offering("Réponse", BLOCKS, "")

    with pytest.raises(WrongField) as wrong:
        choices.pressed(*sent(view, ""))

    assert wrong.value.block == view["blocks"][-1]["block_id"]


def test_an_answer_without_buttons_is_only_shown() -> None:
    """There is then nothing to choose, hence nothing to send."""
    view = choices.offering("Réponse", BLOCKS[:1], "")

    assert view["blocks"] == BLOCKS[:1]
    assert "submit" not in view


def test_an_answer_that_grows_keeps_its_choice_and_its_crisis() -> None:
    """What a model adds is shown above the same choice."""
    view = choices.offering("Réponse", BLOCKS, "2026-0001")
    grown = choices.again(view, [section("Une phrase de plus"), *BLOCKS])

    assert grown["blocks"][-1] == view["blocks"][-1]
    assert grown["private_metadata"] == view["private_metadata"]
    assert len(grown["blocks"]) == len(view["blocks"]) + 1
