"""Everything that the product draws, at its largest, against Slack's table.

The renderers are found in the code: one that no case here runs fails the last test, so that a new
screen comes with its worst case.  What leaves is what ``fitting`` makes of it, as before every
call; the double and ``limits`` must both take it, it pings nobody but those whom we call, and
nothing is left out without a word.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.authoring.bench import Draft
from bot.authoring.joining import Faulty, Joined
from bot.authoring.versions import Kept
from bot.core.board import board, view
from bot.core.briefing import briefing
from bot.core.crisis import Actor, Crisis, Erasure, Stamp
from bot.core.deadlines import deadlines
from bot.core.documents import DocumentDrafted
from bot.core.drill import EndDrill, PlayInject, opening
from bot.core.erasable import Recorded
from bot.core.erasure import LinesErased
from bot.core.facts import FACTS
from bot.core.playbook import ErasureBasis, Plan, Step
from bot.core.scenario import Scenario
from bot.core.sealing import CheckpointSealed
from bot.core.states import STATES
from bot.drafts.draft import Asked, Listed
from bot.drafts.draft import Draft as Drafted
from bot.drafts.template import Field, Template
from bot.journal.report import Report
from bot.library.answer import Answer, SourceRef
from bot.library.cautions import Caution
from bot.library.compose import Sentence, Wording
from bot.library.corpus import IncidentCard
from bot.library.faults import Fault
from bot.slack import (
    adhoc,
    adoption,
    anchoring,
    audit,
    authoring_forms,
    authoring_shelf,
    choices,
    declare,
    document_forms,
    documents,
    drill,
    drill_messages,
    duties,
    elsewhere,
    erased,
    erasure_forms,
    hospital,
    limits,
    lists,
    modals,
    phases,
    quotes,
    ratings,
    retex,
    scheduled,
    similar,
    spot,
    telling,
    texts,
)
from bot.slack.answers import _Asked
from bot.slack.blocks import Block
from bot.slack.fitting import fit_view, fitting, pages
from bot.slack.home import auditor_blocks, author_blocks, calm_blocks, home_view
from bot.slack.notices import notice
from bot.slack.phases import messages
from bot.slack.render import Message
from bot.slack.values import Values
from tests.core.plans import PLAN, START, H, Room, real_plan
from tests.double import mentions, validate, validate_view
from tests.double.blocks import too_large, too_long
from tests.slack import test_cell_renders, test_renders
from tests.slack.giants import LONG, MANY, WHEN, giant, grown
from tests.slack.renderers import renderers, running
from tests.slack.test_rights_of_buttons import BUTTONS, FORMS, FREE

EVA = Actor("U07EVA", f"Éva {LONG}"[:200], LONG[:100])
STAMP = Stamp(987_654, EVA, WHEN, WHEN)
FAULTS = [Fault(f"playbooks/{LONG}.yaml", 12, LONG)] * MANY
CHANGED = [LONG] * 60
RECORDED: list[Recorded] = [(grown(DocumentDrafted), STAMP)] * MANY


@dataclass(frozen=True)
class Drawn:
    """All that was drawn, and the functions that ran for it."""

    messages: list[Message]
    answers: list[list[Block]]
    screens: list[Block]
    ran: set[str]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Everything, once, for one enormous crisis and for those of the other tests of renderers."""
    folder = tmp_path_factory.mktemp("books")
    late, exercise = test_renders.ROOMS["late"], test_cell_renders.LIVED["exercise"]
    with running() as ran:
        room = giant()
        messages_ = [*of_the_channel(room), *test_cell_renders.drawn(exercise)]
        messages_ += test_renders.drawn(late)
        answers = [list(one) for one in of_one_person(room)]
        answers += test_cell_renders.private(exercise)
        screens = [*on_a_screen(room, folder), *test_cell_renders.homes(exercise)]
        screens += test_renders.forms(exercise)
    return Drawn(messages_, answers, screens, ran)


def of_the_channel(room: Room) -> Iterator[Message]:
    """What its channel shows, whatever was recorded last."""
    shown = board(room.crisis, room.now + 90 * H)
    yield from messages(shown)
    yield from messages(replace(shown, crisis=replace(room.crisis, closed=room.crisis.opened)))
    for name, kind in FACTS.items():
        told = notice(grown(kind), replace(STAMP, seq=len(name)), room.crisis)
        if told is not None:
            yield told
    yield from erased.revised(replace(room.crisis, erased={12: 13}, erasures=_erasures(room)))
    made = similar.message(room.crisis, [(grown(IncidentCard), LONG)] * 3)
    assert made is not None
    yield made
    yield from telling.unsaid(room.crisis, [made], {}, lambda *_: False)
    sealed = replace(room.crisis, channel="C0CRISE")
    sealed = grown(CheckpointSealed).apply(sealed, STAMP)
    anchor = anchoring.notice_of(sealed, room.now + 90 * H)
    assert anchor is not None
    yield anchor
    for one in deadlines(room.crisis, room.now)[:3]:
        text, blocks = scheduled._message(scheduled._Ahead("k", room.now, one), shown)
        yield Message("scheduled", text, blocks)
    run = _drill()
    yield from (message for _, message in drill_messages.desks(run.crisis, run.now))


def _erasures(room: Room) -> dict[int, Erasure]:
    asked = grown(Erasure, settled="", by=EVA)
    return {1: asked, 2: replace(asked, settled="done")}


def _drill() -> Room:
    """A drill under way, conducted and observed."""
    room = Room()
    room.crisis = replace(room.crisis, id="EX-2026-0001")
    scenario = grown(Scenario, title=LONG[:150], duration=9 * H)
    room.does(opening(scenario, real_plan(), room.now, 4, ("U03DIANE",)), by=EVA)
    room.does(PlayInject(scenario.injects[0].id), by=EVA)
    return room


def of_one_person(room: Room) -> Iterator[Iterable[Block]]:
    """What one person is answered."""
    crisis, now = room.crisis, room.now + 90 * H
    shown = board(crisis, now)
    late = test_renders.ROOMS["late"].crisis
    shelf = {late.plan.playbook.id: _newer(late.plan)}
    answer = grown(Answer, declined="", wording=_worded(), sources=_sources())
    yield from (lists.steps_text(shown), lists.deadlines_blocks(shown), lists.seats_blocks(shown))
    yield from (texts.journal_blocks(crisis, RECORDED, first=True), texts.help_blocks())
    yield from _elsewhere(replace(crisis, channel="C" * 20, members=crisis.members | {EVA.id}))
    yield texts.briefing_blocks(briefing(crisis, START, now))
    yield phases.phase_blocks(shown, crisis.plan.playbook.phases[0].id)
    yield hospital.overview(crisis, now)
    yield adoption.version_blocks(late, shelf, EVA.id, {EVA.id})
    yield adoption.version_blocks(late, shelf, EVA.id, ())
    yield adhoc.to_forward(room.recorded)
    yield authoring_shelf.shelf_blocks(_shelf(), author=True, faults=9)
    yield _Asked(answer, shown, ratings.under(987_654)).blocks()
    yield _Asked(answer, None, ratings.under_elsewhere(LONG, "à vérifier", [LONG] * 9)).blocks()
    yield quotes.wording_blocks(answer, crisis)
    yield quotes.answer_blocks(replace(answer, found=False), shown)
    yield quotes.answer_blocks(replace(answer, found=False, declined=LONG), None)
    yield quotes.answer_blocks(answer, shown, to_come=True)
    yield audit.report_blocks(crisis, grown(Report, fault=None))
    yield audit.report_blocks(crisis, grown(Report))
    listed = [Listed(grown(Template), None, 3)] * 60
    yield document_forms.list_blocks(shown, listed)
    yield erasure_forms.remains(grown(LinesErased), 9, ["https://a.example/" + "x" * 80] * MANY,
                                (range(60), range(60)), clean=False)  # fmt: skip
    run = _drill()
    yield from (drill_messages.home_blocks(EVA.id, [run.crisis], now), home_drill(run))


def _elsewhere(crisis: Crisis) -> Iterator[Iterable[Block]]:
    """What is said away from the channel while nine such crises run."""
    yield texts.help_blocks("tout")
    yield elsewhere.already(EVA.id, [crisis] * 9)
    yield elsewhere.wrong_place("échéances", EVA.id, [crisis] * 9).blocks


def _newer(plan: Plan) -> Plan:
    """The same plan, much changed."""
    phases = tuple(
        replace(one, title=LONG, steps=one.steps[::-2]) for one in plan.playbook.phases[::-1]
    )
    return replace(plan, playbook=replace(plan.playbook, title=LONG, version=LONG, phases=phases))


def _shelf() -> dict[str, Plan]:
    """More playbooks than a message holds."""
    long = replace(PLAN, playbook=replace(PLAN.playbook, title=LONG, version=LONG))
    return {str(n): long for n in range(30)}


def home_drill(room: Room) -> list[Block]:
    """The Home's lines on a drill that is over."""
    room.wait(12 * H).does(EndDrill(LONG), by=EVA)
    assert room.crisis.drill is not None
    desk = drill_messages.desk_blocks(EVA.id, room.crisis, room.crisis.drill, room.now)
    return [*desk, *drill_messages.home_blocks(EVA.id, [room.crisis], room.now)]


def _worded() -> Wording:
    return Wording((Sentence(LONG, (1, 2)),) * 9, 3, "done")


def _sources() -> tuple[SourceRef, ...]:
    return tuple(grown(SourceRef, readers=("U1",)) for _ in range(MANY))


def on_a_screen(room: Room, folder: Path) -> Iterator[Block]:
    """Forms, views and Homes."""
    crisis, now = room.crisis, room.now
    step = crisis.plan.playbook.phases[0].steps[0]
    late = test_renders.ROOMS["late"].crisis
    yield from _of_step(step, crisis, now)
    yield from (modals.instant_form(crisis), modals.note_form(crisis), modals.paper_form(crisis))
    yield from (modals.question_form(crisis), modals.shown(LONG, texts.help_blocks()))
    yield from (adhoc.split_form(step, crisis), adhoc.outside_form(step, crisis))
    yield from _answered(crisis, now)
    yield from (spot._add_form(crisis), ratings.form("9", crisis), ratings.thanked())
    for choice in ("split", "outside"):
        made = adhoc.following(Values({}), {"do": choice, "step": step.id}, crisis)
        assert made is not None
        yield made
    yield from (hospital.opened(one, crisis, now) for one in (*STATES, "counter", "ultimatum"))
    yield hospital.recorded(crisis, now, LONG)
    yield from (duties.duty_form(one.duty, crisis, one) for one in deadlines(crisis, now)[:4])
    yield adoption.adoption_form(late, _newer(late.plan), again=True)
    again = adoption.read_adoption(Values({}), {}, late, _newer(late.plan), frozenset())
    assert isinstance(again, dict)
    yield again
    yield from (*_documents(crisis), *_erasure(crisis))
    yield from _authoring(crisis.plan, folder)
    yield retex._faults_view(Faulty(FAULTS))
    yield retex._joined(grown(Joined))[1]
    run = _drill().crisis
    yield from (drill._observation_form(run), drill._end_form(run), drill._opened(run))
    yield modals.form("exercice:open", "Exercice", drill._boxes(crisis.plan), crisis)
    yield from _homes(crisis, now)


def _answered(crisis: Crisis, now: datetime) -> Iterator[Block]:
    """Answers that took the place of their form, in a crisis and elsewhere."""
    shown = board(crisis, now)
    steps = [one.id for one in crisis.plan.playbook.steps]
    sources = tuple(grown(SourceRef, readers=("U1",), step=one) for one in steps[:MANY])
    answer = grown(Answer, declined="", wording=_worded(), sources=sources)
    inside = choices.offering("Réponse", _Asked(answer, shown, ratings.under(9)).blocks(), "C" * 20)
    about = ratings.under_elsewhere('"' * 999, "à vérifier", ["x" * 250] * 9)
    outside = choices.offering("Réponse", _Asked(answer, None, about).blocks(), "")
    grown_since = _Asked(answer, shown, ratings.under(9)).blocks(to_come=True)
    yield from (inside, outside, choices.again(inside, grown_since))


def _homes(crisis: Crisis, now: datetime) -> Iterator[Block]:
    shown = [board(crisis, now)] * 9
    yield home_view(EVA.id, shown, 9, author_blocks([(LONG, LONG)] * 60, FAULTS))
    yield home_view("U0NOBODY", shown, 9, auditor_blocks([crisis] * 9))
    yield home_view(EVA.id, [], 9, [calm_blocks(crisis, (WHEN.date(), LONG), None)])


def _of_step(step: Step, crisis: Crisis, now: datetime) -> Iterator[Block]:
    people = [Actor(f"U{n:04}", f"{n} {LONG}") for n in range(150)]
    plans = {f"{n}": crisis.plan for n in range(101)}
    yield from (declare.form(plans, LONG, ["1"], "{}"), declare.opened(crisis))
    seen = view(step, crisis, now)
    yield from (modals.step_details(seen, crisis, people), modals.step_done(seen, crisis))


def _documents(crisis: Crisis) -> Iterator[Block]:
    kinds: list[Any] = ["text", "long", "choice", "number", "date", "yesno"]
    asked = [Asked(grown(Field, kind=one), LONG, True) for one in kinds]
    template = grown(Template)
    made = grown(Drafted, template=template, crisis=crisis)
    yield documents._page(template, asked, crisis, 9)
    yield document_forms.preview_form(made, [grown(Caution)] * MANY, CHANGED, asked, 9)
    yield document_forms.done_view(made, 987_654)


def _erasure(crisis: Crisis) -> Iterator[Block]:
    asked = grown(Erasure, settled="", by=EVA)
    bases = [grown(ErasureBasis) for _ in range(MANY)]
    yield erasure_forms.lines_form(crisis)
    yield erasure_forms.ask_form(crisis, RECORDED, RECORDED, bases)
    yield erasure_forms.confirm_form(crisis, asked, RECORDED)
    yield erasure_forms.waits(crisis, asked)


def _authoring(plan: Plan, folder: Path) -> Iterator[Block]:
    path = folder / "x.yaml"
    text = _book(105)
    path.write_text(text, encoding="utf-8")
    draft = Draft("rancongiciel", path, "x.yaml", EVA.id, text, text.replace("Titre", "Autre"))
    step = draft.manuscript.ids()[0]
    yield authoring_forms.menu_view(draft, plan, CHANGED, LONG)
    yield authoring_forms.step_view(draft, plan, step, CHANGED)
    yield authoring_forms.new_view(draft, plan)
    yield authoring_forms.changes_view(draft, CHANGED, FAULTS)
    yield authoring_forms.changes_view(draft, CHANGED, ())
    yield authoring_forms.leave_view(draft, CHANGED)
    yield authoring_forms.publish_view(draft, CHANGED, FAULTS)
    yield authoring_forms.publish_view(draft, CHANGED, ())
    yield authoring_forms.overtaken_view(draft, CHANGED, CHANGED)
    kept = [grown(Kept, at=WHEN.isoformat(), sha256=f"{n:064}") for n in range(MANY)]
    yield authoring_shelf.versions_view(plan, kept, LONG)
    yield authoring_shelf.versions_view(plan, ())


def _book(steps: int) -> str:
    """A file of so many steps, with long words."""
    title = "Titre " + "très long 👩🏽\u200d⚕️ " * 20
    listed = "".join(
        f"      - id: e{n}\n        ref: E{n}\n        title: {title}{n}\n        role: dpo\n"
        f"        text: |\n          {title * 3}\n"
        for n in range(steps)
    )
    return (
        f"id: rancongiciel\ntitle: {title}\nversion: '1'\nsummary: x\nphases:\n"
        f"  - id: debut\n    title: {title}\n    steps:\n{listed}"
    )


def taken(name: str, blocks: list[Block]) -> None:
    """Both readings of the table take these blocks of a message."""
    assert validate(blocks) == [], name
    assert limits.validate(blocks, "message") == [], name
    assert not too_long(blocks), name


def called(thing: Any) -> set[str]:
    """Whom it would call who is not one of ours, by mention of a person or of a channel."""
    ours_too = re.compile(r"<@U\w+>|<#C\w+>|<https://a\.example/x+\|.*>")
    return {one for one in mentions(thing) if not ours_too.fullmatch(one)}


def test_every_message_fits(drawn: Drawn) -> None:
    """Within the table, and it calls nobody by accident."""
    for message in drawn.messages:
        made = fitting("chat.update", {"text": message.text, "blocks": message.blocks})
        taken(message.key, made["blocks"])
        assert 0 < len(made["text"]) <= 4_000
        assert called(made) == set(), message.key


def test_every_answer_fits(drawn: Drawn) -> None:
    """The same, in as many messages as it takes."""
    for answer in drawn.answers:
        for page in pages(answer):
            taken(str(page[:1])[:200], page)
            assert called({"text": "", "blocks": page}) == set()


def test_every_screen_fits(drawn: Drawn) -> None:
    """The same for forms, views and Homes; all that a form asks is still asked."""
    for screen in drawn.screens:
        made = fit_view(screen)
        name = screen.get("callback_id", "home")
        assert validate_view(made) == [], name
        assert limits.validate_view(made) == [], name
        assert not too_large(made), name
        assert called({"blocks": made["blocks"]}) == set(), name
        asked = [[one.get("block_id") for one in each["blocks"]] for each in (screen, made)]
        assert [one for one in asked[0] if one] == [one for one in asked[1] if one], name


#: What draws with a service at hand; each is played by the nights of its own tests.
ON_A_NIGHT = {
    "authoring.Playbooks._adopting",
    "authoring.Playbooks._looked",
    "authoring.Playbooks._overtaken",
    "authoring.Playbooks._step",
    "face.Face._form",
    "face.Face.declaration",
    "log_pages.cell_page",
    "notify.Projector._desired",
    "notify.Projector._due",
    "notify.Projector._prepare",
    "notify.Projector._told",
    "retex.Retex._form",
}
#: What makes things fit: tested in ``test_limits``.
FITTING = {"fitting", "limits"}


def test_no_renderer_is_without_its_largest_case(drawn: Drawn) -> None:
    """Each function that draws ran for the cases: a new one must come with its own."""
    found = {
        name
        for name, kind in renderers().items()
        if kind == "def" and name.partition(".")[0] not in FITTING
    }

    assert found - drawn.ran - ON_A_NIGHT == set()
    assert found >= ON_A_NIGHT


def test_no_form_waits_for_a_press(drawn: Drawn) -> None:
    """Some clients send no button that is pressed within a form: everything is a field there."""
    pressed = [
        (screen["callback_id"], element.get("action_id"))
        for screen in drawn.screens
        if screen["type"] == "modal"
        for block in screen["blocks"]
        if block["type"] != "input"
        for element in limits.elements(block)
        if "action_id" in element and "url" not in element
    ]

    assert pressed == []


def test_every_button_and_form_has_its_rights_tested(drawn: Drawn) -> None:
    """What can be pressed or sent is in the lists of ``test_rights_of_buttons``."""
    shown = [one.blocks for one in drawn.messages] + drawn.answers
    shown += [one["blocks"] for one in drawn.screens]
    pressed = {
        ":".join(element["action_id"].split(":")[:2])
        for blocks in shown
        for block in blocks
        if block["type"] != "input"
        for element in limits.elements(block)
        if "action_id" in element
    }
    sent = {one.get("callback_id", "") for one in drawn.screens} - {""}

    assert pressed - set(BUTTONS) == set()
    assert sent - set(FORMS) - FREE == set()
