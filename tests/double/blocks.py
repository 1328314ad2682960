"""`validate(blocks, surface)`: what Slack would refuse in these blocks, and why.

Surfaces are `message`, `modal` and `home`.  The double plays a workspace that has the blocks of
every client (section, header, context, actions, input, divider, image, rich_text, and in messages
markdown and table) and none of those that are still being rolled out, so that Tocsin keeps
to what every hospital's Slack can show.

    >>> validate([{"type": "header", "text": {"type": "mrkdwn", "text": "Crise"}}], "message")
    ['must be plain_text, not mrkdwn [json-pointer:/blocks/0/text/type]']
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Literal

from tests.double import elements
from tests.double.findings import Findings
from tests.double.rules import (
    BLOCKS_TEXT_MAX,
    MESSAGE_BLOCKS,
    VIEW_BLOCKS,
    VIEW_BYTES,
    Json,
)

Surface = Literal["message", "modal", "home"]

_KEYS: dict[str, tuple[str, ...]] = {
    "section": ("text", "fields", "accessory", "expand"),
    "header": ("text", "level"),
    "divider": (),
    "image": ("image_url", "slack_file", "alt_text", "title"),
    "context": ("elements",),
    "actions": ("elements",),
    "input": ("label", "element", "hint", "optional", "dispatch_action"),
    "rich_text": ("elements",),
    "markdown": ("text",),
    "table": ("rows", "column_settings"),
}
_MESSAGES_ONLY = {"markdown", "table"}
_RICH = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}


def validate(blocks: Any, surface: Surface = "message", path: str = "/blocks") -> list[str]:
    """Return what is wrong with blocks on a surface, as Slack words it; empty when all is well."""
    found = Findings()
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    least = 0 if surface == "message" else 1
    items = found.items(blocks, least, most, path)
    for i, block in enumerate(items):
        _block(block, surface, f"{path}/{i}", found)
    found.unique((block.get("block_id") for block in items), "block_id", path)
    if sum(block.get("type") == "table" for block in items) > 1:
        found.add("only_one_table_allowed", path)
    if sum(len(b["text"]) for b in items if _is_markdown(b)) > 12_000:
        found.add("markdown blocks must be less than 12001 characters together", path)
    focused = sum(bool(e.get("focus_on_load")) for block in items for e in inner(block))
    if focused > 1:
        found.add("only one element may have focus_on_load", path)
    return found.problems


def validate_view(view: Any) -> list[str]:
    """Return what is wrong with a modal or a Home view."""
    found = Findings()
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return ["must be a modal or a home view [json-pointer:/view/type]"]
    modal = view["type"] == "modal"
    common = ("type", "blocks", "private_metadata", "callback_id", "external_id")
    framed = ("title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled")
    found.keys(view, common + framed if modal else common, "/view")
    found.optional_string(view, "private_metadata", 3_000, "/view")
    for name in ("callback_id", "external_id"):
        found.optional_string(view, name, 255, "/view")
    if modal:
        _frame(view, found)
    surface: Surface = "modal" if modal else "home"
    return found.problems + validate(view.get("blocks"), surface, "/view/blocks")


def view_size(view: Json) -> int:
    """Return the size of a view as Slack counts it, in bytes of JSON."""
    return len(json.dumps(view, ensure_ascii=False).encode())


def too_large(view: Json) -> bool:
    """Say whether a view is past 250 kB."""
    return view_size(view) > VIEW_BYTES


def too_long(blocks: list[Json]) -> bool:
    """Say whether the texts of a message's blocks are too long together."""
    return sum(len(text["text"]) for text in texts(blocks)) > BLOCKS_TEXT_MAX


def texts(thing: Any) -> Iterator[Json]:
    """Walk through all text objects, at any depth."""
    if isinstance(thing, list):
        for item in thing:
            yield from texts(item)
    elif isinstance(thing, dict):
        if isinstance(thing.get("text"), str):
            yield thing
        for value in thing.values():
            yield from texts(value)


def inner(block: Json) -> list[Json]:
    """Return the elements that stand in a block."""
    single = [block.get("element"), block.get("accessory")]
    several = block.get("elements") if block.get("type") in ("actions", "context") else []
    return [e for e in [*single, *(several or [])] if isinstance(e, dict)]


def _frame(view: Json, found: Findings) -> None:
    found.text(view.get("title"), 24, "/view/title", plain=True)
    for name in ("submit", "close"):
        found.optional_text(view, name, 24, "/view")
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(
        isinstance(b, dict) and b.get("type") == "input" for b in blocks
    )
    if has_input and not view.get("submit"):
        found.add("submit is required when blocks contain an input", "/view")


def _is_markdown(block: Json) -> bool:
    return block.get("type") == "markdown" and isinstance(block.get("text"), str)


def _block(block: Json, surface: Surface, path: str, found: Findings) -> None:
    kind = str(block.get("type"))
    if kind not in _KEYS or (kind in _MESSAGES_ONLY and surface != "message"):
        found.add(f"unsupported type: {kind}", path)
        return
    found.keys(block, ("type", "block_id", *_KEYS[kind]), path)
    found.optional_string(block, "block_id", 255, path)
    rule = _RULES.get(kind)
    if rule:
        rule(block, surface, path, found)


def _section(block: Json, surface: str, path: str, found: Findings) -> None:
    if block.get("text") is None and block.get("fields") is None:
        found.add("missing required field: text or fields", path)
    if block.get("text") is not None:
        found.text(block["text"], 3_000, f"{path}/text")
    if block.get("fields") is not None:
        for i, field in enumerate(found.items(block["fields"], 1, 10, f"{path}/fields")):
            found.text(field, 2_000, f"{path}/fields/{i}")
    if block.get("accessory") is not None:
        elements.check(block["accessory"], "section", surface, f"{path}/accessory", found)


def _header(block: Json, surface: str, path: str, found: Findings) -> None:
    found.text(block.get("text"), 150, f"{path}/text", plain=True)


def _image(block: Json, surface: str, path: str, found: Findings) -> None:
    elements.image(block, path, found)
    found.optional_text(block, "title", 2_000, path)


def _context(block: Json, surface: str, path: str, found: Findings) -> None:
    for i, item in enumerate(found.items(block.get("elements"), 1, 10, f"{path}/elements")):
        here = f"{path}/elements/{i}"
        if item.get("type") == "image":
            elements.check(item, "context", surface, here, found)
        else:
            found.text(item, 3_000, here)


def _actions(block: Json, surface: str, path: str, found: Findings) -> None:
    items = found.items(block.get("elements"), 1, 25, f"{path}/elements")
    for i, item in enumerate(items):
        elements.check(item, "actions", surface, f"{path}/elements/{i}", found)
    found.unique((item.get("action_id") for item in items), "action_id", f"{path}/elements")


def _input(block: Json, surface: str, path: str, found: Findings) -> None:
    found.text(block.get("label"), 2_000, f"{path}/label", plain=True)
    found.optional_text(block, "hint", 2_000, path)
    element = block.get("element")
    if isinstance(element, dict):
        elements.check(element, "input", surface, f"{path}/element", found)
    else:
        found.add("missing required field: element", path)


def _rich_text(block: Json, surface: str, path: str, found: Findings) -> None:
    for i, item in enumerate(found.items(block.get("elements"), 1, 1_000, f"{path}/elements")):
        here = f"{path}/elements/{i}"
        if item.get("type") not in _RICH:
            found.add(f"unsupported type: {item.get('type')}", here)
            continue
        for j, leaf in enumerate(found.items(item.get("elements"), 0, 1_000, f"{here}/elements")):
            if leaf.get("type") == "text":
                found.string(leaf.get("text"), 3_000, f"{here}/elements/{j}/text")


def _markdown(block: Json, surface: str, path: str, found: Findings) -> None:
    found.string(block.get("text"), 12_000, f"{path}/text")


def _table(block: Json, surface: str, path: str, found: Findings) -> None:
    rows = block.get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 100:
        found.add("a table has 1 to 100 rows", f"{path}/rows")
        return
    for i, row in enumerate(rows):
        for j, cell in enumerate(found.items(row, 1, 20, f"{path}/rows/{i}")):
            _cell(cell, surface, f"{path}/rows/{i}/{j}", found)


def _cell(cell: Json, surface: str, path: str, found: Findings) -> None:
    if cell.get("type") == "raw_text":
        found.string(cell.get("text"), 3_000, f"{path}/text")
    elif cell.get("type") == "rich_text":
        _rich_text(cell, surface, path, found)
    else:
        found.add(f"unsupported cell type: {cell.get('type')}", path)


_RULES: dict[str, Callable[[Json, str, str, Findings], None]] = {
    "section": _section,
    "header": _header,
    "image": _image,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "table": _table,
}
