"""The board as Slack messages: what the channel should show, and nothing else.

Every message has a key that never changes and a fallback text of its own; a live message is
updated in place when its content changes, the others are posted once.  Nothing here asks Slack
anything or reads a clock: the board says what time it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.board import Board, Seat, StepView
from bot.core.deadlines import Deadline
from bot.core.files import unread
from bot.core.french import clock, day_clock, plural, span
from bot.core.playbook import Question, Step
from bot.grammar import line
from bot.sentences import ANCHORS, SETTLED
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    header,
    markdown,
    ours,
    paragraphs,
    section,
    user,
)
from bot.slack.hospital_lines import differing

#: Longest of each list on the board, which is read on a telephone.
_CLOCKS, _SEATS, _GAPS, _STUCK = 6, 12, 3, 3
#: Questions of one message: three blocks each, those without an answer first.
_ASKED = 15
_MINUTE = timedelta(minutes=1)
#: The button by which anybody adds a step to the plan.
ADD = "Ajouter une étape"
_PART = re.compile(r"\s*;")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the channel: ``key`` names it for ever within its crisis."""

    key: str
    text: str
    blocks: list[Block] = field(default_factory=list)
    live: bool = False
    thread: str = ""
    """Key of the message in whose thread it goes; empty for the channel itself."""
    reminds: str = ""
    """Key of the reminder that it is: Slack may have told it in our place."""


#: A step's standing in a word.
STANDING = {
    "todo": "à faire",
    "taken": "en cours",
    "done": "✅ fait",
    "skipped": "➖ non applicable",
    "blocked": "⛔ bloquée",
    "waiting": "attend",
    "unasked": "dépend d'une réponse",
    "void": "sans objet",
}


def prefix(board: Board) -> str:
    """What every message of an exercise begins with."""
    return "EXERCICE — " if board.crisis.exercise else ""


def named(step: Step) -> str:
    """Number and title of a step, harmless inside markup."""
    return user(f"{step.ref} {step.title}".strip(), 200)


# -- the pinned board -------------------------------------------------------------------------


def board_message(board: Board) -> Message:
    """The state of the crisis at a glance."""
    crisis = board.crisis
    state = "CLOSE" if crisis.closed else "en cours"
    title = f"{prefix(board)}{crisis.plan.playbook.title} — {crisis.title}"
    blocks = [
        header(f"🚨 {title}" if crisis.is_open else f"Crise close — {title}"),
        section(_headline(board)),
    ]
    if crisis.is_open:
        blocks += [*_next(board), *_clocks(board), *_hospital(board)]
        blocks += paragraphs([_progress(board), *_blocked(board)])
    else:
        blocks += _owed(board)
    blocks += [*_seats(board), _board_buttons(board), context(_footer(board))]
    fallback = f"{user(title, 300)} : {state}. Tableau de bord."
    return Message("board", ours(fallback), blocks, live=True)


def _headline(board: Board) -> str:
    crisis = board.crisis
    level = next((one.title for one in crisis.plan.cell.levels if one.id == crisis.level), "")
    opened = f"ouverte {day_clock(crisis.opened_at, crisis.zone)}"
    by = f" par {user(crisis.opened.actor.name)}" if crisis.opened else ""
    kind = "Exercice" if crisis.exercise else "Crise"
    parts = [f"*{kind} {crisis.id}*", f"niveau {user(level, 80)}" if level else "", opened + by]
    text = " · ".join(part for part in parts if part)
    where = [user(one, 80) for one in (*crisis.sites, *crisis.services)]
    if where:
        text += f"\nTouchés : {', '.join(where)}"
    if crisis.closed:
        text += f"\n*Close {day_clock(crisis.closed.at, crisis.zone)}*"
    return text


def _next(board: Board) -> list[Block]:
    """What to do now, each with its one button: taken from the board itself, without a search."""
    steps = board.next_three
    if not steps:
        nothing = "Rien à prendre. Voyez les étapes bloquées et les questions."
        return [section(f"*À faire maintenant*\n{nothing}")]
    return [
        section("*À faire maintenant*"),
        *(section(_step_line(board, one), main_button(one)) for one in steps),
    ]


def _step_line(board: Board, one: StepView) -> str:
    return f"*{named(one.step)}*\n{step_owner(board, one)}{target(board, one)}"


def main_button(one: StepView) -> Block:
    """The next thing to press on a step that can be done."""
    if one.standing == "taken":
        said = "Je confirme" if one.state.agreed else "C'est fait"
        return button(said, one.step.id, f"open:done:{one.step.id}", "primary")
    return button("Je prends", line("prendre", one.step.id), f"say:take:{one.step.id}")


def step_owner(board: Board, one: StepView) -> str:
    """Who holds a step, or the role that should."""
    if one.state.holder:
        return user(one.state.holder.name)
    seat = next((seat for seat in board.seats if seat.role.id == one.step.role), None)
    if seat is None:
        return user(one.step.role, 80) or "qui peut"
    people = [one.name for one in seat.holders] or [one.name for one in seat.expected]
    names = ", ".join(user(name) for name in people[:2])
    return f"{user(seat.role.title, 80)}{f' ({names})' if names else ''}"


def target(board: Board, one: StepView) -> str:
    """Our own target for a step, once late by how much; nothing for a step without one."""
    if one.due is None or one.finished:
        return ""
    if one.late:
        late = board.at - one.due
        return " · ⏰ objectif dépassé" + (f" de {span(late)}" if late >= _MINUTE else "")
    return f" · avant {when(one.due, board)}"


def when(at: datetime, board: Board) -> str:
    """The hour alone today, else with its day."""
    zone = ZoneInfo(board.crisis.zone)
    today = at.astimezone(zone).date() == board.at.astimezone(zone).date()
    return (clock if today else day_clock)(at, board.crisis.zone)


def _clocks(board: Board) -> list[Block]:
    pressing = board.pressing[:_CLOCKS]
    if not pressing:
        return [section("*Délais légaux*\nAucun délai ne court.")]
    lines = [f"• {deadline_line(board, one, brief=True)}" for one in pressing]
    more = len(board.pressing) - len(pressing)
    if more > 0:
        lines.append(f"… et {plural(more, 'autre')} : « Échéances ».")
    blocks = paragraphs(["*Délais légaux*", *lines])
    if any(one.provisional for one in pressing):
        blocks.append(context("Comptés au plus tôt : datez chaque instant avec « Dater »."))
    return blocks


def deadline_line(board: Board, one: Deadline, *, brief: bool = False) -> str:
    """One duty in one line: what is left, until when and, unless brief, what is not certain."""
    unsure = " (à vérifier)" if one.duty.confidence != "high" and not brief else ""
    title = f"{user(one.duty.title, 200)}{unsure}"
    if one.settled:
        at = day_clock(one.settled.at, board.crisis.zone)
        return f"✅ {title} : {SETTLED[one.settled.settlement]}, {at}"
    if one.started is None:
        return f"{title} : ne court pas encore"
    return f"{title} : {time_left(board, one)}{'' if brief else _from(board, one)}"


def time_left(board: Board, one: Deadline) -> str:
    """What remains of a deadline or has passed, in words."""
    if one.due is None:
        wording = user(_PART.split(one.duty.wording)[0], 100)
        elapsed = board.at - (one.started or board.at)
        since = f"depuis {span(elapsed)}" if elapsed >= _MINUTE else "à partir de maintenant"
        mark = "⏰ " if one.insists(board.at) else ""
        return f"{mark}*{wording}*, court {since}"
    at = day_clock(one.due, board.crisis.zone)
    left = one.due - board.at
    if one.state == "late":
        return f"⏰ *en retard de {span(left)}* ({at}) ; reste dû, avec les raisons"
    mark = "⏰ " if one.state == "soon" else ""
    return f"{mark}*reste {span(left)}* ({at})"


def _from(board: Board, one: Deadline) -> str:
    if not one.provisional:
        return ""
    instant = board.crisis.plan.instant(one.instant)
    title = user(instant.title if instant else one.instant, 100)
    return f" — compté au plus tôt, depuis « {title} »"


def _hospital(board: Board) -> list[Block]:
    """How the hospital stands: only what differs from any other day."""
    lines = differing(board.crisis, board.at)
    return paragraphs(["*État de l'hôpital*", *lines]) if lines else []


def _progress(board: Board) -> str:
    done = sum(one.finished for one in board.phases)
    total = sum(one.total for one in board.phases)
    counts = [
        f"{done}/{plural(total, 'étape')}",
        f"⏰ {len(board.late)} en retard" if board.late else "",
        f"⛔ {plural(len(board.blocked), 'bloquée')}" if board.blocked else "",
        f"{len(board.half_agreed)} à confirmer à deux" if board.half_agreed else "",
        f"{len(board.unassigned)} à prendre" if board.unassigned else "",
    ]
    return "*Avancement* : " + " · ".join(one for one in counts if one)


def _blocked(board: Board) -> list[str]:
    """What is blocked and why, by name: somebody in the room may hold the key."""
    lines = [
        f"⛔ {named(one.step)} — {user(one.state.reason, 150)}" for one in board.blocked[:_STUCK]
    ]
    more = len(board.blocked) - _STUCK
    return [*lines, f"… et {plural(more, 'autre')} : `/crise étapes`."] if more > 0 else lines


def _owed(board: Board) -> list[Block]:
    """What is still owed once the crisis is closed; by dates alone, which stay true."""
    owed = [
        f"• {user(one.duty.title, 200)} : {_until(board, one)}"
        for one in board.pressing
        if one.duty.needs_outcome
    ]
    way = "Pour en donner l'issue : `/crise rouvrir` et la raison."
    return paragraphs(["*Obligations sans issue, toujours dues*", *owed, way]) if owed else []


def _until(board: Board, one: Deadline) -> str:
    if one.due is None:
        return f"*{user(_PART.split(one.duty.wording)[0], 100)}*"
    return f"avant le *{day_clock(one.due, board.crisis.zone)}*"


def _seats(board: Board) -> list[Block]:
    held = [seat_line(seat) for seat in board.seats if seat.holders]
    lines = ["*Rôles*", *(held[:_SEATS] or ["Personne encore."])]
    if len(held) > _SEATS:
        lines.append(f"… et {plural(len(held) - _SEATS, 'autre')} : « Rôles ».")
    blocks = paragraphs(lines)
    expected = _expected(board) if board.crisis.is_open else []
    if expected:
        more = len(expected) - _SEATS
        names = ", ".join(expected[:_SEATS]) + (f" et {plural(more, 'autre')}" if more > 0 else "")
        blocks.append(context(f"Prévus : {names}. Qui fait quoi : « Rôles »."))
    return blocks


def _expected(board: Board) -> list[str]:
    """Who is expected in a seat that nobody holds yet, each once."""
    names = [
        user(person.name, 80)
        for seat in board.seats
        if not seat.holders
        for person in seat.expected
    ]
    return list(dict.fromkeys(names))


def seat_line(seat: Seat) -> str:
    """A role and who holds it, or who is expected to."""
    people = [(one.id, one.name) for one in seat.holders]
    people = people or [(one.slack, one.name) for one in seat.expected]
    away = [" (indisponible)" if one in seat.away else "" for one, _ in people]
    names = [f"{user(name, 80)}{mark}" for (_, name), mark in zip(people, away, strict=True)]
    return f"{user(seat.role.title, 80)} : {', '.join(names)}"


def _board_buttons(board: Board) -> Block:
    """What can be pressed: on a closed crisis, only what still works, and what comes next."""
    shown = (
        button("Point de situation", line("point"), "say:point"),
        button("Échéances", line("échéances"), "say:echeances"),
        button("Rôles", line("rôles"), "say:roles"),
    )
    if not board.crisis.is_open:
        return actions(
            *shown,
            button("Exporter", line("exporter"), "say:export"),
            button("Retour d'expérience", line("retex"), "say:retex"),
            button("Poser une question", line("question"), "say:question", "primary"),
        )
    return actions(
        *shown,
        button("Dater", line("constat"), "say:constat"),
        button("État de l'hôpital", line("état"), "say:etat"),
        button("Consigner", line("note"), "say:note"),
        button(ADD, line("étape", "ajouter"), "open:etape:ajouter"),
        button("Poser une question", line("question"), "say:question", "primary"),
    )


def _footer(board: Board) -> str:
    return (
        f"Tout ce qui se dit ici entre dans la main courante. Aide : `/crise aide`. {_kind(board)}"
        f"{_missing(board)}{_waiting(board)}"
    )


def _missing(board: Board) -> str:
    """Between which moments messages may be missing from the log, and how many files are."""
    gaps, files = board.crisis.gaps[-_GAPS:], len(unread(board.crisis))
    spans = ", ".join(f"de {when(since, board)} à {when(until, board)}" for since, until in gaps)
    messages = f"\n⚠️ Main courante : messages manquants {spans}." if gaps else ""
    few = "n'a pas pu être lu" if files == 1 else "n'ont pas pu être lus"
    return messages + (f"\n⚠️ {plural(files, 'fichier')} du canal {few}." if files else "")


def _waiting(board: Board) -> str:
    """Since when the log could not be left with somebody outside, and with whom."""
    waiting = board.crisis.anchors_waiting
    if not waiting:
        return ""
    since = span(board.at - min(waiting.values()))
    kinds = ", ".join(sorted({ANCHORS[kind] for kind, _ in waiting}))
    return f"\nDépôt extérieur en attente depuis {since} : {kinds}."


def _kind(board: Board) -> str:
    return (
        "EXERCICE : rien de réel." if board.crisis.exercise else "Aucune identité de patient ici."
    )


# -- questions to the cell --------------------------------------------------------------------


def _asked(board: Board) -> Sequence[tuple[Question, str]]:
    """The questions that one message holds, those without an answer first when it must choose."""
    if len(board.questions) <= _ASKED:
        return board.questions
    return sorted(board.questions, key=lambda one: bool(one[1]))[:_ASKED]


def questions_message(board: Board) -> Message:
    """The questions whose answers decide which steps apply."""
    left = sum(not answer for _, answer in board.questions)
    title = f"{prefix(board)}Questions à trancher — {plural(left, 'restante')}"
    blocks = [header(title)]
    for question, answer in _asked(board):
        shown = f"*{user(question.ask, 300)}*"
        if answer:
            shown += f"\nRéponse : *{user(answer, 80)}*"
        blocks.append(section(shown))
        if question.help and not answer:
            blocks.append(context(markdown(question.help)))
        if board.crisis.is_open:
            blocks.append(
                actions(
                    *(
                        button(
                            choice.capitalize(),
                            line("réponse", question.id, choice),
                            f"say:answer:{question.id}:{choice}",
                            "primary" if choice == answer else "",
                        )
                        for choice in question.choices
                    )
                )
            )
    if len(board.questions) > _ASKED:
        rest = len(board.questions) - _ASKED
        blocks.append(context(f"… et {rest} de plus, montrées à mesure que vous répondez."))
    return Message("questions", ours(f"{title}."), blocks, live=True)
