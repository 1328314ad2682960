"""The library as it is being read: words first, then vectors, then, if one is set, a model.

Reading the files is quick and needs nothing heavy; opening the index loads Chroma and may build.
So a start reads, answers by words, and attaches the index when it can.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.library.answer import Answer, answer
from bot.library.corpus import IncidentCard
from bot.library.glossary import Glossary, load_glossary
from bot.library.index import Index
from bot.library.models import chat_model, embedder
from bot.library.passages import load_passages, similar_incidents
from bot.library.search import Library

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files are, where the index goes, and which models are set."""

    playbooks: Path
    knowledge: Path
    data: Path
    embeddings: str = "hachage"
    model: str = ""
    model_url: str = ""
    model_key: str = ""


class Shelves:
    """Read, index and answer; every method may block."""

    def __init__(self, places: Places) -> None:
        """Nothing is read yet."""
        self._places = places
        self._library: Library | None = None
        self._glossary = Glossary((), {})
        self._model: BaseChatModel | None = None
        self._index: Index | None = None

    @property
    def library(self) -> Library:
        """The library, read at the first need."""
        if self._library is None:
            self.read()
        return self._library or Library(
            load_passages(self._places.playbooks, self._places.knowledge), self._glossary
        )

    @property
    def is_read(self) -> bool:
        """Whether the files have been read."""
        return self._library is not None

    def read(self) -> None:
        """Read every file again; vectors are away until ``attach``."""
        self._glossary, _ = load_glossary(self._places.knowledge)
        self._library = Library(
            load_passages(self._places.playbooks, self._places.knowledge), self._glossary
        )

    def attach(self) -> Index:
        """Open or build the index and let vectors help."""
        library = self.library
        self.close()
        self._index = Index.open(
            self._places.data, library.corpus, self._glossary, embedder(self._places.embeddings)
        )
        library.attach(self._index)
        return self._index

    def ask(self, question: str, playbook: str | None = None) -> Answer:
        """Answer a question, preferring the playbook of the running crisis."""
        if self._places.model and self._model is None:
            self._model = chat_model(
                self._places.model, self._places.model_url, self._places.model_key
            )
        return answer(self.library, question, model=self._model, prefer_playbook=playbook)

    def similar(self, playbook: str, words: str) -> Sequence[tuple[IncidentCard, str]]:
        """The nearest past incidents, each with why."""
        return similar_incidents(self.library.corpus.incidents, playbook, words, limit=3)

    def close(self) -> None:
        """Let go of the index."""
        if self._index is not None:
            self._index.close()
            self._index = None
