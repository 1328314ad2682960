"""Files of ``playbooks/`` → plans that a crisis can run on, and every fault with file and line.

- ``sources.yaml``, ``cellule.yaml``, ``obligations.yaml`` and ``etablissement.yaml`` are shared by
  every plan; each other ``*.yaml`` of the folder is one playbook.
- A bad playbook is a fault and is left out; the others stay.  Without the four shared files there
  is no plan at all.
- A step whose document has no template is a fault too, but the plan is kept: a missing template
  must not take the steps away.
- ``PlanShelf`` keeps serving the last good version of each file when a new one is bad.

Nothing here follows a running crisis: it keeps the plan that it was opened with.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from bot.core.playbook import (
    STRICT,
    Cell,
    Establishment,
    Obligations,
    Plan,
    Playbook,
    Source,
)
from bot.errors import BadFile
from bot.library import checks
from bot.library.checks import Checker
from bot.library.faults import Fault, fault_of, quoted
from bot.library.french import stems, stems_of, words
from bot.library.marked_yaml import Marked, parse, read_text
from bot.library.typed import build

__all__ = ["Fault", "PlanShelf", "Plans", "SourceFile", "choose", "load_plans", "plan_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The shape of ``sources.yaml``."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    sources: tuple[Source, ...]


SHARED: Mapping[str, type[Any]] = {
    "sources.yaml": SourceFile,
    "cellule.yaml": Cell,
    "obligations.yaml": Obligations,
    "etablissement.yaml": Establishment,
}


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans that can be opened, by playbook id, and what is wrong in the files."""

    plans: Mapping[str, Plan] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """Playbook id -> the file it was read from (``playbooks/rancongiciel.yaml``)."""
    shared: Mapping[str, Any] = field(default_factory=dict)
    """File name -> what the last good version of that shared file says."""


def shown_name(folder: Path, file: Path) -> str:
    """The path of a file as people know it, from the folder above (``playbooks/x.yaml``)."""
    return f"{folder.resolve().name}/{file.relative_to(folder).as_posix()}"


def playbook_files(folder: Path) -> list[Path]:
    """The files of the folder that are playbooks, in alphabetical order."""
    return [file for file in sorted(folder.glob("*.yaml")) if file.name not in SHARED]


def read_object(kind: type[T], file: Path, shown: str) -> tuple[T | None, Marked, list[Fault]]:
    """What one file says as ``kind``, with its lines, or the faults that make it unusable."""
    try:
        text = read_text(file, shown)
        made, marked, faults = _understood(cast("Any", kind), text, shown)
    except BadFile as error:
        return None, Marked(None, {}), [fault_of(error)]
    return made, marked, list(faults)


# Both folders are read again whenever one file changes: the others need not be understood again.
@lru_cache(maxsize=32)
def _understood(kind: Any, text: str, shown: str) -> tuple[Any, Marked, tuple[Fault, ...]]:
    """The object that a text describes, or ``BadFile``; what it gives is never changed."""
    marked = parse(text, shown)
    made, faults = build(kind, marked, shown)
    return made, marked, faults


def load_plans(folder: Path, previous: Plans | None = None) -> Plans:
    """Read the folder; what is bad now is taken from ``previous``, and told in the faults."""
    previous = previous or Plans()
    shared, faults = _load_shared(folder, previous.shared)
    if set(shared) != set(SHARED):
        return Plans({}, tuple(faults), {}, shared)
    plans: dict[str, Plan] = {}
    files: dict[str, str] = {}
    kept = {shown: playbook_id for playbook_id, shown in previous.files.items()}
    for file in playbook_files(folder):
        shown = shown_name(folder, file)
        plan, found = _load_plan(folder, file, shown, shared)
        faults += found
        if plan is None and shown in kept:
            plan = previous.plans[kept[shown]]
        if plan is None:
            continue
        name = plan.playbook.id
        if name in plans:
            # The file that bears its name is the playbook; another one is a copy begun from it.
            kept_file, copy = (files[name], shown) if file.stem != name else (shown, files[name])
            faults.append(Fault(copy, 1, f"playbook {quoted(name)} déjà écrit dans {kept_file}"))
            if copy == shown:
                continue
        plans[name] = plan
        files[name] = shown
    return Plans(plans, tuple(faults), files, shared)


def plan_of(file: Path, folder: Path) -> tuple[Plan | None, tuple[Fault, ...]]:
    """The plan that a playbook makes with the shared files of ``folder``, wherever it is itself.

    Its faults bear the path as it was given.
    """
    shared, faults = _load_shared(folder, {})
    if set(shared) != set(SHARED):
        return None, tuple(faults)
    plan, found = _load_plan(folder, file, str(file), shared)
    return plan, tuple(found)


def _load_shared(folder: Path, previous: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The four shared files, each new or, when it is bad, as it last was."""
    shared: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, kind in SHARED.items():
        file = folder / name
        shown = shown_name(folder, file)
        if not file.exists():
            made, found = None, [Fault(shown, 0, "fichier absent\u00a0: il est indispensable")]
        else:
            made, marked, found = read_object(kind, file, shown)
            if made is not None:
                found += _check_shared(name, made, Checker(shown, marked), shared)
        faults += found
        if not found:
            shared[name] = made
        elif name in previous:
            shared[name] = previous[name]
    return shared, faults


def _check_shared(name: str, made: Any, check: Checker, shared: Mapping[str, Any]) -> list[Fault]:
    """Check one shared file against those read before it (against nothing when one is bad)."""
    if name == "sources.yaml":
        checks.check_sources(check, made.sources)
    elif name == "cellule.yaml" and "sources.yaml" in shared:
        checks.check_cell(check, made, _source_ids(shared))
    elif "sources.yaml" in shared and "cellule.yaml" in shared:
        roles = {role.id for role in shared["cellule.yaml"].roles}
        if name == "obligations.yaml":
            checks.check_obligations(check, made, roles, _source_ids(shared))
        else:
            checks.check_establishment(check, made, roles, _source_ids(shared))
    return check.faults


def _source_ids(shared: Mapping[str, Any]) -> set[str]:
    return {source.id for source in shared["sources.yaml"].sources}


def _load_plan(
    folder: Path, file: Path, shown: str, shared: Mapping[str, Any]
) -> tuple[Plan | None, list[Fault]]:
    """One playbook joined to the shared files, or its faults."""
    playbook, marked, faults = read_object(Playbook, file, shown)
    if playbook is None:
        return None, faults
    table, cell = shared["obligations.yaml"], shared["cellule.yaml"]
    check = Checker(shown, marked)
    roles = {role.id for role in cell.roles}
    checks.check_playbook(check, playbook, table, roles, _source_ids(shared))
    if check.faults:
        return None, check.faults
    house = shared["etablissement.yaml"]
    used = set(_used_sources((playbook, table, cell, house)))
    sources = tuple(one for one in shared["sources.yaml"].sources if one.id in used)
    plan = Plan(
        playbook=playbook, obligations=table, cell=cell, establishment=house, sources=sources
    )
    return plan, _missing_templates(folder, playbook, Checker(shown, marked))


def _used_sources(parts: tuple[Playbook, Obligations, Cell, Establishment]) -> Iterator[str]:
    """Ids of the sources that the plan quotes."""
    playbook, table, cell, house = parts
    quoted = (playbook.steps, table.instants, table.duties, table.erasure_bases)
    for quoting in (*quoted, cell.roles, house.contacts):
        for one in quoting:
            yield from one.sources


def _missing_templates(folder: Path, playbook: Playbook, check: Checker) -> list[Fault]:
    """Steps whose document has no template; no complaint when no template was ever installed."""
    templates = {file.stem for file in (folder / "documents").glob("*.md")}
    if not templates:
        return []
    for p, phase in enumerate(playbook.phases):
        for n, step in enumerate(phase.steps):
            if step.document is not None:
                place = ("phases", p, "steps", n, "document")
                check.known(place, "document", [step.document], templates)
    return check.faults


def choose(plans: Plans, text: str) -> list[str]:
    """Playbook ids that a few words call for, the best first; empty when nothing fits."""
    said = stems_of(words(text))
    scored = [(_fit(plan.playbook, said), name) for name, plan in plans.plans.items()]
    return [name for score, name in sorted(scored, key=lambda pair: (-pair[0], pair[1])) if score]


def _fit(playbook: Playbook, said: tuple[str, ...]) -> int:
    """How many words of the text the playbook's hints and title explain; a hint counts double."""
    hints = [_said(hint) for hint in playbook.hints]
    found = sum(2 * len(hint) for hint in hints if hint and _within(hint, said))
    return found + len(set(stems(playbook.title)) & set(said))


@lru_cache(maxsize=4096)
def _said(hint: str) -> tuple[str, ...]:
    """The stems of a hint: read at each declaration, they change only with the files."""
    return stems_of(words(hint))


def _within(phrase: tuple[str, ...], said: Iterable[str]) -> bool:
    """Whether the words of the phrase stand side by side in what was said."""
    return f" {' '.join(phrase)} " in f" {' '.join(said)} "


class PlanShelf:
    """The plans on offer: read again on demand, a bad file never replaces a good one."""

    def __init__(self, folder: Path) -> None:
        """Read the folder for the first time."""
        self._folder = folder
        self._held = load_plans(folder)

    def reload(self) -> Plans:
        """Read the folder again, and say what is now on offer."""
        self._held = load_plans(self._folder, self._held)
        return self._held

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The plans on offer, by playbook id."""
        return self._held.plans

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong in the files as they were last read."""
        return self._held.faults

    @property
    def held(self) -> Plans:
        """Plans, faults and files together (what ``choose`` takes)."""
        return self._held
