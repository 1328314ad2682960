"""``tocsin evaluate``: how well the library answers a file of questions."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.parser import AWAY, FAULTY, Commands, command, print_json

if TYPE_CHECKING:
    from bot.library.evaluation import Figures, Outcome

_PURPOSE = "Mesurer les réponses sur un fichier de questions."
_FORMAT = """\
Le fichier (YAML) :

  version: 1
  questions:
    - {q: on éteint les pc ?, family: étapes, expect: ["laissez.* allumé", débranchez]}
    - {q: quel temps fera-t-il demain, family: hors champ, none: true}

q : la question, comme on la tape. family : un mot à vous, pour grouper les chiffres.
expect : phrases ou expressions régulières ; un passage répond s'il en contient une, sans égard
aux accents ni aux majuscules. none: true : rien ne doit être trouvé. paraphrase: true : la
question n'a aucun mot important en commun avec le passage qui y répond.
"""
_OUTSIDE = "hors du champ"


def add(commands: Commands) -> None:
    """What measures the answers."""
    sub = command(commands, "evaluate", _PURPOSE, _evaluate)
    sub.formatter_class = _Raw
    sub.epilog = f"{_FORMAT}\n{sub.epilog}"
    sub.add_argument("file", type=Path, metavar="FICHIER", help="fichier de questions (.yaml)")
    sub.add_argument("--json", action="store_true", help="un seul objet JSON")


class _Raw(argparse.RawDescriptionHelpFormatter):
    """Help whose example keeps its lines."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, prefix or "usage : ")


def _evaluate(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.library.answer import answer
    from bot.library.evaluation import evaluate, load_cases
    from bot.wiring import shelves

    if not options.file.is_file():
        print(f"tocsin : fichier introuvable : {options.file}", file=sys.stderr)
        return AWAY
    cases, faults = load_cases(options.file)
    for fault in faults:
        print(f"{fault.path}:{max(fault.line, 1)}: {fault.message}")
    if faults:
        return FAULTY
    books = shelves(load())
    books.read()
    index = books.attach()
    library = books.library
    answer(library, cases[0].q)  # the first question pays for what is loaded late
    outcomes = evaluate(cases, lambda question: answer(library, question))
    if options.json:
        print_json(_as_json(outcomes))
    else:
        if not index.ready:
            print(f"Index absent : {index.reason}. Mesure par mots seulement.", file=sys.stderr)
        print("\n".join(_report(outcomes)))
    books.close()
    return 0


def _report(outcomes: "Sequence[Outcome]") -> Iterator[str]:
    """The figures, the families, then what failed."""
    from bot.library.evaluation import by_family, figures, slowest

    yield from _totals(figures(outcomes))
    yield _row("durée d'une réponse, p50 / p99", _milliseconds(outcomes, 0.5, 0.99))
    yield f"  la plus lente : {slowest(outcomes, 1.0) * 1000:.0f} ms"
    yield ""
    yield f"{'Par famille':<34}{'questions':>10}{'1re juste':>11}{'3 premiers':>12}{'refusées':>10}"
    for name, found in by_family(outcomes).items():
        yield from _family(name, found)
    failed = [one for one in outcomes if not one.right]
    yield ""
    yield f"À revoir : {len(failed)} sur {len(outcomes)}."
    for one in failed:
        yield from _failure(one)


def _totals(found: "Figures") -> Iterator[str]:
    yield f"{found.asked} questions qui ont une réponse, {found.outside} {_OUTSIDE}."
    yield _row("premier passage juste", _percent(found.recall_1))
    yield _row("juste parmi les trois premiers", _percent(found.recall_3))
    yield _row("MRR sur les trois premiers", _decimal(found.mrr))
    many = f"{_percent(found.paraphrase_recall_3)} ({found.paraphrases} questions)"
    yield _row("  sans mot commun, trois premiers", many)
    yield _row("refus à tort", _percent(found.false_refusals))
    many = f"{_percent(found.clear_right)} ({found.clear} réponses)"
    yield _row("correspondance nette, premier juste", many)
    yield _row(f"{_OUTSIDE} : refusées", _percent(found.refused))
    yield _row(f"{_OUTSIDE} : dites nettes", _percent(found.outside_clear))


def _family(name: str, found: "Figures") -> Iterator[str]:
    """One line for the questions with an answer, one for those without."""
    if found.asked:
        cells = (_percent(found.recall_1), _percent(found.recall_3))
        refused = _percent(found.false_refusals)
        yield f"{name:<34}{found.asked:>10}{cells[0]:>11}{cells[1]:>12}{refused:>10}"
    if found.outside:
        shown = f"{name} ({_OUTSIDE})" if found.asked else name
        yield f"{shown:<34}{found.outside:>10}{'':>11}{'':>12}{_percent(found.refused):>10}"


def _failure(one: "Outcome") -> Iterator[str]:
    """The question, what was awaited, and what came instead."""
    awaited = "rien" if one.case.none else " | ".join(one.case.expect)
    yield f"- {one.case.q} [{one.case.family}]"
    yield f"    attendu : {awaited}"
    if not one.answer.found:
        yield "    trouvé : rien"
    for source in one.answer.sources:
        place = f"{source.path}:{source.lines[0]}"
        yield f"    trouvé ({one.answer.confidence}) : {source.heading} ({place})"


def _row(what: str, figure: str) -> str:
    return f"{what:<38}{figure}"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.1f} %".replace(".", ",")


def _decimal(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}".replace(".", ",")


def _milliseconds(outcomes: "Sequence[Outcome]", *fractions: float) -> str:
    from bot.library.evaluation import slowest

    parts = (f"{slowest(outcomes, one) * 1000:.1f}".replace(".", ",") for one in fractions)
    return " / ".join(parts) + " ms"


def _as_json(outcomes: "Sequence[Outcome]") -> Mapping[str, object]:
    """The same as data: totals, families, and every question with what was shown."""
    from dataclasses import asdict

    from bot.library.evaluation import by_family, figures, slowest

    return {
        "figures": asdict(figures(outcomes)),
        "families": {name: asdict(found) for name, found in by_family(outcomes).items()},
        "p50_ms": round(slowest(outcomes, 0.5) * 1000, 2),
        "p99_ms": round(slowest(outcomes, 0.99) * 1000, 2),
        "questions": [_outcome_json(one) for one in outcomes],
    }


def _outcome_json(one: "Outcome") -> Mapping[str, object]:
    return {
        "q": one.case.q,
        "family": one.case.family,
        "none": one.case.none,
        "paraphrase": one.case.paraphrase,
        "right": one.right,
        "rank": one.rank,
        "confidence": one.answer.confidence,
        "sources": [source.passage_id for source in one.answer.sources],
    }
