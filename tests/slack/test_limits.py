"""Slack's table of limits, row by row: at the edge taken, past it refused, twice read.

The double and ``bot.slack.limits`` were written apart from the same published limits.  Each row
makes a thing of a given size; both must take it at the limit, and refuse it one further.
"""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import limits, listeners
from bot.slack.blocks import REST, Block, ours, width
from bot.slack.fitting import fit_blocks, fit_view, fitting, pages, ready
from bot.slack.gateway import Gateway
from tests.double import Double, validate, validate_view
from tests.double.blocks import too_large, too_long

Make = Callable[[int], Any]


def plain(size: int) -> Block:
    """A plain text of so many characters."""
    return {"type": "plain_text", "text": "x" * size}


def mrkdwn(size: int) -> Block:
    """A text with markup of so many characters."""
    return {"type": "mrkdwn", "text": "x" * size}


def button(n: int = 0, **more: Any) -> Block:
    """A button with an id of its own."""
    return {"type": "button", "action_id": f"a{n}", "text": plain(3), **more}


def option(n: int, **more: Any) -> Block:
    """A choice with a value of its own."""
    return {"text": plain(3), "value": str(n), **more}


def actions(*elements: Block) -> list[Block]:
    """A row of elements, alone in its message."""
    return [{"type": "actions", "elements": list(elements)}]


def chosen(kind: str, **more: Any) -> list[Block]:
    """A list of that kind, alone in its message."""
    return actions({"type": kind, "action_id": "s", **more})


def options(count: int) -> list[Block]:
    """So many choices."""
    return [option(n) for n in range(count)]


def field(element: Block | None = None, **more: Any) -> Block:
    """A labelled field."""
    typed = {"type": "plain_text_input", "action_id": "t"}
    return {"type": "input", "label": plain(3), "element": element or typed, **more}


def modal(*blocks: Block, **more: Any) -> Block:
    """A form."""
    given = list(blocks) or [{"type": "divider"}]
    frame = {"type": "modal", "title": plain(3), "submit": plain(3)}
    return {**frame, "blocks": given, **more}


def confirm(**more: Any) -> list[Block]:
    """A button that asks again."""
    asked = {"title": plain(3), "text": plain(3), "confirm": plain(3), "deny": plain(3)}
    return actions(button(confirm={**asked, **more}))


def table(rows: int, cells: int) -> Block:
    """A table."""
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * cells] * rows}


def section(size: int = 3, **more: Any) -> Block:
    """A paragraph."""
    return {"type": "section", "text": mrkdwn(size), **more}


def image(**more: Any) -> list[Block]:
    """A picture."""
    return [{"type": "image", "image_url": "https://a.example", "alt_text": "x", **more}]


def of_bytes(size: int) -> Block:
    """A form of exactly so many bytes of JSON."""
    made = modal(*[section(2_000) for _ in range(100)])
    lacking = size - limits.view_bytes(made)
    for block in made["blocks"]:
        more = min(lacking, 1_000)
        block["text"]["text"] += "x" * more
        lacking -= more
    return made


#: Blocks of a message: the row, its limit, a thing of that size.
MESSAGES: list[tuple[str, int, Make]] = [
    ("blocks per message", 50, lambda n: [{"type": "divider"}] * n),
    ("characters of all blocks", 13_200, lambda n: [section(2_640)] * 4 + [section(n - 10_560)]),
    ("markdown together", 12_000, lambda n: [{"type": "markdown", "text": "x" * (n // 2)},
                                            {"type": "markdown", "text": "x" * (n - n // 2)}]),
    ("text object", 3_000, lambda n: [section(n)]),
    ("section fields", 10, lambda n: [{"type": "section", "fields": [mrkdwn(2)] * n}]),
    ("section field", 2_000, lambda n: [{"type": "section", "fields": [mrkdwn(n)]}]),
    ("header", 150, lambda n: [{"type": "header", "text": plain(n)}]),
    ("context elements", 10, lambda n: [{"type": "context", "elements": [mrkdwn(2)] * n}]),
    ("actions elements", 25, lambda n: actions(*map(button, range(n)))),
    ("image url", 3_000, lambda n: image(image_url="x" * n)),
    ("image alt text", 2_000, lambda n: image(alt_text="x" * n)),
    ("image title", 2_000, lambda n: image(title=plain(n))),
    ("button text", 75, lambda n: actions(button(text=plain(n)))),
    ("button value", 2_000, lambda n: actions(button(value="x" * n))),
    ("button url", 3_000, lambda n: actions(button(url="x" * n))),
    ("button label", 75, lambda n: actions(button(accessibility_label="x" * n))),
    ("confirm title", 100, lambda n: confirm(title=plain(n))),
    ("confirm text", 300, lambda n: confirm(text=plain(n))),
    ("confirm yes", 30, lambda n: confirm(confirm=plain(n))),
    ("confirm no", 30, lambda n: confirm(deny=plain(n))),
    ("option text", 75, lambda n: chosen("static_select", options=[option(1, text=plain(n))])),
    ("option value", 150, lambda n: chosen("static_select", options=[option(1, value="x" * n)])),
    ("option description", 75,
     lambda n: chosen("static_select", options=[option(1, description=plain(n))])),
    ("option url", 3_000, lambda n: chosen("overflow", options=[option(1, url="x" * n)])),
    ("select options", 100, lambda n: chosen("static_select", options=options(n))),
    ("select groups", 100, lambda n: chosen("static_select", option_groups=[
        {"label": plain(3), "options": [option(one)]} for one in range(n)])),
    ("group label", 75, lambda n: chosen("static_select", option_groups=[
        {"label": plain(n), "options": options(1)}])),
    ("placeholder", 150,
     lambda n: chosen("static_select", options=options(1), placeholder=plain(n))),
    ("overflow options", 5, lambda n: chosen("overflow", options=options(n))),
    ("checkboxes", 10, lambda n: chosen("checkboxes", options=options(n))),
    ("radio options", 10, lambda n: chosen("radio_buttons", options=options(n))),
    ("action_id", 255, lambda n: actions(button(action_id="x" * n))),
    ("block_id", 255, lambda n: [section(block_id="x" * n)]),
    ("tables per message", 1, lambda n: [table(1, 1)] * n),
    ("table rows", 100, lambda n: [table(n, 1)]),
    ("table cells", 20, lambda n: [table(1, n)]),
]  # fmt: skip

#: Views: the same.
VIEWS: list[tuple[str, int, Make]] = [
    ("blocks per modal", 100, lambda n: modal(*[{"type": "divider"}] * n)),
    ("blocks per Home", 100, lambda n: {"type": "home", "blocks": [{"type": "divider"}] * n}),
    ("size of a view", 250_000, of_bytes),
    ("input label", 2_000, lambda n: modal(field(label=plain(n)))),
    ("input hint", 2_000, lambda n: modal(field(hint=plain(n)))),
    ("typed max_length", 3_000,
     lambda n: modal(field({"type": "plain_text_input", "action_id": "t", "max_length": n}))),
    ("files", 10, lambda n: modal(field({"type": "file_input", "action_id": "f",
                                         "max_files": n}))),
    ("modal title", 24, lambda n: modal(title=plain(n))),
    ("modal submit", 24, lambda n: modal(submit=plain(n))),
    ("modal close", 24, lambda n: modal(close=plain(n))),
    ("private_metadata", 3_000, lambda n: modal(private_metadata="x" * n)),
    ("callback_id", 255, lambda n: modal(callback_id="x" * n)),
    ("external_id", 255, lambda n: modal(external_id="x" * n)),
]  # fmt: skip

#: What is not a length: a thing that both refuse, each for a rule of its own.
NEVER: dict[str, Any] = {
    "empty text": [section(0)],
    "no fields": [{"type": "section", "fields": []}],
    "header in mrkdwn": [{"type": "header", "text": mrkdwn(3)}],
    "label in mrkdwn": modal(field(label=mrkdwn(3))),
    "no actions": actions(),
    "no choices": chosen("static_select", options=[]),
    "overflow without options": chosen("overflow", options=[]),
    "one choice twice": chosen("static_select", options=[option(1), option(1)]),
    "chosen not among them": chosen("static_select", options=options(2), initial_option=option(7)),
    "action_id twice": actions(button(), button()),
    "block_id twice": [section(block_id="b"), section(block_id="b")],
    "view without blocks": {**modal(), "blocks": []},
    "input without submit": {k: v for k, v in modal(field()).items() if k != "submit"},
    "table in a modal": modal(table(1, 1)),
    "file_input in a message": [field({"type": "file_input", "action_id": "f"})],
    "alert": [{"type": "alert", "text": plain(3)}],
    "card": [{"type": "card", "title": plain(3)}],
    "carousel": [{"type": "carousel", "elements": []}],
    "container": [{"type": "container", "elements": []}],
    "data_table": [{"type": "data_table", "rows": []}],
    "context_actions": [{"type": "context_actions", "elements": [button()]}],
    "another property": [section(colour="red")],
}


def refused_by_the_double(thing: Any) -> bool:
    """Whether the double would refuse these blocks or this view."""
    if isinstance(thing, dict):
        return bool(validate_view(thing)) or too_large(thing)
    return bool(validate(thing)) or too_long(thing)


def refused_by_us(thing: Any) -> bool:
    """Whether it would be held back before sending."""
    if isinstance(thing, dict):
        return bool(limits.validate_view(thing))
    return bool(limits.validate(thing, "message"))


ROWS = [pytest.param(*row, id=row[0]) for row in (*MESSAGES, *VIEWS)]


@pytest.mark.parametrize(("name", "most", "make"), ROWS)
def test_each_row_is_read_alike(name: str, most: int, make: Make) -> None:
    """At the limit both take it, one further both refuse it."""
    within, past = make(most), make(most + 1)

    assert not refused_by_the_double(within), name
    assert not refused_by_us(within), name
    assert refused_by_the_double(past), name
    assert refused_by_us(past), name


@pytest.mark.parametrize("thing", NEVER.values(), ids=NEVER.keys())
def test_what_is_never_sent_is_refused_by_both(thing: Any) -> None:
    """Each breaks one rule that is no length."""
    assert refused_by_the_double(thing)
    assert refused_by_us(thing)


#: What is refused rather than cut: ids, values, addresses, and what no screen of ours can exceed.
HELD_BACK = {
    "markdown together", "image url", "image alt text", "button value", "button url",
    "button label", "option value", "option url", "select groups", "overflow options", "action_id",
    "block_id", "tables per message", "table rows", "table cells", "section fields",
    "context elements", "typed max_length", "files", "private_metadata", "callback_id",
    "external_id",
}  # fmt: skip


@pytest.mark.parametrize(("name", "most", "make"), ROWS)
def test_what_is_past_a_limit_is_made_to_fit_or_held_back(name: str, most: int, make: Make) -> None:
    """Texts are cut, blocks and choices spread; ids, values and addresses are never touched."""
    past = make(most + 1)
    fitted = fit_view(past) if isinstance(past, dict) else fit_blocks(past)

    assert refused_by_us(fitted) is (name in HELD_BACK)
    assert refused_by_the_double(fitted) is (name in HELD_BACK)


async def test_calls_have_their_limits_too() -> None:
    """Texts, names, topics, guests of a channel: the double's server and ours agree."""
    async with Double(delay=0) as double, aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token=double.bot_token, base_url=double.api_url, session=session, retry_handlers=[]
        )
        made = await client.conversations_create(name="crise-7", is_private=True)
        channel = made["channel"]["id"]
        posted = await client.chat_postMessage(channel=channel, text="x")
        at = {"channel": channel, "ts": posted["ts"]}
        people = [f"U{n:05}" for n in range(101)]
        for one in people:
            double.world.add_user(one.lower(), id=one)
        cases: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
            ("chat.postMessage", {"channel": channel, "text": "x" * 40_000},
             {"channel": channel, "text": "x" * 40_001}),
            ("chat.update", {**at, "text": "x" * 4_000}, {**at, "text": "x" * 4_001}),
            ("conversations.setTopic", {"channel": channel, "topic": "x" * 250},
             {"channel": channel, "topic": "x" * 251}),
            ("conversations.setPurpose", {"channel": channel, "purpose": "x" * 250},
             {"channel": channel, "purpose": "x" * 251}),
            ("conversations.create", {"name": "x" * 80}, {"name": "x" * 81}),
            ("conversations.create", {"name": "crise-8_a"}, {"name": "Crise é"}),
            ("conversations.create", {"name": "crise-9"}, {"name": "--"}),
            ("conversations.invite", {"channel": channel, "users": ",".join(people[:100])},
             {"channel": channel, "users": ",".join(people)}),
        ]  # fmt: skip
        for method, within, past in cases:
            assert limits.validate_call(method, within) == [], method
            await client.api_call(method, json=within)
            assert limits.validate_call(method, past), method
            with pytest.raises(SlackApiError):
                await client.api_call(method, json=past)
    late = {"channel": channel, "text": "x", "metadata": {"event_type": "x", "event_payload": {}}}
    assert limits.validate_call("chat.scheduleMessage", late)


WORST = ["👩🏽\u200d⚕️", "🇫🇷", "e\u0301\u0323", "é", "&amp;", "\u200b", "*"]


@pytest.mark.parametrize("grapheme", WORST)
def test_a_cut_never_splits_what_is_seen_as_one(grapheme: str) -> None:
    """Families of emoji, flags and accents stay whole, in every text of a message."""
    text = grapheme * 4_100
    made, wrong = ready("chat.update", {"channel": "C", "ts": "1", "text": text, "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": text}},
        {"type": "section", "text": {"type": "mrkdwn", "text": text}}]})  # fmt: skip
    shown = [made["text"], *(one["text"]["text"] for one in made["blocks"])]

    assert wrong == []
    assert [width(one) for one in shown] == pytest.approx([4_000, 150, 3_000], abs=12)
    for one in shown:
        assert one.endswith("…")
        assert len(one) > 1
        assert set(one.removesuffix("…").split(grapheme)) == {""}, grapheme


def test_what_does_not_fit_is_spread_or_told() -> None:
    """Long answers come in several messages, long lists in groups; the end says where to look."""
    many = [section(400) for _ in range(120)]
    found = pages(many)
    assert [block for one in found for block in one] == many
    assert all(limits.validate(one, "message") == [] for one in found)

    endless = pages(section(400) for _ in range(5_000))
    assert ours(REST) in endless[-1][-1]["elements"][0]["text"]
    assert limits.validate(endless[-1], "message") == []

    choices = options(950)
    (row,) = fit_blocks(chosen("static_select", options=choices))
    (element,) = row["elements"]
    assert [one["label"]["text"] for one in element["option_groups"]][::9] == [
        "1 à 100",
        "901 à 950",
    ]
    assert limits.offered(element) == choices

    (boxes,) = fit_view(modal(field({"type": "checkboxes", "action_id": "c",
                                     "options": options(11)})))["blocks"]  # fmt: skip
    assert boxes["element"]["type"] == "multi_static_select"


def test_a_form_keeps_its_fields_and_loses_what_is_only_read() -> None:
    """A form too long still asks all that it asks, and says that something is missing."""
    long = modal(*[section(2_900) for _ in range(150)], *[field() for _ in range(20)])
    made = fit_view(long)

    assert sum(one["type"] == "input" for one in made["blocks"]) == 20
    assert made["blocks"][-1]["elements"][0]["text"] == ours(REST)
    assert limits.validate_view(made) == []


def test_blocks_that_cannot_be_made_right_leave_the_text() -> None:
    """A message never fails to go: its blocks are left out, its sentence stays."""
    wrong = {"channel": "C", "text": "Décision prise.", "blocks": actions(button(), button())}
    made, left = ready("chat.postMessage", wrong)

    assert (made["text"], made["blocks"], left) == ("Décision prise.", [], [])
    assert ready("views.open", {"view": modal(private_metadata="x" * 3_001)})[1]
    assert fitting("pins.add", {"channel": "C"}) == {"channel": "C"}


def test_nothing_leaves_without_being_made_to_fit() -> None:
    """Calls go by the gateway, which fits them; what an acknowledgement carries is fitted there."""
    source = Path(listeners.__file__).read_text(encoding="utf-8")
    carried = [
        (word.arg, ast.unparse(word.value))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in ("view", "blocks") and ast.unparse(node.func) in ("ack", "self._within")
    ]

    assert sorted(carried) == [
        ("blocks", "first or None"),
        ("view", "fit_view(reply.form)"),
        ("view", "fit_view(reply.instead)"),
        ("view", "fit_view(told)"),
        ("view", "fit_view(waiting)"),
    ]
    assert "first, *rest = pages(reply.blocks)" in source
    assert "ready(method, args)" in inspect.getsource(Gateway.call)
