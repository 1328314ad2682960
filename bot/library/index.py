"""The vectors, in Chroma, as a cache that can be thrown away at any time.

Measured: killed while it writes, or written by two processes, a Chroma store can crash whoever
opens it, or lie in silence.  Hence:

1. one process builds, the one that holds the lock file; the others read a copy of their own;
2. a generation is built in a new folder, then the pointer file ``CURRENT`` is swapped (fsync,
   rename); a process killed half-way leaves a folder that nobody points to, removed next time;
3. a generation is probed in a child process before it is opened;
4. model, dimension and corpus are compared at opening; anything else is built again;
5. vectors of unchanged texts come from a table, so that building again is cheap.

When all that fails the index is not ``ready``, it says why, and the search goes on by words.
"""

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from bot.errors import OutsideService
from bot.library.corpus import KINDS, Corpus
from bot.library.generation import Generation, Meta, build, chroma_failures, read_meta
from bot.library.glossary import Glossary
from bot.library.probe import is_sound
from bot.library.vector_cache import VectorCache
from bot.library.vectors import Embedder, Vector

FORMAT = 1
CURRENT = "CURRENT"
_log = logging.getLogger(__name__)


class Index:
    """The vectors of one corpus, or the reason why they are away."""

    def __init__(self, embedder: Embedder) -> None:
        """Start away; ``Index.open`` fills the rest."""
        self._embedder = embedder
        self._generation: Generation | None = None
        self._lock: IO[str] | None = None
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self.embedded = 0
        """Texts that the model was asked for at this opening."""
        self.built = False
        """Whether this opening built a new generation."""
        self.reason = "l'index n'a pas encore été ouvert"
        """Why the vectors are away, in French; empty when they are there."""

    @classmethod
    def open(
        cls, data_dir: Path, corpus: Corpus, glossary: Glossary, embedder: Embedder
    ) -> "Index":
        """Open the index of this corpus, building it when needed; never raises for its state."""
        del glossary  # its words come with each question, so that it can change without rebuilding
        index = cls(embedder)
        folder = data_dir / "library"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            index._lock = _locked(folder / "lock")
            index._open(folder, corpus)
        except OutsideService as error:
            index._away(error.for_people())
        except chroma_failures() as error:
            index._away(f"l'index ne s'ouvre pas ({type(error).__name__})")
            _log.warning("index unusable: %s", error)
        return index

    @property
    def ready(self) -> bool:
        """Whether vectors can be searched now."""
        return self._generation is not None

    @property
    def weight(self) -> float:
        """What the ranks of these vectors weigh beside those of the words."""
        return self._embedder.weight

    def nearest(self, question: str, words: Mapping[str, float], k: int) -> list[str]:
        """Ids of the nearest passages, the nearest first; empty when the index is away."""
        if self._generation is None:
            return []
        try:
            return self._generation.nearest(self._embedder.question(question, words), k)
        except OutsideService as error:
            _log.warning("no vector for a question: %s", error.detail)
            return []
        except chroma_failures() as error:
            self._away(f"l'index ne répond plus ({type(error).__name__})")
            _log.warning("index lost while searching: %s", error)
            return []

    def close(self) -> None:
        """Let go of the store, of the copy and of the lock."""
        if self._generation is not None:
            with suppress(*chroma_failures()):
                self._generation.close()
        self._generation = None
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        self.reason = self.reason or "l'index est fermé"

    def _away(self, reason: str) -> None:
        self.reason = reason
        self._generation = None

    def _open(self, folder: Path, corpus: Corpus) -> None:
        texts = [passage.indexed for passage in corpus.passages]
        self._embedder.learn(texts)
        current = _current(folder)
        if self._lock is None:
            self._open_copy(current, corpus)
            return
        if current is None or not self._serves(current, corpus) or not is_sound(current):
            current = self._build(folder, corpus, texts)
        self._generation = Generation.open(current)
        self.reason = ""

    def _open_copy(self, current: Path | None, corpus: Corpus) -> None:
        """Read what another process keeps, without ever touching its folder."""
        self.reason = "un autre processus tient l'index"
        if current is None or not self._serves(current, corpus):
            return
        self._copy = tempfile.TemporaryDirectory(prefix="tocsin-index-")
        mine = Path(self._copy.name) / current.name
        shutil.copytree(current, mine)
        if is_sound(mine):
            self._generation = Generation.open(mine)
            self.reason = ""

    def _serves(self, generation: Path, corpus: Corpus) -> bool:
        """Whether the generation was made of these passages, by this model."""
        meta = read_meta(generation)
        return (
            meta is not None
            and meta.format == FORMAT
            and meta.model == self._embedder.name
            and meta.corpus == corpus.fingerprint()
        )

    def _build(self, folder: Path, corpus: Corpus, texts: list[str]) -> Path:
        """Build a new generation and point to it; what was there before is removed."""
        cache = VectorCache(folder / "vectors.sqlite", self._embedder.name)
        try:
            vectors = cache.vectors(texts, self._embedder.documents)
            cache.forget_others(texts)
        finally:
            cache.close()
        self.embedded = cache.embedded
        generations = folder / "generations"
        generations.mkdir(exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix="gen-", dir=generations))
        build(new, *_laid_out(corpus, vectors, self._embedder.name))
        _point_to(folder, new)
        for old in generations.iterdir():
            if old != new:
                shutil.rmtree(old, ignore_errors=True)
        self.built = True
        return new


def _laid_out(
    corpus: Corpus, vectors: list[Vector], model: str
) -> tuple[Meta, dict[str, list[tuple[str, Vector, str]]]]:
    """The rows of each collection, and what the generation will say of itself."""
    rows: dict[str, list[tuple[str, Vector, str]]] = {kind: [] for kind in KINDS}
    for passage, vector in zip(corpus.passages, vectors, strict=True):
        rows[passage.kind].append((passage.id, vector, passage.heading))
    meta = Meta(
        format=FORMAT,
        model=model,
        dimension=len(vectors[0]) if vectors else 0,
        corpus=corpus.fingerprint(),
        counts={kind: len(found) for kind, found in rows.items()},
    )
    return meta, rows


def _locked(file: Path) -> IO[str] | None:
    """The lock of the folder for as long as the file stays open; ``None``: another has it."""
    held = file.open("a", encoding="utf-8")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        return None
    return held


def _current(folder: Path) -> Path | None:
    """The generation that the pointer names, when it is there."""
    try:
        name = (folder / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    found = folder / "generations" / name
    return found if name and Path(name).name == name and found.is_dir() else None


def _point_to(folder: Path, generation: Path) -> None:
    """Swap the pointer: before, the old generation is current; after, the new one; never none."""
    _sync_tree(generation)
    new = folder / f"{CURRENT}.new"
    with new.open("w", encoding="utf-8") as pointer:
        pointer.write(generation.name + "\n")
        pointer.flush()
        os.fsync(pointer.fileno())
    new.replace(folder / CURRENT)
    _sync(folder)


def _sync_tree(folder: Path) -> None:
    """Have every file of the folder on the disk."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
