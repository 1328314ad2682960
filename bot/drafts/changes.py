"""What differs between two versions of a document, in words that a signer can check.

Each value is told by its label: « nombre de personnes (à compléter → 1 200) ».  Beside values, a
template that was edited and passages that came or went are said.  What always moves (the hour, the
version, the head of the journal) is left out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from bot.drafts.blocks import clean
from bot.drafts.values import Missing, Value

NOTHING: Final = "à compléter"
MOST: Final = 12
"""Changes that are told one by one."""
_MOVES: Final = ("maintenant", "journal.", "document.version")
_LONG: Final = 70
_AROUND: Final = 2
"""Words kept on each side of what changed in a long text."""
_PASSAGE: Final = 120


@dataclass(frozen=True, slots=True)
class Shown:
    """What a version printed: kept beside it, so that the next one can be held against it."""

    template: str
    """Hash of the template."""
    blank: str
    """The text without its values."""
    values: Mapping[str, tuple[str, tuple[str, ...]]]
    """Path -> label and texts, as many as were printed; an empty text was missing."""

    def dump(self) -> str:
        """As JSON."""
        return json.dumps(
            {"template": self.template, "blank": self.blank, "values": self.values},
            ensure_ascii=False,
        )

    @staticmethod
    def load(text: str) -> "Shown":
        """From JSON; ``ValueError`` or ``KeyError`` when it is not one of ours."""
        data = json.loads(text)
        values = {
            path: (str(label), tuple(map(str, texts)))
            for path, (label, texts) in data["values"].items()
        }
        return Shown(str(data["template"]), str(data["blank"]), values)


def shown(template: str, blank: str, values: Sequence[Value | Missing]) -> Shown:
    """What these values show, by path."""
    found: dict[str, tuple[str, list[str]]] = {}
    for one in values:
        if one.path:
            text = "" if isinstance(one, Missing) else clean(one)
            found.setdefault(one.path, (one.label, []))[1].append(text)
    kept = {path: (label, tuple(texts)) for path, (label, texts) in found.items()}
    return Shown(template, blank, kept)


def changes(before: Shown, after: Shown) -> list[str]:
    """What changed, the values first."""
    found = list(_values(before.values, after.values))
    if before.template != after.template:
        found.append("le texte du modèle")
    elif before.blank != after.blank:
        found += _passages(before.blank, after.blank)
    if len(found) > MOST:
        found = [*found[:MOST], f"et {len(found) - MOST} de plus"]
    return found


def _values(
    before: Mapping[str, tuple[str, tuple[str, ...]]],
    after: Mapping[str, tuple[str, tuple[str, ...]]],
) -> Iterator[str]:
    for path in dict.fromkeys((*after, *before)):
        if path.startswith(_MOVES):
            continue
        label = (after.get(path) or before[path])[0]
        old, new = (one.get(path, ("", ()))[1] for one in (before, after))
        if "[]" in path and len(old) != len(new):
            yield f"{label} ({len(old)} → {len(new)})"
        elif old and new and old[0] != new[0]:
            yield f"{label} ({_pair(old[0], new[0])})"
        elif old and new and old != new:
            yield label


def _pair(old: str, new: str) -> str:
    """Two texts with an arrow between; of long ones, only the words that differ."""
    if not old or not new or max(len(old), len(new)) <= _LONG:
        return f"{_cut(old) or NOTHING} → {_cut(new) or NOTHING}"
    one, two = old.split(), new.split()
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    end = 0
    while end < min(len(one), len(two)) - start and one[-1 - end] == two[-1 - end]:
        end += 1
    return f"{_words(one, start, end)} → {_words(two, start, end)}"


def _words(words: Sequence[str], start: int, end: int) -> str:
    """The words between, with a little of what surrounds them."""
    first, last = max(0, start - _AROUND), min(len(words), len(words) - end + _AROUND)
    kept = " ".join(words[first:last])
    before, after = "… " if first else "", " …" if last < len(words) else ""
    return f"{before}{_cut(kept)}{after}"


def _passages(before: str, after: str) -> Iterator[str]:
    """Paragraphs that a condition of the template brought or took away."""
    old, new = before.split("\n\n"), after.split("\n\n")
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        taken, given = " ".join(old[a:b]), " ".join(new[c:d])
        if taken.split() == given.split():
            continue
        if _says(taken):
            yield f"passage retiré : « {_cut(taken, _PASSAGE)} »"
        if _says(given):
            yield f"passage ajouté : « {_cut(given, _PASSAGE)} »"


def _says(passage: str) -> bool:
    """Whether a passage has words of its own beside its values."""
    return any(one.isalpha() for one in passage)


def _cut(text: str, limit: int = _LONG) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1].rstrip()}…"
