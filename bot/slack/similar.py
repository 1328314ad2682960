"""The nearest past incidents, each with why it is near and one lesson; posted once."""

from collections.abc import Sequence

from bot.core.crisis import Crisis
from bot.library.corpus import IncidentCard, unmarked
from bot.slack.blocks import context, header, markdown, ours, section, user
from bot.slack.render import Message


#: Marks of sources, and the gaps that they leave before a full stop.
def message(crisis: Crisis, cards: Sequence[tuple[IncidentCard, str]]) -> Message | None:
    """The message, or ``None`` when no past incident resembles this one."""
    if not cards:
        return None
    start = "EXERCICE — " if crisis.exercise else ""
    blocks = [header(f"{start}D'autres hôpitaux y sont passés")]
    for card, why in cards:
        lesson = unmarked(card.lesson)
        blocks.append(section(f"*{user(card.title, 150)}*\n{markdown(lesson)}"))
        blocks.append(context(f"Pourquoi : {user(why, 200)} · `{user(card.path, 120)}`"))
    return Message("similar", ours(f"{start}Incidents passés proches de la crise."), blocks)
