"""A long journal for the measures: entries as the service seals them, made on demand."""

import itertools
import re
import resource
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench.stage import ROOT
from bot.core.crisis import Actor, Fact
from bot.core.notes import NoteAdded
from bot.core.sealing import EVERY_ENTRIES, CheckpointSealed
from bot.core.steps import StepCompleted
from bot.core.transcript import MessageHeard
from bot.journal.codec import encode
from bot.journal.entry import GENESIS, Entry, seal
from bot.journal.seal import Signer, load_or_create

CRISIS = "2026-9999"
MANY = 1_000_000
_START = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
_ACTOR = Actor("U7BENCH", "Banc d'essai", "Exploitation")
_TEXT = "Les postes du bloc redémarrent sur un écran noir, le réseau des automates est coupé."
_PEAK = re.compile(r"VmHWM:\s*(\d+) kB")
_LOOK = 0.02
"""Seconds between two looks at a program that runs."""
_SIGNATURE = b64encode(bytes(64)).decode()
#: What is said in twenty entries: messages mostly.
_FACTS: Sequence[Fact] = (
    *itertools.repeat(MessageHeard("", _TEXT, happened=_START), 16),
    *itertools.repeat(NoteAdded(_TEXT), 3),
    StepCompleted("R01", "Appel reçu, photo de l'écran prise."),
)


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a journal stands: whose it is, how many entries, the last hash, when it began (UTC)."""

    crisis: str = CRISIS
    seq: int = 0
    prev: str = GENESIS
    start: datetime = _START


def entries(count: int, signer: Signer | None = None, begun: Begun = Begun()) -> Iterator[Entry]:
    """So many chained entries, a second apart; with a signer, a checkpoint as often as it is due.

    Signatures of entries are as long as real ones and are none: nobody checks them here.
    """
    bodies = [(fact.name, encode(fact, _ACTOR, "C7BENCH")) for fact in _FACTS]
    prev = begun.prev
    for seq in range(begun.seq + 1, begun.seq + count + 1):
        if signer and seq % (EVERY_ENTRIES + 1) == 0:
            kind, body = "checkpoint_sealed", _checkpoint(signer, seq - 1, prev)
            entry = _sealed(seq, kind, body, prev, begun)
        else:
            kind, body = bodies[seq % len(bodies)]
            entry = _sealed(seq, kind, _told(seq, body), prev, begun)
        prev = entry.hash
        yield replace(entry, sig=_SIGNATURE)


def _told(seq: int, body: dict[str, Any]) -> dict[str, Any]:
    """The body with its own number in it, so that no two are the same."""
    data = body["data"]
    if "ts" in data:
        data = {**data, "ts": _ts(seq)}
    return {**body, "data": data, "text": f"{body.get('text', '')} {seq}"}


def _ts(seq: int) -> str:
    return f"{(_START + timedelta(seconds=seq)).timestamp() - 0.4:.6f}"


def _checkpoint(signer: Signer, size: int, head: str) -> dict[str, Any]:
    note = signer.note(CRISIS, size, head)
    fact = CheckpointSealed(size, head, note, str(signer.verifier), "entries")
    return encode(fact, _ACTOR, "C7BENCH")


def _sealed(seq: int, kind: str, body: dict[str, Any], prev: str, begun: Begun) -> Entry:
    at = begun.start + timedelta(seconds=seq)
    return seal(
        crisis=begun.crisis,
        seq=seq,
        kind=kind,
        event_time=at,
        record_time=at,
        slack_ts=_ts(seq) if "ts" in body["data"] else None,
        prev=prev,
        body=body,
        salt=sha256(seq.to_bytes(8, "big")).digest(),
        delivery=None,
    )


def signer(folder: Path) -> Signer:
    """A key for the checkpoints."""
    return load_or_create(folder / "bench.pem", "banc.example/tocsin")


@dataclass(frozen=True, slots=True)
class Run:
    """A program that has ended: what it took, largest memory it had (MiB), what it said."""

    seconds: float
    cpu: float
    """Seconds of processor: what a busy neighbour changes least."""
    memory: float
    said: str


def run(*arguments: str | Path) -> Run:
    """Run Python with these arguments as a program of its own; a failure is an error."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    before, memory = _cpu(), 0.0
    while process.poll() is None:
        memory = max(memory, _peak(process.pid))
        time.sleep(_LOOK)
    taken = time.perf_counter() - began
    said = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"{arguments[1:]} ended with {process.returncode}:\n{said}")
    return Run(taken, _cpu() - before, memory, said)


def _cpu() -> float:
    """Seconds of processor of all programs that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak(pid: int) -> float:
    """The largest resident memory of a program so far (MiB); the kernel keeps count of it.

    What ``wait4`` says counts the program that started it, too.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    found = _PEAK.search(status)
    return int(found[1]) / 1024 if found else 0.0


def many(count: int) -> str:
    """A number with its thousands apart."""
    return f"{count:,}".replace(",", " ")
