"""Vectors already paid for: ``(model, sha256 of the text) → vector``, in one SQLite file.

Losing the file costs time, never truth: it is filled again from the texts.
"""

import hashlib
import sqlite3
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.library.vectors import Vector

_TABLE = """
CREATE TABLE IF NOT EXISTS vectors (
    model TEXT NOT NULL, text TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (model, text)
) WITHOUT ROWID
"""


class VectorCache:
    """Gives the vectors of texts, and asks the model only for those it has never seen."""

    def __init__(self, file: Path, model: str) -> None:
        """Open the file, or start it afresh when it cannot be read."""
        self.embedded = 0
        self._model = model
        self._base = _opened(file)

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def vectors(
        self, texts: Sequence[str], embed: Callable[[Sequence[str]], list[Vector]]
    ) -> list[Vector]:
        """The vector of each text, in order; those that were missing are kept for next time."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        known = {key: vector for key in keys if (vector := self._read(key)) is not None}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            made = embed(list(missing.values()))
            fresh = dict(zip(missing, made, strict=True))
            with self._base:
                self._base.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                    [(self._model, key, array("f", one).tobytes()) for key, one in fresh.items()],
                )
            self.embedded += len(fresh)
            known.update(fresh)
        return [known[key] for key in keys]

    def forget_others(self, texts: Sequence[str]) -> None:
        """Drop the vectors of texts that are no longer in the files, and of other models."""
        keep = {hashlib.sha256(text.encode()).hexdigest() for text in texts}
        rows = self._base.execute("SELECT model, text FROM vectors").fetchall()
        gone = [row for row in rows if row[0] != self._model or row[1] not in keep]
        with self._base:
            self._base.executemany("DELETE FROM vectors WHERE model = ? AND text = ?", gone)

    def _read(self, key: str) -> Vector | None:
        row = self._base.execute(
            "SELECT vector FROM vectors WHERE model = ? AND text = ?", (self._model, key)
        ).fetchone()
        return array("f", row[0]).tolist() if row else None


def _opened(file: Path) -> sqlite3.Connection:
    """A connection to a file that can be read; a damaged one is put out of the way."""
    try:
        return _connected(file)
    except sqlite3.DatabaseError:
        file.unlink()
        return _connected(file)


def _connected(file: Path) -> sqlite3.Connection:
    base = sqlite3.connect(file, timeout=5, check_same_thread=False)
    try:
        base.execute(_TABLE)
        base.execute("PRAGMA quick_check").fetchone()
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base
