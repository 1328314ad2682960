"""Read the hours that people type: ``03:10``, ``3h10``, ``hier 23:40``, ``21/11 03:10``.

The text is in the establishment's zone; what comes back is UTC with its precision.  An hour
without a day is the latest one that has already passed.  An hour that a clock change skips or
repeats is read as the earlier of the two offsets.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.crisis import Precision
from bot.errors import Refused

_LEAD = re.compile(r"^(?:(vers|environ|~)\s*|(?:à|a)\s+(?=\d))", re.IGNORECASE)
#: « 3h » is an hour; « 2 h de coupure », « 24h sur 24 » and « 72h » are durations.
_HOUR = re.compile(
    r"^(?:(\d{1,2})\s?[:h]\s?(\d{2})"
    r"|([01]?\d|2[0-3])\s?h(?!\s+(?:de|d['\u2019]|sur|sans|plus)\b))"
    r"(?=[\s,;]|:(?!\d)|$)",
    re.IGNORECASE,
)
#: Only in front of an hour: « 3/4 des postes » and « 1.2 To » are no dates.
_DAY = re.compile(
    r"^(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}))?\s+"
    r"(?=(?:(?:à|a|vers|environ|~)\s*)?\d{1,2}\s?[:h])",
    re.IGNORECASE,
)
_ISO = re.compile(r"^(\d{4})-(\d{2})-(\d{2})[T\s]+")
_NOW = re.compile(r"^maintenant(?=\s|$|,)", re.IGNORECASE)
_YESTERDAY = re.compile(r"^(hier|aujourd'hui|aujourd\u2019hui)\s+", re.IGNORECASE)
#: « décidé à 03:10 »; « décidé à l'unanimité » has no hour and stays as it is.
_DID = re.compile(
    r"^(?:d[ée]cid[ée]|constat[ée]|arriv[ée]|survenu|vu|fait)e?\s+"
    r"(?=(?:à|a|vers|environ|~|hier|\d)(?:\s|\d))",
    re.IGNORECASE,
)
#: « heure inconnue : … », and not « heure inconnue de l'intrusion ».
_UNKNOWN = re.compile(
    r"^(?:[àa]\s+une\s+)?heure\s+inconnue(?!\s+(?:de|du|des)\b|\s+d['\u2019])", re.IGNORECASE
)
_SKEW = timedelta(minutes=5)


def read_when(text: str, now: datetime, zone: str) -> tuple[datetime, Precision, str] | None:
    """Return the instant (UTC), its precision and the rest of the text; ``None`` without an hour.

    Raises ``Refused`` for an hour or a date that does not exist.
    """
    about, rest = _lead(text.strip())
    if found := _NOW.match(rest):
        return now, "exact", _rest(rest, found.end())
    local_now = now.astimezone(ZoneInfo(zone))
    day, rest = _day(rest, local_now.date())
    about_hour, rest = _lead(rest)
    hour = _HOUR.match(rest)
    if hour is None:
        if day is not None:
            raise Refused("Il manque l'heure. Exemple : « 21/11 03:10 ».")
        return None
    hours, minutes = hour[1] or hour[3], hour[2] or "00"
    at = _local(day or local_now.date(), hours, minutes, zone)
    if day is None and at > now + _SKEW:
        at = _local(local_now.date() - timedelta(days=1), hours, minutes, zone)
    precision: Precision = "about" if about or about_hour else "exact"
    return at, precision, _rest(rest, hour.end())


def read_past(text: str, now: datetime, zone: str) -> tuple[datetime | None, Precision, str]:
    """When what a text tells took place, how sure that is, and the rest of the text.

    The instant is UTC, and ``None`` when the text gives none or says that nobody knows it:
    « décidé à 03:10 couper », « vers 3 h couper », « heure inconnue : coupé ».

    Raises ``Refused`` for an hour or a date that does not exist.
    """
    text = text.strip()
    if found := _UNKNOWN.match(text):
        return None, "unknown", _rest(text, found.end())
    when = read_when(_DID.sub("", text, count=1), now, zone)
    return when or (None, "exact", text)


def _lead(text: str) -> tuple[bool, str]:
    """Whether the text begins with « vers » or alike, and the text without such a beginning."""
    found = _LEAD.match(text)
    return (bool(found[1]), text[found.end() :]) if found else (False, text)


def _day(text: str, today: date) -> tuple[date | None, str]:
    """The day that the text begins with, if any, and what follows it."""
    if found := _YESTERDAY.match(text):
        back = 1 if found[1].casefold() == "hier" else 0
        return today - timedelta(days=back), text[found.end() :]
    if found := _ISO.match(text):
        return _date(found[1], found[2], found[3]), text[found.end() :]
    if found := _DAY.match(text):
        day = _date(found[3] or str(today.year), found[2], found[1])
        if found[3] is None and day > today + timedelta(days=1):
            day = _date(str(today.year - 1), found[2], found[1])
        return day, text[found.end() :]
    return None, text


def _date(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise Refused(f"Cette date n'existe pas : {day}/{month}/{year}.") from error


def _local(day: date, hour: str, minute: str, zone: str) -> datetime:
    try:
        local = datetime(
            day.year, day.month, day.day, int(hour), int(minute), tzinfo=ZoneInfo(zone)
        )
    except ValueError as error:
        raise Refused(f"Cette heure n'existe pas : {hour}:{minute}.") from error
    return local.astimezone(UTC)


def _rest(text: str, start: int) -> str:
    return text[start:].lstrip(" ,:;-").strip()
