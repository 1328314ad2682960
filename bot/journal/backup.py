"""A copy of everything that an embedded database holds, in one file, and the way back.

The copy is a plain tar: the database as SQLite's own online backup gives it (whole, while the bot
writes), then the folders of files that its lines name.  Lines first, files after: a file is on the
disk before the line that names it is told, so that nothing named is missing.

- Neither direction replaces anything: a backup is not written over another, and nothing is restored
  over a database that exists.
- What comes back is unpacked aside, looked at by the caller, and only then put in place.
- The private key is not in it: who finds the copy must not be able to sign.

Not here: PostgreSQL, which has its own programs, and whether the journals hold
(``bot.journal.sound``).
"""

import contextlib
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import BadFile, SettingError, StoreUnavailable, reason
from bot.journal.schema import told
from bot.journal.seal import sync_folder

DATABASE: Final = "tocsin.db"
_PAGES: Final = 2_000
"""Pages copied at a time: between two of them the bot writes."""
_OWNER_ONLY: Final = 0o600
_NOT_OURS: Final = "ce n'est pas une sauvegarde entière de Tocsin."


@dataclass(frozen=True, slots=True)
class Saved:
    """What went into a backup: bytes of the whole, number of files beside the database."""

    size: int
    files: int


def save(database: Path, folders: Mapping[str, Path], target: Path) -> Saved:
    """Write the backup at ``target``; ``folders`` are those of the files, by name.

    Raises ``SettingError`` when there is nothing to save or the place cannot be written, and
    ``StoreUnavailable`` when the database cannot be copied.
    """
    if not database.is_file():
        raise SettingError(f"Il n'y a pas encore de main courante ici\u00a0: {database}.")
    if target.exists():
        raise SettingError(f"{target} existe déjà. Donnez un autre nom de fichier.")
    try:
        return _save(database, folders, target)
    except OSError as error:
        raise SettingError(
            f"Je ne peux pas écrire {target} ({reason(error)}). Choisissez un autre endroit."
        ) from error


def _save(database: Path, folders: Mapping[str, Path], target: Path) -> Saved:
    with tempfile.TemporaryDirectory(prefix=".tocsin-", dir=target.absolute().parent) as name:
        copy, draft = Path(name) / DATABASE, Path(name) / "backup.tar"
        _copy(database, copy)
        count = 0
        with draft.open("xb") as file, tarfile.open(fileobj=file, mode="w") as packed:
            draft.chmod(_OWNER_ONLY)
            packed.add(copy, DATABASE)
            for path, inside in _files(folders):
                packed.add(path, inside, recursive=False)
                count += 1
            packed.close()
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)  # refuses to replace what came there meanwhile
    sync_folder(target.absolute().parent)
    return Saved(target.stat().st_size, count)


def _copy(source: Path, target: Path) -> None:
    """SQLite's online backup, looked over, as one file without a log beside it."""
    try:
        with (
            contextlib.closing(
                sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
            ) as original,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            original.execute("PRAGMA busy_timeout = 5000").close()
            original.backup(copy, pages=_PAGES)
            copy.execute("PRAGMA journal_mode = DELETE").close()
            found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise told(error) from error
    if found != "ok":
        raise StoreUnavailable(
            "La copie de la base est abîmée, donc la base aussi sans doute. Gardez tout tel quel "
            "et prévenez la DSI.",
            detail=str(found),
        )
    target.chmod(_OWNER_ONLY)


def _files(folders: Mapping[str, Path]) -> Iterator[tuple[Path, str]]:
    """The regular files of these folders, each with its name in the archive."""
    for name, folder in folders.items():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path, f"{name}/{path.relative_to(folder).as_posix()}"


# -- the way back -------------------------------------------------------------------------------


@contextlib.contextmanager
def unpacked(archive: Path, beside: Path) -> Iterator[Path]:
    """The content of a backup, in a folder next to ``beside`` that goes away afterwards.

    Raises ``BadFile`` for what is no backup of ours.
    """
    beside.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".restauration-", dir=beside) as name:
        try:
            _unpack(archive, Path(name))
        except (tarfile.TarError, EOFError) as error:
            raise BadFile(archive, 0, _NOT_OURS) from error
        except OSError as error:
            raise BadFile(archive, 0, f"lecture impossible ({reason(error)}).") from error
        yield Path(name)


def _unpack(archive: Path, folder: Path) -> None:
    """Take out regular files alone, none of them outside the folder."""
    with tarfile.open(archive, "r:") as packed:
        members = packed.getmembers()
        whole = DATABASE in {one.name for one in members}
        if not whole or not all(one.isfile() for one in members):
            raise BadFile(archive, 0, _NOT_OURS)
        packed.extractall(folder, members, filter="data")


def require_empty(database: Path, folders: Mapping[str, Path]) -> None:
    """Refuse to restore over what exists."""
    taken = [one for one in (database, *folders.values()) if _holds(one)]
    if taken:
        raise SettingError(
            f"Rien n'est restauré\u00a0: {taken[0]} existe déjà. Mettez de côté le dossier de "
            "données, ou changez TOCSIN_DATA_DIR, puis recommencez."
        )


def _holds(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


def put_in_place(found: Path, database: Path, folders: Mapping[str, Path]) -> int:
    """Move what was unpacked to where the bot reads it; the number of files beside the database.

    The database comes last: while it is missing, nothing was restored.
    """
    count = 0
    for name, folder in folders.items():
        count += sum(1 for one in (found / name).rglob("*") if one.is_file())
        if (found / name).is_dir():
            shutil.copytree(found / name, folder, dirs_exist_ok=True)
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.link(found / DATABASE, database)
    database.chmod(_OWNER_ONLY)
    sync_folder(database.parent)
    return count
