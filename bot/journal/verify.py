"""Check an exported journal, with the standard library alone, as numbered steps.

1.  the bundle, when the file is a zip: its files and views, each with the hash of the manifest
2.  the bytes: UTF-8, one line feed at the end of each line, nothing empty
3.  the JSON: one object a line, no key twice, no number outside the profile
4.  the spelling: the whole line is its own canonical form, byte for byte
5.  the format: version 1, exactly its fields, each of its kind
6.  the crisis: one and the same from the first line to the last
7.  the numbers: 1, 2, 3… without a gap
8.  the chain: each line names the SHA-256 of the line before it
9.  the bodies: each is the one its line committed to, with its salt
10. the times: the time of writing never goes back
11. the checkpoint, when the caller has one from outside: line N has this hash
12. the signatures, when the caller has the key from outside: each line is signed with it

Steps 2 to 12 are taken line by line in this order, in constant memory; the first fault ends the
reading.  A line without its body is a fault: this version knows no lawful erasure.

What this does not do: it does not check time stamps (an authority is needed), nor signatures
without a key; without a checkpoint it knows neither of lines cut off the end nor of a change to
the last line, which nothing follows; and it cannot tell a journal rewritten as a whole from a true
one.  The report says so each time.
"""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from bot.journal.canonical import canonical, parse
from bot.journal.entry import (
    SALT_BYTES,
    VERSION,
    body_hash,
    check_line,
    line_hash,
    read_time,
)
from bot.journal.report import Checkpoint, Fault, Key, Reading, Report, report

JOURNAL: Final = "journal.jsonl"
README: Final = "LISEZMOI.txt"
MANIFEST: Final = "manifest.sha256"
KIT: Final = ("A-LIRE.html", "verifier.py", "verifier.sh")
"""What helps to check a bundle without us; the earliest bundles do not have it."""
VIEWS: Final = "vues/"
LONGEST_LINE: Final = 16 * 1024 * 1024
"""More than this without a line feed is not a journal, and is not read into memory."""

_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What ``zipfile`` raises on a damaged archive, besides its own error."""
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9./-]+)")
_LONGEST_MANIFEST = 64 * 1024
_SALT = re.compile(f"[0-9a-f]{{{2 * SALT_BYTES}}}")
_EXPORT_KEYS = frozenset(("entry", "salt", "body", "sig"))


def verify_file(
    path: str | Path, checkpoint: Checkpoint | None = None, key: Key | None = None
) -> Report:
    """Check a ``.jsonl`` file or a ``.zip`` bundle; a file that cannot be opened is ``OSError``."""
    with Path(path).open("rb") as file:
        bundle = file.read(2) == b"PK"
        file.seek(0)
        if bundle:
            return _verify_bundle(file, Reading(checkpoint, key))
        return verify_lines(_lines(file), checkpoint, key)


def verify_lines(
    lines: Iterable[bytes], checkpoint: Checkpoint | None = None, key: Key | None = None
) -> Report:
    """Check the lines of an export, each with its line feed."""
    reading = Reading(checkpoint, key)
    return report(reading, _read(lines, reading), bundle=False)


class _Found(Exception):
    """A step found something: its number, a French sentence, and the entry it is about."""

    def __init__(self, check: int, message: str, seq: int | None = None) -> None:
        """Keep what the report will say."""
        super().__init__(message)
        self.check = check
        self.message = message
        self.seq = seq


def _read(lines: Iterable[bytes], reading: Reading) -> Fault | None:
    """Take every line through steps 2 to 11; the first fault ends the reading."""
    line_no = 0
    try:
        for line_no, raw in enumerate(lines, 1):  # noqa: B007 - kept for the fault
            _take(raw, reading)
        line_no = 0
        _finish(reading)
    except _Found as found:
        return Fault(line_no, found.seq, found.check, found.message)
    return None


def _take(raw: bytes, reading: Reading) -> None:
    """One line through all its steps, then remembered."""
    data = _strict(_text(raw))
    entry = _formed(data)
    _place(entry, reading)
    _committed(entry, data)
    moment = _not_earlier(entry, reading)
    reading.entries = entry["seq"]
    reading.crisis = entry["crisis"]
    reading.head = line_hash(canonical(entry))
    reading.first_time = reading.first_time or moment
    reading.last_time = moment
    reading.signatures += data["sig"] is not None
    _as_noted(reading)
    _signed(data["sig"], reading)


def _text(raw: bytes) -> str:
    """Step 2: the text of the line."""
    if not raw.endswith(b"\n"):
        raise _Found(2, "La ligne n'est pas terminée, ou elle est démesurée.")
    if raw == b"\n":
        raise _Found(2, "La ligne est vide.")
    try:
        return raw[:-1].decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Found(2, "La ligne contient des octets qui ne sont pas du texte UTF-8.") from error


def _strict(text: str) -> dict[str, Any]:
    """Steps 3 and 4: the object, spelt in the only way it can be."""
    try:
        data = parse(text)
    except ValueError as error:
        raise _Found(3, "La ligne n'est pas du JSON strict.") from error
    if not isinstance(data, dict):
        raise _Found(3, "La ligne n'est pas un objet JSON.")
    try:
        spelling = canonical(data)
    except ValueError as error:
        raise _Found(4, "La ligne contient une valeur hors du profil canonique.") from error
    if spelling != text:
        raise _Found(4, "La ligne n'est pas écrite sous sa forme canonique.")
    return data


def _formed(data: dict[str, Any]) -> dict[str, Any]:
    """Step 5: the entry, exactly of format v1, and what stands beside it."""
    entry = data.get("entry")
    if isinstance(entry, dict) and entry.get("v", VERSION) != VERSION:
        message = "Version de format inconnue\u00a0: utilisez une version plus récente de tocsin."
        raise _Found(5, message)
    try:
        check_line(entry)
    except ValueError as error:
        raise _Found(5, "L'entrée n'a pas exactement les champs du format v1.") from error
    salt, body, sig = data.get("salt"), data.get("body"), data.get("sig")
    beside = (
        data.keys() == _EXPORT_KEYS
        and (salt is None or (isinstance(salt, str) and _SALT.fullmatch(salt) is not None))
        and (body is None or isinstance(body, dict))
        and (sig is None or (isinstance(sig, str) and sig != ""))
    )
    if not beside:
        raise _Found(5, "Le sel, le contenu ou la signature n'est pas du format v1.")
    return cast(dict[str, Any], entry)


def _place(entry: dict[str, Any], reading: Reading) -> None:
    """Steps 6 to 8: the line is the next one of this journal."""
    seq = entry["seq"]
    # 6. One crisis; the first line says which.
    if reading.crisis not in (None, entry["crisis"]):
        raise _Found(6, "La ligne appartient à une autre crise.", seq)
    # 7. No gap, no repetition.
    if seq != reading.entries + 1:
        raise _Found(7, f"Numéro {seq} trouvé, {reading.entries + 1} attendu.", seq)
    # 8. The chain.
    if entry["prev"] != reading.head:
        message = "L'empreinte de la ligne précédente ne correspond pas\u00a0: une ligne a changé."
        raise _Found(8, message, seq)


def _committed(entry: dict[str, Any], data: dict[str, Any]) -> None:
    """Step 9: the body is the one the line committed to."""
    if data["body"] is None or data["salt"] is None:
        raise _Found(9, "Le contenu de l'entrée ou son sel manque.", entry["seq"])
    if body_hash(bytes.fromhex(data["salt"]), canonical(data["body"])) != entry["body"]:
        message = "Le contenu ne correspond pas à l'engagement de la ligne\u00a0: il a changé."
        raise _Found(9, message, entry["seq"])


def _not_earlier(entry: dict[str, Any], reading: Reading) -> datetime:
    """Step 10: the time of writing.  ``event_time`` is free: people may note the past."""
    moment = read_time(entry["record_time"])
    if reading.last_time is not None and moment < reading.last_time:
        message = "L'heure d'enregistrement est antérieure à celle de la ligne précédente."
        raise _Found(10, message, entry["seq"])
    return moment


def _as_noted(reading: Reading) -> None:
    """Step 11: at the line that the checkpoint names, the hash is the one it gives."""
    noted = reading.checkpoint
    if noted and reading.entries == noted.entries and reading.head != noted.head:
        message = "La ligne n'a pas l'empreinte notée au point de contrôle."
        raise _Found(11, message, reading.entries)


def _signed(sig: str | None, reading: Reading) -> None:
    """Step 12: the line bears the signature of the key that the caller brought."""
    if reading.key is None:
        return
    if sig is None:
        raise _Found(12, "La ligne n'est pas signée.", reading.entries)
    if not reading.key.signed_entry(reading.head, sig):
        raise _Found(12, "La signature n'est pas celle de la clé donnée.", reading.entries)


def _finish(reading: Reading) -> None:
    """What can only be said at the end: not empty, and as long as the checkpoint says."""
    if reading.entries == 0:
        raise _Found(2, "Le fichier ne contient aucune entrée.")
    noted = reading.checkpoint
    if noted and reading.entries < noted.entries:
        message = (
            f"Le journal compte {reading.entries} lignes et le point de contrôle "
            f"{noted.entries}\u00a0: la fin a été coupée."
        )
        raise _Found(11, message)


def _verify_bundle(file: BinaryIO, reading: Reading) -> Report:
    """Step 1 on the zip, then the other steps on the journal inside."""
    try:
        with zipfile.ZipFile(file) as bundle:
            _manifest_holds(bundle)
            with bundle.open(JOURNAL) as journal:
                fault = _read(_lines(cast(BinaryIO, journal)), reading)
    except _Found as found:
        fault = Fault(0, None, found.check, found.message)
    except _BROKEN_ZIP:
        fault = Fault(0, None, 1, "L'archive zip est endommagée ou n'est pas un lot de tocsin.")
    return report(reading, fault, bundle=True)


def _manifest_holds(bundle: zipfile.ZipFile) -> None:
    """Step 1: journal, notice, verifiers and views, once each, as the manifest says."""
    members = bundle.infolist()
    names = [member.filename for member in members]
    beside = set(names) - {JOURNAL, README, MANIFEST, *KIT}
    whole = len(names) == len(set(names)) and {JOURNAL, README, MANIFEST} <= set(names)
    if not whole or not all(name.startswith(VIEWS) for name in beside):
        raise _Found(1, f"Le lot doit contenir {JOURNAL}, {README}, {MANIFEST} et des vues.")
    if any(member.compress_type not in _COMPRESSIONS for member in members):
        raise _Found(1, "Le lot est compressé d'une façon que tocsin n'emploie pas.")
    with bundle.open(MANIFEST) as file:
        lines = file.read(_LONGEST_MANIFEST).decode("ascii").splitlines()
    noted = {match[2]: match[1] for line in lines if (match := _MANIFEST_LINE.fullmatch(line))}
    if len(lines) != len(noted) or noted.keys() != set(names) - {MANIFEST}:
        raise _Found(1, f"{MANIFEST} doit donner l'empreinte de chaque autre fichier du lot.")
    for name, expected in noted.items():
        if _sha256(bundle, name) != expected:
            raise _Found(1, f"{name} n'a pas l'empreinte donnée par {MANIFEST}.")


def _sha256(bundle: zipfile.ZipFile, name: str) -> str:
    """SHA-256 of one file of the bundle, in constant memory."""
    total = sha256()
    with bundle.open(name) as file:
        while block := file.read(65536):
            total.update(block)
    return total.hexdigest()


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; one that never ends comes cut, and so without its line feed."""
    return iter(lambda: file.readline(LONGEST_LINE), b"")
