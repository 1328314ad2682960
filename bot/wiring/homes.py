"""The Homes, joined: who sees which part, and where each part comes from."""

import asyncio
from datetime import date
from typing import TYPE_CHECKING

from bot.core.board import board
from bot.core.rights import is_author
from bot.errors import OutsideService
from bot.library.editing import later
from bot.paper.files import last_kit
from bot.wiring import House

if TYPE_CHECKING:
    from bot.slack.audit import Auditors
    from bot.slack.blocks import Block
    from bot.slack.gateway import Gateway, Tempo
    from bot.slack.home import Homes


def homes(house: House, gateway: "Gateway", tempo: "Tempo") -> "Homes":
    """The Homes of this house, drawn from its journal, its files and its settings."""
    from bot.slack.audit import Auditors
    from bot.slack.blocks import context
    from bot.slack.home import AWAY, Homes, home_view, visible

    auditors = Auditors(house.settings.auditors, gateway, asyncio.get_running_loop().time)

    async def draw(person: str) -> "Block":
        # From memory: a Home is shown at once, whatever becomes of the database.
        crises, now = house.service.known(), house.service.now()
        boards = [board(one, now) for one in crises if visible(one, person)]
        more = await _more(house, person, auditors)
        found = [context(AWAY), *more] if house.service.away else more
        return home_view(person, boards, len(house.shelf.faults), found)

    return Homes(house.service, gateway, draw, tempo.waits[0])


async def _more(house: House, person: str, auditors: "Auditors") -> "list[Block]":
    """What this person sees beside the crises: as one of the house, as author, as auditor."""
    from bot.slack.drill_messages import home_blocks
    from bot.slack.home import auditor_blocks, author_blocks, calm_blocks, last_drill

    plans = house.plans.values()
    author = any(is_author(one, person, house.settings.authors) for one in plans)
    auditor = await _audits(auditors, person)
    found: list[Block] = []
    crises = house.service.known()
    calm = not any(one.is_open and not one.exercise for one in crises)
    inside = author or auditor or any(one.slack == person for one in house.people())
    if inside and calm:
        kit = await asyncio.to_thread(last_kit, house.settings.tocsin_data_dir)
        found.append(calm_blocks(last_drill(crises), _check(house), kit))
    if inside and (calm or any(one.is_open and one.exercise for one in crises)):
        found += home_blocks(person, crises, house.service.now())
    if author:
        listed = [(one.playbook.title, one.playbook.version) for one in plans]
        found += author_blocks(listed, house.shelf.faults)
    if auditor:
        found += auditor_blocks(house.service.known())
    return found


async def _audits(auditors: "Auditors", person: str) -> bool:
    """Whether they audit; while Slack does not tell of a group, they are shown no more."""
    try:
        return await auditors.has(person)
    except OutsideService:
        return False


def _check(house: House) -> tuple[date, str] | None:
    """By when which duty is to be checked again first."""
    plan = next(iter(house.plans.values()), None)
    duties = plan.obligations.duties if plan else ()
    first = min(duties, key=lambda one: one.checked, default=None)
    return (later(first.checked), first.title) if first else None
