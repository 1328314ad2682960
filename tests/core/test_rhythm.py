"""The rhythm of the briefings: once a slot, the latest only after an absence; what may leave."""

from datetime import timedelta

import pytest

from bot.core.briefing import briefing
from bot.core.crisis import TOCSIN, Fact
from bot.core.notes import TakeDecision
from bot.core.people import GiveRole
from bot.core.rhythm import BriefingRaised, RaiseBriefing, ShareBriefing, public_text, since
from bot.core.steps import BlockStep, CompleteStep
from tests.core.plans import BRUNO, CLAIRE, MIN, START, H, Room, closed, opened, says


def due(room: Room, every: timedelta = 3 * H) -> tuple[Fact, ...]:
    """What the loop raises now."""
    return room.does(RaiseBriefing(every, "C0WIDER"), by=TOCSIN)


def test_one_a_slot_counted_from_the_opening() -> None:
    """Nothing before the first slot; then one each, telling since the one before."""
    room = opened().wait(3 * H - MIN)
    assert due(room) == ()
    room.wait(6 * MIN)
    assert due(room) == (BriefingRaised(START + 3 * H, START, "C0WIDER"),)
    assert due(room) == ()
    room.wait(3 * H)
    assert due(room) == (BriefingRaised(START + 6 * H, START + 3 * H + 5 * MIN, "C0WIDER"),)


def test_after_an_absence_only_the_latest() -> None:
    """Ten hours away give one briefing, not three; it tells since the last one that was given."""
    room = opened().wait(3 * H)
    due(room)
    room.wait(10 * H)
    (fact,) = due(room)
    assert fact == BriefingRaised(START + 12 * H, START + 3 * H, "C0WIDER")


def test_another_rhythm_begins_at_its_next_slot() -> None:
    """A rhythm changed under way raises nothing twice."""
    room = opened().wait(4 * H)
    assert due(room, 4 * H)
    assert due(room, 2 * H) == ()
    room.wait(2 * H)
    assert due(room, 2 * H)
    assert due(room, 4 * H) == ()
    assert due(room, timedelta(0)) == ()


def test_neither_closed_nor_before_the_opening() -> None:
    """A closed crisis is left in peace, and a clock behind the opening raises nothing."""
    assert due(closed().wait(5 * H)) == ()
    assert due(opened().wait(-5 * H)) == ()


def test_since_when_a_briefing_asked_for_tells() -> None:
    """Since the last one given; before the first, since the opening or some hours ago."""
    room = opened().wait(H)
    assert since(room.crisis, room.now) == START
    room.wait(9 * H)
    assert since(room.crisis, room.now) == START + 6 * H
    due(room)
    room.wait(H)
    assert since(room.crisis, room.now) == START + 10 * H


def test_a_clock_that_was_put_right_silences_no_briefing() -> None:
    """The server believed itself a year ahead for a moment: the slots of tonight are raised all the
    same, once each, and a briefing asked for looks back as far as it should."""
    room = opened().wait(4 * H)
    assert due(room) == (BriefingRaised(START + 3 * H, START, "C0WIDER"),)
    room.wait(365 * 24 * H)
    assert due(room)
    room.wait(-365 * 24 * H + 3 * H)
    assert due(room) == (BriefingRaised(START + 6 * H, START + 4 * H, "C0WIDER"),)
    assert due(room) == ()
    assert since(room.crisis, room.now) <= room.now


def test_what_leaves_the_cell_holds_nothing_sensitive() -> None:
    """Neither names, decisions, proofs, reasons nor the words of the declaration."""
    room = opened(title="Rançon de Madame X")
    room.does(TakeDecision("Couper Internet"), GiveRole("rssi", BRUNO))
    room.does(CompleteStep("constater", "photo de la note"), BlockStep("papier", "rien imprimé"))
    text = public_text(room.crisis, room.now)
    says(text, "Point de situation", "Petit plan", "terminé 1 de ses", "ne le relayez pas")
    for word in ("Madame", "Couper", "photo", "imprimé", "Bruno", "Claire", "commission"):
        assert word not in text


@pytest.mark.parametrize(
    ("command", "words"),
    [
        pytest.param(ShareBriefing("texte", ""), "Aucun canal élargi", id="nowhere"),
        pytest.param(ShareBriefing("  ", "C1"), "Il manque le texte", id="empty"),
    ],
)
def test_what_is_not_passed_on(command: ShareBriefing, words: str) -> None:
    """Without a channel or without words, nothing is recorded."""
    says(opened().refuses(command), words)


def test_what_is_passed_on_is_kept() -> None:
    """The words, the place, who and when, under the number of the entry."""
    room = opened()
    room.does(ShareBriefing("Tout va mieux.", "C1"), by=CLAIRE)
    (shared,) = room.crisis.shared.values()
    assert (shared.text, shared.channel, shared.by) == ("Tout va mieux.", "C1", CLAIRE)


def test_done_is_told_in_the_order_in_which_it_was() -> None:
    """A briefing lists what was finished by time, not by the order of the playbook."""
    room = opened()
    room.does(CompleteStep("papier"))
    room.wait(MIN).does(CompleteStep("constater"))
    report = briefing(room.crisis, START - MIN, room.now)
    assert [one.step.id for one in report.done] == ["papier", "constater"]
