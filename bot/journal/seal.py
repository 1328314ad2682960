"""Who wrote, and how far the journal went: signatures of entries, signed checkpoints.

- Each entry is signed (Ed25519) over ``tocsin-entry-v1\\n`` and the hash of its line, so that who
  holds the database alone cannot add an entry that passes for ours.
- A *checkpoint* says « this journal had N lines, the last with this hash », as a signed note
  (C2SP signed-note): three lines of text, an empty one, one line of signature.  Its third line is
  the hash of a line and not the root of a tree: it is no ``tlog-checkpoint``.
- A *verifier key* is the public half with its name, ``name+id+base64``; the id is in each note.

The key lives in a file of its own, mode 0600, outside the database: two secrets, two thefts.  It
stops nobody who holds the whole machine: that is what anchors are for.
"""

import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from bot.errors import SettingError, reason

ENTRY_CONTEXT: Final = "tocsin-entry-v1\n"
_ALGORITHM: Final = b"\x01"
"""Ed25519 in the numbering of signed notes."""
_ID_BYTES: Final = 4
_DASH: Final = "\u2014"
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name under which it signs."""

    name: str
    public: bytes

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that notes carry."""
        text = self.name.encode() + b"\n" + _ALGORITHM + self.public
        return sha256(text).hexdigest()[: 2 * _ID_BYTES]

    def __str__(self) -> str:
        """``name+id+base64``, as it is published."""
        return f"{self.name}+{self.id}+{b64encode(_ALGORITHM + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read ``name+id+base64``; ``ValueError`` for anything else, or for an id that lies."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = b64decode(encoded, validate=True)
        if not name or raw[:1] != _ALGORITHM or len(raw) != 33:  # noqa: PLR2004 - 1 + 32 bytes
            raise ValueError("a verifier key is written name+id+base64")
        key = cls(name, raw[1:])
        if key.id != key_id:
            raise ValueError("the id of this key is not that of its name and bytes")
        return key

    def signed_entry(self, line_hash: str, sig: str) -> bool:
        """Whether this key signed the entry with that line hash."""
        return self._signed((ENTRY_CONTEXT + line_hash).encode(), sig)

    def _signed(self, message: bytes, sig: str) -> bool:
        try:
            signature = b64decode(sig, validate=True)
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def signed_note(self, text: str, sig: bytes) -> bool:
        """Whether this key signed that text of a note."""
        return self._signed(text.encode(), b64encode(sig).decode())


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint: where the journal stood, and its signatures as ``(key name, id, bytes)``."""

    origin: str
    size: int
    head: str
    signatures: tuple[tuple[str, str, bytes], ...]

    @property
    def text(self) -> str:
        """What is signed."""
        return note_text(self.origin, self.size, self.head)

    def signed_by(self, key: VerifierKey) -> bool:
        """Whether one of its signatures is this key's."""
        return any(
            name == key.name and key_id == key.id and key.signed_note(self.text, sig)
            for name, key_id, sig in self.signatures
        )


class Signer:
    """The private key, able to sign entries and checkpoints under its name."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        """Keep the key; the name is that of the establishment's Tocsin."""
        self._key = key
        public = key.public_key().public_bytes_raw()
        self.verifier = VerifierKey(name, public)

    def under(self, name: str) -> "Signer":
        """The same key, signing under this name."""
        return Signer(name, self._key)

    def entry(self, line_hash: str) -> str:
        """Signature of an entry, base64."""
        return b64encode(self._key.sign((ENTRY_CONTEXT + line_hash).encode())).decode()

    def note(self, crisis: str, size: int, head: str) -> str:
        """The signed note of a journal that had ``size`` lines, the last with hash ``head``."""
        text = note_text(f"{self.verifier.name}/{crisis}", size, head)
        raw = bytes.fromhex(self.verifier.id) + self._key.sign(text.encode())
        return f"{text}\n{_DASH} {self.verifier.name} {b64encode(raw).decode()}\n"


def note_text(origin: str, size: int, head: str) -> str:
    """The three lines that a checkpoint signs."""
    return f"{origin}\n{size}\n{b64encode(bytes.fromhex(head)).decode()}\n"


def read_note(text: str) -> Note:
    """Read a signed note; ``ValueError`` when it is not one.  Its signatures are not checked."""
    body, separator, tail = text.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) != 3:  # noqa: PLR2004 - origin, size, hash
        raise ValueError("a checkpoint is three lines, an empty one, and signatures")
    head = b64decode(lines[2], validate=True).hex()
    signatures = tuple(_signature(line) for line in tail.splitlines())
    return Note(lines[0], int(lines[1]), head, signatures)


def _signature(line: str) -> tuple[str, str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.rpartition(" ")
    raw = b64decode(encoded, validate=True)
    if dash != _DASH or not name or len(raw) <= _ID_BYTES:
        raise ValueError("a signature line is a dash, a name and base64")
    return name, raw[:_ID_BYTES].hex(), raw[_ID_BYTES:]


def load_or_create(path: Path, name: str) -> Signer:
    """The signer of this key file, created on the first start; others must not read it.

    Raises ``SettingError`` for a file that is no key, that others may read, or that cannot be made.
    """
    try:
        if not path.exists():
            create(path)
    except OSError as error:
        raise SettingError(
            f"La clé {path} ne peut pas être créée ({reason(error)}). Vérifiez le dossier de "
            "données, ses droits et la place sur le disque."
        ) from error
    return load(path, name)


def load(path: Path, name: str) -> Signer:
    """The signer of this key file.

    Raises ``SettingError`` for a file that is missing, that is no key or that others may read.
    """
    try:
        shared = path.stat().st_mode & 0o077
        pem = b"" if shared else path.read_bytes()
        key = None if shared else serialization.load_pem_private_key(pem, password=None)
    except (TypeError, ValueError, OSError) as error:
        # A key that wants a password is a TypeError for the library.
        raise SettingError(f"La clé {path} est illisible. Restaurez-la d'une copie.") from error
    if shared:
        raise SettingError(
            f"La clé {path} est lisible par d'autres. Lancez « chmod 600 {path} », puis relancez."
        )
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingError(f"La clé {path} n'est pas une clé Ed25519. Restaurez-la d'une copie.")
    return Signer(name, key)


def create(path: Path) -> None:
    """Write a new key, whole or not at all, readable by its owner alone; one that exists stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # Processes that start together on one folder each have a draft of their own.
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    # link() refuses to replace a key that another process created meanwhile.
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names of this folder on disk: a key whose name is lost signs nothing any more."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
