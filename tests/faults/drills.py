"""A drill whose injects are all due at once: its files, its opening, what was played and told."""

import asyncio
import time
from collections import Counter
from pathlib import Path

from bot.core.drill import InjectPlayed
from bot.slack.drill_messages import DESK
from bot.wiring import House
from tests.double import Double
from tests.faults.nights import few_pages, key_of

PATIENCE = 90.0
SCENARIO = """\
id: essai
title: Essai
level: 1
summary: Un essai.
playbook: rancongiciel
duration: 1 h
opening: On signale un essai.
injects:
"""


def scenario(folder: Path, injects: int) -> Path:
    """The hospital's files with a scenario of so many injects, all due at once."""
    place = few_pages(folder) / "playbooks" / "exercices"
    place.mkdir()
    lines = (
        f"  - {{id: e{one}, title: E{one}, kind: appel, sender: S, text: T, at: 0 min}}\n"
        for one in range(injects)
    )
    (place / "essai.yaml").write_text(SCENARIO + "".join(lines), encoding="utf-8")
    return folder


def played(house: House) -> Counter[str]:
    """How often each inject stands in the journal, read from the store."""
    return Counter(
        fact.inject
        for row in house.store.crises()
        for fact, _ in house.service.facts(row.crisis)
        if isinstance(fact, InjectPlayed)
    )


async def opened(double: Double) -> None:
    """Open the drill as a person does."""
    await double.command("claire", "general", "/crise", "exercice essai")
    await double.wait(lambda one: one.view("claire") is not None, PATIENCE)
    await double.submit("claire", {"scenario": "essai"})


async def recorded(house: House, count: int) -> None:
    """Wait until so many injects stand in the journal."""
    until = time.monotonic() + PATIENCE
    while sum(played(house).values()) < count:
        assert time.monotonic() < until, played(house)
        await asyncio.sleep(0.01)


def desks(double: Double) -> list[str]:
    """The keys of the desks that stand in private conversations."""
    keys = [key_of(each) for one in double.world.channels.values() for each in double.posts(one.id)]
    return [one for one in keys if one.startswith(DESK)]
