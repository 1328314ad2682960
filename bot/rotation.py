"""Have another key sign, in every crisis at once: a rotation, or the loss of the key before.

One transaction names the new key in the journal of every crisis, closed ones too, since they still
receive exports and late messages.  Either all of them say so, or nothing has changed.
"""

from bot.core.crisis import Actor, Crisis
from bot.core.sealing import RotateKey
from bot.errors import Conflict, JournalBroken, TocsinError
from bot.journal.keys import KeyRing
from bot.service import Ask, Service

#: How often it is tried again while somebody else writes.
_ROUNDS = 20


def rotate(service: Service, keys: KeyRing, by: Actor, reason: str = "") -> int:
    """Replace the key that signs; how many crises say so.  Takes up a rotation that was stopped.

    Raises ``TocsinError`` when the journal cannot be written: the key before then goes on.
    """
    old, new = str(keys.current.verifier), str(keys.prepare().verifier)
    command = RotateKey(old, new, reason)
    told = _record(service, by, command, [one.id for one in _all(service) if one.key != new])
    keys.promote()
    # Opened meanwhile with the key before, by a process that had not yet seen the new one.
    late = [one.id for one in _all(service) if one.key != new]
    return told + _record(service, by, command, late)


def give_up(service: Service, keys: KeyRing, by: Actor, reason: str = "") -> int:
    """Go on with the key at hand where the one that signed is lost; how many crises say so.

    Raises ``TocsinError`` when the journal cannot be written.
    """
    new = str(keys.current.verifier)
    orphans = [one for one in _all(service) if one.key and keys.signer(one.key) is None]
    command = RotateKey("", new, reason, lost=True)
    return _record(service, by, command, [one.id for one in orphans])


def _all(service: Service) -> list[Crisis]:
    """Every crisis; ``JournalBroken`` when one cannot be read, for none may be left behind."""
    found = service.crises()
    if service.broken:
        raise JournalBroken(detail=", ".join(sorted(service.broken)))
    return found


def _record(service: Service, by: Actor, command: RotateKey, crises: list[str]) -> int:
    """Write it in these crises, in one transaction; in how many it was news."""
    asks = [Ask(crisis, by, command) for crisis in crises]
    results = service.commit(asks)
    for _ in range(_ROUNDS):
        if not any(isinstance(done, Conflict) for done in results):
            break
        results = service.commit(asks)  # a bot that writes all the time went first again
    told = 0
    for done in results:
        if isinstance(done, TocsinError):
            raise done
        told += bool(done.facts)
    return told
