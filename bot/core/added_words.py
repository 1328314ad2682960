"""The sentences of added steps and of the state of the hospital, for ``bot.sentences``."""

from collections.abc import Callable
from typing import Any, Final

from bot.core.adhoc import StepAdded, StepEntrusted, StepSplit
from bot.core.french import day_clock
from bot.core.hospital import (
    SUBJECTS,
    TITLES,
    CounterSet,
    StateTold,
    UltimatumLifted,
    UltimatumRecorded,
)
from bot.core.playbook import Plan


def _added(fact: StepAdded, plan: Plan) -> str:
    role = plan.role(fact.role)
    details = [
        role.title if role else "",
        f"avant {day_clock(fact.due, plan.establishment.timezone)}" if fact.due else "",
        fact.text,
    ]
    told = ", ".join(one for one in details if one)
    return f"Étape ajoutée : « {fact.step} {fact.title} »" + (f" — {told}" if told else ".")


def _split(fact: StepSplit, plan: Plan) -> str:
    parts = " ; ".join(f"« {one.id} {one.title} »" for one in fact.parts)
    return f"Étape {_step(fact.step, plan)} découpée : {parts}."


def _entrusted(fact: StepEntrusted, plan: Plan) -> str:
    text = " ".join(fact.text.split())
    return (
        f"Étape {_step(fact.step, plan)} confiée hors de la cellule à {fact.to}. "
        f"Texte à transmettre : {text}"
    )


def _step(step_id: str, plan: Plan) -> str:
    step = plan.step(step_id)
    return f"« {step.ref} {step.title} »" if step else f"« {step_id} »"


def _state(fact: StateTold) -> str:
    by = f", dit par {fact.said_by}" if fact.said_by else ""
    about = {"about": " (heure approchée)", "unknown": " (heure inconnue)"}.get(fact.precision, "")
    state = TITLES[fact.state]
    return f"{SUBJECTS[fact.subject]} « {fact.label} » : {state}{by}{about}."


def _ultimatum(fact: UltimatumRecorded, plan: Plan) -> str:
    due = day_clock(fact.due, plan.establishment.timezone or "UTC")
    return f"Ultimatum des attaquants, échéance {due} — {fact.text}"


TOLD: Final[dict[type, Callable[[Any, Plan], str]]] = {
    StepAdded: _added,
    StepSplit: _split,
    StepEntrusted: _entrusted,
    StateTold: lambda fact, _: _state(fact),
    CounterSet: lambda fact, _: f"Compteur « {fact.label} » : {fact.value} ({fact.added:+d}).",
    UltimatumRecorded: _ultimatum,
    UltimatumLifted: lambda fact, _: f"Ultimatum levé — {fact.text}",
}
"""Kind of fact -> how it is told."""
