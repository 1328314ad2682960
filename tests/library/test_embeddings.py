"""Embedding models of others, over real HTTP: asked once for each text, done without when away."""

import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from bot.errors import OutsideService, SettingError
from bot.library.corpus import Corpus, Passage
from bot.library.embedders import prefixed
from bot.library.glossary import Glossary
from bot.library.index import Index
from bot.library.models import embedder
from bot.library.search import Library

MEANINGS = ("sauvegarde", "plainte", "presse")
#: Words that the model of these tests knows to mean the same.
SYNONYMS = {"copies": "sauvegarde", "commissariat": "plainte", "journalistes": "presse"}


class _Server(BaseHTTPRequestHandler):
    """A server of embeddings whose model knows three notions, and what it was asked."""

    asked: ClassVar[list[dict[str, Any]]] = []
    keys: ClassVar[list[str]] = []
    answers: ClassVar[str] = "well"

    def do_POST(self) -> None:
        """Answer vectors, in another order than the texts; or as badly as it is told."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body)
        self.keys.append(self.headers.get("Authorization", ""))
        rows = [{"index": n, "embedding": _vector(text)} for n, text in enumerate(body["input"])]
        given = {"well": {"data": rows[::-1]}, "too few": {"data": rows[1:]}, "garbage": []}
        data = json.dumps(given.get(self.answers, {})).encode()
        self.send_response(500 if self.answers == "error" else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _vector(text: str) -> list[float]:
    words = [SYNONYMS.get(word, word) for word in text.lower().replace("?", " ").split()]
    return [float(words.count(meaning)) + 0.01 for meaning in MEANINGS]


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a running server."""
    _Server.asked.clear()
    _Server.keys.clear()
    _Server.answers = "well"
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def passage(name: str, text: str) -> Passage:
    """A note of one sentence."""
    return Passage(f"f.md#{name}", "repere", "Notes", name, "f.md", (1, 1), text)


PASSAGES = tuple(passage(name, f"Texte sur {name}") for name in MEANINGS)


def test_a_model_finds_what_no_word_does(url: str, tmp_path: Path) -> None:
    """By one setting, its vectors join the words: a question without a common word is answered."""
    library = Library(Corpus(PASSAGES), Glossary())
    model = embedder("openai:essai", url, "une-cle")
    index = Index.open(tmp_path, library.corpus, Glossary(), model)
    library.attach(index)

    found = library.search("des journalistes ?").hits

    assert found[0].passage.section == "presse"
    assert found[0].by_words is None
    assert set(_Server.keys) == {"Bearer une-cle"}
    assert {one["model"] for one in _Server.asked} == {"essai"}
    index.close()


def test_a_text_is_asked_for_once(url: str, tmp_path: Path) -> None:
    """Opened again, nothing is asked; one text changed, one is."""
    model = embedder("openai:essai", url)
    Index.open(tmp_path, Corpus(PASSAGES), Glossary(), model).close()
    _Server.asked.clear()

    again = Index.open(tmp_path, Corpus(PASSAGES), Glossary(), model)
    assert _Server.asked == []
    changed = (replace(PASSAGES[0], text="Texte sur les copies"), *PASSAGES[1:])
    again.refresh(Corpus(changed))

    assert [one["input"] for one in _Server.asked] == [[changed[0].indexed]]
    assert (again.embedded, again.built, again.current) == (1, "textes modifiés", True)
    again.close()


@pytest.mark.parametrize("answers", ["error", "too few", "garbage"])
def test_a_model_that_fails_is_done_without(url: str, tmp_path: Path, answers: str) -> None:
    """Whatever the server does, the index says that it is away, and words answer."""
    _Server.answers = answers
    library = Library(Corpus(PASSAGES), Glossary())
    index = Index.open(tmp_path, library.corpus, Glossary(), embedder("openai:essai", url))
    library.attach(index)

    hits = library.search("la presse")

    assert (index.ready, index.current, hits.dense) == (False, False, False)
    assert "ne répond pas" in index.reason
    assert hits.hits[0].passage.section == "presse"
    index.close()


def test_what_was_indexed_goes_on_while_the_model_is_away(url: str, tmp_path: Path) -> None:
    """Files change and the server is down: the vectors of before still serve, and say so."""
    index = Index.open(tmp_path, Corpus(PASSAGES), Glossary(), embedder("openai:essai", url))
    _Server.answers = "error"
    index.refresh(Corpus((*PASSAGES, passage("radio", "Texte sur la radio"))))
    assert (index.ready, index.current) == (True, False)

    _Server.answers = "well"
    assert index.nearest("des journalistes", {}, 1) == ["f.md#presse"]
    index.refresh(Corpus((*PASSAGES, passage("radio", "Texte sur la radio"))))
    assert (index.ready, index.current, index.embedded) == (True, True, 1)
    index.close()


def test_a_server_that_is_not_there_is_told_at_once() -> None:
    """A refused connection is an outside service that does not answer."""
    with pytest.raises(OutsideService):
        embedder("ollama:essai", "http://127.0.0.1:9/v1").question("presse", {})


def test_a_provider_that_wants_a_key_asks_for_it() -> None:
    """The sentence names the setting."""
    with pytest.raises(SettingError, match="TOCSIN_EMBEDDINGS_KEY"):
        embedder("mistralai:mistral-embed")


def test_a_missing_package_is_named_with_its_extra() -> None:
    """A model run in this process needs a package that is not there by default."""
    with pytest.raises(SettingError, match=r"tocsin\[embeddings\]"):
        embedder("fastembed:intfloat/multilingual-e5-large")


@pytest.mark.parametrize(
    ("model", "question", "given"),
    [
        ("intfloat/multilingual-e5-large", True, "query: sang"),
        ("intfloat/multilingual-e5-large", False, "passage: sang"),
        ("bge-m3", True, "sang"),
    ],
)
def test_a_family_that_wants_to_know_is_told(model: str, question: bool, given: str) -> None:
    """Questions and passages are marked for the models that were taught so."""
    assert prefixed(model, "sang", question=question) == given
