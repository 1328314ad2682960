"""A write-up as blocks: its front matter cut off, its paragraphs and bullets, their source marks.

A mark is ``[W66]`` or ``[W66, W67]`` in the text; what it must name is checked by the reader.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt

from bot.errors import BadFile

MARK = re.compile(r"\[([\w.-]+(?:\s*[,;]\s*[\w.-]+)*)\](?![(\[:])")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a bullet or a table, with its section and its lines in the file."""

    section: str
    text: str
    lines: tuple[int, int]


def split_front(text: str, shown: str) -> tuple[str, str, int]:
    """Front matter, body, and the line on which the body starts."""
    rows = text.split("\n")
    if rows[0].rstrip() != "---":
        raise BadFile(shown, 1, "il manque l'en-tête\u00a0: commencez le fichier par une ligne ---")
    for n, row in enumerate(rows[1:], start=1):
        if row.rstrip() == "---":
            return "\n".join(rows[1:n]), "\n".join(rows[n + 1 :]), n + 2
    raise BadFile(shown, 1, "l'en-tête n'est pas refermé par une ligne ---")


def marks_of(text: str) -> Iterator[str]:
    """Source marks of a text, each once, in order."""
    found = (one for group in MARK.findall(text) for one in re.split(r"\s*[,;]\s*", group))
    yield from dict.fromkeys(found)


def blocks_of(body: str, first_line: int) -> Iterator[Block]:
    """Paragraphs, bullets, tables and code of the body, each under its headings."""
    rows = body.split("\n")
    headings: list[tuple[int, str]] = []
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    skip_until = 0
    for n, token in enumerate(tokens):
        if token.map is None or token.nesting < 0 or token.map[0] < skip_until:
            continue
        if token.type == "heading_open":
            level = int(token.tag[1])
            headings = [one for one in headings if one[0] < level]
            headings.append((level, tokens[n + 1].content.strip()))
            skip_until = token.map[1]
        elif token.type in _LEAVES:
            section = " › ".join(text for level, text in headings if level > 1)
            start, end = token.map
            text = "\n".join(rows[start:end]).strip()
            skip_until = end
            while end > start and not rows[end - 1].strip():
                end -= 1
            yield Block(section, text, (start + first_line, end + first_line - 1))


_LEAVES = frozenset(
    {
        "paragraph_open",
        "list_item_open",
        "table_open",
        "fence",
        "code_block",
        "blockquote_open",
    }
)
