"""What a person must see now: one short message for the facts that concern the whole cell.

Most facts only change the board.  A notice is posted once and never updated; its key is the number
of its entry, so that it is posted once whatever happens.
"""

import re

from bot.core.board import Board, board
from bot.core.crisis import Crisis, Fact, Stamp
from bot.core.deadlines import deadline
from bot.core.duties import DutyReopened, DutySettled, ReminderRaised
from bot.core.french import clock
from bot.core.instants import InstantRecorded
from bot.core.notes import DecisionTaken, LineCorrected, NoteAdded
from bot.core.opening import CrisisClosed, CrisisOpened, CrisisReopened, LevelChanged
from bot.core.people import RoleGiven
from bot.core.playbook import Duty
from bot.core.steps import StepAssigned, StepBlocked
from bot.sentences import tell
from bot.slack.blocks import button, context, header, ours, section, user
from bot.slack.render import Message, deadline_line, named, prefix, when

_TOLD = (
    DecisionTaken,
    LineCorrected,
    LevelChanged,
    CrisisClosed,
    CrisisReopened,
    InstantRecorded,
    DutySettled,
    DutyReopened,
    StepAssigned,
    StepBlocked,
    RoleGiven,
    NoteAdded,
)
_PERSON = re.compile(r"[UW][A-Z0-9]+")
#: Steps called by name at the opening.
_FIRST = 7
_MARK = {DecisionTaken: "📝 ", StepBlocked: "⛔ ", CrisisClosed: "🏁 "}


def notice(fact: Fact, stamp: Stamp, crisis: Crisis) -> Message | None:
    """The message that this fact calls for, or ``None``; ``crisis`` is as it stands now."""
    key = f"entry:{stamp.seq}"
    start = "EXERCICE — " if crisis.exercise else ""
    if isinstance(fact, CrisisOpened) or _is_alert(fact, stamp, crisis):
        return None
    if isinstance(fact, ReminderRaised):
        return _reminder(fact, stamp, crisis, key)
    if not isinstance(fact, _TOLD) or (isinstance(fact, NoteAdded) and fact.source_ts):
        # A note raised from a message is in front of everybody already.
        return None
    by = f"{stamp.actor.name}, {clock(stamp.at, crisis.zone)}"
    sentence = tell(fact, crisis.plan)
    mark = _MARK.get(type(fact), "")
    blocks = [
        section(f"{mark}{start}{_called(fact, stamp)}{user(sentence, 2500)}"),
        context(f"Ligne {stamp.seq} de la main courante · {user(by)}"),
    ]
    return Message(key, ours(f"{start}Ligne {stamp.seq} : {user(sentence, 300)}"), blocks)


def _is_alert(fact: Fact, stamp: Stamp, crisis: Crisis) -> bool:
    """Whether this is the instant that came with the declaration: the board says it."""
    opened = crisis.opened.seq if crisis.opened else 0
    return isinstance(fact, InstantRecorded) and stamp.seq == opened + 1


def _called(fact: Fact, stamp: Stamp) -> str:
    """A mention of the person to whom somebody else gave a step or a role."""
    if not isinstance(fact, StepAssigned | RoleGiven) or fact.to.id == stamp.actor.id:
        return ""
    return f"<@{fact.to.id}> " if _PERSON.fullmatch(fact.to.id) else ""


def _reminder(fact: ReminderRaised, stamp: Stamp, crisis: Crisis, key: str) -> Message | None:
    """A reminder to who holds the duty, as it stood when it was raised."""
    duty = crisis.plan.duty(fact.duty)
    if duty is None:
        return None
    start = "EXERCICE — " if crisis.exercise else ""
    shown = board(crisis, stamp.at)
    text = deadline_line(shown, deadline(duty, crisis, stamp.at))
    settled = fact.duty in crisis.duties
    accessory = None if settled else button("Donner l'issue", duty.id, f"open:duty:{duty.id}")
    blocks = [
        section(f"🔔 {start}*Rappel* {holders(duty, shown)}\n{text}", accessory),
        context(f"Ligne {stamp.seq} de la main courante · à : {user(duty.recipient, 200)}"),
    ]
    fallback = f"{start}Rappel, ligne {stamp.seq} : {user(duty.title)}."
    return Message(key, ours(fallback), blocks)


def holders(duty: Duty, shown: Board) -> str:
    """Mentions of who holds the duty, else the title of the role."""
    seat = next((one for one in shown.seats if one.role.id == duty.role), None)
    if seat is None:
        return ""
    people = [one.id for one in seat.holders] or [one.slack for one in seat.expected]
    return " ".join(f"<@{one}>" for one in people[:3]) or f"*{seat.role.title}*"


def orders(shown: Board) -> Message:
    """Who must do what first, each called by name; posted once, at the opening.

    By target time, waiting steps too: who comes third is to be awake when the second is done.
    """
    soon = [one for one in shown.steps if one.standing in ("todo", "waiting") and one.due]
    first = sorted(soon, key=lambda one: one.due or shown.at)[:_FIRST]
    lines = []
    for one in first:
        seat = next((seat for seat in shown.seats if seat.role.id == one.step.role), None)
        people = [person.slack for person in seat.expected] if seat else []
        who = " ".join(f"<@{person}>" for person in people[:2])
        role = seat.role.title if seat else one.step.role
        until = f" — avant {when(one.due, shown)}" if one.due else ""
        lines.append(f"• {who or f'*{role}*'} : {named(one.step)}{until}")
    blocks = [
        header(f"{prefix(shown)}Premiers gestes"),
        section("\n".join(lines) or "Le playbook ne donne pas de premier geste."),
        context("Sous chaque étape : « Je prends », puis « C'est fait ». Rien à installer."),
    ]
    return Message("orders", ours(f"{prefix(shown)}Premiers gestes : qui fait quoi."), blocks)
