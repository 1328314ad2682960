"""What Slack takes, as one table, and ``validate``: what a thing to be sent exceeds, and where.

Read from Slack's published limits; nothing is cut here (``bot.slack.fitting`` does).  Lengths are
counted in the larger of the two units that Slack may use, so that a text full of emoji passes
whichever it is.  Blocks that not every hospital's Slack can draw yet (alert, card, carousel,
container, data_table) are not in the table, and are refused.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from bot.slack.blocks import Block, width
from bot.slack.shapes import Kind, Many, Shape, Text, Thing, Whole, Words, faults

Surface = Literal["message", "modal", "home"]

BLOCKS_OF: Final[Mapping[Surface, int]] = {"message": 50, "modal": 100, "home": 100}
#: Characters of all the blocks of a message together: reported, not documented.
MESSAGE_TEXTS: Final = 13_200
VIEW_BYTES: Final = 250_000
POST_TEXT, UPDATE_TEXT = 40_000, 4_000
#: Characters of the markdown blocks of a message together.
MARKDOWN: Final = 12_000
TOPIC: Final = 250
INVITED: Final = 100
CHANNEL_NAME: Final = re.compile(r"(?=.*[a-z0-9])[a-z0-9_-]{1,80}")


_ID: Final = Words(255)
_CONFIRM: Final = Thing(
    {
        "title": Text(100, plain=True),
        "text": Text(300),
        "confirm": Text(30, plain=True),
        "deny": Text(30, plain=True),
        "style": None,
    },
    ("title", "text", "confirm", "deny"),
)
_IMAGE: Final[Mapping[str, Shape]] = {
    "image_url": Words(3_000, 1),
    "slack_file": None,
    "alt_text": Words(2_000, 1),
}


def _option(*, plain: bool = True, **more: Shape) -> Thing:
    fields: dict[str, Shape] = {"text": Text(75, plain), "value": Words(150, 1)}
    return Thing({**fields, "description": Text(75, plain), **more}, ("text", "value"))


def _element(fields: Mapping[str, Shape], *needs: str) -> Thing:
    own: dict[str, Shape] = {"action_id": _ID, "confirm": _CONFIRM, "focus_on_load": None}
    return Thing(own | dict(fields), needs)


def _menu(*initial: str) -> Thing:
    group = Thing(
        {"label": Text(75, plain=True), "options": Many(_option(), 1, 100)}, ("label", "options")
    )
    fields: dict[str, Shape] = {
        "options": Many(_option(), 1, 100),
        "option_groups": Many(group, 1, 100),
        "placeholder": Text(150, plain=True),
        "max_selected_items": None,
    }
    return _element(fields | dict.fromkeys(initial))


_FEW: Final = Many(_option(plain=False), 1, 10)
_BUTTON: Final = _element(
    {
        "text": Text(75, plain=True),
        "value": Words(2_000),
        "url": Words(3_000),
        "style": None,
        "accessibility_label": Words(75),
    },
    "text",
)
#: What may stand beside a section and in a row of actions, and in a labelled field.
_CHOICES: Final[Mapping[str, Thing]] = {
    "static_select": _menu("initial_option"),
    "multi_static_select": _menu("initial_options"),
    "radio_buttons": _element({"options": _FEW, "initial_option": None}, "options"),
    "checkboxes": _element({"options": _FEW, "initial_options": None}, "options"),
    "datepicker": _element({"initial_date": None, "placeholder": Text(150, plain=True)}),
}
_PRESSED: Final[Mapping[str, Thing]] = {
    **_CHOICES,
    "button": _BUTTON,
    "overflow": _element({"options": Many(_option(url=Words(3_000)), 1, 5)}, "options"),
}
_TYPED: Final[Mapping[str, Thing]] = {
    **_CHOICES,
    "plain_text_input": _element(
        {
            "multiline": None,
            "min_length": Whole(0, 3_000),
            "max_length": Whole(1, 3_000),
            "initial_value": Words(3_000),
            "placeholder": Text(150, plain=True),
            "dispatch_action_config": None,
        }
    ),
    "file_input": _element({"max_files": Whole(1, 10), "filetypes": None}),
}
_RICH_PARTS: Final = ("rich_text_section", "rich_text_list", "rich_text_quote")
_RICH_PART: Final = Thing(dict.fromkeys(("elements", "style", "indent", "border")))
_RICH: Final = Many(
    Kind(dict.fromkeys((*_RICH_PARTS, "rich_text_preformatted"), _RICH_PART)), 1, 1_000
)
_CELL: Final = Kind({"raw_text": Thing({"text": Words(3_000, 1)}, ("text",)),
                     "rich_text": Thing({"elements": _RICH}, ("elements",))})  # fmt: skip

#: Every block that Tocsin may send, with what Slack allows in it.
BLOCKS: Final[Mapping[str, Thing]] = {
    "section": Thing(
        {
            "text": Text(3_000),
            "fields": Many(Text(2_000), 1, 10),
            "accessory": Kind({**_PRESSED, "image": Thing(_IMAGE, ("alt_text",))}),
            "expand": None,
        }
    ),
    "header": Thing({"text": Text(150, plain=True)}, ("text",)),
    "divider": Thing({}),
    "image": Thing({**_IMAGE, "title": Text(2_000, plain=True)}, ("alt_text",)),
    "context": Thing(
        {
            "elements": Many(
                Kind(
                    {
                        "image": Thing(_IMAGE, ("alt_text",)),
                        "mrkdwn": Thing({"text": Words(3_000, 1), "verbatim": None}, ("text",)),
                        "plain_text": Thing({"text": Words(3_000, 1), "emoji": None}, ("text",)),
                    }
                ),
                1,
                10,
            )
        },
        ("elements",),
    ),
    "actions": Thing({"elements": Many(Kind(_PRESSED), 1, 25)}, ("elements",)),
    "input": Thing(
        {
            "label": Text(2_000, plain=True),
            "element": Kind(_TYPED),
            "hint": Text(2_000, plain=True),
            "optional": None,
            "dispatch_action": None,
        },
        ("label", "element"),
    ),
    "rich_text": Thing({"elements": _RICH}, ("elements",)),
    "markdown": Thing({"text": Words(MARKDOWN, 1)}, ("text",)),
    "table": Thing({"rows": Many(Many(_CELL, 1, 20), 1, 100), "column_settings": None}, ("rows",)),
}
_BLOCK: Final = Kind(
    {name: Thing({**one.fields, "block_id": _ID}, one.needs) for name, one in BLOCKS.items()}
)
_MESSAGES_ONLY: Final = frozenset({"markdown", "table"})
_OF_VIEWS: Final[dict[str, Shape]] = {
    "type": None,
    "blocks": None,
    "callback_id": _ID,
    "external_id": _ID,
    "private_metadata": Words(3_000),
}
VIEWS: Final[Mapping[str, Thing]] = {
    "home": Thing(_OF_VIEWS, ("blocks",)),
    "modal": Thing(
        _OF_VIEWS
        | dict.fromkeys(("title", "submit", "close"), Text(24, plain=True))
        | dict.fromkeys(("clear_on_close", "notify_on_close")),
        ("title", "blocks"),
    ),
}


# -- what is asked ----------------------------------------------------------------------------


def validate(blocks: Iterable[Block], surface: Surface) -> list[str]:
    """What Slack would refuse in these blocks there: one sentence a fault, with its place."""
    shown = list(blocks)
    found = list(faults(Many(_BLOCK, 0 if surface == "message" else 1, BLOCKS_OF[surface]), shown,
                         "blocks"))  # fmt: skip
    found += _twice(shown, "block_id", "blocks")
    for n, one in enumerate(shown):
        found += _of_block(one, surface, f"blocks/{n}")
    if surface == "message":
        found += _together(shown)
    return found


def validate_view(view: Block) -> list[str]:
    """The same for a modal or a Home, with its frame, its size and what a form needs."""
    kind = str(view.get("type"))
    if kind not in VIEWS:
        return [f"view: type {kind}"]
    found = list(faults(VIEWS[kind], view, "view"))
    blocks = view.get("blocks") or []
    found += validate(blocks, "modal" if kind == "modal" else "home")
    if any(one.get("type") == "input" for one in blocks) and "submit" not in view:
        found.append("view: an input without submit")
    if view_bytes(view) > VIEW_BYTES:
        found.append("view: too large")
    return found


def validate_call(method: str, args: Mapping[str, Any]) -> list[str]:
    """The same for a call of the Web API: its texts, blocks, view, names and numbers of ids."""
    found = []
    most = UPDATE_TEXT if method == "chat.update" else POST_TEXT
    if method.startswith("chat.") and width(str(args.get("text") or "")) > most:
        found.append("text: too long")
    if args.get("blocks"):
        found += validate(args["blocks"], "message")
    if args.get("view"):
        found += validate_view(args["view"])
    if method == "chat.scheduleMessage" and args.get("metadata"):
        found.append("metadata: a scheduled message with it never appears")
    rule = _CALLS.get(method)
    if rule is not None and not rule(args):
        found.append(f"{method}: past its limit")
    return found


_CALLS: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "conversations.create": lambda args: bool(CHANNEL_NAME.fullmatch(str(args["name"]))),
    "conversations.setTopic": lambda args: width(str(args["topic"])) <= TOPIC,
    "conversations.setPurpose": lambda args: width(str(args["purpose"])) <= TOPIC,
    "conversations.invite": lambda args: len(_ids(args["users"])) <= INVITED,
}


def _ids(users: object) -> list[str]:
    return users.split(",") if isinstance(users, str) else list(users)  # type: ignore[call-overload]


def view_bytes(view: Block) -> int:
    """The size of a view, in bytes of JSON."""
    return len(json.dumps(view, ensure_ascii=False).encode("utf-8", "replace"))


def characters(thing: object) -> int:
    """The characters of every text in some blocks, together."""
    if isinstance(thing, Mapping):
        text = thing.get("text")
        own = width(text) if isinstance(text, str) else 0
        return own + sum(characters(value) for value in thing.values())
    return sum(characters(one) for one in thing) if isinstance(thing, list) else 0


# -- what concerns several things together ------------------------------------------------------


def _of_block(block: Block, surface: Surface, path: str) -> Iterator[str]:
    kind = block.get("type")
    if kind in _MESSAGES_ONLY and surface != "message":
        yield f"{path}: {kind} is for messages"
    if kind == "section" and not (block.get("text") or block.get("fields")):
        yield f"{path}: neither text nor fields"
    if kind == "actions":
        yield from _twice(block.get("elements") or [], "action_id", path)
    for one in elements(block):
        if one.get("type") == "file_input" and surface != "modal":
            yield f"{path}: file_input is for modals"
        yield from _of_choices(one, path)


def elements(block: Block) -> list[Block]:
    """What can be pressed, chosen or typed in a block."""
    found = [block.get("element"), block.get("accessory"), *(block.get("elements") or ())]
    return [one for one in found if isinstance(one, dict)]


def _of_choices(element: Block, path: str) -> Iterator[str]:
    """The choices of a list: at least one, none twice, and what is chosen among them."""
    choices = offered(element)
    if element.get("type") != "overflow":
        yield from _twice(choices, "value", path)
    if "select" in str(element.get("type")) and not choices:
        yield f"{path}: nothing to choose"
    one = element.get("initial_option")
    for chosen in [*([one] if one else []), *(element.get("initial_options") or ())]:
        if chosen not in choices:
            yield f"{path}: what is chosen is not among the choices"


def offered(element: Block) -> list[Block]:
    """The choices of a list, those of its groups too."""
    groups = element.get("option_groups") or ()
    return [*(element.get("options") or ()), *(o for g in groups for o in g.get("options") or ())]


def _twice(things: Iterable[Block], name: str, path: str) -> Iterator[str]:
    given = [one[name] for one in things if isinstance(one, Mapping) and one.get(name)]
    for value in sorted({str(one) for one in given if given.count(one) > 1}):
        yield f"{path}: {name} {value} twice"


def _together(blocks: list[Block]) -> Iterator[str]:
    if characters(blocks) > MESSAGE_TEXTS:
        yield "blocks: too long together"
    written = [str(one.get("text")) for one in blocks if one.get("type") == "markdown"]
    if sum(map(width, written)) > MARKDOWN:
        yield "blocks: markdown too long together"
    if sum(one.get("type") == "table" for one in blocks) > 1:
        yield "blocks: one table at most"
