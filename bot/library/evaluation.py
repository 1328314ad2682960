"""How well the library answers a file of questions: the figures, and every question that failed.

The file (YAML) holds ``version: 1`` and ``questions``, each with

- ``q``: the question as somebody would type it;
- ``family``: a word of one's own, by which the figures are grouped;
- ``expect``: phrases or regular expressions; a passage answers when its section or its text says
  one of them, whatever the case, the accents and the kind of spaces.  So a question is judged by
  what the passage says, never by the name of its file;
- ``none: true`` instead of ``expect``: the right answer is « rien trouvé »;
- ``paraphrase: true``: the question shares no content word with the passage that answers it.

What is judged is the answer as people see it: a passage that is not shown counts as missing, so a
question refused by mistake weighs on the recall too.  Nothing is written and no model is asked.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar

from bot.core.playbook import STRICT
from bot.errors import BadFile
from bot.library.answer import Answer, SourceRef
from bot.library.faults import Fault, fault_of, quoted
from bot.library.french import fold
from bot.library.marked_yaml import Marked, parse, read_text
from bot.library.typed import build

VERSION = 1
SHOWN = 3
_SPACES = re.compile(r"\s+")

Asker = Callable[[str], Answer]


@dataclass(frozen=True)
class Case:
    """One question, and what a right answer says."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    q: str
    family: str
    expect: tuple[str, ...] = ()
    none: bool = False
    paraphrase: bool = False

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        return [_pattern(one) for one in self.expect]

    def answered_by(self, source: SourceRef) -> bool:
        """Whether the passage says one of the things expected, in its section or its text."""
        return self.says(plain(f"{source.section}\n{source.text}"))

    def says(self, said: str) -> bool:
        """Whether a text, made ``plain``, says one of the things expected."""
        return any(pattern.search(said) for pattern in self._patterns)


@dataclass(frozen=True, slots=True)
class Cases:
    """A file of questions."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    version: int
    questions: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question."""

    case: Case
    answer: Answer
    rank: int | None
    """Place of the first right passage among those shown, from 1; ``None``: none of them."""
    seconds: float
    """How long the whole answer took."""

    @property
    def right(self) -> bool:
        """Refused when it had to be, or answered among the passages shown."""
        return not self.answer.found if self.case.none else self.rank is not None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a set of outcomes; a share of nothing is ``None``."""

    asked: int
    """Questions that have an answer."""
    outside: int
    """Questions that must find nothing."""
    recall_1: float | None
    recall_3: float | None
    mrr: float | None
    """Mean of 1/rank of the first right passage, over the three that are shown."""
    paraphrases: int
    paraphrase_recall_3: float | None
    refused: float | None
    """The part of the questions outside the field that is refused."""
    outside_clear: float | None
    """The part of them that is answered as *nette*."""
    false_refusals: float | None
    """The part of the questions that have an answer, and were told « rien trouvé »."""
    clear: int
    """Questions with an answer that were answered as *nette*."""
    clear_right: float | None
    """The part of those whose first passage is right."""


def load_cases(file: Path) -> tuple[tuple[Case, ...], tuple[Fault, ...]]:
    """The questions of a file, or none with everything to correct in it."""
    shown = str(file)
    try:
        marked = parse(read_text(file, shown), shown)
    except BadFile as error:
        return (), (fault_of(error),)
    made, faults = build(Cases, marked, shown)
    if made is None:
        return (), faults
    found = tuple(_faults(made, marked, shown))
    return (() if found else made.questions), found


def _faults(cases: Cases, marked: Marked, shown: str) -> Iterable[Fault]:
    """What the types cannot say: version, empty or contradictory questions, bad expressions."""
    if cases.version != VERSION:
        told = f"version {cases.version} inconnue\u00a0: écrivez version: {VERSION}"
        yield Fault(shown, marked.line(("version",)), told)
    if not cases.questions:
        yield Fault(shown, marked.line(("questions",)), "aucune question dans ce fichier")
    seen: dict[str, int] = {}
    for n, case in enumerate(cases.questions):
        line = marked.line(("questions", n))
        yield from (Fault(shown, line, told) for told in _contradictions(case))
        if case.q in seen:
            yield Fault(shown, line, f"question déjà posée ligne {seen[case.q]}")
        seen.setdefault(case.q, line)
        for at, one in enumerate(case.expect):
            if reason := _unusable(one):
                place = marked.line(("questions", n, "expect", at))
                yield Fault(shown, place, f"expression illisible {quoted(one)}\u00a0: {reason}")


def _contradictions(case: Case) -> Iterable[str]:
    """What makes a question impossible to judge."""
    if not case.q.strip():
        yield "question vide"
    if not case.family.strip():
        yield "famille vide\u00a0: donnez un mot pour regrouper les chiffres"
    if case.none and case.expect:
        yield "«\u00a0none\u00a0» et «\u00a0expect\u00a0» s'excluent\u00a0: gardez l'un des deux"
    if not case.none and not case.expect:
        yield "il manque «\u00a0expect\u00a0», ou «\u00a0none: true\u00a0» si rien ne convient"


def _unusable(expression: str) -> str:
    """Why an expression cannot be used; nothing when it can."""
    try:
        matches_nothing = _pattern(expression).search("") is not None
    except re.error as error:
        where = f", caractère {error.pos + 1}" if error.pos is not None else ""
        return f"expression régulière invalide{where}"
    return "elle convient à n'importe quel texte" if matches_nothing else ""


def plain(text: str) -> str:
    """The text as it is compared: no accent, no capital, every space alike."""
    return _SPACES.sub(" ", fold(text)).strip()


def _pattern(expression: str) -> re.Pattern[str]:
    """The expression as it is compared; its capitals stay, since ``\\S`` is not ``\\s``."""
    kept = "".join(one if one.isascii() else fold(one) for one in expression)
    return re.compile(_SPACES.sub(" ", kept), re.IGNORECASE)


def evaluate(cases: Sequence[Case], ask: Asker) -> list[Outcome]:
    """Ask every question, in order, and judge each answer."""
    return [_judged(case, ask) for case in cases]


def _judged(case: Case, ask: Asker) -> Outcome:
    began = perf_counter()
    answer = ask(case.q)
    seconds = perf_counter() - began
    places = (n for n, one in enumerate(answer.sources, start=1) if case.answered_by(one))
    return Outcome(case, answer, None if case.none else next(places, None), seconds)


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """The figures of these outcomes."""
    asked = [one for one in outcomes if not one.case.none]
    outside = [one for one in outcomes if one.case.none]
    other = [one for one in asked if one.case.paraphrase]
    clear = [one for one in asked if one.answer.confidence == "nette"]
    return Figures(
        asked=len(asked),
        outside=len(outside),
        recall_1=_share(asked, lambda one: one.rank == 1),
        recall_3=_share(asked, _shown),
        mrr=_mean([1 / one.rank if one.rank else 0.0 for one in asked]),
        paraphrases=len(other),
        paraphrase_recall_3=_share(other, _shown),
        refused=_share(outside, lambda one: not one.answer.found),
        outside_clear=_share(outside, lambda one: one.answer.confidence == "nette"),
        false_refusals=_share(asked, lambda one: not one.answer.found),
        clear=len(clear),
        clear_right=_share(clear, lambda one: one.rank == 1),
    )


def by_family(outcomes: Sequence[Outcome]) -> Mapping[str, Figures]:
    """The figures of each family, in the order in which the families first stand."""
    names = dict.fromkeys(one.case.family for one in outcomes)
    return {name: figures([one for one in outcomes if one.case.family == name]) for name in names}


def _shown(outcome: Outcome) -> bool:
    return outcome.rank is not None and outcome.rank <= SHOWN


def _share(outcomes: Sequence[Outcome], good: Callable[[Outcome], bool]) -> float | None:
    return _mean([float(good(one)) for one in outcomes])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def slowest(outcomes: Sequence[Outcome], fraction: float) -> float:
    """The seconds below which that fraction of the answers took (nearest rank)."""
    ordered = sorted(one.seconds for one in outcomes)
    return ordered[max(ceil(len(ordered) * fraction) - 1, 0)] if ordered else 0.0
