"""One generation of the Chroma store: a folder that is written once, then only read.

Vectors are given, never made by Chroma (``embedding_function=None``: its default would download a
model).  One collection per kind of passage.  What the generation was made of stands beside it in
``meta.json``, written last: a folder without it was never finished.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.library.vectors import Vector

META = "meta.json"

Row = tuple[str, Vector, str]
"""Id, vector and heading of a passage."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What a generation was made of: two that differ in anything are not interchangeable."""

    format: int
    model: str
    dimension: int
    corpus: str
    """Hash of every passage."""
    counts: dict[str, int]
    """Passages per collection."""


def read_meta(folder: Path) -> Meta | None:
    """What the generation says it was made of; ``None`` when it was never finished."""
    try:
        return Meta(**json.loads((folder / META).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_meta(folder: Path, meta: Meta) -> None:
    """Say what the generation was made of: the last thing that is written into it."""
    text = json.dumps(asdict(meta), sort_keys=True)
    (folder / META).write_text(text, encoding="utf-8")


class Generation:
    """An open generation."""

    def __init__(self, client: Any, meta: Meta, prefix: str = "") -> None:
        """Keep the client and the collections that the meta names, each after this prefix."""
        self._client = client
        self.meta = meta
        self._collections = {
            kind: client.get_collection(prefix + kind, embedding_function=None)
            for kind in meta.counts
        }

    @classmethod
    def open(cls, folder: Path) -> "Generation":
        """Open a finished generation (probe it first: a damaged one can crash the process)."""
        meta = read_meta(folder)
        if meta is None:
            raise FileNotFoundError(folder / META)
        return cls(client_of(folder), meta)

    def close(self) -> None:
        """Let go of the folder."""
        self._client.close()

    def counts_right(self) -> bool:
        """Whether every collection holds as many passages as were put in."""
        return all(self._collections[kind].count() == n for kind, n in self.meta.counts.items())

    def answers(self) -> bool:
        """Whether every collection gives back as many neighbours as it can."""
        question = [1.0] + [0.0] * (self.meta.dimension - 1)
        return all(
            len(self._nearest(kind, question, 3)) == min(n, 3)
            for kind, n in self.meta.counts.items()
        )

    def nearest(self, vector: Vector, k: int) -> list[str]:
        """Ids of the ``k`` nearest passages over all collections, the nearest first."""
        found = [one for kind in self._collections for one in self._nearest(kind, vector, k)]
        return [name for _, name in sorted(found)[:k]]

    def _nearest(self, kind: str, vector: Vector, k: int) -> list[tuple[float, str]]:
        wanted = min(k, self.meta.counts[kind])
        if not wanted:
            return []
        query: Any = [vector]
        answer = self._collections[kind].query(
            query_embeddings=query, n_results=wanted, include=["distances"]
        )
        distances = (answer["distances"] or [[]])[0]
        return list(zip(map(float, distances), answer["ids"][0], strict=True))


class Writing:
    """A generation being written, a few passages at a time; it is none until it is described."""

    def __init__(self, client: Any, prefix: str = "") -> None:
        """Write with this client, in collections whose names begin so."""
        self._client = client
        self._prefix = prefix
        self._collections: dict[str, Any] = {}

    def add(self, kind: str, rows: Sequence[Row]) -> None:
        """Write some passages of a kind: id, vector and heading of each."""
        if kind not in self._collections:
            self._collections[kind] = self._client.get_or_create_collection(
                self._prefix + kind,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine"}},
            )
        if rows:
            vectors: Any = [vector for _, vector, _ in rows]
            self._collections[kind].upsert(
                ids=[name for name, _, _ in rows],
                embeddings=vectors,
                metadatas=[{"heading": heading} for _, _, heading in rows],
            )


def client_of(folder: Path) -> Any:
    """A client of the folder's store (``close`` is missing from the declared type)."""
    import chromadb

    return chromadb.PersistentClient(str(folder / "chroma"))


def chroma_failures() -> tuple[type[Exception], ...]:
    """What Chroma raises when its store is unusable; the rest is a fault of ours and crashes."""
    from chromadb.errors import ChromaError
    from httpx import HTTPError

    known = (OSError, sqlite3.Error, RuntimeError, ValueError, KeyError, AttributeError)
    return (ChromaError, HTTPError, *known)
