"""The nearest past incidents, each with why it is near and one lesson.

One message of the channel, posted once the library is read, and updated in place when what the
cell learns brings other incidents up: nobody is called for it, and nothing is added below.
"""

from collections.abc import Sequence

from bot.core.crisis import Crisis
from bot.library.corpus import IncidentCard, unmarked
from bot.slack.blocks import context, header, markdown, ours, section, user
from bot.slack.render import Message

_YES = "oui"


def known_of(crisis: Crisis) -> str:
    """What is known of a crisis by now, as the words by which past incidents are compared."""
    asked = (crisis.plan.question(one) for one, said in crisis.answers.items() if said == _YES)
    return " ".join(
        (
            crisis.title,
            crisis.noticed_how,
            *crisis.sites,
            *crisis.services,
            *(one.ask for one in asked if one is not None),
            *(line.text for line in crisis.lines if not line.corrections),
        )
    )


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
    blocks.append(context("Ce message suit ce que la cellule apprend : notes, réponses, services."))
    text = ours(f"{start}Incidents passés proches de la crise.")
    return Message("similar", text, blocks, live=True)
