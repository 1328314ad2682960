"""What the journal knows, under the names that templates use.

One tree serves twice: filled from a crisis it gives the values, and its shape is the list of names
that a template may use.  Anything unknown is ``Missing`` with the label that people will read.
Times are local to the establishment; nothing is rounded, guessed or taken from elsewhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.core.board import StepView, board
from bot.core.crisis import Crisis, DutyState, Line
from bot.core.deadlines import deadline, is_late
from bot.core.french import joined
from bot.core.playbook import Contact, Duty, Instant, Plan
from bot.drafts.template import Field, Template
from bot.drafts.values import Budget, Missing, NotYet, Rows, Value, When, YesNo, long_date, yes_no

_STATUS = {
    "eps": "établissement public de santé",
    "espic": "établissement de santé privé d'intérêt collectif",
    "clinique": "établissement de santé privé",
}
_PRECISION = {"exact": "exacte", "about": "approximative", "unknown": "heure inconnue"}
_ISSUE = {"sent": "envoyée", "not_due": "non due", "replaced": "remplacée"}


@dataclass(frozen=True, slots=True)
class Known:
    """All that a document is filled from, at ``now`` (UTC)."""

    crisis: Crisis
    now: datetime
    head: str = ""
    """Hash of the last line of the journal."""
    budget: Budget = field(default_factory=Budget)

    @property
    def plan(self) -> Plan:
        """The plan of the crisis."""
        return self.crisis.plan


def tree(known: Known, template: Template | None = None) -> dict[str, Any]:
    """Every name with its value; those of ``champ`` and ``document`` are the template's."""
    plan = known.plan
    made: dict[str, Any] = {
        "etablissement": _establishment(known),
        "crise": _crisis(known),
        "maintenant": _now(known),
        "instants": {one.id: _instant(one, known) for one in plan.obligations.instants},
        "roles": {one.id: _role(one.id, one.title, known) for one in plan.cell.roles},
        "obligations": {one.id: _duty(one, known) for one in plan.obligations.duties},
        "etapes": _steps(known),
        "decisions": _lines("decision", "decisions", known),
        "notes": _lines("note", "notes", known),
        "constats": _found(known),
        "reponses": {
            one.id: _text(known.crisis.answers.get(one.id, ""), one.ask, f"reponses.{one.id}")
            for one in plan.playbook.questions
        },
        "pieces": _pieces(known),
        "journal": {
            "lignes": Value(str(known.crisis.seq), "lignes de la main courante", "journal.lignes"),
            "empreinte": _text(known.head, "empreinte de la main courante", "journal.empreinte"),
        },
        "services_touches": _names(known.crisis.services, "services touchés", "services", known),
        "sites_touches": _names(known.crisis.sites, "sites touchés", "sites", known),
    }
    return made if template is None else with_own(made, template, known)


def with_own(made: Mapping[str, Any], template: Template, known: Known) -> dict[str, Any]:
    """The names of a tree with those of a template."""
    own = {**made, "document": _document(template, known)}
    own["champ"] = {one.id: _field(one, known, own) for one in template.head.fields}
    return own


def at(path: str, values: Mapping[str, Any]) -> Any:
    """The value under a dotted name, or ``None`` when there is no such name."""
    found: Any = values
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def _text(text: str, label: str, path: str) -> Value | Missing:
    return Value(text, label, path) if text.strip() else Missing(label, path)


def _when(moment: datetime | None, label: str, path: str, known: Known) -> When | Missing:
    if moment is None:
        return Missing(label, path)
    return When(moment, known.crisis.zone, label, path)


def _names(items: Iterable[str], label: str, name: str, known: Known) -> Rows:
    path = f"{name}_touches"
    shape = Value("", label, f"{path}[]")
    return Rows([shape.like(one) for one in items], shape, label, path, known.budget)


# -- the house and the crisis ---------------------------------------------------------------------


def _establishment(known: Known) -> dict[str, Any]:
    house, name = known.plan.establishment, "etablissement"
    site = Value("", "site", f"{name}.sites[]")
    sites = [site.like(one.name) for one in house.sites]
    return {
        "nom": _text(house.name, "nom de l'établissement", f"{name}.nom"),
        "statut": Value(_STATUS[house.status], "statut de l'établissement", f"{name}.statut"),
        "fuseau": Value(house.timezone, "fuseau horaire", f"{name}.fuseau"),
        "sites": Rows(sites, site, "sites", f"{name}.sites", known.budget),
        "contacts": {one.id: _contact(one) for one in house.contacts},
    }


def _contact(one: Contact) -> dict[str, Any]:
    path = f"etablissement.contacts.{one.id}"
    return {
        "nom": _text(one.name, f"nom, {one.id}", f"{path}.nom"),
        "telephone": _text(one.phone, f"téléphone, {one.name}", f"{path}.telephone"),
        "courriel": _text(one.mail, f"courriel, {one.name}", f"{path}.courriel"),
    }


def _crisis(known: Known) -> dict[str, Any]:
    crisis = known.crisis
    level = next((one.title for one in known.plan.cell.levels if one.id == crisis.level), "")
    opened = _when(crisis.opened.at if crisis.opened else None, "ouverture", "crise.ouverte", known)
    closed = _when(crisis.closed.at if crisis.closed else None, "clôture", "crise.close_le", known)
    return {
        "numero": _text(crisis.id, "numéro de la crise", "crise.numero"),
        "titre": _text(crisis.title, "intitulé de la crise", "crise.titre"),
        "nature": _text(known.plan.playbook.title, "nature de la crise", "crise.nature"),
        "niveau": _text(level, "niveau de gravité", "crise.niveau"),
        "exercice": yes_no(crisis.exercise, "exercice", "crise.exercice"),
        "ouverte_le": _part(opened, "date", "crise.ouverte_le"),
        "ouverte_a": _part(opened, "heure", "crise.ouverte_a"),
        "canal": _text(crisis.channel_name, "canal de la crise", "crise.canal"),
        "close_le": closed,
        "constat": _text(crisis.noticed_how, "comment cela a été constaté", "crise.constat"),
    }


def _part(moment: When | Missing, part: str, path: str) -> When | Missing:
    """A moment that shows its date or its hour alone, and can still be read otherwise."""
    label = f"{moment.label}\u00a0: {part}"
    if isinstance(moment, Missing):
        return Missing(label, path)
    text = str(moment.of_day() if part == "date" else moment.of_hour())
    return When(moment.at, moment.zone, label, path, text, about=moment.about)


def _now(known: Known) -> dict[str, Any]:
    moment = When(known.now, known.crisis.zone, "date du jour", "maintenant")
    return {
        "date": _part(moment, "date", "maintenant.date"),
        "heure": _part(moment, "heure", "maintenant.heure"),
    }


def _instant(one: Instant, known: Known) -> dict[str, Any]:
    path, state = f"instants.{one.id}", known.crisis.instants.get(one.id)
    title = one.title
    moment: When | Missing = Missing(title, f"{path}.date_heure")
    if state is not None:
        about = state.precision != "exact"
        moment = When(state.at, known.crisis.zone, title, f"{path}.date_heure", about=about)
    precision = _PRECISION[state.precision] if state else ""
    return {
        "connu": yes_no(state is not None, f"{title}\u00a0: connu", f"{path}.connu"),
        "date": _part(moment, "date", f"{path}.date"),
        "heure": _part(moment, "heure", f"{path}.heure"),
        "date_heure": moment,
        "precision": _text(precision, f"{title}\u00a0: précision", f"{path}.precision"),
        "par": _text(state.known_by if state else "", f"{title}\u00a0: su par", f"{path}.par"),
        "preuve": _text(
            state.evidence if state else "", f"{title}\u00a0: preuve", f"{path}.preuve"
        ),
    }


def _role(role_id: str, title: str, known: Known) -> dict[str, Any]:
    path = f"roles.{role_id}"
    holders = [one.name for one in known.crisis.roles.get(role_id, ())]
    people = known.plan.establishment.people
    expected = [one.name for one in people if role_id in one.roles]
    return {
        "titre": Value(title, f"rôle {title}", f"{path}.titre"),
        "noms": _text(joined(holders), f"nom, {title}", f"{path}.noms"),
        "prevus": _text(joined(expected), f"personne prévue, {title}", f"{path}.prevus"),
    }


def _duty(duty: Duty, known: Known) -> dict[str, Any]:
    path, title = f"obligations.{duty.id}", duty.title
    one = deadline(duty, known.crisis, known.now)
    late = is_late(one)
    due: Any = _when(one.due, f"échéance, {title}", f"{path}.echeance", known)
    if one.due is None and one.started is not None:
        due = Value(duty.wording, f"échéance, {title}", f"{path}.echeance")
    reasons = known.crisis.delays.get(duty.id, "")
    why = Value("", f"motifs du retard, {title}", f"{path}.motif_retard")
    return {
        "titre": Value(title, title, f"{path}.titre"),
        "echeance": due,
        "depuis": _when(one.started, f"point de départ, {title}", f"{path}.depuis", known),
        "issue": _issue(one.settled, f"issue, {title}", f"{path}.issue"),
        "preuve": Value(
            one.settled.proof if one.settled else "", f"preuve, {title}", f"{path}.preuve"
        ),
        "fondement": Value(duty.legal_basis, f"fondement, {title}", f"{path}.fondement"),
        "destinataire": Value(duty.recipient, f"destinataire, {title}", f"{path}.destinataire"),
        "en_retard": yes_no(late, f"en retard, {title}", f"{path}.en_retard"),
        "motif_retard": Missing(why.label, why.path) if late and not reasons else why.like(reasons),
    }


def _issue(settled: DutyState | None, label: str, path: str) -> Value:
    """How a duty ended; « pas encore » is false in a condition."""
    if settled is None:
        return NotYet("pas encore", label, path)
    return Value(_ISSUE[settled.settlement], label, path)


# -- what was done --------------------------------------------------------------------------------


def _row(path: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The shape of the rows of a list."""
    return {key: Value("", label, f"{path}[].{key}") for key, label in labels.items()}


def _steps(known: Known) -> dict[str, Any]:
    labels = {"titre": "étape", "par": "par", "heure": "heure", "preuve": "preuve"}
    wanted = {"faites": "done", "en_cours": "taken", "bloquees": "blocked"}
    views = board(known.crisis, known.now).steps
    made = {}
    for name, standing in wanted.items():
        path = f"etapes.{name}"
        shape = _row(path, labels)
        rows = [_step(one, shape, known) for one in views if one.standing == standing]
        label = f"étapes {name.replace('_', ' ')}"
        made[name] = Rows(rows, shape, label, path, known.budget)
    return made


def _step(view: StepView, shape: Mapping[str, Value], known: Known) -> dict[str, Any]:
    state = view.state
    by = state.holder if view.standing == "taken" else state.by
    told = state.evidence or state.outcome or state.reason
    hour = shape["heure"]
    return {
        "titre": shape["titre"].like(view.step.title),
        "par": shape["par"].like(by.name if by else ""),
        "heure": When(state.at, known.crisis.zone, hour.label, hour.path) if state.at else hour,
        "preuve": shape["preuve"].like(told),
    }


def _lines(kind: str, name: str, known: Known) -> Rows:
    labels = {"texte": "décision" if kind == "decision" else "note", "par": "par"}
    shape = _row(name, {**labels, "heure": "heure", "ligne": "ligne"})
    rows = [_line(one, shape, known) for one in known.crisis.lines if one.kind == kind]
    return Rows(rows, shape, name.replace("decisions", "décisions"), name, known.budget)


def _line(one: Line, shape: Mapping[str, Value], known: Known) -> dict[str, Any]:
    hour = shape["heure"]
    moment = When(one.at, known.crisis.zone, hour.label, hour.path, about=one.precision == "about")
    return {
        "texte": shape["texte"].like(one.text),
        "par": shape["par"].like(one.by.name),
        "heure": hour.like("heure inconnue") if one.precision == "unknown" else moment,
        "ligne": shape["ligne"].like(str(one.seq)),
    }


def _found(known: Known) -> Rows:
    """The instants that were dated, in the order of time."""
    labels = {"titre": "constat", "heure": "heure", "par": "par", "preuve": "preuve"}
    shape = _row("constats", {**labels, "ligne": "ligne"})
    crisis, rows = known.crisis, []
    for instant_id, state in sorted(crisis.instants.items(), key=lambda pair: pair[1].at):
        instant, hour = known.plan.instant(instant_id), shape["heure"]
        about = state.precision != "exact"
        rows.append(
            {
                "titre": shape["titre"].like(instant.title if instant else instant_id),
                "heure": When(state.at, crisis.zone, hour.label, hour.path, about=about),
                "par": shape["par"].like(state.known_by),
                "preuve": shape["preuve"].like(state.evidence),
                "ligne": shape["ligne"].like(str(state.seq)),
            }
        )
    return Rows(rows, shape, "constats", "constats", known.budget)


def _pieces(known: Known) -> Rows:
    labels = {"nom": "pièce", "empreinte": "empreinte SHA-256", "heure": "heure", "ligne": "ligne"}
    shape = _row("pieces", labels)
    rows = [
        {
            "nom": shape["nom"].like(one.name),
            "empreinte": (
                shape["empreinte"].like(one.sha256)
                if one.sha256
                else Missing(f"empreinte SHA-256 de {one.name}", shape["empreinte"].path)
            ),
            "heure": When(one.at, known.crisis.zone, "heure", shape["heure"].path),
            "ligne": shape["ligne"].like(str(one.seq)),
        }
        for one in known.crisis.files.values()
        if not one.erased
    ]
    return Rows(rows, shape, "pièces", "pieces", known.budget)


# -- the document and its fields ------------------------------------------------------------------


def _document(template: Template, known: Known) -> dict[str, Any]:
    head, path = template.head, "document"
    signer, maker = known.plan.role(head.signer), known.plan.role(head.prepared_by)
    number = len(known.crisis.documents.get(head.id, ())) + 1
    annex = Value("", "annexe", f"{path}.annexes[]")
    annexes = [annex.like(one) for one in head.annexes]
    return {
        "titre": Value(head.title, "titre", f"{path}.titre"),
        "version": Value(str(number), "version", f"{path}.version"),
        "destinataire": Value(head.recipient, "destinataire", f"{path}.destinataire"),
        "canal": Value(head.channel, "canal", f"{path}.canal"),
        "signataire": Value(signer.title if signer else head.signer, "signé par", f"{path}.signe"),
        "redacteur": Value(
            maker.title if maker else head.prepared_by, "préparé par", f"{path}.fait"
        ),
        "annexes": Rows(annexes, annex, "annexes", f"{path}.annexes", known.budget),
    }


def _field(one: Field, known: Known, values: Mapping[str, Any]) -> Value | Missing:
    """What was answered, else what the journal knows of it, else missing."""
    path = f"champ.{one.id}"
    said = answer(one, known.crisis, values)
    if not said:
        return Missing(one.label, path)
    if one.kind == "yesno":
        return YesNo(said, one.label, path)
    return Value(shown(one, said), one.label, path)


def answer(one: Field, crisis: Crisis, values: Mapping[str, Any]) -> str:
    """The answer as it was typed, or the default; empty when there is none."""
    given = crisis.fields.get(one.id)
    if given is not None:
        return given.value
    default = at(one.known, values) if one.known else None
    return str(default) if isinstance(default, str) else ""


def shown(one: Field, said: str) -> str:
    """An answer as a document prints it: thousands apart, dates in words."""
    if one.kind == "number":
        return "\u00a0".join(_grouped(part) for part in said.split())
    if one.kind == "date":
        try:
            return long_date(datetime.fromisoformat(said).date())
        except ValueError:
            return said
    return said


def _grouped(part: str) -> str:
    return f"{int(part):,}".replace(",", "\u202f") if part.isdecimal() else part
