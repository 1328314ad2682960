"""What has been read of a journal so far, and steps 6 to 12 for the next line.

Everything kept here is small: the line before, what the journal said of itself, what the auditor
brought.  Times of recording have one width and are in UTC, and so compare as their bytes do (step
10); ``event_time`` is free: people may note the past.
"""

import json
from binascii import hexlify, unhexlify
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from bot.journal.entry import GENESIS, read_time
from bot.journal.inside import SPEAK, At, Inside
from bot.journal.lag import MESSAGE, Lag
from bot.journal.lines import Found, Line, Moulds, Parts
from bot.journal.outside import NOTHING, Brought, Checkpoint
from bot.journal.trust import Trust

_SPEAK: Final = frozenset(json.dumps(kind).encode() for kind in SPEAK)
_ROTATION: Final = b'"key_rotated"'
_MESSAGE: Final = json.dumps(MESSAGE).encode()


_BROKEN: Final = "L'empreinte de la ligne précédente ne correspond pas\u00a0: une ligne a changé."
_GONE: Final = "Le contenu de l'entrée manque."
_CHANGED: Final = "Le contenu ne correspond pas à l'engagement de la ligne\u00a0: il a changé."
_EARLIER: Final = "L'heure d'enregistrement est antérieure à celle de la ligne précédente."


@dataclass(slots=True)
class Reading:
    """How far the reading went: all that the next line is compared with."""

    brought: Brought = NOTHING
    inside: Inside = field(default_factory=Inside)
    entries: int = 0
    signatures: int = 0
    head: bytes = GENESIS.encode()
    crisis: bytes = b""
    """As it is written, in quotes; empty before the first line."""
    first_time: bytes = b""
    last_time: bytes = b""
    lag: Lag = field(default_factory=Lag)
    trust: Trust = field(init=False)
    _noted: Mapping[int, list[Checkpoint]] = field(init=False)
    _moulds: Moulds = field(default_factory=Moulds)

    def __post_init__(self) -> None:
        """Set out what was brought by the line at which it serves."""
        self.trust = Trust(self.brought.keys)
        noted: dict[int, list[Checkpoint]] = {}
        for one in self.brought.checkpoints:
            noted.setdefault(one.entries, []).append(one)
        self._noted = noted

    def take(self, raw: bytes) -> None:
        """One line through steps 2 to 15, then remembered; ``Found`` at the first that refuses."""
        parts = self._moulds.quick(raw)
        if parts is None:
            self._steps(self._moulds.long(raw))
        elif not self._is_usual(parts):
            try:
                self._steps(Line._make(parts))
            except Found:
                self._moulds.long(raw)  # what a step before this one has to say comes first
                raise

    def _is_usual(self, parts: Parts) -> bool:
        """Take a line that only has to follow the one before, as nearly all do.

        Of any other nothing is remembered: ``_steps`` does the same step by step, and says which.
        """
        body, entry, commitment, crisis, _, kind, prev, recorded, number, slack_ts, salt, sig = (
            parts
        )
        seq = self.entries + 1
        if kind in _SPEAK or seq in self._noted or self.brought.keys:
            return False
        total = sha256(unhexlify(salt))
        total.update(body)
        if (
            prev != self.head
            or crisis != self.crisis
            or int(number) != seq
            or hexlify(total.digest()) != commitment
            or recorded < self.last_time
        ):
            return False
        self.head = hexlify(sha256(entry).digest())
        self.entries, self.last_time = seq, recorded
        if sig is not None:
            self.signatures += 1
        if kind == _MESSAGE and slack_ts != b"null":
            self.lag.line(recorded, slack_ts, body, seq)
        return True

    def _steps(self, line: Line) -> None:
        """Steps 6 to 15."""
        seq = self._place(line)
        self._committed(line, seq)
        if line.record_time < self.last_time:
            raise Found(10, _EARLIER, seq)
        before, self.head = self.head, hexlify(sha256(line.entry).digest())
        self.entries, self.last_time = seq, line.record_time
        self.first_time = self.first_time or line.record_time
        if seq in self._noted:
            self._as_noted(seq)
        self.signatures += line.sig is not None
        if line.kind in _SPEAK and line.salt is not None:
            self._said(line, seq, before)
        elif self.brought.keys:
            self._signed(line, seq)
        if line.kind == _MESSAGE and line.slack_ts != b"null" and line.salt is not None:
            self.lag.line(line.record_time, line.slack_ts, line.body, seq)

    def _place(self, line: Line) -> int:
        """Steps 6 to 8: the line is the next one of this journal."""
        seq, expected = int(line.seq), self.entries + 1
        # 6. One crisis; the first line says which.
        if not self.crisis:
            self.crisis = line.crisis
        if line.crisis != self.crisis:
            raise Found(6, "La ligne appartient à une autre crise.", seq)
        # 7. No gap, no repetition.
        if seq != expected:
            raise Found(7, f"Numéro {seq} trouvé, {expected} attendu.", seq)
        # 8. The chain.
        if line.prev != self.head:
            raise Found(8, _BROKEN, seq)
        return seq

    def _committed(self, line: Line, seq: int) -> None:
        """Step 9: the body is the one the line committed to, or both it and its salt are gone."""
        if line.salt is None:
            self.inside.empty(seq, line.kind[1:-1].decode(), line.body != b"null")
            return
        total = sha256(unhexlify(line.salt))
        total.update(line.body)
        if hexlify(total.digest()) != line.commitment:
            raise Found(9, _GONE if line.body == b"null" else _CHANGED, seq)

    def _as_noted(self, seq: int) -> None:
        """Step 11: at the line that a checkpoint names, the hash is the one it gives."""
        for noted in self._noted[seq]:
            if noted.head.encode() != self.head and self._is_of_this_crisis(noted):
                message = "La ligne n'a pas l'empreinte notée au point de contrôle."
                raise Found(11, message, seq)

    def _is_of_this_crisis(self, noted: Checkpoint) -> bool:
        return noted.crisis in ("", self.crisis_text)

    @property
    def crisis_text(self) -> str:
        """The crisis as a text."""
        return str(json.loads(self.crisis)) if self.crisis else ""

    def _said(self, line: Line, seq: int, before: bytes) -> None:
        """Steps 13 to 15: what it says of the journal; step 12, which a change of key moves."""
        at = At(
            crisis=self.crisis_text,
            seq=seq,
            before=before.decode(),
            head=self.head.decode(),
            recorded=read_time(line.record_time.decode()),
            sig=None if line.sig is None else line.sig.decode(),
        )
        self.inside.take(line.kind[1:-1].decode(), line.body, at)
        if not self.brought.keys:
            return
        if line.kind != _ROTATION:
            self._signed(line, seq)
            return
        from bot.journal.seal import VerifierKey

        span = self.inside.keys.spans[-1]
        if span.lost:
            self.trust.replace(seq, VerifierKey.parse(span.key))
        self._signed(line, seq)
        if not span.lost:
            self.trust.rotate(VerifierKey.parse(span.key))

    def _signed(self, line: Line, seq: int) -> None:
        """Step 12: the line bears the signature of a key that the auditor has reason to trust."""
        sig = None if line.sig is None else line.sig.decode()
        self.trust.check(seq, self.head.decode(), sig)

    def finish(self) -> None:
        """What can only be said at the end: not empty, as long as noted, nothing left open."""
        if self.entries == 0:
            raise Found(2, "Le fichier ne contient aucune entrée.")
        self._as_long_as_noted()
        self.trust.finish()
        self.inside.finish()

    def _as_long_as_noted(self) -> None:
        """Step 11: checkpoints of this crisis, none further than the journal goes, each signed."""
        brought = self.brought.checkpoints
        ours = [one for one in brought if self._is_of_this_crisis(one)]
        if brought and not ours:
            raise Found(
                11,
                f"Le point de contrôle donné est celui de la crise {legible(brought[0].crisis)}"
                f"\u00a0; ce journal est celui de la crise {legible(self.crisis_text)}.",
            )
        longest = max((one.entries for one in ours), default=0)
        if self.entries < longest:
            message = (
                f"Le journal compte {self.entries} lignes et le point de contrôle "
                f"{longest}\u00a0: la fin a été coupée."
            )
            raise Found(11, message)
        for one in ours:
            if self.inside.vouches(one.note, self.brought.keys) is False:
                raise Found(11, "La signature du point de contrôle donné n'est pas la bonne.")


def _epoch(minute: bytes) -> float:
    return read_time(f"{minute.decode()}:00.000000Z").timestamp()


def legible(text: str) -> str:
    """A text of a journal on one line of a terminal: what does not print shows as its escape."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )
