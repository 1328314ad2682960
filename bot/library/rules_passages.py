"""Playbooks, duties, instants, roles and contacts as passages, each with its lines in its file.

Nothing is added to what the files say but the labels of its parts.  People of the establishment
are left out: their names have no place in a search.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.core.playbook import (
    Cell,
    Contact,
    Duty,
    Establishment,
    Instant,
    Obligations,
    Playbook,
    Question,
    Role,
    Source,
    Step,
)
from bot.library.corpus import Passage
from bot.library.marked_yaml import Marked, Place

CAVEATS_CHARS = 800
#: How people ask for a contact: they want its number, whatever they call it.
_CALLING = ("numéro de téléphone", "qui appeler", "joindre")


@dataclass(frozen=True, slots=True)
class Names:
    """Titles of what passages refer to, by id."""

    sources: Mapping[str, Source]
    roles: Mapping[str, str]
    instants: Mapping[str, str]
    duties: Mapping[str, str]

    def labels(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        """Human-readable labels of sources (an unknown id is shown as it is)."""
        return tuple(label(self.sources[one]) if one in self.sources else one for one in ids)


def label(source: Source) -> str:
    """One source on one line; anything but a high confidence is said."""
    doubt = "" if source.confidence == "high" else ", à vérifier"
    return f"{source.title} ({source.publisher}, {source.date}{doubt})"


def _parts(*pairs: tuple[str, str]) -> str:
    """Lines « label : text » for those that have a text."""
    return "\n".join(f"{name}\u00a0: {text.strip()}" for name, text in pairs if text.strip())


def spoken(span: timedelta) -> str:
    """A duration as people say it (« 1 h 30 »)."""
    minutes = int(span.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    told = []
    if days:
        told.append(f"{days}\u00a0j")
    if hours:
        told.append(f"{hours}\u00a0h" + (f"\u00a0{left:02d}" if left else ""))
    elif left or not days:
        told.append(f"{left}\u00a0min")
    return " ".join(told)


def of_playbook(playbook: Playbook, marked: Marked, path: str, names: Names) -> Iterator[Passage]:
    """A passage for the playbook as a whole, one for each step, one for each question."""
    base = Passage(
        id=f"{path}#{playbook.id}",
        kind="playbook",
        title=playbook.title,
        section="En bref",
        path=path,
        lines=marked.lines(("summary",)),
        text=playbook.summary.strip(),
        playbook=playbook.id,
    )
    yield base
    for p, phase in enumerate(playbook.phases):
        for n, step in enumerate(phase.steps):
            yield replace(
                base,
                id=f"{path}#{step.id}",
                section=f"{phase.title} › {' '.join(filter(None, (step.ref, step.title)))}",
                lines=marked.lines(("phases", p, "steps", n)),
                text=_step_text(step, names),
                asks=step.asks,
                step=step.id,
                role=step.role,
                duty=step.duty,
                sources=names.labels(step.sources),
            )
    for n, question in enumerate(playbook.questions):
        yield replace(
            base,
            id=f"{path}#question-{question.id}",
            section=f"Questions à la cellule › {question.ask}",
            lines=marked.lines(("questions", n)),
            text=_question_text(question),
        )


def _step_text(step: Step, names: Names) -> str:
    target = f"{spoken(step.within)} après l'ouverture (objectif interne)" if step.within else ""
    duty = names.duties.get(step.duty, step.duty) if step.duty else ""
    rest = _parts(
        ("À ne jamais faire", step.never),
        ("Si c'est impossible", step.if_impossible),
        ("Preuves à garder", ", ".join(step.evidence)),
        ("Qui", names.roles.get(step.role, step.role)),
        ("Obligation liée", duty),
        ("Objectif", target),
    )
    return f"{step.text.strip()}\n{rest}"


def _question_text(question: Question) -> str:
    return f"{question.ask} ({', '.join(question.choices)})\n{question.help}".strip()


def of_obligations(
    table: Obligations, marked: Marked, path: str, names: Names
) -> Iterator[Passage]:
    """A passage for each duty and for each instant from which clocks run."""
    base = Passage("", "playbook", "Obligations", "", path, (1, 1), "")
    for n, duty in enumerate(table.duties):
        main = replace(
            base,
            id=f"{path}#{duty.id}",
            section=f"{duty.ref} {duty.title}",
            lines=marked.lines(("duties", n)),
            text=_duty_text(duty, names),
            asks=duty.asks,
            duty=duty.id,
            role=duty.role,
            sources=names.labels(duty.sources),
        )
        yield main
        yield from _caveats(main, duty, marked, ("duties", n, "caveats"))
    for n, instant in enumerate(table.instants):
        yield replace(
            base,
            id=f"{path}#{instant.id}",
            section=f"Instants › {instant.title}",
            lines=marked.lines(("instants", n)),
            text=_instant_text(instant),
            asks=instant.asks,
            sources=names.labels(instant.sources),
        )


def _duty_text(duty: Duty, names: Names) -> str:
    start = ""
    if duty.starts and duty.starts.instant:
        start = names.instants.get(duty.starts.instant, duty.starts.instant)
    elif duty.starts and duty.starts.sent:
        start = f"envoi de «\u00a0{names.duties.get(duty.starts.sent, duty.starts.sent)}\u00a0»"
    status = "\u00a0; ".join(
        filter(
            None,
            (
                "n'est pas applicable à ce jour" if duty.disabled else "",
                f"due à l'établissement par un tiers ({duty.owed_by})" if duty.owed_by else "",
                "à vérifier" if duty.confidence != "high" else "",
            ),
        )
    )
    return _parts(
        ("Échéance", duty.wording),
        ("Point de départ", start),
        ("Attention", status),
        ("Destinataire", duty.recipient),
        ("Par quelle voie", duty.channel),
        ("Qui prépare", names.roles.get(duty.role, duty.role)),
        ("Qui décide et signe", names.roles.get(duty.signer, duty.signer)),
        ("Base légale", duty.legal_basis),
    )


def _caveats(main: Passage, duty: Duty, marked: Marked, place: Place) -> Iterator[Passage]:
    """What is to be known of a duty, a few sentences a passage."""
    start = 0
    for n in range(1, len(duty.caveats) + 1):
        last = n == len(duty.caveats)
        if not last and sum(map(len, duty.caveats[start : n + 1])) <= CAVEATS_CHARS:
            continue
        yield replace(
            main,
            id=f"{main.id}-a-savoir-{start + 1}",
            section=f"{main.section} › À savoir",
            lines=(marked.line((*place, start)), marked.lines((*place, n - 1))[1]),
            text=" ".join(duty.caveats[start:n]),
            asks=(),
        )
        start = n


def _instant_text(instant: Instant) -> str:
    return f"{instant.definition.strip()}\n{_parts(('Preuve', instant.evidence))}".strip()


def of_cell(cell: Cell, marked: Marked, path: str, names: Names) -> Iterator[Passage]:
    """A passage for each seat of the crisis cell, and one for the scale of gravity."""
    base = Passage("", "playbook", "Cellule de crise", "", path, (1, 1), "")
    for n, role in enumerate(cell.roles):
        yield replace(
            base,
            id=f"{path}#{role.id}",
            section=f"Rôles › {role.title}",
            lines=marked.lines(("roles", n)),
            text=_role_text(role),
            role=role.id,
            asks=role.asks,
            sources=names.labels(role.sources),
        )
    if cell.levels:
        yield replace(
            base,
            id=f"{path}#niveaux",
            section="Niveaux de gravité",
            lines=marked.lines(("levels",)),
            text="\n".join(f"{one.title}\u00a0: {one.meaning}" for one in cell.levels),
        )


def _role_text(role: Role) -> str:
    return _parts(
        ("Première heure", role.first_hour),
        ("Valide", role.approves),
        ("Qui tient ce rôle", role.holder),
    )


def of_establishment(
    house: Establishment, marked: Marked, path: str, names: Names
) -> Iterator[Passage]:
    """A passage for each number or address to call."""
    for n, contact in enumerate(house.contacts):
        yield Passage(
            id=f"{path}#{contact.id}",
            kind="playbook",
            title="Annuaire de crise",
            section=contact.name,
            path=path,
            lines=marked.lines(("contacts", n)),
            text=_contact_text(contact),
            asks=tuple(f"{way} {contact.name}" for way in _CALLING),
            sources=names.labels(contact.sources),
        )


def _contact_text(contact: Contact) -> str:
    doubt = "" if contact.confidence == "high" else "à vérifier"
    return _parts(
        (contact.name, contact.phone or contact.mail or contact.note),
        ("Courriel", contact.mail if contact.phone else ""),
        ("Note", contact.note if contact.phone or contact.mail else ""),
        ("Attention", doubt),
    )
