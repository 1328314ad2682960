"""What a bundle copies from its journal while it is written: signed notes, tokens, keys.

The notes and tokens wait in a file on disk until the journal is out, so that a long journal costs
no memory.  An entry that does not read as what it should be is left alone: verification judges it.
"""

import tempfile
from base64 import b64decode
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self

from bot.journal.copies import KEYS, Keys, note_name, token_name
from bot.journal.entry import Entry
from bot.journal.lag import Lag

_READ: Final = frozenset(("checkpoint_sealed", "key_rotated", "anchor_received", "lines_erased"))


class Gleaning:
    """What was gleaned so far, from entries that pass in order."""

    def __init__(self, certificates: bytes = b"") -> None:
        """Start before the first entry; ``certificates`` are those that go with the tokens."""
        self.certificates = certificates
        self.keys = Keys()
        self.lag = Lag()
        self.notes = 0
        self.tokens = 0
        self.erased = 0
        self._names: list[tuple[str, int]] = []
        self._laid_by = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the gleaning

    def __enter__(self) -> Self:
        """Keep the file open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Throw the file away."""
        self._laid_by.close()

    def take(self, entry: Entry) -> Entry:
        """Glean from this entry, and hand it on."""
        self.lag.entry(entry)
        self.erased += entry.body is None
        if entry.kind in _READ and entry.body is not None:
            try:
                self._glean(entry, (entry.body_data or {})["data"])
            except (KeyError, TypeError, ValueError, AttributeError):
                return entry
        return entry

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The copies, each with its name in the bundle, in the order of the journal; then keys."""
        self._laid_by.seek(0)
        for name, length in self._names:
            yield name, self._laid_by.read(length)
        if self.keys.spans:
            yield KEYS, self.keys.text().encode()

    def _glean(self, entry: Entry, data: Mapping[str, Any]) -> None:
        if entry.kind == "checkpoint_sealed":
            self.keys.named(data["key"])
            self._lay_by(note_name(data["size"]), data["note"].encode())
            self.notes += 1
        elif entry.kind == "key_rotated":
            self.keys.named(data["old"])
            self.keys.changed(data["new"], entry.seq, lost=bool(data["lost"]))
        elif entry.kind == "anchor_received" and data["kind"] == "rfc3161":
            token = b64decode(data["receipt"], validate=True)
            self._lay_by(token_name(data["size"], entry.seq), token)
            self.tokens += 1

    def _lay_by(self, name: str, content: bytes) -> None:
        self._laid_by.write(content)
        self._names.append((name, len(content)))
