"""Signed checkpoints of the journal, where they were anchored, the key that signs, the clock.

A checkpoint is due at the opening, after each decision, after so many entries, after so much time
of activity, at the closing and before an export.  An anchor is a receipt for a checkpoint from
somebody whom the bot cannot rewrite; a failing one never blocks the journal: the checkpoint waits,
is shown as waiting, and its delay is recorded with the receipt.

Not here: signing, which needs the key, and reaching an authority, which needs the network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal

from bot.core.crisis import Actor, AnchorKind, Checkpoint, ClockSlip, Crisis, Fact, Stamp

Reason = Literal["opening", "decision", "entries", "time", "closing", "export", "key"]

#: Entries after which a checkpoint is due.
EVERY_ENTRIES = 50
#: Time after which a checkpoint is due, if something was written meanwhile.
EVERY = timedelta(minutes=15)
#: How far behind the journal the server's clock may be without being told.
BEHIND = timedelta(seconds=1)
#: How much further behind it must fall to be told again within ``EVERY``.
_WORSE = 2

#: Checkpoints that go outside at once; the others may wait for the next round of each place.
URGENT: Final[frozenset[Reason]] = frozenset({"opening", "closing", "export", "key"})
#: What the journal writes for itself, by its name: nothing that the cell said or did.
UPKEEP: Final = frozenset(
    (
        "checkpoint_sealed",
        "anchor_received",
        "anchor_delayed",
        "anchor_dropped",
        "key_rotated",
        "clock_behind",
    )
)
#: What calls for a checkpoint by itself.
_CALLS: Final[Mapping[str, Reason]] = {
    "crisis_opened": "opening",
    "decision_taken": "decision",
    "crisis_closed": "closing",
    "key_rotated": "key",
}


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
        urgent = self.size if self.reason in URGENT else crisis.urgent_size
        return replace(
            crisis,
            checkpoint=newest,
            key=self.key,
            receipts=0,
            urgent_size=urgent,
            seq=stamp.seq,
        )


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
            anchored_at={**crisis.anchored_at, place: stamp.recorded},
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
class ClockBehind:
    """The server's clock read ``own`` (UTC), ``behind_ms`` milliseconds before the last entry.

    From here on the time of recording stands still until that clock has caught up.
    """

    name: ClassVar[str] = "clock_behind"
    behind_ms: int
    own: datetime

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with what was found."""
        slip = ClockSlip(stamp.recorded, timedelta(milliseconds=self.behind_ms))
        return replace(crisis, clock_slip=slip, seq=stamp.seq)


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
class RotateKey:
    """Go on with another key (``name+id+base64``); ``old`` is used where none was named yet.

    ``lost`` says that the old one cannot sign any more: the new one then signs the change itself.
    """

    old: str
    new: str
    reason: str = ""
    lost: bool = False

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the change, once; nothing for a crisis that does not exist."""
        if crisis.opened is None or crisis.key == self.new:
            return ()
        old = crisis.key or self.old
        return (KeyRotated(old, self.new, self.reason.strip()[:300], self.lost),)


@dataclass(frozen=True, slots=True)
class SealJournal:
    """Ask for a checkpoint now, if anything was written since the last one.

    It decides nothing itself: signing needs the key, which the writer of the journal holds.
    """

    reason: Reason

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return nothing: the writer seals what ``wanted`` says."""
        return ()

    def wanted(self, crisis: Crisis, now: datetime) -> Reason | None:
        """Why to seal now: as time passes when it is due, else as soon as something was written.

        A checkpoint that nobody outside was hurried for does not stand for one that is urgent.
        """
        if crisis.opened is None:
            return None
        if self.reason == "time":
            return due(crisis, (), now)
        newest = crisis.checkpoint
        stands = newest is not None and newest.size == crisis.urgent_size
        return None if stands and not active(crisis) else self.reason


def active(crisis: Crisis) -> int:
    """Entries since the last checkpoint that are neither it nor its receipts."""
    if crisis.checkpoint is None:
        return crisis.seq
    return crisis.seq - crisis.checkpoint.seq - crisis.receipts


def due(crisis: Crisis, written: Sequence[Fact], now: datetime) -> Reason | None:
    """Why a checkpoint is due after these facts, or (without any) as time passes, if it is."""
    for fact in written:
        if fact.name in _CALLS:
            return _CALLS[fact.name]
    waiting = active(crisis)
    if waiting >= EVERY_ENTRIES:
        return "entries"
    last = crisis.checkpoint
    if waiting and (last is None or now - last.at >= EVERY):
        return "time"
    return None


def behind(crisis: Crisis, recorded: datetime | None, now: datetime) -> ClockBehind | None:
    """What to tell of a clock that reads ``now`` after an entry recorded at ``recorded``, if any.

    It is told once, then again when it has got much worse or a quarter of an hour later: two
    machines that differ by two seconds must not fill the journal.
    """
    if recorded is None or recorded - now <= BEHIND:
        return None
    gap, told = recorded - now, crisis.clock_slip
    if told is not None and recorded - told.at < EVERY and gap < _WORSE * told.by:
        return None
    return ClockBehind(gap // timedelta(milliseconds=1), now)
