"""What a person must see now: one short message for the facts that concern the whole cell.

Most facts only change the board.  A notice is posted once and never updated; its key is the number
of its entry, so that it is posted once whatever happens.
"""

import re

from bot.core.absence import HolderAway, HolderBack
from bot.core.adhoc import StepAdded, StepEntrusted, StepSplit
from bot.core.board import Board
from bot.core.crisis import Crisis, Fact, Stamp
from bot.core.documents import DocumentDrafted
from bot.core.drill import DrillPaced, DrillStarted, InjectPlayed
from bot.core.duties import DutyReopened, DutySettled, ReminderRaised
from bot.core.erasure import ErasureAsked, ErasureRefused, LinesErased
from bot.core.handover import HandoverTaken
from bot.core.hospital import StateTold, UltimatumLifted, UltimatumRecorded
from bot.core.instants import InstantRecorded
from bot.core.notes import DecisionTaken, LineCorrected, NoteAdded
from bot.core.opening import CrisisClosed, CrisisOpened, CrisisReopened, LevelChanged
from bot.core.pairs import StepAgreed
from bot.core.people import RoleGiven
from bot.core.rhythm import BriefingRaised, BriefingShared
from bot.core.sealing import KeyRotated
from bot.core.steps import StepAssigned, StepBlocked
from bot.grammar import line
from bot.sentences import dated, drafted, tell
from bot.slack import briefings, erased
from bot.slack.absence import absence, doubled
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    escape,
    header,
    ours,
    section,
    user,
)
from bot.slack.drill_messages import notice_of as drill_notice
from bot.slack.duties import reminder
from bot.slack.render import Message, named, prefix, when

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
    StepAgreed,
    StepBlocked,
    HandoverTaken,
    HolderBack,
    RoleGiven,
    NoteAdded,
    ErasureAsked,
    ErasureRefused,
    LinesErased,
    KeyRotated,
    DocumentDrafted,
    DrillPaced,
    StepAdded,
    StepSplit,
    StepEntrusted,
    StateTold,
    UltimatumRecorded,
    UltimatumLifted,
)
_PERSON = re.compile(r"[UW][A-Z0-9]+")
#: Characters of one fact that the room is shown; a line of the log gives the rest.
_SAID = 2500
#: Steps called by name at the opening.
_FIRST = 7
_MARK = {
    DecisionTaken: "📝 ",
    LinesErased: "🧽 ",
    KeyRotated: "🔑 ",
    DocumentDrafted: "📄 ",
    StepBlocked: "⛔ ",
    CrisisClosed: "🏁 ",
    UltimatumRecorded: "⏰ ",
}
#: States that the whole cell must hear of at once; the board shows the others.
_ALARMING = ("isolated", "stopped")


def notice(fact: Fact, stamp: Stamp, crisis: Crisis) -> Message | None:
    """The message that this fact calls for, or ``None``; ``crisis`` is as it stands now."""
    key = f"entry:{stamp.seq}"
    if isinstance(fact, CrisisOpened) or _is_alert(fact, stamp, crisis):
        return None
    if isinstance(fact, DrillStarted | InjectPlayed):
        return drill_notice(fact, stamp, crisis, key)
    told = _own(fact, stamp, crisis, key)
    if told is not None or not isinstance(fact, _TOLD) or _needless(fact, crisis):
        return told
    again = next((one for one in erased.revised(crisis) if one.key == key), None)
    return again or _plain(fact, stamp, crisis, key)


def _plain(fact: Fact, stamp: Stamp, crisis: Crisis, key: str) -> Message:
    """What the log says of it, who wrote it and what can be done."""
    start = "EXERCICE — " if crisis.exercise else ""
    by = f"{stamp.actor.name}, {dated(fact, stamp, crisis.zone)}"
    sentence = drafted(fact) if isinstance(fact, DocumentDrafted) else tell(fact, crisis.plan)
    mark = _MARK.get(type(fact), "")
    said = user(sentence, _SAID)
    rest = f" · en entier : `/crise journal {stamp.seq}`" if said.endswith("…") else ""
    blocks = [
        section(f"{mark}{start}{_called(fact, stamp)}{said}"),
        context(f"Ligne {stamp.seq} de la main courante · {user(by)}{rest}"),
        *(_key(fact.new) if isinstance(fact, KeyRotated) else ()),
        *(_again(fact) if isinstance(fact, DocumentDrafted) else ()),
        *(doubled(fact.to.id, crisis) if isinstance(fact, RoleGiven) else ()),
        *(doubled(stamp.actor.id, crisis) if isinstance(fact, HandoverTaken) else ()),
        *(_to_take(fact) if isinstance(fact, StepAdded) else ()),
        *(_after_closing(crisis) if isinstance(fact, CrisisClosed) else ()),
    ]
    return Message(key, ours(f"{start}Ligne {stamp.seq} : {user(sentence, 300)}"), blocks)


def _own(fact: Fact, stamp: Stamp, crisis: Crisis, key: str) -> Message | None:
    """The notice of a fact that has one of its own making."""
    if isinstance(fact, ReminderRaised):
        return reminder(fact, stamp, crisis, key)
    if isinstance(fact, HolderAway):
        return absence(fact, stamp, crisis, key)
    if isinstance(fact, BriefingRaised):
        return briefings.raised(fact, stamp, crisis, key)
    if isinstance(fact, BriefingShared) and not stamp.erased_by:
        return briefings.shared(fact, stamp, crisis, key)
    return None


def _needless(fact: Fact, crisis: Crisis) -> bool:
    """What everybody sees already, a message noted, or what no longer concerns a closed cell."""
    if isinstance(fact, StateTold):
        return fact.state not in _ALARMING
    return (isinstance(fact, NoteAdded) and bool(fact.source_ts)) or (
        isinstance(fact, KeyRotated) and crisis.closed is not None
    )


def _is_alert(fact: Fact, stamp: Stamp, crisis: Crisis) -> bool:
    """Whether this is the instant that came with the declaration: the board says it."""
    opened = crisis.opened.seq if crisis.opened else 0
    return isinstance(fact, InstantRecorded) and stamp.seq == opened + 1


def _called(fact: Fact, stamp: Stamp) -> str:
    """A mention of the person to whom somebody else gave a step or a role."""
    if not isinstance(fact, StepAssigned | RoleGiven) or fact.to.id == stamp.actor.id:
        return ""
    return f"<@{fact.to.id}> " if _PERSON.fullmatch(fact.to.id) else ""


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
        *_key(shown.crisis.key),
    ]
    return Message("orders", ours(f"{prefix(shown)}Premiers gestes : qui fait quoi."), blocks)


def _after_closing(crisis: Crisis) -> list[Block]:
    """What comes after the end, and the way back; an exercise has an end of its own."""
    if crisis.drill is not None:
        return []
    return [
        context(
            "Ensuite : `/crise exporter` garde la main courante, `/crise retex` prépare le retour "
            "d'expérience. Si cela reprend : `/crise rouvrir` et la raison."
        )
    ]


def _to_take(fact: StepAdded) -> list[Block]:
    """What can be done with a step that has just been added: its card may be far above."""
    return [
        actions(
            button("Je prends", line("prendre", fact.step), f"say:take:{fact.step}"),
            button("Détails", fact.step, f"open:step:{fact.step}"),
        )
    ]


def _again(fact: DocumentDrafted) -> list[Block]:
    """What can be done with a version: take it up again, have its files in private."""
    received = line("document", fact.document, "recevoir")
    return [
        actions(
            button("Relire et reprendre", fact.document, f"open:document:{fact.document}"),
            button("Recevoir en privé", received, f"say:document:{fact.document}"),
        )
    ]


def _key(key: str) -> list[Block]:
    """The public key of the log, as it must be copied; it is worth something if kept elsewhere."""
    if not key:
        return []
    return [
        context(
            "🔑 Clé publique de la main courante. Recopiez-la sur le classeur papier : elle "
            f"prouvera plus tard que les exports viennent de nous.\n`{escape(key)}`"
        )
    ]
