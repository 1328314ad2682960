"""A small coverage-guided fuzzer: inputs that reach a new line of the parser are kept and changed.

Seeded, so that a run can be played again.  What is found wrong is the input itself, with the trace;
nothing is written anywhere.
"""

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

Place: TypeAlias = tuple[str, int, int]
"""A file, the line before and the line: a way taken, not only a line reached."""

#: Things that break parsers, put in by hand where chance would need long.
_TOKENS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", "\u202e".encode(), "e\u0301".encode(), b"<@U01>", b"<!",
    b"&", b"{{", b"{%", b"!!", b"&a", b"- ", b": ", b"\n", b"\t", b'"', b"'", b"\\", b"[" * 9,
    b"]" * 9, b"9" * 30, b"-1", b"1e999", b"NaN", b"null", b"03:10", b"hier", b"PK\x03\x04",
    b"PK\x05\x06", b"../", "é".encode(), "\ud800".encode("utf-8", "surrogatepass"),
)  # fmt: skip


@dataclass
class Fuzz:
    """One parser under fire: what was kept, and the ways that were taken."""

    target: Callable[[bytes], object]
    allowed: tuple[type[Exception], ...]
    """What the parser may raise."""
    folders: tuple[str, ...]
    """Where the code lies of which the ways are counted."""
    seed: int = 1
    longest: int = 4_000
    corpus: list[bytes] = field(default_factory=list)
    ways: set[Place] = field(default_factory=set)
    tried: int = 0

    def run(self, seeds: Sequence[bytes], going: Callable[[int], bool]) -> None:
        """Try the seeds, then changes of what was kept, while ``going`` (tries) says so."""
        chance = random.Random(self.seed)
        for one in seeds:
            self.keep(one)
        while going(self.tried):
            self.keep(self._changed(chance))

    def keep(self, data: bytes) -> bool:
        """Try one input; whether it took a new way."""
        self.tried += 1
        found = self._traced(data)
        new = not found <= self.ways
        if new or not self.corpus:
            self.ways |= found
            self.corpus.append(data)
        return new

    def _traced(self, data: bytes) -> set[Place]:
        """The ways that an input takes; what is not allowed is raised, with the input."""
        found: set[Place] = set()
        last: dict[FrameType, int] = {}

        def lines(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                before = last.get(frame, 0)
                found.add((frame.f_code.co_filename, before, frame.f_lineno))
                last[frame] = frame.f_lineno
            return lines

        def calls(frame: FrameType, _event: str, _: Any) -> Any:
            return lines if frame.f_code.co_filename.startswith(self.folders) else None

        before = sys.gettrace()
        sys.settrace(calls)
        try:
            self.target(data)
        except self.allowed:
            pass  # a refusal is an answer
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} for {data!r}") from error
        finally:
            sys.settrace(before)
        return found

    def _changed(self, chance: random.Random) -> bytes:
        """A change of something kept: cut, doubled, crossed, a byte, a token, a number."""
        data = bytearray(chance.choice(self.corpus))
        for _ in range(chance.randint(1, 4)):
            at = chance.randint(0, len(data))
            end = min(len(data), at + chance.randint(1, 12))
            kind = chance.randrange(5)
            if kind == 0:
                del data[at:end]
            elif kind == 1:
                data[at:at] = chance.choice(_TOKENS)
            elif kind == 2:
                data[at:at] = data[at:end]
            elif kind == 3:
                other = chance.choice(self.corpus)
                data[at:] = other[chance.randint(0, len(other)) :]
            elif data:
                data[at % len(data)] = chance.randrange(256)
        return bytes(data[: self.longest])


def folder(name: str) -> str:
    """The folder or the start of the files of a part of the product."""
    return str(Path(__file__).resolve().parents[2] / "bot" / name)
