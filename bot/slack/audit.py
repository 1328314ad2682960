"""The auditors' desk: list the crises, read, export and verify a journal, from anywhere in Slack.

A crisis is named by its number; what is asked here comes back to the person alone, never into the
channel where they happen to be.  Everything is recorded in the journal that it concerns.  Whoever
is of the cell of a crisis may ask the same of it.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from bot.core.audit import Consulted, RecordConsultation, RecordVerification
from bot.core.crisis import Crisis
from bot.core.french import full_clock
from bot.core.rights import AUDIT, Standing, require
from bot.errors import JournalBroken, OutsideService
from bot.grammar import Word, fold, split
from bot.journal.entry import GENESIS, export_line
from bot.journal.report import Report
from bot.journal.verify import verify_lines
from bot.sentences import ANCHORS
from bot.service import Ask, Service
from bot.slack.blocks import Block, context, escape, header, paragraphs, section, user
from bot.slack.directory import Directory
from bot.slack.exporting import Exporter
from bot.slack.gateway import Gateway
from bot.slack.inbound import Touch
from bot.slack.log_pages import numbered
from bot.slack.texts import journal_blocks

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"(?:EX-)?\d{4}-\d{4,6}")
_GROUP: Final = "S"
"""First letter of the id of a user group."""
_LISTED: Final = 20
_TAIL: Final = 12
_CONFIRMED: Final = 300.0
"""Seconds for which the members of a group are believed; who leaves it loses the access then."""
_WITHIN: Final = 1.5
"""Seconds that Slack is given to tell them all: somebody waits for an acknowledgement."""
_AGAIN: Final = 15.0
"""Seconds for which Slack, once it did not tell, is not asked again."""


class Auditors:
    """Who is an auditor: people and user groups of the setting."""

    def __init__(self, ids: Iterable[str], gateway: Gateway, time: Callable[[], float]) -> None:
        """Keep the ids; ``time`` is a clock in seconds that never goes back."""
        self._people = frozenset(one for one in ids if not one.startswith(_GROUP))
        self._groups = tuple(one for one in ids if one.startswith(_GROUP))
        self._gateway = gateway
        self._time = time
        self._members: frozenset[str] = frozenset()
        self._until = self._silent_until = float("-inf")

    async def has(self, person: str) -> bool:
        """Whether this person is one; ``OutsideService`` when Slack cannot tell of a group."""
        if person in self._people:
            return True
        if self._groups and self._time() >= self._until:
            self._members = await self._asked()
            self._until = self._time() + _CONFIRMED
        return person in self._members

    async def _asked(self) -> frozenset[str]:
        """The members of every group; a silence is remembered, so that not everybody waits."""
        if self._time() < self._silent_until:
            raise OutsideService("Slack", detail="user groups were not told a moment ago")
        try:
            async with asyncio.timeout(_WITHIN):
                calls = (
                    self._gateway.call("usergroups.users.list", usergroup=group)
                    for group in self._groups
                )
                found = await asyncio.gather(*calls)
        except (OutsideService, TimeoutError) as away:
            self._silent_until = self._time() + _AGAIN
            raise OutsideService("Slack", detail="user groups are not told") from away
        return frozenset(one for each in found for one in each.get("users") or ())


class Desk:
    """Answer the words of an audit; every method raises ``TocsinError`` with a sentence."""

    def __init__(
        self, service: Service, directory: Directory, exporter: Exporter, auditors: Auditors
    ) -> None:
        """Join the journal, the people, the export and the list of auditors."""
        self._service = service
        self._directory = directory
        self._exporter = exporter
        self._auditors = auditors
        self._seen: set[tuple[str, str]] = set()
        """Crisis and person: who touched something in its channel."""

    async def say(
        self, touch: Touch, word: Word, here: Crisis | None
    ) -> tuple[str, list[Block]] | None:
        """The answer to a word of an audit, or ``None`` when it is for the channel ``here``.

        Refuses a word to somebody who may not use it.
        """
        if word.name == "audit":
            return await self._list(touch)
        named = await self._named(touch, word)
        if named is None and here is None and not word.anywhere:
            return None  # told where the word makes sense
        standings = await self._standings(touch, named or here)
        require(word.name, standings)
        crisis = named or (here if "cell" not in standings else None)
        if crisis is None or word.name not in AUDIT:
            return None
        return await self._answer(touch, word, crisis)

    async def _answer(self, touch: Touch, word: Word, crisis: Crisis) -> tuple[str, list[Block]]:
        if word.name == "exporter":
            return await self.export(touch, crisis, touch.person), []
        if word.name == "vérifier":
            return "Vérification", await self.verify(touch, crisis)
        return "Main courante", await self._read(touch, crisis)

    async def in_channel(
        self, touch: Touch, name: str, rest: str, crisis: Crisis
    ) -> tuple[str, list[Block]]:
        """The same for the cell, in the channel: « exporter en privé » sends the file to one."""
        if name == "vérifier":
            return "Vérification", await self.verify(touch, crisis)
        to = touch.person if "prive" in fold(rest) else ""
        return await self.export(touch, crisis, to), []

    async def act(self, touch: Touch, crisis: Crisis | None) -> None:
        """Refuse to record what somebody wants done who only audits, or is not of the cell."""
        require("note" if crisis else "déclarer", await self._standings(touch, crisis))

    async def look(self, touch: Touch, crisis: Crisis | None) -> None:
        """Refuse a form or a list of a crisis to who is neither of its cell nor an auditor.

        Slack is not asked about who stands in the channel: a form must open within seconds.
        """
        if crisis is not None and not self._of_cell(touch, crisis, auditor=False):
            require("journal", await self._standings(touch, crisis))

    async def _named(self, touch: Touch, word: Word) -> Crisis | None:
        """The crisis that an audit word names by its number."""
        number = split(touch.text)[1].partition(" ")[0]
        if word.name not in AUDIT or not _NUMBER.fullmatch(number.upper()):
            return None
        return await asyncio.to_thread(self._service.require, number)

    async def _standings(self, touch: Touch, crisis: Crisis | None) -> frozenset[Standing]:
        """What this person is to the crisis; the door of its channel is kept by Slack."""
        auditor = await self._is_auditor(touch.person)
        found: set[Standing] = {"auditor" if auditor else "outsider"}
        if crisis is None and self._directory.ours(touch.person):
            found.add("outsider")
        if crisis is not None and self._of_cell(touch, crisis, auditor=auditor):
            found.add("cell")
        return frozenset(found)

    async def _is_auditor(self, person: str) -> bool:
        """Whether they are; nobody is kept from a crisis because Slack does not answer."""
        try:
            return await self._auditors.has(person)
        except OutsideService as away:
            log.warning("auditors unknown for now: %s", away)
            return False

    def _of_cell(self, touch: Touch, crisis: Crisis, *, auditor: bool) -> bool:
        """Of the cell: named in the establishment's file, holder of a role, or in the channel.

        An auditor who only looks on from the channel is not.
        """
        person = touch.person
        named = any(one.slack == person for one in crisis.plan.establishment.people)
        if named or crisis.roles_of(person) or person in _openers(crisis):
            return True
        return self._is_inside(touch, crisis) and not auditor

    def _is_inside(self, touch: Touch, crisis: Crisis) -> bool:
        """Whether they are in the channel; a form does not say from where it was opened.

        Who touched something there a moment ago is, although the log may not know it yet; who has
        left since is not.
        """
        seen = (crisis.id, touch.person)
        if touch.channel and touch.channel == crisis.channel:
            self._seen.add(seen)
            return True
        left = touch.person in crisis.moves
        return touch.person in crisis.members or (seen in self._seen and not left)

    # -- what an auditor does -----------------------------------------------------------------

    async def _list(self, touch: Touch) -> tuple[str, list[Block]]:
        """Every crisis, the newest first; each journal knows that it was listed."""
        if not await self._auditors.has(touch.person):
            require("audit", frozenset({"outsider"}))
        crises = await asyncio.to_thread(self._service.crises)
        shown = crises[::-1][:_LISTED]
        for crisis in shown:
            await self._consulted(touch, crisis, "list")
        broken = [f"• ⛔ *{one}* : {JournalBroken.usual}" for one in sorted(self._service.broken)]
        lines = [*broken, *(f"• {_line(one)}" for one in shown)]
        lines = lines or ["Aucune crise n'a été ouverte."]
        if len(crises) > len(shown):
            lines.append(f"… et {len(crises) - len(shown)} plus anciennes, lisibles par numéro.")
        return "Crises", [
            header("Crises et exercices"),
            *paragraphs(lines),
            context(
                "Ensuite, suivis d'un numéro : `/crise journal`, `/crise exporter`, "
                "`/crise vérifier`. Vos consultations sont consignées."
            ),
        ]

    async def _read(self, touch: Touch, crisis: Crisis) -> list[Block]:
        """A page of the journal, its last lines or those from a number on."""
        start = split(touch.text)[1].rpartition(" ")[2]
        await self._consulted(touch, crisis, "journal")
        asked = numbered(start)
        first = asked or crisis.seq - _TAIL + 1
        facts = self._service.facts(crisis.id, after=max(0, first - 1))
        page = await asyncio.to_thread(lambda: list(islice(facts, _TAIL)))
        blocks = journal_blocks(crisis, page, first=bool(asked))
        if page and page[-1][1].seq < crisis.seq:
            after = page[-1][1].seq + 1
            blocks.append(context(f"La suite : `/crise journal {crisis.id} {after}`."))
        return blocks

    async def _consulted(self, touch: Touch, crisis: Crisis, what: Consulted) -> None:
        actor = self._directory.actor(touch.person, crisis)
        delivery = f"{touch.delivery}:{crisis.id}"
        await self._service.handle(Ask(crisis.id, actor, RecordConsultation(what), delivery))

    async def export(self, touch: Touch, crisis: Crisis, to: str = "") -> str:
        """The bundle, in the channel of the crisis or by direct message to this person."""
        actor = self._directory.actor(touch.person, crisis)
        name = await self._exporter.export(crisis, actor, touch.delivery, to=to)
        where = "en message privé" if to else "dans le canal"
        kind = "EXERCICE — " if crisis.exercise else ""
        return f"{kind}Main courante exportée {where} : {name}. L'export est consigné."

    async def verify(self, touch: Touch, crisis: Crisis) -> list[Block]:
        """What a verification of the journal finds now, in plain French."""
        report = await asyncio.to_thread(verified, self._service, crisis)
        fault = report.fault.message if report.fault else ""
        command = RecordVerification(report.entries, report.head or GENESIS, report.ok, fault)
        actor = self._directory.actor(touch.person, crisis)
        await self._service.handle(Ask(crisis.id, actor, command, touch.delivery))
        return report_blocks(crisis, report)


def _openers(crisis: Crisis) -> frozenset[str]:
    """Who opened the crisis, and who conducts and observes the drill that it is."""
    opener = {crisis.opened.actor.id} if crisis.opened else set()
    drill = crisis.drill
    return frozenset(opener | ({drill.animator, *drill.observers} if drill else set()))


def verified(service: Service, crisis: Crisis) -> Report:
    """Verify the journal as it stands in the store; one that cannot be read is a fault, too."""
    broken: list[JournalBroken] = []

    def lines() -> Iterator[bytes]:
        try:
            for entry in service.entries(crisis.id):
                yield export_line(entry).encode() + b"\n"
        except JournalBroken as error:
            broken.append(error)
            yield b"\x00\n"  # read as what it is: a line that nobody can read

    report = verify_lines(lines())
    if broken:
        log.error("journal of %s: %s", crisis.id, broken[0])
    return report


def report_blocks(crisis: Crisis, report: Report) -> list[Block]:
    """A report as the room reads it: the verdict, what it rests on, what to do, what it is not."""
    kind = "EXERCICE — " if crisis.exercise else ""
    if report.fault is not None:
        return [
            header(f"{kind}Main courante {crisis.id} : défaut"),
            section(
                f"⛔ La vérification s'arrête après la ligne {report.entries}. "
                f"{user(report.fault.message, 500)}"
            ),
            section(
                "*À faire*\n• N'effacez et ne réparez rien : copiez la base et les exports.\n"
                "• Prévenez le RSSI et le juridique.\n"
                "• Comparez avec un export ou un point de contrôle gardé à l'extérieur."
            ),
        ]
    limits = [f"• {escape(one)}" for one in report.limits]
    return [
        header(f"{kind}Main courante {crisis.id} : conforme"),
        *paragraphs(_sound(crisis, report)),
        context("*Ce que cela ne prouve pas*\n" + "\n".join(limits)),
    ]


def _sound(crisis: Crisis, report: Report) -> list[str]:
    """What holds: the lines, the last checkpoint, where it was put."""
    zone = crisis.zone
    span = ""
    if report.first_time and report.last_time:
        first, last = full_clock(report.first_time, zone), full_clock(report.last_time, zone)
        span = f", du {first} au {last}"
    lines = [
        f"✅ {report.entries} lignes{span}.",
        "Aucune n'a été modifiée, retirée, ajoutée ni déplacée avant la dernière.",
        f"Empreinte de la dernière : `{report.head}`",
    ]
    if crisis.checkpoint is not None:
        at = full_clock(crisis.checkpoint.at, zone)
        lines.append(f"Dernier point de contrôle signé : {crisis.checkpoint.size} lignes, {at}.")
    for (how, where), size in crisis.anchors.items():
        lines.append(f"Déposé à l'extérieur ({ANCHORS[how]}, {user(where, 80)}) : {size} lignes.")
    for (how, where), since in crisis.anchors_waiting.items():
        waiting = full_clock(since, zone)
        lines.append(f"⏳ En attente depuis {waiting} : {ANCHORS[how]}, {user(where, 80)}.")
    return lines


def _line(crisis: Crisis) -> str:
    """A crisis in the list."""
    kind = "EXERCICE, " if crisis.exercise else ""
    state = "close" if crisis.closed else "en cours"
    opened = full_clock(crisis.opened_at, crisis.zone)
    title = user(crisis.title, 120)
    return f"*{crisis.id}* ({kind}{state}) {title} : ouverte {opened}, {crisis.seq} lignes"
