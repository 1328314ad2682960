"""Ratings given outside a crisis, beside the journal: one contract, two databases."""

from collections.abc import Callable
from threading import Thread

import pytest

from bot.errors import StoreUnavailable
from bot.journal.store import Store
from bot.library.ratings import Rated, Ratings

QUESTION = "Où est la clé ?"


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def store(request: pytest.FixtureRequest, opened: Callable[[str], Store]) -> Store:
    """A journal in a real database of each kind."""
    return opened(request.getfixturevalue(request.param))


def test_a_rating_replaces_the_former_one_of_the_same_person(store: Store) -> None:
    """Once per person and question, whatever its accents; another person counts apart."""
    ratings = Ratings(store.engine)
    ratings.keep("U1", Rated(QUESTION, "aucune", (), False, "rien"))
    ratings.keep("U1", Rated("ou  est la cle ?", "nette", ("cnil.md#bref", "é.md#x"), True))
    ratings.keep("U2", Rated(QUESTION, "aucune", (), False, "l'étage « -1 »"))

    kept = sorted(Ratings(store.engine).all(), key=lambda one: one.useful)

    assert kept == [
        Rated(QUESTION, "aucune", (), False, "l'étage « -1 »"),
        Rated("ou  est la cle ?", "nette", ("cnil.md#bref", "é.md#x"), True),
    ]


def test_processes_that_start_together_share_the_table(store: Store) -> None:
    """Several at once find or make it, and none fails."""
    made: list[Ratings] = []
    starts = [Thread(target=lambda: made.append(Ratings(store.engine))) for _ in range(6)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()

    assert len(made) == len(starts)


def test_a_database_that_fails_is_told_as_for_the_journal(store: Store) -> None:
    """A rating that cannot be written raises the sentence of the journal."""
    ratings = Ratings(store.engine)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE rating")
    with pytest.raises(StoreUnavailable):
        ratings.keep("U1", Rated(QUESTION, "nette", (), True))
