"""One French sentence per fact: how the log reads to a person, everywhere the same.

Used by the journal in Slack and in the terminal, and by the notices of the channel.  What people
typed is returned as typed: escaping is the business of whoever shows it.
"""

from collections.abc import Callable
from typing import Any

from bot.core.crisis import Fact
from bot.core.duties import DutyReopened, DutySettled, ReminderRaised
from bot.core.evidence import ExportMade, QuestionAsked
from bot.core.french import day_clock, full_clock
from bot.core.instants import InstantRecorded
from bot.core.notes import DecisionTaken, LineCorrected, NoteAdded
from bot.core.opening import (
    ChannelOpened,
    CrisisClosed,
    CrisisOpened,
    CrisisReopened,
    LevelChanged,
)
from bot.core.people import MemberJoined, MemberLeft, RoleGiven, RoleReleased
from bot.core.playbook import Plan
from bot.core.sealing import AnchorDelayed, AnchorReceived, CheckpointSealed, KeyRotated
from bot.core.steps import (
    QuestionAnswered,
    StepAssigned,
    StepBlocked,
    StepCompleted,
    StepReopened,
    StepSkipped,
    StepTaken,
)
from bot.core.transcript import (
    GapFilled,
    GapFound,
    MessageDeleted,
    MessageEdited,
    MessageHeard,
    spoken,
)

SETTLED = {"sent": "envoyée", "not_due": "non due", "replaced": "remplacée"}
ANCHORS = {"rfc3161": "horodatage", "email": "courriel", "slack": "message Slack"}
_LATE = {True: " [relevé après coup]", False: ""}
_PRECISION = {"exact": "", "about": " (environ)", "unknown": " (heure inconnue)"}

_Teller = Callable[[Any, Plan], str]


def tell(fact: Fact, plan: Plan) -> str:
    """Return the sentence of a fact; a kind unknown to this version says so by its name."""
    teller = _TELLERS.get(type(fact))
    if teller is None:
        erased = getattr(fact, "erased", False)
        return (
            "Texte effacé sur demande." if erased else f"Entrée « {getattr(fact, 'kind', '?')} »."
        )
    return teller(fact, plan)


def _step(step_id: str, plan: Plan) -> str:
    step = plan.step(step_id)
    return f"« {step.ref} {step.title} »" if step else f"« {step_id} »"


def _duty(duty_id: str, plan: Plan) -> str:
    duty = plan.duty(duty_id)
    return f"« {duty.title} »" if duty else f"« {duty_id} »"


def _role(role_id: str, plan: Plan) -> str:
    role = plan.role(role_id)
    return f"« {role.title} »" if role else f"« {role_id} »"


def _tail(text: str) -> str:
    return f" — {text}" if text else ""


def _opened(fact: CrisisOpened) -> str:
    kind = "Exercice ouvert" if fact.exercise else "Crise ouverte"
    book = fact.plan.playbook
    return f"{kind} : {fact.title} (playbook « {book.title} », version {book.version})."


def _instant(fact: InstantRecorded, plan: Plan) -> str:
    known = plan.instant(fact.instant)
    title = known.title if known else fact.instant
    at = full_clock(fact.happened, plan.establishment.timezone or "UTC")
    by = f", su par {fact.known_by}" if fact.known_by else ""
    return f"Instant « {title} » : {at}{_PRECISION[fact.precision]}{by}{_tail(fact.evidence)}"


def _completed(fact: StepCompleted, plan: Plan) -> str:
    outcome = f" ({fact.outcome})" if fact.outcome else ""
    return f"Étape {_step(fact.step, plan)} faite{outcome}{_tail(fact.evidence)}"


def _answered(fact: QuestionAnswered, plan: Plan) -> str:
    question = plan.question(fact.question)
    return f"« {question.ask if question else fact.question} » : {fact.answer}."


def _reminder(fact: ReminderRaised, plan: Plan) -> str:
    due = f", échéance {day_clock(fact.due, plan.establishment.timezone)}" if fact.due else ""
    return f"Rappel : {_duty(fact.duty, plan)}{due}."


def _level(fact: LevelChanged, plan: Plan) -> str:
    title = next((one.title for one in plan.cell.levels if one.id == fact.level), fact.level)
    return f"Niveau de gravité : {title}{_tail(fact.reason)}"


def _message(fact: MessageHeard, plan: Plan) -> str:
    files = "".join(f" [fichier : {one.name}]" for one in fact.files)
    return f"{_said(fact.text, plan)}{files}{_LATE[fact.late]}"


def _edited(fact: MessageEdited, plan: Plan) -> str:
    before, after = _said(fact.before, plan), _said(fact.text, plan)
    return f"Message modifié. Avant : {before} — Après : {after}{_LATE[fact.late]}"


def _gap(fact: GapFound | GapFilled, plan: Plan) -> str:
    zone = plan.establishment.timezone or "UTC"
    return f"de {full_clock(fact.since, zone)} à {full_clock(fact.until, zone)}"


def _said(text: str, plan: Plan) -> str:
    """What was written in Slack, with the names of the establishment's own people."""
    people = {one.slack: one.name for one in plan.establishment.people}
    return spoken(text, lambda person: people.get(person, ""))


def _export(fact: ExportMade) -> str:
    return (
        f"Main courante exportée ({fact.format}) jusqu'à la ligne {fact.entries}, "
        f"empreinte {fact.sha256[:16]}…"
    )


def _anchor(fact: AnchorReceived, plan: Plan) -> str:
    stamped = (
        f", heure reçue {full_clock(fact.stamped, plan.establishment.timezone or 'UTC')}"
        if fact.stamped
        else ""
    )
    return (
        f"Point de contrôle de {fact.size} lignes déposé hors de Tocsin "
        f"({ANCHORS[fact.kind]}, {fact.where}{stamped})."
    )


_TELLERS: dict[type, _Teller] = {
    CrisisOpened: lambda fact, _: _opened(fact),
    ChannelOpened: lambda fact, _: f"Canal de la crise ouvert : #{fact.channel_name}.",
    LevelChanged: _level,
    CrisisClosed: lambda fact, _: f"Crise close{_tail(fact.reason)}",
    CrisisReopened: lambda fact, _: f"Crise rouverte{_tail(fact.reason)}",
    InstantRecorded: _instant,
    RoleGiven: lambda fact, plan: f"{fact.to.name} tient le rôle {_role(fact.role, plan)}.",
    RoleReleased: lambda fact, plan: f"{fact.person.name} quitte {_role(fact.role, plan)}.",
    MemberJoined: lambda fact, _: f"{fact.person.name} entre dans le canal.",
    MemberLeft: lambda fact, _: f"{fact.person.name} quitte le canal.",
    StepTaken: lambda fact, plan: f"Étape {_step(fact.step, plan)} prise.",
    StepAssigned: lambda fact, plan: f"Étape {_step(fact.step, plan)} confiée à {fact.to.name}.",
    StepCompleted: _completed,
    StepSkipped: lambda fact, plan: (
        f"Étape {_step(fact.step, plan)} non applicable{_tail(fact.reason)}"
    ),
    StepBlocked: lambda fact, plan: f"Étape {_step(fact.step, plan)} bloquée{_tail(fact.reason)}",
    StepReopened: lambda fact, plan: (
        f"Étape {_step(fact.step, plan)} à refaire{_tail(fact.reason)}"
    ),
    QuestionAnswered: _answered,
    DutySettled: lambda fact, plan: (
        f"Obligation {_duty(fact.duty, plan)} : {SETTLED[fact.settlement]}{_tail(fact.proof)}"
    ),
    DutyReopened: lambda fact, plan: (
        f"Obligation {_duty(fact.duty, plan)} reprise{_tail(fact.reason)}"
    ),
    ReminderRaised: _reminder,
    NoteAdded: lambda fact, _: (
        f"Note : {fact.text}" + (f" (message de {fact.author.name})" if fact.author else "")
    ),
    DecisionTaken: lambda fact, _: f"Décision : {fact.text}",
    LineCorrected: lambda fact, _: f"Correction de la ligne {fact.of} : {fact.text}",
    MessageHeard: _message,
    MessageEdited: _edited,
    MessageDeleted: lambda fact, plan: (
        f"Message supprimé du canal. Il disait : {_said(fact.before, plan)}"
    ),
    GapFound: lambda fact, plan: (
        f"Messages du canal peut-être manquants, {_gap(fact, plan)}{_tail(fact.reason)}"
    ),
    GapFilled: lambda fact, plan: (
        f"Canal relu : il ne manque plus de messages, {_gap(fact, plan)}."
    ),
    QuestionAsked: lambda fact, _: f"Question posée : {fact.question} ({fact.confidence})",
    ExportMade: lambda fact, _: _export(fact),
    CheckpointSealed: lambda fact, _: (
        f"Point de contrôle signé : {fact.size} lignes, empreinte {fact.head[:16]}…"
    ),
    AnchorReceived: _anchor,
    AnchorDelayed: lambda fact, _: (
        f"Dépôt extérieur en attente ({ANCHORS[fact.kind]}, {fact.where}){_tail(fact.reason)}"
    ),
    KeyRotated: lambda fact, _: f"Clé de signature remplacée{_tail(fact.reason)}",
}
