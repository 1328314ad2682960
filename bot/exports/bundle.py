"""The bundle: journal, manifest and notice in one zip that anybody can check without us.

The same entries and summary give the same bytes, whenever and wherever they are written (with the
same zlib): dates inside the zip are fixed, and the output is written straight through, never read
back or sought in.  The verifiers of ``kit`` go with it, as they stand.

What ``bot.exports.gleaning`` copies from the journal (notes, tokens, keys) comes after it.  When
views are asked for they lie in a folder of their own, listed in the manifest, and stop at the entry
where the journal stops.  The entries are then read once more for each.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from stat import S_IFREG
from typing import BinaryIO, Final, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bot.exports.gleaning import Gleaning
from bot.exports.jsonl import BundleInfo, CrisisSummary, Progress, journal_lines
from bot.exports.notice import notice
from bot.exports.output import Straight
from bot.exports.views import VIEWS, Format, fitting
from bot.journal.copies import CERTIFICATES, PIECES
from bot.journal.entry import Entry
from bot.journal.verify import JOURNAL, KIT, MANIFEST, README
from bot.journal.verify import VIEWS as FOLDER

log = logging.getLogger(__name__)

_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can say."""
_UNIX: Final = 3
_MODE: Final = (S_IFREG | 0o644) << 16
_BLOCK: Final = 1024 * 1024
_KIT: Final = Path(__file__).parent / "kit"
"""Where what helps to check a bundle lies; it is read by auditors, so nothing is filled in."""
IN_BUNDLE: Final = ("pdf", "xlsx", "csv")
"""The views that usually go with the evidence."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What goes into a bundle besides the journal and what is copied from it."""

    views: Sequence[str] = ()
    """Names of formats of ``VIEWS``."""
    certificates: bytes = b""
    """PEM of the stamping authorities, as the settings have them."""
    pieces: Sequence[Path] = ()
    """Files put in the channel, each named by the SHA-256 of its content."""


NOTHING: Final = Enclosed()


@dataclass(frozen=True, slots=True)
class Again:
    """Entries that can be read again: each reading calls the function."""

    read: Callable[[], Iterable[Entry]]

    def __iter__(self) -> Iterator[Entry]:
        """A new reading."""
        return iter(self.read())


def read_certificates(path: Path | None) -> bytes:
    """The certificates of this file; none when there is no file, or when it cannot be read now."""
    if path is None:
        return b""
    try:
        return path.read_bytes()
    except OSError as error:
        log.warning("the certificates %s are left out of the bundle: %s", path, error)
        return b""


class _Archive:
    """The zip as it is written, and the hash of each file in it."""

    def __init__(self, zipped: ZipFile) -> None:
        self._zipped = zipped
        self._hashes: dict[str, str] = {}

    def add(self, name: str, content: Iterable[bytes]) -> None:
        """One file, part after part."""
        total = sha256()
        with self._zipped.open(_member(name), "w") as file:
            for part in content:
                total.update(part)
                file.write(part)
        self._hashes[name] = total.hexdigest()

    def add_view(self, name: str, write: Callable[[BinaryIO], BundleInfo]) -> None:
        """One file that a writer of its own makes."""
        with self._zipped.open(_member(name), "w") as file:
            self._hashes[name] = write(cast(BinaryIO, file)).sha256

    def close(self) -> None:
        """Write the manifest of all that is there."""
        manifest = "".join(f"{digest}  {name}\n" for name, digest in self._hashes.items())
        self._zipped.writestr(_member(MANIFEST), manifest.encode("ascii"))


def bundle(
    entries: Iterable[Entry],
    output: BinaryIO,
    crisis_summary: CrisisSummary,
    enclosed: Enclosed = NOTHING,
) -> BundleInfo:
    """Write the zip; the output is only written to.

    With views, ``entries`` is something to read again, a list or ``Again``, and not a reading that
    is used up.  ``OSError`` when a piece cannot be read or the disk is full.
    """
    if enclosed.views and isinstance(entries, Iterator):
        raise TypeError("views are further readings of the entries: pass a list or Again")
    straight = Straight(output)
    progress = Progress()
    with ZipFile(straight, "w") as zipped, Gleaning(enclosed.certificates) as gleaned:
        archive = _Archive(zipped)
        archive.add(JOURNAL, journal_lines(map(gleaned.take, entries), progress))
        views = [fitting(name, progress.entries) for name in enclosed.views]
        said = notice(crisis_summary, progress, gleaned, views=views, pieces=len(enclosed.pieces))
        archive.add(README, [said.encode()])
        for name in KIT:
            archive.add(name, [_KIT.joinpath(name).read_bytes()])
        for name, content in gleaned.files():
            archive.add(name, [content])
        if gleaned.tokens and enclosed.certificates:
            archive.add(CERTIFICATES, [enclosed.certificates])
        for piece in enclosed.pieces:
            archive.add(PIECES + piece.name, _blocks(piece))
        for view in map(VIEWS.__getitem__, views):
            same = islice(entries, progress.entries)
            write = partial(_written, view, same, crisis_summary)
            archive.add_view(FOLDER + view.file, write)
        archive.close()
    return BundleInfo(straight.total.hexdigest(), progress.entries, progress.head)


def _written(
    view: Format, entries: Iterable[Entry], summary: CrisisSummary, output: BinaryIO
) -> BundleInfo:
    return view.write(entries, output, summary)


def _blocks(path: Path) -> Iterator[bytes]:
    """The content of a file, part after part."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _member(name: str) -> ZipInfo:
    """A file of the zip with nothing in it that changes from one day or machine to the next."""
    member = ZipInfo(name, _DATE)
    member.compress_type = ZIP_DEFLATED
    member.create_system = _UNIX
    member.external_attr = _MODE
    return member
