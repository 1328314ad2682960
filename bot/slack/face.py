"""What each touch means: a payload becomes a line, a form or a command, and a reply.

Words are the grammar's and rules are the core's.  Here it is only decided which form opens, what
the person is shown back, and that a thing is said to be done after the journal has it.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.core.board import Board, board, view
from bot.core.briefing import briefing
from bot.core.crisis import Command, Crisis
from bot.core.notes import FlagMessage
from bot.core.playbook import Plan
from bot.core.transcript import spoken
from bot.errors import Refused
from bot.grammar import Context, Parsed, is_question, lookup, parse, split
from bot.library.faults import Fault
from bot.sentences import tell
from bot.service import Ask, Done, Service
from bot.slack import declare, lists, modals, render, texts
from bot.slack.answers import Answers
from bot.slack.blocks import Block, cut
from bot.slack.directory import Directory
from bot.slack.exporting import Exporter
from bot.slack.home import home_view
from bot.slack.inbound import Touch, moment
from bot.slack.notices import notice
from bot.slack.values import Values, metadata
from bot.slack.values import carried as carried_by

#: A briefing asked for without a previous one looks this far back.
SINCE = timedelta(hours=4)
_TAIL = 12
#: Longest sentence that repeats what was recorded.
_TOLD = 400
#: People named in one line whose names are looked up.
_NAMED = 5
_MENTION = re.compile(r"<@([A-Z0-9]+)")

Plans = Callable[[], Mapping[str, Plan]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person gets back: a private text, a form to open, or errors under a form."""

    text: str = ""
    blocks: Sequence[Block] = ()
    form: Block | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    instead: Block | None = None
    """A view that takes the place of the form that was sent."""
    failed: bool = False
    """Whether it is worth sending again: something was away, nothing was refused."""


class Face:
    """Answer touches; every method raises ``TocsinError`` with a sentence for the person."""

    def __init__(
        self,
        service: Service,
        plans: Plans,
        propose: Callable[[str], Sequence[str]],
        directory: Directory,
        answers: Answers,
        exporter: Exporter,
        faults: Callable[[], Sequence[Fault]],
    ) -> None:
        """Join the service, the plans on the shelf, the people and the library."""
        self.service = service
        self.directory = directory
        self.answers = answers
        self._plans = plans
        self._propose = propose
        self._exporter = exporter
        self._faults = faults

    # -- lines, typed or carried by a button ------------------------------------------------

    async def say(self, touch: Touch) -> Reply:
        """A line of the grammar, from ``/crise`` or from a button."""
        await self._meet(touch)
        crisis = self._crisis_of(touch)
        if is_question(touch.text):
            asked = spoken(touch.text, self.directory.known)
            return await self._question(touch, asked, crisis)
        word = lookup(split(touch.text)[0] or "aide")
        if word is not None and not word.anywhere and crisis is None:
            raise Refused(
                f"« {word.name} » s'emploie dans le canal d'une crise. "
                "Pour en ouvrir une : « /crise déclarer »."
            )
        parsed = parse(touch.text, self._context(touch, crisis))
        if parsed.command is not None:
            return await self._do(touch, parsed.command, crisis)
        return await self._show(touch, parsed, crisis)

    async def _meet(self, touch: Touch) -> None:
        """Learn the names of who speaks and of who is named, before they enter the journal."""
        self.directory.learn(touch.person, touch.name)
        people = dict.fromkeys([touch.person, *_MENTION.findall(touch.text)][:_NAMED])
        await asyncio.gather(*(self.directory.fetch(person) for person in people))

    def _crisis_of(self, touch: Touch) -> Crisis | None:
        """The crisis of the channel, else the one that the form in hand belongs to."""
        inside = carried_by(touch.inside).get("crisis", "")
        if touch.channel or not inside:
            return self.service.by_channel(touch.channel)
        crisis = self.service.crisis(inside)
        return crisis if crisis.opened else None

    def _context(self, touch: Touch, crisis: Crisis | None) -> Context:
        actor = self.directory.actor(touch.person, crisis)
        return Context(crisis or Crisis(""), actor, self.service.now(), self.directory.known)

    async def _do(self, touch: Touch, command: Command, crisis: Crisis | None) -> Reply:
        done = await self._record(touch, command, crisis)
        return Reply(text=_told(done))

    async def _record(self, touch: Touch, command: Command, crisis: Crisis | None) -> Done:
        actor = self.directory.actor(touch.person, crisis)
        ask = Ask(crisis.id if crisis else "", actor, command, touch.delivery)
        return await self.service.handle(ask)

    async def _show(self, touch: Touch, parsed: Parsed, crisis: Crisis | None) -> Reply:
        """Words that only show or open something."""
        name = parsed.word.name
        if name == "aide":
            return self.help()
        if name == "déclarer":
            return Reply(form=self.declaration(touch.channel, parsed.rest))
        if name == "question":
            return await self._ask(touch, parsed.rest, crisis)
        if crisis is None:
            raise Refused("Cette action se fait dans le canal d'une crise.")
        if name == "exporter":
            return await self._export(touch, crisis)
        return self._show_crisis(name, crisis)

    def help(self) -> Reply:
        """The words, for one person."""
        return Reply(text="Ce que je comprends", blocks=texts.help_blocks())

    async def _ask(self, touch: Touch, question: str, crisis: Crisis | None) -> Reply:
        """The question at once, or the form that asks for it."""
        if question:
            return await self._question(touch, question, crisis)
        return Reply(form=modals.question_form(crisis))

    def _show_crisis(self, name: str, crisis: Crisis) -> Reply:
        forms: Mapping[str, Callable[[], Block]] = {
            "note": lambda: modals.note_form(crisis),
            "décision": lambda: modals.note_form(crisis, "decision"),
            "constat": lambda: modals.instant_form(crisis),
        }
        if name in forms:
            return Reply(form=forms[name]())
        shown = self._board(crisis)
        drawn: Mapping[str, Callable[[Board], list[Block]]] = {
            "étapes": lists.steps_text,
            "échéances": lists.deadlines_blocks,
            "rôle": lists.seats_blocks,
            "rôles": lists.seats_blocks,
            "journal": self._journal,
            "point": self._briefing,
        }
        return Reply(text=render.prefix(shown) + name.capitalize(), blocks=drawn[name](shown))

    def _journal(self, shown: Board) -> list[Block]:
        crisis = shown.crisis
        tail = self.service.facts(crisis.id, after=max(0, crisis.seq - _TAIL))
        return texts.journal_blocks(crisis, tail)

    def _briefing(self, shown: Board) -> list[Block]:
        return texts.briefing_blocks(briefing(shown.crisis, shown.at - SINCE, shown.at))

    def _board(self, crisis: Crisis) -> Board:
        return board(crisis, self.service.now())

    async def _question(self, touch: Touch, question: str, crisis: Crisis | None) -> Reply:
        actor = self.directory.actor(touch.person, crisis)
        blocks = await self.answers.answer(question, crisis, actor, touch.delivery)
        return Reply(
            text=f"{modals.exercise(crisis)}Réponse" if blocks else "", blocks=blocks or ()
        )

    async def _export(self, touch: Touch, crisis: Crisis) -> Reply:
        actor = self.directory.actor(touch.person, crisis)
        name = await self._exporter.export(crisis, actor, touch.delivery)
        start = modals.exercise(crisis)
        return Reply(
            f"{start}Main courante exportée dans le canal : {name}. L'export est consigné."
        )

    # -- forms ------------------------------------------------------------------------------

    def declaration(self, channel: str, said: str) -> Block:
        """The form that opens a crisis."""
        plans = self._plans()
        if not plans:
            raise Refused(
                "Aucun playbook lisible : rien ne peut être ouvert. Lancez « tocsin check » "
                "sur le serveur et corrigez les fichiers signalés."
            )
        meta = metadata(channel=channel, said=said[:300])
        return declare.form(plans, said, self._propose(said), meta)

    async def open(self, touch: Touch) -> Reply:
        """A button that opens a form: ``open:<form>:<id>``."""
        await self._meet(touch)
        kind = touch.action.removeprefix("open:").partition(":")[0]
        if kind == "declare":
            return Reply(form=self.declaration(touch.channel, ""))
        crisis = self._crisis_of(touch)
        if crisis is None:
            raise Refused("Ce bouton appartient à une crise que je ne trouve plus.")
        return Reply(form=self._form(kind, touch.text, crisis))

    def _form(self, kind: str, which: str, crisis: Crisis) -> Block:
        """The form of a duty or of a step."""
        if kind == "duty":
            duty = crisis.plan.duty(which)
            if duty is None:
                raise Refused("Cette obligation n'existe pas dans le playbook de la crise.")
            return modals.duty_form(duty, crisis)
        step = crisis.plan.step(which)
        if step is None:
            raise Refused("Cette étape n'existe pas dans le playbook de la crise.")
        shown = view(step, crisis, self.service.now())
        if kind == "done" and not shown.finished and crisis.is_open:
            return modals.step_done(shown, crisis)
        return modals.step_details(shown, crisis, self.directory.cell(crisis))

    async def submit(self, touch: Touch, values: Values) -> Reply:
        """A form that was sent; ``touch.text`` is what it carried since its opening."""
        await self._meet(touch)
        carried = carried_by(touch.text)
        if touch.action == "declare":
            return await self._declare(touch, values, carried)
        crisis = self.service.crisis(carried["crisis"]) if carried.get("crisis") else None
        if touch.action == "question":
            reply = await self._question(touch, values.text("text"), crisis)
            meta = metadata(crisis=crisis.id if crisis else "")
            return Reply(
                instead=modals.shown("Réponse", list(reply.blocks), meta) if reply.blocks else None
            )
        if crisis is None or crisis.opened is None:
            raise Refused("Cette crise n'existe pas. Fermez ce formulaire.")
        command = self._filled(touch.action, values, carried, crisis)
        await self._record(touch, command, crisis)
        return Reply()

    def _filled(
        self, form: str, values: Values, carried: Mapping[str, str], crisis: Crisis
    ) -> Command:
        now = self.service.now()
        if form == "note":
            return modals.read_note(values, crisis, now, carried.get("kind", "note"))
        if form == "instant":
            return modals.read_instant(values, crisis, now)
        if form == "duty":
            return modals.read_duty(values, carried["duty"])
        step = crisis.plan.step(carried.get("step", ""))
        if form not in ("done", "step") or step is None:
            raise Refused("Ce formulaire n'est plus connu. Fermez-le et recommencez.")
        if form == "done":
            return modals.read_done(values, step)
        return modals.read_step(values, step, self.directory.cell(crisis), carried.get("do", ""))

    async def _declare(self, touch: Touch, values: Values, carried: Mapping[str, str]) -> Reply:
        said = carried.get("said", "")
        guess = self._propose(f"{values.text('title')} {values.text('how')} {said}")
        command = declare.read(values, self._plans(), guess, self.service.now(), said)
        done = await self._record(touch, command, None)
        return Reply(instead=declare.opened(done.crisis))

    # -- shortcuts, pins, Home --------------------------------------------------------------

    async def flag(self, touch: Touch, text: str, author: str) -> Reply:
        """Raise a message to the log, by 📌 or by the message shortcut."""
        crisis = self.service.by_channel(touch.channel)
        if crisis is None:
            raise Refused("Seuls les messages du canal d'une crise se consignent.")
        known = crisis.messages.get(touch.message_ts, text)
        await self._meet(touch)
        await self.directory.fetch(author)
        who = self.directory.actor(author, crisis)
        said = spoken(known, self.directory.known)
        command = FlagMessage(touch.message_ts, said, who, moment(touch.message_ts))
        return await self._do(touch, command, crisis)

    def home(self, person: str) -> Block:
        """The App Home of a person."""
        boards = [
            self._board(one)
            for one in self.service.crises()
            if one.is_open and (person in one.members or self._invited(person, one))
        ]
        return home_view(person, boards, len(self._faults()))

    def _invited(self, person: str, crisis: Crisis) -> bool:
        return any(one.slack == person for one in crisis.plan.establishment.people) or bool(
            crisis.opened and crisis.opened.actor.id == person
        )


def _told(done: Done) -> str:
    """What was recorded, in one line, with the number of its entry."""
    if done.repeated:
        return "C'était déjà enregistré."
    if not done.facts:
        return "Rien à enregistrer."
    fact, stamp = done.facts[-1]
    first = f"{modals.exercise(done.crisis)}Enregistré, ligne {stamp.seq} de la main courante."
    if notice(fact, stamp, done.crisis) is not None:
        return first
    return cut(f"{first} {tell(fact, done.crisis.plan)}", _TOLD)
