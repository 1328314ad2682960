"""``python -m bench``: every measure in one run, then one table of ratios.

``--only NAME`` (repeatable) runs one measure; ``--quick`` runs all of them short, to see that they
run.  ``python -m bench.growing`` writes what ``docs/growth.md`` shows.  Everything is on the
loopback interface, in a temporary folder, in processes of our own.
"""

import argparse
import asyncio
import compileall
import logging
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bench import (
    acks,
    answering,
    appends,
    crowd,
    declaring,
    evaluating,
    exporting,
    growing,
    load,
    starting,
    verifying,
)
from bench.stage import ROOT
from bench.table import Row, render

Measure = Callable[[Path], Awaitable[list[Row]]]

FULL: Mapping[str, Measure] = {
    "appends": appends.measure,
    "acks": acks.measure,
    "declaring": declaring.measure,
    "starting": starting.measure,
    "answering": answering.measure,
    "evaluating": evaluating.measure,
    "verifying": verifying.measure,
    "exporting": exporting.measure,
    "load": load.measure,
    "crowd": crowd.measure,
    "growing": growing.measure,
    "passages": evaluating.passages,
}
QUICK: Mapping[str, Measure] = {
    **FULL,
    "appends": lambda folder: appends.measure(folder, rounds=2),
    "acks": lambda folder: acks.measure(folder, seconds=2.0),
    "declaring": lambda folder: declaring.measure(folder, count=4, crowd=21),
    "starting": lambda folder: starting.measure(folder, starts=2, past=10),
    "evaluating": lambda folder: evaluating.measure(folder, sizes=(2_000,)),
    "verifying": lambda folder: verifying.measure(folder, count=50_000),
    "exporting": lambda folder: exporting.measure(folder, count=50_000),
    "load": lambda folder: load.measure(folder, seconds=6.0),
    "crowd": lambda folder: crowd.measure(folder, crises=5, people=10, seconds=10.0),
    "growing": lambda folder: growing.measure(folder, (1, 5), (1_000, 10_000), (500, 2_000)),
    "passages": lambda folder: evaluating.passages(folder, sizes=(3_000,)),
}


def _load() -> str:
    return "load " + " / ".join(f"{one:.1f}" for one in os.getloadavg())


async def run(measures: Mapping[str, Measure]) -> list[Row]:
    """Run these measures one after the other, each in a folder of its own."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        for name, measure in measures.items():
            began = time.perf_counter()
            rows += await measure(Path(folder, name))
            taken = time.perf_counter() - began
            print(f"{name}: {taken:.0f} s, {_load()}", file=sys.stderr, flush=True)
    return rows


def main() -> int:
    """Measure, print the table, and return 1 when an aim was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(FULL), default=[])
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    known = QUICK if options.quick else FULL
    compileall.compile_dir(ROOT / "bot", quiet=1)
    # Bots are killed in the middle of a handshake on purpose: the server need not complain.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {_load()}", file=sys.stderr)
    rows = asyncio.run(run({name: known[name] for name in options.only or known}))
    print(render(rows))
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
