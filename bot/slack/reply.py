"""What a person gets back from a touch, as plain data for the edge to send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.slack.answers import More
from bot.slack.blocks import Block


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person gets back: a private text, a form to open, or errors under a form.

    The form that a sent form opens goes on top of it.
    """

    text: str = ""
    blocks: Sequence[Block] = ()
    form: Block | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    instead: Block | None = None
    """A view that takes the place of the form that was sent."""
    failed: bool = False
    """Whether it is worth sending again: something was away, nothing was refused."""
    more: More | None = None
    """What may still be added to the blocks."""
