"""The « point de situation » in Slack: at its hour in the channel, on demand, passed on outside.

At its hour it is the notice of an entry.  What is passed on to the wider channel is shown first,
without sensitive lines, to whoever presses « Diffuser »: they read it again, and it goes as they
left it, once.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from bot.core.board import board
from bot.core.briefing import briefing
from bot.core.crisis import Crisis, Shared, Stamp
from bot.core.french import clock
from bot.core.rhythm import BriefingRaised, BriefingShared, ShareBriefing, public_text, since
from bot.errors import Refused
from bot.library.compose import Wording
from bot.library.summary import LogLine
from bot.sentences import tell
from bot.service import Service
from bot.slack.answers import Answers, More, Show
from bot.slack.beside import Letter
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    field,
    fitted,
    header,
    ours,
    paragraphs,
    plain,
    section,
    text_input,
    user,
)
from bot.slack.counters import Record, of_crisis
from bot.slack.inbound import Touch
from bot.slack.modals import exercise, form
from bot.slack.render import Message, when
from bot.slack.reply import Reply
from bot.slack.texts import briefing_blocks
from bot.slack.values import Values

#: Kinds of entries that tell what happened, and how many of them a model reads at most.
_TELLING: Final = frozenset(
    {
        "decision_taken",
        "note_added",
        "step_completed",
        "step_skipped",
        "step_blocked",
        "step_reopened",
        "duty_settled",
        "instant_recorded",
        "level_changed",
        "handover_taken",
    }
)
_SENT: Final = 40


class Briefings:
    """« point », the button « Diffuser » and its form; ``wider`` is the wider channel, if any."""

    names = frozenset({"point", "share"})

    def __init__(self, service: Service, wider: str, answers: Answers) -> None:
        """Read the service's crises; an empty ``wider`` means that nothing leaves the cell."""
        self._service = service
        self._answers = answers
        self._wider = wider

    async def say(
        self, touch: Touch, name: str, rest: str, crisis: Crisis | None, record: Record
    ) -> Reply:
        """The briefing for one person, since the last one."""
        crisis, now = of_crisis(crisis), self._service.now()
        after = since(crisis, now)
        blocks = briefing_blocks(briefing(crisis, after, now))
        if self._wider and crisis.is_open:
            blocks += _share_button(crisis.id)
        text = f"{exercise(crisis)}Point de situation"
        return Reply(text=text, blocks=blocks, more=self._worded(crisis, after))

    def _worded(self, crisis: Crisis, after: datetime) -> More | None:
        """The same in a few sentences of a model, if one is set that may read the log."""
        summariser = self._answers.summariser
        if summariser is None:
            return None

        async def show(shown: Show) -> None:
            lines = await asyncio.to_thread(self._lines, crisis, after)
            wording = await asyncio.to_thread(summariser, lines) if lines else None
            if wording is not None and wording.enough:
                await shown(worded_blocks(wording, crisis))

        return More(live=show, once=show)

    def _lines(self, crisis: Crisis, after: datetime) -> dict[int, LogLine]:
        """What was decided, done and found after that instant (UTC), by the number of its line."""
        found = {}
        for fact, stamp in self._service.facts(crisis.id):
            if fact.name in _TELLING and stamp.recorded > after and not stamp.erased_by:
                heading = f"Ligne {stamp.seq}, {clock(stamp.at, crisis.zone)}, {stamp.actor.name}"
                found[stamp.seq] = LogLine(heading, tell(fact, crisis.plan))
        return dict(list(found.items())[-_SENT:])

    async def open(self, touch: Touch, crisis: Crisis | None) -> Reply:
        """The form in which one reads again what will leave the cell."""
        crisis = of_crisis(crisis)
        if not self._wider:
            raise Refused(
                "Aucun canal élargi n'est réglé : rien ne peut être diffusé. "
                "Le réglage est TOCSIN_WIDER_CHANNEL."
            )
        return Reply(form=share_form(crisis, self._wider, public_text(crisis, self._service.now())))

    async def filled(
        self,
        touch: Touch,
        values: Values,
        carried: Mapping[str, str],
        crisis: Crisis | None,
        record: Record,
    ) -> Reply:
        """The confirmation: recorded first; the letter follows from the journal."""
        crisis = of_crisis(crisis)
        text = values.text("text", carried.get("text", ""))
        await record(touch, ShareBriefing(text, self._wider), crisis)
        return Reply()


def worded_blocks(wording: Wording, crisis: Crisis) -> list[Block]:
    """The sentences that stand, each with the lines of the log that say it."""
    told = [
        f"• {user(one.text, 600)} ({', '.join(f'ligne {number}' for number in one.cited)})"
        for one in wording.sentences
    ]
    note = "Phrases rédigées par un modèle, chacune vérifiée sur ses lignes."
    return [
        *paragraphs([f"*{exercise(crisis)}En quelques phrases*", *told]),
        context(note if not wording.dropped else f"{note} Écartées : {wording.dropped}."),
    ]


def _share_button(about: str) -> list[Block]:
    return [actions(button("Diffuser", about, f"open:share:{about}"))]


def share_form(crisis: Crisis, wider: str, text: str) -> Block:
    """What will be passed on, to be read again and changed before it goes."""
    blocks = [
        section(f"Ce texte partira dans <#{wider}>, hors de la cellule."),
        field(
            "text",
            "Texte à diffuser",
            text_input("v", initial=text, multiline=True),
            hint="Sans nom, décision, preuve ni motif. Relisez : ce qui part ne se reprend pas.",
        ),
    ]
    view = form("share", "Diffuser", blocks, crisis, text=text)
    return view | {"submit": plain("Diffuser", 24)}


def raised(fact: BriefingRaised, stamp: Stamp, crisis: Crisis, key: str) -> Message:
    """The briefing of the channel at its hour, as things stood when it was raised."""
    blocks = fitted(briefing_blocks(briefing(crisis, fact.since, stamp.at)))
    start = exercise(crisis)
    return Message(
        key,
        ours(f"{start}Point de situation, ligne {stamp.seq}."),
        [
            *blocks,
            *(_share_button(str(stamp.seq)) if fact.wider and crisis.is_open else []),
            context(f"Ligne {stamp.seq} de la main courante"),
        ],
    )


def shared(fact: BriefingShared, stamp: Stamp, crisis: Crisis, key: str) -> Message:
    """That the situation was told outside the cell, by whom and in which words."""
    start = exercise(crisis)
    at = when(stamp.at, board(crisis, stamp.recorded))
    return Message(
        key,
        ours(f"{start}Point de situation diffusé, ligne {stamp.seq}."),
        [
            section(
                f"📣 {start}*Diffusé* dans <#{fact.channel}> par {user(stamp.actor.name)}, {at}\n"
                f"{user(fact.text, 2500)}"
            ),
            context(f"Ligne {stamp.seq} de la main courante"),
        ],
    )


def letters(crisis: Crisis) -> Iterator[Letter]:
    """What goes to the wider channel; a text that was erased is taken away there too."""
    for one in crisis.shared.values():
        write = partial(_public, one, crisis)
        yield Letter(one.channel, f"shared:{one.seq}", write, one.by.id, live=True)


def _public(one: Shared, crisis: Crisis) -> Message:
    start = exercise(crisis)
    title = f"{start}Cellule de crise : point de situation"
    blocks = [
        header(title),
        *paragraphs(user(line, 2500) for line in one.text.splitlines() if line.strip()),
        context("EXERCICE : rien de réel." if crisis.exercise else "Diffusé par la cellule."),
    ]
    return Message(f"shared:{one.seq}", ours(f"{title}."), blocks, live=True)
