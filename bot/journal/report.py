"""The report of a verification: what was checked, what was found, what it does not prove.

Data and French sentences only; the checking itself is ``bot.journal.verify``'s.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.journal.copies import KeySpan
from bot.journal.entry import read_time, write_time
from bot.journal.inside import Stamped
from bot.journal.reading import Reading, legible
from bot.journal.remarks import VIEWS, limits, seen, unchecked

TITLES: Final = {
    1: "Lot complet et conforme à son manifeste",
    2: "Octets lisibles, une ligne par entrée",
    3: "JSON strict, sans clé en double",
    4: "Écriture canonique, octet pour octet",
    5: "Format v1 respecté",
    6: "Une seule crise",
    7: "Numérotation continue depuis 1",
    8: "Chaîne des empreintes intacte",
    9: "Contenus conformes à leur engagement",
    10: "Heures d'enregistrement jamais décroissantes",
    11: "Point de contrôle extérieur respecté",
    12: "Signatures conformes à la clé donnée",
    13: "Contenus absents effacés régulièrement",
    14: "Points de contrôle et clés du journal",
    15: "Horodatages rattachés au journal",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered step: passed, failed, or (``None``) without object or not finished."""

    number: int
    title: str
    ok: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing found wrong; ``line_no`` is 0 when it concerns the file as a whole."""

    line_no: int
    seq: int | None
    check: int
    message: str


@dataclass(frozen=True, slots=True)
class Erased:
    """A line whose body was lawfully taken away, and the line that did it."""

    seq: int
    by: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked, what was found, and what no check of this kind can prove.

    Times are UTC.  ``seen``, ``unchecked`` and ``limits`` are sentences for people: what the
    journal shows, what could not be checked this time, what is never proven.
    """

    ok: bool
    entries: int
    head: str | None
    crisis: str | None
    first_time: datetime | None
    last_time: datetime | None
    signatures: int
    signatures_checked: int
    erased: tuple[Erased, ...]
    checkpoints: int
    keys: tuple[KeySpan, ...]
    stamps: tuple[Stamped, ...]
    slack_lag_s: float | None
    """Largest distance between the time of recording and Slack's (seconds)."""
    checks: tuple[Check, ...]
    fault: Fault | None
    seen: tuple[str, ...]
    unchecked: tuple[str, ...]
    limits: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The report as data for ``json.dumps``, times written as in the journal."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def report(reading: Reading, fault: Fault | None, *, bundle: bool) -> Report:
    """Put what was found into words and data."""
    absent = _absent(reading, bundle=bundle)
    read = reading.entries > 0
    return Report(
        ok=fault is None,
        entries=reading.entries,
        head=reading.head.decode() if read else None,
        crisis=reading.crisis_text if read else None,
        first_time=_time(reading.first_time),
        last_time=_time(reading.last_time),
        signatures=reading.signatures,
        signatures_checked=reading.trust.signed,
        erased=tuple(Erased(*pair) for pair in sorted(reading.inside.erased.items())),
        checkpoints=reading.inside.checkpoints,
        keys=tuple(reading.inside.keys.spans),
        stamps=tuple(reading.inside.stamps),
        slack_lag_s=round(reading.lag.seconds, 3) if reading.lag.seq else None,
        checks=tuple(_check(number, fault, absent) for number in TITLES),
        fault=fault,
        seen=tuple(seen(reading)),
        unchecked=(*unchecked(reading), *((VIEWS,) if bundle else ())),
        limits=tuple(limits(reading)),
    )


def verdict(found: Report) -> str:
    """The outcome in one or two sentences."""
    if found.fault is None:
        return (
            f"VÉRIFIÉ\u00a0: crise {legible(found.crisis or '')}, {found.entries} lignes, "
            f"du {_when(found.first_time)} au {_when(found.last_time)}."
        )
    line = found.fault.seq or found.fault.line_no
    where = f"première ligne en défaut\u00a0: {line}" if line else "le fichier est en défaut"
    return (
        f"NON VÉRIFIÉ\u00a0: {where} (contrôle {found.fault.check}, "
        f"«\u00a0{TITLES[found.fault.check]}\u00a0»). {found.fault.message}"
    )


def spoken(found: Report) -> Iterator[str]:
    """The whole report, line by line, to be read on a terminal or aloud."""
    yield verdict(found)
    if found.fault is not None:
        yield (
            "Ne corrigez rien. Gardez le fichier tel quel, redemandez-en une copie, et prévenez "
            "le RSSI si elle échoue aussi."
        )
    if found.head:
        yield f"Point de contrôle de ce fichier\u00a0: {found.entries}:{found.head}"
    yield ""
    yield "Ce qui a été contrôlé\u00a0:"
    for check in found.checks:
        yield f"{check.number:2d}. {check.title}\u00a0: {check.detail}"
    yield from _part("Ce que montre le journal\u00a0:", found.seen)
    yield from _part("Ce qui n'a pas été contrôlé ici\u00a0:", found.unchecked)
    yield from _part("Ce que cela ne prouve pas\u00a0:", found.limits)


def _part(title: str, sentences: Iterable[str]) -> Iterator[str]:
    lines = [f"- {sentence}" for sentence in sentences]
    if lines:
        yield from ("", title, *lines)


def _absent(reading: Reading, *, bundle: bool) -> set[int]:
    """The steps that had nothing to look at."""
    inside = reading.inside
    had = {
        1: bundle,
        11: bool(reading.brought.checkpoints),
        12: bool(reading.brought.keys),
        13: bool(inside.erased or inside.hollow),
        14: bool(inside.keys.spans),
        15: bool(inside.stamps or inside.other_anchors),
    }
    return {number for number, there in had.items() if not there}


def _check(number: int, fault: Fault | None, absent: set[int]) -> Check:
    """How one step ended."""
    if fault is not None and fault.check == number:
        return Check(number, TITLES[number], False, f"DÉFAUT. {fault.message}")
    if number in absent:
        return Check(number, TITLES[number], None, "sans objet ici")
    if fault is None or (number == 1 and fault.check != 1):
        return Check(number, TITLES[number], True, "conforme")
    return Check(number, TITLES[number], None, "interrompu par le défaut trouvé")


def _time(written: bytes) -> datetime | None:
    return read_time(written.decode()) if written else None


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%d/%m/%Y à %H:%M:%S} UTC" if moment else "?"


def _plain(value: Any) -> Any:
    """The value with its times written as in the journal."""
    if isinstance(value, datetime):
        return write_time(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
