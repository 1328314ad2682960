"""The memory of what was posted, read beside whoever writes."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.journal.store import Store
from bot.library.ratings import Rated, Ratings
from bot.slack.posted import CURSOR, Posted, Row

RATED = Rated("Qui appeler ?", "nette", ("a",), useful=True)


def test_a_start_and_a_reading_wait_for_no_writer(tmp_path: Path) -> None:
    """While another program holds the file for writing, who starts and reads is served."""
    file = tmp_path / "tocsin.db"
    with closing(Store(f"sqlite:///{file}")) as store:
        first = Posted(store.engine)
        for key in ("board", CURSOR):
            first.begin("2026-0001", key, "C1")
            first.finish("2026-0001", key, "1.2", "7")
        Ratings(store.engine).keep("U01", RATED)

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with closing(Store(f"sqlite:///{file}")) as store:
            posted = Posted(store.engine)
            assert posted.rows("2026-0001")["board"] == Row("board", "C1", "1.2", "7")
            assert posted.cursors() == {"2026-0001": 7}
            assert Ratings(store.engine).all() == [RATED]
