"""What Tocsin says of its own accord: at its hour in a crisis, and outside of its channel."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import clockwork
from bot.config import Settings
from bot.core.crisis import Command
from bot.core.rhythm import RaiseBriefing
from bot.wiring import House

if TYPE_CHECKING:
    from bot.slack.beside import Beside
    from bot.slack.gateway import Gateway, Tempo


def commands(settings: Settings) -> tuple[Command, ...]:
    """What the loop raises in each open crisis when it is due."""
    every = timedelta(hours=settings.tocsin_briefing_hours)
    return (*clockwork.REMINDERS, RaiseBriefing(every, settings.wider_channel))


def beside(
    house: House,
    gateway: "Gateway",
    tempo: "Tempo",
    mine: Callable[[str], bool],
    fence: Callable[[], None],
) -> "Beside":
    """What goes to one person or to a wider channel, of the crises that are ours (``fence``)."""
    from bot.slack.arrival import arrivals
    from bot.slack.beside import Beside
    from bot.slack.briefings import letters
    from bot.slack.posted import Posted

    posted = Posted(house.store.engine, fence)
    sources = [arrivals(house.service.now), letters]
    return Beside(house.service, gateway, posted, sources, tempo, mine)
