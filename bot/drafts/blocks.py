"""Markdown of a filled template as blocks and runs: what PDF, DOCX and Slack are all drawn from.

Kept of Markdown: titles, paragraphs, lists, tables, quotes, rules, bold, italic.  Unlike Markdown,
a line end in a paragraph stays one, as in a letter.  Not read: HTML, code, images, references.
Values enter here, in place of their marks, as plain text.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Literal

from bot.core.french import typography
from bot.drafts.engine import CLOSE, OPEN
from bot.drafts.values import Missing, Value

Kind = Literal["heading", "paragraph", "item", "table", "quote", "rule"]
_MARK: Final = re.compile(f"{OPEN}(\\d+){CLOSE}")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_APOSTROPHE: Final = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
#: A row of a table with a text right under it, which is no row.
_AFTER_TABLE: Final = re.compile(r"^([ \t]*\|.*\|[ \t]*)\n(?=[^\s|])", re.MULTILINE)
_LINK_END: Final = "link_close"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text of one look; ``value`` when it is not the template's own."""

    text: str
    bold: bool = False
    italic: bool = False
    missing: bool = False
    value: bool = False


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or alike; ``level`` is that of a title (1 to 4) or the depth of a list."""

    kind: Kind
    runs: Runs = ()
    level: int = 0
    mark: str = ""
    """What stands before an item: « • », « 1. »."""
    rows: tuple[tuple[Runs, ...], ...] = ()
    """Of a table, its header first."""

    @property
    def text(self) -> str:
        """What it says."""
        return text_of(self.runs)


def text_of(runs: Sequence[Run]) -> str:
    """What runs say together."""
    return "".join(one.text for one in runs)


def missing_mark(label: str) -> str:
    """How what is missing is shown."""
    return f"[à compléter\u00a0: {label}]"


def blocks_of(markdown: str, values: Sequence[Value | Missing]) -> tuple[Block, ...]:
    """The blocks of a text whose marks are these values."""
    tokens = _reader().parse(_AFTER_TABLE.sub("\\1\n\n", markdown))
    return tuple(_Builder(tokens, values).made())


@cache
def _reader() -> Any:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    return made.disable(
        ["code", "fence", "html_block", "reference", "lheading", "html_inline", "image",
         "autolink", "backticks"]
    )  # fmt: skip


class _Builder:
    """Reads the tokens once, in order."""

    def __init__(self, tokens: Sequence[Any], values: Sequence[Value | Missing]) -> None:
        self._tokens = tokens
        self._values = values
        self._lists: list[int | None] = []
        self._fresh = False
        self._quoted = 0
        self._title = 0
        self._rows: list[list[Runs]] = []

    def made(self) -> Iterator[Block]:
        """Every block."""
        for token in self._tokens:
            found = self._read(token)
            if found is not None:
                yield found

    def _read(self, token: Any) -> Block | None:
        kind = token.type
        if kind == "inline":
            return self._text(token)
        if kind == "hr":
            return Block("rule")
        if kind == "table_close":
            rows, self._rows = self._rows, []
            return Block("table", rows=tuple(map(tuple, rows)))
        self._structure(token)
        return None

    def _structure(self, token: Any) -> None:
        """What only says where the next text stands."""
        kind = token.type
        if kind == "bullet_list_open":
            self._lists.append(None)
        elif kind == "ordered_list_open":
            self._lists.append(int(token.attrGet("start") or 1) - 1)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif kind == "list_item_open":
            self._fresh = True
            last = self._lists[-1]
            self._lists[-1] = None if last is None else last + 1
        elif kind in ("blockquote_open", "blockquote_close"):
            self._quoted += token.nesting
        elif kind in ("heading_open", "heading_close"):
            self._title = int(token.tag[1:]) if token.nesting == 1 else 0
        elif kind == "tr_open":
            self._rows.append([])

    def _text(self, token: Any) -> Block | None:
        runs = tuple(_joined(self._runs(token.children or ())))
        if self._rows:
            self._rows[-1].append(runs)
            return None
        if self._title:
            return Block("heading", runs, min(self._title, 4))
        if self._lists:
            number = self._lists[-1]
            mark = ("•" if number is None else f"{number}.") if self._fresh else ""
            self._fresh = False
            return Block("item", runs, len(self._lists), mark)
        if not runs:
            return None
        return Block("quote" if self._quoted else "paragraph", runs)

    def _runs(self, children: Sequence[Any]) -> Iterator[Run]:
        bold = italic = 0
        link = ""
        for one in children:
            bold += one.nesting if one.type.startswith("strong_") else 0
            italic += one.nesting if one.type.startswith("em_") else 0
            look = Run("", bold=bold > 0, italic=italic > 0)
            if one.type == "link_open":
                link = str(one.attrGet("href") or "")
            elif one.type == _LINK_END and link:
                yield replace(look, text=f" ({link})")
            elif one.type in ("softbreak", "hardbreak"):
                yield replace(look, text="\n")
            elif one.type == "text":
                yield from self._filled(one.content, look)

    def _filled(self, text: str, look: Run) -> Iterator[Run]:
        """The text with its values in place of their marks."""
        start = 0
        for found in _MARK.finditer(text):
            if text[start : found.start()]:
                yield replace(look, text=_french(text[start : found.start()]))
            yield _run_of(self._values[int(found[1])], look)
            start = found.end()
        if text[start:]:
            yield replace(look, text=_french(text[start:]))


def _run_of(value: Value | Missing, look: Run) -> Run:
    if isinstance(value, Missing):
        return replace(look, text=missing_mark(value.label), bold=True, missing=True)
    return replace(look, text=_french(clean(value)), value=True)


def clean(text: str) -> str:
    """What people typed, without what shows nothing or turns the writing around."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    plain = _CONTROLS.sub("", plain).replace(OPEN, "").replace(CLOSE, "")
    return plain.replace("\u2028", "\n").replace("\u2029", "\n").replace("\t", " ").strip()


def _french(text: str) -> str:
    """Spaces and apostrophes as French prints them."""
    return _APOSTROPHE.sub("\u2019", typography(text))


def _joined(runs: Iterator[Run]) -> Iterator[Run]:
    """Neighbours of the same look as one run; a colon after a bold word keeps its space."""
    held: Run | None = None
    for one in runs:
        if held is not None and replace(held, text="") == replace(one, text=""):
            held = replace(held, text=_french(held.text + one.text))
            continue
        if held is not None and held.text:
            yield held
        held = one
    if held is not None and held.text:
        yield held


# -- as a text ------------------------------------------------------------------------------------


def plain(blocks: Sequence[Block], *, blank: bool = False) -> str:
    """The document as a text, one block after another; ``blank`` leaves its values out."""
    return "\n\n".join(_plain(one, blank=blank) for one in blocks) + "\n"


def _plain(block: Block, *, blank: bool) -> str:
    def said(runs: Runs) -> str:
        if not blank:
            return text_of(runs)
        return "".join("◌" if one.value or one.missing else one.text for one in runs)

    if block.kind == "table":
        return "\n".join(" | ".join(said(cell) for cell in row) for row in block.rows)
    starts = {
        "heading": "#" * block.level + " ",
        "quote": "> ",
        "item": "  " * (block.level - 1) + (f"{block.mark} " if block.mark else "  "),
    }
    if block.kind == "rule":
        return "———"
    return starts.get(block.kind, "") + said(block.runs)
