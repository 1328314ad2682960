"""Who may use which word: the whole table, role by word, and nothing outside it."""

import pytest

from bot.core import rights
from bot.core.rights import Standing
from bot.errors import Refused
from bot.grammar import WORDS

#: What each standing may do, word by word, as one reads it aloud; the cell has every other word.
AUDITOR = {"aide", "audit", "journal", "exporter", "vérifier"}
ANYBODY = {"aide", "déclarer", "question", "playbook", "exercice"}
NOT_CELL = {"audit"}

MATRIX = [
    pytest.param(word, standing, id=f"{standing}-{word}")
    for word in WORDS
    for standing in ("cell", "auditor", "outsider")
]


def _expected(word: str, standing: Standing) -> bool:
    if standing == "cell":
        return word not in NOT_CELL
    return word in (AUDITOR if standing == "auditor" else ANYBODY)


@pytest.mark.parametrize(("word", "standing"), MATRIX)
def test_each_role_may_use_its_words_and_no_other(word: str, standing: Standing) -> None:
    """Allowed passes in silence; the rest is refused with a sentence that says what to do."""
    if _expected(word, standing):
        rights.require(word, frozenset({standing}))
        return
    with pytest.raises(Refused) as refused:
        rights.require(word, frozenset({standing}))
    told = refused.value.for_people()
    assert "/crise audit" in told if standing == "auditor" else "Demandez à rejoindre" in told


def test_somebody_of_two_standings_may_what_either_may() -> None:
    """An auditor who is of the cell too loses nothing by it."""
    both: frozenset[Standing] = frozenset({"cell", "auditor"})

    assert all(rights.allowed(word, both) for word in WORDS)


def test_nobody_may_do_anything() -> None:
    """Without a standing no word is open."""
    assert not any(rights.allowed(word, ()) for word in WORDS)


def test_the_words_that_are_given_away_exist() -> None:
    """A word that was renamed is renamed in the table: a stale name would open nothing."""
    given = {word for words in rights.TABLE.values() if words is not None for word in words}

    assert given <= set(WORDS)
    assert {*AUDITOR, *ANYBODY} == given
