"""Read YAML and remember the line of every value, so that a fault can be shown where it is.

Rules:
- only plain data: aliases, anchors and tags are refused (they expand without limit, or run code);
- a file is at most 1 MB, nested at most 32 levels deep, and no key is written twice;
- what would not show is refused: control characters, and those that turn a line around;
- scalars stay the text that was typed, save an unquoted ``null``, ``~`` or nothing (``None``):
  ``oui``, ``non``, ``on`` and ``2026-04`` mean what they say, and the validation converts.

What the values must be is not decided here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

import yaml

from bot.errors import BadFile, reason

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Place = tuple[str | int, ...]

_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Controls but tab and line feed, and the marks that show a line in another order than written."""

_KNOWN_PROBLEMS = {
    "mapping values are not allowed": "deux-points inattendus\u00a0: mettez le texte entre "
    "guillemets, ou vérifiez l'indentation",
    "tab character": "tabulation interdite en YAML\u00a0: remplacez-la par des espaces",
    "cannot start any token": "caractère inattendu\u00a0: mettez le texte entre guillemets, et "
    "remplacez les tabulations par des espaces",
    "did not find expected ','": "un crochet ou une accolade n'est pas refermé",
    "could not find expected ':'": "il manque un deux-points après la clé",
    "expected <block end>": "l'indentation ne correspond pas à la ligne qui précède",
    "did not find expected key": "l'indentation ne correspond pas à la ligne qui précède",
    "did not find expected '-'": "l'indentation de la liste ne correspond pas",
    "unexpected end of stream": "un guillemet ou un crochet n'est pas refermé",
    "special characters are not allowed": "caractère de contrôle interdit",
    "control characters are not allowed": "caractère de contrôle interdit",
    "expected a single document": "retirez la ligne «\u00a0---\u00a0»\u00a0: un fichier ne "
    "tient qu'un document",
}


@dataclass(frozen=True, slots=True)
class Marked:
    """Plain data, and where each part of it stands in the file (lines from 1, both included)."""

    data: Any
    spans: Mapping[Place, tuple[int, int]]

    def line(self, path: Place) -> int:
        """The line of that part, or of the nearest part above it that the file has."""
        return self.lines(path)[0]

    def lines(self, path: Place) -> tuple[int, int]:
        """First and last line of that part, or of the nearest part above it."""
        while path and path not in self.spans:
            path = path[:-1]
        return self.spans.get(path, (1, 1))


def read_text(file: Path, shown: str) -> str:
    """The text of a file, or ``BadFile`` when it is too big, unreadable or not UTF-8."""
    try:
        known = file.stat()
        # A pipe or a device would be waited for without end.
        if not (S_ISREG(known.st_mode) or S_ISDIR(known.st_mode)):
            raise BadFile(shown, 0, "ce n'est pas un fichier ordinaire\u00a0: retirez-le d'ici")
        if known.st_size > MAX_BYTES:
            raise BadFile(shown, 0, "fichier trop gros (plus de 1 Mo)\u00a0: découpez-le")
        raw = file.read_bytes()
    except OSError as error:
        raise BadFile(shown, 0, f"fichier illisible ({reason(error)})") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = "ce n'est pas de l'UTF-8\u00a0: enregistrez le fichier en UTF-8"
        raise BadFile(shown, line, message) from error


def parse(text: str, shown: str, first_line: int = 1) -> Marked:
    """Plain data with its lines, or ``BadFile``; ``first_line`` is where the text starts."""
    try:
        _refuse_tricks(text, shown, first_line)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise _explained(error, shown, first_line, text) from error
    if node is None:
        return Marked(None, {})
    builder = _Builder(shown, first_line, text.splitlines())
    data = builder.value(node, ())
    return Marked(data, builder.spans)


def _refuse_tricks(text: str, shown: str, first_line: int) -> None:
    """Walk the events once, flat, before anything recursive sees the text."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = _row(event.start_mark) + first_line
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise BadFile(shown, line, f"plus de {MAX_DEPTH} niveaux d'imbrication")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BadFile(shown, line, "les ancres et alias YAML (& et *) ne sont pas acceptés")
        if getattr(event, "tag", None):
            raise BadFile(shown, line, "les étiquettes YAML (!…) ne sont pas acceptées")


def _row(mark: Any) -> int:
    """Index of the row of a mark (the parser always gives one to what it reads)."""
    return int(mark.line)


def _explained(error: yaml.YAMLError, shown: str, first_line: int, text: str) -> BadFile:
    """The parser's complaint as a French fault with its line."""
    mark: Any = getattr(error, "problem_mark", None)
    if mark:
        line = int(mark.line) + first_line
    else:
        before = text.encode()[: getattr(error, "position", 0)]
        line = before.count(b"\n") + first_line
    said = str(error)
    told = next((french for known, french in _KNOWN_PROBLEMS.items() if known in said), None)
    return BadFile(shown, line, told or "mise en forme YAML invalide\u00a0: vérifiez l'indentation")


class _Builder:
    """Turns nodes into data while noting the lines of each."""

    def __init__(self, shown: str, first_line: int, rows: list[str]) -> None:
        self.shown = shown
        self.first_line = first_line
        self.rows = rows
        self.spans: dict[Place, tuple[int, int]] = {}

    def value(self, node: yaml.Node, path: Place, key: yaml.Node | None = None) -> Any:
        """The data of a node; its span starts at its key when it has one."""
        start = (key or node).start_mark.line
        self.spans[path] = (start + self.first_line, self._last(node) + self.first_line)
        if isinstance(node, yaml.MappingNode):
            return {name: self.value(v, (*path, name), k) for name, k, v in self._pairs(node)}
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, n)) for n, item in enumerate(node.value)]
        hidden = _HIDDEN.search(str(node.value))
        if hidden:
            message = f"caractère invisible (U+{ord(hidden[0]):04X})\u00a0: retapez ce texte"
            raise BadFile(self.shown, start + self.first_line, message)
        return _scalar(node)

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Key text, key node and value node of each entry; a key written twice is refused."""
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + self.first_line
            if not isinstance(key, yaml.ScalarNode):
                raise BadFile(self.shown, line, "une clé doit être un mot simple")
            name = str(key.value)
            if name in seen:
                raise BadFile(self.shown, line, f"la clé «\u00a0{name}\u00a0» est écrite deux fois")
            seen.add(name)
            yield name, key, value

    def _last(self, node: yaml.Node) -> int:
        """Index of the last row of a node, blank rows and comments that follow left out."""
        last: int = node.end_mark.line
        if node.end_mark.column == 0 or _is_block(node):
            last -= 1
        last = min(max(last, node.start_mark.line), len(self.rows) - 1)
        while last > node.start_mark.line and self._empty(last):
            last -= 1
        return last

    def _empty(self, row: int) -> bool:
        text = self.rows[row].strip()
        return not text or text.startswith("#")


def _is_block(node: yaml.Node) -> bool:
    """Whether the node's end mark is already on the token that follows it."""
    if isinstance(node, yaml.ScalarNode):
        return node.style in ("|", ">")
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _scalar(node: yaml.Node) -> str | None:
    """The text typed; an unquoted ``null``, ``~`` or nothing is ``None``."""
    text = str(node.value)
    quoted = isinstance(node, yaml.ScalarNode) and bool(node.style)
    if not quoted and text in ("", "~", "null"):
        return None
    return text
