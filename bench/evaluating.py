"""Quality of the answers: both halves of the evaluation, ours beside the usual pipeline, one run.

Each in a process of its own, on a copy of the shipped files; and the time of an answer when the
library holds 5,000 passages (100,000 take minutes: ``passages``).
"""

import asyncio
import json
import random
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil

from bench.peer import Peer
from bench.stage import ROOT
from bench.table import Row, p50_p99, share
from bot.library.answer import answer
from bot.library.corpus import Corpus, Passage
from bot.library.evaluation import Case, Figures, Outcome, evaluate, figures, load_cases
from bot.library.index import Index
from bot.library.search import Library, open_library
from bot.library.vectors import HashEmbedder

HALVES = {"seen": "tuned on", "kept": "kept aside"}
SIZES = (5_000,)
#: The longest that 99 answers out of 100 may take, in seconds, by passages.
AIMS = {5_000: 0.050, 100_000: 0.150}


async def passages(folder: Path, sizes: Sequence[int] = (100_000,)) -> list[Row]:
    """The time of an answer among many passages, and what it takes to index them."""
    return [row for size in sizes for row in _scale(size, await child(folder, str(size)))]


async def measure(folder: Path, sizes: Sequence[int] = SIZES) -> list[Row]:
    """Run each measure as a child and read what it found."""
    ours, theirs = await child(folder, "ours"), await child(folder, "theirs")
    rows = [row for half in HALVES for row in _quality(half, ours, theirs)]
    rows += _cost(ours, theirs)
    return rows + await passages(folder, sizes)


async def child(folder: Path, what: str) -> dict[str, Any]:
    """Run one measure as a process of its own, in this folder; what it found."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.evaluating",
        str(folder / what),
        what,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the measure of {what} ended with {process.returncode}")
    found: dict[str, Any] = json.loads(output)
    return found


def _quality(half: str, ours: dict[str, Any], theirs: dict[str, Any]) -> list[Row]:
    """The figures of one half, with the aims on the half that nobody tuned on."""
    mine, other = Figures(**ours[half]), Figures(**theirs[half])
    name, aimed = HALVES[half], half == "kept"
    beside = f"splitter, Chroma, {theirs['model']}: "
    return [
        Row(
            f"recall@1 / recall@3 / MRR, {name} ({mine.asked} questions)",
            _three(mine),
            beside + _three(other),
            _ratio(mine.recall_3, other.recall_3),
            *_aim(mine.recall_3, 0.92, aimed),
        ),
        Row(
            f"recall@3 without a common word, {name} ({mine.paraphrases})",
            _percent(mine.paraphrase_recall_3),
            beside + _percent(other.paraphrase_recall_3),
            _ratio(mine.paraphrase_recall_3, other.paraphrase_recall_3),
            *_aim(mine.paraphrase_recall_3, 0.75, aimed),
        ),
        Row(
            f"out of scope refused, {name} ({mine.outside})",
            _percent(mine.refused),
            beside + _percent(other.refused),
            None,
            *_aim(mine.refused, 0.85, aimed),
        ),
        Row(
            f"out of scope answered as nette, {name}",
            _percent(mine.outside_clear),
            "",
            None,
            *_aim(mine.outside_clear, 0.05, aimed, most=True),
        ),
        Row(
            f"refused by mistake, {name}",
            _percent(mine.false_refusals),
            "",
            None,
            *_aim(mine.false_refusals, 0.03, aimed, most=True),
        ),
        Row(
            f"first passage right when nette, {name} ({mine.clear} answers)",
            _percent(mine.clear_right),
            "",
            None,
            *_aim(mine.clear_right, 0.95, aimed),
        ),
    ]


def _cost(ours: dict[str, Any], theirs: dict[str, Any]) -> list[Row]:
    beside = f"splitter, Chroma, {theirs['model']}: "
    return [
        Row(
            f"index of the shipped files ({ours['size']} passages)",
            f"{ours['build']:.1f} s, {ours['memory']:.0f} MiB",
            f"{beside}{theirs['size']} chunks, {theirs['build']:.1f} s, {theirs['memory']:.0f} MiB",
        ),
        Row(
            "answer, shipped files",
            p50_p99(ours["seconds"]),
            beside + p50_p99(theirs["seconds"]),
            share(theirs["seconds"], 0.5) / share(ours["seconds"], 0.5),
        ),
    ]


def _scale(size: int, found: dict[str, Any]) -> list[Row]:
    aim = AIMS.get(size)
    met = None if aim is None else share(found["seconds"], 0.99) <= aim
    return [
        Row(
            f"answer, {size} passages",
            p50_p99(found["seconds"]),
            aim=f"p99 ≤ {aim * 1000:.0f} ms" if aim else "",
            met=met,
        ),
        Row(
            f"words then vectors of {size} passages",
            f"{found['words']:.1f} s, then {found['build']:.1f} s, {found['memory']:.0f} MiB",
        ),
    ]


def _aim(
    value: float | None, bound: float, aimed: bool, *, most: bool = False
) -> tuple[str, bool | None]:
    if not aimed or value is None:
        return "", None
    return f"{'≤' if most else '≥'} {bound}", value <= bound if most else value >= bound


def _ratio(mine: float | None, other: float | None) -> float | None:
    return mine / other if mine and other else None


def _three(found: Figures) -> str:
    parts = (found.recall_1, found.recall_3, found.mrr)
    return " / ".join("—" if one is None else f"{one:.3f}" for one in parts)


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


# -- in the child ---------------------------------------------------------------------------------


def _cases(half: str) -> Sequence[Case]:
    cases, faults = load_cases(ROOT / "tests" / "library" / "evaluation" / f"{half}.yaml")
    if faults:
        raise RuntimeError(str(faults[0]))
    return cases


def _copied(folder: Path) -> Path:
    """A copy of the files: what somebody edits meanwhile is not measured."""
    folder.mkdir(parents=True)
    for name in ("playbooks", "knowledge"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def _indexed(folder: Path, library: Library, corpus: Corpus) -> float:
    """Attach the vectors; the seconds it took."""
    began = time.perf_counter()
    _, glossary = open_library(folder / "playbooks", folder / "knowledge")
    index = Index.open(folder / "data", corpus, glossary, HashEmbedder())
    if not index.ready:
        raise RuntimeError(index.reason)
    library.attach(index)
    return time.perf_counter() - began


def _memory() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


def ours(folder: Path) -> dict[str, Any]:
    """Our figures on both halves."""
    library, _ = open_library(folder / "playbooks", folder / "knowledge")
    build = _indexed(folder, library, library.corpus)
    outcomes = {
        half: evaluate(_cases(half), lambda question: answer(library, question)) for half in HALVES
    }
    return {
        **_told(outcomes),
        "size": len(library.corpus.passages),
        "build": build,
        "memory": _memory(),
    }


def theirs(folder: Path) -> dict[str, Any]:
    """The figures of the usual pipeline on both halves."""
    peer = Peer(folder, folder / "peer")
    outcomes = {half: evaluate(_cases(half), peer.ask) for half in HALVES}
    return {
        **_told(outcomes),
        "model": peer.model,
        "size": peer.size,
        "build": peer.seconds,
        "memory": _memory(),
    }


def _told(outcomes: dict[str, list[Outcome]]) -> dict[str, Any]:
    found: dict[str, Any] = {half: asdict(figures(some)) for half, some in outcomes.items()}
    found["seconds"] = [one.seconds for some in outcomes.values() for one in some]
    return found


def scaled(folder: Path, size: int) -> dict[str, Any]:
    """The time of an answer among that many passages: ours, then mixtures of their sentences."""
    library, glossary = open_library(folder / "playbooks", folder / "knowledge")
    ours = library.corpus.passages[:size]
    corpus = replace(library.corpus, passages=(*ours, *_more(ours, size)))
    began = time.perf_counter()
    large = Library(corpus, glossary)
    words = time.perf_counter() - began
    build = _indexed(folder, large, corpus)
    asked = [case.q for case in _cases("seen")]
    answer(large, asked[0])
    seconds = [one.seconds for one in evaluate(_cases("seen"), lambda q: answer(large, q))]
    return {"seconds": seconds, "words": words, "build": build, "memory": _memory()}


def _more(passages: Sequence[Passage], size: int) -> list[Passage]:
    """Passages like ours in length and in words, with as many ways of asking and rarer words."""
    chance = random.Random(20)
    sentences = [one for passage in passages for one in passage.text.split("\n") if len(one) > 20]
    asks = [ask for passage in passages for ask in passage.asks]
    rare = [f"{chance.choice('bcdfglmnprst')}{n:x}a" for n in range(size // 4)]
    made = []
    for n in range(size - len(passages)):
        text = "\n".join(
            f"{sentence} {' '.join(chance.choices(rare, k=3))}"
            for sentence in chance.choices(sentences, k=4)
        )
        lead = n % 6 == 0
        ways = [f"{ask} {chance.choice(rare)}" for ask in chance.choices(asks, k=9)] if lead else []
        path = f"knowledge/reperes/n{n // 6}.md"
        title = " ".join(chance.choices(rare, k=2))
        made.append(
            Passage(f"{path}#{n}", "repere", title, "", path, (1, 9), text, asks=tuple(ways))
        )
    return made


def main(folder: Path, what: str) -> dict[str, Any]:
    """One measure, on a copy of the files."""
    copied = _copied(folder)
    known = {"ours": ours, "theirs": theirs}
    return known[what](copied) if what in known else scaled(copied, int(what))


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
