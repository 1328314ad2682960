"""What ``tocsin check`` looks at: the house's files, or any file or folder that it is given.

A playbook outside the house is held against the house's shared files (duties, roles, sources), so
that a draft can be checked where it is written.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bot.errors import BadFile
from bot.library.faults import Fault, fault_of
from bot.library.glossary import load_glossary
from bot.library.passages import load_passages
from bot.library.playbooks import SHARED, load_plans
from bot.library.scope import load_scope

_KNOWLEDGE = ("incidents", "reperes")
_MARKDOWN = ".md"


def inspect(paths: Sequence[Path], playbooks: Path, knowledge: Path) -> list[Fault]:
    """Every fault, in the order of files and lines; no path means the house's own folders."""
    if not paths:
        return _sorted(_of_folders(playbooks, knowledge))
    return _sorted(fault for path in paths for fault in _of_path(path, playbooks, knowledge))


def _sorted(faults: Iterator[Fault]) -> list[Fault]:
    return sorted(set(faults), key=lambda one: (one.path, one.line, one.message))


def _of_path(path: Path, playbooks: Path, knowledge: Path) -> Iterator[Fault]:
    """Faults of one path as given."""
    if not path.exists():
        yield fault_of(BadFile(path, 0, "fichier ou dossier introuvable"))
    elif path.is_file():
        yield from _of_file(path, playbooks)
    elif (path / "playbooks").is_dir():
        yield from _of_folders(path / "playbooks", path / "knowledge")
    elif any((path / name).is_dir() for name in _KNOWLEDGE):
        yield from _of_folders(playbooks, path, only=path)
    elif all((path / name).exists() for name in SHARED):
        yield from _of_folders(path, knowledge, only=path)
    else:
        yield from _beside(sorted(path.iterdir()), playbooks)


def _of_folders(playbooks: Path, knowledge: Path, only: Path | None = None) -> Iterator[Fault]:
    found = list(load_plans(playbooks).faults)
    if not all((playbooks / name).exists() for name in SHARED):
        # Without the shared files every reference would be a fault: one cause, one message.
        yield from _under(found, playbooks)
        return
    found += load_passages(playbooks, knowledge).faults
    found += [*load_glossary(knowledge)[1], *load_scope(knowledge)[1]]
    for folder in (playbooks, knowledge):
        if only is None or folder == only:
            yield from _under(found, folder)


def _under(found: Sequence[Fault], folder: Path) -> Iterator[Fault]:
    """The faults of this folder, with paths that the person who asked can open."""
    start = f"{folder.resolve().name}/"
    for one in found:
        if one.path.startswith(start):
            yield replace(one, path=str(folder / one.path.removeprefix(start)))


def _of_file(path: Path, playbooks: Path) -> Iterator[Fault]:
    """Faults of one file, checked among its neighbours."""
    if path.suffix == _MARKDOWN:
        root = path.resolve().parent.parent
        for one in load_passages(playbooks, root).faults:
            if one.path.endswith(f"/{path.parent.resolve().name}/{path.name}"):
                yield replace(one, path=str(path))
    elif all((path.parent / name).exists() for name in SHARED):
        for one in _of_folders(path.parent, path.parent / "-"):
            if Path(one.path).name == path.name:
                yield replace(one, path=str(path))
    else:
        yield from _beside([path], playbooks)


def _beside(files: Sequence[Path], playbooks: Path) -> Iterator[Fault]:
    """Faults of files laid beside the house's shared ones, in a folder of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "playbooks"
        folder.mkdir()
        for shared in SHARED:
            if (playbooks / shared).exists():
                shutil.copyfile(playbooks / shared, folder / shared)
        given = {one.name: one for one in files if one.is_file() and one.suffix == ".yaml"}
        for file_name, file in given.items():
            shutil.copyfile(file, folder / file_name)
        for fault in load_plans(folder).faults:
            file_name = Path(fault.path).name
            if file_name in given:
                yield replace(fault, path=str(given[file_name]))
