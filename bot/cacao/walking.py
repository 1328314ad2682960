"""The workflow of a CACAO playbook, followed: which steps, after which, on which answers.

The file is somebody else's: nothing in it is believed to have the right type, and what cannot be
followed is noted in words, never guessed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.cacao.words import quoted, slug, text_of
from bot.errors import BadFile

UNKNOWN: Final = "inconnu"
YES_NO: Final = ("oui", "non", UNKNOWN)
_DEEPEST: Final = 40
"""Longest nesting of branches that is followed."""
_TEST: Final = re.compile(r"(__[\w.-]+__|\$\$[\w.-]+\$\$):value\s*(=|==|!=)\s*'((?:[^'\\]|\\.)*)'")
_AND: Final = re.compile(r"\s+AND\s+", re.IGNORECASE)
_OR: Final = re.compile(r"\s+OR\s+", re.IGNORECASE)

When = Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Found:
    """One action of the workflow, in its place."""

    name: str
    """Its identifier in the file."""
    raw: Mapping[str, Any]
    after: tuple[str, ...]
    """Identifiers of the actions that come just before it."""
    when: When


@dataclass(slots=True)
class Asked:
    """A question that the workflow puts."""

    ask: str
    choices: tuple[str, ...] = YES_NO


@dataclass(slots=True)
class Walk:
    """What following the workflow gives."""

    workflow: Mapping[str, Any]
    path: str
    """The file, for what cannot be followed at all."""
    found: list[Found] = field(default_factory=list)
    questions: dict[str, Asked] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _values: dict[str, dict[str, None]] = field(default_factory=dict)
    """Every value to which the file compares a question, whether or not it is reached."""

    def __post_init__(self) -> None:
        """Know all answers of a question before the first condition on it is read."""
        for step in self.workflow.values():
            if not isinstance(step, dict):
                continue
            for question, values in (_read(text_of(step.get("condition"))) or {}).items():
                self._values.setdefault(question, {}).update(dict.fromkeys(values))
            cases = step.get("cases")
            if isinstance(cases, dict):
                known = self._values.setdefault(_asked_by(text_of(step.get("switch"))), {})
                known.update(dict.fromkeys(_answer(text_of(one)) for one in cases))
                known.pop("default", None)

    def follow(self, name: object, before: Sequence[str], when: When, depth: int = 0) -> list[str]:
        """Follow a chain of steps; the actions that whatever comes next waits for."""
        if depth > _DEEPEST:
            raise BadFile(self.path, 0, "les branches sont imbriquées trop profondément")
        last = list(before)
        while isinstance(name, str) and name:
            if name in self._seen:
                if not name.startswith("end--"):
                    told = quoted(self._title(name))
                    self.remarks.append(f"{told} est atteinte deux fois\u00a0: gardée une fois.")
                return last
            self._seen.add(name)
            step = self.workflow.get(name)
            if not isinstance(step, dict):
                self.remarks.append(f"Étape absente du fichier\u00a0: {quoted(name)}.")
                return last
            last = self._step(name, step, last, when, depth)
            name = step.get("on_completion") or step.get("on_success")
        return last

    def lost(self) -> list[str]:
        """Titles of the actions that nothing led to."""
        return [
            self._title(name)
            for name, step in self.workflow.items()
            if name not in self._seen and isinstance(step, dict) and step.get("type") == "action"
        ]

    def _title(self, name: str) -> str:
        step = self.workflow.get(name)
        return (text_of(step.get("name")) if isinstance(step, dict) else "") or name

    def _step(
        self, name: str, step: Mapping[str, Any], before: list[str], when: When, depth: int
    ) -> list[str]:
        """One step of the workflow, by its type."""
        kind = text_of(step.get("type"))
        if kind in {"start", "end"}:
            return before
        if kind in {"action", "playbook-action"}:
            self.found.append(Found(name, step, tuple(before), when))
            return [name]
        ways: Mapping[str, Callable[[str, Mapping[str, Any]], list[tuple[object, When]]]] = {
            "parallel": self._parallel,
            "if-condition": self._if,
            "while-condition": self._while,
            "switch-condition": self._switch,
        }
        if kind not in ways:
            self.remarks.append(f"{quoted(self._title(name))}, type inconnu {kind}\u00a0: laissée.")
            return before
        ends: dict[str, None] = {}
        for branch, answers in ways[kind](name, step):
            tail = self.follow(branch, before, _both(when, answers), depth + 1)
            ends |= dict.fromkeys(tail)
        new = [one for one in ends if one not in before]
        return new or before

    def _parallel(self, name: str, step: Mapping[str, Any]) -> list[tuple[object, When]]:
        branches = step.get("next_steps")
        return [(one, {}) for one in branches] if isinstance(branches, list) else []

    def _if(self, name: str, step: Mapping[str, Any]) -> list[tuple[object, When]]:
        yes, no = self._answers(name, text_of(step.get("condition")))
        return [(step.get("on_true"), yes), (step.get("on_false"), no)]

    def _while(self, name: str, step: Mapping[str, Any]) -> list[tuple[object, When]]:
        self.remarks.append(
            f"Boucle {quoted(self._title(name))}\u00a0: ses étapes ne viennent qu'une fois, "
            "dites dans leur texte quand les recommencer."
        )
        yes, _ = self._answers(name, text_of(step.get("condition")))
        return [(step.get("on_true"), yes)]

    def _switch(self, name: str, step: Mapping[str, Any]) -> list[tuple[object, When]]:
        cases = step.get("cases")
        asked = _asked_by(text_of(step.get("switch")))
        if not isinstance(cases, dict) or not asked:
            self.remarks.append(f"Choix {quoted(self._title(name))}\u00a0: illisible, laissé.")
            return []
        values = [_answer(text_of(one)) for one in cases if one != "default"]
        self._ask(asked)
        rest = self._others(asked, values)
        return [
            (target, {asked: rest if value == "default" else (_answer(text_of(value)), UNKNOWN)})
            for value, target in cases.items()
        ]

    def _answers(self, name: str, condition: str) -> tuple[When, When]:
        """The answers for which a condition holds, and those for which it does not.

        Unanswered counts for both: what is hidden by mistake costs more than what is shown.
        """
        read = _read(condition)
        if read is None:
            asked = slug(self._title(name))
            self.questions[asked] = Asked(f"{self._title(name)}\u00a0? ({condition})")
            told = f"Condition {quoted(condition)}\u00a0: devenue une question à la cellule."
            self.remarks.append(told)
            return {asked: ("oui", UNKNOWN)}, {asked: ("non", UNKNOWN)}
        for question in read:
            self._ask(question)
        holds = {one: (*values, UNKNOWN) for one, values in read.items()}
        if len(read) > 1:
            return holds, {}
        ((question, values),) = read.items()
        return holds, {question: self._others(question, values)}

    def _ask(self, question: str) -> None:
        """Put a question with all the answers that the file compares it to."""
        values = [one for one in self._values.get(question, {}) if one != UNKNOWN]
        yes_no = set(values) <= {"oui", "non"}
        choices = YES_NO if yes_no else (*values, "autre", UNKNOWN)
        self.questions.setdefault(question, Asked(question, choices))

    def _others(self, question: str, values: Sequence[str]) -> tuple[str, ...]:
        """The answers to a question that are none of these, and no answer."""
        choices = self.questions[question].choices
        return tuple(one for one in choices if one not in values or one == UNKNOWN)


def _both(one: When, other: When) -> When:
    """The answers for which both hold."""
    joined = dict(one)
    for question, answers in other.items():
        kept = tuple(each for each in joined.get(question, answers) if each in answers)
        joined[question] = kept or answers
    return joined


def _read(condition: str) -> dict[str, tuple[str, ...]] | None:
    """Question -> answers, for « a = 'x' OR a = 'y' » joined by AND; ``None`` for anything else."""
    found: dict[str, tuple[str, ...]] = {}
    for part in _AND.split(condition.strip()):
        tests = [_TEST.fullmatch(one.strip(" ()")) for one in _OR.split(part.strip(" ()"))]
        names = {one[1] for one in tests if one}
        if None in tests or len(names) != 1 or any(one and one[2] == "!=" for one in tests):
            return None
        question = _asked_by(names.pop())
        if question in found:
            return None
        values = (_answer(re.sub(r"\\(.)", r"\1", one[3])) for one in tests if one)
        found[question] = tuple(values)
    return found or None


def _asked_by(variable: str) -> str:
    """The id of the question that a variable stands for."""
    return slug(variable.removesuffix(":value"))


def _answer(value: str) -> str:
    """A value as the cell answers it."""
    return {"true": "oui", "false": "non"}.get(value.lower(), value)
