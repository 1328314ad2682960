"""What changed in a text, line by line, and in a line the words that differ.

Lines alike are told as one that became the other, with a few words around what changed; the others
as taken away or added.  Nothing here knows what the text is about.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

#: Words of context kept on each side of what changed in a line.
_CONTEXT = 4
#: A line that keeps less than this share of its words is another line.
_SAME_LINE = 0.4
#: Longest quotation of one line, in characters.
_QUOTED = 240


def reworded(before: str, after: str) -> Iterator[str]:
    """A text told line by line: lines that came, lines that went, words that changed."""
    old, new = before.splitlines(), after.splitlines()
    found = False
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for one, other in _paired([*filter(None, old[a:b])], [*filter(None, new[c:d])]):
            found = True
            if one and other:
                was, now = _around(one, other)
                yield f"{quoted(was)} devient {quoted(now)}"
            else:
                yield f"{'retiré' if one else 'ajouté'} {quoted(one or other)}"
    if not found:
        yield "mise en forme seulement"


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Lines that replace each other side by side when they are alike; alone otherwise."""
    for n in range(max(len(old), len(new))):
        one = old[n] if n < len(old) else ""
        other = new[n] if n < len(new) else ""
        if one and other and SequenceMatcher(None, one.split(), other.split()).ratio() < _SAME_LINE:
            yield one, ""
            yield "", other
        else:
            yield one, other


def _around(old: str, new: str) -> tuple[str, str]:
    """The words that differ in two lines, each with a few words around."""
    one, other = old.split(), new.split()
    start, most = 0, min(len(one), len(other))
    while start < most and one[start] == other[start]:
        start += 1
    end = 0
    while end < most - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return _cut(one, start, end), _cut(other, start, end)


def _cut(words: Sequence[str], start: int, end: int) -> str:
    """The middle of a line between ``start`` words before and ``end`` after, with its context."""
    first, last = max(start - _CONTEXT, 0), min(len(words) - end + _CONTEXT, len(words))
    middle = " ".join(words[first:last])
    return f"{'… ' if first else ''}{middle}{' …' if last < len(words) else ''}"


def quoted(text: str) -> str:
    """A text between French quotation marks, without its list mark, cut when it is long."""
    flat = " ".join(text.split()).removeprefix("- ")
    return f"«\u00a0{flat if len(flat) <= _QUOTED else flat[: _QUOTED - 1].rstrip() + '…'}\u00a0»"
