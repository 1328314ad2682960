"""Check an exported journal, with the standard library alone, as numbered steps.

1.  the bundle, when the file is a zip: its files, each with the hash of the manifest, and what it
    copies from the journal the same as in the journal
2.  the bytes: UTF-8, one line feed at the end of each line, nothing empty
3.  the JSON: one object a line, no key twice, no number outside the profile
4.  the spelling: the whole line is its own canonical form, byte for byte
5.  the format: version 1, exactly its fields, each of its kind
6.  the crisis: one and the same from the first line to the last
7.  the numbers: 1, 2, 3… without a gap
8.  the chain: each line names the SHA-256 of the line before it
9.  the bodies: each is the one its line committed to, with its salt
10. the times: the time of writing never goes back
11. the checkpoints that the caller has from outside: line N has this hash
12. the signatures, when the caller has the key from outside: each line is signed with it, or with
    one that it handed over to
13. the erasures: each missing body is named by a later line, and of a kind that may go
14. the checkpoints in the journal: each says what the lines before it are, signed with its key
15. the time stamps in the journal: each bears on such a checkpoint

Steps 2 to 15 are taken line by line, in constant memory (``lines``, ``reading``, ``inside``); the
first fault ends the reading.

What this does not do: it does not know the authority behind a time stamp without its certificates,
nor who signed without a key; without a checkpoint it knows neither of lines cut off the end nor of
a change to the last line, which nothing follows; and it cannot tell a journal rewritten as a whole
from a true one.  The report says so each time.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final

from bot.journal.copies import CERTIFICATES, KEYS, NOTES, PIECES, TOKENS
from bot.journal.inside import Inside
from bot.journal.lines import Found
from bot.journal.outside import LARGEST, NOTHING, Brought
from bot.journal.reading import Reading
from bot.journal.report import Fault, Report, report

if TYPE_CHECKING:
    from bot.journal.stamp import Pins

JOURNAL: Final = "journal.jsonl"
README: Final = "LISEZMOI.txt"
MANIFEST: Final = "manifest.sha256"
KIT: Final = ("A-LIRE.html", "verifier.py", "verifier.sh")
"""What helps to check a bundle without us; the earliest bundles do not have it."""
VIEWS: Final = "vues/"
LONGEST_LINE: Final = 16 * 1024 * 1024
"""More than this without a line feed is not a journal, and is not read into memory."""
Watch = Callable[[int], object]
"""Told how many bytes of the journal were read since the last time."""

_BLOCK: Final = 1024 * 1024
_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What ``zipfile`` raises on a damaged archive, besides its own error."""
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MANIFEST_LINE = re.compile(rb"([0-9a-f]{64})  ([A-Za-z0-9./-]+)\n?")
_LONGEST_NAME: Final = 1024
_FEW: Final = 5
"""Strange files that a fault names."""
_IN_FOLDER = re.compile(f"(?:{VIEWS}|{PIECES}|{NOTES}|{TOKENS})[A-Za-z0-9][A-Za-z0-9.-]*")


def verify_file(path: str | Path, brought: Brought = NOTHING, watch: Watch | None = None) -> Report:
    """Check a ``.jsonl`` file or a ``.zip`` bundle; a file that cannot be read is ``OSError``."""
    with Path(path).open("rb", buffering=_BLOCK) as file:
        bundle = file.read(2) == b"PK"
        file.seek(0)
        if bundle:
            return _verify_bundle(file, Reading(brought, _inside(brought)), watch)
        return verify_lines(_lines(file), brought, watch)


def verify_lines(
    lines: Iterable[bytes], brought: Brought = NOTHING, watch: Watch | None = None
) -> Report:
    """Check the lines of an export, each with its line feed."""
    reading = Reading(brought, _inside(brought))
    return report(reading, _read(_watched(lines, watch), reading), bundle=False)


def _inside(brought: Brought) -> Inside:
    """What the journal will say of itself, with the certificates of the auditor.

    ``ValueError`` (French) when they are none, or when one that counts is missing.
    """
    if not brought.certificates:
        return Inside()
    from bot.journal.stamp import read_pins

    return Inside(read_pins(brought.certificates), pinned_outside=True)


def _read(lines: Iterable[bytes], reading: Reading) -> Fault | None:
    """Take every line through steps 2 to 15; the first fault ends the reading."""
    line_no = 0
    try:
        for line_no, raw in enumerate(lines, 1):  # noqa: B007 - kept for the fault
            reading.take(raw)
        line_no = 0
        reading.finish()
    except Found as found:
        return Fault(line_no or found.seq or 0, found.seq, found.check, found.message)
    return None


def _verify_bundle(file: BinaryIO, reading: Reading, watch: Watch | None) -> Report:
    """Step 1 on the zip, then the other steps on the journal inside."""
    try:
        with zipfile.ZipFile(file) as bundle:
            _packed_once(bundle, file)
            noted = _manifest(bundle)
            _others_hold(bundle, noted)
            _prepare(reading.inside, bundle, noted)
            fault = _read_journal(bundle, noted[JOURNAL], reading, watch)
    except Found as found:
        fault = Fault(0, None, found.check, found.message)
    except _BROKEN_ZIP:
        fault = Fault(0, None, 1, "L'archive zip est endommagée ou n'est pas un lot de tocsin.")
    return report(reading, fault, bundle=True)


def _manifest(bundle: zipfile.ZipFile) -> dict[str, str]:
    """Step 1: the files of the bundle, each once, and the hash that the manifest gives to each."""
    members = bundle.infolist()
    names = {member.filename for member in members}
    _named(names)
    if len(names) < len(members):
        raise Found(1, "Un fichier se trouve deux fois dans le lot.")
    if any(member.compress_type not in _COMPRESSIONS for member in members):
        raise Found(1, "Le lot est compressé d'une façon que tocsin n'emploie pas.")
    noted = {}
    with bundle.open(MANIFEST) as file:
        count = 0
        for line in iter(partial(file.readline, _LONGEST_NAME), b""):
            count += 1
            found = _MANIFEST_LINE.fullmatch(line)
            if found is None or count > len(names):
                break
            noted[found[2].decode()] = found[1].decode()
    if count != len(noted) or noted.keys() != names - {MANIFEST}:
        raise Found(1, f"{MANIFEST} doit donner l'empreinte de chaque autre fichier du lot.")
    return noted


def _named(names: Set[str]) -> None:
    """Step 1: what must be there is there, and nothing that is not of a bundle."""
    known = {JOURNAL, README, MANIFEST, KEYS, *KIT}
    strange = sorted(name for name in names - known if not _IN_FOLDER.fullmatch(name))
    missing = [name for name in (JOURNAL, README, MANIFEST) if name not in names]
    if missing and any(name.endswith(f"/{JOURNAL}") for name in strange):
        raise Found(1, "Le lot a été décompressé puis recompressé\u00a0: il faut le fichier reçu.")
    if strange:
        # As escapes: a name may hold what a terminal obeys.
        few = ", ".join(map(ascii, strange[:_FEW])) + "…" * (len(strange) > _FEW)
        raise Found(1, f"Ces fichiers ne sont pas du lot\u00a0: {few}.")
    if missing:
        raise Found(1, f"Il manque au lot\u00a0: {', '.join(missing)}.")


def _packed_once(bundle: zipfile.ZipFile, file: BinaryIO) -> None:
    """Step 1: files that share the same packed bytes, by which a small zip holds without end."""
    packed = sum(member.compress_size for member in bundle.infolist())
    if packed > file.seek(0, io.SEEK_END):
        raise Found(1, "L'archive zip est plus petite que ce qu'elle dit contenir.")


def _others_hold(bundle: zipfile.ZipFile, noted: Mapping[str, str]) -> None:
    """Step 1: each file but the journal has the hash of the manifest."""
    for name, expected in noted.items():
        if name != JOURNAL and _hashed(bundle, name) != expected:
            raise Found(1, f"{name} n'a pas l'empreinte donnée par {MANIFEST}.")


def _prepare(inside: Inside, bundle: zipfile.ZipFile, noted: Mapping[str, str]) -> None:
    """Have the journal held against its copies in the bundle, its tokens by its certificates."""
    copies = (NOTES, PIECES, TOKENS, KEYS)
    inside.copies = {
        name: value
        for name, value in noted.items()
        if name.startswith(copies) and name != CERTIFICATES
    }
    if CERTIFICATES in noted and inside.pins is None:
        with bundle.open(CERTIFICATES) as file:
            inside.pins = _pins(file.read(LARGEST))


def _pins(pem: bytes) -> "Pins | None":
    """The certificates of the bundle, if they can be used here."""
    try:
        from bot.journal.stamp import read_pins

        return read_pins(pem)
    except (ImportError, ValueError):
        return None


def _read_journal(
    bundle: zipfile.ZipFile, expected: str, reading: Reading, watch: Watch | None
) -> Fault | None:
    """Step 1 for the journal, hashed while it is read, and the others; step 1 speaks first."""
    with bundle.open(JOURNAL) as packed:
        hashed = _Hashed(packed)
        with io.BufferedReader(hashed, _BLOCK) as file:
            fault = _read(_watched(_lines(file), watch), reading)
            while file.read(_BLOCK):
                pass
    if hashed.total.hexdigest() == expected:
        return fault
    first = f" Premier défaut\u00a0: ligne {fault.line_no}." if fault and fault.line_no else ""
    return Fault(0, None, 1, f"{JOURNAL} n'a pas l'empreinte donnée par {MANIFEST}.{first}")


class _Hashed(io.RawIOBase):
    """A file of a bundle, hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read from this file."""
        super().__init__()
        self._file = file
        self.total = sha256()

    def readable(self) -> bool:
        """Reading is all that it is for."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what comes next."""
        data = self._file.read(len(buffer))
        self.total.update(data)
        buffer[: len(data)] = data
        return len(data)


def _hashed(bundle: zipfile.ZipFile, name: str) -> str:
    """SHA-256 of one file of the bundle, in constant memory."""
    total = sha256()
    with bundle.open(name) as file:
        while block := file.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file; one that never ends comes cut, and so without its line feed."""
    return iter(partial(file.readline, LONGEST_LINE), b"")


def _watched(lines: Iterable[bytes], watch: Watch | None) -> Iterable[bytes]:
    """The same lines, with somebody told now and then how far it went."""
    return lines if watch is None else _telling(lines, watch)


def _telling(lines: Iterable[bytes], watch: Watch) -> Iterator[bytes]:
    read = 0
    for raw in lines:
        read += len(raw)
        if read >= _BLOCK:
            watch(read)
            read = 0
        yield raw
    watch(read)
