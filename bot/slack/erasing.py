"""« /crise effacer » : two people read what would go before a text is taken away.

The first one names lines and gives reason and legal basis; the second one confirms.  Nobody erases
what was not in front of their eyes: when the lines that were typed are not those that were shown,
the form comes back with the right ones.

What a bot cannot take away is said to both, with the way to it: the message in Slack, which is its
author's, and the exports that were already made.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from bot.core.crisis import Command, Crisis, Erasure
from bot.core.documents import DocumentDrafted
from bot.core.erasable import Recorded, related, together
from bot.core.erasure import (
    AskErasure,
    ConfirmErasure,
    ErasureAsked,
    LinesErased,
    RefuseErasure,
    choice,
    require_eraser,
    waiting,
)
from bot.core.evidence import ExportMade
from bot.core.playbook import ErasureBasis
from bot.errors import OutsideService, Refused
from bot.grammar import fold
from bot.grammar.parsers import numbers
from bot.service import Done, Service
from bot.slack.blocks import Block, ours, section, user
from bot.slack.erasure_forms import (
    CONFIRM,
    LINES,
    ask_form,
    confirm_form,
    lines_form,
    remains,
    spelt,
    waits,
)
from bot.slack.gateway import Gateway
from bot.slack.modals import exercise, shown
from bot.slack.values import Values, WrongField

log = logging.getLogger(__name__)

_ANSWERS = ("confirmer", "refuser")
#: Addresses of messages that are asked of Slack.
_LINKS: Final = 5
_WITHIN: Final = 1.0
"""Seconds that Slack has for one: somebody waits for the form."""

Bases = Callable[[], Sequence[ErasureBasis]]


class Erasing:
    """Turn the word and its forms into forms and commands; raises ``Refused`` with a sentence."""

    def __init__(
        self, service: Service, gateway: Gateway, bases: Bases, named: frozenset[str]
    ) -> None:
        """``bases`` are those of the files today, ``named`` the people of the settings."""
        self._service = service
        self._gateway = gateway
        self._bases = bases
        self._named = named

    async def say(self, person: str, rest: str, crisis: Crisis) -> Block | Command:
        """The word as typed, or as a button carries it: a form to open, or a refusal to record."""
        require_eraser(crisis, person, self._named)
        first, _, tail = rest.partition(" ")
        word = fold(first)
        if word not in _ANSWERS:
            lines = numbers(rest)
            return await self._ask(crisis, lines) if lines else lines_form(crisis)
        number, _, reason = tail.strip().partition(" ")
        found = numbers(number)
        if len(found) != 1:
            raise Refused(f"Indiquez la ligne de la demande : « /crise effacer {word} 40 ».")
        asked = waiting(crisis, found[0])
        if word == "refuser":
            return RefuseErasure(asked.seq, reason, self._named)
        if asked.by.id == person:
            raise Refused("Vous avez fait cette demande : une deuxième personne doit confirmer.")
        return await self._confirm(crisis, asked)

    async def filled(
        self, name: str, values: Values, carries: Mapping[str, str], crisis: Crisis
    ) -> Block | Command:
        """What a form that was sent leads to: the next form, or the command."""
        if name == CONFIRM:
            return ConfirmErasure(int(carries["asked"]), self._named)
        lines = _typed(values)
        if name == LINES:
            return await self._ask(crisis, lines)
        chosen, _ = await self._found(crisis, lines)
        if carries.get("shown") != spelt(chosen):
            return await self._ask(crisis, lines, values)
        bases = {one.id: one for one in self._bases()}
        basis = bases.get(values.text("basis", next(iter(bases), "")))
        if basis is None:
            raise WrongField("basis", "Choisissez la base légale.")
        return AskErasure(lines, values.text("text"), basis, self._named)

    async def done(self, done: Done) -> Block | None:
        """What takes the place of the form once it is recorded; who had asked is told too."""
        if not done.facts:
            return None
        fact, stamp = done.facts[-1]
        crisis = done.crisis
        if isinstance(fact, ErasureAsked):
            return waits(crisis, crisis.erasures[stamp.seq])
        if not isinstance(fact, LinesErased):
            return None
        links = await self._links(crisis, fact)
        made = await asyncio.to_thread(copies, self._service, crisis.id, fact.lines[0].seq)
        blocks = remains(fact, stamp.seq, links, made, clean=self._service.clean)
        await self._tell(crisis, crisis.erasures[fact.asked], blocks)
        return shown("Effacé", blocks)

    # -- what would go ------------------------------------------------------------------------

    async def _found(
        self, crisis: Crisis, lines: Iterable[int]
    ) -> tuple[tuple[Recorded, ...], tuple[Recorded, ...]]:
        """What would go, and what else may hold the same; in a thread, for journals are long."""

        def look() -> tuple[tuple[Recorded, ...], tuple[Recorded, ...]]:
            history = tuple(self._service.facts(crisis.id))
            chosen = choice(crisis, history, tuple(lines))
            return chosen, related(history, chosen)

        return await asyncio.to_thread(look)

    async def _ask(
        self, crisis: Crisis, lines: Iterable[int], typed: Values | None = None
    ) -> Block:
        chosen, near = await self._found(crisis, lines)
        bases = self._bases()
        if not bases:
            raise Refused(
                "Aucune base légale d'effacement n'est écrite dans obligations.yaml. "
                "Demandez au DPO de les y mettre."
            )
        return ask_form(crisis, chosen, near, bases, typed)

    async def _confirm(self, crisis: Crisis, asked: Erasure) -> Block:
        history = await asyncio.to_thread(lambda: tuple(self._service.facts(crisis.id)))
        return confirm_form(crisis, asked, together(history, asked.lines))

    # -- what is left elsewhere -----------------------------------------------------------------

    async def _links(self, crisis: Crisis, fact: LinesErased) -> list[str]:
        """Where the messages still stand in Slack, as far as Slack says so in time."""
        standing = [one.ts for one in fact.messages if one.ts in crisis.messages]
        found = await asyncio.gather(*(self._link(crisis, one) for one in standing[:_LINKS]))
        return [one for one in found if one]

    async def _link(self, crisis: Crisis, ts: str) -> str:
        try:
            found = await self._gateway.call(
                "chat.getPermalink", within=_WITHIN, channel=crisis.channel, message_ts=ts
            )
        except OutsideService as away:
            log.warning("no address for a message: %s", away)
            return ""
        return str(found.get("permalink") or "")

    async def _tell(self, crisis: Crisis, asked: Erasure, blocks: list[Block]) -> None:
        """Write to who had asked; the channel says it too, so that a silence loses nothing."""
        text = ours(f"{exercise(crisis)}{user(crisis.title, 150)} : votre demande d'effacement.")
        try:
            await self._gateway.call(
                "chat.postMessage",
                within=_WITHIN,
                channel=asked.by.id,
                text=text,
                blocks=[section(text), *blocks],
                unfurl_links=False,
            )
        except OutsideService as away:
            log.warning("who asked for an erasure is not told: %s", away)


def copies(service: Service, crisis_id: str, first: int) -> tuple[list[int], list[int]]:
    """Entry numbers of the exports made since that line, and of the documents drafted."""
    later = list(service.facts(crisis_id, after=first))
    return (
        [stamp.seq for fact, stamp in later if isinstance(fact, ExportMade)],
        [stamp.seq for fact, stamp in later if isinstance(fact, DocumentDrafted)],
    )


def _typed(values: Values) -> tuple[int, ...]:
    """The numbers typed in a form, or ``WrongField``."""
    try:
        lines = numbers(values.text("lines"))
    except Refused as unread:
        raise WrongField("lines", unread.for_people()) from unread
    if not lines:
        raise WrongField("lines", "Indiquez les numéros : « 12 13 ».")
    return lines
