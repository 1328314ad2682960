"""The pipeline that a user would otherwise build: splitter, Chroma, a vector for each chunk.

Files are cut by LangChain's recursive splitter (1,000 characters, 200 of overlap), put in Chroma
with its usual model (all-MiniLM-L6-v2, ONNX), and the three nearest chunks are the answer, always:
such a pipeline refuses nothing and is never sure.  The model is taken from where
``python -m bench.minilm`` puts it; nothing is downloaded here.  Where it is absent, the same
pipeline runs on the hashes of this project, which need no download.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import minilm
from bot.library.answer import Answer, SourceRef
from bot.library.vectors import HashEmbedder, Vector

SIZE, OVERLAP = 1000, 200
HASHES = "character hashes"
BATCH = 500

Embed = Callable[[Sequence[str]], list[Vector]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a file."""

    path: str
    text: str


def chunks(folder: Path) -> Iterator[Chunk]:
    """Every YAML and Markdown file under the folder, cut."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    cut = RecursiveCharacterTextSplitter(chunk_size=SIZE, chunk_overlap=OVERLAP)
    for file in sorted(one for one in folder.rglob("*") if one.suffix in {".yaml", ".md"}):
        if file.name in {"hors-champ.yaml", "lexique.yaml"}:  # words, nothing to quote
            continue
        for text in cut.split_text(file.read_text(encoding="utf-8")):
            yield Chunk(file.name, text)


class Peer:
    """The pipeline, built."""

    def __init__(self, folder: Path, data: Path) -> None:
        """Cut, embed and store everything."""
        import chromadb

        began = time.perf_counter()
        self.model, self._embed = _model()
        found = list(chunks(folder))
        client = chromadb.PersistentClient(str(data))
        self._collection = client.create_collection(
            "peer", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        for start in range(0, len(found), BATCH):
            part = found[start : start + BATCH]
            vectors: Any = self._embed([one.text for one in part])
            self._collection.upsert(
                ids=[str(start + n) for n in range(len(part))],
                embeddings=vectors,
                documents=[one.text for one in part],
                metadatas=[{"path": one.path} for one in part],
            )
        self.size = len(found)
        self.seconds = time.perf_counter() - began

    def ask(self, question: str) -> Answer:
        """The three nearest chunks."""
        query: Any = self._embed([question])
        given = self._collection.query(query_embeddings=query, n_results=3)
        texts = (given["documents"] or [[]])[0]
        sources = tuple(
            SourceRef("", "", "", "repere", text, 0.0, str(n), None, (1, 1), ())
            for n, text in enumerate(texts)
        )
        return Answer(question, found=True, confidence="a-verifier", text="", sources=sources)


def _model() -> tuple[str, Embed]:
    """The name of the model and its vectors; the usual one when it is on this machine."""
    if minilm.fetched():
        return minilm.NAME, minilm.MiniLM().embed
    return HASHES, HashEmbedder().documents
