"""The welcome of somebody who comes later: a one-minute briefing, in private, once per crisis.

What happened, where we are, what is asked of them, how to speak to the bot.  Who was there in the
first minutes saw it all in the channel; who came half a day ago no longer arrives.  No free text
of the log is quoted here: an erasure would not find it in a private conversation.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot.core.board import ACTIONABLE, Board, board
from bot.core.crisis import Crisis
from bot.core.french import day_clock, plural
from bot.slack.beside import Letter, Letters
from bot.slack.blocks import context, header, markdown, ours, paragraphs, section, user
from bot.slack.render import Message, deadline_line, named, prefix, target

#: From the opening: until then everybody sees the channel being filled.
FIRST_MINUTES: Final = timedelta(minutes=5)
#: After so long, an arrival that was not told of is no longer one.
_LATEST: Final = timedelta(hours=12)
_ROLES, _STEPS, _CLOCKS = 3, 3, 2


def arrivals(now: Callable[[], datetime]) -> Letters:
    """The letters of welcome that a crisis calls for at ``now()`` (UTC)."""

    def due(crisis: Crisis) -> Iterator[Letter]:
        if not crisis.is_open:
            return
        at = now()
        for person, moved in crisis.moves.items():
            late = moved - crisis.opened_at > FIRST_MINUTES and at - moved < _LATEST
            if late and person in crisis.members:
                write = partial(welcome, person, crisis, at)
                yield Letter(person, f"arrival:{person}", write)

    return due


def welcome(person: str, crisis: Crisis, now: datetime) -> Message:
    """The briefing of one person (Slack id) at ``now`` (UTC), to be read in a minute."""
    shown = board(crisis, now)
    start = prefix(shown)
    where = f"<#{crisis.channel}>" if crisis.channel else "le canal de la crise"
    blocks = [
        header(f"{start}Vous rejoignez la cellule : l'essentiel en une minute"),
        *paragraphs(["*Ce qui se passe*", *_happened(crisis)]),
        *paragraphs(["*Où nous en sommes*", *_standing(shown)]),
        *paragraphs(["*Ce qui vous est demandé*", *_asked(person, shown)]),
        section(f"*Pour agir, dans* {where}\n{_SPEAK}"),
        context(
            "Tout ce qui se dit dans ce canal entre dans la main courante. "
            + ("EXERCICE : rien de réel." if crisis.exercise else "Aucune identité de patient.")
        ),
    ]
    return Message(f"arrival:{person}", ours(f"{start}Vous rejoignez la cellule."), blocks)


_SPEAK: Final = (
    "• Sous une étape : « Je prends », puis « C'est fait ».\n"
    "• `/crise point` : où nous en sommes. `/crise rôles` : qui fait quoi.\n"
    "• Une question ? Mentionnez-moi, ou écrivez-la ici."
)


def _happened(crisis: Crisis) -> list[str]:
    by = f", par {user(crisis.opened.actor.name)}" if crisis.opened else ""
    told = [
        f"{user(crisis.plan.playbook.title, 100)} : {user(crisis.title, 200)}",
        f"Ouverte {day_clock(crisis.opened_at, crisis.zone)}{by}.",
    ]
    if crisis.noticed_how:
        told.append(f"Constat : {user(crisis.noticed_how, 200)}")
    touched = [user(one, 60) for one in (*crisis.sites, *crisis.services)]
    if touched:
        told.append(f"Touchés : {', '.join(touched)}")
    return told


def _standing(shown: Board) -> list[str]:
    crisis = shown.crisis
    level = next((one.title for one in crisis.plan.cell.levels if one.id == crisis.level), "")
    done = sum(one.finished for one in shown.phases)
    total = sum(one.total for one in shown.phases)
    phase = f", phase « {user(shown.under_way.title, 80)} »" if shown.under_way else ""
    late = f", {len(shown.late)} en retard" if shown.late else ""
    told = [f"Niveau : {user(level, 80)}"] if level else []
    told.append(f"{done}/{plural(total, 'étape')}{phase}{late}")
    decided = sum(one.kind == "decision" for one in crisis.lines)
    if decided:
        told.append(f"{plural(decided, 'décision consignée', 'décisions consignées')}")
    told += [f"Délai : {deadline_line(shown, one, brief=True)}" for one in shown.pressing[:_CLOCKS]]
    return told


def _asked(person: str, shown: Board) -> list[str]:
    """The roles of the person, held or expected, and their next steps."""
    crisis = shown.crisis
    seats = [
        seat
        for seat in shown.seats
        if any(one.id == person for one in seat.holders)
        or (not seat.holders and any(one.slack == person for one in seat.expected))
    ]
    if not seats:
        return ["Aucun rôle à votre nom : présentez-vous dans le canal, ou `/crise rôles`."]
    told = [
        f"*{user(seat.role.title, 80)}* : {markdown(seat.role.first_hour)}"
        for seat in seats[:_ROLES]
    ]
    if len(seats) > _ROLES:
        told.append(f"… et {plural(len(seats) - _ROLES, 'autre rôle', 'autres rôles')}.")
    mine = {seat.role.id for seat in seats}
    steps = [
        one
        for one in shown.steps
        if one.standing in ACTIONABLE
        and (one.state.holder.id == person if one.state.holder else one.step.role in mine)
    ]
    soon = sorted(steps, key=lambda one: (one.due is None, one.due or crisis.opened_at))[:_STEPS]
    return told + [f"• {named(one.step)}{target(shown, one)}" for one in soon]
