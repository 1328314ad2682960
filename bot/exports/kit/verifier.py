"""Vérificateur d'une main courante de Tocsin : un fichier, la bibliothèque standard de Python.

For the auditor who reads this before running it: it reads files, writes to the terminal, calls no
network and imports nothing of Tocsin.  It was written from the description of the format, so that
two programs say that a journal holds, and not one.  The steps bear the numbers of ``tocsin verify``
and the first fault ends the reading.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from getopt import GetoptError, gnu_getopt
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

USAGE = """\
Usage\u00a0: python3 verifier.py [CHEMIN] [--checkpoint NOMBRE:EMPREINTE] [--key CLE]
CHEMIN\u00a0: le lot .zip, son dossier décompressé (celui-ci par défaut) ou journal.jsonl.
CLE\u00a0: NOM+ID+BASE64\u00a0; les signatures demandent le module Python « cryptography ».
Codes de sortie\u00a0: 0 vérifié\u00a0; 1 défaut trouvé\u00a0; 2 vérification impossible.
"""
LIMITS = """
Ce que cela ne prouve pas\u00a0:
- sans point de contrôle, que rien n'a été retiré à la fin, ni la dernière ligne changée\u00a0;
- que le journal n'a pas été réécrit en entier avant d'avoir été noté à l'extérieur\u00a0;
- que tout a été noté, ni que ce qui est noté est exact.
"""
NAMED = {"journal.jsonl", "LISEZMOI.txt", "manifest.sha256"}
KIT = {"A-LIRE.html", "verifier.py", "verifier.sh"}
NOTED = re.compile("([0-9a-f]{64})  ([A-Za-z0-9./-]+)")
CHECKPOINT = re.compile("([1-9][0-9]*):([0-9a-f]{64})")
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
LONGEST = 16 * 1024 * 1024
TEXT = r'"(?:[^"\\]|\\.)+"'
TIME = r'"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"'
ENTRY = re.compile(
    rf'{{"body":"[0-9a-f]{{64}}","crisis":{TEXT},"event_time":(?:null|{TIME}),"kind":{TEXT},'
    rf'"prev":"[0-9a-f]{{64}}","record_time":{TIME},"seq":[1-9][0-9]*,'
    rf'"slack_ts":(?:null|""|{TEXT}),"v":1}}'
)
BESIDE = re.compile(rf'{{"salt":(?:null|"[0-9a-f]{{64}}"),"sig":(?:null|{TEXT})}}')
Signed = Callable[[str, str], bool]


class Fault(Exception):
    """What a step found: its number and a French sentence."""


class Reading:
    """What has been read so far: all that the next line is compared with."""

    def __init__(self, noted: tuple[int, str] | None = None, signed: Signed | None = None) -> None:
        """Start before the first line, with what the auditor brought from outside."""
        self.noted, self.signed = noted, signed
        self.line = self.entries = self.signatures = 0
        self.head, self.crisis, self.time = "0" * 64, "", ""

    def take(self, raw: bytes) -> None:
        """One line through steps 2 to 12, then remembered."""
        data = formed(strict(raw))
        entry, salt, body, sig = data["entry"], data["salt"], data["body"], data["sig"]
        place, due = (self.entries + 1, sha256(spelt(entry).encode()).hexdigest())
        demand(6, self.crisis in ("", entry["crisis"]), "La ligne appartient à une autre crise.")
        demand(7, entry["seq"] == place, f"Numéro {entry['seq']} trouvé, {place} attendu.")
        demand(8, entry["prev"] == self.head, "L'empreinte de la ligne précédente diffère.")
        demand(9, bool(salt and body is not None), "Le contenu de l'entrée ou son sel manque.")
        content = sha256(bytes.fromhex(salt) + spelt(body).encode()).hexdigest()
        demand(9, content == entry["body"], "Le contenu n'est pas celui auquel la ligne s'engage.")
        # Times have one width and are in UTC: they compare as texts do.
        demand(10, entry["record_time"] >= self.time, "L'heure est antérieure à la précédente.")
        self.entries, self.head = place, due
        self.crisis, self.time = entry["crisis"], entry["record_time"]
        self.signatures += sig is not None
        same = not self.noted or self.noted[0] != place or self.noted[1] == due
        demand(11, same, "La ligne n'a pas l'empreinte notée au point de contrôle.")
        signed = not self.signed or (sig is not None and self.signed(due, sig))
        demand(12, signed, "La ligne n'est pas signée par la clé donnée.")

    def take_all(self, file: BinaryIO) -> None:
        """Every line, then what can only be said at the end."""
        for self.line, raw in enumerate(iter(lambda: file.readline(LONGEST), b""), 1):
            self.take(raw)
        self.line = 0
        demand(2, self.entries > 0, "Le fichier ne contient aucune entrée.")
        whole = not self.noted or self.entries >= self.noted[0]
        demand(11, whole, f"Le journal n'a que {self.entries} lignes\u00a0: la fin a été coupée.")


def demand(step: int, holds: bool, message: str) -> None:
    """Raise the fault of this step unless it holds."""
    if not holds:
        raise Fault(step, message)


def strict(raw: bytes) -> dict[str, Any]:
    """Steps 2 to 4: one line of text, one object, written in the only way that it can be."""
    demand(2, raw.endswith(b"\n") and raw != b"\n", "La ligne est vide ou n'est pas terminée.")
    try:
        text = raw[:-1].decode("utf-8")
    except ValueError as error:
        raise Fault(2, "La ligne n'est pas du texte UTF-8.") from error
    try:
        data = json.loads(text, object_pairs_hook=once, parse_float=refuse, parse_constant=refuse)
        same = spelt(data) == text and in_profile(data)
    except (ValueError, RecursionError) as error:
        raise Fault(3, "La ligne n'est pas du JSON strict.") from error
    demand(3, isinstance(data, dict), "La ligne n'est pas un objet JSON.")
    demand(4, same, "La ligne n'est pas écrite sous sa forme canonique.")
    return dict(data)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless one key comes twice."""
    return dict(pairs) if len(dict(pairs)) == len(pairs) else refuse("key")


def refuse(text: str) -> NoReturn:
    """Refuse what the format does not allow: a number with a point, a key twice."""
    raise ValueError(text)


def spelt(value: object) -> str:
    """The canonical spelling (RFC 8785 for the values that ``in_profile`` lets through)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def in_profile(value: Any) -> bool:
    """Whether keys are ASCII and integers below 2**53; the line being UTF-8, its texts are too."""
    if isinstance(value, dict):
        return all(key.isascii() and in_profile(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(in_profile, value))
    return value is None or isinstance(value, str) or -(2**53) < value < 2**53


def formed(data: dict[str, Any]) -> dict[str, Any]:
    """Step 5: entry, salt, body and signature exactly of format v1, on days that exist."""
    whole = data.keys() == {"entry", "salt", "body", "sig"}
    whole = whole and ENTRY.fullmatch(spelt(data["entry"])) is not None
    whole = whole and BESIDE.fullmatch(spelt({n: data[n] for n in ("salt", "sig")})) is not None
    demand(5, whole, "La ligne n'a pas exactement les champs du format v1.")
    demand(5, isinstance(data["body"], (dict, type(None))), "Le contenu n'est pas un objet.")
    for name in ("event_time", "record_time"):
        try:
            datetime.fromisoformat(
                (data["entry"][name] or "2026-01-01T00:00:00Z").replace("Z", "+00:00")
            )
        except ValueError as error:
            raise Fault(5, "La ligne porte une date qui n'existe pas.") from error
    return data


def check(path: Path, reading: Reading) -> None:
    """Check a folder, a zip or a journal alone; the first thing found is raised."""
    if path.is_dir():
        inside = [one for one in sorted(path.rglob("*")) if not one.is_dir()]
        names = [one.relative_to(path).as_posix() for one in inside]
        check_bundle(names, lambda name: (path / name).open("rb"), reading)
        return
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
        file.seek(0)
        if not zipped:
            reading.take_all(file)
            return
        try:
            with zipfile.ZipFile(file) as archive:
                usual = all(one.compress_type in (0, 8) for one in archive.infolist())
                demand(1, usual, "Le lot est compressé d'une façon que tocsin n'emploie pas.")
                check_bundle(archive.namelist(), archive.open, reading)
        except BROKEN as error:
            raise Fault(1, "L'archive zip est endommagée.") from error


def check_bundle(names: list[str], opened: Callable[[str], Any], reading: Reading) -> None:
    """Step 1: each file once, with the hash of the manifest; then the journal."""
    foreign = [one for one in names if one not in NAMED | KIT and not one.startswith("vues/")]
    demand(
        1, not foreign, f"Ces fichiers ne sont pas du lot\u00a0: {', '.join(map(ascii, foreign))}"
    )
    whole = len(names) == len(set(names)) and set(names) >= NAMED
    demand(1, whole, "Un fichier du lot manque, ou s'y trouve deux fois.")
    with opened("manifest.sha256") as file:
        lines = file.read(64 * 1024).decode("ascii", "replace").splitlines()
    noted = {found[2]: found[1] for line in lines if (found := NOTED.fullmatch(line))}
    whole = len(noted) == len(lines) and noted.keys() == set(names) - {"manifest.sha256"}
    demand(1, whole, "Le manifeste ne donne pas l'empreinte de chaque autre fichier du lot.")
    for name, expected in noted.items():
        total = sha256()
        with opened(name) as file:
            for block in iter(lambda: file.read(65536), b""):
                total.update(block)
        same = total.hexdigest() == expected
        demand(1, same, f"{name} n'a pas l'empreinte donnée par le manifeste.")
    with opened("journal.jsonl") as file:
        reading.take_all(file)


def key(text: str) -> Signed:
    """How to check a signature of this key; ``ImportError`` when no library here can."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    name, key_id, encoded = text.strip().split("+", 2)
    raw = b64decode(encoded, validate=True)
    if raw[:1] != b"\x01" or sha256(f"{name}\n".encode() + raw).hexdigest()[:8] != key_id:
        raise ValueError("not a key, or an id that lies")
    public = Ed25519PublicKey.from_public_bytes(raw[1:])

    def signed(head: str, sig: str) -> bool:
        try:
            public.verify(b64decode(sig, validate=True), f"tocsin-entry-v1\n{head}".encode())
        except (InvalidSignature, ValueError):
            return False
        return True

    return signed


def checkpoint(text: str) -> tuple[int, str]:
    """What somebody noted outside: ``12:9f86…``, number of lines, then hash."""
    found = CHECKPOINT.fullmatch(text.strip().lower())
    return (int(found[1]), found[2]) if found else refuse(text)


def run(arguments: list[str]) -> tuple[int, str]:
    """The exit code and what to print for this command line."""
    try:
        options, paths = gnu_getopt(arguments, "", ["checkpoint=", "key="])
        given = dict(options)
        noted = checkpoint(given["--checkpoint"]) if "--checkpoint" in given else None
        reading = Reading(noted, key(given["--key"]) if "--key" in given else None)
    except ImportError:
        return 2, "Signatures\u00a0: installez « cryptography », ou relancez sans --key.\n"
    except (GetoptError, ValueError):
        return 2, USAGE
    try:
        check(Path(paths[0]) if paths else Path(__file__).parent, reading)
    except Fault as fault:
        where = f", ligne {reading.line}" if reading.line else ""
        return 1, f"NON VÉRIFIÉ — étape {fault.args[0]}{where}\n{fault.args[1]}\n{LIMITS}"
    except OSError as error:
        return 2, f"Lecture impossible\u00a0: {error.filename}\n"
    return 0, (
        f"VÉRIFIÉ — crise {json.dumps(reading.crisis)}, {reading.entries} lignes, "
        f"dernière empreinte\u00a0:\n{reading.head}\n"
        f"Point de contrôle\u00a0: {'respecté' if noted else 'aucun donné'}\n"
        f"Signatures\u00a0: {reading.signatures} présentes, "
        f"{'vérifiées' if reading.signed else 'non vérifiées (aucune clé donnée)'}\n{LIMITS}"
    )


if __name__ == "__main__":
    code, text = run(sys.argv[1:])
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "replace"))
    sys.exit(code)
