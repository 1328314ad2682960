"""Which checkpoint goes where outside, and when.

- Only the newest checkpoint of a crisis goes out: the chain covers the older ones.
- A place that holds none yet gets it at once, and so does every place after an opening, a closing,
  an export or a change of key; otherwise each kind of place has its round.
- A closed crisis still sends what is due; a place that it never knew is left in peace once its last
  checkpoint is a day old, so that an address added later is not sent the past.
- A place that the settings no longer name stops waiting, and that is recorded.

Not here: what a receipt is (``bot.core.sealing``), and reaching anybody.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.core.crisis import Actor, AnchorKind, Crisis, Fact, Stamp

Place = tuple[AnchorKind, str]
"""Kind of an anchor, and where: the address of an authority, of a mailbox, a channel."""

#: Time between two checkpoints that are not urgent, for each kind of place.
ROUNDS: Final[Mapping[AnchorKind, timedelta]] = {
    "rfc3161": timedelta(minutes=1),
    "email": timedelta(hours=1),
    "slack": timedelta(hours=1),
}
#: Age of the last checkpoint of a closed crisis from which no new place is told of it.
PAST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AnchorDropped:
    """An anchor that waited is no longer asked for by the settings."""

    name: ClassVar[str] = "anchor_dropped"
    kind: AnchorKind
    where: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis without that wait."""
        gone = (self.kind, self.where)
        waiting = {key: since for key, since in crisis.anchors_waiting.items() if key != gone}
        return replace(crisis, anchors_waiting=waiting, receipts=crisis.receipts + 1, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class DropAnchors:
    """Stop waiting for the places that are not among these."""

    asked: Collection[Place]

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return what is dropped, in the order in which the waits began."""
        waits = sorted(crisis.anchors_waiting.items(), key=lambda one: one[1])
        return tuple(AnchorDropped(*place) for place, _ in waits if place not in self.asked)


def slack_place(crisis: Crisis) -> Place:
    """The place of the notices in the channel of the crisis."""
    return ("slack", f"#{crisis.channel_name}")


def due(crisis: Crisis, place: Place, now: datetime) -> bool:
    """Whether the newest checkpoint is to be put at this place now."""
    newest, held = crisis.checkpoint, crisis.anchors.get(place, 0)
    if newest is None or held >= newest.size:
        return False
    if held >= crisis.urgent_size and held:
        # A receipt of a time to come is of a clock that was put right since: it holds nothing up.
        return abs(now - crisis.anchored_at[place]) >= ROUNDS[place[0]]
    known = held or place in crisis.anchors_waiting
    return crisis.is_open or bool(known) or now - newest.at < PAST
