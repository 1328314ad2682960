"""Said away from the channel of a crisis: the way to the one that runs, for who may see it."""

from collections.abc import Iterable

from bot.core.crisis import Crisis
from bot.core.french import day_clock, joined
from bot.errors import Refused
from bot.slack.blocks import Block, context, ours, section, user
from bot.slack.home import visible
from bot.slack.reply import Reply

#: Crises named at once.
_NAMED = 3


def wrong_place(word: str, person: str, crises: Iterable[Crisis]) -> Reply:
    """Where a word of the cell is to be said; ``Refused`` when they may see nothing open."""
    place = f"« {word} » s'emploie dans le canal d'une crise."
    found = [one for one in crises if one.channel and visible(one, person)][:_NAMED]
    if not found:
        raise Refused(f"{place} Pour en ouvrir une : « /crise déclarer ».")
    ways = joined([_way(one) for one in found], "ou")
    return Reply(text=ours(place), blocks=[section(f"{place} Allez dans {ways}.")])


def already(person: str, crises: Iterable[Crisis]) -> list[Block]:
    """What the form that declares says first while a real crisis runs: it may be the same one."""
    found = [one for one in crises if one.is_open and not one.exercise][:_NAMED]
    return [
        context(
            f"⚠️ *Une crise est déjà ouverte* : {_told(one, person)}. "
            "Si c'est la même, n'en déclarez pas une autre : fermez ce formulaire."
        )
        for one in found
    ]


def _told(one: Crisis, person: str) -> str:
    """Its number and since when; what it is and where, for who may see it."""
    since = f"{one.id}, depuis {day_clock(one.opened_at, one.zone)}"
    if not visible(one, person):
        return since
    return f"{since}, « {user(one.title, 150)} »{f', {_way(one)}' if one.channel else ''}"


def _way(one: Crisis) -> str:
    return f"<#{one.channel}>"
