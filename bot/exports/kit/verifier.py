"""Vérificateur d'une main courante de Tocsin : un fichier, la bibliothèque standard de Python.

For the auditor who reads this before running it: it reads files, writes to the terminal, calls no
network and imports nothing of Tocsin.  It was written from the description of the format, so that
two programs say that a journal holds, and not one.  The steps bear the numbers of ``tocsin verify``
and the first fault ends the reading.  Ed25519 is that of RFC 8032, time stamps of RFC 3161.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from email import message_from_bytes, policy
from functools import partial
from getopt import GetoptError, gnu_getopt
from hashlib import new, sha256, sha512
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

USAGE = """\
Usage\u00a0: python3 verifier.py [CHEMIN] [--checkpoint POINT]... [--key CLE]... [--signatures]
CHEMIN\u00a0: le lot .zip, son dossier décompressé (celui-ci par défaut) ou journal.jsonl.
POINT\u00a0: NOMBRE:EMPREINTE, ou un fichier\u00a0: note signée, courriel enregistré, texte.
CLE\u00a0: NOM+ID+BASE64, ou un fichier qui en contient.
--signatures\u00a0: vérifier aussi celle de chaque ligne avec la clé donnée (200 par seconde).
Codes de sortie\u00a0: 0 vérifié\u00a0; 1 défaut trouvé\u00a0; 2 vérification impossible.
"""
LIMITS = """
Ce que cela ne prouve pas\u00a0:
- sans point de contrôle, que rien n'a été retiré à la fin, ni la dernière ligne changée\u00a0;
- que le journal n'a pas été réécrit en entier avant d'avoir été noté à l'extérieur\u00a0;
- qui a signé les horodatages\u00a0: verifier.sh le demande à openssl, avec ses certificats\u00a0;
- qu'une vue ou la notice dit la même chose que le journal, qui seul compte\u00a0;
- que tout a été noté, ni que ce qui est noté est exact.
"""
NAMED = {"journal.jsonl", "LISEZMOI.txt", "manifest.sha256"}
KIT = {"A-LIRE.html", "verifier.py", "verifier.sh", "cles.txt"}
INSIDE = re.compile("(?:vues|pieces|points-de-controle|jetons)/[A-Za-z0-9][A-Za-z0-9.-]*")
COPIES = ("points-de-controle/", "jetons/", "pieces/", "cles.txt")
LASTING = set(
    """anchor_delayed anchor_dropped anchor_received briefing_raised channel_opened
    checkpoint_sealed clock_behind crisis_opened drill_paced drill_started erasure_asked
    erasure_refused export_made gap_filled gap_found handover_dropped handover_proposed
    handover_taken holder_away holder_back inject_played inject_skipped journal_consulted
    key_rotated lines_erased member_joined member_left plan_adopted question_answered
    reminder_raised role_given role_released step_assigned step_taken verification_made""".split()
)
NOTED = re.compile("([0-9a-f]{64})  ([A-Za-z0-9./-]+)")
POINT = re.compile(r"(?<![\w+/=])([1-9][0-9]{0,14}):([0-9a-fA-F]{64})(?![\w+/=])")
SIGNED = r"(?:\u2014|\u2013|--?)[ ]+(\S+)\s+((?:[A-Za-z0-9+/]\s?){91}=)\n?"
NOTE = re.compile(
    rf"^(\S[^\n]*)\n([1-9][0-9]{{0,14}})\n([A-Za-z0-9+/]{{43}}=)\n\n+((?:{SIGNED})+)", re.M
)
KEY = re.compile(r"(?<!\S)\S+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}(?!\S)")
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)
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


class Fault(Exception):
    """What a step found: its number and a French sentence."""


class Reading:
    """What has been read so far: all that the next line is compared with."""

    def __init__(
        self,
        noted: list[tuple[str, int, str, str]] | None = None,
        given: list[str] | None = None,
        every: bool = False,
    ) -> None:
        """Start before the first line, with what the auditor brought: checkpoints, keys."""
        self.noted, self.given, self.every = noted or [], given or [], every
        self.line = self.entries = self.signatures = self.asked = self.checked = 0
        self.head, self.crisis, self.time = "0" * 64, "", ""
        self.hollow: dict[int, str] = {}
        self.erased: dict[int, int] = {}
        self.keys: list[tuple[str, int, bool]] = []
        self.notes: dict[int, tuple[str, str]] = {}
        self.stamps: list[str] = []
        self.copies: dict[str, str] = {}
        self.current, self.ready = "", True

    def take(self, raw: bytes) -> None:
        """One line through steps 2 to 15, then remembered."""
        data = formed(strict(raw))
        entry, body, sig = data["entry"], data["body"], data["sig"]
        place, before, due = self.entries + 1, self.head, digest(spelt(entry).encode())
        demand(6, self.crisis in ("", entry["crisis"]), "La ligne appartient à une autre crise.")
        demand(7, entry["seq"] == place, f"Numéro {entry['seq']} trouvé, {place} attendu.")
        demand(8, entry["prev"] == before, "L'empreinte de la ligne précédente diffère.")
        self.committed(entry, data["salt"], body)
        # Times have one width and are in UTC: they compare as texts do.
        demand(10, entry["record_time"] >= self.time, "L'heure est antérieure à la précédente.")
        self.entries, self.head = place, due
        self.crisis, self.time = entry["crisis"], entry["record_time"]
        self.signatures += sig is not None
        for crisis, size, head, _ in self.noted:
            same = size != place or head == due or crisis not in ("", self.crisis)
            demand(11, same, "La ligne n'a pas l'empreinte notée au point de contrôle.")
        if entry["kind"] in SAYS and body is not None:
            self.said(entry["kind"], body, before, sig or "")
        elif self.every:
            self.signed(sig or "")

    def committed(self, entry: dict[str, Any], salt: str | None, body: Any) -> None:
        """Step 9: the body is the one that the line commits to, or is gone with its salt."""
        if salt is None and body is None:
            lasting = entry["kind"] in LASTING
            demand(
                13, not lasting, "Le contenu manque\u00a0; cette nature de ligne ne s'efface pas."
            )
            self.hollow[entry["seq"]] = entry["kind"]
            return
        demand(9, bool(salt and body is not None), "Le contenu de l'entrée ou son sel manque.")
        content = digest(bytes.fromhex(salt or "") + spelt(body).encode())
        demand(9, content == entry["body"], "Le contenu n'est pas celui auquel la ligne s'engage.")

    def said(self, kind: str, body: Any, before: str, sig: str) -> None:
        """Steps 12 to 15: what a line says of the journal itself."""
        step, judge = SAYS[kind]
        try:
            judge(self, body["data"], before, sig)
        except UNREADABLE as error:
            raise Fault(step, "Le contenu de cette ligne de preuve ne se lit pas.") from error
        if kind != "key_rotated":
            self.signed(sig)
            return
        new_key, _, lost = self.keys[-1]
        if lost and self.current:
            demand(12, new_key in self.given, "La clé a été remplacée sans l'accord de l'ancienne.")
            self.current = new_key
        self.ready = self.ready or lost
        self.signed(sig)
        self.current, self.ready = (new_key if self.current else ""), True

    def signed(self, sig: str) -> None:
        """Step 12: the line is signed with a key that was given, or that one handed over to."""
        said = f"tocsin-entry-v1\n{self.head}".encode()
        self.asked += bool(self.given)
        if not self.current and self.ready:
            self.current = next((key for key in self.given if signs(key, said, sig)), "")
        elif self.current:
            demand(
                12, signs(self.current, said, sig), "La ligne n'est pas signée par la clé donnée."
            )
        self.ready = False
        self.checked += bool(self.current)

    def erasure(self, data: Any, _before: str, _sig: str) -> None:
        """Step 13: a line of erasure names lines before it whose body is gone."""
        for one in data["lines"]:
            if self.hollow.get(one["seq"]) == one["kind"]:
                del self.hollow[one["seq"]]
                self.erased[one["seq"]] = self.entries

    def checkpoint(self, data: Any, before: str, _sig: str) -> None:
        """Step 14: a checkpoint says what all lines before it are, signed with the key."""
        size, head, note, key = data["size"], data["head"], data["note"], data["key"]
        text = f"{key.partition('+')[0]}/{self.crisis}\n{size}\n{b64(bytes.fromhex(head))}\n"
        same = (size, head) == (self.entries - 1, before) and note.startswith(f"{text}\n\u2014 ")
        demand(14, same, "Le point de contrôle ne dit pas ce que sont les lignes avant lui.")
        self.uses(key)
        demand(14, bears(note, key), "La signature du point de contrôle n'est pas la bonne.")
        self.notes[size] = (head, note)
        self.copied(f"points-de-controle/{size:07d}.note", note.encode())

    def uses(self, key: str) -> None:
        """The key of the journal at this point; the first one named is so from line 1."""
        self.keys = self.keys or [(key, 1, False)]
        demand(14, self.keys[-1][0] == key, "La clé nommée ici n'est pas celle du journal.")

    def rotation(self, data: Any, _before: str, sig: str) -> None:
        """Step 14: a change of key is signed with the key before, or says that it is lost."""
        lost = bool(data["lost"])
        self.uses(data["old"])
        good = signs(data["new" if lost else "old"], f"tocsin-entry-v1\n{self.head}".encode(), sig)
        demand(14, good, "Le changement de clé n'est pas signé par la clé qu'il faut.")
        self.keys.append((data["new"], self.entries + (not lost), lost))

    def anchor(self, data: Any, _before: str, _sig: str) -> None:
        """Step 15: a receipt bears on a checkpoint that came before; a token holds its hash."""
        head, note = self.notes.get(data["size"], ("", ""))
        demand(15, bool(head) and head == data["head"], "Le dépôt porte sur un point inconnu.")
        if data["kind"] != "rfc3161":
            return
        answer = b64decode(data["receipt"], validate=True)
        name, imprint, at = stamped(answer)
        same = new(name, note.encode()).hexdigest() == imprint
        demand(15, same, "Le jeton porte sur un autre texte que ce point de contrôle.")
        told = data["stamped"] and datetime.fromisoformat(data["stamped"].replace("Z", "+00:00"))
        demand(15, not told or told == at, "L'heure notée n'est pas celle que dit le jeton.")
        self.copied(f"jetons/{data['size']:07d}-{self.entries:07d}.tsr", answer)
        self.stamps.append(f"lignes 1 à {data['size']} avant le {at:%d/%m/%Y à %H:%M:%S} UTC")

    def piece(self, data: Any, _before: str, _sig: str) -> None:
        """Step 1: a file of the channel that the bundle has is the one that was read that day."""
        name = f"pieces/{data['sha256']}"
        same = self.copies.pop(name, data["sha256"]) == data["sha256"]
        demand(1, same, f"{name} n'a pas le contenu de son nom.")

    def copied(self, name: str, content: bytes) -> None:
        """Step 1: what the bundle copies from the journal says the same as the journal."""
        same = self.copies.pop(name, digest(content)) == digest(content)
        demand(1, same, f"{name} ne dit pas la même chose que le journal.")

    def take_all(self, file: BinaryIO) -> None:
        """Every line, then what can only be said at the end."""
        for self.line, raw in enumerate(iter(partial(file.readline, LONGEST), b""), 1):
            self.take(raw)
        self.line = 0
        demand(2, self.entries > 0, "Le fichier ne contient aucune entrée.")
        ours = [one for one in self.noted if one[0] in ("", self.crisis)]
        demand(11, bool(ours) or not self.noted, "Le point de contrôle est d'une autre crise.")
        whole = all(one[1] <= self.entries for one in ours)
        demand(11, whole, f"Le journal n'a que {self.entries} lignes\u00a0: la fin a été coupée.")
        known = {*self.given, *(one[0] for one in self.keys)}
        good = all(bears(one[3], key) for one in ours for key in known if claims(one[3], key))
        demand(11, good, "La signature du point de contrôle donné n'est pas la bonne.")
        self.line = 1
        demand(12, self.checked > 0 or not self.asked, "Rien n'est signé par la clé donnée.")
        self.line = min(self.hollow, default=0)
        demand(13, not self.hollow, "Le contenu manque et aucune ligne ne l'a effacé.")
        spans = [
            f"# à partir de la ligne {first}{', la clé précédente étant perdue' * lost}\n{key}\n"
            for key, first, lost in self.keys
        ]
        self.copied("cles.txt", "".join(spans).encode())
        left = next((name for name in self.copies if name.startswith(COPIES)), "")
        demand(1, not left, f"{left} n'est pas dans le journal.")


SAYS: dict[str, tuple[int, Callable[[Reading, Any, str, str], None]]] = {
    "file_read": (1, Reading.piece),
    "lines_erased": (13, Reading.erasure),
    "checkpoint_sealed": (14, Reading.checkpoint),
    "key_rotated": (14, Reading.rotation),
    "anchor_received": (15, Reading.anchor),
}


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


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


def b64(content: bytes) -> str:
    """Base64 as a text."""
    return b64encode(content).decode()


# ---- Ed25519 (RFC 8032, 5.1.7): points of the curve as (X, Y, Z, T) ---------------------------

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BYTES = 32  # of a key, of half a signature


def point(code: bytes) -> Sequence[int] | None:
    """The point behind 32 bytes, or nothing when they are none (RFC 8032, 5.1.3)."""
    number = int.from_bytes(code, "little")
    y, sign = number % 2**255, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if len(code) != BYTES or y >= P or (x * x - square) % P or (not x and sign):
        return None
    x = P - x if x % 2 != sign else x
    return (x, y, 1, x * y % P)


def plus(one: Sequence[int], other: Sequence[int]) -> Sequence[int]:
    """The sum of two points (RFC 8032, 5.1.4)."""
    a, b = (one[1] - one[0]) * (other[1] - other[0]), (one[1] + one[0]) * (other[1] + other[0])
    c, d = 2 * one[3] * other[3] * D, 2 * one[2] * other[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(count: int, one: Sequence[int]) -> Sequence[int]:
    """The point added so many times to itself."""
    total: Sequence[int] = (0, 1, 1, 0)
    while count:
        total, one, count = (plus(total, one) if count % 2 else total), plus(one, one), count // 2
    return total


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this public key signed this message."""
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    key, r, s = point(public), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if base is None or key is None or r is None or len(signature) != 2 * BYTES or s >= ORDER:
        return False
    k = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(s, base), plus(r, times(k, key))
    return not any((left[i] * right[2] - right[i] * left[2]) % P for i in (0, 1))


def public(key: str) -> tuple[str, bytes, bytes]:
    """Name, id and bytes of ``name+id+base64``; ``ValueError`` when it is none or its id lies."""
    name, key_id, encoded = key.split("+", 2)
    raw = b64decode(encoded, validate=True)
    if (
        len(raw) != 1 + BYTES
        or raw[:1] != b"\x01"
        or digest(f"{name}\n".encode() + raw)[:8] != key_id
    ):
        raise ValueError("not a key, or an id that lies")
    return name, bytes.fromhex(key_id), raw[1:]


def signs(key: str, message: bytes, signature: str) -> bool:
    """Whether this key signed the message; the signature is in base64."""
    try:
        raw = b64decode(signature, validate=True)
        return b64(raw) == signature and verifies(public(key)[2], message, raw)
    except ValueError:
        return False


def claims(note: str, key: str) -> list[bytes]:
    """The signatures of a note that claim to be of this key."""
    name, key_id, _ = public(key)
    found = re.findall(r"^\u2014 (\S+) ([A-Za-z0-9+/=]+)$", note.partition("\n\n")[2], re.M)
    raw = [b64decode(code, validate=True) for said, code in found if said == name]
    return [one[4:] for one in raw if one[:4] == key_id]


def bears(note: str, key: str) -> bool:
    """Whether a signed note bears this key's signature."""
    text = note.partition("\n\n")[0] + "\n"
    return any(verifies(public(key)[2], text.encode(), one) for one in claims(note, key))


# ---- RFC 3161: what a token says, in DER ------------------------------------------------------

SEQUENCE = 0x30
HASHES = {"0203": "sha512", "0202": "sha384", "0201": "sha256"}


def parts(data: bytes) -> list[tuple[int, bytes]]:
    """The elements one after the other: tag and content of each."""
    found = []
    while data:
        tag, length, at = data[0], data[1], 2
        if length & 0x80:
            at += length & 0x7F
            length = int.from_bytes(data[2:at], "big")
        if len(data) < at + length:
            raise ValueError("cut short")
        found.append((tag, data[at : at + length]))
        data = data[at + length :]
    return found


def stamped(answer: bytes) -> tuple[str, str, datetime]:
    """Hash function, hash and time (UTC) of an answer of an authority, or of its token alone."""
    ((_, outside),) = parts(answer)
    inside = parts(outside)
    if inside[0][0] == SEQUENCE:  # an answer: its status, then the token
        inside = parts(inside[1][1])
    signed = parts(parts(inside[1][1])[0][1])
    ((_, octets),) = parts(parts(signed[2][1])[1][1])
    ((_, info),) = parts(octets)
    fields = parts(info)
    algorithm, imprint = parts(fields[2][1])
    oid = parts(algorithm[1])[0][1]
    if oid[:7].hex() != "60864801650304":
        raise ValueError("another hash function")
    text = fields[4][1].decode("ascii")
    whole, _, part = text[:-1].partition(".")
    at = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)  # noqa: UP017 - older Pythons
    at = at.replace(microsecond=int(part.ljust(6, "0")[:6]))
    return HASHES[oid[7:].hex()], imprint[1].hex(), at


# ---- files ------------------------------------------------------------------------------------


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
                said = sum(one.compress_size for one in archive.infolist())
                demand(1, said <= file.seek(0, 2), "L'archive zip est plus petite que son contenu.")
                check_bundle(archive.namelist(), archive.open, reading)
        except BROKEN as error:
            raise Fault(1, "L'archive zip est endommagée.") from error


def check_bundle(names: list[str], opened: Callable[[str], Any], reading: Reading) -> None:
    """Step 1: each file once, with the hash of the manifest; then the journal."""
    foreign = [one for one in names if one not in NAMED | KIT and not INSIDE.fullmatch(one)]
    few = ", ".join(map(ascii, foreign[:5])) + "…" * (len(foreign) > 5)  # noqa: PLR2004 - some
    demand(1, not foreign, f"Ces fichiers ne sont pas du lot\u00a0: {few}")
    whole = len(names) == len(set(names)) and set(names) >= NAMED
    demand(1, whole, "Un fichier du lot manque, ou s'y trouve deux fois.")
    with opened("manifest.sha256") as file:
        lines = file.read(LONGEST).decode("ascii", "replace").splitlines()
    noted = {found[2]: found[1] for line in lines if (found := NOTED.fullmatch(line))}
    whole = len(noted) == len(lines) and noted.keys() == set(names) - {"manifest.sha256"}
    demand(1, whole, "Le manifeste ne donne pas l'empreinte de chaque autre fichier du lot.")
    for name, expected in noted.items():
        total = sha256()
        with opened(name) as file:
            for block in iter(partial(file.read, 65536), b""):
                total.update(block)
        same = total.hexdigest() == expected
        demand(1, same, f"{name} n'a pas l'empreinte donnée par le manifeste.")
    copied = [one for one in noted if one.startswith(COPIES) and one != "jetons/certificats.pem"]
    reading.copies = {name: noted[name] for name in copied}
    with opened("journal.jsonl") as file:
        reading.take_all(file)


def texts(given: str) -> list[str]:
    """What was typed, or the texts of the file of that name: of a saved mail, each of its parts."""
    if not Path(given).is_file():
        return [given]
    data = Path(given).read_bytes()[:LONGEST]
    mail: Any = message_from_bytes(data, policy=policy.default)
    found = [one.get_content() for one in mail.walk() if one.get_content_type() == "text/plain"]
    plain = [one.replace("\r\n", "\n") for one in (*found, data.decode("utf-8", "replace"))]
    return [re.sub(r"(?m)^[>| \t]+|[ \t]+$", "", one) for one in plain]


def checkpoints(given: str) -> list[tuple[str, int, str, str]]:
    """Crisis, number of lines, hash and signed note of each checkpoint in what was given."""
    notes = []
    for one in (found for text in texts(given) for found in NOTE.finditer(text)):
        origin, size, head = one[1].rstrip(), one[2], one[3]
        tail = [
            f"\u2014 {name} {''.join(code.split())}\n" for name, code in re.findall(SIGNED, one[4])
        ]
        note = f"{origin}\n{size}\n{head}\n\n{''.join(tail)}"
        notes.append((origin.rpartition("/")[2], int(size), b64decode(head).hex(), note))
    typed = [one for text in texts(given) for one in POINT.finditer(text)]
    return notes or [("", int(one[1]), one[2].lower(), "") for one in typed] or refuse(given)


def run(arguments: list[str]) -> tuple[int, str]:
    """The exit code and what to print for this command line."""
    try:
        options, paths = gnu_getopt(arguments, "", ["checkpoint=", "key=", "signatures"])
        noted = [
            one for name, value in options if name == "--checkpoint" for one in checkpoints(value)
        ]
        said = [text for name, value in options if name == "--key" for text in texts(value)]
        given = [one[0] for text in said for one in KEY.finditer(text) if public(one[0])]
        demand(0, bool(given) or not said, "")
    except (GetoptError, ValueError, LookupError, Fault):
        return 2, USAGE
    except OSError as error:
        return 2, f"Lecture impossible\u00a0: {error.filename}\n"
    reading = Reading(noted, given, ("--signatures", "") in options)
    try:
        check(Path(paths[0]) if paths else Path(__file__).parent, reading)
    except Fault as fault:
        where = f", ligne {reading.line}" if reading.line else ""
        return 1, f"NON VÉRIFIÉ — étape {fault.args[0]}{where}\n{fault.args[1]}\n{LIMITS}"
    except OSError as error:
        return 2, f"Lecture impossible\u00a0: {error.filename}\n"
    return 0, told(reading)


def told(reading: Reading) -> str:
    """What was found in a journal that holds."""
    erased = [f"{seq} (par la ligne {by})" for seq, by in sorted(reading.erased.items())]
    checked = f"{reading.checked} vérifiées avec la clé donnée"
    lines = [
        f"VÉRIFIÉ — crise {json.dumps(reading.crisis)}, {reading.entries} lignes, "
        f"dernière empreinte\u00a0:\n{reading.head}",
        f"Points de contrôle de l'extérieur\u00a0: {len(reading.noted) or 'aucun donné'}",
        f"Signatures de lignes\u00a0: {reading.signatures} présentes, "
        f"{checked if reading.checked else 'non vérifiées (--key, --signatures)'}",
        f"Lignes effacées régulièrement\u00a0: {', '.join(erased) or 'aucune'}",
        f"Points de contrôle du journal, signés\u00a0: {len(reading.notes)}",
        *(
            f"Clé, depuis la ligne {first}\u00a0: {ascii(key)[1:-1]}"
            for key, first, _ in reading.keys
        ),
        *(f"Horodatage\u00a0: {one}" for one in reading.stamps),
    ]
    return "\n".join(lines) + f"\n{LIMITS}"


if __name__ == "__main__":
    code, text = run(sys.argv[1:])
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "replace"))
    sys.exit(code)
