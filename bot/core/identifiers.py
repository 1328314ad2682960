"""What identifies a patient or an account in a text: found, told in French, taken out.

Rules, each with what keeps it from crying wolf:
1. a French social security number (NIR) and the INS, which has its shape, stand when their key
   does: 97 less the first thirteen digits modulo 97, Corsica's 2A and 2B counted as 19 and 18;
2. called « NIR », « INS » or « sécu », thirteen or fifteen digits stand even with a wrong key;
3. an account number (IBAN) stands when it has the length of its country and modulo 97 gives 1;
4. a date stands when it is called a date of birth; or beside « M. » or « Mme » and a name when it
   is a year old; or beside two words with capitals when it is eight.

Separators (spaces of any kind, dots, hyphens, characters that show nothing) change nothing.  Not
here: names alone, addresses, telephone numbers, and what to do about it.
"""

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["nir", "ins", "iban", "birth"]

#: What each kind is called when it is told, and what stands in its place.
TITLES: dict[Kind, str] = {
    "nir": "un numéro de sécurité sociale",
    "ins": "une identité nationale de santé (INS)",
    "iban": "un numéro de compte (IBAN)",
    "birth": "une date de naissance",
}
REMOVED: dict[Kind, str] = {
    "nir": "[numéro de sécurité sociale retiré]",
    "ins": "[INS retiré]",
    "iban": "[IBAN retiré]",
    "birth": "[date de naissance retirée]",
}

_GAP = r"[\s.\-_/·'\u00ad\u200b-\u200f\u2010-\u2015\u2060\ufeff]{0,3}"
_DIGIT = rf"\d{_GAP}"
#: Sex, year, month, department (Corsica has letters), commune, rank; then the key, or not.
_NIR = re.compile(
    rf"(?<!\w)[1-478]{_GAP}(?:{_DIGIT}){{4}}(?:{_DIGIT}\d|2{_GAP}[AaBb]){_GAP}"
    rf"(?:{_DIGIT}){{5}}\d(?:{_GAP}\d{_GAP}\d)?(?!\w)"
)
_NIR_BODY = 13
#: What may stand where the month does: 20 to 42 and 50 to 99 are for births badly known.
_NIR_MONTHS = frozenset((*range(1, 13), *range(20, 43), *range(50, 100)))
#: Tried on folded text, around the number.
_CALLED_NIR = re.compile(r"\bnir\b|\bsecu\b|\bsecurite sociale\b|\bn ?[o°] ?ss\b")
_CALLED_INS = re.compile(r"\bins\b|\bidentite nationale\b|\b1\.2\.250\.1\.213\.1\.4\.")
_BEFORE, _AFTER = 45, 40

_IBAN = re.compile(rf"(?<!\w)[A-Za-z]{{2}}{_GAP}\d{_GAP}\d(?:{_GAP}[A-Za-z0-9]){{11,30}}")
#: Lengths where French hospitals pay; elsewhere the registry's bounds are enough.
_IBAN_LENGTHS = {"FR": 27, "MC": 27, "DE": 22, "BE": 16, "LU": 20, "CH": 21, "ES": 24, "IT": 27}
_IBAN_BOUNDS = (15, 34)

_MONTHS = (
    "janvier|janv|fevrier|fevr|fev|mars|avril|avr|mai|juin|juillet|juil|aout|septembre|sept"
    "|octobre|oct|novembre|nov|decembre|dec"
)
_MONTH_NUMBERS = {
    "jan": 1, "fev": 2, "mar": 3, "avr": 4, "mai": 5, "juin": 6,
    "juil": 7, "aou": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_DATE = re.compile(
    r"(?<!\d)(?:(?P<d>\d{1,2})\s?[/.\-\s]\s?(?P<m>\d{1,2})\s?[/.\-\s]\s?(?P<y>\d{4}|\d{2})"
    r"|(?P<iy>\d{4})-(?P<im>\d{2})-(?P<id>\d{2})"
    rf"|(?P<wd>\d{{1,2}})(?:er)?\s+(?P<wm>{_MONTHS})\.?\s+(?P<wy>\d{{4}}|\d{{2}}))(?!\d)"
)
#: Tried on folded text: what says that a date is one of birth.
_BORN = re.compile(
    r"(?:\bnee?s?\b(?:\s*\(e\))?(?:\s+\w+){0,4}?|\bn\(e\)|\bddn\b|\bd\.d\.n\b\.?"
    r"|\bdate\s+de\s+naissance|\bnaissance|\bborn(?:\s+on)?|\bdob)\W{0,6}(?:le\s+)?$"
)
_TITLE = r"(?:mme|mlle|mr|m\.|madame|monsieur|mademoiselle|patiente?|enfant|bebe)"
_TITLED = re.compile(rf"(?:^|\W){_TITLE}\s+[a-z][\w'’-]+(?:\s+[a-z][\w'’-]+){{0,2}}\W{{0,3}}$")
_TITLED_AFTER = re.compile(rf"^\W{{0,3}}{_TITLE}\s+[a-z]")
#: Tried on the text itself: two or three words with capitals side by side.
_CAPITALS = r"[A-ZÀ-ÖØ-Þ][\w'’-]+(?:\s+[A-ZÀ-ÖØ-Þ][\w'’-]+){1,2}"
_NAMED = re.compile(rf"\b{_CAPITALS}\W{{0,3}}$")
_NAMED_AFTER = re.compile(rf"^\W{{0,3}}{_CAPITALS}")
_NEAR = 70
_CENTURY = 100
_YEAR, _EIGHT_YEARS, _LONGEST_LIFE = 365, 8 * 365, 125


@dataclass(frozen=True, slots=True)
class Found:
    """One identifier, by its place in the text."""

    kind: Kind
    start: int
    end: int


def find(text: str, today: date) -> tuple[Found, ...]:
    """Every identifier of the text, in its order; none overlaps another."""
    plain = "".join(map(_plain, text))
    folded = "".join(map(_folded, text))
    found: list[Found] = []
    for one in (*_nirs(plain, folded), *_ibans(plain), *_births(plain, folded, today)):
        place = bisect(found, one.start, key=lambda other: other.start)
        # They are in order and none overlaps another: only its neighbours may overlap this one.
        near = found[max(place - 1, 0) : place + 1]
        if all(one.end <= other.start or one.start >= other.end for other in near):
            found.insert(place, one)
    return tuple(found)


def strip(text: str, found: tuple[Found, ...]) -> str:
    """The text with each identifier replaced by words that say what was there."""
    for one in reversed(found):
        text = f"{text[: one.start]}{REMOVED[one.kind]}{text[one.end :]}"
    return text


def without(text: str, found: tuple[Found, ...]) -> str:
    """The text with nothing where each identifier was: what is left to search with."""
    for one in reversed(found):
        text = f"{text[: one.start]} {text[one.end :]}"
    return text


def told(found: tuple[Found, ...]) -> str:
    """What was found, in French, each kind once: ``un numéro de compte (IBAN)``; may be empty."""
    titles = list(dict.fromkeys(TITLES[one.kind] for one in found))
    return " et ".join(filter(None, (", ".join(titles[:-1]), *titles[-1:])))


# -- numbers ------------------------------------------------------------------------------------


def nir_key(body: str) -> int:
    """The key of the first thirteen characters of a NIR; ``ValueError`` when they are not one."""
    return 97 - int(body.upper().replace("2A", "19").replace("2B", "18")) % 97


def iban_stands(text: str) -> bool:
    """Whether an account number, without separators, has its length and its check digits."""
    number = text.upper()
    wanted = _IBAN_LENGTHS.get(number[:2])
    least, most = _IBAN_BOUNDS
    if not least <= len(number) <= most or (wanted is not None and len(number) != wanted):
        return False
    if not (number.isascii() and number.isalnum()):
        return False
    return int("".join(str(int(one, 36)) for one in number[4:] + number[:4])) % 97 == 1


def _nirs(text: str, folded: str) -> Iterator[Found]:
    for match in _NIR.finditer(text):
        kind = _called(folded, match.start(), match.end())
        if kind or _nir_stands(_bare(match[0])):
            yield Found(kind or "nir", match.start(), match.end())


def _nir_stands(number: str) -> bool:
    """Whether it has a month and the right key; without a key nothing tells it from a count."""
    body, key = number[:_NIR_BODY], number[_NIR_BODY:]
    return bool(key) and int(body[3:5]) in _NIR_MONTHS and nir_key(body) == int(key)


def _called(folded: str, start: int, end: int) -> Literal["nir", "ins"] | None:
    """What the words around a number call it."""
    before = folded[max(0, start - _BEFORE) : start]
    if _CALLED_INS.search(before) or _CALLED_INS.search(folded[end : end + _AFTER]):
        return "ins"
    return "nir" if _CALLED_NIR.search(before) else None


def _ibans(text: str) -> Iterator[Found]:
    """Account numbers; what follows one without a separator wide enough is left out."""
    start = 0
    while match := _IBAN.search(text, start):
        length = _IBAN_LENGTHS.get(match[0][:2].upper())
        end = _end(text, match.start(), length) if length else match.end()
        start = match.start() + 2
        if iban_stands(_bare(text[match.start() : end])):
            yield Found("iban", match.start(), end)
            start = end


def _end(text: str, start: int, count: int) -> int:
    """Where the ``count``-th letter or digit from ``start`` ends; the end of a shorter text."""
    for place in range(start, len(text)):
        count -= text[place].isalnum()
        if count == 0:
            return place + 1
    return len(text)


def _bare(text: str) -> str:
    """Letters and digits only."""
    return "".join(one for one in text if one.isalnum())


# -- dates --------------------------------------------------------------------------------------


def _births(text: str, folded: str, today: date) -> Iterator[Found]:
    for match in _DATE.finditer(folded):
        start, end = match.span()
        day = _day(match, today)
        if day is None:
            continue
        near = slice(max(0, start - _NEAR), start)
        age = (today - day).days
        titled = _TITLED.search(folded[near]) or _TITLED_AFTER.search(folded[end : end + _NEAR])
        named = _NAMED.search(text[near]) or _NAMED_AFTER.search(text[end : end + _NEAR])
        if _BORN.search(folded[near]) or (titled and age > _YEAR) or (named and age > _EIGHT_YEARS):
            yield Found("birth", start, end)


def _day(match: re.Match[str], today: date) -> date | None:
    """The day that a date names, within a life before today; two digits: the last that fits."""
    groups = match.groupdict()
    year = groups["y"] or groups["iy"] or groups["wy"]
    month = groups["m"] or groups["im"]
    number = int(month) if month else _month(groups["wm"])
    day = int(groups["d"] or groups["id"] or groups["wd"])
    full = int(year) if len(year) > 2 else today.year // _CENTURY * _CENTURY + int(year)  # noqa: PLR2004
    if len(year) == 2 and full > today.year:  # noqa: PLR2004 - a year of two digits
        full -= _CENTURY
    try:
        found = date(full, number, day)
    except ValueError:
        return None
    return found if found <= today and today.year - full <= _LONGEST_LIFE else None


def _month(name: str) -> int:
    """The number of a month by the start of its folded name."""
    return next(number for start, number in _MONTH_NUMBERS.items() if name.startswith(start))


def _plain(one: str) -> str:
    """A character, a digit of any script as the usual one."""
    return str(unicodedata.digit(one)) if one.isdecimal() else one


def _folded(one: str) -> str:
    """A character in lower case without accent: one for one, so that places stay the same."""
    return unicodedata.normalize("NFKD", one)[0].lower()[0]
