"""What ``tocsin check`` looks at: the house's files, or any file or folder that it is given.

A playbook outside the house is held against the house's shared files (duties, roles, sources), so
that a draft can be checked where it is written.  What an editor would say of the texts (sources,
words, dates) comes from ``bot.library.editing``.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bot.errors import BadFile
from bot.library.documents import FOLDER as DOCUMENTS
from bot.library.documents import load_documents
from bot.library.drills import FOLDER as DRILLS
from bot.library.drills import load_scenarios
from bot.library.editing import edit
from bot.library.faults import Fault, fault_of
from bot.library.glossary import load_glossary
from bot.library.passages import load_passages
from bot.library.playbooks import SHARED, Plans, load_plans
from bot.library.scope import load_scope
from bot.library.unread import unread

_KNOWLEDGE = ("incidents", "reperes")
_MARKDOWN = ".md"


def inspect(paths: Sequence[Path], playbooks: Path, knowledge: Path, today: date) -> list[Fault]:
    """Every fault, in the order of files and lines; no path means the house's own folders.

    ``today`` decides what has not been verified for too long (a warning, never an error).
    """
    house = _House(playbooks, knowledge, today)
    if not paths:
        return _sorted(_of_folders(house))
    return _sorted(fault for path in paths for fault in _of_path(path, house))


@dataclass(frozen=True, slots=True)
class _House:
    """The two folders against which everything is held, and the day of the check."""

    playbooks: Path
    knowledge: Path
    today: date


def _sorted(faults: Iterator[Fault]) -> list[Fault]:
    return sorted(set(faults), key=lambda one: (one.path, one.line, one.message))


def _of_path(path: Path, house: _House) -> Iterator[Fault]:
    """Faults of one path as given."""
    if not path.exists():
        yield fault_of(BadFile(path, 0, "fichier ou dossier introuvable"))
    elif path.is_file():
        yield from _of_file(path, house)
    elif (path / "playbooks").is_dir():
        yield from _of_folders(_House(path / "playbooks", path / "knowledge", house.today))
    elif any((path / name).is_dir() for name in _KNOWLEDGE):
        yield from _of_folders(replace(house, knowledge=path), only=path)
    elif all((path / name).exists() for name in SHARED):
        yield from _of_folders(replace(house, playbooks=path), only=path)
    else:
        yield from _beside(sorted(path.iterdir()), house)


def _of_folders(house: _House, only: Path | None = None) -> Iterator[Fault]:
    playbooks, knowledge = house.playbooks, house.knowledge
    plans = load_plans(playbooks)
    if _blocked(plans):
        yield from _under(plans.faults, playbooks)
        return
    found = [*plans.faults, *unread(playbooks, "playbooks"), *unread(knowledge, "knowledge")]
    found += load_documents(playbooks, plans).faults
    found += load_scenarios(playbooks, plans).faults
    found += load_passages(playbooks, knowledge).faults
    found += [*load_glossary(knowledge)[1], *load_scope(knowledge)[1]]
    found += edit(playbooks, knowledge, house.today)
    for folder in (playbooks, knowledge):
        if only is None or folder == only:
            yield from _under(found, folder)


def _blocked(plans: Plans) -> bool:
    """Whether a shared file cannot be used: every reference would be a fault, the cause lost in it.

    The faults of those plans are then the cause, whatever was to be checked.
    """
    return set(plans.shared) != set(SHARED)


def _under(found: Sequence[Fault], folder: Path) -> Iterator[Fault]:
    """The faults of this folder, with paths that the person who asked can open."""
    start = f"{folder.resolve().name}/"
    for one in found:
        if one.path.startswith(start):
            yield replace(one, path=str(folder / one.path.removeprefix(start)))


def _of_file(path: Path, house: _House) -> Iterator[Fault]:
    """Faults of one file, checked among its neighbours."""
    folder = path.resolve().parent
    if path.suffix == _MARKDOWN and folder.name in _KNOWLEDGE:
        yield from _only(path, replace(house, knowledge=folder.parent))
    elif all((folder / name).exists() for name in SHARED):
        yield from _only(path, replace(house, playbooks=folder))
    elif folder.name in (DOCUMENTS, DRILLS) and all(
        (folder.parent / name).exists() for name in SHARED
    ):
        yield from _only(path, replace(house, playbooks=folder.parent))
    elif folder == house.knowledge.resolve():
        yield from _only(path, house)
    else:
        yield from _beside([path], house)


def _only(path: Path, house: _House) -> Iterator[Fault]:
    """The faults of that file, under the name by which it was given, or what hides them."""
    wanted = path.resolve()
    blocked = _blocked(load_plans(house.playbooks))
    for one in _of_folders(house):
        if Path(one.path).resolve() == wanted:
            yield replace(one, path=str(path))
        elif blocked:
            yield one


def _beside(files: Sequence[Path], house: _House) -> Iterator[Fault]:
    """Faults of files laid beside the house's shared ones, in a folder of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "playbooks"
        folder.mkdir()
        for shared in SHARED:
            if (house.playbooks / shared).exists():
                shutil.copyfile(house.playbooks / shared, folder / shared)
        given = {one.name: one for one in files if one.is_file() and one.suffix == ".yaml"}
        for file_name, file in given.items():
            shutil.copyfile(file, folder / file_name)
        plans = load_plans(folder)
        blocked = _blocked(plans)
        known = {one: house.playbooks / one for one in SHARED if blocked} | given
        found = () if blocked else edit(folder, house.knowledge, house.today)
        for fault in (*plans.faults, *found):
            file_name = Path(fault.path).name
            if fault.path.startswith("playbooks/") and file_name in known:
                yield replace(fault, path=str(known[file_name]))
