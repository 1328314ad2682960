"""The figures of ``/metrics`` in the text format of Prometheus, which needs no library.

What the journal says is computed from it; what only the process knows is in ``bot.meters``.
Nothing here names a person, a text or a secret.  Crises appear by number.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from bot.core.board import board
from bot.core.crisis import Crisis
from bot.meters import OUTCOMES, Meters

#: Of the format itself: version 0.0.4.
TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_QUANTILES: Final = (0.5, 0.9, 0.99)
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def gauge(
    name: str, purpose: str, values: Mapping[str, float], kind: str = "gauge"
) -> Iterator[str]:
    """One metric; a key is its labels as ``labels`` writes them, empty for none."""
    yield f"# HELP tocsin_{name} {purpose}"
    yield f"# TYPE tocsin_{name} {kind}"
    for written, value in values.items():
        yield _sample(name, written, value)


def labels(**given: str) -> str:
    """Labels as the format wants them."""
    return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in given.items())


def of_process(meters: Meters, records: Mapping[str, int]) -> Iterator[str]:
    """What this process counted since it started; ``records`` are those of the technical log."""
    levels = {labels(level=one): records.get(one, 0) for one in ("WARNING", "ERROR")}
    yield from gauge("log_records_total", "Lignes du journal technique.", levels, "counter")
    refused = "Gestes refusés, chacun avec une phrase à la personne."
    yield from gauge("refused_total", refused, {"": meters.refused}, "counter")
    unforeseen = "Erreurs imprévues, chacune avec sa référence."
    yield from gauge("unexpected_errors_total", unforeseen, {"": meters.unexpected}, "counter")
    methods = sorted(meters.spent)
    calls = {
        labels(method=method, outcome=outcome): meters.calls[method, outcome]
        for method in methods
        for outcome in OUTCOMES
    }
    yield from gauge("slack_calls_total", "Appels à Slack, par méthode et fin.", calls, "counter")
    yield from _durations(meters, methods)


def _durations(meters: Meters, methods: Iterable[str]) -> Iterator[str]:
    """How long calls took: usual, slow and slowest of late, and in all."""
    name = "slack_call_seconds"
    yield f"# HELP tocsin_{name} Durée des appels à Slack ; quantiles sur les derniers."
    yield f"# TYPE tocsin_{name} summary"
    for method in methods:
        spent = meters.spent[method]
        for share in _QUANTILES:
            yield _sample(name, labels(method=method, quantile=str(share)), spent.quantile(share))
        yield _sample(f"{name}_sum", labels(method=method), spent.total)
        yield _sample(f"{name}_count", labels(method=method), spent.count)


def of_crises(
    crises: Iterable[Crisis], told: Mapping[str, int], lags: Mapping[str, float], now: datetime
) -> Iterator[str]:
    """What the crises count: duties by state, late steps, reminders, what channels do not know.

    ``told`` says up to which entry each channel was told, ``lags`` since how many seconds it lags.
    """
    every = list(crises)
    opened = [one for one in every if one.is_open]
    kinds = Counter("exercise" if one.exercise else "crisis" for one in opened)
    shown = {one.id: board(one, now) for one in opened}
    states = {key: Counter(line.state for line in one.deadlines) for key, one in shown.items()}
    yield from gauge(
        "open",
        "Crises et exercices ouverts.",
        {labels(kind=one): kinds[one] for one in ("crisis", "exercise")},
    )
    yield from gauge(
        "duties",
        "Obligations qui courent, par état.",
        {
            labels(crisis=key, state=state): counted[state]
            for key, counted in states.items()
            for state in ("running", "soon", "late")
        },
    )
    sent = Counter({"exercise": 0, "crisis": 0})
    for one in every:
        sent["exercise" if one.exercise else "crisis"] += len(one.reminders)
    by_kind = {labels(kind=kind): count for kind, count in sorted(sent.items())}
    yield from gauge("reminders_total", "Rappels d'échéance envoyés.", by_kind, "counter")
    named: tuple[tuple[str, str, Mapping[str, float]], ...] = (
        (
            "late_steps",
            "Étapes au-delà de leur objectif.",
            {key: len(one.late) for key, one in shown.items()},
        ),
        ("entries", "Lignes de la main courante.", {one.id: one.seq for one in opened}),
        (
            "untold_entries",
            "Lignes que le canal ne montre pas encore.",
            {one.id: one.seq - told.get(one.id, 0) for one in opened},
        ),
        (
            "projection_lag_seconds",
            "Âge de la plus ancienne ligne que le canal ne montre pas encore.",
            {one.id: lags.get(one.id, 0.0) for one in opened},
        ),
    )
    for name, purpose, values in named:
        yield from gauge(name, purpose, {labels(crisis=key): one for key, one in values.items()})


def _sample(name: str, written: str, value: float) -> str:
    """One line of the format."""
    shown = f"{{{written}}}" if written else ""
    return f"tocsin_{name}{shown} {float(value):.12g}"
