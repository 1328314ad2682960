"""Who signed what, worked out from the entries alone and from nothing of the product's writing."""

from collections.abc import Sequence

from bot.core.sealing import CheckpointSealed, KeyRotated
from bot.journal.codec import decode
from bot.journal.entry import Entry
from bot.journal.seal import VerifierKey, read_note


def signed_throughout(entries: Sequence[Entry]) -> list[str]:
    """The keys of this journal in order; fails at an entry signed by another than the one named."""
    facts = [decode(entry)[0] for entry in entries]
    named = next(one.key for one in facts if isinstance(one, CheckpointSealed))
    keys = [named]
    for entry, fact in zip(entries, facts, strict=True):
        if isinstance(fact, KeyRotated):
            assert fact.old == named, f"line {entry.seq} replaces a key that did not sign"
        signs = fact.new if isinstance(fact, KeyRotated) and fact.lost else named
        assert VerifierKey.parse(signs).signed_entry(entry.hash, entry.sig or ""), (
            f"line {entry.seq}, {entry.kind}, is not signed by {signs}"
        )
        if isinstance(fact, KeyRotated):
            named = fact.new
            keys.append(named)
        if isinstance(fact, CheckpointSealed):
            assert fact.key == named
            note = read_note(fact.note)
            assert note.signed_by(VerifierKey.parse(named))
            before = entries[entry.seq - 2]
            assert (note.size, note.head) == (fact.size, fact.head) == (before.seq, before.hash)
    return keys
