"""The shape of the house, held against the code: layers go down, and some acts have one place.

Read with the ``ast`` module, so nothing here runs the product except the start-up test.  The rules
about the size of functions belong to the linter; those about words and files to other tests.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

ROOT = Path(__file__).resolve().parents[2]

#: The floor of each module or package; the longest matching name decides.  A new module of the
#: top level has no floor until somebody gives it one here.
FLOORS = {
    "bot.errors": 0,
    "bot.core": 1,
    "bot.grammar": 2,
    "bot.drafts": 2,
    "bot.sentences": 2,
    "bot.journal": 2,
    "bot.library.playbooks": 2,
    "bot.library.passages": 2,
    "bot.library": 3,
    "bot.exports": 3,
    "bot.files": 3,
    "bot.batching": 3,
    "bot.leases": 3,
    "bot.meters": 3,
    "bot.keeping": 4,
    "bot.readings": 3,
    "bot.service": 4,
    "bot.authoring": 4,
    "bot.anchors": 5,
    "bot.cacao": 5,
    "bot.clockwork": 5,
    "bot.health": 5,
    "bot.metrics": 4,
    "bot.paper": 5,
    "bot.preview": 6,
    "bot.rotation": 5,
    "bot.slack": 5,
    "bot.views": 5,
    "bot.terminal": 7,
    "bot.terminal_desk": 6,
    "bot.terminal_ways": 6,
    "bot.config": 7,
    "bot.logs": 7,
    "bot.wiring": 8,
    "bot.demo": 9,
    "bot.doctor": 9,
    "bot.cli": 10,
    "bot.__main__": 11,
}

#: What rules may not touch: they take values and return facts.
NOT_IN_CORE = {
    "asyncio", "http", "logging", "multiprocessing", "os", "random", "secrets", "shutil", "socket",
    "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib",
}  # fmt: skip

#: Libraries that cost a second at start-up; a command that does not need them must not wait.
HEAVY = ("chromadb", "langchain", "langchain_core", "langgraph", "numpy", "onnxruntime")

CLOCK_CALLS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"), ("time", "monotonic"), ("time", "monotonic_ns"),
    ("time", "localtime"), ("time", "gmtime"),
    ("time", "clock_gettime"), ("time", "clock_gettime_ns"),
}  # fmt: skip

#: The one reading of a clock elsewhere: how long since the machine started, which is no hour.
SINCE_BOOT = ("bot.journal.kernel", "time.clock_gettime_ns(time.CLOCK_BOOTTIME)")

SLACK_METHODS = {
    name for name in dir(AsyncWebClient) if "_" in name and not name.startswith("_")
} | {"api_call"}

MODULE_LINES = 400
#: An auditor carries it as one file, and reads it before he runs it.
ONE_FILE = {"bot/exports/kit/verifier.py": 600}


@dataclass(frozen=True)
class Module:
    """One file of the product: its dotted name and its tree."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        """What is written in it, read at the first need."""
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @property
    def place(self) -> str:
        """Where it is, from the top of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def package(self) -> str:
        """The package under ``bot`` that it belongs to, or itself at the top level."""
        return ".".join(self.name.split(".")[:2])


def _read(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path)


MODULES = [_read(path) for path in sorted((ROOT / "bot").rglob("*.py"))]
NAMES = {module.name for module in MODULES}


def floor(name: str) -> int | None:
    """Return the floor on which a module stands, None when the table does not know it."""
    while name:
        if name in FLOORS:
            return FLOORS[name]
        name = name.rpartition(".")[0]
    return None


def imports(module: Module) -> Iterator[tuple[str, int]]:
    """Give every module imported, wherever the import stands, with its line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner if inner in NAMES else node.module), node.lineno


def last_name(node: ast.expr) -> str:
    """Return the last word of ``a.b.c``, without the underscores in front."""
    if isinstance(node, ast.Attribute):
        return node.attr.lstrip("_")
    return node.id.lstrip("_") if isinstance(node, ast.Name) else ""


def method_calls(module: Module) -> Iterator[tuple[str, str, int]]:
    """Give ``owner.method(…)`` as (owner, method, line)."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield last_name(node.func.value), node.func.attr, node.lineno


def report(found: list[str]) -> None:
    """Fail with one line per place."""
    assert not found, "\n".join(["", *found])


def test_every_module_has_a_floor() -> None:
    """A module that the table of floors does not name has no place in the house."""
    report([m.place for m in MODULES if m.name != "bot" and floor(m.name) is None])


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_imports_go_down(module: Module) -> None:
    """A module imports from lower floors only, or from its own package."""
    own = floor(module.name)
    found = []
    for target, line in imports(module):
        same = target == module.package or target.startswith(module.package + ".")
        if not target.startswith("bot.") or same:
            continue
        below = floor(target)
        if own is None or below is None or below >= own:
            found.append(f"{module.place}:{line} imports {target} (floor {own} from {below})")
    report(found)


def test_rules_know_only_the_standard_library() -> None:
    """Nothing in core imports a third party, a file, a clock, a network or a thread."""
    found = []
    for module in (m for m in MODULES if m.package == "bot.core"):
        for target, line in imports(module):
            top = target.split(".")[0]
            if top != "bot" and (top not in sys.stdlib_module_names or top in NOT_IN_CORE):
                found.append(f"{module.place}:{line} imports {target}")
    report(found)


def test_environment_is_read_in_one_place() -> None:
    """Only config.py reads the environment or the .env file."""
    words = {"environ", "environb", "getenv", "putenv", "load_dotenv", "dotenv_values"}
    found = []
    for module in (m for m in MODULES if m.name != "bot.config"):
        for node in ast.walk(module.tree):
            name = node.attr if isinstance(node, ast.Attribute) else None
            names = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else ()
            if name in words or words.intersection(names):
                found.append(f"{module.place}:{getattr(node, 'lineno', 0)}")
    report(found)


def test_clock_is_read_in_one_place() -> None:
    """Only bot.wiring asks what time it is; everybody else is told.

    The kernel's word on its clock has the time since boot beside it, which cannot be set.
    """
    found = []
    for module in (m for m in MODULES if m.name != "bot.wiring"):
        since_boot = {
            node.func
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and (module.name, ast.unparse(node)) == SINCE_BOOT
        }
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Attribute)
                and node not in since_boot
                and (last_name(node.value), node.attr) in CLOCK_CALLS
            ):
                found.append(f"{module.place}:{node.lineno} {ast.unparse(node)}")
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                found.extend(
                    f"{module.place}:{node.lineno} from time import {alias.name}"
                    for alias in node.names
                    if ("time", alias.name) in CLOCK_CALLS
                )
    report(found)


def test_one_road_into_the_journal() -> None:
    """Only service.py appends to the store."""
    found = []
    for module in (m for m in MODULES if m.name != "bot.service"):
        for owner, method, line in method_calls(module):
            if method == "append" and (owner == "journal" or owner.lower().endswith("store")):
                found.append(f"{module.place}:{line} {owner}.append")
    report(found)


def test_vector_store_and_models_stay_in_the_library() -> None:
    """Only the library imports chromadb and the langchain family."""
    found = []
    for module in (m for m in MODULES if m.package != "bot.library"):
        for target, line in imports(module):
            if target.split(".")[0].startswith(("chromadb", "langchain", "langgraph")):
                found.append(f"{module.place}:{line} imports {target}")
    report(found)


def test_slack_is_called_in_one_place() -> None:
    """Only the gateway calls Slack's Web API; asking the gateway itself is how others do it."""
    found = []
    for module in (m for m in MODULES if m.name != "bot.slack.gateway"):
        for owner, method, line in method_calls(module):
            if method in SLACK_METHODS and owner != "gateway":
                found.append(f"{module.place}:{line} {owner}.{method}")
    report(found)


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    broad = any(kind is None or last_name(kind) in {"Exception", "BaseException"} for kind in kinds)
    last = handler.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


def test_only_the_edges_catch_everything() -> None:
    """Elsewhere an unforeseen fault is left to be seen, or cleaned up after and raised again."""
    edges = {"bot.slack.listeners", "bot.clockwork", "bot.keeping"}
    report(
        [
            f"{module.place}:{node.lineno}"
            for module in MODULES
            if module.name not in edges
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ExceptHandler) and _catches_everything(node)
        ]
    )


def test_modules_can_be_read_in_one_sitting() -> None:
    """A module that outgrows its limit is split where it reads better."""
    sizes = {m.place: len(m.path.read_text(encoding="utf-8").splitlines()) for m in MODULES}
    limits = {place: ONE_FILE.get(place, MODULE_LINES) for place in sizes}
    report([f"{place}: {lines}" for place, lines in sizes.items() if lines > limits[place]])


def test_starting_is_quick() -> None:
    """Errors, rules, playbooks, journal, service and command line load no heavy library."""
    light = {0, 1, 2, 4, 9}
    names = [m.name for m in MODULES if floor(m.name) in light and "migrations" not in m.name]
    names = [name for name in names if not name.endswith("__main__")]
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(*[heavy for heavy in {HEAVY!r} if heavy in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
