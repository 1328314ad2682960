"""The report of a verification: what was checked, what was found, what it does not prove.

Data and French sentences only; the checking itself is ``bot.journal.verify``'s.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from bot.journal.entry import GENESIS, write_time

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
}

_CHECKPOINT = re.compile(r"([1-9][0-9]*):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What somebody noted outside: the journal had this many lines, the last with this hash."""

    entries: int
    head: str

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read ``12:9f86…``, number of lines then hash; anything else is ``ValueError``."""
        found = _CHECKPOINT.fullmatch(text.strip().lower())
        if not found:
            raise ValueError("a checkpoint is written NUMBER:HASH")
        return cls(int(found[1]), found[2])


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
class Report:
    """What was checked, what was found, and what no check of this kind can prove."""

    ok: bool
    entries: int
    head: str | None
    crisis: str | None
    first_time: datetime | None
    last_time: datetime | None
    signatures: int
    checks: tuple[Check, ...]
    fault: Fault | None
    limits: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The report as data for ``json.dumps``, times written as in the journal."""
        data = asdict(self)
        for name in ("first_time", "last_time"):
            data[name] = None if data[name] is None else write_time(data[name])
        return data


class Key(Protocol):
    """Whoever can say that an entry was signed."""

    def signed_entry(self, line_hash: str, sig: str) -> bool:
        """Whether the entry with that line hash bears this signature."""
        ...


@dataclass(slots=True)
class Reading:
    """What has been read so far: all that the next line is compared with."""

    checkpoint: Checkpoint | None
    key: Key | None = None
    entries: int = 0
    signatures: int = 0
    head: str = GENESIS
    crisis: str | None = None
    first_time: datetime | None = None
    last_time: datetime | None = None


def report(reading: Reading, fault: Fault | None, *, bundle: bool) -> Report:
    """Put what was found into words and data."""
    absent = set() if bundle else {1}
    if reading.checkpoint is None:
        absent.add(11)
    if reading.key is None:
        absent.add(12)
    return Report(
        ok=fault is None,
        entries=reading.entries,
        head=reading.head if reading.entries else None,
        crisis=reading.crisis,
        first_time=reading.first_time,
        last_time=reading.last_time,
        signatures=reading.signatures,
        checks=tuple(_check(number, fault, absent) for number in TITLES),
        fault=fault,
        limits=tuple(_limits(reading)),
    )


def _check(number: int, fault: Fault | None, absent: set[int]) -> Check:
    """How one step ended."""
    if number in absent:
        return Check(number, TITLES[number], None, "sans objet ici")
    if fault is None or (number == 1 and fault.check != 1):
        return Check(number, TITLES[number], True, "conforme")
    if fault.check == number:
        return Check(number, TITLES[number], False, fault.message)
    return Check(number, TITLES[number], None, "interrompu par le défaut trouvé")


def _limits(reading: Reading) -> Iterator[str]:
    """What this verification does not prove, in sentences for people."""
    noted = reading.checkpoint
    if noted is None:
        yield (
            "Des lignes retirées à la fin, ou la dernière modifiée, ne se voient pas sans point "
            "de contrôle\u00a0: comparez le nombre de lignes et l'empreinte finale avec ceux "
            "notés à l'extérieur."
        )
    else:
        yield (
            f"Après la ligne {noted.entries}, des lignes retirées à la fin, ou la dernière "
            "modifiée, ne se voient pas."
        )
    yield (
        "Un journal réécrit en entier, avant d'avoir été noté à l'extérieur, "
        "ne se distingue pas d'un journal d'origine."
    )
    if reading.signatures and reading.key is None:
        yield f"Signatures présentes et non vérifiées ici\u00a0: {reading.signatures}."
    yield (
        "La vérification dit que les lignes n'ont pas changé\u00a0; "
        "elle ne dit ni que tout a été noté, ni que ce qui est noté est exact."
    )
