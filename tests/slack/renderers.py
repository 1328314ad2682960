"""Every function of the product that draws something for Slack, found in its code.

A renderer is a function of ``bot.slack`` or ``bot.wiring`` whose return type holds a ``Block`` or a
``Message``.  ``running`` says which of them ran, and so had a worst case.
"""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PLACES = (ROOT / "bot" / "slack", ROOT / "bot" / "wiring")
_DRAWN = {"Block", "Message"}


def renderers() -> dict[str, str]:
    """Each renderer as ``module.qualified_name`` -> ``def`` or ``async def``."""
    return {
        name: "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
        for place in PLACES
        for path in sorted(place.glob("*.py"))
        for name, node in _functions(ast.parse(path.read_text(encoding="utf-8")), path.stem)
        if node.returns is not None and _DRAWN & _names(node.returns)
    }


def _functions(
    tree: ast.AST, prefix: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}.{node.name}")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}.{node.name}", node


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


@contextmanager
def running() -> Iterator[set[str]]:
    """The functions of those places that run meanwhile, by the same names."""
    codes: set[CodeType] = set()
    seen: set[str] = set()

    def note(frame: FrameType, _event: str, _: Any) -> None:
        codes.add(frame.f_code)  # asked at each call only: nothing is returned to follow lines

    before = sys.gettrace()
    sys.settrace(note)
    try:
        yield seen
    finally:
        sys.settrace(before)
        seen |= {
            f"{Path(one.co_filename).stem}.{one.co_qualname}"
            for one in codes
            if Path(one.co_filename).parent in PLACES
        }
