"""``python -m bench.weights``: find again the weights of the search and of its confidence.

Two fits, each told with what it gives on questions left out (five parts, each in turn):

- ``lexical``: which of two passages answers a question of the tuning half or of ``third.yaml``,
  from their measures;
- ``confidence``: whether a question has an answer at all (with ``outside.yaml``), and whether the
  first passage is right, from the signs that the search tells.

What is in the code is rounded from this, by hand: nothing reads the output.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.stage import ROOT
from bot.library.evaluation import Case, load_cases, plain
from bot.library.glossary import Glossary
from bot.library.index import Index
from bot.library.search import Library, open_library
from bot.library.vectors import HashEmbedder

PARTS = 5
NEGATIVES = 30
MEASURES = ("share", "bm25", "heading", "alike", "figures")
TUNED = ("seen", "third")
SIGNS = ("score", "foreign")
CLEAR = ("score", "lead", "heading")

Array = Any


def cases(name: str) -> list[Case]:
    """The questions of a file of the evaluation."""
    found, faults = load_cases(ROOT / "tests" / "library" / "evaluation" / f"{name}.yaml")
    if faults:
        raise RuntimeError(str(faults[0]))
    return list(found)


def fitted(rows: Array, wanted: Array, weights: Array, steps: int = 3_000) -> Array:
    """Coefficients of a logistic fit, the constant last; ``wanted`` is 0 or 1 for each row."""
    scale = rows.std(axis=0) + 1e-9
    scaled = np.c_[rows / scale, np.ones(len(rows))]
    found = np.zeros(scaled.shape[1])
    part = weights / weights.sum()
    for _ in range(steps):
        likely = 1 / (1 + np.exp(-np.clip(scaled @ found, -30, 30)))
        found -= 2.0 * (scaled.T @ (part * (likely - wanted)) + 1e-3 * np.r_[found[:-1], 0])
    return np.r_[found[:-1] / scale, found[-1]]


def left_out(rows: Array, wanted: Array, fit: Callable[[Array, Array], Array]) -> Array:
    """What each row gets from a fit made without its part."""
    order = np.random.default_rng(0).permutation(len(rows))
    told = np.zeros(len(rows))
    for part in range(PARTS):
        out = order[part::PARTS]
        kept = np.setdiff1d(order, out)
        told[out] = np.c_[rows[out], np.ones(len(out))] @ fit(rows[kept], wanted[kept])
    return told


def separated(told: Array, wanted: Array) -> float:
    """How often a row that is wanted gets more than one that is not (0.5: by chance)."""
    good, bad = told[wanted == 1], told[wanted == 0]
    return float((good[:, None] > bad[None]).mean() + 0.5 * (good[:, None] == bad[None]).mean())


def balanced(rows: Array, wanted: Array) -> Array:
    """A fit in which both kinds weigh as much."""
    weights = np.where(wanted == 1, 1 / max(wanted.sum(), 1), 1 / max((1 - wanted).sum(), 1))
    return fitted(rows, wanted, weights)


def lexical(library: Library) -> None:
    """Fit the measures on pairs: a right passage beside those that come before it."""
    passages = library.corpus.passages
    texts = [plain(f"{one.section}\n{one.text}") for one in passages]
    asked = [case for name in TUNED for case in cases(name) if not case.none]
    pairs = [pair for case in asked for pair in _pairs(library, case, texts)]
    rows = np.array(pairs)
    both, wanted = np.r_[rows, -rows], np.r_[np.ones(len(rows)), np.zeros(len(rows))]
    found = fitted(both, wanted, np.ones(len(both)))[:-1]
    print("lexical:", _told(MEASURES, found / found.sum()))


def _pairs(library: Library, case: Case, texts: Sequence[str]) -> list[Array]:
    """The measures of the best right passage less those of each passage around it."""
    lexical = library._lexical
    scores = lexical.scores(lexical.query(case.q))
    measures = np.stack([getattr(scores, name) for name in MEASURES], axis=1)
    right = np.array([case.says(text) for text in texts])
    if not right.any():
        return []
    best = measures[right][np.argmax(scores.total[right])]
    order = np.argsort(-scores.total)
    return [best - measures[n] for n in order[: 2 * NEGATIVES] if not right[n]][:NEGATIVES]


def confidence(library: Library) -> None:
    """Fit the signs: in the field or not, then right or not."""
    asked = [case for name in (*TUNED, "outside") for case in cases(name)]
    hits = [library.search(case.q) for case in asked]
    scope = library.corpus.scope
    doubts = [scope.doubt(case.q) for case in asked]
    foreign = np.array([doubt.part if doubt else 0.0 for doubt in doubts])
    told = {name: np.array([getattr(one.signs, name) for one in hits]) for name in
            ("score", "lead", "heading")} | {"foreign": foreign}  # fmt: skip
    inside = np.array([float(not case.none) for case in asked])
    rows = np.stack([told[name] for name in SIGNS], axis=1)
    found = balanced(rows, inside)
    print(
        "in the field:", _told(SIGNS, found[:-1] / found[0]), f"needs {-found[-1] / found[0]:.2f}"
    )
    print(f"  separates {separated(left_out(rows, inside, balanced), inside):.3f} of unseen pairs")
    right = np.array(
        [
            float(
                bool(one.hits)
                and case.says(plain(f"{one.hits[0].passage.section}\n{one.hits[0].passage.text}"))
            )
            for case, one in zip(asked, hits, strict=True)
        ]
    )
    some = inside == 1
    rows = np.stack([told[name] for name in CLEAR], axis=1)[some]
    found = balanced(rows, right[some])
    print("clear:", _told(CLEAR, found[:-1] / found[:-1].sum()))
    given = left_out(rows, right[some], balanced)
    for most in (20, 30, 40, 60):
        best = np.argsort(-given)[:most]
        print(f"  the {most} surest of {some.sum()}: {right[some][best].mean():.2f} right")


def _told(names: Sequence[str], values: Array) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in zip(names, values, strict=True))


def main() -> int:
    """Fit on the shipped files."""
    library, _ = open_library(ROOT / "playbooks", ROOT / "knowledge")
    with tempfile.TemporaryDirectory(prefix="tocsin-weights-") as folder:
        index = Index.open(Path(folder), library.corpus, Glossary(), HashEmbedder())
        library.attach(index)
        lexical(library)
        confidence(library)
        index.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
