"""The rows of every view: one entry of the journal as a person reads it, with its number and hash.

A view is a way of looking: the evidence is the journal itself, to which the number and the hash of
each row lead back.  Reading is one pass in constant memory; the plan that gives steps, duties and
the time zone their names comes from the opening entry, then from each version adopted.  Nothing is
checked and nothing is left out: an entry that this version cannot read, or whose text was taken
away, is a row that says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.core.adhoc import grown
from bot.core.adoption import PlanAdopted, renamed
from bot.core.crisis import NO_PLAN, Fact, Precision, Stamp
from bot.core.duties import DelayExplained, DutyReopened, DutySettled, OpinionGiven
from bot.core.instants import InstantRecorded
from bot.core.notes import DecisionTaken, LineCorrected
from bot.core.opening import CrisisClosed, CrisisOpened, CrisisReopened, LevelChanged
from bot.core.playbook import Plan
from bot.core.steps import StepCompleted, StepSkipped
from bot.exports.jsonl import CrisisSummary, Progress
from bot.exports.text import one_line
from bot.journal.codec import Unread, decode
from bot.journal.entry import Entry, write_time
from bot.sentences import told

KINDS: Final = {
    "crisis_opened": "Ouverture",
    "channel_opened": "Canal",
    "level_changed": "Niveau de gravité",
    "crisis_closed": "Clôture",
    "crisis_reopened": "Réouverture",
    "plan_adopted": "Version adoptée",
    "instant_recorded": "Instant juridique",
    "role_given": "Rôle attribué",
    "role_released": "Rôle quitté",
    "holder_away": "Absence",
    "holder_back": "Retour",
    "handover_proposed": "Relève proposée",
    "handover_taken": "Relève prise",
    "handover_dropped": "Relève annulée",
    "member_joined": "Arrivée",
    "member_left": "Départ",
    "step_taken": "Étape prise",
    "step_assigned": "Étape confiée",
    "step_agreed": "Étape\u00a0: premier accord",
    "step_completed": "Étape faite",
    "step_skipped": "Étape écartée",
    "step_blocked": "Étape bloquée",
    "step_reopened": "Étape à refaire",
    "step_added": "Étape ajoutée",
    "step_split": "Étape découpée",
    "step_entrusted": "Étape confiée dehors",
    "state_told": "État de l'hôpital",
    "counter_set": "Compteur",
    "ultimatum_recorded": "Ultimatum",
    "ultimatum_lifted": "Ultimatum levé",
    "question_answered": "Réponse",
    "duty_settled": "Obligation\u00a0: issue",
    "duty_reopened": "Obligation reprise",
    "opinion_given": "Avis",
    "delay_explained": "Motifs du retard",
    "reminder_raised": "Rappel",
    "briefing_raised": "Point de situation",
    "briefing_shared": "Point de situation diffusé",
    "note_added": "Note",
    "decision_taken": "Décision",
    "line_corrected": "Correction",
    "message": "Message",
    "message_edited": "Message modifié",
    "message_deleted": "Message supprimé",
    "file_read": "Fichier lu",
    "file_unread": "Fichier non lu",
    "gap_found": "Messages manquants",
    "gap_filled": "Messages retrouvés",
    "question_asked": "Question posée",
    "answer_worded": "Réponse rédigée",
    "answer_rated": "Avis sur une réponse",
    "export_made": "Export",
    "journal_consulted": "Consultation",
    "verification_made": "Vérification",
    "erasure_asked": "Effacement demandé",
    "erasure_refused": "Effacement refusé",
    "lines_erased": "Effacement",
    "checkpoint_sealed": "Point de contrôle",
    "anchor_received": "Dépôt extérieur",
    "anchor_delayed": "Dépôt en attente",
    "anchor_dropped": "Dépôt abandonné",
    "key_rotated": "Clé remplacée",
    "clock_behind": "Horloge en retard",
    "field_filled": "Réponse pour les documents",
    "document_drafted": "Projet de document",
    "drill_started": "Exercice\u00a0: début",
    "drill_paced": "Exercice\u00a0: allure",
    "inject_played": "Exercice\u00a0: événement",
    "inject_skipped": "Exercice\u00a0: événement écarté",
    "drill_observed": "Exercice\u00a0: observation",
    "drill_ended": "Exercice\u00a0: fin",
}
"""French name of each kind of entry; a kind that has none is shown by its own."""

RULINGS: Final = frozenset(
    fact.name
    for fact in (
        CrisisOpened,
        LevelChanged,
        CrisisClosed,
        CrisisReopened,
        InstantRecorded,
        DecisionTaken,
        LineCorrected,
        DutySettled,
        DutyReopened,
        OpinionGiven,
        DelayExplained,
    )
)
"""Decisions and filings.  Every correction is one: it may bear on a decision."""

EXERCISE: Final = "EXERCICE"

PRECISIONS: Final[Mapping[Precision, str]] = {
    "exact": "exacte",
    "about": "environ",
    "unknown": "heure inconnue",
}
"""How sure an hour is, in French."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as a view shows it.  ``text`` is as it was typed: each format makes it fit."""

    crisis: str
    hash: str
    kind: str
    stamp: Stamp
    fact: Fact
    text: str
    slack_ts: str
    zone: str
    ruling: bool
    """Whether it is a decision or a filing."""

    @property
    def seq(self) -> int:
        """Its number in the journal."""
        return self.stamp.seq

    @property
    def kind_title(self) -> str:
        """The French name of its kind."""
        return KINDS.get(self.kind, self.kind)

    @property
    def declared(self) -> bool:
        """Whether somebody gave it another time than that of its recording."""
        return self.stamp.at != self.stamp.recorded

    @property
    def precision(self) -> Precision:
        """How sure the hour of the fact is; ``unknown`` when nobody knows it."""
        found: Precision = getattr(self.fact, "precision", "exact")
        return found

    @property
    def unknown(self) -> bool:
        """Whether there is no hour of the fact but that of its recording, which it is not."""
        return self.precision == "unknown" and not self.declared


def rows(
    entries: Iterable[Entry], progress: Progress, *, rulings_only: bool = False
) -> Iterator[Row]:
    """Yield the rows of these entries; ``progress`` counts all of them, chosen or not."""
    plan = NO_PLAN
    for entry in entries:
        fact, stamp = decode(entry)
        if isinstance(fact, CrisisOpened):
            plan = fact.plan
        if isinstance(fact, PlanAdopted):
            plan = renamed(plan, fact)
        plan = grown(plan, fact)
        progress.entries += 1
        progress.head = entry.hash
        ruling = _is_ruling(entry.kind, fact, plan)
        if ruling or not rulings_only:
            yield Row(
                crisis=entry.crisis,
                hash=progress.head,
                kind=entry.kind,
                stamp=stamp,
                fact=fact,
                text=_text(entry, fact, stamp, plan),
                slack_ts=entry.slack_ts or "",
                zone=plan.establishment.timezone,
                ruling=ruling,
            )


def utc(moment: datetime) -> str:
    """A moment in UTC, to the microsecond, as the journal writes it."""
    return write_time(moment)


def local(moment: datetime, zone: str) -> str:
    """A moment in the zone, with its offset; at the ends of the calendar, in UTC."""
    with suppress(OverflowError):
        moment = moment.astimezone(ZoneInfo(zone))
    return moment.isoformat(timespec="milliseconds")


def notice(summary: CrisisSummary, *, rulings_only: bool) -> str:
    """The sentence by which a view says what it is."""
    mark = f"{EXERCISE}. " if summary["exercise"] else ""
    part = " (décisions et démarches seulement)" if rulings_only else ""
    title = one_line(summary["title"])
    missing = summary.get("missing", "")
    return (
        f"{mark}Ceci est une vue de la main courante «\u00a0{title}\u00a0»{part}. "
        "La preuve est le fichier journal.jsonl\u00a0; le numéro et l'empreinte de chaque ligne "
        "y ramènent."
    ) + (f" {missing}" if missing else "")


def _is_ruling(kind: str, fact: Fact, plan: Plan) -> bool:
    """A decision, a filing, or the end of a step that carries a duty."""
    if kind in RULINGS:
        return True
    if not isinstance(fact, StepCompleted | StepSkipped):
        return False
    step = plan.step(fact.step)
    return step is not None and step.duty is not None


def _text(entry: Entry, fact: Fact, stamp: Stamp, plan: Plan) -> str:
    """What the entry says; of an unknown kind, its text too if it has one."""
    sentence = told(fact, stamp, plan)
    if not isinstance(fact, Unread) or fact.erased:
        return sentence
    more = (entry.body_data or {}).get("text")
    return f"{sentence} {more}" if isinstance(more, str) and more else sentence
