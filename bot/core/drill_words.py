"""What the facts of a drill say in the log, one French sentence a kind."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.core.drill import (
    DrillEnded,
    DrillObserved,
    DrillPaced,
    DrillStarted,
    InjectPlayed,
    InjectSkipped,
)
from bot.core.playbook import Plan


def _paced(fact: DrillPaced) -> str:
    if fact.speed:
        return f"Le scénario va à la vitesse ×{fact.speed}."
    why = " : une crise réelle vient d'être ouverte" if fact.real else ""
    return f"Le scénario est en pause{why}."


TOLD: Final[Mapping[type, Callable[[Any, Plan], str]]] = {
    DrillStarted: lambda fact, _: (
        f"DEBEX, début de l'exercice : scénario « {fact.scenario.title} », vitesse ×{fact.speed}."
    ),
    DrillPaced: lambda fact, _: _paced(fact),
    InjectPlayed: lambda fact, _: (
        f"Événement d'exercice « {fact.title} », {fact.sender} : {' '.join(fact.text.split())}"
    ),
    InjectSkipped: lambda fact, _: f"Événement d'exercice écarté : « {fact.title} ».",
    DrillObserved: lambda fact, _: f"Observation d'exercice : {fact.text}",
    DrillEnded: lambda fact, _: (
        f"FINEX, fin de l'exercice{f' — {fact.reason}' if fact.reason else '.'}"
    ),
}
