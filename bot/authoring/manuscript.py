"""The text of a playbook file, changed where it must be and nowhere else.

Comments, order, quotes and blank lines are the authors': an edit replaces the words of one value,
the lines of one key or the lines of one step, and leaves every other line as it is, to the byte.
What was written is read back before it is believed: an edit that would not say what was meant is
refused.

- a step that is taken out leaves ``# étape retirée : <id>``, so that its id never serves again;
- a step written on one line (``- {id: …}``) is left to whoever has the file in hand.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from bot.errors import BadFile, Refused
from bot.library.french import fold
from bot.library.marked_yaml import Marked, Place, parse

#: The keys of a step, in the order in which they are written.
KEYS: Final = (
    "id", "ref", "title", "role", "within", "after", "when", "bound", "text", "never",
    "if_impossible", "evidence", "outcomes", "duty", "document", "instants", "two_persons",
    "asks", "sources",
)  # fmt: skip
_RETIRED: Final = "# étape retirée : "
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: A text that means itself without quotes: letters first, and nothing that YAML gives a meaning to.
_PLAIN: Final = re.compile(r"[A-Za-zÀ-ÿ«][^\n:#\[\]{}\"]*(?<!\s)|\d+ (?:min|h|j)(?: \d+)?")
_WORDS: Final = frozenset("null true false yes no on off oui non y n ~".split())
_INDENT: Final = "  "
_ODD_ENDS: Final = re.compile("[\r\x85\u2028\u2029]")
#: Spaces that French needs, and that are not « printable ».
_SPACES: Final = "\u00a0\u202f"

Value = str | Sequence[str] | bool | None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a step stands: its phase and its number in it."""

    phase: int
    step: int

    @property
    def path(self) -> Place:
        """The same as a path in the data."""
        return ("phases", self.phase, "steps", self.step)


class Manuscript:
    """The text of one playbook file; each edit gives another one."""

    def __init__(self, text: str, shown: str) -> None:
        """Read the text; ``BadFile`` when it is no YAML.  ``shown`` is the file's name."""
        if _ODD_ENDS.search(text):
            raise BadFile(
                shown,
                0,
                "fins de ligne Windows : enregistrez le fichier avec des fins de ligne Unix",
            )
        self.text = text
        self.shown = shown
        self._marked: Marked = parse(text, shown)
        self._rows = text.splitlines()

    # -- reading ------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """What the text says, as plain data."""
        return self._marked.data

    def ids(self) -> tuple[str, ...]:
        """Ids of the steps, in the order of the file."""
        return tuple(step["id"] for phase in self.data["phases"] for step in phase["steps"])

    def step(self, step_id: str) -> Mapping[str, Any]:
        """One step as plain data."""
        found: Mapping[str, Any] = self._at(self._find(step_id).path)
        return found

    def _find(self, step_id: str) -> Spot:
        for p, phase in enumerate(self.data["phases"]):
            for n, step in enumerate(phase["steps"]):
                if step["id"] == step_id:
                    return Spot(p, n)
        raise Refused(f"L'étape « {step_id[:60]} » n'est plus dans {self.shown}.")

    def _at(self, path: Place) -> Any:
        value = self.data
        for one in path:
            value = value[one]
        return value

    # -- editing ------------------------------------------------------------------------------

    def with_version(self, version: str) -> "Manuscript":
        """The text with another version at its head."""
        made = self._put((), "version", version)
        return made._checked(("version",), version)

    def with_step(self, step_id: str, changes: Mapping[str, Value]) -> "Manuscript":
        """The text with these keys of a step written anew; ``None``, empty or false takes one out.

        A value that says the same as before changes nothing.
        """
        made = self
        for key in sorted(changes, key=KEYS.index):
            path = made._find(step_id).path
            value, before = changes[key], made._at(path).get(key)
            if _same(before, value):
                continue
            made._refuse_flow(path, step_id)
            made = made._put(path, key, value) if value else made._drop((*path, key))
            made = made._checked((*made._find(step_id).path, key), value)
        return made

    def without_step(self, step_id: str) -> "Manuscript":
        """The text without a step, nor any waiting for it; its id stays, in a comment."""
        made = self
        for other in self.ids():
            after = made.step(other).get("after") or []
            if step_id in after:
                made = made.with_step(other, {"after": [one for one in after if one != step_id]})
        place = made._find(step_id)
        if len(made.data["phases"][place.phase]["steps"]) == 1:
            raise Refused("C'est la dernière étape de sa phase : une phase vide n'a pas de sens.")
        first, last = made._marked.lines(place.path)
        left = f"{_indent_of(made._rows[first - 1])}{_RETIRED}{step_id}"
        return made._made([*made._rows[: first - 1], left, *made._rows[last:]])

    def with_new_step(self, after: str, values: Mapping[str, Value]) -> "Manuscript":
        """The text with one more step right after this one; its id is made from its title."""
        place = self._find(after)
        self._refuse_flow(place.path, after)
        new_id = self.new_id(str(values["title"]))
        dash = self._dash(place)
        written = {"id": new_id, **values}
        lines = [
            line
            for key in KEYS
            if written.get(key)
            for line in _entry(key, written[key], dash + _INDENT)
        ]
        lines[0] = f"{dash}- {lines[0].lstrip()}"
        _, last = self._block(place)
        made = self._made([*self._rows[:last], *self._gap(place), *lines, *self._rows[last:]])
        for key, value in values.items():
            if value:
                made._checked((*made._find(new_id).path, key), value)
        return made

    def moved(self, step_id: str, after: str = "", *, phase: str = "") -> "Manuscript":
        """The text with a step, its comments included, right after another one.

        Without one it goes to the head of that ``phase``.
        """
        place = self._find(step_id)
        target = self._find(after) if after else self._head(phase)
        if place == target:
            return self
        if len(self.data["phases"][place.phase]["steps"]) == 1:
            raise Refused("C'est la dernière étape de sa phase : une phase vide n'a pas de sens.")
        if self._dash(place) != self._dash(target):
            raise Refused("Ces étapes ne sont pas écrites avec le même retrait : dans le fichier.")
        first, last = self._block(place)
        start, end = self._block(target)
        rows, gap = _trimmed(self._rows[first:last]), self._gap(target) or self._gap(place)
        at, block = (end, [*gap, *rows]) if after else (start, [*rows, *gap])
        if first < at:
            return self._made([*self._rows[:first], *self._rows[last:at], *block, *self._rows[at:]])
        return self._made([*self._rows[:at], *block, *self._rows[at:first], *self._rows[last:]])

    def _head(self, phase_id: str) -> Spot:
        """Where the first step of a phase stands."""
        for number, phase in enumerate(self.data["phases"]):
            if phase["id"] == phase_id:
                return Spot(number, 0)
        raise Refused(f"La phase « {phase_id[:60]} » n'est plus dans {self.shown}.")

    def _dash(self, place: Spot) -> str:
        """What the first row of a step begins with."""
        return _indent_of(self._rows[self._marked.lines(place.path)[0] - 1])

    def new_id(self, title: str) -> str:
        """An id that this file never had, made from a title."""
        plain = "-".join(re.findall(r"[a-z0-9]+", fold(title)))[:60].strip("-") or "etape"
        taken = {*self.ids(), *re.findall(rf"{_RETIRED}(\S+)", self.text)}
        numbered = (f"{plain}-{number}" for number in range(2, len(taken) + 3))
        return next(one for one in (plain, *numbered) if one not in taken)

    # -- lines --------------------------------------------------------------------------------

    def _made(self, rows: Iterable[str]) -> "Manuscript":
        ending = "\n" if self.text.endswith("\n") else ""
        return Manuscript("\n".join(rows) + ending, self.shown)

    def _checked(self, path: Place, value: Value) -> "Manuscript":
        """This text, once it is sure that it says what was meant."""
        *above, key = path
        found = self._at(tuple(above)).get(key)
        if not _same(found, value):
            raise BadFile(
                self.shown, self._marked.line(path), f"« {key} » ne se relit pas comme écrit"
            )
        return self

    def _refuse_flow(self, path: Place, step_id: str) -> None:
        """A step on one line has no lines of its own to change."""
        row = self._rows[self._marked.lines(path)[0] - 1]
        if re.match(r"\s*-\s*\{", row):
            raise Refused(
                f"L'étape « {step_id} » est écrite sur une seule ligne : "
                "changez-la dans le fichier."
            )

    def _block(self, place: Spot) -> tuple[int, int]:
        """Index of the first row of a step, comments and gap above included, and past its end."""
        first, last = self._marked.lines(place.path)
        start = first - 1
        floor = self._marked.lines(("phases", place.phase, "steps"))[0]
        if place.step:
            before = ("phases", place.phase, "steps", place.step - 1)
            floor = self._marked.lines(before)[1]
        while start > floor and _is_blank(self._rows[start - 1]):
            start -= 1
        return start, last

    def _gap(self, place: Spot) -> list[str]:
        """The blank row that parts two steps of this file, if it has any."""
        if not place.step and len(self.data["phases"][place.phase]["steps"]) > 1:
            place = Spot(place.phase, 1)
        first = self._marked.lines(place.path)[0] - 1
        parted = any(not row.strip() for row in self._rows[self._block(place)[0] : first])
        return [""] if parted else []

    def _put(self, path: Place, key: str, value: Value) -> "Manuscript":
        """The text with this key of the mapping at ``path`` written anew."""
        if (*path, key) not in self._marked.spans:
            return self._insert(path, key, value)
        node = self._node((*path, key))
        first, last = self._marked.lines((*path, key))
        if isinstance(value, str) and "\n" not in value.strip() and _on_one_row(node):
            row = self._rows[first - 1]
            head, tail = row[: node.start_mark.column], row[node.end_mark.column :]
            rows = [*self._rows[: first - 1], f"{head}{_scalar(value)}{tail}", *self._rows[first:]]
            return self._made(rows)
        indent = self._indent(path)
        lines = _entry(key, value, indent)
        head = self._rows[first - 1]
        if head.lstrip().startswith("- "):
            lines[0] = f"{indent[:-2]}- {lines[0].lstrip()}"
        return self._made([*self._rows[: first - 1], *lines, *self._rows[last:]])

    def _insert(self, path: Place, key: str, value: Value) -> "Manuscript":
        """The text with a key that was not there, after those that come before it."""
        known = KEYS if key in KEYS else (key,)
        held = self._at(path)
        before = [one for one in known[: known.index(key)] if one in held]
        row = self._marked.lines((*path, before[-1]))[1] if before else self._marked.lines(path)[0]
        lines = _entry(key, value, self._indent(path))
        return self._made([*self._rows[:row], *lines, *self._rows[row:]])

    def _drop(self, path: Place) -> "Manuscript":
        first, last = self._marked.lines(path)
        return self._made([*self._rows[: first - 1], *self._rows[last:]])

    def _indent(self, path: Place) -> str:
        """What the keys of the mapping at ``path`` begin with."""
        return " " * int(self._node(path).start_mark.column) if path else ""

    def _node(self, path: Place) -> yaml.Node:
        """The node of a part, with its marks."""
        node = yaml.compose(self.text, Loader=_LOADER)
        for one in path:
            if isinstance(node, yaml.MappingNode):
                node = next(value for key, value in node.value if key.value == one)
            elif isinstance(node, yaml.SequenceNode) and isinstance(one, int):
                node = node.value[one]
        if not isinstance(node, yaml.Node):
            raise BadFile(self.shown, 0, "fichier vide")
        return node


# -- how values are written -----------------------------------------------------------------------


def cleaned(text: str) -> str:
    """A text as it is kept: composed characters, plain ends of lines, nothing that is not shown."""
    rows = unicodedata.normalize("NFC", text).replace("\t", "    ").splitlines()
    kept = (
        "".join(one for one in row if one.isprintable() or one in _SPACES).rstrip() for row in rows
    )
    return "\n".join(kept).strip("\n")


def _same(before: Any, after: Value) -> bool:
    """Whether a key says the same, ends of lines aside; nothing, empty and false are alike."""
    if isinstance(after, bool):
        return (str(before).casefold() == "true") is after
    if after is None or isinstance(after, str):
        return str(before or "").strip("\n") == (after or "").strip("\n")
    return [str(one) for one in before or ()] == list(after)


def _entry(key: str, value: Value, indent: str) -> list[str]:
    """The lines of a key with its value."""
    if isinstance(value, bool):
        return [f"{indent}{key}: {'true' if value else 'false'}"]
    if value is not None and not isinstance(value, str):
        return [f"{indent}{key}:", *(f"{indent}{_INDENT}- {_scalar(one)}" for one in value)]
    text = cleaned(value or "")
    if "\n" not in text:
        return [f"{indent}{key}: {_scalar(text)}"]
    rows = (f"{indent}{_INDENT}{row}" if row else "" for row in text.split("\n"))
    # A first row that begins with spaces would be taken for the indentation.
    mark = "|2" if text.startswith(" ") else "|"
    return [f"{indent}{key}: {mark}", *rows]


def _scalar(text: str) -> str:
    """One value on one row: as it is when it means itself, else between double quotes."""
    text = cleaned(text)
    meant = _PLAIN.fullmatch(text) and fold(text) not in _WORDS
    return text if meant else json.dumps(text, ensure_ascii=False)


def _on_one_row(node: yaml.Node) -> bool:
    """Whether a value stands on one row, and is no block of text."""
    flat = bool(node.start_mark.line == node.end_mark.line)
    return flat and isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">")


def _indent_of(row: str) -> str:
    return row[: len(row) - len(row.lstrip())]


def _is_blank(row: str) -> bool:
    return not row.strip() or row.lstrip().startswith("#")


def _trimmed(rows: Sequence[str]) -> list[str]:
    """The rows without the blank ones at their head."""
    kept = list(rows)
    while kept and not kept[0].strip():
        kept.pop(0)
    return kept
