"""What the cell is told of itself, at its worst: arrivals, handovers, briefings, Homes."""

import re
from datetime import date
from typing import Any

import pytest

from bot.core.absence import HolderAway, SayAway
from bot.core.board import board
from bot.core.crisis import TOCSIN, Actor
from bot.core.handover import ProposeHandover
from bot.core.rhythm import BriefingRaised, BriefingShared, RaiseBriefing, ShareBriefing
from bot.library.compose import Sentence, Wording
from bot.library.faults import Fault
from bot.slack import briefings
from bot.slack.absence import absence
from bot.slack.arrival import welcome
from bot.slack.blocks import Block, fitted
from bot.slack.briefings import letters, share_form, worded_blocks
from bot.slack.handover import handover_messages, own_sheet
from bot.slack.home import auditor_blocks, author_blocks, calm_blocks, home_view
from bot.slack.notices import notice
from bot.slack.render import Message
from tests.core.plans import H, Room
from tests.double import mentions, validate, validate_view
from tests.double.blocks import texts as all_texts
from tests.double.blocks import too_long
from tests.slack.test_renders import EVA, ROOMS, WORST, WRONG_SPACE

BRUNO = Actor("U02BRUNO", f"Bruno {WORST}"[:80])
WIDER = "C0WIDER"


def lived(name: str) -> Room:
    """One of the worst crises, in which the cell is relieved, briefed and short of somebody."""
    room = Room()
    room.crisis, room.now = ROOMS[name].crisis, ROOMS[name].now
    room.does(ProposeHandover(BRUNO), by=EVA)
    room.does(SayAway(EVA), by=BRUNO)
    room.does(RaiseBriefing(3 * H, WIDER), by=TOCSIN)
    room.does(ShareBriefing(f"{WORST}\n{WORST * 9}"[:3000], WIDER), by=EVA)
    return room


LIVED = {name: lived(name) for name in ("late", "exercise")}


def drawn(room: Room) -> list[Message]:
    """Every message, in the channel and elsewhere."""
    crisis = room.crisis
    told = [notice(fact, stamp, crisis) for fact, stamp in room.recorded]
    own = [
        made
        for fact, stamp in room.recorded
        for made in (
            briefings.raised(fact, stamp, crisis, "x")
            if isinstance(fact, BriefingRaised)
            else None,
            briefings.shared(fact, stamp, crisis, "x")
            if isinstance(fact, BriefingShared)
            else None,
            absence(fact, stamp, crisis, "x") if isinstance(fact, HolderAway) else None,
        )
    ]
    assert sum(one is not None for one in own) == 3
    return [
        *(one for one in (*told, *own) if one is not None),
        *handover_messages(board(crisis, room.now)),
        *(one.write() for one in letters(crisis)),
        welcome(EVA.id, crisis, room.now),
        welcome("U0NOBODY", crisis, room.now),
    ]


def private(room: Room) -> list[list[Block]]:
    """What one person alone is shown."""
    shown = board(room.crisis, room.now)
    people = [EVA, BRUNO]
    wording = Wording((Sentence(WORST, (1, 2)),) * 8, 3, "done")
    return [
        own_sheet(EVA.id, shown, people),
        own_sheet("U0NOBODY", shown, people),
        worded_blocks(wording, room.crisis),
    ]


def homes(room: Room) -> list[Any]:
    """Homes with all that they may hold, and the form that shares."""
    faults = [Fault(f"playbooks/{WORST}.yaml", 12, WORST * 9)] * 9
    more = [
        calm_blocks(room.crisis, (date(2027, 5, 21), WORST), None),
        *author_blocks([(WORST, WORST)] * 12, faults),
        *auditor_blocks([room.crisis] * 9),
    ]
    shown = [board(room.crisis, room.now)] * 9
    return [home_view(EVA.id, shown, 9, more), share_form(room.crisis, WIDER, WORST * 9)]


@pytest.mark.parametrize("room", LIVED.values(), ids=LIVED.keys())
def test_all_of_it_fits_and_is_harmless(room: Room) -> None:
    """Slack takes each, only those whom we call are pinged, and an exercise says so."""
    for message in drawn(room):
        assert validate(message.blocks) == [], message.key
        assert not too_long(message.blocks), message.key
        pinged = set(mentions({"text": message.text, "blocks": message.blocks}))
        ours = (re.fullmatch(r"<@U0\w+>|<#C0WIDER>", one) for one in pinged)
        assert all(ours), (message.key, pinged)
        if room.crisis.exercise:
            assert "EXERCICE" in message.text, message.key
    for blocks in private(room):
        assert validate(fitted(blocks)) == []
        assert set(mentions({"blocks": blocks})) == set()
    for view in homes(room):
        assert validate_view(view) == []
        assert set(mentions(view)) <= {f"<#{WIDER}>"}


@pytest.mark.parametrize("room", LIVED.values(), ids=LIVED.keys())
def test_its_french_has_the_right_spaces(room: Room) -> None:
    """Wherever French wants one, the space does not break."""
    shown: list[Any] = [{"blocks": one.blocks} for one in drawn(room)]
    shown += [{"blocks": blocks} for blocks in private(room)] + homes(room)
    for one in shown:
        for text in all_texts(one):
            assert not WRONG_SPACE.search(text["text"]), text
