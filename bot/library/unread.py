"""Files that nobody reads although somebody meant them to be: another ending, another folder.

A misnamed file is no fault of its text, and an establishment may keep what it likes beside; each is
a warning that says how to name it or where to put it.  What lies in a folder that is not ours is
left alone.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bot.library.faults import Fault, quoted

_READ: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "playbooks": {"": (".yaml",), "exercices": (".yaml",), "documents": (".md", ".yaml")},
    "knowledge": {"": (".yaml",), "incidents": (".md",), "reperes": (".md",)},
}
"""By kind of folder, the folders in it that are read, and the endings of what is read there."""
_MEANT: Final = {
    ".yaml": (".yml", ".yaml", ".yml.txt", ".yaml.txt"),
    ".md": (".md", ".markdown", ".mdown", ".txt", ".docx", ".odt", ".rtf"),
}
"""What people name a file that they mean to be read, in small letters."""


def unread(folder: Path, kind: str) -> Iterator[Fault]:
    """The files of ``playbooks`` or ``knowledge`` that are not read, the first shown path first."""
    home = folder.resolve().name
    for subfolder, endings in _READ[kind].items():
        place = folder / subfolder
        for file in sorted(place.iterdir()) if place.is_dir() else ():
            told = _told(file, endings) if not file.name.startswith((".", "~")) else ""
            if told:
                shown = f"{home}/{file.relative_to(folder).as_posix()}"
                yield Fault(shown, 0, f"ce fichier n'est pas lu\u00a0: {told}", warning=True)
    if kind == "knowledge":
        yield from _misplaced(folder, home)


def _told(file: Path, endings: tuple[str, ...]) -> str:
    """How to name a file of a folder that is read; nothing when it is read, or means nothing."""
    if not file.is_file() or file.name.endswith(endings):
        return ""
    name = file.name.lower()
    meant = [one for one in endings if name.endswith(_MEANT[one])]
    return f"son nom doit finir par {quoted(meant[0])}" if meant else ""


def _misplaced(folder: Path, home: str) -> Iterator[Fault]:
    """Notes laid at the root or deeper than the two folders in which notes are read."""
    notes = [name for name, endings in _READ["knowledge"].items() if ".md" in endings]
    lost = [
        *folder.glob("*.md"),
        *(one for name in notes for one in (folder / name).glob("*/**/*.md")),
    ]
    where = " ou dans ".join(quoted(f"{home}/{name}") for name in notes)
    for file in sorted(lost):
        if not file.stem.lower().startswith(("readme", "lisez")):
            shown = f"{home}/{file.relative_to(folder).as_posix()}"
            told = f"ce fichier n'est pas lu\u00a0: mettez-le directement dans {where}"
            yield Fault(shown, 0, told, warning=True)
