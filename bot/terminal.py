"""The crisis cell at a terminal of the bot's host: the same words, rules and journal.

For when Slack cannot be reached, or the bot does not run.  Whoever sits there says for whom they
type; the journal keeps that it was typed here.  What is recorded reaches the channel by the bot's
own projection, at once when it runs, at its next start otherwise.

What fills a form in Slack is asked here, or typed in one line: ``terminal_ways`` has the table.
"""

import html
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from bot.core.audit import RecordVerification
from bot.core.board import Board, board
from bot.core.briefing import briefing
from bot.core.crisis import Actor, Crisis
from bot.core.french import typography
from bot.core.opening import OpenCrisis
from bot.core.playbook import Person
from bot.core.rights import Standing, require
from bot.core.sealing import UPKEEP
from bot.errors import Refused, TocsinError
from bot.grammar import Context, Word, fold, help_lines, lookup, parse, split, word_lines
from bot.journal.entry import GENESIS
from bot.sentences import tell
from bot.service import Ask, Done, Service
from bot.slack import audit, handover, hospital, lists, render, texts
from bot.slack.blocks import Block
from bot.slack.directory import titles
from bot.terminal_desk import Desk
from bot.terminal_ways import WAYS, completed, elsewhere, missing
from bot.terminal_ways import Ask as AskFor

_SINCE: Final = timedelta(hours=4)
_TAIL: Final = 12
_BACK: Final = 60
_TYPED: Final = "saisi au terminal"
#: Not printable to Python, and wanted: line ends and the no-break spaces of French.
_KEPT: Final = "\n\u00a0\u202f"
_NAMED = re.compile(r"(?<!\S)@([\w.-]+)")
_MENTION = re.compile(r"<@([A-Z0-9]+)>")
_MARKS = re.compile("(?<!\u200b)[*`]")
_SLANTED = re.compile("(?<![\\w\u200b])_([^_\n]+)_(?!\\w)")


class Terminal:
    """One person at the terminal; every method raises ``TocsinError`` with a sentence."""

    def __init__(
        self,
        service: Service,
        people: Iterable[Person],
        who: str,
        auditors: Collection[str],
        desk: Desk,
        ask: AskFor | None = None,
    ) -> None:
        """``people`` are those of the establishment; ``who`` acts: a name, a role or a Slack id.

        ``desk`` erases and drafts; ``ask`` puts a question to somebody at the keyboard.
        """
        self._service = service
        self._people = tuple(people)
        self._who = who
        self._auditors = auditors
        self._desk = desk
        self._ask = ask

    def open(self, command: OpenCrisis) -> Crisis:
        """Open a crisis."""
        nothing = Crisis("", command.plan)
        person = self._found(self._who, nothing)
        return self._record(Ask("", self._actor(person, nothing), command)).crisis

    def say(self, number: str, line: str) -> str:
        """What one line of the grammar does or shows, as text."""
        crisis = self._service.require(number)
        person = self._found(self._who, crisis)
        actor = self._actor(person, crisis)
        known = self._known(crisis)
        context = Context(crisis, actor, self._service.now(), lambda one: known.get(one, ""))
        line = self._asked(line)
        word = lookup(split(line)[0])
        if word is not None:
            require(word.name, self._standings(person, crisis))
            if word.name in Desk.names:
                return self._at_desk(word.name, split(line)[1], crisis, actor)
        parsed = parse(self._mentioned(line, crisis), context)
        if parsed.command is not None:
            return _told(self._record(Ask(crisis.id, actor, parsed.command)))
        return self._show(parsed.word, crisis, actor, parsed.rest)

    def _asked(self, line: str) -> str:
        """The line, completed by who sits at the keyboard when it only opens a form."""
        first, rest = split(line)
        word = lookup(first)
        if word is None or self._ask is None or not WAYS[word.name].fields:
            return line
        opens = fold(rest) in word.opens if word.opens else not rest
        return completed(word, line.strip(), self._ask) if opens else line

    def _at_desk(self, name: str, rest: str, crisis: Crisis, actor: Actor) -> str:
        """Words that forms do in Slack: a text to show, or a line that was recorded."""
        found = self._desk.heard(name, rest, crisis, actor)
        if isinstance(found, list):
            return plain(found, self._known(crisis))
        done = self._record(Ask(crisis.id, actor, found))
        after = plain(self._desk.afterwards(done), self._known(done.crisis))
        return "\n".join(filter(None, (_told(done), after)))

    def board(self, number: str) -> str:
        """The crisis at a glance."""
        crisis = self._service.require(number)
        shown = board(crisis, self._service.now())
        return plain(render.board_message(shown).blocks, self._known(crisis))

    # -- who ----------------------------------------------------------------------------------

    def _known(self, crisis: Crisis) -> dict[str, str]:
        """Slack id -> name of everybody who may be named here."""
        listed = (*crisis.plan.establishment.people, *self._people)
        held = (one for each in crisis.roles.values() for one in each)
        return {one.slack: one.name for one in listed} | {one.id: one.name for one in held}

    def _found(self, wanted: str, crisis: Crisis) -> str:
        """The one person of that id, name, first name or role; refused when there is not one."""
        known, key = self._known(crisis), fold(wanted.strip().lstrip("@"))
        if wanted.upper() in self._auditors:
            return wanted.upper()
        by_name = [one for one, name in known.items() if key in _calls(one, name)]
        found = by_name or [one for one in known if key in _seats(one, crisis)]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(sorted(known.values()))
        many = "Plusieurs personnes répondent à" if found else "Personne de connu ici ne répond à"
        raise Refused(f"{many} « {wanted[:60]} ». Personnes de la cellule : {listed}.")

    def _mentioned(self, line: str, crisis: Crisis) -> str:
        """The line with each ``@name`` of somebody known as Slack would write it."""
        known = self._known(crisis)

        def mention(found: re.Match[str]) -> str:
            key = fold(found[1])
            ids = [one for one, name in known.items() if key in _calls(one, name)]
            return f"<@{ids[0]}>" if len(ids) == 1 else found[0]

        return _NAMED.sub(mention, line)

    def _actor(self, person: str, crisis: Crisis) -> Actor:
        """The person as the journal keeps them: with their role, and that it was typed here."""
        role = titles(person, crisis)
        name = self._known(crisis).get(person, person)
        return Actor(person, name, f"{role}, {_TYPED}" if role else _TYPED)

    def _standings(self, person: str, crisis: Crisis) -> frozenset[Standing]:
        """Of the cell when the establishment or a role names them, else an auditor."""
        return frozenset({"cell"} if person in self._known(crisis) else {"auditor"})

    # -- doing and showing --------------------------------------------------------------------

    def _record(self, ask: Ask) -> Done:
        """Have it recorded, as one delivery of its own."""
        delivery = f"terminal:{secrets.token_hex(8)}"
        (done,) = self._service.commit([Ask(ask.crisis, ask.actor, ask.command, delivery)])
        if isinstance(done, TocsinError):
            raise done
        return done

    def _show(self, word: Word, crisis: Crisis, actor: Actor, rest: str) -> str:
        """Words that only show something; the others say what they need or where they are done."""
        name = word.name
        if name == "aide":
            every = word_lines(rest) or (*help_lines(), *help_lines(listed=False))
            return plain([{"text": {"text": html.escape(one, quote=False)}} for one in every], {})
        shown = board(crisis, self._service.now())
        drawn: Mapping[str, Callable[[], list[Block]]] = {
            "étapes": lambda: lists.steps_text(shown),
            "étape": lambda: lists.steps_text(shown),
            "état": lambda: hospital.overview(crisis, shown.at),
            "échéances": lambda: lists.deadlines_blocks(shown),
            "rôle": lambda: lists.seats_blocks(shown),
            "rôles": lambda: lists.seats_blocks(shown),
            "relève": lambda: handover.sheet(shown),
            "point": lambda: self._briefing(shown),
            "journal": lambda: self._journal(crisis),
            "vérifier": lambda: self._verified(crisis, actor),
        }
        if name in drawn:
            return plain(drawn[name](), self._known(crisis))
        if WAYS[name].elsewhere:
            raise elsewhere(word, crisis.id)
        raise missing(word)

    def _briefing(self, shown: Board) -> list[Block]:
        return texts.briefing_blocks(briefing(shown.crisis, shown.at - _SINCE, shown.at))

    def _journal(self, crisis: Crisis) -> list[Block]:
        recent = self._service.facts(crisis.id, after=max(0, crisis.seq - _BACK))
        tail = [told for told in recent if told[0].name not in UPKEEP][-_TAIL:]
        return texts.journal_blocks(crisis, tail, whole=False)

    def _verified(self, crisis: Crisis, actor: Actor) -> list[Block]:
        report = audit.verified(self._service, crisis)
        fault = report.fault.message if report.fault else ""
        command = RecordVerification(report.entries, report.head or GENESIS, report.ok, fault)
        self._record(Ask(crisis.id, actor, command))
        return audit.report_blocks(crisis, report)


def _calls(person: str, name: str) -> frozenset[str]:
    """How somebody may be called: by id, by name, by first name."""
    folded = fold(name)
    return frozenset({person.casefold(), folded, folded.split(" ")[0]} - {""})


def _seats(person: str, crisis: Crisis) -> frozenset[str]:
    """The roles of somebody, held or expected, by id and by title."""
    expected = (one.roles for one in crisis.plan.establishment.people if one.slack == person)
    ids = {*crisis.roles_of(person), *(role for each in expected for role in each)}
    return frozenset(map(fold, [*ids, *titles(person, crisis).split(", ")])) - {""}


def _told(done: Done) -> str:
    """What was recorded, with the number of its line."""
    if not done.facts:
        return "Rien à enregistrer."
    fact, stamp = done.facts[-1]
    kind = "EXERCICE — " if done.crisis.exercise else ""
    said = tell(fact, done.crisis.plan)
    return typography(f"{kind}Enregistré, ligne {stamp.seq} de la main courante. {said}")


def plain(blocks: Iterable[Block], names: Mapping[str, str]) -> str:
    """What blocks say, for a terminal: no markup, no button, nothing that it would obey."""
    lines = []
    for block in blocks:
        parts = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
        for part in parts:
            said = _said(part)
            if said:
                lines.append(_flat(said, names))
    text = "\n".join(lines).replace("/crise ", "")
    return "".join(one for one in text if one.isprintable() or one in _KEPT)


def _said(part: Any) -> str:
    """The text of a part of a block; buttons and lists say nothing here."""
    if not isinstance(part, dict) or part.get("type") in ("button", "static_select"):
        return ""
    said = part.get("text")
    return said if isinstance(said, str) else ""


def _flat(said: str, names: Mapping[str, str]) -> str:
    """One text without Slack's markup; mentions become names."""
    named = _MENTION.sub(lambda found: names.get(found[1], found[1]), said)
    return html.unescape(_SLANTED.sub(r"\1", _MARKS.sub("", named))).replace("\u200b", "")
