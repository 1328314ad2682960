"""A chat model's server on 127.0.0.1: the OpenAI protocol over real HTTP, streamed, and its faults.

    with ModelDouble() as model:
        model.say({"text": "Débranchez le câble réseau.", "sources": [1]})
        setting, url = "openai:essai", model.url

What it is asked is kept in ``model.asked``.  It answers well by default (it repeats the first
sentence of the first passage), or as one of the plans below says:

    model.say(*objects)             these sentences, one object a line
    model.reply(make)               what ``make`` makes of the passages that it was sent
    model.write(text)               this very text, in pieces
    model.pause = 0.2               seconds before each piece
    model.fail(503)                 this HTTP status instead
    model.drop(after=2)             the connection breaks after so many pieces
    model.stall(after=2)            nothing more comes after so many pieces, until the double stops
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

_PIECE = 12


class ModelDouble:
    """The server and what it is told to do; a plan holds until the next one."""

    def __init__(self) -> None:
        """Listen at once, on a free port."""
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.pause = 0.0
        self.piece = _PIECE
        self._make: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = _faithful
        self._text: str | None = None
        self._status = 200
        self._drop: int | None = None
        self._stall: int | None = None
        self.stopping = Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.double = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and let go of those who wait."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address, as the setting of a model wants it."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    # -- plans ------------------------------------------------------------------------------

    def say(self, *sentences: dict[str, Any]) -> None:
        """Give these sentences, one object a line."""
        self.write(_lines(sentences))

    def reply(self, make: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        """Give the sentences that this makes of the passages sent."""
        self.write("")
        self._text, self._make = None, make

    def write(self, text: str) -> None:
        """Give this very text."""
        self._text, self._status, self._drop, self._stall = text, 200, None, None

    def fail(self, status: int) -> None:
        """Refuse with an HTTP status."""
        self._status = status

    def drop(self, after: int) -> None:
        """Break the connection after so many pieces."""
        self._drop = after

    def stall(self, after: int = 0) -> None:
        """Give so many pieces, then nothing more."""
        self._stall = after

    # -- what the handler needs ---------------------------------------------------------------

    @property
    def status(self) -> int:
        """The HTTP status to answer with."""
        return self._status

    @property
    def passages(self) -> list[dict[str, Any]]:
        """The passages of the last question."""
        found: list[dict[str, Any]] = json.loads(self.last_question)["extraits"]
        return found

    @property
    def last_question(self) -> str:
        """The last message that was sent, as it was."""
        return str(self.asked[-1]["messages"][-1]["content"])

    def pieces(self) -> Iterator[str]:
        """What to give, piece by piece, at the planned pace."""
        text = _lines(self._make(self.passages)) if self._text is None else self._text
        for count, start in enumerate(range(0, len(text), self.piece)):
            if count == self._drop:
                raise ConnectionAbortedError
            if count == self._stall:
                self.stopping.wait()
                return
            if self.pause and self.stopping.wait(self.pause):
                return
            yield text[start : start + self.piece]


def first_sentence(passage: dict[str, Any]) -> str:
    """The first sentence of a passage, without its bullet."""
    lines = [one.strip("- ") for one in passage["texte"].splitlines() if one.strip("- ")]
    return re.split(r"(?<=[.!?])\s+", lines[0])[0]


def _faithful(passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a model that only repeats would say."""
    return [{"text": first_sentence(passages[0]), "sources": [passages[0]["numero"]]}]


def _lines(sentences: Iterable[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in sentences)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    double: ModelDouble

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault."""


class _Handler(BaseHTTPRequestHandler):
    """One completion, streamed or whole."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Take the question, then do as planned."""
        double = self.server.double
        length = int(self.headers["Content-Length"])
        double.asked.append(json.loads(self.rfile.read(length)))
        double.keys.append(str(self.headers.get("Authorization", "")))
        if self.path != "/v1/chat/completions":
            self._whole(404, {"error": {"message": "unknown path"}})
        elif double.status != 200:
            self._whole(double.status, {"error": {"message": "planned", "code": double.status}})
        elif double.asked[-1].get("stream"):
            with contextlib.suppress(ConnectionError):
                self._stream(double)
        else:
            message = {"role": "assistant", "content": "".join(double.pieces())}
            self._whole(200, self._body("message", message, "stop"))

    def _stream(self, double: ModelDouble) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        for piece in double.pieces():
            self._event(self._body("delta", {"role": "assistant", "content": piece}, None))
        self._event(self._body("delta", {}, "stop"))
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _event(self, data: dict[str, Any]) -> None:
        self._chunk(f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _body(self, kind: str, content: dict[str, Any], reason: str | None) -> dict[str, Any]:
        name = "chat.completion.chunk" if kind == "delta" else "chat.completion"
        choice = {"index": 0, kind: content, "finish_reason": reason}
        model = self.server.double.asked[-1]["model"]
        return {"id": "1", "object": name, "created": 1, "model": model, "choices": [choice]}

    def _whole(self, status: int, data: dict[str, Any]) -> None:
        body = json.dumps(data, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
