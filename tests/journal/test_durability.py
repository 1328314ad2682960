"""Kill the writer without warning, again and again: no acknowledged line may be lost."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bot.journal.store import Store
from bot.journal.verify import verify_lines
from tests.journal.chains import CRISIS, exported

Open = Callable[[str], Store]

KILLS = 10
WRITER = """
import sys
from bot.journal.store import Store
from tests.journal.chains import CRISIS, chain
store = Store(sys.argv[1])
head = store.head(CRISIS)
while True:
    for count in (1, 3):
        entries = chain(count, head)
        store.append(entries)
        head = entries[-1]
        print(head.seq, head.hash, flush=True)
"""


def killed_writer(url: str, seconds: float) -> tuple[int, str]:
    """Let a process append for so long after its first acknowledgement; its last one."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, url],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        lines = [first, *process.stdout.read().splitlines(keepends=True)]
    whole = [line for line in lines if line.endswith("\n")]
    seq, head = whole[-1].split()
    return int(seq), head


def test_no_acknowledged_line_is_lost(sqlite_url: str, opened: Open) -> None:
    """After each kill every acknowledged line is there, batches are whole, the chain verifies."""
    seeded = random.Random(20260314)
    store = opened(sqlite_url)
    length = 0

    for _ in range(KILLS):
        acknowledged, head = killed_writer(sqlite_url, seeded.uniform(0.0, 0.15))
        entries = list(store.read(CRISIS))

        assert acknowledged > length
        assert len(entries) in {acknowledged, acknowledged + 1, acknowledged + 3}
        assert entries[acknowledged - 1].hash == head
        assert verify_lines(exported(entries)).ok
        length = len(entries)
