"""Read the hours to come that people type: ``30 min``, ``dans 2 h``, ``05:30``, ``24/11 18:00``.

The text is in the establishment's zone; what comes back is UTC.  An hour without a day is the next
one; a day without a year is the next one.  An hour that a clock change skips or repeats is read as
the earlier of the two offsets.  For hours that have passed, see ``when``.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import Refused

_IN = re.compile(r"^(?:dans|sous|d['\u2019]ici)\s+", re.IGNORECASE)
_AT = re.compile(
    r"^(?:avant|jusqu['\u2019]?\s?(?:à|a|au)|à|a|le|pour)\s+(?=\d|demain)", re.IGNORECASE
)
_END = r"(?=[\s,;:]|$)"
_SPAN = re.compile(
    rf"^(?:(\d{{1,3}})\s?j(?:ours?)?)?\s?(?:(\d{{1,3}})\s?h(?:eures?)?)?\s?"
    rf"(?:(\d{{1,3}})\s?min(?:utes?)?|(?<=h)\s?(\d{{2}}))?{_END}",
    re.IGNORECASE,
)
_HOUR = re.compile(rf"^(\d{{1,2}})\s?(?:[:h]\s?(\d{{2}})|h){_END}", re.IGNORECASE)
_DAY = re.compile(r"^(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}))?,?\s+(?:à\s+|a\s+)?(?=\d)")
_TOMORROW = re.compile(r"^demain,?\s+(?:à\s+|a\s+)?(?=\d)", re.IGNORECASE)
#: Under a day, « 18 h » may be the hour or how long is left.
_HOURS_OF_A_DAY = 24
#: Nothing that people set in a crisis is further away.
_FARTHEST = timedelta(days=366)


def read_until(
    text: str, now: datetime, zone: str, *, sure: bool = False
) -> tuple[datetime, str] | None:
    """Return the instant to come (UTC) and the rest of the text; ``None`` without an hour.

    ``sure``: « 18 h » alone is refused, for it may be an hour or a duration; else it is a duration.
    Raises ``Refused`` for that, and for an hour or a date that does not exist or is too far.
    """
    said = text.strip()
    lead = _IN.match(said)
    left = said[lead.end() :] if lead else said
    at = None if lead else _AT.match(left)
    if at is None and (length := _length(left)) is not None:
        span, end = length
        if sure and not lead and _is_unsure(left[:end]):
            raise Refused(
                f"« {left[:end]} » : écrivez « dans {left[:end]} », ou l'heure « 18:00 »."
            )
        return _near(now + span, now), _rest(left, end)
    return None if lead else _dated(left[at.end() :] if at else left, now, zone)


def _length(text: str) -> tuple[timedelta, int] | None:
    """The duration that the text begins with, and where it ends; « 5h30 » is an hour."""
    found = _SPAN.match(text)
    if found is None or not any(found.groups()) or found[4]:
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups()[:3])
    return timedelta(days=days, hours=hours, minutes=minutes), found.end()


def _is_unsure(text: str) -> bool:
    found = _HOUR.fullmatch(text)
    return found is not None and found[2] is None and int(found[1]) < _HOURS_OF_A_DAY


def _dated(text: str, now: datetime, zone: str) -> tuple[datetime, str] | None:
    """The hour that the text begins with, of the day that it names or of the next one."""
    today = now.astimezone(ZoneInfo(zone)).date()
    day, left = _day(text, today)
    hour = _HOUR.match(left)
    if hour is None:
        return None
    at = _local(day or today, int(hour[1]), int(hour[2] or 0), zone)
    if day is None and at <= now:
        at = _local(today + timedelta(days=1), int(hour[1]), int(hour[2] or 0), zone)
    return _near(at, now), _rest(left, hour.end())


def _day(text: str, today: date) -> tuple[date | None, str]:
    """The day that the text begins with, if any, and what follows it."""
    if found := _TOMORROW.match(text):
        return today + timedelta(days=1), text[found.end() :]
    found = _DAY.match(text)
    if found is None:
        return None, text
    try:
        day = date(int(found[3] or today.year), int(found[2]), int(found[1]))
        if found[3] is None and day < today:
            day = day.replace(year=today.year + 1)
    except ValueError as error:
        raise Refused(f"Cette date n'existe pas : {found[0].strip()}.") from error
    return day, text[found.end() :]


def _local(day: date, hour: int, minute: int, zone: str) -> datetime:
    try:
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
    except ValueError as error:
        raise Refused(f"Cette heure n'existe pas : {hour}:{minute:02d}.") from error
    return local.astimezone(UTC)


def _near(at: datetime, now: datetime) -> datetime:
    """The instant, refused when it has passed or lies more than a year away."""
    if at <= now:
        raise Refused("Cette heure est déjà passée. Donnez une heure à venir, avec son jour.")
    if at > now + _FARTHEST:
        raise Refused("Cette date est trop lointaine. Vérifiez-la.")
    return at


def _rest(text: str, start: int) -> str:
    return text[start:].lstrip(" ,:;-\u2013\u2014").strip()
