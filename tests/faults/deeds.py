"""What people do on a night of the campaign: each deed takes a moment and remembers what was told.

Who presses a button sees the channel change; who types a line is answered in the acknowledgement.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from tests.double import Delivery
from tests.double.blocks import inner
from tests.double.state import Impossible
from tests.faults.nights import PEOPLE
from tests.faults.stage import Night

Act = Callable[[Night], Awaitable[None]]

STEPS = ("prendre-appel", "confirmer-rancongiciel", "alerter-cellule")
#: Ten people press at once: those of the cell, two of them twice.
TEN = (*PEOPLE.values(), "claire", "hugo")
QUESTIONS = (
    "faut-il éteindre les postes ?",
    "qui prévient la direction ?",
    "faut-il mettre les sauvegardes hors d'atteinte ?",
)


async def write(night: Night) -> None:
    """Three people write a line each, at once."""
    channel = night.somewhere()
    await asyncio.gather(*(night.line(night.somebody(), channel) for _ in range(3)))


async def press(night: Night) -> None:
    """Ten people type the same step at once."""
    channel, step = night.somewhere(), night.chance.choice(STEPS)
    presses = (night.double.command(one, channel, "/crise", f"prendre {step}") for one in TEN)
    night.answered += await asyncio.gather(*presses)


async def click(night: Night) -> None:
    """Ten people press the same button at once; it may be gone before the last of them."""
    channel = night.somewhere()
    shown = [
        (message.ts, element["action_id"])
        for message in night.double.posts(channel)
        for block in message.blocks
        for element in inner(block)
        if str(element.get("action_id", "")).startswith("say:take")
    ]
    if shown:
        ts, what = night.chance.choice(shown)
        await asyncio.gather(*(_click(night, one, channel, ts, what) for one in TEN))


async def _click(night: Night, person: str, channel: str, ts: str, what: str) -> None:
    with contextlib.suppress(Impossible):
        await night.double.click(person, channel, ts, what)


async def talk(night: Night) -> None:
    """Three people say something in the channel; one corrects what he said."""
    channel = night.somewhere()
    people = [night.somebody() for _ in range(3)]
    said = await asyncio.gather(*(_say(night, one, channel) for one in people))
    with contextlib.suppress(Impossible):
        text = f"Corrigé {said[0].ts}"
        await night.double.edit_message(people[0], channel, said[0].ts, text)


async def _say(night: Night, person: str, channel: str) -> Delivery:
    return await night.double.message(person, channel, f"Propos {night.new_line()}")


async def ask(night: Night) -> None:
    """Two people ask what the files say."""
    channel = night.somewhere()
    asked = night.chance.sample(QUESTIONS, 2)
    night.answered += await asyncio.gather(
        *(night.double.command(night.somebody(), channel, "/crise", f"question {one}")
          for one in asked)
    )  # fmt: skip


async def repeat(night: Night) -> None:
    """Slack sends again what it sent before, hours late for all anybody knows."""
    past = [one for one in night.sent.values() if one.envelope]
    for one in night.chance.sample(past, min(2, len(past))):
        await night.double.redeliver(one)


async def declare(night: Night) -> None:
    """Another crisis, whatever becomes of it while everything breaks."""
    if len(night.look()) < 3:
        person = night.somebody()
        night.double.views.stacks.clear()
        await night.double.command(person, "general", "/crise", "déclarer")
        if night.double.view(person) is not None:
            values = {"title": "Encore une", "when": "maintenant", "book": "rancongiciel"}
            await night.double.submit(person, values)


DEEDS: tuple[Act, ...] = (write, write, press, click, talk, ask, repeat, declare)
#: What goes on while something breaks.
MEANWHILE: tuple[Act, ...] = (write, talk, press, ask)
