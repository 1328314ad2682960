"""What the preview of a playbook says, as plain data for the page and for the PDF.

The steps in full, who does what and when, the duties that steps carry with their sources, and what
an author should see before publishing: duties of the establishment that no step carries.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

from bot.core.french import joined, plural, span, typography
from bot.core.playbook import Duty, Plan, Role, Source, Step
from bot.preview.boxes import marks_of, questions_of

_CELLS: Final = {
    "decision": "Décision",
    "cyber": "Technique",
    "care": "Soins",
    "support": "Appui",
    "informed": "Informés",
}
_SETTLES: Final = {
    "sent": "vaut envoi",
    "not_due": "vaut décision motivée de ne pas envoyer",
    "replaced": "remplace l'obligation",
}
_STATUS: Final = {"eps": "public", "espic": "privé non lucratif", "clinique": "clinique"}
_ALWAYS: Final = timedelta.max


def preview_data(plan: Plan) -> dict[str, Any]:
    """All that the preview prints, but for the drawing."""
    book = plan.playbook
    return {
        "title": book.title,
        "id": book.id,
        "version": book.version,
        "summary": book.summary,
        "establishment": plan.establishment.name,
        "counts": _counts(plan),
        "hints": joined(book.hints),
        "questions": list(_questions(plan)),
        "phases": [
            {"title": one.title, "aim": one.aim, "steps": [_step(each, plan) for each in one.steps]}
            for one in book.phases
        ],
        "roles": list(_roles(plan)),
        "duties": [_duty(one, plan) for one in _carried(plan)],
        "left": [f"{one.ref} {one.title}".strip() for one in _left(plan)],
        "sources": [_source(one) for one in _sources(plan)],
    }


def _counts(plan: Plan) -> str:
    """How big the playbook is, in one line."""
    book = plan.playbook
    conditional = sum(bool(step.when) for step in book.steps)
    return ", ".join(
        (
            plural(len(book.phases), "phase"),
            f"{plural(len(book.steps), 'étape')} dont {conditional} selon réponse",
            plural(len(book.questions), "question"),
            plural(len(_carried(plan)), "obligation"),
        )
    )


def _questions(plan: Plan) -> Iterator[dict[str, Any]]:
    """Each question, with the steps that hang on it."""
    marks, asked = marks_of(plan), questions_of(plan)
    for one in plan.playbook.questions:
        steps = [marks[step.id] for step in plan.playbook.steps if one.id in step.when]
        yield {
            "mark": asked[one.id],
            "ask": typography(one.ask),
            "choices": joined(one.choices, "ou"),
            "help": one.help,
            "steps": ", ".join(steps) or "aucune étape",
        }


def _step(step: Step, plan: Plan) -> dict[str, Any]:
    """One step in full; ``more`` is what is told of it in short, as pairs."""
    return {
        "id": step.id,
        "mark": marks_of(plan)[step.id],
        "title": typography(step.title),
        "role": _role_title(step.role, plan),
        "target": _target(step.within),
        "text": step.text,
        "more": [[label, typography(told)] for label, told in _more(step, plan) if told],
    }


def _more(step: Step, plan: Plan) -> Iterator[tuple[str, str]]:
    """What a step has beside its text, in the order in which it is needed."""
    marks, asked = marks_of(plan), questions_of(plan)
    answers = (
        f"{asked.get(name, name)} : {joined(some, 'ou')}" for name, some in step.when.items()
    )
    yield "Seulement si", " ; ".join(answers)
    yield "Après", joined([marks.get(one, one) for one in step.after])
    yield "À deux personnes", "la seconde validation est celle d'une autre" * step.two_persons
    yield "Jamais", step.never
    yield "Si c'est impossible", step.if_impossible
    yield "Preuves à garder", joined(step.evidence)
    settled = (
        f"{one.label} ({_SETTLES[one.settles]})" if one.settles else one.label
        for one in step.outcomes
    )
    yield "Issues", " ; ".join(settled)
    duty = plan.duty(step.duty) if step.duty else None
    yield "Obligation", f"{duty.ref} {duty.title}, {duty.wording}" if duty else ""
    yield "Document", step.document or ""
    instants = [one.title for one in map(plan.instant, step.instants) if one]
    yield "Instants à dater", joined(instants)
    concerned = len(step.bound) < len(_STATUS)
    yield "Ne concerne que", joined([_STATUS[one] for one in step.bound]) * concerned
    yield "Sources", ", ".join(step.sources)


def _role_title(role_id: str, plan: Plan) -> str:
    role = plan.role(role_id)
    return role.title if role else role_id


def _target(within: timedelta | None) -> str:
    return span(within) if within is not None else ""


def _roles(plan: Plan) -> Iterator[dict[str, Any]]:
    """Who does what, when: for each role its steps, the most urgent first."""
    marks = marks_of(plan)
    for role in plan.cell.roles:
        mine = [step for step in plan.playbook.steps if step.role == role.id]
        if mine:
            mine.sort(key=lambda step: _ALWAYS if step.within is None else step.within)
            yield {
                "title": role.title,
                "cell": _CELLS[role.cell],
                "who": _who(role, plan),
                "steps": [
                    [_target(one.within) or "sans objectif", marks[one.id], typography(one.title)]
                    for one in mine
                ],
            }


def _who(role: Role, plan: Plan) -> str:
    """The people of the establishment who hold a role, else who usually does."""
    people = [one.name for one in plan.establishment.people if role.id in one.roles]
    return joined(people) or role.holder


def _carried(plan: Plan) -> list[Duty]:
    """The duties that a step of the playbook carries, in the order of the table."""
    names = {step.duty for step in plan.playbook.steps}
    return [one for one in plan.obligations.duties if one.id in names]


def _left(plan: Plan) -> Iterator[Duty]:
    """Duties that bind this establishment and that no step of the playbook carries."""
    house, names = plan.establishment, {one.id for one in _carried(plan)}
    for one in plan.obligations.duties:
        binds = house.status in one.bound and all(house.flags.get(flag) for flag in one.only_if)
        if one.id not in names and binds and not one.disabled and not one.owed_by:
            yield one


def _duty(duty: Duty, plan: Plan) -> dict[str, Any]:
    """One duty: who owes what to whom by when, on which basis, and how sure that is."""
    marks = marks_of(plan)
    steps = [marks[step.id] for step in plan.playbook.steps if step.duty == duty.id]
    pairs = (
        ("Délai", duty.wording),
        ("Départ", _start(duty, plan)),
        ("À", duty.recipient),
        ("Par", duty.channel),
        ("Prépare", _role_title(duty.role, plan)),
        ("Signe", _role_title(duty.signer, plan)),
        ("Base", duty.legal_basis),
        ("À savoir", " ".join(duty.caveats)),
        ("Sources", ", ".join(duty.sources)),
        ("Vérifié le", f"{duty.checked:%d/%m/%Y}"),
    )
    return {
        "ref": duty.ref,
        "title": typography(duty.title),
        "unsure": duty.confidence != "high",
        "asleep": duty.disabled,
        "steps": ", ".join(steps),
        "more": [[label, typography(told)] for label, told in pairs if told],
    }


def _start(duty: Duty, plan: Plan) -> str:
    """What starts the clock of a duty, in words."""
    if duty.starts is None:
        return "sans délai propre"
    if duty.starts.sent is not None:
        before = plan.duty(duty.starts.sent)
        return f"envoi de « {before.title} »" if before else duty.starts.sent
    instant = plan.instant(duty.starts.instant or "")
    return instant.title if instant else str(duty.starts.instant)


def _sources(plan: Plan) -> Iterable[Source]:
    """The sources that the playbook's own steps and duties quote."""
    used = {name for step in plan.playbook.steps for name in step.sources}
    used |= {name for duty in _carried(plan) for name in duty.sources}
    return (one for one in plan.sources if one.id in used)


def _source(one: Source) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": typography(one.title),
        "publisher": one.publisher,
        "date": one.date,
        "where": one.where,
        "note": typography(one.note),
        "unsure": one.confidence != "high",
    }
