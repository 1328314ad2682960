"""Drafts of authors, and their publication: checked, written whole, never over somebody else's.

A draft is a person's own copy of a file, kept on the disk until it is published or dropped; it
remembers the text that it was begun from.  Publishing is refused when the file says something else
by then, or when ``tocsin check`` finds a fault in the draft.  The file is written aside and swapped
in, so that nobody ever reads half of it.

Not here: git and the memory of versions (``versions``), the edits themselves (``manuscript``).
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from bot.authoring.manuscript import Manuscript
from bot.authoring.versions import Author, Kept, Versions, commit
from bot.errors import BadFile, Refused, reason
from bot.library.faults import Fault
from bot.library.marked_yaml import read_text
from bot.library.playbooks import SHARED

_FOLDER: Final = "authoring"
_DOCUMENTS: Final = "documents"
_REASON: Final = 500


class Overtaken(Refused):
    """The file was changed by somebody else since the draft was begun; nothing was written."""

    usual = "Le fichier a changé depuis votre brouillon. Rien n'a été publié."


@dataclass(frozen=True, slots=True)
class Draft:
    """A person's copy of a playbook file, and the text from which it was begun."""

    playbook: str
    file: Path
    shown: str
    person: str
    base: str
    text: str

    @property
    def manuscript(self) -> Manuscript:
        """The text, ready to be edited."""
        return _manuscript(self.text, self.shown)

    @property
    def changed(self) -> bool:
        """Whether there is anything to publish."""
        return self.text != self.base

    @property
    def overtaken(self) -> bool:
        """Whether the file no longer says what the draft was begun from."""
        return read_text(self.file, self.shown) != self.base


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication left: the version, and what git said of it."""

    kept: Kept
    trouble: str = ""
    """Why git did not take it although the folder is a work tree, in French; empty if it did."""


@lru_cache(maxsize=16)
def _manuscript(text: str, shown: str) -> Manuscript:
    """Reading takes a tenth of a second, and each screen asks several times: it is remembered."""
    return Manuscript(text, shown)


class Bench:
    """Where drafts lie; every method may block and raises ``TocsinError``."""

    def __init__(self, playbooks: Path, knowledge: Path, data: Path) -> None:
        """Edit the files of ``playbooks``; keep drafts and versions under ``data``."""
        self._playbooks = playbooks
        self._knowledge = knowledge
        self._folder = data / _FOLDER
        self.versions = Versions(self._folder / "versions")

    # -- drafts -------------------------------------------------------------------------------

    def draft(self, playbook: str, shown: str, person: str) -> Draft:
        """The draft of this person, as they left it; a new one when there is none.

        ``shown`` is the name of the file as people know it (``playbooks/x.yaml``).
        """
        file = self._playbooks / Path(shown).name
        kept = self._place(playbook, person)
        if kept.exists():
            found = json.loads(kept.read_text(encoding="utf-8"))
            return Draft(playbook, file, shown, person, found["base"], found["text"])
        text = read_text(file, shown)
        return Draft(playbook, file, shown, person, text, text)

    def keep(self, draft: Draft, made: Manuscript) -> Draft:
        """The draft with what was made of it, on the disk; one that changes nothing is dropped."""
        draft = replace(draft, text=made.text)
        if not draft.changed:
            self.drop(draft)
            return draft
        place = self._place(draft.playbook, draft.person)
        place.parent.mkdir(parents=True, exist_ok=True)
        written = json.dumps({"base": draft.base, "text": draft.text}, ensure_ascii=False)
        write_whole(place, written)
        return draft

    def drop(self, draft: Draft) -> None:
        """Forget a draft."""
        self._place(draft.playbook, draft.person).unlink(missing_ok=True)

    def _place(self, playbook: str, person: str) -> Path:
        name = hashlib.sha256(f"{playbook}\n{person}".encode()).hexdigest()[:32]
        return self._folder / "drafts" / f"{name}.json"

    # -- checking and publishing --------------------------------------------------------------

    def faults(self, draft: Draft, today: date) -> list[Fault]:
        """What ``tocsin check`` finds in the draft, beside the shared files; no warnings."""
        from bot.library.inspection import inspect

        with tempfile.TemporaryDirectory() as name:
            books = Path(name) / self._playbooks.resolve().name
            books.mkdir()
            for shared in SHARED:
                shutil.copyfile(self._playbooks / shared, books / shared)
            if (self._playbooks / _DOCUMENTS).is_dir():
                shutil.copytree(self._playbooks / _DOCUMENTS, books / _DOCUMENTS)
            file = books / draft.file.name
            file.write_text(draft.text, encoding="utf-8")
            found = inspect([file], books, self._knowledge, today)
        return [replace(one, path=draft.shown) for one in found if not one.warning]

    def publish(self, draft: Draft, reason: str, author: Author, now: datetime) -> Published:
        """Write the draft as the new version of its file, for a reason; ``now`` is UTC.

        Raises ``Overtaken`` when the file has changed, ``Refused`` for a fault or no reason.
        """
        reason = " ".join(reason.split())
        if not reason:
            raise Refused("Il manque la raison de la publication.")
        if not draft.changed:
            raise Refused("Ce brouillon ne change rien : il n'y a rien à publier.")
        with self._alone():
            if draft.overtaken:
                raise Overtaken
            made = draft.manuscript
            today = now.date()
            made = made.with_version(next_version(str(made.data.get("version") or ""), today))
            checked = replace(draft, text=made.text)
            faults = self.faults(checked, today)
            if faults:
                raise Refused(f"Rien n'a été publié : {faults[0]}")
            self.versions.begin(draft.playbook, draft.base, now)
            write_whole(draft.file, made.text)
            about = f"{draft.playbook} {made.data['version']} : {reason[:_REASON]}"
            number, trouble = commit(draft.file, about, author)
            kept = self.versions.add(
                draft.playbook, made.text, author, reason[:_REASON], now, commit=number
            )
        self.drop(draft)
        return Published(kept, trouble)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else publishes meanwhile, in this process or in another one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def next_version(version: str, today: date) -> str:
    """The name of the next version: the day, then the day with a number."""
    day = today.isoformat()
    if version == day:
        return f"{day}.2"
    start, _, number = version.partition(".")
    if start == day and number.isdecimal():
        return f"{day}.{int(number) + 1}"
    return day


def write_whole(file: Path, text: str) -> None:
    """Put a text in the place of a file at once, with the rights of the file that was there."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    aside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as output:
            output.write(text)
            output.flush()
            os.fsync(output.fileno())
        if file.exists():
            shutil.copymode(file, aside)
        else:
            aside.chmod(0o644)
        aside.replace(file)
    except OSError as error:
        aside.unlink(missing_ok=True)
        told = f"écriture impossible ({reason(error)}), rien n'a changé"
        raise BadFile(file.name, 0, told) from error
