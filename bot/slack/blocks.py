"""Block Kit pieces within Slack's published limits, and the one place where text is escaped.

What a person typed goes through ``user``: it can neither ping, nor forge a link, nor break out of
the formatting around it.  What the files say goes through ``markdown``.  What we wrote goes through
``ours``: French typography, no escaping.  Lengths are those of Slack's reference, less a margin
for characters that Slack may count twice.
"""

import re
from collections.abc import Iterable
from typing import Any

import regex

from bot.core.french import typography

Block = dict[str, Any]

SECTION = 2900
FIELD = 1900
HEADER = 145
BUTTON = 70
OPTION = 72
TITLE = 24
VALUE = 1900
#: Said where something had to be left out: the export has every line of the log.
REST = "La suite ne tient pas ici : « /crise exporter » donne tout."
#: Of one message: characters of its blocks together, and how many blocks.
_MESSAGE, _BLOCKS = 12_500, 48

_MARKUP = re.compile(r"([*_~`])")
_GRAPHEME = regex.compile(r"\X")
_ZERO_WIDTH = "\u200b"
#: Characters that show nothing, or turn the writing direction of what surrounds them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
#: Every kind of space and line end but the no-break ones, which French needs.
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
#: An entity that a cut left open.
_OPEN_ENTITY = re.compile(r"&[a-z]{0,3}$")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_BULLET = re.compile(r"^(\s*)[-*+][ \t]+", re.MULTILINE)
_TITLE = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")


def width(text: str) -> int:
    """Characters of a text, those beyond the first plane counted twice, as Slack may do."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Cut on a grapheme, with an ellipsis, so that at most ``limit`` characters remain."""
    if len(text) * 2 <= limit or width(text) <= limit:
        return text
    end = size = 0
    for found in _GRAPHEME.finditer(text):
        one = found.group()
        size += width(one) if one > "\x7f" else len(one)
        if size > limit - 1:
            break
        end = found.end()
    return _OPEN_ENTITY.sub("", text[:end].rstrip()) + "…"


def escape(text: str) -> str:
    """Escape the three characters that Slack's markup gives a meaning to."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def user(text: str, limit: int = 400) -> str:
    """What a person typed, made harmless inside ``mrkdwn``; newlines become spaces."""
    flat = _SPACES.sub(" ", seen(text)).strip()
    return _MARKUP.sub(_ZERO_WIDTH + r"\1", cut(escape(flat), limit))


def seen(text: str) -> str:
    """The text without the characters that hide or turn what is written."""
    return _UNSEEN.sub("", text)


def markdown(text: str) -> str:
    """Markdown of our files as Slack's markup: bold, lists, titles, links; all else as it is."""
    shown = _LINK.sub(r"\1 (\2)", escape(seen(text).strip()))
    shown = _TITLE.sub(lambda found: f"*{found[1].replace('**', '')}*", shown)
    return _BOLD.sub(r"*\1*", _BULLET.sub(r"\1• ", shown))


def ours(text: str) -> str:
    """What we wrote, with French spaces."""
    return typography(text)


def mrkdwn(text: str, limit: int = SECTION) -> Block:
    """A text object in Slack's markup; ``verbatim`` keeps Slack from linking what looks like."""
    return {"type": "mrkdwn", "text": cut(typography(text), limit) or " ", "verbatim": True}


def plain(text: str, limit: int) -> Block:
    """A text object without markup."""
    flat = typography(_SPACES.sub(" ", seen(text)).strip())
    return {"type": "plain_text", "text": cut(flat, limit) or " ", "emoji": True}


def header(text: str) -> Block:
    """A title."""
    return {"type": "header", "text": plain(text, HEADER)}


def section(text: str, accessory: Block | None = None) -> Block:
    """A paragraph, with at most one thing beside it."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    if accessory is not None:
        block["accessory"] = accessory
    return block


def paragraphs(lines: Iterable[str]) -> list[Block]:
    """Lines in as few sections as Slack's limit allows; one too long for a section goes on."""
    held: list[str] = []
    for line in (part for one in lines for part in pieces(one)):
        if held and width(held[-1]) + width(line) < SECTION:
            held[-1] += f"\n{line}"
        else:
            held.append(line)
    return [section(one) for one in held]


def pieces(text: str, most: int = SECTION) -> list[str]:
    """A text in parts of at most ``most`` characters, broken between words, else graphemes."""
    found = []
    while width(text) > most:
        head = cut(text, most).removesuffix("…")
        space = head.rfind(" ")
        at = space if space > most // 2 else len(head)
        if not at:
            break  # one grapheme longer than a section: whoever shows it cuts it
        found.append(text[:at].rstrip())
        text = text[at:].lstrip(" ")
    return [*found, text]


def fitted(blocks: Iterable[Block]) -> list[Block]:
    """The blocks that one message may hold together; what is left out is said."""
    kept: list[Block] = []
    size = 0
    for block in blocks:
        size += len(str(block.get("text") or block.get("elements")))
        if size > _MESSAGE or len(kept) >= _BLOCKS:
            return [*kept, context(REST)]
        kept.append(block)
    return kept


def context(text: str) -> Block:
    """A line in small print."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def divider() -> Block:
    """A rule."""
    return {"type": "divider"}


def button(label: str, value: str, action: str, style: str = "") -> Block:
    """A button whose value is the line that a person could have typed."""
    block: Block = {
        "type": "button",
        "text": plain(label, BUTTON),
        "action_id": action,
        "value": cut(value, VALUE),
    }
    if style:
        block["style"] = style
    return block


def actions(*elements: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def option(label: str, value: str) -> Block:
    """One choice of a list."""
    return {"text": plain(label, OPTION), "value": cut(value, 145)}


def select(
    action: str, options: list[Block], initial: Block | None = None, *, hint: str = "Choisir…"
) -> Block:
    """A list to choose one from; past Slack's 100 it is sent in groups."""
    block: Block = {
        "type": "static_select",
        "action_id": action,
        "placeholder": plain(hint, 140),
        "options": options,
    }
    if initial is not None:
        block["initial_option"] = initial
    return block


def radio(action: str, options: list[Block], initial: Block | None = None) -> Block:
    """A few choices shown at once; past Slack's 10 they are sent as a list."""
    block: Block = {"type": "radio_buttons", "action_id": action, "options": options}
    if initial is not None:
        block["initial_option"] = initial
    return block


def checkboxes(action: str, options: list[Block]) -> Block:
    """A few boxes to tick; past Slack's 10 they are sent as a list."""
    return {"type": "checkboxes", "action_id": action, "options": options}


def text_input(
    action: str, *, initial: str = "", multiline: bool = False, limit: int = 3000
) -> Block:
    """A field to type in."""
    block: Block = {
        "type": "plain_text_input",
        "action_id": action,
        "multiline": multiline,
        "max_length": limit,
    }
    if initial:
        block["initial_value"] = cut(initial, limit)
    return block


def file_input(action: str, *, most: int = 3) -> Block:
    """A field that takes files."""
    return {"type": "file_input", "action_id": action, "max_files": most}


def field(
    block_id: str, label: str, element: Block, *, optional: bool = False, hint: str = ""
) -> Block:
    """A labelled element of a form; errors are shown under it by its ``block_id``."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 150),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint, 250)
    return block


def modal(
    callback: str, title: str, blocks: list[Block], *, submit: str = "", metadata: str = ""
) -> Block:
    """A modal view; without ``submit`` it only shows."""
    view: Block = {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, TITLE),
        "close": plain("Fermer", TITLE),
        "blocks": blocks,
        "private_metadata": metadata,
    }
    if submit:
        view["submit"] = plain(submit, TITLE)
    return view
