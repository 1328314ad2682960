"""Which private key signs what: the key file, its successor, and those that signed before.

The journal of each crisis names the key behind it, in its checkpoints and rotations; what comes
next is signed with that key and no other.  So a rotation is done when the journal says so:

1. the successor is written beside the key (``tocsin.pem.next``);
2. one transaction of the journal names it in every crisis, signed with the key before;
3. it takes the place of the key, whose public half joins ``tocsin.pem.retired``; its private half
   is gone from the disk.

Whoever stops in between leaves nothing in doubt: a successor that no journal names counts for
nothing, one that a journal names takes its place as soon as anybody has to sign there.  A process
that runs sees that the file has changed and goes on with the new key, and keeps the one before in
memory for the journals that still name it.

Not here: writing the entry that names a key, which is the business of the writer of the journal.
"""

import logging
import os
from pathlib import Path
from typing import Final

from bot.errors import SettingError, reason
from bot.journal.seal import Signer, VerifierKey, load, load_or_create, sync_folder

log = logging.getLogger(__name__)

_Mark = tuple[int, int, int]
_NEXT: Final = ".next"
_RETIRED: Final = ".retired"
_OWNER_ONLY: Final = 0o600


class KeyRing:
    """The signers of one key file; one thread at a time."""

    def __init__(self, path: Path, name: str) -> None:
        """Read the key of this file, created when there is none; ``name`` is what it signs under.

        Raises ``SettingError`` for a file that cannot be used.
        """
        self._path = path
        self._next = path.with_name(path.name + _NEXT)
        self._name = name
        self._held: dict[bytes, Signer] = {}
        self._known: dict[str, Signer] = {}
        self._current = self._hold(load_or_create(path, name))
        self._seen = self._mark()

    @property
    def current(self) -> Signer:
        """The signer of the key file as it was last read."""
        return self._current

    @property
    def retired(self) -> list[str]:
        """Public keys that signed before, the oldest first."""
        path = self._path.with_name(self._path.name + _RETIRED)
        return path.read_text(encoding="utf-8").split() if path.exists() else []

    def signer(self, named: str) -> Signer | None:
        """The signer behind this public key (``name+id+base64``), or ``None`` if we have it not."""
        if named not in self._known:
            try:
                key = VerifierKey.parse(named)
            except ValueError:
                return None
            found = self._held.get(key.public) or self._found(key.public)
            if found is None:
                return None
            self._known[named] = found.under(key.name)
        return self._known[named]

    def refresh(self) -> None:
        """Go on with the key of the file if it has changed.

        One that is gone or cannot be read changes nothing: the key in memory goes on.
        """
        mark = self._mark()
        if mark == self._seen:
            return
        self._seen = mark
        try:
            self._current = self._hold(load(self._path, self._name))
        except SettingError as wrong:
            log.warning("the key in memory goes on: %s", wrong)

    # -- rotation -----------------------------------------------------------------------------

    def prepare(self) -> Signer:
        """Write the successor beside the key, or take up the one of a rotation that was stopped.

        Raises ``SettingError`` when it cannot be written or read.
        """
        return self._hold(load_or_create(self._next, self._name))

    def promote(self) -> None:
        """Put the successor in the place of the key, unless somebody has done so already."""
        before = self._current.verifier
        self._retire(str(before))
        try:
            self._next.replace(self._path)
        except FileNotFoundError:
            log.info("the key file was replaced by another process")
        sync_folder(self._path.parent)
        self.refresh()
        log.info("the key %s has replaced %s", self._current.verifier.id, before.id)

    def _retire(self, public: str) -> None:
        if public in self.retired:
            return
        with self._path.with_name(self._path.name + _RETIRED).open("a", encoding="utf-8") as file:
            file.write(f"{public}\n")
            file.flush()
            os.fsync(file.fileno())

    # -- reading ------------------------------------------------------------------------------

    def _found(self, public: bytes) -> Signer | None:
        """The signer of a key that another process may have made since we last looked."""
        self._seen = None
        self.refresh()
        if public not in self._held and self._next.exists():
            try:
                successor = load(self._next, self._name)
            except SettingError as wrong:
                log.warning("the successor is left aside: %s", wrong)
            else:
                if successor.verifier.public == public:
                    self._hold(successor)
                    self.promote()
        return self._held.get(public)

    def _hold(self, signer: Signer) -> Signer:
        self._held[signer.verifier.public] = signer
        return signer

    def _mark(self) -> _Mark | None:
        """What tells a file from the one that was there before; ``None`` when there is none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def set_aside(path: Path) -> Path | None:
    """Move a key file that holds no key out of the way, never over another; where to, if at all.

    Raises ``SettingError`` for one that may not be read here: it is not lost for that.
    """
    if not path.exists():
        return None
    try:
        path.read_bytes()
    except OSError as error:
        raise SettingError(
            f"La clé {path} ne peut pas être lue d'ici ({reason(error)}). Lancez la commande "
            "sous le compte de Tocsin."
        ) from error
    path.chmod(_OWNER_ONLY)
    try:
        load(path, "x")
    except SettingError:
        number = 1
        while (aside := path.with_name(f"{path.name}.illisible-{number}")).exists():
            number += 1
        path.rename(aside)
        return aside
    return None
