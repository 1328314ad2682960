"""What a Chroma server says of itself and of our index on it; nothing is built, nothing changed."""

from dataclasses import dataclass

from bot.library.corpus import Corpus
from bot.library.server import CURRENT, connect, metadata_of, name_of, read_generation


@dataclass(frozen=True, slots=True)
class ServerState:
    """A server that answers, and the generation that it points to."""

    version: str
    client: str
    """Version of the library by which we talk to it."""
    found: bool
    """Whether it points to a generation of ours, whole or not."""
    whole: bool
    """Whether that generation counts what it says it was made of."""
    model: str
    """The model that made its vectors; empty when it is not whole."""
    passages: int
    expected: bool
    """Whether it is the generation of these texts and of this model."""


def look(url: str, model: str, corpus: Corpus) -> ServerState:
    """Ask the server; ``OutsideService`` when it is away, ``SettingError`` for what is no URL."""
    import chromadb

    client = connect(url)
    try:
        name = metadata_of(client, CURRENT).get("current", "")
        meta = read_generation(client, name) if name else None
        return ServerState(
            version=str(client.get_version()),
            client=chromadb.__version__,
            found=bool(name),
            whole=meta is not None,
            model=meta.model if meta else "",
            passages=sum(meta.counts.values()) if meta else 0,
            expected=name == name_of(model, corpus.fingerprint()),
        )
    finally:
        client.close()
