"""``tocsin`` as a process of its own, forked from one that has read the libraries once.

Each command is a process with its own streams, environment and folder, as from a terminal; only
the reading of the libraries is shared, which takes longer than most commands.  What a start loads
by itself is for other tests, and ``afresh`` runs a command from nothing.
"""

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}
NONE: Mapping[str, str] = {}
#: Seconds that a command may take on a machine that does ten other things.
PATIENCE = 120
#: What commands load at their first need.
_LIBRARIES = (
    "alembic.command",
    "bot.cli",
    "bot.exports",
    "bot.library.shelves",
    "bot.wiring",
    "chromadb",
    "sqlalchemy.dialects.sqlite",
)


def afresh(
    *arguments: str, folder: Path = ROOT, stdin: str = "", settings: Mapping[str, str] = NONE
) -> "subprocess.CompletedProcess[str]":
    """Run ``tocsin`` from nothing in a folder, with these settings and no others."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**ENVIRONMENT, **settings},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def tocsin(
    *arguments: str, folder: Path = ROOT, stdin: str = "", settings: Mapping[str, str] = NONE
) -> "subprocess.CompletedProcess[str]":
    """The same as ``afresh``, the libraries read already."""
    with TemporaryDirectory(prefix="tocsin-terminal-") as name:
        streams = [Path(name) / one for one in ("in", "out", "err")]
        streams[0].write_text(stdin, encoding="utf-8")
        code = _ordered(arguments, folder, {**ENVIRONMENT, **settings}, streams)
        said, complained = (one.read_text(encoding="utf-8") for one in streams[1:])
    return subprocess.CompletedProcess([*arguments], code, said, complained)


def _ordered(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], streams: list[Path]
) -> int:
    """Have the one that stands ready run this; its exit code, negative for a signal."""
    ready = _ready()
    assert ready.stdin is not None
    assert ready.stdout is not None
    order = [list(arguments), str(folder), dict(environment), list(map(str, streams))]
    ready.stdin.write(json.dumps(order) + "\n")
    ready.stdin.flush()
    return int(ready.stdout.readline())


@cache
def _ready() -> "subprocess.Popen[str]":
    """The process that has read the libraries, until the tests end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.terminal"],
        cwd=ROOT,
        # One thread each, so that there is one to be forked.
        env={**ENVIRONMENT, "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    atexit.register(process.communicate)
    return process


def _obey() -> None:
    """Fork for each line that is read, and tell how it ended."""
    for name in _LIBRARIES:
        __import__(name)
    gc.freeze()  # what is shared is not looked through by each
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if not child:
            _leave(_become(*json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(
    arguments: list[str], folder: str, environment: dict[str, str], streams: list[str]
) -> int:
    """Be the command; the code with which it ends."""
    signal.alarm(PATIENCE)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    opened: list[Any] = []
    for number, (name, mode) in enumerate(zip(streams, "rww", strict=True)):
        with open(name, mode, encoding="utf-8") as stream:  # noqa: PTH123 - as the shell does
            os.dup2(stream.fileno(), number)
        opened.append(os.fdopen(number, mode, encoding="utf-8"))
    sys.stdin, sys.stdout, sys.stderr = opened
    sys.stderr.reconfigure(errors="backslashreplace", line_buffering=True)
    from bot.cli import main

    try:
        main(arguments)
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def _leave(code: int) -> NoReturn:
    """End as an interpreter does, but for taking down what is shared, which takes longest."""
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    _obey()
