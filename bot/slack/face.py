"""What each touch means: a payload becomes a line, a form or a command, and a reply.

Words are the grammar's and rules are the core's.  Here it is only decided which form opens, what
the person is shown back, and that a thing is said to be done after the journal has it.
"""

import asyncio
import re
from collections.abc import Callable, Mapping

from bot.core.board import Board, board, view
from bot.core.crisis import Command, Crisis
from bot.core.deadlines import deadline
from bot.core.notes import FlagMessage
from bot.core.playbook import Duty
from bot.core.transcript import spoken
from bot.errors import Refused
from bot.grammar import Context, Parsed, is_question, lookup, parse, split
from bot.library.playbooks import PlanShelf, choose
from bot.sentences import tell
from bot.service import Ask, Done, Service
from bot.slack import choices, declare, duties, elsewhere, lists, modals, ratings, render, texts
from bot.slack.adhoc import following, to_forward
from bot.slack.answers import Answers
from bot.slack.audit import Desk
from bot.slack.blocks import Block, cut
from bot.slack.counters import Counters
from bot.slack.directory import Directory
from bot.slack.erasing import Erasing
from bot.slack.inbound import Touch, moment
from bot.slack.log_pages import cell_page
from bot.slack.notices import notice
from bot.slack.patients import of_form, warning
from bot.slack.phases import phase_blocks
from bot.slack.reply import Reply
from bot.slack.values import Values, metadata
from bot.slack.values import carried as carried_by

#: Longest sentence that repeats what was recorded.
_TOLD = 400
#: People named in one line whose names are looked up.
_NAMED = 5
_MENTION = re.compile(r"<@([A-Z0-9]+)")


class Face:
    """Answer touches; every method raises ``TocsinError`` with a sentence for the person."""

    def __init__(
        self,
        service: Service,
        shelf: PlanShelf,
        directory: Directory,
        answers: Answers,
        desk: Desk,
        erasing: Erasing,
        counters: Counters,
    ) -> None:
        """Join the service, the plans on the shelf, the people and the library."""
        self.service = service
        self.directory = directory
        self.answers = answers
        self._shelf = shelf
        self._desk = desk
        self._erasing = erasing
        self._counters = counters
        self.whisper: Callable[[Touch, str], None] = lambda *_: None
        """Tell somebody in private, after the acknowledgement; nothing for an empty text."""

    # -- lines, typed or carried by a button ------------------------------------------------

    async def say(self, touch: Touch) -> Reply:
        """A line of the grammar, from ``/crise`` or from a button."""
        await self._meet(touch)
        crisis = await self._crisis_of(touch)
        if is_question(touch.text):
            asked = spoken(touch.text, self.directory.known)
            return await self._question(touch, asked, crisis)
        word = lookup(split(touch.text)[0] or "aide")
        told = await self._desk.say(touch, word, crisis) if word is not None else None
        if told is not None:
            return Reply(text=told[0], blocks=told[1])
        if word is not None and not word.anywhere and crisis is None:
            return elsewhere.wrong_place(word.name, touch.person, self.service.known())
        parsed = parse(touch.text, self._context(touch, crisis))
        if parsed.command is not None:
            return await self._do(touch, parsed.command, crisis)
        return await self._show(touch, parsed, crisis)

    async def _meet(self, touch: Touch) -> None:
        """Learn the names of who speaks and of who is named, before they enter the journal."""
        self.directory.learn(touch.person, touch.name)
        people = dict.fromkeys([touch.person, *_MENTION.findall(touch.text)][:_NAMED])
        await asyncio.gather(*(self.directory.fetch(person) for person in people))
        self.directory.admit(touch.person)

    async def _crisis_of(self, touch: Touch) -> Crisis | None:
        """The crisis of the channel, else the one that the form in hand belongs to."""
        inside = carried_by(touch.inside).get("crisis", "")
        if touch.channel or not inside:
            return await self.service.seek_channel(touch.channel)
        crisis = await self.service.seek(inside)
        return crisis if crisis.opened else None

    def _context(self, touch: Touch, crisis: Crisis | None) -> Context:
        actor = self.directory.actor(touch.person, crisis)
        return Context(crisis or Crisis(""), actor, self.service.now(), self.directory.known)

    async def _do(self, touch: Touch, command: Command, crisis: Crisis | None) -> Reply:
        done = await self._keep(touch, command, crisis)
        seq = done.facts[-1][1].seq if done.facts else 0
        found = warning(touch.text if seq else "", self.service.now().date(), seq)
        return Reply(text=f"{_told(done)} {found}".strip(), blocks=to_forward(done.facts))

    async def _record(self, touch: Touch, command: Command, crisis: Crisis | None) -> Done:
        """Record what a form says, and warn its author of what identifies a patient in it."""
        done = await self._keep(touch, command, crisis)
        if not done.repeated:
            self.whisper(touch, of_form(done.facts, self.service.now().date()))
        return done

    async def _keep(self, touch: Touch, command: Command, crisis: Crisis | None) -> Done:
        await self._desk.act(touch, crisis)
        actor = self.directory.actor(touch.person, crisis)
        ask = Ask(crisis.id if crisis else "", actor, command, touch.delivery)
        return await self.service.handle(ask)

    async def _show(self, touch: Touch, parsed: Parsed, crisis: Crisis | None) -> Reply:
        """Words that only show or open something."""
        name = parsed.word.name
        if name == "aide":
            return self.help(parsed.rest)
        if name == "déclarer":
            return Reply(form=self.declaration(touch, parsed.rest))
        if name == "question":
            return await self._ask(touch, parsed.rest, crisis)
        counter = self._counters.of(name)
        if counter is not None:
            return await counter.say(touch, name, parsed.rest, crisis, self._record)
        if crisis is None:
            raise Refused("Cette action se fait dans le canal d'une crise.")
        return await self._special(touch, parsed, crisis) or await self._drawn(parsed, crisis)

    async def _special(self, touch: Touch, parsed: Parsed, crisis: Crisis) -> Reply | None:
        """Words with a desk of their own: exports, verifications, erasures."""
        name = parsed.word.name
        if name in ("exporter", "vérifier"):
            text, blocks = await self._desk.in_channel(touch, name, parsed.rest, crisis)
            return Reply(text=text, blocks=blocks)
        if name != "effacer":
            return None
        made = await self._erasing.say(touch.person, parsed.rest, crisis)
        if isinstance(made, dict):
            return Reply(form=made)
        return await self._do(touch, made, crisis)

    def help(self, about: str = "") -> Reply:
        """The words, for one person; ``about`` is the one asked for."""
        return Reply(text="Ce que je comprends", blocks=texts.help_blocks(about))

    async def _ask(self, touch: Touch, question: str, crisis: Crisis | None) -> Reply:
        """The question at once, or the form that asks for it."""
        if question:
            return await self._question(touch, question, crisis)
        return Reply(form=modals.question_form(crisis))

    async def _drawn(self, parsed: Parsed, crisis: Crisis) -> Reply:
        """What a word shows; in a thread when the journal has to be read for it."""
        if parsed.word.name == "journal":
            return await asyncio.to_thread(self._show_crisis, parsed, crisis)
        return self._show_crisis(parsed, crisis)

    def _show_crisis(self, parsed: Parsed, crisis: Crisis) -> Reply:
        name = parsed.word.name
        forms: Mapping[str, Callable[[], Block]] = {
            "note": lambda: modals.note_form(crisis),
            "papier": lambda: modals.paper_form(crisis),
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
            "journal": lambda _: cell_page(self.service, crisis, parsed.rest),
        }
        return Reply(text=render.prefix(shown) + name.capitalize(), blocks=drawn[name](shown))

    def _board(self, crisis: Crisis) -> Board:
        return board(crisis, self.service.now())

    async def _question(
        self, touch: Touch, question: str, crisis: Crisis | None, *, live: bool = False
    ) -> Reply:
        """The answer for one person alone; ``live``: in a form, which can be shown again."""
        await self._desk.look(touch, crisis)
        actor = self.directory.actor(touch.person, crisis)
        given = await self.answers.answer(
            question, crisis, actor, touch.delivery, private=True, live=live
        )
        if given is None:
            return Reply()
        text = f"{modals.exercise(crisis)}Réponse"
        return Reply(text=text, blocks=given.blocks, more=given.more)

    async def rate(self, touch: Touch) -> Reply:
        """« Utile » under an answer that was given outside a crisis."""
        await self.answers.rate(touch.person, touch.text, useful=True)
        return Reply(text=ratings.THANKS)

    async def _judge(
        self, touch: Touch, values: Values, about: str, crisis: Crisis | None
    ) -> Reply:
        """The form behind « Pas la bonne réponse », in a crisis or elsewhere."""
        if crisis is not None:
            await self._record(touch, ratings.command(values, about), crisis)
        else:
            reason = values.text("text")
            await self.answers.rate(touch.person, about, useful=False, reason=reason)
        return Reply(text=ratings.THANKS, instead=ratings.thanked())

    # -- forms ------------------------------------------------------------------------------

    def declaration(self, touch: Touch, said: str) -> Block:
        """The form that opens a crisis."""
        plans = self._shelf.plans
        if not plans:
            raise Refused(
                "Aucun playbook lisible : rien ne peut être ouvert. Lancez « tocsin check » "
                "sur le serveur et corrigez les fichiers signalés."
            )
        meta = metadata(channel=touch.channel, said=said[:300])
        first = elsewhere.already(touch.person, self.service.known())
        return declare.form(plans, said, choose(self._shelf.held, said), meta, first)

    async def open(self, touch: Touch) -> Reply:
        """A button that opens a form: ``open:<form>:<id>``."""
        await self._meet(touch)
        crisis = await self._crisis_of(touch)
        await self._desk.look(touch, crisis)
        counter = self._counters.of_button(touch.action)
        if counter is not None:
            return await counter.open(touch, crisis)
        kind = touch.action.removeprefix("open:").partition(":")[0]
        if kind == "declare":
            return Reply(form=self.declaration(touch, ""))
        if kind == "rating":
            return Reply(form=ratings.form(touch.text, crisis))
        if crisis is None:
            raise Refused("Ce bouton appartient à une crise que je ne trouve plus.")
        if kind == "phase":
            return Reply(
                text="Toute la phase", blocks=phase_blocks(self._board(crisis), touch.text)
            )
        return Reply(form=self._form(kind, touch.text, crisis))

    def _form(self, kind: str, which: str, crisis: Crisis) -> Block:
        """The form of a duty or of a step."""
        if kind == "duty":
            duty = self._duty(which, crisis)
            return duties.duty_form(duty, crisis, deadline(duty, crisis, self.service.now()))
        step = crisis.plan.step(which)
        if step is None:
            raise Refused("Cette étape n'existe pas dans le playbook de la crise.")
        shown = view(step, crisis, self.service.now())
        if kind == "done" and not shown.finished and crisis.is_open:
            return modals.step_done(shown, crisis)
        return modals.step_details(shown, crisis, self.directory.cell(crisis))

    def _duty(self, duty_id: str, crisis: Crisis) -> Duty:
        duty = crisis.plan.duty(duty_id)
        if duty is None:
            raise Refused("Cette obligation n'existe pas dans le playbook de la crise.")
        return duty

    async def submit(self, touch: Touch, values: Values) -> Reply:
        """A form that was sent; ``touch.text`` is what it carried since its opening."""
        if touch.action == choices.FORM:
            press = choices.pressed(touch, values)
            roads = {"say": self.say, "rate": self.rate}
            return choices.told(await roads.get(press.action.partition(":")[0], self.open)(press))
        await self._meet(touch)
        return await self._received(touch, values, carried_by(touch.text))

    async def _received(self, touch: Touch, values: Values, carried: Mapping[str, str]) -> Reply:
        if touch.action == "declare":
            return await self._declare(touch, values, carried)
        crisis = await self.service.seek(carried["crisis"]) if carried.get("crisis") else None
        await self._desk.look(touch, crisis)
        if touch.action == "question":
            reply = await self._question(touch, values.text("text"), crisis, live=True)
            view = choices.offering("Réponse", reply.blocks, crisis.id if crisis else "")
            return Reply(instead=view if reply.blocks else None, more=reply.more)
        if touch.action == "rating":
            return await self._judge(touch, values, carried.get("about", ""), crisis)
        counter = self._counters.of_form(touch.action)
        if counter is not None:
            return await counter.filled(touch, values, carried, crisis, self._record)
        if crisis is None or crisis.opened is None:
            raise Refused("Cette crise n'existe pas. Fermez ce formulaire.")
        return await self._sent(touch, values, carried, crisis)

    async def _sent(
        self, touch: Touch, values: Values, carried: Mapping[str, str], crisis: Crisis
    ) -> Reply:
        """A form of a crisis that leads to a command."""
        if touch.action.partition(":")[0] == "erasure":
            return await self._erase(touch, values, carried, crisis)
        more = following(values, carried, crisis) if touch.action == "step" else None
        if more is not None:
            return Reply(instead=more)
        command = self._filled(touch.action, values, carried, crisis)
        await self._record(touch, command, crisis)
        return Reply()

    async def _erase(
        self, touch: Touch, values: Values, carried: Mapping[str, str], crisis: Crisis
    ) -> Reply:
        """A form of an erasure: the next one, or what was recorded and what remains to be done."""
        made = await self._erasing.filled(touch.action, values, carried, crisis)
        if isinstance(made, dict):
            return Reply(instead=made)
        done = await self._record(touch, made, crisis)
        return Reply(text=_told(done), instead=await self._erasing.done(done))

    def _filled(
        self, form: str, values: Values, carried: Mapping[str, str], crisis: Crisis
    ) -> Command:
        now = self.service.now()
        readers: Mapping[str, Callable[[], Command]] = {
            "note": lambda: modals.read_note(values, crisis, now, carried.get("kind", "note")),
            "paper": lambda: modals.read_paper(values, crisis, now),
            "instant": lambda: modals.read_instant(values, crisis, now),
            "duty": lambda: duties.read_duty(values, self._duty(carried.get("duty", ""), crisis)),
        }
        if form in readers:
            return readers[form]()
        step = crisis.plan.step(carried.get("step", ""))
        if form not in ("done", "step") or step is None:
            raise Refused("Ce formulaire n'est plus connu. Fermez-le et recommencez.")
        if form == "done":
            return modals.read_done(values, step, carried.get("outcome", ""))
        people, outcome = self.directory.cell(crisis), carried.get("outcome", "")
        return modals.read_step(values, step, people, carried.get("do", ""), outcome)

    async def _declare(self, touch: Touch, values: Values, carried: Mapping[str, str]) -> Reply:
        said = carried.get("said", "")
        words = f"{values.text('title')} {values.text('how')} {said}"
        guess = choose(self._shelf.held, words)
        command = declare.read(values, self._shelf.plans, guess, self.service.now(), said)
        done = await self._record(touch, command, None)
        return Reply(instead=declare.opened(done.crisis))

    # -- shortcuts and pins ------------------------------------------------------------------

    async def flag(self, touch: Touch, text: str, author: str, *, late: bool = False) -> Reply:
        """Raise a message to the log, by 📌 or by the message shortcut; ``late`` if seen after."""
        crisis = await self.service.seek_channel(touch.channel)
        if crisis is None:
            raise Refused("Seuls les messages du canal d'une crise se consignent.")
        known = crisis.messages.get(touch.message_ts, text)
        await self._meet(touch)
        await self.directory.fetch(author)
        who = self.directory.actor(author, crisis)
        said = spoken(known, self.directory.known)
        at = moment(touch.message_ts)
        command = FlagMessage(touch.message_ts, said, who, at, late=late)
        return await self._do(touch, command, crisis)


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
