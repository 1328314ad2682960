"""The steps of a playbook as a CACAO workflow.

CACAO runs one step after another, or branches that all end before the next step begins.  « Après »
is freer than that: a step waits for those that it names and for no other.  So steps go into stages,
each after all that it waits for, as early as possible; a stage of several is a parallel step.  The
order is kept, and is stricter than in Tocsin: what a step really waits for is in our extension.

A step that hangs on answers stands behind an if-condition.  Each branch has an end of its own, as
section 4.7 asks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.cacao.naming import identifier, variable
from bot.core.playbook import Playbook, Step


def workflow_of(
    playbook: Playbook, actions: Mapping[str, Mapping[str, Any]]
) -> tuple[str, dict[str, Any]]:
    """The identifier of the first step, and all steps; ``actions`` are by step id, unlinked."""
    made = _Workflow(playbook.id, actions)
    end = made.end("playbook")
    following = end
    for number, stage in reversed(list(enumerate(stages(playbook), 1))):
        following = made.stage(number, stage, following)
    start = identifier("start", playbook.id)
    return start, {start: {"type": "start", "on_completion": following}, **made.steps}


def stages(playbook: Playbook) -> list[list[Step]]:
    """The steps by how many others they wait for in a row, in the order of the file."""
    known = {step.id: step for step in playbook.steps}
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            depths[name] = 1 + max((depth(one) for one in known[name].after), default=-1)
        return depths[name]

    found: list[list[Step]] = [[] for _ in range(1 + max(map(depth, known), default=-1))]
    for step in playbook.steps:
        found[depth(step.id)].append(step)
    return found


def condition(when: Mapping[str, Sequence[str]]) -> str:
    """The answers for which a step applies, in the grammar of STIX patterns."""
    parts = []
    for question, answers in when.items():
        tests = [f"{variable(question)}:value = '{_escaped(one)}'" for one in answers]
        parts.append(f"({' OR '.join(tests)})" if len(tests) > 1 else tests[0])
    return " AND ".join(parts)


def _escaped(answer: str) -> str:
    return answer.replace("\\", "\\\\").replace("'", "\\'")


class _Workflow:
    """The steps while they are being linked, from the last to the first."""

    def __init__(self, playbook: str, actions: Mapping[str, Mapping[str, Any]]) -> None:
        self._playbook = playbook
        self._actions = actions
        self.steps: dict[str, Any] = {}

    def end(self, *seed: str) -> str:
        """An end step of its own."""
        return self._put("end", {}, *seed)

    def stage(self, number: int, steps: Sequence[Step], following: str) -> str:
        """What runs a stage and then goes on."""
        if len(steps) == 1:
            return self._branch(steps[0], following)
        branches = [self._branch(step, self.end("branch", step.id)) for step in steps]
        more = {
            "name": f"Étage {number} : {len(steps)} étapes à mener de front",
            "on_completion": following,
            "next_steps": branches,
        }
        return self._put("parallel", more, str(number))

    def _branch(self, step: Step, following: str) -> str:
        """One step, behind its condition if it has one."""
        if not step.when:
            return self._action(step, following)
        more = {
            "name": f"Si la réponse le demande : {step.title}",
            "condition": condition(step.when),
            "on_true": self._action(step, self.end("condition", step.id)),
            "on_completion": following,
        }
        return self._put("if-condition", more, step.id)

    def _action(self, step: Step, following: str) -> str:
        return self._put("action", {**self._actions[step.id], "on_completion": following}, step.id)

    def _put(self, kind: str, more: Mapping[str, Any], *seed: str) -> str:
        name = identifier(kind, self._playbook, *seed)
        self.steps[name] = {"type": kind, **more}
        return name
