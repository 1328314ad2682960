"""The library as it is being read: words first, then vectors, then, if one is set, a model.

Reading the files is quick and needs nothing heavy; opening the index loads Chroma and may build.
So a start reads, answers by words, and attaches the index when it can.  A model only ever words
what an answer already quotes: without it, or while it is away, nothing is missing.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from bot.core.identifiers import find, strip, told, without
from bot.errors import SettingError
from bot.library.answer import Answer, answer, worded
from bot.library.compose import Wording
from bot.library.corpus import IncidentCard
from bot.library.faults import Fault
from bot.library.glossary import Glossary, load_glossary
from bot.library.index import Index, Progress
from bot.library.models import NO_MODEL, chat_model, embedder
from bot.library.passages import load_passages
from bot.library.search import Library
from bot.library.server import ServerIndex
from bot.library.similarity import similar_incidents
from bot.library.summary import LogLine, summarise

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_log = logging.getLogger(__name__)


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
    model_seconds: float = 25.0
    """The longest that a model may take to word one answer."""
    embeddings_url: str = ""
    embeddings_key: str = ""
    chroma: str = ""
    """Address of a Chroma server; empty for a store in the data folder."""


class Shelves:
    """Read, index and answer; every method may block."""

    def __init__(self, places: Places, today: Callable[[], date]) -> None:
        """Nothing is read yet; ``today`` tells a date of birth from a date of the crisis."""
        self._places = places
        self._today = today
        self._library: Library | None = None
        self._of_readers: dict[frozenset[str], Library] = {}
        self._making = Lock()
        self.model_fault = ""
        """Why the model that is set cannot be used, in French; empty when none is or it can."""
        self.faults: tuple[Fault, ...] = ()
        """What is wrong in the write-ups, the glossary and the scope, as they were last read."""
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

    def read(self) -> None:
        """Read every file again; vectors of what did not change go on helping until ``attach``.

        A file that went bad since goes on saying what it said, and ``faults`` tells it.
        """
        held = self._library.corpus if self._library is not None else None
        glossary, faults = load_glossary(self._places.knowledge)
        if held is None or not faults:
            self._glossary = glossary
        corpus = load_passages(self._places.playbooks, self._places.knowledge, held)
        self.faults = (*corpus.faults, *faults)
        library = Library(corpus, self._glossary)
        if self._index is not None:
            library.attach(self._index)
        self._library = library
        self._of_readers = {}

    def attach(self, progress: Progress = lambda *_: None) -> Index:
        """Open or build the index of what was read, and let vectors help.

        ``progress`` is told how many passages are indexed, out of how many.
        """
        library = self.library
        if self._index is None:
            places = self._places
            model = embedder(places.embeddings, places.embeddings_url, places.embeddings_key)
            folder = places.data / "library"
            self._index = (
                ServerIndex(folder, model, places.chroma) if places.chroma else Index(folder, model)
            )
        self._index.refresh(library.corpus, progress)
        library.attach(self._index)
        for one in self._of_readers.values():
            one.attach(self._index)
        if self._index.built:
            _log.info("index built again: %s", self._index.built)
        return self._index

    @property
    def attached(self) -> bool:
        """Whether the vectors are those of what was read last."""
        return self._index is not None and self._index.current

    def ask(
        self,
        question: str,
        playbook: str | None = None,
        reader: Collection[str] = frozenset(),
        phase: str = "",
    ) -> Answer:
        """Answer from the files, preferring the playbook of the running crisis and its phase.

        ``reader`` are the ids by which who asks is known: what is reserved to them is found too.
        What identifies a patient is taken out first: ``question`` of the answer is without it.
        """
        found = find(question, self._today())
        given = answer(self._open_to(reader), without(question, found), playbook, phase)
        if not found:
            return given
        note = (
            f"Retiré de votre question\u00a0: {told(found)}. Aucun modèle ne la verra. "
            "N'écrivez aucune identité de patient."
        )
        return replace(
            given,
            question=strip(question, found),
            wordable=False,
            note=" ".join(filter(None, (given.note, note))),
        )

    def _open_to(self, reader: Collection[str]) -> Library:
        """The library with what that reader may read; made once for each set of passages."""
        library = self.library
        corpus = library.corpus.open_to(reader)
        if corpus is library.corpus:
            return library
        more = frozenset(one.id for one in corpus.passages[len(library.corpus.passages) :])
        if more not in self._of_readers:
            made = Library(corpus, self._glossary)
            if self._index is not None:
                # What is reserved has no vector: its text is in no index and no other model.
                made.attach(self._index)
            self._of_readers[more] = made
        return self._of_readers[more]

    @property
    def writes(self) -> bool:
        """Whether a model is set that may word answers."""
        return self._places.model.strip().casefold() not in NO_MODEL and not self.model_fault

    def prepare(self) -> None:
        """Build the model, if one is set; one that cannot be had is told, and done without."""
        with self._making:
            if self._model is not None or not self.writes:
                return
            places = self._places
            try:
                self._model = chat_model(
                    places.model, places.model_url, places.model_key, places.model_seconds
                )
            except SettingError as error:
                self.model_fault = error.for_people()
                _log.warning("answers are not worded: %s", error)

    def word(self, given: Answer, heard: Callable[[Wording], None] = lambda _: None) -> Answer:
        """The answer with what the model makes of it; see ``worded``.  May take its time."""
        if not given.wordable:
            return given
        self.prepare()
        if self._model is None:
            return given
        return worded(given, self._model, self._places.model_seconds, heard)

    def summarise(self, lines: Mapping[int, LogLine]) -> Wording | None:
        """What the model makes of lines of the log; ``None`` without a model.  Takes its time."""
        self.prepare()
        if self._model is None:
            return None
        return summarise(self._model, lines, self._places.model_seconds, self._today())

    def similar(self, playbook: str, words: str) -> Sequence[tuple[IncidentCard, str]]:
        """The nearest past incidents, each with why."""
        return similar_incidents(self.library.corpus.incidents, playbook, words, limit=3)

    def close(self) -> None:
        """Let go of the index."""
        if self._index is not None:
            self._index.close()
            self._index = None
