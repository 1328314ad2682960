"""Every version that was published stays readable: its text by its SHA-256, and who, when, why.

Where the folder of the playbooks is a git work tree, a publication is a commit too, of that file
alone and under its author's name; git may refuse without the publication being lost.
"""

import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_INDEX: Final = "versions.jsonl"
#: Seconds that git has for one command.
_PATIENCE: Final = 20
_BEFORE: Final = "État du fichier avant la publication suivante."
_VERSION: Final = re.compile(r"""^version:\s*["']?([^"'#\n]+)""", re.MULTILINE)
_SAFE: Final = re.compile(r"[^\w .,'’()-]", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Author:
    """Who publishes, as Slack knows them."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One version: its name, the hash of its text, when (ISO, UTC), by whom, why, its commit."""

    version: str
    sha256: str
    at: str
    by: str
    name: str
    reason: str
    commit: str = ""


class Versions:
    """The versions of each playbook, in a folder."""

    def __init__(self, folder: Path) -> None:
        """Keep them under ``folder``, which is made at the first need."""
        self._folder = folder

    def of(self, playbook: str) -> tuple[Kept, ...]:
        """The versions of a playbook, the oldest first."""
        return tuple(self._read(playbook))

    def text(self, playbook: str, sha256: str) -> str:
        """The text of a version; ``KeyError`` for one that was never kept."""
        if sha256 not in {one.sha256 for one in self._read(playbook)}:
            raise KeyError(sha256)
        return (self._of(playbook) / f"{sha256}.yaml").read_text(encoding="utf-8")

    def begin(self, playbook: str, text: str, now: datetime) -> None:
        """Keep the text that a publication is about to replace, unless it is known already."""
        known = {one.sha256 for one in self._read(playbook)}
        if _digest(text) not in known:
            self.add(playbook, text, Author("", "fichier"), _BEFORE, now)

    def add(
        self,
        playbook: str,
        text: str,
        author: Author,
        reason: str,
        now: datetime,
        *,
        commit: str = "",
    ) -> Kept:
        """Keep one more version."""
        folder = self._of(playbook)
        folder.mkdir(parents=True, exist_ok=True)
        digest = _digest(text)
        (folder / f"{digest}.yaml").write_text(text, encoding="utf-8", newline="\n")
        at = now.isoformat(timespec="seconds")
        kept = Kept(_version(text), digest, at, author.id, author.name, reason, commit)
        told = json.dumps(asdict(kept), ensure_ascii=False)
        with (folder / _INDEX).open("a+b") as index:
            # A line that a crash cut short ends here, and spoils none but itself.
            whole = index.tell() == 0 or _ends_a_line(folder / _INDEX)
            index.write(f"{'' if whole else chr(10)}{told}\n".encode())
            index.flush()
            os.fsync(index.fileno())
        return kept

    def _read(self, playbook: str) -> Iterator[Kept]:
        index = self._of(playbook) / _INDEX
        if index.exists():
            for line in index.read_bytes().split(b"\n"):
                kept = _kept(line)
                if kept is not None:
                    yield kept

    def _of(self, playbook: str) -> Path:
        return self._folder / hashlib.sha256(playbook.encode()).hexdigest()[:16]


def _kept(line: bytes) -> Kept | None:
    """The version that a line of the index tells of; ``None`` for one that a crash cut short."""
    try:
        return Kept(**json.loads(line)) if line.strip() else None
    except (ValueError, TypeError):
        log.warning("a line of the index of versions cannot be read")
        return None


def _ends_a_line(file: Path) -> bool:
    return file.read_bytes().endswith(b"\n")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _version(text: str) -> str:
    """The version that a text gives itself."""
    found = _VERSION.search(text)
    return found[1].strip() if found else ""


# -- git ------------------------------------------------------------------------------------------


def commit(file: Path, message: str, author: Author) -> tuple[str, str]:
    """Commit this file alone under its author's name: the commit's id, and what went wrong.

    Both are empty outside a work tree.  What else was staged stays staged.
    """
    folder = file.resolve().parent
    if not any((one / ".git").exists() for one in (folder, *folder.parents)):
        return "", ""
    name = " ".join(_SAFE.sub(" ", author.name).split()) or author.id or "Tocsin"
    who = f"{name} <{author.id.lower() or 'tocsin'}@slack.invalid>"
    known = ("-c", "user.name=Tocsin", "-c", "user.email=tocsin@slack.invalid")
    asked = ("commit", "--quiet", "--no-gpg-sign", f"--author={who}", "-F", "-", "--only")
    steps = (
        ("add", "--", file.name),
        (*known, *asked, "--", file.name),
    )
    for arguments in steps:
        trouble = _git(folder, arguments, message)[1]
        if trouble:
            return "", trouble
    return _git(folder, ("rev-parse", "HEAD"), "")


def _git(folder: Path, arguments: tuple[str, ...], said: str) -> tuple[str, str]:
    """What git answers, and what went wrong."""
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            [shutil.which("git") or "git", "-C", str(folder), *arguments],
            input=said,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        return "", "git n'est pas installé sur le serveur."
    except subprocess.TimeoutExpired:
        return "", "git n'a pas répondu à temps."
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        return "", f"git refuse : {lines[0][:200] if lines else done.returncode}."
    return done.stdout.strip(), ""
