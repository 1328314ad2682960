"""What is to be sent, made to fit Slack's limits: cut on graphemes, spread, and said so.

The last hand on everything that leaves: screens are drawn short, and this is for the night on which
a playbook has 300 steps or a name 3,000 characters.  A text is cut with an ellipsis; buttons too
many for a row go to a second one, choices too many for a list go into groups or into a list; blocks
too many for a message or a form are left out with a line that says where the rest is.  Values, ids
and what a form carries are never cut: a line half recorded is worse than one refused.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bot.slack.blocks import REST, Block, context, cut, plain
from bot.slack.limits import (
    BLOCKS,
    BLOCKS_OF,
    POST_TEXT,
    UPDATE_TEXT,
    VIEW_BYTES,
    VIEWS,
    Surface,
    characters,
    offered,
    validate_call,
    view_bytes,
)
from bot.slack.shapes import Kind, Many, Shape, Text, Thing

log = logging.getLogger(__name__)

#: The reported limit of a message, less a margin.
_TEXTS: Final = 12_600
#: Bytes of a view that are used: the ids that Slack adds count as well.
_BYTES: Final = VIEW_BYTES - 20_000
#: Blocks of one message or view that are ours to fill: the last line says where the rest is.
_SPARE: Final = 1
_ROW, _LIST, _SHOWN_AT_ONCE, _GROUPS = 25, 100, 10, 100
#: Messages in which one answer to one person is spread.
_PAGES: Final = 5


def fitting(method: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call of the Web API, within Slack's limits."""
    made = dict(args)
    if method.startswith("chat.") and made.get("text"):
        made["text"] = cut(str(made["text"]), UPDATE_TEXT if method == "chat.update" else POST_TEXT)
    if made.get("blocks"):
        made["blocks"] = fit_blocks(made["blocks"])
    if made.get("view"):
        made["view"] = fit_view(made["view"])
    return made


def fitted_comment(text: str) -> str:
    """What is said beside a file."""
    return cut(text, UPDATE_TEXT)


def fit_blocks(blocks: Sequence[Block]) -> list[Block]:
    """The blocks of one message; what is left out is said."""
    first, left = _page(list(_each(blocks)))
    return [*first, context(REST)] if left else first


def pages(blocks: Iterable[Block]) -> list[list[Block]]:
    """The blocks of an answer in as many messages as it takes, up to a few; at least one."""
    found: list[list[Block]] = []
    left = list(_each(blocks))
    while left and len(found) < _PAGES:
        first, left = _page(left)
        found.append(first)
    if left:
        found[-1].append(context(REST))
    return found or [[]]


def fit_view(view: Block) -> Block:
    """A modal or a Home: its frame and its blocks; what is to be filled in stays as long as it can.

    A view that is neither is given back as it is.
    """
    kind = str(view.get("type"))
    if kind not in VIEWS:
        return view
    surface: Surface = "modal" if kind == "modal" else "home"
    blocks = list(_each(view.get("blocks") or ()))
    made = {**view, **_inside(VIEWS[kind].fields, view), "blocks": blocks}
    most = BLOCKS_OF[surface]
    if len(blocks) <= most and view_bytes(made) <= _BYTES:
        return made
    made["blocks"] = [*_lightened(made, most - _SPARE), context(REST)]
    return made


def _lightened(view: Block, most: int) -> list[Block]:
    """Blocks of a view without its last ones, those that are only read first."""
    kept = list(view["blocks"])
    size = view_bytes(view)
    read = [n for n, one in enumerate(kept) if one["type"] != "input"]
    typed = [n for n, one in enumerate(kept) if one["type"] == "input"]
    gone: set[int] = set()
    while (len(kept) - len(gone) > most or size > _BYTES) and (read or typed):
        last = (read or typed).pop()
        gone.add(last)
        size -= view_bytes(kept[last])
    return [one for n, one in enumerate(kept) if n not in gone]


def _page(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """The blocks of one message, and those that are left."""
    most, size = BLOCKS_OF["message"] - _SPARE, 0
    for n, one in enumerate(blocks):
        size += characters(one)
        if n >= most or (n and size > _TEXTS):
            return blocks[:n], blocks[n:]
    return blocks, []


# -- one block ----------------------------------------------------------------------------------


def _each(blocks: Iterable[Block]) -> Iterator[Block]:
    """Each block within its limits; a row with too many buttons is several."""
    for block in blocks:
        shape = BLOCKS.get(str(block.get("type")))
        made = {**block, **_inside(shape.fields, block)} if shape else block
        row = made.get("elements") or []
        if made.get("type") != "actions" or len(row) <= _ROW:
            yield made
            continue
        for at in range(0, len(row), _ROW):
            yield {"type": "actions", "elements": row[at : at + _ROW]}


def _inside(fields: Mapping[str, Shape], value: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of an object that have a shape, each within it."""
    return {
        name: _fit(shape, value[name])
        for name, shape in fields.items()
        if shape is not None and value.get(name) is not None
    }


def _fit(shape: Shape, value: Any) -> Any:
    fit = _FIT.get(type(shape))
    return value if fit is None else fit(shape, value)


def _text(shape: Text, value: Any) -> Any:
    return {**value, "text": cut(str(value.get("text") or " "), shape.most)}


def _many(shape: Many, value: Any) -> Any:
    return [_fit(shape.of, one) for one in value]


def _thing(shape: Thing, value: Any) -> Any:
    return {**value, **_inside(shape.fields, value)}


def _kind(shape: Kind, value: Any) -> Any:
    value = spread(value)
    known = shape.kinds.get(str(value.get("type")))
    return _thing(known, value) if known else value


_FIT: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    Text: _text,
    Many: _many,
    Thing: _thing,
    Kind: _kind,
}


# -- lists of choices ---------------------------------------------------------------------------


def spread(element: Block) -> Block:
    """A list whose choices are too many for its kind, as one that takes them all."""
    choices = _once(offered(element))
    if not element.get("options") or element.get("type") == "overflow":
        return element
    if element["type"] in _AS_LISTS and len(choices) > _SHOWN_AT_ONCE:
        element = {**element, "type": _AS_LISTS[element["type"]]}
        element.setdefault("placeholder", plain("Choisir…", 140))
    made = {**element, "options": choices}
    if len(choices) > _LIST and element["type"] not in _AS_LISTS:
        del made["options"]
        made["option_groups"] = list(_groups(choices))
    return made


_AS_LISTS: Final = {"radio_buttons": "static_select", "checkboxes": "multi_static_select"}


def _once(choices: Sequence[Block]) -> list[Block]:
    """The choices without those whose value came before."""
    return list({str(one["value"]): one for one in reversed(choices)}.values())[::-1]


def _groups(choices: Sequence[Block]) -> Iterator[Block]:
    """Choices by the hundred, each hundred named by its numbers."""
    for at in range(0, min(len(choices), _LIST * _GROUPS), _LIST):
        some = choices[at : at + _LIST]
        yield {"label": plain(f"{at + 1} à {at + len(some)}", 70), "options": list(some)}


# -- before a call ------------------------------------------------------------------------------


def ready(method: str, args: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The arguments as they are to be sent, and what is still wrong with them.

    A message whose blocks cannot be made right goes as text alone: better plain than not at all.
    """
    made = fitting(method, args)
    found = validate_call(method, made)
    if not found or not method.startswith("chat.") or not made.get("blocks"):
        return made, found
    log.error("%s: blocks left out: %s", method, "; ".join(found[:5]))
    made["blocks"] = []
    made["text"] = made.get("text") or REST
    return made, validate_call(method, made)
