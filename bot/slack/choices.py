"""What the buttons under an answer do, offered as one choice in a form.

Not every client sends a button that is pressed within a form; all of them send what was chosen.  An
answer that took the place of its form therefore asks « Et maintenant ? »: each choice stands for a
button, and sending the form presses it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from bot.slack.blocks import Block, field, modal, option, radio, section, user
from bot.slack.inbound import Touch
from bot.slack.modals import shown
from bot.slack.reply import Reply
from bot.slack.values import Values, WrongField, carried, metadata

#: Callback of a form whose choices stand for buttons.
FORM: Final = "choice"
_FIELD: Final = "do"


def offering(title: str, blocks: Iterable[Block], crisis: str) -> Block:
    """A view of these blocks, with a choice in the place of their buttons; ``crisis`` is its id."""
    held = list(blocks)
    buttons = {(one["action_id"], one["value"]): one for one in _buttons(held)}
    kept = [one for one in held if one["type"] != "actions"]
    if not buttons:
        return shown(title, kept, metadata(crisis=crisis))
    choices = [option(one["text"]["text"], str(n)) for n, one in enumerate(buttons.values())]
    values = list(dict.fromkeys(value for _, value in buttons))
    presses = {
        str(n): f"{values.index(value)} {action}" for n, (action, value) in enumerate(buttons)
    }
    kept.append(field(_FIELD, "Et maintenant ?", radio("v", choices)))
    meta = metadata(crisis=crisis, **presses, **{f"value{n}": one for n, one in enumerate(values)})
    return modal(FORM, title, kept, submit="Continuer", metadata=meta)


def again(view: Block, blocks: Iterable[Block]) -> Block:
    """The same view when its answer has grown."""
    told = carried(view["private_metadata"])
    return offering(view["title"]["text"], blocks, told.get("crisis", ""))


def pressed(touch: Touch, values: Values) -> Touch:
    """The press that the choice stands for; ``WrongField`` when nothing was chosen."""
    told = carried(touch.text)
    place, _, action = told.get(values.text(_FIELD), "").partition(" ")
    if not action:
        raise WrongField(_FIELD, "Choisissez ce que vous voulez faire.")
    return replace(
        touch,
        text=told.get(f"value{place}", ""),
        action=action,
        inside=metadata(crisis=told.get("crisis", "")),
        # The form was sent once already, when it asked the question.
        delivery=f"{touch.delivery}:{action}",
    )


def told(reply: Reply) -> Reply:
    """What the press gave, on top of the answer."""
    if reply.form is not None:
        return reply
    return Reply(text=reply.text, form=shown("C'est noté", [section(user(reply.text, 1000))]))


def _buttons(blocks: Iterable[Block]) -> Iterator[Block]:
    return (one for block in blocks if block["type"] == "actions" for one in block["elements"])
