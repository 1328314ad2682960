"""What a template may write: its words checked before anybody needs the document.

The tree of names is that of ``bot.drafts.data``; the words of Jinja2 are the few that a text needs:
values, ``if``, ``for`` over a list of the journal, six filters.  Calls, arithmetic, macros, imports
and everything else are refused, so that a template can neither run long nor reach beyond the data.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import TemplateSyntaxError, nodes

from bot.drafts.engine import FILTERS, environment, source
from bot.drafts.values import Missing, Rows, Value

DEEPEST: Final = 2
"""Loops within loops."""
LONGEST: Final = 60_000
"""Characters of a template."""
#: What ``loop`` offers inside a loop.
_LOOP: Final = {one: Value("", one) for one in ("index", "first", "last", "length")}
_ANY: Final = object()

Scope = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that a template may not write; ``word`` is unknown beside ``known`` names."""

    line: int
    """Line of the text, from 1."""
    message: str
    word: str = ""
    known: tuple[str, ...] = ()


def names(values: Mapping[str, Any], start: str = "") -> Iterator[str]:
    """Every name of a tree, dotted; ``[]`` after a list, then what its rows are made of."""
    for key, one in values.items():
        path = f"{start}{key}"
        if isinstance(one, Rows):
            if isinstance(one.shape, Mapping):
                yield from names(one.shape, f"{path}[].")
            else:
                yield f"{path}[]"
        elif isinstance(one, Mapping):
            yield from names(one, f"{path}.")
        else:
            yield path


def problems(text: str, values: Mapping[str, Any]) -> list[Problem]:
    """What is wrong in the text of a template, held against a tree of names."""
    if len(text) > LONGEST:
        return [Problem(1, f"modèle trop long\u00a0: plus de {LONGEST} caractères")]
    try:
        parsed = environment().parse(source(text))
    except TemplateSyntaxError as error:
        return [Problem(error.lineno, _syntax(error))]
    except RecursionError:
        return [Problem(1, "expression trop profonde\u00a0: trop de parenthèses")]
    reader = _Reader()
    reader.body(parsed.body, dict(values), 0)
    return sorted(reader.found)


def _syntax(error: TemplateSyntaxError) -> str:
    said = str(error.message or "")
    if "Encountered unknown tag" in said:
        word = said.split(chr(39))[1]
        return f"mot inconnu entre {{% et %}}\u00a0: {word}. Possibles\u00a0: if, for, set"
    if "Unexpected end of template" in said or "end of" in said:
        return "une accolade ou un bloc n'est pas refermé ({{ }}, {% endif %}, {% endfor %})"
    return "écriture du modèle incorrecte\u00a0: vérifiez les accolades {{ }} et {% %}"


class _Reader:
    """Walks a parsed template, and notes what it may not write."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def body(self, parts: list[nodes.Node], scope: Scope, depth: int) -> None:
        """A run of statements; a name that one of them sets serves those after it."""
        known = dict(scope)
        for part in parts:
            handler = _STATEMENTS.get(type(part))
            if handler is None:
                self.refuse(part)
            else:
                handler(self, part, known, depth)

    def refuse(self, part: nodes.Node) -> None:
        """Note a construction that is not one of ours."""
        called = type(part).__name__.lower()
        told = "construction refusée dans un modèle\u00a0: seuls {{ }}, if, for et set servent"
        self.found.append(Problem(part.lineno, f"{told} ({called})"))

    def output(self, part: nodes.Output, scope: dict[str, Any], depth: int) -> None:
        """Text and values: what is printed must be one value."""
        for one in part.nodes:
            if isinstance(one, nodes.TemplateData):
                continue
            shape = self.value(one, scope)
            if isinstance(shape, Mapping) and shape is not _LOOP:
                known = tuple(shape)
                self.found.append(Problem(one.lineno, "précisez quoi", _path(one), known))
            elif isinstance(shape, Rows):
                told = "est une liste\u00a0: écrivez une boucle for, ou «\u00a0| liste\u00a0»"
                self.found.append(Problem(one.lineno, f"«\u00a0{_path(one)}\u00a0» {told}"))

    def condition(self, part: nodes.If, scope: dict[str, Any], depth: int) -> None:
        """``if`` and its branches."""
        self.value(part.test, scope)
        self.body(part.body, scope, depth)
        for other in part.elif_:
            self.condition(other, scope, depth)
        self.body(part.else_, scope, depth)

    def loop(self, part: nodes.For, scope: dict[str, Any], depth: int) -> None:
        """``for`` over a list of the data."""
        if depth >= DEEPEST:
            self.found.append(Problem(part.lineno, f"plus de {DEEPEST} boucles l'une dans l'autre"))
            return
        if part.recursive or not isinstance(part.target, nodes.Name):
            self.refuse(part)
            return
        shape = self.value(part.iter, scope)
        if not isinstance(shape, Rows) and shape is not _ANY:
            told = f"«\u00a0{_path(part.iter)}\u00a0» n'est pas une liste"
            self.found.append(Problem(part.lineno, told))
            shape = _ANY
        row = shape.shape if isinstance(shape, Rows) else _ANY
        inner = {**scope, part.target.name: row, "loop": _LOOP}
        if part.test is not None:
            self.value(part.test, inner)
        self.body(part.body, inner, depth + 1)
        self.body(part.else_, scope, depth)

    def assign(self, part: nodes.Assign, scope: dict[str, Any], depth: int) -> None:
        """``set`` of one name."""
        if not isinstance(part.target, nodes.Name):
            self.refuse(part)
            return
        scope[part.target.name] = self.value(part.node, scope)

    def value(self, part: nodes.Node, scope: Scope) -> Any:
        """The shape of an expression, or anything when it cannot be told."""
        handler = _EXPRESSIONS.get(type(part))
        if handler is None:
            self.refuse(part)
            return _ANY
        return handler(self, part, scope)

    def name(self, part: nodes.Name, scope: Scope) -> Any:
        """A name of the tree, or of a loop."""
        return self._under(part, part.name, scope)

    def attribute(self, part: nodes.Getattr, scope: Scope) -> Any:
        """``a.b``."""
        return self._under(part, part.attr, self.value(part.node, scope))

    def item(self, part: nodes.Getitem, scope: Scope) -> Any:
        """``a['b']``: for ids with a hyphen."""
        owner = self.value(part.node, scope)
        if not isinstance(part.arg, nodes.Const) or not isinstance(part.arg.value, str):
            self.refuse(part)
            return _ANY
        return self._under(part, part.arg.value, owner)

    def _under(self, part: nodes.Node, word: str, owner: Any) -> Any:
        if owner is _ANY:
            return _ANY
        if isinstance(owner, Mapping) and word in owner:
            return owner[word]
        known = tuple(owner) if isinstance(owner, Mapping) else ()
        self.found.append(Problem(part.lineno, "nom inconnu", _path(part), known))
        return _ANY

    def filter(self, part: nodes.Filter, scope: Scope) -> Any:
        """One of our filters, without arguments."""
        shape = self.value(part.node, scope) if part.node is not None else _ANY
        if part.name not in FILTERS:
            self.found.append(Problem(part.lineno, "filtre inconnu", part.name, FILTERS))
        elif part.args or part.kwargs:
            self.found.append(
                Problem(part.lineno, f"le filtre «\u00a0{part.name}\u00a0» est sans argument")
            )
        return Value("") if part.name in ("liste", "oui_non") else shape

    def both(self, part: nodes.BinExpr, scope: Scope) -> Any:
        """``and``, ``or``: of either shape."""
        self.value(part.right, scope)
        return self.value(part.left, scope)

    def negated(self, part: nodes.Not, scope: Scope) -> Any:
        """``not``."""
        self.value(part.node, scope)
        return Value("")

    def compared(self, part: nodes.Compare, scope: Scope) -> Any:
        """``==``, ``in`` and the like."""
        self.value(part.expr, scope)
        for one in part.ops:
            self.value(one.expr, scope)
        return Value("")

    def chosen(self, part: nodes.CondExpr, scope: Scope) -> Any:
        """``a if b else c``."""
        self.value(part.test, scope)
        if part.expr2 is not None:
            self.value(part.expr2, scope)
        return self.value(part.expr1, scope)

    def several(self, part: nodes.List | nodes.Tuple, scope: Scope) -> Any:
        """``['a', 'b']``, to compare with."""
        for one in part.items:
            self.value(one, scope)
        return _ANY

    def constant(self, part: nodes.Const, scope: Scope) -> Any:
        """A text or a number of the template."""
        return Missing("")


_STATEMENTS: Final[Mapping[type, Callable[..., None]]] = {
    nodes.Output: _Reader.output,
    nodes.If: _Reader.condition,
    nodes.For: _Reader.loop,
    nodes.Assign: _Reader.assign,
}
_EXPRESSIONS: Final[Mapping[type, Callable[..., Any]]] = {
    nodes.Name: _Reader.name,
    nodes.Getattr: _Reader.attribute,
    nodes.Getitem: _Reader.item,
    nodes.Filter: _Reader.filter,
    nodes.And: _Reader.both,
    nodes.Or: _Reader.both,
    nodes.Not: _Reader.negated,
    nodes.Compare: _Reader.compared,
    nodes.CondExpr: _Reader.chosen,
    nodes.List: _Reader.several,
    nodes.Tuple: _Reader.several,
    nodes.Const: _Reader.constant,
}


def _path(part: nodes.Node) -> str:
    """An expression as its author wrote it, near enough to be found."""
    if isinstance(part, nodes.Name):
        return str(part.name)
    if isinstance(part, nodes.Getattr):
        return f"{_path(part.node)}.{part.attr}"
    if isinstance(part, nodes.Getitem):
        inner = part.arg.value if isinstance(part.arg, nodes.Const) else "…"
        return f"{_path(part.node)}.{inner}"
    return "…"
