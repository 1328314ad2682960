"""The vectors on a Chroma server that several processes share.

The same cache as ``index``, kept elsewhere.  A generation is named after what it is made of
(format, model, texts), so that two processes that build it write the same thing: no lock is needed,
and the one that comes later finds it there.  It is a collection for each kind of passage and,
written last, one whose metadata say what is in the others: without it nothing was finished.
``tocsin-current`` points to the newest and to the one before; what it does not name is removed.

A server that is away, slow or empty costs the vectors for a while and never an answer.
"""

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bot.errors import OutsideService, SettingError
from bot.library.corpus import Corpus
from bot.library.generation import Generation, Meta, Writing, chroma_failures
from bot.library.index import FORMAT, Index, Progress
from bot.library.vector_cache import VectorCache
from bot.library.vectors import Embedder

#: Seconds that the server is given for one request.
SECONDS: Final = 10.0
CURRENT: Final = "tocsin-current"
_META: Final = "meta"


class ServerIndex(Index):
    """The vectors of one corpus on a server, or the reason why they are away."""

    def __init__(self, folder: Path, embedder: Embedder, url: str) -> None:
        """Start away; ``folder`` holds what is known of texts that were embedded before."""
        super().__init__(folder, embedder)
        _address(url)  # a setting that cannot be read is told at once
        self._url = url

    def nearest(self, question: str, words: Mapping[str, float], k: int) -> list[str]:
        """As any index; a server that is lost is let go of."""
        served = self._generation
        found = super().nearest(question, words, k)
        if served is not None and self._generation is None:
            served.close()
        return found

    def _refresh(self, corpus: Corpus, progress: Progress) -> None:
        self._embedder.learn([passage.indexed for passage in corpus.passages])
        mark = corpus.fingerprint()
        client = connect(self._url)
        try:
            name = name_of(self._embedder.name, mark)
            meta = read_generation(client, name)
            if meta is None:
                self.built = "index absent du serveur"
                meta = self._fill(client, name, corpus, mark, progress)
            generation = Generation(client, meta, f"{name}-")
            _point(client, name)
        except BaseException:
            client.close()
            raise
        self._serve(generation, None)
        self.current, self.reason = True, ""

    def _fill(self, client: Any, name: str, corpus: Corpus, mark: str, progress: Progress) -> Meta:
        """Write the generation of that name, its description last."""
        with tempfile.TemporaryDirectory(prefix="tocsin-vectors-") as aside:
            # Who does not own the folder computes again rather than write beside its owner.
            place = self._folder if self._lock is not None else Path(aside)
            cache = VectorCache(place / "vectors.sqlite", self._embedder.name)
            try:
                writing = Writing(client, f"{name}-")
                meta = self._write(writing, corpus, mark, cache, progress)
            finally:
                self.embedded = cache.embedded
                cache.close()
        if not Generation(client, meta, f"{name}-").counts_right():
            raise OutsideService("Le serveur Chroma", detail="it does not count what it was given")
        client.get_or_create_collection(
            name, embedding_function=None, metadata={_META: json.dumps(asdict(meta))}
        )
        return meta


def connect(url: str) -> Any:
    """A client of this server, which waits ``SECONDS`` and no longer.

    Raises ``OutsideService`` when nobody answers there.
    """
    import chromadb
    import httpx

    host, port, secure = _address(url)
    try:
        # The client that comes next would wait for ever on a server that is silent.
        httpx.get(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=SECONDS).raise_for_status()
        client = chromadb.HttpClient(host, port, secure)
    except chroma_failures() as error:
        why = f"le serveur Chroma ne répond pas ({type(error).__name__})"
        raise OutsideService("Le serveur Chroma", why, detail=str(error)) from error
    return _Client(client)


class _Client:
    """Chroma's client with a limit to its patience, and nothing left open once it is closed."""

    def __init__(self, client: Any) -> None:
        import httpx

        self._client = client
        # Chroma offers no other way: it keeps one HTTP session for itself and one for its admin.
        admin = client._admin_client
        self._sessions = [one._server._session for one in (client, admin)]
        for one in self._sessions:
            one.timeout = httpx.Timeout(SECONDS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def close(self) -> None:
        """Let go of the server."""
        self._client.close()
        for one in self._sessions:
            one.close()


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether the connection is encrypted; ``SettingError`` for what is no URL."""
    wrong = SettingError(
        "Réglage CHROMA_URL incorrect\u00a0: écrivez http://machine:port ou https://machine:port."
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise wrong
    secure = parts.scheme == "https"
    return parts.hostname, port or (443 if secure else 8000), secure


def name_of(model: str, mark: str) -> str:
    """The name of the generation made of these texts by this model."""
    return "tocsin-" + sha256(f"{FORMAT}/{model}/{mark}".encode()).hexdigest()[:24]


def read_generation(client: Any, name: str) -> Meta | None:
    """What the generation says it was made of; ``None`` when it is not there or not whole."""
    from chromadb.errors import NotFoundError

    described = metadata_of(client, name).get(_META)
    if described is None:
        return None
    try:
        meta = Meta(**json.loads(described))
        whole = Generation(client, meta, f"{name}-").counts_right()
    except (NotFoundError, ValueError, TypeError):
        return None
    return meta if whole else None


def metadata_of(client: Any, name: str) -> dict[str, str]:
    """The metadata of a collection; empty when there is none."""
    from chromadb.errors import NotFoundError

    try:
        return dict(client.get_collection(name, embedding_function=None).metadata or {})
    except NotFoundError:
        return {}


def _point(client: Any, name: str) -> None:
    """Name this generation as the newest, keep the one before, remove the others."""
    now = metadata_of(client, CURRENT)
    if now.get("current") != name:
        now = {"current": name, "before": now.get("current", "")}
        pointer = client.get_or_create_collection(CURRENT, embedding_function=None, metadata=now)
        pointer.modify(metadata=now)
    kept = tuple(one for one in (now["current"], now.get("before", "")) if one)
    for one in client.list_collections():
        ours = one.name.startswith("tocsin-") and one.name != CURRENT
        if ours and not one.name.startswith(kept):
            with suppress(*chroma_failures()):  # another process removes it too
                client.delete_collection(one.name)
