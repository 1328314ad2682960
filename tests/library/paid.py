"""Vectors of the shipped playbooks, worked out once for all the nights of a process."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.library.passages import load_passages
from bot.library.vector_cache import VectorCache
from bot.library.vectors import HashEmbedder
from tests.core.plans import PLAYBOOKS

FILE = "vectors.sqlite"


def with_vectors(data: Path) -> None:
    """Put them where a bot on this data folder looks for those it has paid for already.

    A text that is not among them is embedded as ever.
    """
    library = data / "library"
    library.mkdir(parents=True, exist_ok=True)
    if not (library / FILE).exists():
        (library / FILE).write_bytes(_paid())


@cache
def _paid() -> bytes:
    """What each gets a copy of."""
    with TemporaryDirectory(prefix="tocsin-vectors-") as name:
        folder = Path(name)
        model = HashEmbedder()
        texts = [one.indexed for one in load_passages(PLAYBOOKS, folder).passages]
        kept = VectorCache(folder / FILE, model.name)
        kept.vectors(texts, model.documents)
        kept.close()
        return (folder / FILE).read_bytes()
