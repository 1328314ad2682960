"""An output that is only written to: hashed as it goes, never sought in, never closed."""

from hashlib import sha256
from typing import BinaryIO


class Straight:
    """Write through to an output and hash what passes.

    It has neither ``seek`` nor ``tell``: ``zipfile`` then writes front to back, as into a pipe.
    """

    def __init__(self, output: BinaryIO) -> None:
        """Write through to this output."""
        self._output = output
        self.total = sha256()

    def write(self, data: bytes, /) -> int:
        """Hash, then hand on."""
        self.total.update(data)
        return self._output.write(data)

    def flush(self) -> None:
        """Hand on."""
        self._output.flush()

    def close(self) -> None:
        """Leave the output open: it is its owner's."""
