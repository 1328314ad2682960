"""What the cell makes on the spot, for the face: added steps, the state of the hospital."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.core import steps
from bot.core.board import board
from bot.core.crisis import Command, Crisis
from bot.errors import Refused
from bot.sentences import tell
from bot.service import Done
from bot.slack import adhoc, hospital, modals
from bot.slack.blocks import Block
from bot.slack.counters import Record, of_crisis
from bot.slack.inbound import Touch
from bot.slack.lists import steps_text
from bot.slack.render import prefix
from bot.slack.reply import Reply
from bot.slack.values import Values, metadata

#: Words whose bare form opens the form of that kind.
_FORMS: Final = {"compteur": "counter", "ultimatum": "ultimatum"}


class Spot:
    """Answers « étape », « état », « compteur », « ultimatum », their buttons and their forms."""

    names = frozenset({"étape", "état", *_FORMS, adhoc.NAME, hospital.NAME})

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Keep the clock (UTC)."""
        self._now = now

    async def say(
        self, touch: Touch, name: str, rest: str, crisis: Crisis | None, record: Record
    ) -> Reply:
        """A bare word: the form that asks for the rest."""
        crisis = of_crisis(crisis)
        if name == "étape":
            return self._steps(rest, crisis)
        if name == "état":
            blocks = hospital.overview(crisis, self._now())
            return Reply(text=f"{modals.exercise(crisis)}État de l'hôpital", blocks=blocks)
        return Reply(form=hospital.opened(_FORMS[name], crisis, self._now()))

    def _steps(self, rest: str, crisis: Crisis) -> Reply:
        """The form that adds a step, or what is left to do when nothing is asked."""
        if rest:
            return Reply(form=_add_form(crisis))
        shown = board(crisis, self._now())
        return Reply(text=f"{prefix(shown)}Étapes", blocks=steps_text(shown))

    async def open(self, touch: Touch, crisis: Crisis | None) -> Reply:
        """A button that opens a form."""
        crisis = of_crisis(crisis)
        _, name, kind = touch.action.split(":", 2)
        if name == hospital.NAME:
            return Reply(form=hospital.opened(kind, crisis, self._now()))
        return Reply(form=_add_form(crisis))

    async def filled(
        self,
        touch: Touch,
        values: Values,
        carried: Mapping[str, str],
        crisis: Crisis | None,
        record: Record,
    ) -> Reply:
        """A form that was sent: recorded, then the state again, or the text to forward."""
        crisis = of_crisis(crisis)
        name, _, kind = touch.action.partition(":")
        # Such a form may have taken the place of another one, which was sent too.
        touch = replace(touch, delivery=f"{touch.delivery}:{touch.action}")
        if name == hospital.NAME:
            command: Command = hospital.filled(kind, values, crisis, self._now())
            done = await record(touch, command, crisis)
            return Reply(instead=hospital.recorded(done.crisis, self._now(), _told(done)))
        done = await record(touch, self._step(kind, values, carried, crisis), crisis)
        blocks = adhoc.to_forward(done.facts)
        meta = metadata(crisis=crisis.id)
        return Reply(instead=modals.shown("À transmettre", blocks, meta) if blocks else None)

    def _step(
        self, kind: str, values: Values, carried: Mapping[str, str], crisis: Crisis
    ) -> Command:
        if kind == "ajouter":
            return adhoc.read_added(values, crisis, self._now())
        step = steps.find(crisis, carried.get("step", ""))
        if kind == "decouper":
            return adhoc.read_split(values, step)
        if kind == "dehors":
            return adhoc.read_outside(values, step)
        raise Refused("Ce formulaire n'est plus connu. Fermez-le et recommencez.")


def _add_form(crisis: Crisis) -> Block:
    if not crisis.is_open:
        raise Refused("Cette crise est close. Pour agir à nouveau : « /crise rouvrir <raison> ».")
    return adhoc.add_form(crisis)


def _told(done: Done) -> str:
    """What was recorded, in one line."""
    if done.repeated or not done.facts:
        return "C'était déjà enregistré."
    return " ".join(tell(fact, done.crisis.plan) for fact, _ in done.facts)
