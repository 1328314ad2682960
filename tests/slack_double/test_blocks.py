"""Blocks that Slack refuses are refused, and blocks that it takes are taken."""

from typing import Any

import pytest

from tests.double import validate, validate_view

Block = dict[str, Any]


def plain(text: str) -> Block:
    """Return a plain text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    """Return a mrkdwn text object."""
    return {"type": "mrkdwn", "text": text}


def section(**more: Any) -> Block:
    """Return a section."""
    return {"type": "section", "text": mrkdwn("Texte"), **more}


def button(**more: Any) -> Block:
    """Return a button."""
    return {"type": "button", "action_id": "a", "text": plain("Faire"), **more}


def actions(*elements: Block, **more: Any) -> Block:
    """Return a row of elements."""
    return {"type": "actions", "elements": list(elements), **more}


def option(value: str = "v", text: str = "Choix") -> Block:
    """Return an option of a menu."""
    return {"text": plain(text), "value": value}


def select(**more: Any) -> Block:
    """Return a menu."""
    return {"type": "static_select", "action_id": "s", "options": [option()], **more}


def field(element: Block | None = None, **more: Any) -> Block:
    """Return an input block."""
    text = {"type": "plain_text_input", "action_id": "t"}
    return {"type": "input", "label": plain("Nom"), "element": element or text, **more}


def modal(**more: Any) -> Block:
    """Return a modal."""
    return {"type": "modal", "title": plain("Titre"), "blocks": [section()], **more}


def table(rows: int = 1, cells: int = 1) -> Block:
    """Return a table."""
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * cells] * rows}


REFUSED: list[tuple[str, list[Block]]] = [
    ("unknown block", [{"type": "alert", "text": plain("x")}]),
    ("no type", [{"text": plain("x")}]),
    ("unknown property", [section(colour="red")]),
    ("more than 50 blocks", [{"type": "divider"}] * 51),
    ("section without text nor fields", [{"type": "section"}]),
    ("empty text", [{"type": "section", "text": mrkdwn("")}]),
    ("text of 3001", [{"type": "section", "text": mrkdwn("x" * 3001)}]),
    ("text that is a string", [{"type": "section", "text": "x"}]),
    ("emoji in mrkdwn", [{"type": "section", "text": mrkdwn("x") | {"emoji": True}}]),
    ("11 fields", [{"type": "section", "fields": [mrkdwn("x")] * 11}]),
    ("no fields in fields", [{"type": "section", "fields": []}]),
    ("field of 2001", [{"type": "section", "fields": [mrkdwn("x" * 2001)]}]),
    ("header in mrkdwn", [{"type": "header", "text": mrkdwn("x")}]),
    ("header of 151", [{"type": "header", "text": plain("x" * 151)}]),
    ("context of 11", [{"type": "context", "elements": [mrkdwn("x")] * 11}]),
    ("button in a context", [{"type": "context", "elements": [button()]}]),
    ("actions without elements", [actions()]),
    ("26 actions", [actions(*(button(action_id=f"a{i}") for i in range(26)))]),
    ("same action_id twice", [actions(button(), button())]),
    ("same block_id twice", [section(block_id="b"), section(block_id="b")]),
    ("block_id of 256", [section(block_id="b" * 256)]),
    ("action_id of 256", [actions(button(action_id="a" * 256))]),
    ("button text of 76", [actions(button(text=plain("x" * 76)))]),
    ("button in mrkdwn", [actions(button(text=mrkdwn("x")))]),
    ("button value of 2001", [actions(button(value="x" * 2001))]),
    ("button url of 3001", [actions(button(url="h" * 3001))]),
    ("button of another style", [actions(button(style="default"))]),
    ("input in actions", [actions({"type": "plain_text_input", "action_id": "t"})]),
    ("confirm without title", [actions(button(confirm={"text": plain("x")}))]),
    ("menu without options", [actions(select(options=[]))]),
    ("menu with neither options nor groups", [actions({"type": "static_select"})]),
    ("menu of 101", [actions(select(options=[option(str(i)) for i in range(101)]))]),
    ("option text of 76", [actions(select(options=[option(text="x" * 76)]))]),
    ("option value of 151", [actions(select(options=[option("x" * 151)]))]),
    ("option twice", [actions(select(options=[option(), option()]))]),
    ("first option not among them", [actions(select(initial_option=option("z")))]),
    ("placeholder of 151", [actions(select(placeholder=plain("x" * 151)))]),
    ("overflow of 6", [actions({"type": "overflow", "options": [option()] * 6})]),
    ("11 boxes", [actions({"type": "checkboxes", "options": [option(str(i)) for i in range(11)]})]),
    ("date in words", [actions({"type": "datepicker", "initial_date": "demain"})]),
    ("instant beside a section", [section(accessory={"type": "datetimepicker"})]),
    ("image without alt text", [{"type": "image", "image_url": "https://x.example/i.png"}]),
    ("two tables", [table(), table()]),
    ("table of 101 rows", [table(101)]),
    ("table of 21 cells", [table(1, 21)]),
    ("markdown past 12 000 together", [{"type": "markdown", "text": "x" * 7_000}] * 2),
    ("label in mrkdwn", [field(label=mrkdwn("x"))]),
    ("label of 2001", [field(label=plain("x" * 2001))]),
    ("file input outside a modal", [field({"type": "file_input", "action_id": "f"})]),
    ("max_length of 3001", [field({"type": "plain_text_input", "max_length": 3001})]),
    ("number without is_decimal_allowed", [field({"type": "number_input", "action_id": "n"})]),
]

REFUSED_VIEWS: list[tuple[str, Block]] = [
    ("no title", {"type": "modal", "blocks": [section()]}),
    ("title of 25", modal(title=plain("x" * 25))),
    ("submit of 25", modal(submit=plain("x" * 25))),
    ("title in mrkdwn", modal(title=mrkdwn("x"))),
    ("no block", modal(blocks=[])),
    ("101 blocks", modal(blocks=[{"type": "divider"}] * 101)),
    ("input without submit", modal(blocks=[field()])),
    ("private metadata of 3001", modal(private_metadata="x" * 3001)),
    ("callback_id of 256", modal(callback_id="x" * 256)),
    ("external_id of 256", modal(external_id="x" * 256)),
    ("table in a modal", modal(blocks=[table()])),
    ("title on a Home tab", {"type": "home", "title": plain("x"), "blocks": [section()]}),
    ("another type of view", {"type": "workflow_step", "blocks": [section()]}),
]


@pytest.mark.parametrize(("name", "blocks"), REFUSED, ids=[name for name, _ in REFUSED])
def test_what_slack_refuses_in_a_message(name: str, blocks: list[Block]) -> None:
    """Each of these is refused, with a pointer to the place."""
    problems = validate(blocks)
    assert problems
    assert all("json-pointer:/blocks" in problem for problem in problems)


@pytest.mark.parametrize(("name", "view"), REFUSED_VIEWS, ids=[name for name, _ in REFUSED_VIEWS])
def test_what_slack_refuses_in_a_view(name: str, view: Block) -> None:
    """Each of these is refused, with a pointer to the place."""
    problems = validate_view(view)
    assert problems
    assert all("json-pointer:/view" in problem for problem in problems)


def test_what_slack_takes() -> None:
    """Blocks at their limits pass."""
    blocks = [
        {"type": "header", "text": plain("x" * 150)},
        section(fields=[mrkdwn("x" * 2000)] * 10, accessory=select(initial_option=option())),
        {"type": "context", "elements": [mrkdwn("x"), plain("y")]},
        actions(*(button(action_id=f"a{i}") for i in range(25))),
        actions({"type": "datepicker", "initial_date": "2026-11-21"}),
        {"type": "divider"},
        table(100, 20),
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}
            ],
        },
    ]
    assert validate(blocks) == []
    assert validate_view(modal(blocks=[field()], submit=plain("Valider"))) == []
    assert validate_view({"type": "home", "blocks": [section()]}) == []


def test_groups_of_options_are_looked_into() -> None:
    """A fault inside a group of options is found, and a right group passes."""
    right = {"label": plain("Groupe"), "options": [option()]}
    menu = {"type": "static_select", "action_id": "s", "option_groups": [right]}
    assert validate([actions(menu | {"initial_option": option()})]) == []
    wrong = right | {"label": plain("x" * 76)}
    assert validate([actions(menu | {"option_groups": [wrong]})])
