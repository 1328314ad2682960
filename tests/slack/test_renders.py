"""All that the product draws, at its worst: within Slack's limits, harmless, in right French."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.core.adhoc import AddStep, EntrustStep, SplitStep
from bot.core.board import board, view
from bot.core.briefing import briefing
from bot.core.crisis import Actor, Command
from bot.core.deadlines import deadlines
from bot.core.duties import RaiseReminders, SettleDuty
from bot.core.hospital import CountUp, RecordUltimatum, TellStates
from bot.core.instants import RecordInstant
from bot.core.notes import TakeDecision
from bot.core.opening import CloseCrisis, OpenCrisis
from bot.core.people import GiveRole
from bot.core.playbook import Plan
from bot.core.states import STATES
from bot.core.steps import BlockStep, TakeStep
from bot.slack import adhoc, declare, duties, hospital, lists, modals, texts
from bot.slack.blocks import Block, fitted
from bot.slack.duties import duty_messages
from bot.slack.home import home_view
from bot.slack.notices import notice, orders
from bot.slack.phases import MAX_STEPS, messages, phase_blocks
from bot.slack.render import Message
from tests.core.plans import START, H, Room, real_plan
from tests.double import mentions, validate, validate_view
from tests.double.blocks import texts as all_texts
from tests.double.blocks import too_long

WORST = "<!channel> & <b> *_~` 👩🏽‍⚕️ e\u0301" * 9
EVA = Actor("U07EVA", f"Éva {WORST}"[:80], "Exploitation")
#: A plain space where French wants one that does not break.
WRONG_SPACE = re.compile(r" [:;!?»]|« ")


def hostile(plan: Plan) -> Plan:
    """The plan with titles at their longest and one phase with more steps than a message shows."""
    phases = []
    for phase in plan.playbook.phases:
        steps = tuple(replace(one, title=f"{one.title} {WORST}"[:150]) for one in phase.steps)
        phases.append(replace(phase, title=f"{phase.title} {WORST}"[:150], steps=steps))
    many = [
        replace(phases[0].steps[0], id=f"etape-{number}", after=(), when={})
        for number in range(MAX_STEPS + 10)
    ]
    phases[0] = replace(phases[0], steps=(*phases[0].steps, *many))
    return replace(plan, playbook=replace(plan.playbook, phases=tuple(phases)))


def on_the_spot(now: datetime) -> list[Command]:
    """Steps added, split and sent outside, and a hospital of which all is told, in such words."""
    name = f"{WORST}"[:70]
    names = tuple(f"{number} {name}" for number in "abcdefghijkl")
    return [
        AddStep(WORST[:120], "", now + H, WORST),
        SplitStep("A01", tuple(f"{number}{WORST}"[:120] for number in "abcdefgh")),
        EntrustStep("A01.1", WORST[:120], f"``` {WORST}"),
        *(TellStates(one, names, states[0], WORST[:120]) for one, states in STATES.items()),
        *(CountUp(f"{letter} {WORST[:70]}", 999_999, False) for letter in "abcdefghijkl"),
        RecordUltimatum(now + 48 * H, WORST),
    ]


def worst(*, exercise: bool, closed: bool) -> Room:
    """A crisis in which all is late, blocked, held, settled, and said in hostile words."""
    room = Room()
    plan = hostile(real_plan())
    room.does(OpenCrisis(f"Rançon {WORST}"[:150], plan, START, exercise=exercise))
    commands: list[Command] = [
        *on_the_spot(room.now),
        *(GiveRole(one.id, EVA) for one in room.crisis.plan.cell.roles),
        *(TakeStep(one.id) for one in room.crisis.plan.playbook.steps[::2]),
        *(BlockStep(one.id, WORST * 9) for one in room.crisis.plan.playbook.steps[1::2]),
        *(
            RecordInstant(one.id, START, known_by=WORST, evidence=WORST)
            for one in room.crisis.plan.obligations.instants
            if one.id not in room.crisis.instants
        ),
        *(TakeDecision((WORST * 9)[:3000]) for _ in range(30)),
        SettleDuty("cnil-initiale", "sent", (WORST * 9)[:3000]),
    ]
    for command in commands:
        room.does(command, by=EVA)
    room.wait(timedelta(days=40)).does(RaiseReminders())
    if closed:
        room.does(CloseCrisis(WORST))
    return room


ROOMS = {
    "late": worst(exercise=False, closed=False),
    "exercise": worst(exercise=True, closed=False),
    "closed": worst(exercise=True, closed=True),
}


def drawn(room: Room) -> list[Message]:
    """Every message of the channel."""
    crisis, now = room.crisis, room.now
    shown = board(crisis, now)
    told = [notice(fact, stamp, crisis) for fact, stamp in room.recorded]
    return [
        *messages(shown),
        *duty_messages(shown),
        orders(shown),
        *(one for one in told if one),
    ]


def private(room: Room) -> list[list[Block]]:
    """Everything that is shown to one person."""
    crisis, now = room.crisis, room.now
    shown = board(crisis, now)
    return [
        texts.help_blocks(),
        texts.briefing_blocks(briefing(crisis, now - 4 * H, now)),
        texts.journal_blocks(crisis, room.recorded[-12:]),
        lists.steps_text(shown),
        lists.deadlines_blocks(shown),
        lists.seats_blocks(shown),
        adhoc.to_forward(room.recorded),
        hospital.overview(crisis, now),
    ]


def forms(room: Room) -> list[Block]:
    """Every form and view."""
    crisis, now = room.crisis, room.now
    people = [EVA, Actor("U02BRUNO", "Bruno")]
    found = [
        declare.form({"rancongiciel": crisis.plan}, WORST * 9, ["rancongiciel"], "{}"),
        declare.opened(crisis),
        modals.note_form(crisis),
        modals.note_form(crisis, "decision"),
        modals.instant_form(crisis),
        modals.question_form(crisis),
        home_view(EVA.id, [board(crisis, now)] * 9, 3),
        adhoc.add_form(crisis),
        adhoc.split_form(crisis.plan.playbook.steps[0], crisis),
        adhoc.outside_form(crisis.plan.playbook.steps[0], crisis),
        hospital.recorded(crisis, now, WORST),
        *(hospital.state_form(one, crisis) for one in STATES),
        hospital.counter_form(crisis),
        hospital.ultimatum_form(crisis, now),
    ]
    found += [duties.duty_form(one.duty, crisis, one) for one in deadlines(crisis, now)]
    for step in crisis.plan.playbook.steps:
        found.append(modals.step_details(view(step, crisis, now), crisis, people))
        found.append(modals.step_done(view(step, crisis, now), crisis))
    return found


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS.keys())
def test_all_messages_fit_and_are_harmless(room: Room) -> None:
    """Slack takes each message, only those whom we call are pinged, and exercises say so."""
    for message in drawn(room):
        assert validate(message.blocks) == [], message.key
        assert not too_long(message.blocks), message.key
        assert 0 < len(message.text) <= 4_000, message.key
        pinged = set(mentions({"text": message.text, "blocks": message.blocks}))
        assert all(re.fullmatch(r"<@U0\w+>", one) for one in pinged), (message.key, pinged)
        if room.crisis.exercise:
            assert "EXERCICE" in message.text, message.key
            assert "EXERCICE" in repr(message.blocks), message.key


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS.keys())
def test_all_private_words_and_forms_fit_and_are_harmless(room: Room) -> None:
    """The same for what one person sees."""
    for blocks in map(fitted, private(room)):
        assert validate(blocks) == []
        assert not too_long(blocks)
        assert mentions({"text": "", "blocks": blocks}) == []
    for form in forms(room):
        assert validate_view(form) == [], form["callback_id"]
        assert [one for one in mentions({"blocks": form["blocks"]}) if "<#" not in one] == []


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS.keys())
def test_french_spaces_everywhere(room: Room) -> None:
    """Before « : ; ! ? » and inside « », every space is one that does not break."""
    seen: list[Any] = [message.blocks for message in drawn(room)]
    seen += [private(room), [form["blocks"] for form in forms(room)]]
    for one in all_texts(seen):
        assert not WRONG_SPACE.search(one["text"].replace(WORST[:10], "")), one["text"]


def test_what_a_person_must_read_first_comes_first() -> None:
    """The board begins with what is happening, then what to do now, then the clocks."""
    shown = board(ROOMS["late"].crisis, ROOMS["late"].now)
    first = messages(shown)[0]
    kinds = [one["text"]["text"].split("*")[1] for one in first.blocks if one["type"] == "section"]
    assert kinds[1] == "À faire maintenant"
    assert kinds[2 + len(shown.next_three)] == "Délais légaux"


def test_what_is_to_be_done_now_is_taken_from_the_board() -> None:
    """Each of the three steps on the board has its button: nobody has to look for it."""
    room = Room()
    room.does(OpenCrisis("Écrans", real_plan(), START))
    shown = board(room.crisis, room.now)
    pressed = [one["action_id"] for one in _buttons(messages(shown)[0].blocks)]
    taken = [one for one in pressed if one.startswith("say:take:")]
    assert taken == [f"say:take:{one.step.id}" for one in shown.next_three]


def test_a_phase_longer_than_a_message_points_to_the_rest() -> None:
    """Steps beyond what a message can show are not dropped in silence."""
    first = messages(board(ROOMS["late"].crisis, ROOMS["late"].now))[1]
    assert "/crise étapes" in repr(first.blocks)
    buttons = [one["action_id"] for one in _buttons(first.blocks)]
    assert buttons[-1].startswith("open:phase:")


def test_what_waits_is_one_short_line() -> None:
    """A telephone shows what can be done; a step that waits has no button of its own."""
    room = Room()
    room.does(OpenCrisis("Écrans", real_plan(), START))
    shown = messages(board(room.crisis, room.now))
    phases = [one for one in shown if one.key.startswith("phase:")]
    units = next(one for one in phases if one.key == "phase:unites")
    assert "attend R09" in repr(units.blocks)
    assert "et 9 de plus" in repr(units.blocks)
    assert [one["action_id"] for one in _buttons(units.blocks)] == ["open:phase:unites"]
    assert max(len(one.blocks) for one in phases) <= 12


def test_a_whole_phase_opens_with_every_step() -> None:
    """Nothing is hidden for good: the list has each step, its state and its details."""
    shown = board(ROOMS["late"].crisis, ROOMS["late"].now)
    for phase in shown.phases:
        blocks = phase_blocks(shown, phase.phase.id)
        assert validate(blocks) == []
        opened = [one["action_id"] for one in _buttons(blocks)]
        assert opened == [f"open:step:{one.step.id}" for one in phase.steps]


def test_a_finished_step_keeps_only_its_details() -> None:
    """Nothing is left to press on a closed crisis but reading."""
    shown = messages(board(ROOMS["closed"].crisis, ROOMS["closed"].now))
    pressed = [one for message in shown[1:] for one in _buttons(message.blocks)]
    assert {one["action_id"].split(":")[0] for one in pressed} == {"open"}


def _buttons(blocks: list[Block]) -> list[Block]:
    found = [one for block in blocks for one in block.get("elements", [])]
    found += [block["accessory"] for block in blocks if block.get("accessory")]
    return [one for one in found if one.get("type") == "button"]
