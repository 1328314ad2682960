"""Verification of a long export, as ``tocsin verify`` on a file: its own process, start included.

Beside it, what it cannot go under: reading and hashing the same file once.
"""

import time
from hashlib import file_digest
from pathlib import Path

from bench import journals
from bench.table import Row
from bot.exports.jsonl import write_journal

AIM = 100_000
MEMORY = 64


async def measure(folder: Path, count: int = journals.MANY) -> list[Row]:
    """Verify a journal of messages, notes and steps, then one with its signed checkpoints."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, before anything is timed
    plain, sealed = folder / "plain.jsonl", folder / "sealed.jsonl"
    rows = []
    with plain.open("wb") as file:
        write_journal(journals.entries(count), file, {"title": "", "exercise": False})
    rows += _rows(f"strict verification, {journals.many(count)} entries", plain, count, aim=AIM)
    plain.unlink()
    with sealed.open("wb") as file:
        write_journal(
            journals.entries(count, journals.signer(folder)), file, {"title": "", "exercise": False}
        )
    rows += _rows("the same with a signed checkpoint every 50", sealed, count)
    sealed.unlink()
    return rows


def _rows(what: str, path: Path, count: int, aim: int = 0) -> list[Row]:
    began = time.perf_counter()
    with path.open("rb") as file:
        file_digest(file, "sha256")
    floor = time.perf_counter() - began
    taken = journals.run("-m", "bot", "verify", path)
    rate = count / taken.seconds
    size = path.stat().st_size / 2**20
    return [
        Row(
            what,
            f"{rate:.0f}/s ({taken.seconds:.1f} s, {taken.cpu:.1f} of CPU, {size:.0f} MiB)",
            f"reading and hashing the file, {floor:.1f} s",
            floor / taken.seconds,
            f"≥ {journals.many(aim)}/s" if aim else "",
            rate >= aim if aim else None,
        ),
        Row(
            f"{what}: memory",
            f"{taken.memory:.0f} MiB",
            aim=f"< {MEMORY} MiB",
            met=taken.memory < MEMORY,
        ),
    ]
