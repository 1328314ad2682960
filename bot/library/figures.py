"""Numbers of a French text, however they are written: digits, words, dates, hours, telephones.

Two texts say the same number when the figures of one stand in the other: same value, and, when a
word says what is counted, the same word near it (« 72 heures » is not « 72 jours »).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.library.french import STOP_WORDS, fold, stem

_UNITS = {
    "h": "heure", "heures": "heure", "j": "jour", "jours": "jour", "minutes": "minute",
    "min": "minute", "mn": "minute", "secondes": "seconde", "semaines": "semaine", "sem": "semaine",
    "annee": "an", "annees": "an", "ans": "an", "€": "euro", "euros": "euro", "$": "dollar",
    "dollars": "dollar", "%": "pourcent",
}  # fmt: skip
_UNIT_STEMS = frozenset(map(stem, (*_UNITS, *_UNITS.values())))
_SMALL = {
    word: value
    for value, word in enumerate(
        "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
        "seize".split()
    )
} | {"une": 1, "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50,
     "soixante": 60, "septante": 70, "huitante": 80, "nonante": 90}  # fmt: skip
_LARGE = {"cent": 100, "cents": 100, "mille": 1_000, "million": 10**6, "millions": 10**6,
          "milliard": 10**9, "milliards": 10**9}  # fmt: skip
#: « un » is a number only before these: elsewhere it is an article.
_COUNTED_ONE = frozenset(
    {"heure", "jour", "minute", "semaine", "mois", "an", "million", "milliard"}
)
_MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre",
    "octobre", "novembre", "decembre",
)  # fmt: skip
_NAMED_DAY = re.compile(rf"\b(\d{{1,2}})(?:er)? ({'|'.join(_MONTHS)})(?: (\d{{4}}))?\b")
_NAMED_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)}) (\d{{4}})\b")
_NUMBERED_DAY = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b")
_ISO_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_HOUR = re.compile(r"\b(\d{1,2}) ?(?:h|:) ?([0-5]\d)\b")
_PHONE = re.compile(r"(?:\+33 ?|\b0)[1-9](?:[ .-]?\d{2}){4}\b")
_GROUPED = re.compile(r"\b\d{1,3}(?: \d{3})+\b")
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+|[€$%]")
_NEAR = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: its value as text, and what is counted (folded words, the nearest first)."""

    value: str
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


def figures(text: str) -> list[Figure]:
    """Every figure of a text; dates as ``2024-02-11`` (or ``02-11``, ``2024-02``)."""
    plain = " ".join(fold(text).replace("\u2011", "-").split())
    found: list[Figure] = []
    for read in (_days, _phones, _hours):
        plain, taken = read(plain)
        found += taken
    plain = _GROUPED.sub(lambda match: match[0].replace(" ", ""), plain)
    return [*found, *_counted(_TOKEN.findall(plain))]


def counts(word: str) -> bool:
    """Whether a folded word is part of a figure (a number, or what « 72 h » counts)."""
    return word[0].isdigit() or word in _SMALL or word in _LARGE or stem(word) in _UNIT_STEMS


def stand(said: Sequence[Figure], known: Sequence[Figure]) -> bool:
    """Whether every figure said is among the known ones, in their order, counting the same thing.

    Each known one serves once: « du 4 au 4 » is not said by « du 3 au 4 ».
    """
    left = iter(known)
    return all(any(_same(one, other) for other in left) for one in said)


def _same(said: Figure, known: Figure) -> bool:
    if said.value != known.value and not _part_of(said.value, known.value):
        return False
    thing = said.after[0] if said.after else ""
    # Something else may stand between: « 300 postes » and « 300 vieux postes » are the same.
    return not thing or thing in (known.after or known.before)


def _part_of(said: str, known: str) -> bool:
    """Whether a date says less than the known one, and nothing else."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", known):
        return said in (known[5:], known[:7], known[:4])
    return bool(re.fullmatch(r"\d{4}-\d{2}", known)) and said == known[:4]


def _days(text: str) -> tuple[str, list[Figure]]:
    found: list[Figure] = []

    def named(match: re.Match[str]) -> str:
        month = _MONTHS.index(match[2]) + 1
        found.append(Figure(_day(match[3], month, match[1])))
        return " "

    def month(match: re.Match[str]) -> str:
        found.append(Figure(f"{match[2]}-{_MONTHS.index(match[1]) + 1:02d}"))
        return " "

    def numbered(match: re.Match[str]) -> str:
        found.append(Figure(_day(match[3], int(match[2]), match[1])))
        return " "

    def iso(match: re.Match[str]) -> str:
        found.append(Figure(match[0]))
        return " "

    text = _NAMED_DAY.sub(named, text)
    text = _NAMED_MONTH.sub(month, text)
    return _ISO_DAY.sub(iso, _NUMBERED_DAY.sub(numbered, text)), found


def _day(year: str | None, month: int, day: str) -> str:
    start = f"{year}-" if year else ""
    return f"{start}{month:02d}-{int(day):02d}"


def _phones(text: str) -> tuple[str, list[Figure]]:
    found = [Figure(re.sub(r"\D", "", one.replace("+33", "0"))) for one in _PHONE.findall(text)]
    return _PHONE.sub(" ", text), found


def _hours(text: str) -> tuple[str, list[Figure]]:
    found = [Figure(f"{int(hours)}h{minutes}") for hours, minutes in _HOUR.findall(text)]
    return _HOUR.sub(" ", text), found


def _counted(tokens: Sequence[str]) -> Iterator[Figure]:
    """Figures of the tokens, in digits or in words, with what is counted."""
    place = 0
    while place < len(tokens):
        value, after = _number(tokens, place)
        if value:
            yield Figure(value, _things(tokens[after:]), _things(reversed(tokens[:place])))
        place = after


def _number(tokens: Sequence[str], place: int) -> tuple[str, int]:
    """The number that begins there, empty for a word, and the place after it."""
    token = tokens[place]
    if token[0].isdigit():
        value = token.replace(",", ".")
        after = place + 1
        if after < len(tokens) and tokens[after] in _LARGE and tokens[after] != "cent":
            return _scaled(value, _LARGE[tokens[after]]), after + 1
        return value.lstrip("0") or "0", after
    if token not in _SMALL and token not in _LARGE:
        return "", place + 1
    if token in ("un", "une") and _UNITS.get(
        _at(tokens, place + 1), _at(tokens, place + 1)
    ) not in (_COUNTED_ONE):
        return "", place + 1
    return _in_words(tokens, place)


def _at(tokens: Sequence[str], place: int) -> str:
    return tokens[place] if place < len(tokens) else ""


def _scaled(value: str, times: int) -> str:
    number = float(value) * times if value.count(".") <= 1 else 0.0
    return str(int(number)) if number == int(number) else str(number)


def _in_words(tokens: Sequence[str], place: int) -> tuple[str, int]:
    """A number in words: « quatre-vingt-dix-neuf », « deux cent mille »."""
    total = held = 0
    while place < len(tokens):
        token = tokens[place]
        if token == "et" and _at(tokens, place + 1) in ("un", "une", "onze"):  # noqa: S105 - a word
            place += 1
            continue
        if token in ("vingt", "vingts") and held % 100 == 4:  # noqa: PLR2004 - « quatre-vingts »
            held += 76
        elif token in _SMALL:
            held += _SMALL[token]
        elif token in ("cent", "cents"):
            held = max(held, 1) * 100
        elif token in _LARGE:
            total, held = total + max(held, 1) * _LARGE[token], 0
        else:
            break
        place += 1
    return str(total + held), place


def _things(tokens: "Iterator[str] | Sequence[str]") -> tuple[str, ...]:
    """The first words that say what is counted, units in one spelling, others as stems."""
    found: list[str] = []
    for token in tokens:
        if token[0].isdigit():
            break
        if token in _UNITS or token not in STOP_WORDS:
            found.append(stem(_UNITS.get(token, token)))
        if len(found) == _NEAR:
            break
    return tuple(found)
