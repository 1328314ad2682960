"""The board as Slack messages: what the channel should show, and nothing else.

Every message has a key that never changes and a fallback text of its own; a live message is
updated in place when its content changes, the others are posted once.  Nothing here asks Slack
anything or reads a clock: the board says what time it is.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.board import Board, PhaseView, Seat, StepView
from bot.core.deadlines import Deadline
from bot.core.files import unread
from bot.core.french import clock, day_clock, plural, span
from bot.core.playbook import Step
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

#: A phase with more steps than this is cut and points to « /crise étapes ».
MAX_STEPS = 14
#: Longest of each list on the board, which is read on a telephone.
_CLOCKS, _SEATS, _GAPS = 6, 12, 3
_MINUTE = timedelta(minutes=1)
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


def messages(board: Board) -> list[Message]:
    """Every live message of the channel, in the order in which they are to be posted."""
    found = [board_message(board)]
    found += [phase_message(board, phase) for phase in board.phases]
    if board.questions:
        found.append(questions_message(board))
    return found


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
        blocks += [section(_next(board)), *_clocks(board), section(_progress(board))]
    blocks += [*_seats(board), _board_buttons(), context(_footer(board))]
    fallback = f"{user(title, 300)} : {state}. Tableau de bord."
    return Message("board", ours(fallback), blocks, live=True)


def _headline(board: Board) -> str:
    crisis = board.crisis
    level = next((one.title for one in crisis.plan.cell.levels if one.id == crisis.level), "")
    opened = f"ouverte {day_clock(crisis.opened_at, crisis.zone)}"
    by = f" par {user(crisis.opened.actor.name)}" if crisis.opened else ""
    parts = [f"*Crise {crisis.id}*", f"niveau {user(level, 80)}" if level else "", opened + by]
    text = " · ".join(part for part in parts if part)
    where = [user(one, 80) for one in (*crisis.sites, *crisis.services)]
    if where:
        text += f"\nTouchés : {', '.join(where)}"
    if crisis.closed:
        text += f"\n*Close {day_clock(crisis.closed.at, crisis.zone)}*"
    return text


def _next(board: Board) -> str:
    steps = board.next_three
    if not steps:
        return "*À faire maintenant*\nRien à prendre. Voyez les étapes bloquées et les questions."
    lines = [f"{number}. {_step_line(board, one)}" for number, one in enumerate(steps, 1)]
    return "*À faire maintenant*\n" + "\n".join(lines)


def _step_line(board: Board, one: StepView) -> str:
    return f"*{named(one.step)}* — {_who(board, one)}{target(board, one)}"


def _who(board: Board, one: StepView) -> str:
    if one.state.holder:
        return user(one.state.holder.name)
    seat = next((seat for seat in board.seats if seat.role.id == one.step.role), None)
    if seat is None:
        return user(one.step.role, 80)
    people = [one.name for one in seat.holders] or [one.name for one in seat.expected]
    names = ", ".join(user(name) for name in people[:2])
    return f"{user(seat.role.title, 80)}{f' ({names})' if names else ''}"


def target(board: Board, one: StepView) -> str:
    """Our own target for a step, once late by how much; nothing for a step without one."""
    if one.due is None or one.finished:
        return ""
    if one.late:
        return f" · ⏰ objectif dépassé de {span(board.at - one.due)}"
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
        lines.append(f"… et {plural(more, 'autre')} : bouton « Échéances ».")
    blocks = paragraphs(["*Délais légaux*", *lines])
    if any(one.provisional for one in pressing):
        blocks.append(context("Comptés au plus tôt : datez chaque instant, bouton « Dater »."))
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
    return f"{title} : {_time_left(board, one)}{'' if brief else _from(board, one)}"


def _time_left(board: Board, one: Deadline) -> str:
    if one.due is None:
        wording = user(_PART.split(one.duty.wording)[0], 100)
        elapsed = board.at - (one.started or board.at)
        since = f"depuis {span(elapsed)}" if elapsed >= _MINUTE else "à partir de maintenant"
        return f"*{wording}*, court {since}"
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


def _progress(board: Board) -> str:
    done = sum(one.finished for one in board.phases)
    total = sum(one.total for one in board.phases)
    counts = [
        f"{done}/{plural(total, 'étape')}",
        f"⏰ {len(board.late)} en retard" if board.late else "",
        f"⛔ {plural(len(board.blocked), 'bloquée')}" if board.blocked else "",
        f"{len(board.unassigned)} à prendre" if board.unassigned else "",
    ]
    return "*Avancement* : " + " · ".join(one for one in counts if one)


def _seats(board: Board) -> list[Block]:
    held = [seat_line(seat) for seat in board.seats if seat.holders]
    lines = ["*Rôles*", *(held[:_SEATS] or ["Personne encore : bouton « Rôles »."])]
    if len(held) > _SEATS:
        lines.append(f"… et {plural(len(held) - _SEATS, 'autre')} : bouton « Rôles ».")
    blocks = paragraphs(lines)
    expected = _expected(board)
    if expected:
        blocks.append(context("Prévus, à confirmer : " + " · ".join(expected[:_SEATS])))
    return blocks


def _expected(board: Board) -> list[str]:
    """Each person expected in a seat that nobody holds yet, with those seats."""
    seats: dict[str, list[str]] = {}
    for seat in board.seats:
        for person in () if seat.holders else seat.expected:
            seats.setdefault(user(person.name, 80), []).append(user(seat.role.title, 80))
    return [f"{name}, {', '.join(titles)}" for name, titles in seats.items()]


def seat_line(seat: Seat) -> str:
    """A role and who holds it, or who is expected to."""
    people = [one.name for one in seat.holders] or [one.name for one in seat.expected]
    return f"{user(seat.role.title, 80)} : {', '.join(user(one, 80) for one in people)}"


def _board_buttons() -> Block:
    return actions(
        button("Point de situation", line("point"), "say:point"),
        button("Échéances", line("échéances"), "say:echeances"),
        button("Rôles", line("rôles"), "say:roles"),
        button("Dater", line("constat"), "say:constat"),
        button("Consigner", line("note"), "say:note"),
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


# -- phases and steps -------------------------------------------------------------------------


def phase_message(board: Board, phase: PhaseView) -> Message:
    """One phase: its steps, each with what can be pressed."""
    done = f"{phase.finished}/{phase.total}"
    title = f"{prefix(board)}{phase.phase.title} — {done}"
    blocks = [header(title)]
    if phase.phase.aim:
        blocks.append(context(markdown(phase.phase.aim)))
    for one in phase.steps[:MAX_STEPS]:
        blocks += step_blocks(board, one)
    if len(phase.steps) > MAX_STEPS:
        blocks.append(context("La suite : « /crise étapes »."))
    return Message(f"phase:{phase.phase.id}", ours(f"{user(title)}."), blocks, live=True)


def step_blocks(board: Board, one: StepView) -> list[Block]:
    """One step: a line of text, then its buttons while something can be done."""
    text = f"*{named(one.step)}*\n{_step_state(board, one)}"
    details = button("Détails", one.step.id, f"open:step:{one.step.id}")
    if one.finished or not board.crisis.is_open:
        return [section(text, details)]
    if one.standing in ("waiting", "unasked"):
        return [section(text, details)]
    if one.standing == "taken":
        main = button("C'est fait", one.step.id, f"open:done:{one.step.id}", "primary")
    else:
        main = button("Je prends", line("prendre", one.step.id), f"say:take:{one.step.id}")
    more = [_document(one.step.document, one.step.id)] if one.step.document else []
    if one.step.instants:
        dated = button("Dater", line("constat"), f"say:constat:{one.step.id}")
        return [section(text), actions(main, dated, *more, details)]
    return [section(text), actions(main, *more, details)]


def _document(name: str, step: str) -> Block:
    """The button that prepares the document of a step."""
    return button("Préparer le document", name, f"open:document:{step}")


def _step_state(board: Board, one: StepView) -> str:
    word = STANDING[one.standing]
    state = one.state
    if one.standing == "waiting":
        first = ", ".join(named(step) for step in one.waits_for)
        by = f" · prise par {user(state.holder.name)}" if state.holder else ""
        return f"{word} : {first}{by}"
    if one.standing in ("done", "skipped", "blocked") and state.by and state.at:
        reason = state.outcome or state.reason
        tail = f" — {user(reason, 150)}" if reason else ""
        return f"{word} par {user(state.by.name)}, {clock(state.at, board.crisis.zone)}{tail}"
    if one.standing in ("void", "unasked"):
        return word
    pair = " · à deux personnes" if one.step.two_persons else ""
    return f"{word} · {_who(board, one)}{target(board, one)}{pair}{_duty_hint(board, one)}"


def _duty_hint(board: Board, one: StepView) -> str:
    if one.step.duty is None:
        return ""
    found = next((d for d in board.deadlines if d.duty.id == one.step.duty), None)
    if found is None or found.started is None or found.settled:
        return ""
    return f"\nObligation : {_time_left(board, found)}"


def questions_message(board: Board) -> Message:
    """The questions whose answers decide which steps apply."""
    left = sum(not answer for _, answer in board.questions)
    title = f"{prefix(board)}Questions à trancher — {plural(left, 'restante')}"
    blocks = [header(title)]
    for question, answer in board.questions:
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
                        for choice in question.choices[:5]
                    )
                )
            )
    return Message("questions", ours(f"{title}."), blocks[:50], live=True)
