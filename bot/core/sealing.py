"""Signed checkpoints of the journal, where they were anchored, and the key that signs.

A checkpoint is due at the opening, after each decision, after so many entries, after so much time
of activity, at the closing and before an export.  An anchor is a receipt for a checkpoint from
somebody whom the bot cannot rewrite; a failing one never blocks the journal: the checkpoint waits,
is shown as waiting, and its delay is recorded with the receipt.

Not here: signing, which needs the key, and reaching an authority, which needs the network.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from bot.core.crisis import Actor, AnchorKind, Checkpoint, Crisis, Fact, Stamp

Reason = Literal["opening", "decision", "entries", "time", "closing", "export", "key"]

#: Entries after which a checkpoint is due.
EVERY_ENTRIES = 50
#: Time after which a checkpoint is due, if something was written meanwhile.
EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class KernelClock:
    """What the kernel says of its clock: synchronised or not, largest error, time since boot.

    ``boot`` is the identifier of this boot and ``since_boot_us`` counts microseconds of it.
    """

    synchronised: bool
    state: int
    max_error_us: int
    boot: str
    since_boot_us: int


@dataclass(frozen=True, slots=True)
class CheckpointSealed:
    """The journal had ``size`` entries, the last with line hash ``head``: signed as ``note``.

    ``note`` is the text of a signed note, ``key`` the public half (``name+id+base64``) behind it;
    ``clock`` is ``None`` where the kernel cannot be asked.
    """

    name: ClassVar[str] = "checkpoint_sealed"
    size: int
    head: str
    note: str
    key: str
    reason: Reason
    clock: KernelClock | None = None

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with its newest checkpoint."""
        newest = Checkpoint(stamp.seq, self.size, self.head, stamp.recorded)
        return replace(crisis, checkpoint=newest, key=self.key, receipts=0, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class AnchorReceived:
    """Somebody outside holds the checkpoint of ``size`` entries.

    ``receipt`` is the token (RFC 3161, base64), the Message-ID of the mail, or the ``ts`` of the
    Slack message; ``stamped`` is the time that the authority or server gives (UTC) when it gives
    one; ``delay_s`` are the seconds between the checkpoint and the receipt.
    """

    name: ClassVar[str] = "anchor_received"
    kind: AnchorKind
    where: str
    size: int
    head: str
    receipt: str
    stamped: datetime | None
    delay_s: int

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the anchor, which no longer waits."""
        place = (self.kind, self.where)
        waiting = {key: since for key, since in crisis.anchors_waiting.items() if key != place}
        return replace(
            crisis,
            anchors={**crisis.anchors, place: self.size},
            anchors_waiting=waiting,
            receipts=crisis.receipts + 1,
            seq=stamp.seq,
        )


@dataclass(frozen=True, slots=True)
class AnchorDelayed:
    """An anchor could not be had: recorded once, when the wait begins."""

    name: ClassVar[str] = "anchor_delayed"
    kind: AnchorKind
    where: str
    size: int
    reason: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the anchor waiting."""
        place = (self.kind, self.where)
        waiting = {place: stamp.recorded, **crisis.anchors_waiting}
        return replace(crisis, anchors_waiting=waiting, receipts=crisis.receipts + 1, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class KeyRotated:
    """From the next entry on another key signs; ``lost`` when the old one could not sign this."""

    name: ClassVar[str] = "key_rotated"
    old: str
    new: str
    reason: str
    lost: bool = False

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with its new key."""
        return replace(crisis, key=self.new, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class RecordAnchor:
    """Record the receipt of an anchor."""

    kind: AnchorKind
    where: str
    size: int
    head: str
    receipt: str
    stamped: datetime | None
    delay_s: int

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the receipt, unless a checkpoint as long was already anchored there."""
        if crisis.anchors.get((self.kind, self.where), 0) >= self.size:
            return ()
        return (
            AnchorReceived(
                self.kind,
                self.where,
                self.size,
                self.head,
                self.receipt,
                self.stamped,
                self.delay_s,
            ),
        )


@dataclass(frozen=True, slots=True)
class RecordAnchorDelay:
    """Record that an anchor cannot be had for now."""

    kind: AnchorKind
    where: str
    size: int
    reason: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the delay, once for each wait."""
        if (self.kind, self.where) in crisis.anchors_waiting:
            return ()
        return (AnchorDelayed(self.kind, self.where, self.size, self.reason[:300]),)


@dataclass(frozen=True, slots=True)
class SealJournal:
    """Ask for a checkpoint now, if anything was written since the last one.

    It decides nothing itself: signing needs the key, which the writer of the journal holds.
    """

    reason: Reason

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return nothing: the writer seals what ``active`` says is worth it."""
        return ()


def active(crisis: Crisis) -> int:
    """Entries since the last checkpoint that are neither it nor its receipts."""
    if crisis.checkpoint is None:
        return crisis.seq
    return crisis.seq - crisis.checkpoint.seq - crisis.receipts


def due(crisis: Crisis, written: Fact | None, now: datetime) -> Reason | None:
    """Why a checkpoint is due after this fact, or (``None``) as time passes; ``None`` if not."""
    named: dict[str, Reason] = {
        "crisis_opened": "opening",
        "decision_taken": "decision",
        "crisis_closed": "closing",
        "key_rotated": "key",
    }
    if written is not None and written.name in named:
        return named[written.name]
    waiting = active(crisis)
    if waiting >= EVERY_ENTRIES:
        return "entries"
    last = crisis.checkpoint
    if waiting > 0 and last is not None and now - last.at >= EVERY:
        return "time"
    return None
