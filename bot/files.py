"""Copies of the files put in the channel, on disk: ``files/<SHA-256>`` in the data folder.

The journal says which files were read and kept; the copies follow it, never the other way round.
A copy takes its name once the journal has its fingerprint, and goes when the message that brought
it is erased.  What a file is called in Slack is never a name on our disk.

- Content goes straight to the disk, hashed as it passes, and is synced before it is told of.
- A copy that cannot be written (a full disk) costs the copy and not the fingerprint.
- After a crash, what was laid by for a recorded file is checked against its SHA-256, then named.

Not here: the reading through Slack.
"""

import contextlib
import hashlib
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from bot.core.crisis import Crisis, FileState

log = logging.getLogger(__name__)

#: Bytes that stay free for the journal, which must never wait for a copy.
RESERVE: Final = 512 * 1024 * 1024
_PART: Final = ".part"
_NAME: Final = re.compile("[0-9a-f]{64}")
_BLOCK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Copied:
    """What one reading gave: its size in bytes, its SHA-256, and the copy not yet named."""

    size: int
    sha256: str
    part: Path | None


class Sink:
    """Where the bytes of one file go, in order."""

    def __init__(self, folder: Path | None, crisis: str, file: str) -> None:
        """Hash only when there is no folder to lay a copy by."""
        self._hash = hashlib.sha256()
        self._output: BinaryIO | None = None
        self._part: Path | None = None
        self.size = 0
        if folder is not None:
            self._open(folder, _key(crisis, file))

    def take(self, block: bytes) -> None:
        """Take the next bytes; a disk that refuses them ends the copy."""
        self._hash.update(block)
        self.size += len(block)
        if self._output is not None:
            try:
                self._output.write(block)
            except OSError as error:
                self._give_up(error)

    def end(self) -> Copied:
        """What was read, its copy on the disk for good."""
        if self._output is not None:
            try:
                self._output.flush()
                os.fsync(self._output.fileno())
                self._output.close()
            except OSError as error:
                self._give_up(error)
        self._output = None
        return Copied(self.size, self._hash.hexdigest(), self._part)

    def drop(self) -> None:
        """Leave nothing behind of a reading that was cut short; nothing after ``end``."""
        if self._output is not None:
            self._discard()

    def _open(self, folder: Path, key: str) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(_PART, f"{key}.", folder)
        except OSError as error:
            self._give_up(error)
        else:
            self._part, self._output = Path(name), os.fdopen(handle, "wb")

    def _give_up(self, error: OSError) -> None:
        log.warning("a file is read without a copy: %s", error)
        self._discard()

    def _discard(self) -> None:
        if self._output is not None:
            with contextlib.suppress(OSError):  # what could not be written cannot be flushed
                self._output.close()
        if self._part is not None:
            with contextlib.suppress(OSError):  # removed when the copies next follow
                self._part.unlink()
        self._output = self._part = None


class Copies:
    """The copies of one data folder."""

    def __init__(self, folder: Path, largest: int, reserve: int = RESERVE) -> None:
        """Keep files up to ``largest`` bytes, 0 keeps none; leave ``reserve`` bytes free."""
        self._folder = folder
        self._largest = largest
        self._reserve = reserve

    def sink(self, crisis: str, file: str, size: int) -> Sink:
        """Where to put a file of about this size: on disk if it is kept and there is room."""
        return Sink(self._folder if self._wanted(size) else None, crisis, file)

    def _wanted(self, size: int) -> bool:
        if not self._largest or size > self._largest:
            return False
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            log.warning("no copy of files can be kept: %s", error)
            return False
        return free >= size + self._reserve

    def name(self, copied: Copied) -> None:
        """Give a copy the name under which the journal has it; raises ``OSError``."""
        if copied.part is None:
            return
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            copied.part.replace(self._folder / copied.sha256)
        _sync(self._folder)

    def discard(self, copied: Copied) -> None:
        """Leave out a copy of which the journal does not speak."""
        if copied.part is not None:
            copied.part.unlink(missing_ok=True)

    def follow(self, crises: Iterable[Crisis]) -> None:
        """Make the copies follow the journal, which these crises are: all there are.

        What an interrupted process left is named or removed, what was erased goes.  Raises
        ``OSError`` when the disk refuses.
        """
        if not self._folder.is_dir():
            return
        every = list(crises)
        standing = {one.sha256 for crisis in every for one in _kept(crisis) if not one.erased}
        parts = sorted(self._folder.glob(f"*{_PART}"))
        for crisis in every:
            for one in crisis.files.values():
                key = _key(crisis.id, one.id) if parts else ""
                self._settle(one, [part for part in parts if part.name.startswith(f"{key}.")])
            for one in _kept(crisis):
                if one.erased and one.sha256 not in standing:
                    (self._folder / one.sha256).unlink(missing_ok=True)

    def _settle(self, one: FileState, parts: Iterable[Path]) -> None:
        """What was laid by of one file: named if the journal has it so, removed otherwise."""
        if one.status != "read" and not one.erased:
            return  # somebody may be writing it now
        for part in parts:
            if one.kept and not one.erased and one.sha256 == _sha256(part):
                part.replace(self._folder / one.sha256)
            part.unlink(missing_ok=True)

    def of(self, crisis: Crisis) -> tuple[Path, ...]:
        """The copies kept of a crisis, each once, those that are there."""
        names = sorted({one.sha256 for one in _kept(crisis) if not one.erased})
        return tuple(path for path in (self._folder / name for name in names) if path.is_file())


def _kept(crisis: Crisis) -> Iterator[FileState]:
    """The files of a crisis of which a copy was laid by; nothing else is ever touched on disk."""
    return (one for one in crisis.files.values() if one.kept and _NAME.fullmatch(one.sha256))


def _key(crisis: str, file: str) -> str:
    """A name for what is being read of a file, whatever Slack calls it."""
    return hashlib.sha256(f"{crisis}/{file}".encode()).hexdigest()[:32]


def _sha256(path: Path) -> str:
    """SHA-256 of the content of a file; of nothing when it went meanwhile."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _sync(folder: Path) -> None:
    """Make the names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
