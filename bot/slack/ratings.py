"""« Utile » or « Pas la bonne réponse » under an answer, and what becomes of it.

In a crisis a rating is a line of its journal, on the entry of the question: the first button
carries the line that a person could type, the second opens a form for the reason.  Elsewhere
nothing of the question is in a journal: the buttons carry what the rating is about, and
``bot.library.ratings`` keeps it, without who.
"""

from collections.abc import Sequence

from bot.core.crisis import Crisis
from bot.core.evidence import MAX_REASON, RateAnswer
from bot.errors import Refused
from bot.grammar import line
from bot.library.ratings import Rated
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    field,
    modal,
    section,
    seen,
    text_input,
)
from bot.slack.modals import shown
from bot.slack.values import Values, carried, metadata

THANKS = "Merci : c'est noté pour les responsables des playbooks."
#: Longest parts of what a button carries: with all escapes, less than the 2,000 that it holds.
_QUESTION, _PASSAGES, _ID = 400, 3, 250


def under(asked: int) -> Block:
    """The two buttons under an answer of a crisis; ``asked`` is the entry of its question."""
    return _row(line("avis", str(asked), "utile"), "say:rate", str(asked))


def under_elsewhere(question: str, confidence: str, passages: Sequence[str]) -> Block:
    """The two buttons under an answer given outside a crisis."""
    about = metadata(
        question=seen(question)[:_QUESTION],
        confidence=confidence,
        passages="\n".join(one for one in passages[:_PASSAGES] if len(one) <= _ID),
    )
    return _row(about, "rate:useful", about)


def _row(useful: str, action: str, wrong: str) -> Block:
    return actions(
        button("👍 Utile", useful, action),
        button("👎 Pas la bonne réponse", wrong, "open:rating"),
    )


def form(about: str, crisis: Crisis | None) -> Block:
    """The form that asks what was wrong; ``about`` is what the button carried."""
    blocks = [
        field(
            "text",
            "Qu'attendiez-vous ?",
            text_input("v", multiline=True, limit=MAX_REASON),
            optional=True,
            hint="Facultatif. Ce qui manque, ou ce qui est faux. Aucune identité de patient.",
        )
    ]
    if crisis is not None and crisis.exercise:
        blocks.insert(0, context("*EXERCICE* : rien de réel."))
    meta = metadata(crisis=crisis.id if crisis else "", about=about)
    return modal("rating", "Pas la bonne réponse", blocks, submit="Envoyer", metadata=meta)


def command(values: Values, about: str) -> RateAnswer:
    """The command of a filled form of a crisis."""
    if not about.isdecimal():
        raise Refused("Cette réponse n'est plus connue. Fermez ce formulaire.")
    return RateAnswer(int(about), False, values.text("text"))


def thanked() -> Block:
    """What takes the place of the form."""
    return shown("Merci", [section(THANKS)])


def read(about: str, *, useful: bool, reason: str) -> Rated:
    """The rating of an answer given outside a crisis; ``about`` is what the button carried."""
    told = carried(about)
    question = told.get("question", "")
    if not question:
        raise Refused("Cette réponse n'est plus connue. Posez de nouveau votre question.")
    passages = tuple(told.get("passages", "").split())
    kept = reason.strip()[:MAX_REASON]
    return Rated(question, told.get("confidence", ""), passages, useful, kept)
