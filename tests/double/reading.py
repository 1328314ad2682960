"""Reading what is on the screens: plain text for assertions, and everything that pings."""

import re
from collections.abc import Iterator
from typing import Any

from tests.double.blocks import inner, texts
from tests.double.rules import Json
from tests.double.world import Channel, Ephemeral, Message, World

#: What Slack would turn into a ping or a link.
_PINGS = re.compile(r"<(?:!(?:channel|here|everyone|subteam)|[@#]|https?:|mailto:)[^>]*>?")


def mentions(message: Message | Ephemeral | Json) -> list[str]:
    """Return whatever in a message would ping somebody or become a link.

    Only what Slack interprets is looked at: the text, and `mrkdwn` and rich text in blocks.
    """
    text, blocks = _parts(message)
    found = _PINGS.findall(text)
    for item in texts(blocks):
        if item.get("type") in ("mrkdwn", "markdown"):
            found += _PINGS.findall(item["text"])
    return found + [str(leaf["type"]) for leaf in _leaves(blocks) if leaf["type"] in _RICH_PINGS]


_RICH_PINGS = ("user", "usergroup", "broadcast", "channel", "link")


def _leaves(blocks: list[Json]) -> Iterator[Json]:
    for block in blocks:
        if isinstance(block, dict) and "type" in block:
            yield block
            nested = block.get("elements")
            if isinstance(nested, list) and str(block["type"]).startswith("rich_text"):
                yield from _leaves(nested)


def _parts(message: Message | Ephemeral | Json) -> tuple[str, list[Json]]:
    if isinstance(message, dict):
        return message.get("text", ""), message.get("blocks", [])
    return message.text, message.blocks


def message_text(message: Message | Ephemeral | Json) -> str:
    """Return what a message shows: its blocks if it has any, its text if not."""
    text, blocks = _parts(message)
    return "\n".join(line for block in blocks if (line := block_text(block))) or text


def block_text(block: Json) -> str:
    """Return one block as a line or a few."""
    kind = block["type"]
    if kind == "input":
        return f"{block['label']['text']}: [{block['element']['type']}]"
    if kind == "table":
        return "\n".join(" | ".join(_words(cell) for cell in row) for row in block["rows"])
    if kind == "section":
        return "\n".join(filter(None, [*_section(block), *_buttons(block)]))
    if kind == "actions":
        return " ".join(_buttons(block))
    return {"header": "# ", "divider": "---"}.get(kind, "") + _words(block.get("text") or block)


def _section(block: Json) -> list[str]:
    lines = [block["text"]["text"]] if block.get("text") else []
    return lines + [field["text"] for field in block.get("fields", [])]


def _words(thing: Any) -> str:
    """Return all the text in something, in order."""
    if isinstance(thing, dict) and isinstance(thing.get("text"), str):
        return str(thing["text"])
    if isinstance(thing, dict):
        return " ".join(filter(None, (_words(v) for k, v in thing.items() if k != "type")))
    if isinstance(thing, list):
        return " ".join(filter(None, (_words(item) for item in thing)))
    return ""


def _buttons(block: Json) -> list[str]:
    return [f"[{_words(e.get('text') or e.get('placeholder')) or e['type']}]" for e in inner(block)]


def channel_text(world: World, channel: Channel) -> str:
    """Return a channel as somebody would read it aloud, threads indented under their roots."""
    lines: list[str] = []
    for message in channel.messages.values():
        if message.thread_ts and message.thread_ts in channel.messages:
            continue
        lines += _spoken(world, message, "")
        for ts in message.replies:
            if ts in channel.messages:
                lines += _spoken(world, channel.messages[ts], "  > ")
    return "\n".join(lines)


def _spoken(world: World, message: Message, indent: str) -> list[str]:
    name = world.users[message.user].name
    said = message_text(message) or " ".join(file.get("name", "") for file in message.files)
    return [f"{indent}{name}: {line}" for line in said.splitlines()]
