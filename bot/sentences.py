"""One French sentence per fact: how the log reads to a person, everywhere the same.

Used by the journal in Slack and in the terminal, and by the notices of the channel.  What people
typed is returned as typed: escaping is the business of whoever shows it.
"""

from collections.abc import Callable
from typing import Any

from bot.core import added_words, drill_words
from bot.core.absence import HolderAway, HolderBack
from bot.core.adoption import PlanAdopted, short
from bot.core.anchoring import AnchorDropped
from bot.core.audit import JournalConsulted, VerificationMade
from bot.core.crisis import Fact, Precision, Stamp
from bot.core.documents import DocumentDrafted, FieldFilled
from bot.core.duties import (
    OTHER_CASE,
    DelayExplained,
    DutyReopened,
    DutySettled,
    OpinionGiven,
    ReminderRaised,
)
from bot.core.erasure import ErasureAsked, ErasureRefused, LinesErased, numbered
from bot.core.evidence import AnswerRated, AnswerWorded, ExportMade, QuestionAsked
from bot.core.files import UNREAD, FileRead, FileUnread
from bot.core.french import date_clock, day_clock, full_clock, plural, seconds, told_when
from bot.core.handover import HandoverDropped, HandoverProposed, HandoverTaken, held
from bot.core.instants import InstantRecorded
from bot.core.notes import DecisionTaken, LineCorrected, NoteAdded
from bot.core.opening import (
    ChannelOpened,
    CrisisClosed,
    CrisisOpened,
    CrisisReopened,
    LevelChanged,
)
from bot.core.pairs import StepAgreed
from bot.core.people import MemberJoined, MemberLeft, RoleGiven, RoleReleased
from bot.core.playbook import Plan
from bot.core.rhythm import BriefingRaised, BriefingShared
from bot.core.sealing import (
    AnchorDelayed,
    AnchorReceived,
    CheckpointSealed,
    ClockBehind,
    KeyRotated,
)
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
CONSULTED = {"list": "Crise listée lors d'un audit.", "journal": "Main courante consultée."}
ANCHORS = {"rfc3161": "horodatage", "email": "courriel", "slack": "message Slack"}
_RATED = {True: "utile", False: "pas la bonne"}
_LATE = {True: " [relevé après coup]", False: ""}
_SEEN = {True: " (constaté après coup)", False: ""}
_PRECISION = {"exact": "", "about": " (environ)", "unknown": " (heure inconnue)"}

_HAPPENED: dict[type, str] = {DecisionTaken: "décidé", MessageHeard: "dit"}

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


def author(stamp: Stamp) -> str:
    """Who wrote an entry; of an erased one, in which role."""
    if stamp.erased_by and stamp.actor.role:
        return f"{stamp.actor.role} (nom effacé)"
    return stamp.actor.name


def told(fact: Fact, stamp: Stamp, plan: Plan) -> str:
    """The sentence of an entry; one whose text was erased says by which line."""
    sentence = tell(fact, plan)
    if not stamp.erased_by:
        return sentence
    return f"{sentence} [texte effacé sur demande, ligne {stamp.erased_by}]"


def dated(fact: Fact, stamp: Stamp, zone: str) -> str:
    """When it happened and when it was written: ``décidé à 03 h 10, saisi à 07 h 40``.

    The hour alone when the two are the same minute, which they are unless somebody says otherwise.
    """
    verb = _HAPPENED.get(type(fact), "survenu")
    precision: Precision = getattr(fact, "precision", "exact")
    return told_when(verb, stamp.at, stamp.recorded, precision, zone)


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


def drafted(fact: DocumentDrafted) -> str:
    """A version of a document without its fingerprints, which the log and the exports give."""
    left = f", {len(fact.left)} à compléter" if fact.left else ""
    changed = f" Changé : {fact.changed}." if fact.changed else ""
    return f"Projet de document « {fact.title} », version {fact.version}{left}.{changed}"


def _drafted(fact: DocumentDrafted) -> str:
    return f"{drafted(fact)} SHA-256 du PDF : {fact.pdf} ; du DOCX : {fact.docx}."


def _opened(fact: CrisisOpened) -> str:
    kind = "Exercice ouvert" if fact.exercise else "Crise ouverte"
    book = fact.plan.playbook
    return f"{kind} : {fact.title} (playbook « {book.title} », version {book.version})."


def _adopted(fact: PlanAdopted) -> str:
    book = fact.plan.playbook
    aside = f" ; {plural(len(fact.aside), 'étape')} en cours mise de côté" if fact.aside else ""
    return (
        f"La crise suit la version {book.version} du playbook « {book.title} », "
        f"empreinte {short(fact.fingerprint)}{aside}."
    )


def _instant(fact: InstantRecorded, plan: Plan) -> str:
    known = plan.instant(fact.instant)
    title = known.title if known else fact.instant
    at = date_clock(fact.happened, plan.establishment.timezone or "UTC")
    by = f", su par {fact.known_by}" if fact.known_by else ""
    return f"Instant « {title} » : {at}{_PRECISION[fact.precision]}{by}{_tail(fact.evidence)}"


def _completed(fact: StepCompleted, plan: Plan) -> str:
    outcome = f" ({fact.outcome})" if fact.outcome else ""
    return f"Étape {_step(fact.step, plan)} faite{outcome}{_tail(fact.evidence)}"


def _agreed(fact: StepAgreed, plan: Plan) -> str:
    outcome = f" ({fact.outcome})" if fact.outcome else ""
    step = _step(fact.step, plan)
    return f"Étape {step} : premier accord{outcome}, il faut une 2e personne{_tail(fact.evidence)}"


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
    texts = f"Avant : {before} — Après : {after}" if before != after else f"Texte : {after}"
    files = "".join(f" [fichier ajouté : {one.name}]" for one in fact.files)
    files += "".join(f" [fichier retiré : {one.name}]" for one in fact.gone)
    return f"Message modifié. {texts}{files}{_LATE[fact.late]}"


def _deleted(fact: MessageDeleted, plan: Plan) -> str:
    when = " (constaté après coup)" if fact.late else ""
    before = f"Il disait : {_said(fact.before, plan)}" if fact.before else "Texte inconnu."
    return f"Message supprimé du canal{when}. {before}"


def _read(fact: FileRead) -> str:
    kept = "copie conservée" if fact.kept else "sans copie"
    return (
        f"Fichier « {fact.filename} » lu : {plural(fact.size, 'octet')}, "
        f"SHA-256 {fact.sha256}, {kept}."
    )


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


def _settled(fact: DutySettled, plan: Plan) -> str:
    duty = plan.duty(fact.duty)
    cases = {one.id: one.title for one in duty.not_due_when} if duty else {}
    details = [
        cases.get(fact.condition, "" if fact.condition == OTHER_CASE else fact.condition),
        f"remplacée par {_duty(fact.replaced_by, plan)}" if fact.replaced_by else "",
        f"décidé par {fact.decided_by}" if fact.decided_by else "",
        *(f"pièce {one.name}" for one in fact.receipts),
    ]
    said = _tail("\u00a0; ".join(one for one in (fact.proof, *details) if one))
    return f"Obligation {_duty(fact.duty, plan)} : {SETTLED[fact.settlement]}{said}"


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


def _checkpoint(fact: CheckpointSealed) -> str:
    unsure = fact.clock is not None and not fact.clock.synchronised
    clock = ", horloge du serveur non synchronisée" if unsure else ""
    lines = plural(fact.size, "ligne")
    return f"Point de contrôle signé : {lines}, empreinte {fact.head[:16]}…{clock}."


def _key(fact: KeyRotated) -> str:
    """Which key signs from here on, and whether the one before vouches for it."""
    end = "" if fact.reason.endswith((".", "!", "?")) else "."
    reason = f" Raison : {fact.reason}{end}" if fact.reason else ""
    old, new = (key.partition("+")[2].partition("+")[0] or key for key in (fact.old, fact.new))
    if fact.lost:
        return (
            f"Clé de signature {old} introuvable : la clé {new} signe à partir d'ici, et "
            f"l'ancienne n'a pas pu l'attester.{reason}"
        )
    return f"Clé de signature remplacée : {new} signe à la place de {old}, qui l'atteste.{reason}"


def _asked(fact: ErasureAsked) -> str:
    lines = numbered(fact.lines, "la")
    return f"Effacement demandé pour {lines} : {fact.legal_basis}{_tail(fact.reason)}"


def _erased(fact: LinesErased) -> str:
    lines = numbered((one.seq for one in fact.lines), "de la")
    return f"Effacement du texte {lines}, demandé ligne {fact.asked}."


_TELLERS: dict[type, _Teller] = {
    CrisisOpened: lambda fact, _: _opened(fact),
    ChannelOpened: lambda fact, _: f"Canal de la crise ouvert : #{fact.channel_name}.",
    LevelChanged: _level,
    CrisisClosed: lambda fact, _: f"Crise close{_tail(fact.reason)}",
    CrisisReopened: lambda fact, _: f"Crise rouverte{_tail(fact.reason)}",
    PlanAdopted: lambda fact, _: _adopted(fact),
    InstantRecorded: _instant,
    RoleGiven: lambda fact, plan: f"{fact.to.name} tient le rôle {_role(fact.role, plan)}.",
    RoleReleased: lambda fact, plan: f"{fact.person.name} quitte {_role(fact.role, plan)}.",
    HolderAway: lambda fact, _: f"{fact.person.name} est indisponible.",
    HolderBack: lambda fact, _: f"{fact.person.name} est de retour.",
    HandoverProposed: lambda fact, plan: f"Relève proposée à {fact.to.name} : {held(fact, plan)}.",
    HandoverTaken: lambda fact, plan: f"Relève de {fact.giver.name} prise : {held(fact, plan)}.",
    HandoverDropped: lambda fact, _: f"Relève annulée, proposée ligne {fact.of}.",
    MemberJoined: lambda fact, _: f"{fact.person.name} entre dans le canal{_SEEN[fact.late]}.",
    MemberLeft: lambda fact, _: f"{fact.person.name} quitte le canal{_SEEN[fact.late]}.",
    StepTaken: lambda fact, plan: f"Étape {_step(fact.step, plan)} prise.",
    StepAssigned: lambda fact, plan: f"Étape {_step(fact.step, plan)} confiée à {fact.to.name}.",
    StepAgreed: _agreed,
    StepCompleted: _completed,
    StepSkipped: lambda fact, plan: (
        f"Étape {_step(fact.step, plan)} non applicable{_tail(fact.reason)}"
    ),
    StepBlocked: lambda fact, plan: f"Étape {_step(fact.step, plan)} bloquée{_tail(fact.reason)}",
    StepReopened: lambda fact, plan: (
        f"Étape {_step(fact.step, plan)} à refaire{_tail(fact.reason)}"
    ),
    QuestionAnswered: _answered,
    DutySettled: _settled,
    OpinionGiven: lambda fact, plan: (
        f"Avis sur l'obligation {_duty(fact.duty, plan)} : {fact.text}"
    ),
    DelayExplained: lambda fact, plan: (
        f"Motifs du retard, obligation {_duty(fact.duty, plan)} : {fact.text}"
    ),
    DutyReopened: lambda fact, plan: (
        f"Obligation {_duty(fact.duty, plan)} reprise{_tail(fact.reason)}"
    ),
    ReminderRaised: _reminder,
    BriefingRaised: lambda _, __: "Point de situation donné à la cellule.",
    BriefingShared: lambda fact, _: f"Point de situation diffusé ({fact.channel}) : {fact.text}",
    NoteAdded: lambda fact, _: (
        f"Note : {fact.text}"
        + (f" (message de {fact.author.name})" if fact.author else "")
        + _LATE[fact.late]
    ),
    DecisionTaken: lambda fact, _: f"Décision : {fact.text}",
    LineCorrected: lambda fact, _: f"Correction de la ligne {fact.of} : {fact.text}",
    MessageHeard: _message,
    MessageEdited: _edited,
    MessageDeleted: _deleted,
    FileRead: lambda fact, _: _read(fact),
    FileUnread: lambda fact, _: (
        f"Fichier « {fact.filename} » non lu, sans empreinte : {UNREAD[fact.why]}."
    ),
    GapFound: lambda fact, plan: (
        f"Messages du canal peut-être manquants, {_gap(fact, plan)}{_tail(fact.reason)}"
    ),
    GapFilled: lambda fact, plan: (
        f"Canal relu : il ne manque plus de messages, {_gap(fact, plan)}."
    ),
    QuestionAsked: lambda fact, _: f"Question posée : {fact.question} ({fact.confidence})",
    AnswerWorded: lambda fact, _: (
        f"Réponse à la question de la ligne {fact.of}, rédigée par un modèle"
        + (" : " if fact.kept else " puis retirée faute d'appui : ")
        + " ".join(fact.text.split())
    ),
    AnswerRated: lambda fact, _: (
        f"Réponse à la question de la ligne {fact.of} : {_RATED[fact.useful]}{_tail(fact.text)}"
    ),
    ExportMade: lambda fact, _: _export(fact),
    JournalConsulted: lambda fact, _: CONSULTED[fact.what],
    VerificationMade: lambda fact, _: (
        f"Main courante vérifiée jusqu'à la ligne {fact.entries} : "
        + (f"défaut trouvé{_tail(fact.fault)}" if not fact.sound else "conforme.")
    ),
    ErasureAsked: lambda fact, _: _asked(fact),
    ErasureRefused: lambda fact, _: (
        f"Effacement refusé, demandé ligne {fact.asked}{_tail(fact.reason)}"
    ),
    LinesErased: lambda fact, _: _erased(fact),
    CheckpointSealed: lambda fact, _: _checkpoint(fact),
    AnchorReceived: _anchor,
    AnchorDelayed: lambda fact, _: (
        f"Dépôt extérieur en attente ({ANCHORS[fact.kind]}, {fact.where}){_tail(fact.reason)}"
    ),
    AnchorDropped: lambda fact, _: (
        f"Dépôt extérieur abandonné ({ANCHORS[fact.kind]}, {fact.where}) : "
        "les réglages ne le demandent plus."
    ),
    KeyRotated: lambda fact, _: _key(fact),
    ClockBehind: lambda fact, _: (
        f"Horloge du serveur en retard de {seconds(fact.behind_ms)} sur la main courante : "
        "l'heure d'enregistrement ne recule pas, elle attend."
    ),
    FieldFilled: lambda fact, _: (
        f"Pour les documents, « {fact.label} » : {fact.value or 'inconnu à cette heure'}"
    ),
    DocumentDrafted: lambda fact, _: _drafted(fact),
    **drill_words.TOLD,
    **added_words.TOLD,
}
