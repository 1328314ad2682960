"""Which checkpoint goes where outside, and when: the rules as a table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.anchoring import AnchorDropped, DropAnchors, Place, due, slack_place
from bot.core.crisis import TOCSIN, Checkpoint, Crisis, Stamp
from bot.core.sealing import (
    URGENT,
    AnchorDelayed,
    AnchorReceived,
    CheckpointSealed,
    Reason,
    active,
)

START = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
OPENED = Stamp(1, TOCSIN, START, START)
TSA: Place = ("rfc3161", "https://tsa.example/tsr")
MAIL: Place = ("email", "temoin@agence.example")
M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Log:
    """A crisis to which checkpoints and receipts are added at chosen moments."""

    def __init__(self) -> None:
        """Open it."""
        self.crisis = Crisis(
            "2026-0001", opened=OPENED, channel="C1", channel_name="crise-x", seq=1
        )

    def stamp(self, after: timedelta) -> Stamp:
        """The next entry, recorded so long after the opening."""
        return Stamp(self.crisis.seq + 1, TOCSIN, START + after, START + after)

    def sealed(self, reason: Reason, after: timedelta = 0 * M) -> "Log":
        """Add a checkpoint."""
        size = self.crisis.seq
        fact = CheckpointSealed(size, f"{size:064x}", "note", "clé", reason)
        self.crisis = fact.apply(self.crisis, self.stamp(after))
        return self

    def held(self, place: Place, after: timedelta = 0 * M) -> "Log":
        """Add the receipt of the newest checkpoint."""
        newest = self.crisis.checkpoint
        assert newest is not None
        fact = AnchorReceived(*place, newest.size, newest.head, "reçu", None, 0)
        self.crisis = fact.apply(self.crisis, self.stamp(after))
        return self

    def waits(self, place: Place, after: timedelta = 0 * M) -> "Log":
        """Add that an anchor waits."""
        self.crisis = AnchorDelayed(*place, 1, "muet").apply(self.crisis, self.stamp(after))
        return self

    def closed(self) -> "Log":
        """Close it."""
        self.crisis = replace(self.crisis, closed=self.stamp(0 * M))
        return self


def both() -> Log:
    """A crisis whose opening both places hold."""
    return Log().sealed("opening").held(TSA).held(MAIL)


@pytest.mark.parametrize(
    ("log", "after", "places"),
    [
        (Log(), 0 * M, ()),
        (Log().sealed("opening"), 0 * M, (TSA, MAIL)),
        (Log().sealed("decision"), 0 * M, (TSA, MAIL)),
        (both(), 30 * D, ()),
        (both().sealed("decision", M / 2), M / 2, ()),
        (both().sealed("decision", M / 2), M, (TSA,)),
        (both().sealed("time", 15 * M), 59 * M, (TSA,)),
        (both().sealed("time", 15 * M), H, (TSA, MAIL)),
        (both().sealed("closing", 2 * M), 2 * M, (TSA, MAIL)),
        (both().sealed("export", M / 2), M / 2, (TSA, MAIL)),
        (both().sealed("key", M / 2), M / 2, (TSA, MAIL)),
        (both().sealed("export", M / 2).sealed("decision", M / 2), M / 2, (TSA, MAIL)),
        (both().sealed("export", M / 2).held(MAIL, M / 2), M / 2, (TSA,)),
        (Log().sealed("opening").held(TSA).sealed("decision", 9 * M), 9 * M, (TSA, MAIL)),
        (both().sealed("closing", H).closed(), 30 * D, (TSA, MAIL)),
        (Log().sealed("closing").closed(), D - M, (TSA, MAIL)),
        (Log().sealed("closing").closed(), D, ()),
        (Log().sealed("closing").waits(TSA).closed(), 30 * D, (TSA,)),
    ],
    ids=[
        "nothing sealed",
        "opening",
        "first, whatever its reason",
        "held",
        "decision, at once",
        "decision, a minute later",
        "time, within the hour",
        "time, after the hour",
        "closing",
        "export",
        "change of key",
        "export, then a decision before it went out",
        "export held by one",
        "a place that has none yet",
        "closed and late",
        "closed, a place that it never knew",
        "closed for a day, a place that it never knew",
        "closed, a place that waited",
    ],
)
def test_what_is_due_where(log: Log, after: timedelta, places: tuple[Place, ...]) -> None:
    """So long after the opening, these places are to be given the newest checkpoint."""
    assert tuple(one for one in (TSA, MAIL) if due(log.crisis, one, START + after)) == places


def test_what_is_urgent_is_named() -> None:
    """A decision or the passing of time may wait for the next round; these may not."""
    assert {"opening", "closing", "export", "key"} == URGENT


def test_receipts_call_for_no_checkpoint_of_their_own() -> None:
    """Otherwise each anchor would call for the next, for ever."""
    log = both().sealed("decision", M).waits(MAIL, M).held(TSA, M)
    dropped = AnchorDropped(*MAIL).apply(log.crisis, log.stamp(M))
    assert active(dropped) == 0
    assert dropped.anchors_waiting == {}


def test_a_wait_that_nobody_asks_for_ends() -> None:
    """The settings name other places now: the wait is dropped, once, and the others stay."""
    log = Log().sealed("opening").waits(MAIL).waits(TSA, M)
    command = DropAnchors({TSA, slack_place(log.crisis)})

    assert command.decide(log.crisis, TOCSIN, START) == (AnchorDropped(*MAIL),)
    (fact,) = command.decide(log.crisis, TOCSIN, START)
    after = fact.apply(log.crisis, log.stamp(M))
    assert command.decide(after, TOCSIN, START) == ()
    assert dict(after.anchors_waiting) == {TSA: START + M}


def test_the_place_of_the_notices_is_the_channel() -> None:
    """People know it by its name."""
    assert slack_place(Log().crisis) == ("slack", "#crise-x")


def test_a_checkpoint_says_what_it_covers() -> None:
    """The rules look at the newest, and at how far the last urgent one went."""
    log = Log().sealed("opening").held(TSA).sealed("time", H)
    assert log.crisis.checkpoint == Checkpoint(4, 3, f"{3:064x}", START + H)
    assert log.crisis.urgent_size == 1


def test_a_receipt_of_a_time_to_come_holds_nothing_up() -> None:
    """The clock was a year ahead when it came, and was put right: the next checkpoint goes out."""
    log = Log().sealed("opening").held(MAIL).sealed("decision", 365 * D).held(MAIL, 365 * D)
    log.sealed("entries", 365 * D)
    assert due(log.crisis, MAIL, START + 2 * H)
    assert not due(log.crisis, MAIL, START + 365 * D + 10 * M)
