"""A duty in Slack: the form of its outcome, the message of its clock, the reminders under it.

The first reminder of a duty brings a message of its own, whose clock goes on; reminders are told
in the thread of that message, to those whom it concerns, so that the channel stays readable.
"""

from typing import Final

from bot.core.board import Board, board
from bot.core.crisis import Command, Crisis, Stamp
from bot.core.deadlines import Deadline, binds, deadline, is_late
from bot.core.duties import OTHER_CASE, ReminderRaised, SettleDuty
from bot.core.french import day_clock
from bot.core.playbook import Duty, Settlement
from bot.slack.blocks import (
    Block,
    button,
    context,
    escape,
    field,
    file_input,
    markdown,
    option,
    ours,
    radio,
    section,
    select,
    text_input,
    user,
)
from bot.slack.modals import form
from bot.slack.render import Message, deadline_line, prefix
from bot.slack.values import Values, WrongField

_SETTLEMENT: Final[dict[str, Settlement]] = {
    "sent": "sent",
    "not_due": "not_due",
    "replaced": "replaced",
}
_CALLED: Final = 3
"""People mentioned for one role."""


# -- the form of the outcome ------------------------------------------------------------------


def duty_form(duty: Duty, crisis: Crisis, one: Deadline) -> Block:
    """The form that gives a duty its outcome; it asks for no more than this duty needs."""
    choices = [
        option("Envoyée", "sent"),
        option("Non due", "not_due"),
        option("Remplacée par une autre", "replaced"),
    ]
    blocks = [
        section(
            f"*{user(duty.title, 200)}*\nÀ : {markdown(duty.recipient)}\n{markdown(duty.channel)}"
        ),
        context(
            f"{markdown(duty.legal_basis)}. "
            f"Décide et signe : {escape(_title(duty.signer, crisis))}."
        ),
        *(context(f"• {markdown(one)}") for one in duty.caveats[:8]),
        *_unsure(duty),
        field("how", "Issue", radio("v", choices, choices[0])),
        field(
            "text",
            "Preuve ou raison",
            text_input("v", multiline=True),
            optional=True,
            hint="Envoyée : numéro d'accusé et heure, ou le fichier ci-dessous. Sinon : la raison.",
        ),
        field("files", "Accusé de réception", file_input("v"), optional=True),
        *_late(one),
        *_cases(duty),
        *_opinion(duty, crisis),
        field(
            "who",
            "Décidé par",
            text_input("v", limit=200),
            optional=True,
            hint="Si ce n'est pas vous : nom et fonction.",
        ),
        *_others(duty, crisis),
    ]
    return form("duty", "Obligation", blocks, crisis, duty=duty.id)


def _unsure(duty: Duty) -> list[Block]:
    """What is not certain, with the date of the last check."""
    if duty.confidence == "high":
        return []
    return [context(f"⚠️ Texte à vérifier. Dernière vérification : {duty.checked:%d/%m/%Y}.")]


def _late(one: Deadline) -> list[Block]:
    """Asked only of what is late: the reasons go with what is sent."""
    if not is_late(one):
        return []
    return [
        field(
            "late",
            "Pourquoi ce retard ?",
            text_input("v", multiline=True),
            hint="En retard, l'envoi reste dû, avec ses raisons.",
        )
    ]


def _cases(duty: Duty) -> list[Block]:
    if not duty.not_due_when:
        return []
    choices = [option(one.title, one.id) for one in duty.not_due_when]
    choices.append(option("Autre cas, dit ci-dessus", OTHER_CASE))
    return [
        field(
            "case",
            "Si non due : dans quel cas ?",
            select("v", choices),
            optional=True,
            hint="Dans le doute, elle est due.",
        )
    ]


def _opinion(duty: Duty, crisis: Crisis) -> list[Block]:
    if not duty.opinion:
        return []
    known = crisis.opinions.get(duty.id)
    title = _title(duty.opinion, crisis)
    if known is not None:
        at = day_clock(known.at, crisis.zone)
        return [context(f"Avis consigné, {user(known.by.name)}, {at} : {user(known.text, 500)}")]
    return [
        field(
            "opinion",
            f"Avis : {title}",
            text_input("v", multiline=True),
            optional=True,
            hint="Consigné à part : l'avis conseille, la direction décide.",
        )
    ]


def _others(duty: Duty, crisis: Crisis) -> list[Block]:
    """What may replace it: the other duties that bind this establishment in this crisis."""
    others = [
        one
        for one in crisis.plan.obligations.duties
        if one.id != duty.id and binds(one, crisis, crisis.opened_at)
    ]
    choices = [option(one.title, one.id) for one in others]
    if not choices:
        return []
    return [field("by", "Si remplacée : par laquelle ?", select("v", choices), optional=True)]


def read_duty(values: Values, duty: Duty) -> Command:
    """The command of a filled duty form; what is missing is told under its field."""
    how = _SETTLEMENT[values.text("how", "sent")]
    receipts = values.files("files") if how == "sent" else ()
    if not values.text("text").strip() and not receipts:
        raise WrongField("text", "Il manque la preuve ou la raison.")
    case = values.text("case")
    if how == "not_due" and duty.not_due_when and not case:
        raise WrongField("case", "Choisissez le cas. Dans le doute, l'obligation est due.")
    return SettleDuty(
        duty.id,
        how,
        values.text("text"),
        condition=case if how == "not_due" else "",
        decided_by=values.text("who"),
        replaced_by=values.text("by") if how == "replaced" else "",
        receipts=receipts,
        opinion=values.text("opinion"),
        late=values.text("late"),
    )


# -- its clock and its reminders --------------------------------------------------------------


def message_key(duty: str) -> str:
    """Key of the message of a duty, from which its reminders hang."""
    return f"duty-{duty}"


def duty_messages(shown: Board) -> list[Message]:
    """One live message for each duty that was recalled at least once."""
    recalled = {key.partition("/")[0] for key in shown.crisis.reminders}
    return [_message(shown, one) for one in shown.deadlines if one.duty.id in recalled]


def _message(shown: Board, one: Deadline) -> Message:
    duty, crisis = one.duty, shown.crisis
    settled = one.settled is not None
    accessory = None if settled else button("Donner l'issue", duty.id, f"open:duty:{duty.id}")
    notes = [f"À : {user(duty.recipient, 200)} · {user(duty.legal_basis, 200)}"]
    if is_late(one) and duty.id not in crisis.delays:
        notes.append(f"Motifs du retard à consigner : `/crise retard {duty.id} …`")
    blocks = [
        section(f"⏱️ {prefix(shown)}{deadline_line(shown, one)}", accessory),
        *(context(note) for note in notes),
        *_unsure(duty),
    ]
    return Message(
        message_key(duty.id), ours(f"{prefix(shown)}Obligation : {user(duty.title)}."), blocks, True
    )


def reminder(fact: ReminderRaised, stamp: Stamp, crisis: Crisis, key: str) -> Message | None:
    """A reminder to those whom the duty concerns, as it stood when it was raised."""
    duty = crisis.plan.duty(fact.duty)
    if duty is None:
        return None
    start = "EXERCICE — " if crisis.exercise else ""
    shown = board(crisis, stamp.at)
    one = deadline(duty, crisis, stamp.at)
    blocks = [
        section(f"🔔 {start}*Rappel* {called(one, shown)}\n{deadline_line(shown, one)}"),
        context(f"Ligne {stamp.seq} de la main courante · à : {user(duty.recipient, 200)}"),
    ]
    fallback = f"{start}Rappel, ligne {stamp.seq} : {user(duty.title)}."
    return Message(key, ours(fallback), blocks, thread=message_key(duty.id), reminds=fact.key)


def called(one: Deadline, shown: Board) -> str:
    """Mentions of who holds the duty and of their deputy; once late, of who signs it as well.

    A role that nobody holds is named, and who signs is called at once.
    """
    duty, plan = one.duty, shown.crisis.plan
    role = plan.role(duty.role)
    first = _people(duty.role, shown)
    people = [*first, *(_people(role.deputy, shown) if role else [])]
    if one.state == "late" or not first:
        people += _people(duty.signer, shown)
    mentions = " ".join(f"<@{person}>" for person in dict.fromkeys(people))
    title = f"*{escape(_title(duty.role, shown.crisis))}*"
    return mentions if first else f"{title} {mentions}".strip()


def _people(role_id: str, shown: Board) -> list[str]:
    seat = next((seat for seat in shown.seats if seat.role.id == role_id), None)
    if seat is None:
        return []
    people = [one.id for one in seat.holders] or [one.slack for one in seat.expected]
    return [one for one in people if one not in seat.away][:_CALLED]


def _title(role_id: str, crisis: Crisis) -> str:
    role = crisis.plan.role(role_id)
    return role.title if role else role_id
