"""What stands in the box of each step: lines cut to its width, by an estimate of the letters.

The estimate is wide on purpose: whichever font draws the text, no line leaves its box.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bot.core.french import joined, span, typography
from bot.core.playbook import Plan, Step

Style: TypeAlias = Literal["title", "role", "note", "duty"]

WIDTH: Final = 205.0
"""Width of a box, in the units of the drawing (a thousandth of a page, about)."""
PADDING: Final = 9.0
HEAD: Final = 17.0
"""Height of the first line: the step's mark and its target."""
SIZES: Final[Mapping[Style, float]] = {"title": 12.5, "role": 10.5, "note": 10.0, "duty": 10.5}
_BOLD: Final = 1.2
"""How much wider the letters of a title are."""
_NARROW: Final = frozenset("iljtfrI.,:;'’!|()[]- \u00a0")
_WIDE: Final = frozenset("mwMWÆŒ@%&—…")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in a box."""

    text: str
    style: Style

    @property
    def height(self) -> float:
        """How much room it takes."""
        return SIZES[self.style] + 3.0


@dataclass(frozen=True, slots=True)
class Card:
    """A step as the graph shows it, before it has a place."""

    step: Step
    mark: str
    """``R05``, or its place in the playbook when it has no reference: ``3.2``."""
    target: str
    lines: tuple[Line, ...]

    @property
    def height(self) -> float:
        """Height of the box."""
        return HEAD + sum(line.height for line in self.lines) + PADDING


def marks_of(plan: Plan) -> dict[str, str]:
    """How each step is called in a few letters, by id."""
    return {
        step.id: step.ref or f"{p}.{n}"
        for p, phase in enumerate(plan.playbook.phases, 1)
        for n, step in enumerate(phase.steps, 1)
    }


def questions_of(plan: Plan) -> dict[str, str]:
    """How each question is called in two letters, by id: ``Q1``."""
    return {one.id: f"Q{n}" for n, one in enumerate(plan.playbook.questions, 1)}


def card(step: Step, plan: Plan, marks: Mapping[str, str], asked: Mapping[str, str]) -> Card:
    """What the box of a step says."""
    lines = tuple(
        Line(part, style)
        for text, style in _said(step, plan, marks, asked)
        for part in wrapped(typography(text), _width(style), WIDTH - 2 * PADDING)
    )
    target = span(step.within) if step.within is not None else ""
    return Card(step, marks[step.id], target, lines)


def _width(style: Style) -> float:
    """The size by which the letters of a style are as wide as they are drawn."""
    return SIZES[style] * (_BOLD if style == "title" else 1.0)


def _said(
    step: Step, plan: Plan, marks: Mapping[str, str], asked: Mapping[str, str]
) -> Iterator[tuple[str, Style]]:
    """Each text of a box, uncut, with its style."""
    role = plan.role(step.role)
    yield step.title, "title"
    yield (role.title if role else step.role), "role"
    duty = plan.duty(step.duty) if step.duty else None
    if duty is not None:
        yield f"Obligation {duty.ref}\u00a0: {duty.wording}", "duty"
    for question, answers in step.when.items():
        yield f"◇ si {asked.get(question, question)}\u00a0: {joined(answers, 'ou')}", "note"
    if step.two_persons:
        yield "à deux personnes", "note"
    if step.after:
        yield f"après {joined([marks.get(one, one) for one in step.after])}", "note"


def wrapped(text: str, size: float, room: float) -> Iterator[str]:
    """The text in lines that fit into ``room``; a word longer than a line is cut."""
    line = ""
    for word in text.split(" "):
        for piece in _pieces(word, size, room):
            longer = f"{line} {piece}" if line else piece
            if line and measured(longer, size) > room:
                yield line
                line = piece
            else:
                line = longer
    if line:
        yield line


def _pieces(word: str, size: float, room: float) -> Iterator[str]:
    """The word, or what fits of it into each of several lines."""
    piece = ""
    for letter in word:
        if piece and measured(piece + letter, size) > room:
            yield piece
            piece = ""
        piece += letter
    yield piece


def measured(text: str, size: float) -> float:
    """About how wide a text is at that size, rather too much than too little."""
    return sum(_letter(one) for one in text) * size


def _letter(one: str) -> float:
    if one in _NARROW:
        return 0.34
    if one in _WIDE:
        return 0.92
    return 0.7 if one.isupper() else 0.56
