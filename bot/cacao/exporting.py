"""A plan's playbook as CACAO 2.0, and in words what other tools will not understand of it.

- What CACAO can say is said in its own properties: names, texts, who does it, in which order, on
  which answers, with which sources.
- What it cannot say stands in an extension of ours, from which an import gives the very same
  playbook back, and in the description of each step, for people.
- Nothing of the establishment's people or contacts goes out.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from bot.cacao.naming import EXTENSION, EXTENSION_SEED, SPEC, identifier, variable
from bot.cacao.workflow import workflow_of
from bot.core.french import joined, plural, span, typography
from bot.core.playbook import Plan, Question, Role, Source, Step

_EXTENSION_SAYS: Final = (
    "Ce que Tocsin sait d'un playbook et que CACAO ne dit pas : identifiants stables, phases, "
    "repères, objectifs en minutes depuis l'ouverture, étapes attendues, preuves, issues, statuts "
    "d'établissement, obligation, document, instants, deux personnes, interdits, recours."
)
#: Field of a step -> property of the extension (three letters or more, a to z and _).
STEP_PROPERTIES: Final[Mapping[str, str]] = {
    "id": "step_id",
    "ref": "reference",
    "role": "role_id",
    "after": "waits_for",
    "when": "when_answers",
    "evidence": "evidence",
    "outcomes": "outcomes",
    "bound": "bound_statuses",
    "duty": "duty",
    "document": "document",
    "instants": "instants",
    "two_persons": "two_persons",
    "never": "never",
    "if_impossible": "if_impossible",
    "asks": "ways_of_asking",
    "sources": "source_ids",
}
TARGET: Final = "target_minutes"
#: What of a step only the extension says, and how it is told.
_LOST: Final = (
    ("within", "objectif en minutes"),
    ("two_persons", "validation à deux personnes"),
    ("evidence", "preuves à garder"),
    ("outcomes", "issues possibles"),
    ("duty", "obligation légale et son échéance"),
    ("document", "document à préparer"),
    ("instants", "instants juridiques à dater"),
    ("asks", "façons de demander"),
)
_ALL_STATUSES: Final = 3


def exported(plan: Plan, made: datetime, created: datetime | None = None) -> dict[str, Any]:
    """The playbook of the plan in CACAO 2.0, modified at ``made`` (UTC).

    ``created`` is when its first version was exported; ``None`` for the first one.
    """
    book = plan.playbook
    start, workflow = workflow_of(book, {step.id: _action(step, plan) for step in book.steps})
    made_of: dict[str, Any] = {
        "type": "playbook",
        "spec_version": SPEC,
        "id": identifier("playbook", book.id),
        "name": book.title,
        "description": book.summary,
        "playbook_processing_summary": {
            "manual_playbook": True,
            "parallel_processing": any(one["type"] == "parallel" for one in workflow.values()),
            "if_logic": any(one["type"] == "if-condition" for one in workflow.values()),
            "extensions": True,
        },
        "created_by": _author(plan),
        "created": timestamp(created or made),
        "modified": timestamp(made),
        "industry_sectors": ["healthcare"],
        "labels": list(book.hints),
        "external_references": [_reference(one) for one in _used(book.steps, plan)],
        "playbook_variables": {variable(one.id): _variable(one) for one in book.questions},
        "workflow_start": start,
        "workflow": workflow,
        "playbook_extensions": {EXTENSION: _whole(plan)},
        "agent_definitions": {_agent_id(one): _agent(one) for one in _roles(plan)},
        "extension_definitions": {EXTENSION: _definition(plan)},
    }
    return {key: value for key, value in made_of.items() if value not in ([], {}, "")}


def untranslated(plan: Plan) -> list[str]:
    """In words, what only Tocsin will find again in the file."""
    steps = plan.playbook.steps
    told = [
        f"{label} ({plural(count, 'étape')})"
        for field, label in _LOST
        if (count := sum(bool(getattr(step, field)) for step in steps))
    ]
    bound = sum(len(step.bound) < _ALL_STATUSES for step in steps)
    told += [f"statuts d'établissement concernés ({plural(bound, 'étape')})"] if bound else []
    told += [f"découpage en {plural(len(plan.playbook.phases), 'phase')}"]
    sentences = [
        f"Dans l'extension Tocsin, que d'autres outils ignorent : {'; '.join(told)}.",
        "L'objectif, l'interdit, le recours, les preuves, l'obligation et la double validation "
        "sont aussi écrits dans la description de chaque étape.",
    ]
    if any(step.after for step in steps):
        sentences.append(
            "L'ordre est rendu par étages menés de front : il est plus strict que dans Tocsin."
        )
    sentences += [
        "Types et activités CACAO : non renseignés, Tocsin n'en a pas.",
        "Personnes, numéros et textes de loi de l'établissement : non exportés.",
    ]
    return [typography(one.replace("; ", " ; ")) for one in sentences]


def timestamp(moment: datetime) -> str:
    """A UTC instant to the millisecond, as CACAO writes it."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _author(plan: Plan) -> str:
    return identifier("identity", plan.establishment.name)


def _action(step: Step, plan: Plan) -> dict[str, Any]:
    """One step as an action done by hand, not yet linked to the next."""
    role = plan.role(step.role) or Role(step.role, step.role, "support", "")
    sources = [_reference(one) for one in _used([step], plan)]
    action = {
        "name": step.title,
        "description": "\n".join(_described(step, plan)),
        "external_references": sources,
        "commands": [
            {
                "type": "manual",
                "description": step.title,
                "command_b64": b64encode(step.text.encode()).decode(),
            }
        ],
        "agent": _agent_id(role),
        "step_extensions": {EXTENSION: _own(step)},
    }
    return {key: value for key, value in action.items() if value != []}


def _described(step: Step, plan: Plan) -> Iterator[str]:
    """What people need to read in a tool that does not know our extension."""
    yield typography(step.text.strip())
    duty = plan.duty(step.duty) if step.duty else None
    told = (
        ("Objectif", f"{span(step.within)} depuis l'ouverture" if step.within else ""),
        ("Jamais", step.never),
        ("Si c'est impossible", step.if_impossible),
        ("Preuves à garder", joined(step.evidence)),
        ("Obligation", f"{duty.title}, {duty.wording}" if duty else ""),
        ("À deux personnes", "oui" if step.two_persons else ""),
    )
    for label, said in told:
        if said:
            yield typography(f"{label} : {said}")


def _own(step: Step) -> dict[str, Any]:
    """What the extension keeps of a step: only what it has."""
    plain = _plain(asdict(step))
    kept = {name: plain[field] for field, name in STEP_PROPERTIES.items() if plain[field]}
    if step.within is not None:
        kept[TARGET] = int(step.within.total_seconds()) // 60
    return kept


def _whole(plan: Plan) -> dict[str, Any]:
    """What the extension keeps of the playbook itself."""
    book = plan.playbook
    return {
        "playbook_id": book.id,
        "version": book.version,
        "phases": [
            {
                "phase_id": one.id,
                "title": one.title,
                "aim": one.aim,
                "step_ids": [step.id for step in one.steps],
            }
            for one in book.phases
        ],
        "questions": [_plain(asdict(one)) for one in book.questions],
    }


def _plain(value: Any) -> Any:
    """The value as JSON has it: lists for tuples."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


def _definition(plan: Plan) -> dict[str, Any]:
    return {
        "type": "extension-definition",
        "name": "Tocsin",
        "description": typography(_EXTENSION_SAYS),
        "created_by": _author(plan),
        "schema": f"{EXTENSION_SEED} : {', '.join((*STEP_PROPERTIES.values(), TARGET))}",
        "version": "1.0.0",
    }


def _roles(plan: Plan) -> list[Role]:
    """The roles that steps name, in the order of the cell."""
    names = {step.role for step in plan.playbook.steps}
    return [role for role in plan.cell.roles if role.id in names]


def _agent_id(role: Role) -> str:
    return identifier("group", role.id)


def _agent(role: Role) -> dict[str, Any]:
    """A role as a group of people, without any of them."""
    return {"type": "group", "name": role.title, "description": role.first_hour or role.title}


def _variable(question: Question) -> dict[str, Any]:
    """A question as a variable: unanswered counts as « inconnu » where that is an answer."""
    answers = f"Réponses : {joined(question.choices, 'ou')}."
    return {
        "type": "string",
        "description": typography(" ".join(filter(None, (question.ask, question.help, answers)))),
        "value": "inconnu" if "inconnu" in question.choices else None,
        "constant": False,
    }


def _used(steps: Iterable[Step], plan: Plan) -> list[Source]:
    """The sources that steps quote, in the order of the house's list."""
    names = {name for step in steps for name in step.sources}
    return [one for one in plan.sources if one.id in names]


def _reference(source: Source) -> dict[str, str]:
    """A source as an external reference; an address only where it is one."""
    made = {
        "name": source.title,
        "source": ", ".join(filter(None, (source.publisher, source.date, source.where))),
        "external_id": source.id,
    }
    return made | ({"url": source.where} if source.where.startswith("https://") else {})
