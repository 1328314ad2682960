"""Journals with all that a journal can say of itself: checkpoints, keys, erasures, time stamps.

Sealed by hand, with the facts and the bodies of the product, so that each can be put wrong.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.core.crisis import Actor, Fact
from bot.core.erasable import kept
from bot.core.erasure import ErasedLine, LinesErased
from bot.core.sealing import AnchorReceived, CheckpointSealed, KeyRotated, Reason
from bot.core.transcript import MessageHeard
from bot.exports.jsonl import CrisisSummary
from bot.journal.codec import decode, encode
from bot.journal.entry import GENESIS, Entry, seal
from bot.journal.seal import Signer
from bot.journal.stamp import request
from tests.anchors.authority import Authority, Wrong, answer
from tests.journal.chains import exported

START = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BRUNO = Actor("U2", "Bruno Fictif", "RSSI")
NAME = "ch-fictif.example/tocsin"
SUMMARY: CrisisSummary = {"title": "Écrans noirs", "exercise": False}


def signer(seed: str, name: str = NAME) -> Signer:
    """A key of its own for each seed, always the same."""
    raw = sha256(seed.encode()).digest()
    return Signer(name, Ed25519PrivateKey.from_private_bytes(raw))


FIRST, SECOND, STRANGER = signer("first"), signer("second"), signer("stranger")


class Book:
    """A journal as it is written, line after line, a minute apart."""

    def __init__(self, signer: Signer = FIRST, *, crisis: str = "2026-0001") -> None:
        """Start before the first line."""
        self.entries: list[Entry] = []
        self.signer = signer
        self.crisis = crisis
        self.now = START

    def __iter__(self) -> Iterator[Entry]:
        """The entries so far."""
        return iter(self.entries)

    @property
    def head(self) -> str:
        """The hash of the last line."""
        return self.entries[-1].hash if self.entries else GENESIS

    @property
    def lines(self) -> list[bytes]:
        """The lines of its export."""
        return exported(self.entries)

    def add(self, fact: Fact, signer: Signer | None = None, actor: Actor = BRUNO) -> Entry:
        """Seal one fact; ``signer`` signs instead of the one whose turn it is."""
        body = encode(fact, actor, "C1")
        return self._seal(fact.name, body, getattr(fact, "ts", None), signer or self.signer)

    def raw(self, kind: str, data: object) -> Entry:
        """Seal anything as the data of a line of this kind."""
        return self._seal(kind, {"actor": {}, "channel": "C1", "data": data}, None, self.signer)

    def _seal(self, kind: str, body: dict[str, Any], slack_ts: str | None, signer: Signer) -> Entry:
        self.now += MINUTE
        seq = len(self.entries) + 1
        entry = seal(
            crisis=self.crisis,
            seq=seq,
            kind=kind,
            event_time=self.now,
            record_time=self.now,
            slack_ts=slack_ts,
            prev=self.head,
            body=body,
            salt=sha256(f"{self.crisis} {seq}".encode()).digest(),
            delivery=None,
        )
        entry = replace(entry, sig=signer.entry(entry.hash))
        self.entries.append(entry)
        return entry

    def said(self, *texts: str, late: bool = False) -> None:
        """Somebody says these in the channel, each heard 800 ms later."""
        for text in texts:
            ts = f"{(self.now + MINUTE).timestamp() - 0.8:.6f}"
            self.add(MessageHeard(ts, text, happened=self.now + MINUTE, late=late))

    def checkpoint(
        self, reason: Reason = "decision", signer: Signer | None = None, actor: Actor = BRUNO
    ) -> str:
        """Seal what is there; return the signed note."""
        signer, size = signer or self.signer, len(self.entries)
        note = signer.note(self.crisis, size, self.head)
        self.add(CheckpointSealed(size, self.head, note, str(signer.verifier), reason), actor=actor)
        return note

    def rotate(self, to: Signer, *, lost: bool = False) -> None:
        """Go on with another key, told by the old one, or by the new one when that one is lost."""
        fact = KeyRotated(str(self.signer.verifier), str(to.verifier), "essai", lost)
        self.add(fact, to if lost else None)
        self.signer = to

    def erase(self, *lines: int) -> None:
        """Take the bodies of these lines away, and say so in one more."""
        named = []
        for seq in lines:
            fact, stamp = decode(self.entries[seq - 1])
            named.append(ErasedLine(seq, fact.name, stamp.actor.role, kept(fact)))
            self.hollow(seq)
        self.add(LinesErased(1, tuple(named)))

    def hollow(self, seq: int) -> None:
        """Take the body of this line away, and say nothing."""
        self.entries[seq - 1] = replace(self.entries[seq - 1], body=None, salt=None)

    def stamp(self, authority: Authority, after: timedelta = timedelta(seconds=2)) -> bytes:
        """Have the last checkpoint stamped, so long after it, and record the token."""
        fact = next(fact for fact, _ in map(decode, reversed(self.entries)) if _sealed(fact))
        assert isinstance(fact, CheckpointSealed)
        at = self.now + after
        token = answer(request(fact.note.encode(), 5), authority, Wrong(at=at))
        self.receipt(fact, token, at)
        return token

    def receipt(self, fact: CheckpointSealed, token: bytes, at: datetime | None) -> None:
        """Record this token on that checkpoint."""
        encoded = b64encode(token).decode()
        received = AnchorReceived(
            "rfc3161", "https://tsa.example", fact.size, fact.head, encoded, at, 2
        )
        self.add(received)


def _sealed(fact: Fact) -> bool:
    return isinstance(fact, CheckpointSealed)


def whole_book(authority: Authority | None = None) -> Book:
    """A book of some twenty lines with everything in it."""
    book = Book()
    book.said("Six postes touchés 🚨", 'Le nom de la patiente\u00a0: "inventé"', "Réseau coupé")
    book.checkpoint("opening")
    if authority:
        book.stamp(authority)
    book.said("On coupe Internet.", "Reçu.")
    book.erase(2, 3)
    book.rotate(SECOND)
    book.checkpoint("key")
    book.said("Relève à 8 h.")
    book.checkpoint("export")
    if authority:
        book.stamp(authority)
    book.said("Fin.")
    return book


def small_book() -> Sequence[Entry]:
    """Three lines as short as they come: one erased, its erasure, a checkpoint."""
    book = Book(signer("first", "c"), crisis="1")
    nobody = Actor("U", "A")
    book.add(MessageHeard("1.5", "a"), actor=nobody)
    book.hollow(1)
    erased = ErasedLine(1, "message", "", {})
    book.add(LinesErased(1, (erased,)), actor=nobody)
    book.checkpoint(actor=nobody)
    return [replace(one, sig=None) for one in book]
