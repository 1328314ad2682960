"""What the writer of the journal seals with: the keys, and the kernel's word on its clock.

An entry is signed with the key that its journal names, so that no entry ever bears a signature of
which its journal says nothing.  When another key has taken over, the change is written first,
signed with the one before; when that one is not to be had, the change says so and the new key signs
it.

Not here: when a checkpoint is due (``bot.core.sealing``), appending (the service).
"""

import logging
from collections.abc import Callable

from bot.core.crisis import Crisis, Fact
from bot.core.sealing import CheckpointSealed, KernelClock, KeyRotated, Reason
from bot.errors import SettingError
from bot.journal import kernel
from bot.journal.keys import KeyRing
from bot.journal.seal import Signer

log = logging.getLogger(__name__)


class Sealer:
    """Sign entries and checkpoints; used by the one who writes, in one thread at a time."""

    def __init__(self, keys: KeyRing, ask: Callable[[], KernelClock | None] = kernel.read) -> None:
        """Keep the keys and whom to ask about the clock of this machine."""
        self.keys = keys
        self._ask = ask
        self.unstoppable = False
        """Whether to go on without a key that we do not have, and to say so in the journal.

        The bot does: a cell must not lose its log.  A command on some other machine does not.
        """

    def refresh(self) -> None:
        """See whether another key has taken over."""
        self.keys.refresh()

    def handover(self, crisis: Crisis) -> KeyRotated | None:
        """The change of key to write before anything else, or ``None`` when there is none.

        Raises ``SettingError`` when the journal names a key that we do not have.
        """
        if not crisis.key:
            return None
        known = self.keys.signer(crisis.key)  # looks again at the files: asked before comparing
        ours = str(self.keys.current.verifier)
        if crisis.key == ours:
            return None
        if known is not None:
            return KeyRotated(crisis.key, ours, "Relais pris à la première écriture.")
        if not self.unstoppable:
            raise _missing(crisis)
        log.error("%s names a key that is not here: %s", crisis.id, crisis.key)
        return KeyRotated(crisis.key, ours, "Clé absente de cette machine.", lost=True)

    def sign(self, crisis: Crisis, fact: Fact, line_hash: str) -> str:
        """The signature of the entry that says this fact, of a crisis as it was before it."""
        named = fact.new if isinstance(fact, KeyRotated) and fact.lost else crisis.key
        return self._signer(crisis, named).entry(line_hash)

    def checkpoint(self, crisis: Crisis, head: str, reason: Reason) -> CheckpointSealed:
        """The signed checkpoint of a journal that stands at this hash."""
        signer = self._signer(crisis, crisis.key)
        note = signer.note(crisis.id, crisis.seq, head)
        key = str(signer.verifier)
        return CheckpointSealed(crisis.seq, head, note, key, reason, self._ask())

    def _signer(self, crisis: Crisis, named: str) -> Signer:
        """Who signs under this name; a journal that names nobody is signed with our own key."""
        signer = self.keys.signer(named) if named else self.keys.current
        if signer is None:
            raise _missing(crisis)
        return signer


def _missing(crisis: Crisis) -> SettingError:
    return SettingError(
        f"La crise {crisis.id} est signée par une clé qui n'est pas sur cette machine. "
        "Restaurez la clé d'une copie ; si elle est perdue : « tocsin key --rotate --lost ».",
        detail=crisis.key,
    )
