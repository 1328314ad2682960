"""The vectors, in Chroma, as a cache that can be thrown away at any time.

Measured: killed while it writes, or written by two processes, a Chroma store can crash whoever
opens it, or lie in silence.  Hence:

1. one process builds, the one that holds the lock file; the others read a copy of their own;
2. a generation is built in a new folder, a few passages at a time, then the pointer file
   ``CURRENT`` is swapped (fsync, rename); a process killed half-way leaves a folder that nobody
   points to, removed next time;
3. a generation is probed in a child process before it is opened;
4. model, dimension and corpus are compared at opening; anything else is built again, and told;
5. vectors of unchanged texts come from a table, so that building again is cheap;
6. while it is built again for files that changed, what was there goes on answering.

When all that fails the index is not ``ready``, it says why, and the search goes on by words.
"""

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from bot.errors import OutsideService
from bot.library.corpus import KINDS, Corpus, Passage
from bot.library.generation import (
    Generation,
    Meta,
    Writing,
    chroma_failures,
    client_of,
    read_meta,
    write_meta,
)
from bot.library.glossary import Glossary
from bot.library.probe import is_sound
from bot.library.vector_cache import VectorCache
from bot.library.vectors import Embedder

FORMAT = 1
CURRENT = "CURRENT"
#: Passages that are embedded and written together.
BATCH = 1_000
_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Told how many passages are done, out of how many."""


class Index:
    """The vectors of one corpus, or the reason why they are away."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        """Start away; ``open`` and ``refresh`` fill the rest."""
        self._folder = folder
        self._embedder = embedder
        self._generation: Generation | None = None
        self._lock: IO[str] | None = None
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self.embedded = 0
        """Texts that the model was asked for at the last opening."""
        self.built = ""
        """Why the last opening built a new generation, in French; empty when it did not."""
        self.current = False
        """Whether the vectors are those of the corpus that was asked for last."""
        self.reason = "l'index n'a pas encore été ouvert"
        """Why the vectors are away, in French; empty when they are there."""

    @classmethod
    def open(
        cls,
        data_dir: Path,
        corpus: Corpus,
        glossary: Glossary,
        embedder: Embedder,
        progress: Progress = lambda *_: None,
    ) -> "Index":
        """Open the index of this corpus, building it when needed; never raises for its state."""
        del glossary  # its words come with each question, so that it can change without rebuilding
        index = cls(data_dir / "library", embedder)
        index.refresh(corpus, progress)
        return index

    def refresh(self, corpus: Corpus, progress: Progress = lambda *_: None) -> None:
        """Serve this corpus from now on; what was served before is until then.

        Never raises for the state of the index: when it cannot, ``current`` says so, and ``reason``
        when nothing at all is left to serve.
        """
        self.embedded, self.built, self.current = 0, "", False
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = self._lock or _locked(self._folder / "lock")
            self._refresh(corpus, progress)
        except OutsideService as error:
            self._missed(error.for_people())
        except chroma_failures() as error:
            self._missed(f"l'index ne s'ouvre pas ({type(error).__name__})")
            _log.warning("index unusable: %s", error)

    @property
    def ready(self) -> bool:
        """Whether vectors can be searched now."""
        return self._generation is not None

    @property
    def weight(self) -> float:
        """What the ranks of these vectors weigh beside the words."""
        return self._embedder.weight

    def nearest(self, question: str, words: Mapping[str, float], k: int) -> list[str]:
        """Ids of the nearest passages, the nearest first; empty when the index is away."""
        generation = self._generation
        if generation is None:
            return []
        try:
            return generation.nearest(self._embedder.question(question, words), k)
        except OutsideService as error:
            _log.warning("no vector for a question: %s", error.detail)
            return []
        except chroma_failures() as error:
            if generation is self._generation:  # and not one that was just replaced
                self._generation = None
                self._missed(f"l'index ne répond plus ({type(error).__name__})")
                _log.warning("index lost while searching: %s", error)
            return []

    def close(self) -> None:
        """Let go of the store, of the copy and of the lock."""
        self._serve(None, None)
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        self.reason = self.reason or "l'index est fermé"

    def _missed(self, reason: str) -> None:
        """The vectors asked for are not there; those served before may be."""
        self.current = False
        self.reason = "" if self.ready else reason

    def _serve(
        self, generation: Generation | None, copy: "tempfile.TemporaryDirectory[str] | None"
    ) -> None:
        """Search this generation from now on, and let go of the one before."""
        old, self._generation = self._generation, generation
        gone, self._copy = self._copy, copy
        if old is not None:
            with suppress(*chroma_failures()):
                old.close()
        if gone is not None:
            gone.cleanup()

    def _refresh(self, corpus: Corpus, progress: Progress) -> None:
        self._embedder.learn([passage.indexed for passage in corpus.passages])
        mark = corpus.fingerprint()
        current = _current(self._folder)
        if self._lock is None:
            self._serve_copy(current, mark)
            return
        why = self._unfit(current, mark)
        if current is None or why:
            current = self._build(corpus, mark, progress)
            self.built = why
        self._serve(Generation.open(current), None)
        _remove_others(current)
        self.current, self.reason = True, ""

    def _serve_copy(self, current: Path | None, mark: str) -> None:
        """Read what another process keeps, without ever touching its folder."""
        if current is None or self._differs(current, mark):
            self._missed("un autre processus tient l'index")
            return
        with ExitStack() as undone:
            copy = tempfile.TemporaryDirectory(prefix="tocsin-index-")
            undone.callback(copy.cleanup)
            mine = Path(copy.name) / current.name
            shutil.copytree(current, mine)
            if not is_sound(mine):
                self._missed("un autre processus tient l'index")
                return
            self._serve(Generation.open(mine), copy)
            undone.pop_all()
        self.current, self.reason = True, ""

    def _unfit(self, generation: Path | None, mark: str) -> str:
        """Why a generation has to be built, in French; empty when the one there serves."""
        if generation is None:
            return "premier index"
        why = self._differs(generation, mark)
        return why or ("" if is_sound(generation) else "index abîmé")

    def _differs(self, generation: Path, mark: str) -> str:
        """What the generation was not made of, in French."""
        meta = read_meta(generation)
        if meta is None:
            return "index inachevé"
        if meta.format != FORMAT:
            return "autre version de Tocsin"
        if meta.model != self._embedder.name:
            return f"autre modèle ({meta.model} avant, {self._embedder.name} maintenant)"
        return "" if meta.corpus == mark else "textes modifiés"

    def _build(self, corpus: Corpus, mark: str, progress: Progress) -> Path:
        """Build a new generation and point to it."""
        generations = self._folder / "generations"
        generations.mkdir(exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix="gen-", dir=generations))
        cache = VectorCache(self._folder / "vectors.sqlite", self._embedder.name)
        try:
            client = client_of(new)
            meta = self._write(Writing(client), corpus, mark, cache, progress)
            client.close()
            write_meta(new, meta)
            cache.forget_others([passage.indexed for passage in corpus.passages])
        finally:
            self.embedded = cache.embedded
            cache.close()
        _point_to(self._folder, new)
        return new

    def _write(
        self, writing: Writing, corpus: Corpus, mark: str, cache: VectorCache, progress: Progress
    ) -> Meta:
        """Write every passage of the corpus, a batch at a time; what it was made of."""
        dimension, done = 0, 0
        counts: dict[str, int] = dict.fromkeys(KINDS, 0)
        for kind, passages in _batches(corpus):
            vectors = cache.vectors([one.indexed for one in passages], self._embedder.documents)
            rows = [
                (one.id, vector, one.heading) for one, vector in zip(passages, vectors, strict=True)
            ]
            writing.add(kind, rows)
            dimension = len(vectors[0]) if vectors else dimension
            counts[kind] += len(rows)
            done += len(rows)
            progress(done, len(corpus.passages))
        return Meta(FORMAT, self._embedder.name, dimension, mark, counts)


def _batches(corpus: Corpus) -> Iterator[tuple[str, list[Passage]]]:
    """The passages of each kind, some at a time; one empty batch for a kind that has none."""
    for kind in KINDS:
        found = [passage for passage in corpus.passages if passage.kind == kind]
        for start in range(0, max(len(found), 1), BATCH):
            yield kind, found[start : start + BATCH]


def _remove_others(current: Path) -> None:
    """Remove what nobody points to."""
    for old in current.parent.iterdir():
        if old != current:
            shutil.rmtree(old, ignore_errors=True)


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
