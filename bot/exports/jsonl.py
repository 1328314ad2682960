"""The journal as JSON Lines: the evidence itself, from the very texts that are stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, NotRequired, TypedDict

from bot.journal.entry import GENESIS, Entry, export_line


class CrisisSummary(TypedDict):
    """What an export says of the crisis besides its entries."""

    title: str
    exercise: bool
    establishment: NotRequired[str]
    missing: NotRequired[str]
    """What the journal knows to be missing from it, in French sentences; empty for nothing."""


@dataclass(frozen=True, slots=True)
class BundleInfo:
    """What was written: hash of the whole output, number of entries, hash of the last line."""

    sha256: str
    entries: int
    head: str


@dataclass(slots=True)
class Progress:
    """How far a writing has gone: what can only be told once the last entry is out."""

    entries: int = 0
    head: str = GENESIS


def write_journal(
    entries: Iterable[Entry], output: BinaryIO, _summary: CrisisSummary
) -> BundleInfo:
    """Write one line per entry; the summary has no place in this format."""
    total = sha256()
    progress = Progress()
    for line in journal_lines(entries, progress):
        total.update(line)
        output.write(line)
    return BundleInfo(total.hexdigest(), progress.entries, progress.head)


def journal_lines(entries: Iterable[Entry], progress: Progress) -> Iterator[bytes]:
    """The lines of the export, each with its line feed, counted as they go."""
    for entry in entries:
        yield export_line(entry).encode() + b"\n"
        progress.entries += 1
        progress.head = entry.hash
