"""What the report says of the proof itself: checkpoints, anchors, keys, clocks, erased lines."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.core.crisis import Fact, Stamp
from bot.core.erasure import ErasureAsked, LinesErased
from bot.core.french import full_clock, plural
from bot.core.sealing import (
    AnchorDelayed,
    AnchorReceived,
    CheckpointSealed,
    ClockBehind,
    KeyRotated,
)
from bot.core.transcript import MessageHeard
from bot.exports.rows import KINDS, Row
from bot.journal.copies import Keys
from bot.journal.lag import Lag
from bot.journal.remarks import apart
from bot.sentences import ANCHORS

MOST_ROWS: Final = 400
"""Longest table of checkpoints or anchors that is printed: the newest ones."""
_REASONS: Final = {
    "opening": "ouverture",
    "decision": "décision",
    "entries": "nombre de lignes",
    "time": "temps écoulé",
    "closing": "clôture",
    "export": "export",
    "key": "changement de clé",
}


@dataclass(slots=True)
class Proof:
    """What one reading of the journal leaves of its proof."""

    keys: Keys = field(default_factory=Keys)
    lag: Lag = field(default_factory=Lag)
    checkpoints: list[tuple[CheckpointSealed, Stamp]] = field(default_factory=list)
    checkpoints_count: int = 0
    anchors: list[tuple[AnchorReceived | AnchorDelayed, Stamp]] = field(default_factory=list)
    anchors_count: int = 0
    slips: list[tuple[ClockBehind, Stamp]] = field(default_factory=list)
    asked: dict[int, ErasureAsked] = field(default_factory=dict)
    erased: list[tuple[LinesErased, Stamp]] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take in one row."""
        fact, stamp = row.fact, row.stamp
        if isinstance(fact, MessageHeard):
            self.lag.add(stamp.recorded.timestamp(), row.slack_ts, row.seq, late=fact.late)
        for kind, keep in _KEPT.items():
            if isinstance(fact, kind):
                keep(self, fact, stamp)

    def data(self, zone: str) -> dict[str, Any]:
        """What the template prints of it."""
        return {
            "keys": list(self._keys()),
            "checkpoints": [_checkpoint(*one, zone) for one in self.checkpoints],
            "checkpoints_count": self.checkpoints_count,
            "anchors": [_anchor(*one, zone) for one in self.anchors],
            "anchors_count": self.anchors_count,
            "clocks": [*apart(self.lag), *(_slip(*one, zone) for one in self.slips)],
            "erased": list(self._erased(zone)),
        }

    def _checkpoint(self, fact: CheckpointSealed, stamp: Stamp) -> None:
        self.keys.named(fact.key)
        self.checkpoints_count += 1
        self.checkpoints = [*self.checkpoints[-MOST_ROWS + 1 :], (fact, stamp)]

    def _anchor(self, fact: AnchorReceived | AnchorDelayed, stamp: Stamp) -> None:
        self.anchors_count += 1
        self.anchors = [*self.anchors[-MOST_ROWS + 1 :], (fact, stamp)]

    def _rotation(self, fact: KeyRotated, stamp: Stamp) -> None:
        self.keys.named(fact.old)
        self.keys.changed(fact.new, stamp.seq, lost=fact.lost)

    def _slip(self, fact: ClockBehind, stamp: Stamp) -> None:
        self.slips = [*self.slips[-MOST_ROWS + 1 :], (fact, stamp)]

    def _asked(self, fact: ErasureAsked, stamp: Stamp) -> None:
        self.asked[stamp.seq] = fact

    def _erasure(self, fact: LinesErased, stamp: Stamp) -> None:
        self.erased.append((fact, stamp))

    def _keys(self) -> Iterator[dict[str, str]]:
        for span in self.keys.spans:
            lost = " La clé précédente était perdue." if span.lost else ""
            yield {"key": span.key, "since": f"À partir de la ligne {span.first}.{lost}"}

    def _erased(self, zone: str) -> Iterator[dict[str, str]]:
        for fact, stamp in self.erased:
            asked = self.asked.get(fact.asked)
            for line in fact.lines:
                yield {
                    "seq": str(line.seq),
                    "kind": KINDS.get(line.kind, line.kind),
                    "role": line.role,
                    "by": str(stamp.seq),
                    "at": full_clock(stamp.recorded, zone),
                    "basis": asked.legal_basis if asked else "",
                    "reason": asked.reason if asked else "",
                }


_KEPT: Final[Mapping[type[Fact], Callable[[Proof, Any, Stamp], None]]] = {
    CheckpointSealed: Proof._checkpoint,
    AnchorReceived: Proof._anchor,
    AnchorDelayed: Proof._anchor,
    KeyRotated: Proof._rotation,
    ClockBehind: Proof._slip,
    ErasureAsked: Proof._asked,
    LinesErased: Proof._erasure,
}


def _checkpoint(fact: CheckpointSealed, stamp: Stamp, zone: str) -> dict[str, str]:
    return {
        "seq": str(stamp.seq),
        "size": str(fact.size),
        "at": full_clock(stamp.recorded, zone),
        "reason": _REASONS[fact.reason],
        "clock": _clock(fact),
        "head": fact.head,
    }


def _clock(fact: CheckpointSealed) -> str:
    """What the kernel said of its clock at that moment."""
    if fact.clock is None:
        return "inconnue"
    if not fact.clock.synchronised:
        return "non synchronisée"
    error = timedelta(microseconds=fact.clock.max_error_us).total_seconds()
    return f"synchronisée à {error:.3f}\u00a0s près".replace(".", ",")


def _anchor(fact: AnchorReceived | AnchorDelayed, stamp: Stamp, zone: str) -> dict[str, str]:
    common = {
        "seq": str(stamp.seq),
        "kind": ANCHORS[fact.kind],
        "where": fact.where,
        "size": str(fact.size),
    }
    if isinstance(fact, AnchorDelayed):
        return {**common, "state": "en attente", "at": full_clock(stamp.recorded, zone)}
    at: datetime = fact.stamped or stamp.recorded
    delay = f", {plural(fact.delay_s, 'seconde')} après" if fact.delay_s else ""
    return {**common, "state": f"reçu{delay}", "at": full_clock(at, zone)}


def _slip(fact: ClockBehind, stamp: Stamp, zone: str) -> str:
    seconds = f"{fact.behind_ms / 1000:.1f}\u00a0s".replace(".", ",")
    line = f"Ligne {stamp.seq}, {full_clock(stamp.recorded, zone)}"
    return f"{line}\u00a0: l'horloge du serveur retardait de {seconds} sur le journal."
