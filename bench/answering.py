"""Row 7: the library, in a process of its own: build, open again, answer, alone or beside others.

The peer is a plain pipeline (splitter, Chroma, all-MiniLM-L6-v2): see ``docs/measures.md``.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bench.stage import ROOT
from bench.table import Row, p50_p99, share
from bot.library.shelves import Places, Shelves

AIM = 0.050
PEER_ALONE = 0.013
PEER_BESIDE = 0.490
PEER_BUILD = 44.0
QUESTIONS = 200
_WORK = "while True: pass"


async def measure(folder: Path) -> list[Row]:
    """Run the measure as a child and read what it found."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.answering", str(folder), cwd=ROOT, stdout=subprocess.PIPE
    )
    output, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"the measure of the library ended with {child.returncode}")
    return _rows(json.loads(output))


def _rows(found: dict[str, Any]) -> list[Row]:
    passages, built = int(found["passages"]), float(found["build"])
    thousand = built / passages * 1000
    alone, beside = found["alone"], found["beside"]
    worst = share(beside, 0.99)
    return [
        Row(
            f"index from nothing, {passages} passages",
            f"{built:.2f} s, {thousand:.1f} s a thousand",
            f"MiniLM pipeline {PEER_BUILD:.0f} s a thousand",
            PEER_BUILD / thousand,
        ),
        Row(
            "index opened again, nothing changed",
            f"{found['reopen']:.2f} s, {found['embedded']} texts embedded",
            f"building {built:.2f} s",
            built / float(found["reopen"]),
            "0 embedded",
            found["embedded"] == 0,
        ),
        Row(
            "answer to a question, alone",
            p50_p99(alone),
            f"MiniLM pipeline p50 {PEER_ALONE * 1000:.0f} ms",
            PEER_ALONE / share(alone, 0.5),
        ),
        Row(
            "answer to a question, beside a busy neighbour",
            p50_p99(beside),
            f"MiniLM pipeline p50 {PEER_BESIDE * 1000:.0f} ms",
            PEER_BESIDE / share(beside, 0.5),
            f"p99 ≤ {AIM * 1000:.0f} ms",
            worst <= AIM,
        ),
    ]


# -- in the child ---------------------------------------------------------------------------------


def _open(folder: Path) -> tuple[float, Shelves, int]:
    """Read and attach; return the seconds, the shelves and the texts embedded."""
    began = time.perf_counter()
    places = Places(folder / "playbooks", folder / "knowledge", folder / "data")
    books = Shelves(places, date.today)
    books.read()
    index = books.attach()
    if not index.ready:
        raise RuntimeError(index.reason)
    return time.perf_counter() - began, books, index.embedded


def _ask(books: Shelves, questions: Sequence[str]) -> list[float]:
    taken = []
    for question in questions:
        began = time.perf_counter()
        books.ask(question)
        taken.append(time.perf_counter() - began)
    return taken


def _beside(books: Shelves, questions: Sequence[str]) -> list[float]:
    """The same questions while another process keeps a core busy."""
    busy = subprocess.Popen([sys.executable, "-c", _WORK])
    try:
        time.sleep(0.5)
        return _ask(books, questions)
    finally:
        busy.kill()
        busy.wait()


def child(folder: Path) -> dict[str, Any]:
    """Everything measured in this process, on a copy of the files."""
    folder.mkdir(parents=True)
    for name in ("playbooks", "knowledge"):  # what somebody edits meanwhile is not measured
        shutil.copytree(ROOT / name, folder / name)
    build, books, _ = _open(folder)
    books.close()
    reopen, books, embedded = _open(folder)
    passages = books.library.corpus.passages
    asked = [f"Que faire : {one.heading.rpartition('›')[2].strip()} ?" for one in passages]
    questions = (asked * (QUESTIONS // len(asked) + 1))[:QUESTIONS]
    _ask(books, questions[:10])
    alone = _ask(books, questions)
    beside = _beside(books, questions)
    books.close()
    return {
        "passages": len(passages),
        "build": build,
        "reopen": reopen,
        "embedded": embedded,
        "alone": alone,
        "beside": beside,
    }


if __name__ == "__main__":
    print(json.dumps(child(Path(sys.argv[1]))))
