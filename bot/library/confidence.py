"""How sure an answer may say it is: two sums of what the search tells of its first passage.

No single figure separates what the library can answer from what it cannot, nor a right first
passage from a wrong one.  These sums do it best on questions that were not used to find them; their
weights are rounded from two logistic fits (``bench/weights.py`` makes them again):

- in the field: how well the passage fits, less the part of the question that belongs elsewhere
  (``hors-champ.yaml``), and most of a longer question made of words that the files have at all (of
  the questions that they answer, none of four words or more had less than half); a way of asking
  stated all but word for word is always in the field;
- *nette*: nothing of the question belongs elsewhere, words and vectors agree on the first passage,
  it fits, is well ahead of the next one, and its heading says what is asked.
"""

from dataclasses import dataclass
from typing import Literal

Confidence = Literal["nette", "a-verifier", "aucune"]

FOREIGN, NEEDED = 2.0, 0.06
#: From this likeness on, the passage states that way of asking.
STATED = 0.8
LEAD, HEADING, CLEAR = 3.0, 0.5, 0.9
#: Of a question of some length, the files know at least this part.
KNOWN = 0.4
#: From this part of foreign words on, nothing is *nette*.
UNSURE = 0.1


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against the first passage found; nothing was found by default."""

    score: float = 0.0
    """How well it fits, from 0 to 1."""
    lead: float = 0.0
    """How much better than the next one."""
    heading: float = 0.0
    """How alike the question and its heading are."""
    alike: float = 0.0
    """How alike the question and its nearest way of asking are."""
    agree: bool = False
    """Words and vectors put the same passage, step or duty first."""
    known: float = 1.0
    """The part of the question that the files have any word for."""


def confidence(signs: Signs, *, foreign: float, dense: bool) -> Confidence:
    """What may be said of the first passage.

    ``foreign``: the part of the question that hints at a refused subject; ``dense``: vectors took
    part.
    """
    if not _in_the_field(signs, foreign):
        return "aucune"
    clear = signs.score + LEAD * signs.lead + HEADING * signs.heading
    both = dense and signs.agree and foreign < UNSURE
    return "nette" if both and clear >= CLEAR else "a-verifier"


def _in_the_field(signs: Signs, foreign: float) -> bool:
    """Whether the question speaks of what the library holds."""
    if signs.alike >= STATED:
        return True
    return signs.known >= KNOWN and signs.score - FOREIGN * foreign >= NEEDED
