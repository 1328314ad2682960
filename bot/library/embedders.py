"""Embedding models of others: on a server that speaks the common protocol, or run in this process.

- ``openai:``, ``mistralai:`` and ``ollama:`` all answer ``POST …/embeddings`` alike, and so does
  any server of one's own (``openai:name`` with its address): one request here, no package needed.
- ``fastembed:`` runs an ONNX model in this process, downloaded once by that package.

Models of the e5 family want to be told which text is a question and which a passage.  What goes
wrong is raised as it comes: ``models`` gives it a deadline and turns it into one error.
"""

from collections.abc import Sequence
from typing import Any

from bot.library.vectors import Vector

#: Where each provider answers when no address is set.
ADDRESSES = {
    "openai": "https://api.openai.com/v1",
    "mistralai": "https://api.mistral.ai/v1",
    "ollama": "http://127.0.0.1:11434/v1",
}
#: Providers that refuse whoever brings no key.
KEYED = frozenset({"openai", "mistralai"})
FASTEMBED = "fastembed"


class RemoteEmbeddings:
    """A model on a server that speaks the common protocol."""

    def __init__(self, model: str, url: str, key: str, seconds: float) -> None:
        """``seconds`` is the longest silence of the server that is waited for."""
        self._model = model
        self._url = f"{url.rstrip('/')}/embeddings"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._seconds = seconds

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        """One vector per passage, in order."""
        return self._asked([prefixed(self._model, text, question=False) for text in texts])

    def embed_query(self, text: str) -> Vector:
        """The vector of a question."""
        return self._asked([prefixed(self._model, text, question=True)])[0]

    def _asked(self, texts: Sequence[str]) -> list[Vector]:
        import httpx

        body = {"model": self._model, "input": list(texts)}
        answer = httpx.post(self._url, json=body, headers=self._headers, timeout=self._seconds)
        answer.raise_for_status()
        rows: list[dict[str, Any]] = sorted(answer.json()["data"], key=lambda row: row["index"])
        if len(rows) != len(texts):
            raise ValueError(f"{len(rows)} vectors for {len(texts)} texts")
        return [[float(value) for value in row["embedding"]] for row in rows]


class LocalEmbeddings:
    """An ONNX model in this process."""

    def __init__(self, model: str) -> None:
        """Load the model; the first time, its package downloads it."""
        from fastembed import TextEmbedding

        self._name = model
        self._model: Any = TextEmbedding(model_name=model)

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        """One vector per passage, in order."""
        given = [prefixed(self._name, text, question=False) for text in texts]
        return [vector.tolist() for vector in self._model.embed(given)]

    def embed_query(self, text: str) -> Vector:
        """The vector of a question."""
        given = prefixed(self._name, text, question=True)
        (vector,) = (one.tolist() for one in self._model.embed([given]))
        return list(map(float, vector))


def prefixed(model: str, text: str, *, question: bool) -> str:
    """The text as the model wants it."""
    if "e5-" not in model.lower():
        return text
    return f"query: {text}" if question else f"passage: {text}"
