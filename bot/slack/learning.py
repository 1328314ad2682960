"""What the closed crises and the drills of a playbook taught of one of its steps, in sentences."""

from collections.abc import Iterator, Sequence

from bot.core.lessons import lessons, told
from bot.core.playbook import Step
from bot.service import Service


def learnt(service: Service, playbook: str, step: Step) -> Sequence[str]:
    """Crises first, then exercises, never mixed; reads whole journals, so blocking."""
    return tuple(_learnt(service, playbook, step))


def _learnt(service: Service, playbook: str, step: Step) -> Iterator[str]:
    over = [
        one
        for one in service.crises()
        if one.closed is not None and one.plan.playbook.id == playbook
    ]
    for exercises in (False, True):
        lived = [(one, service.facts(one.id)) for one in over if one.exercise == exercises]
        found = lessons(lived, exercises=exercises).get(step.id)
        if found is not None:
            yield from told(found, step.within, exercises=exercises)
