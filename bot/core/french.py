"""Times, durations and typography as the room reads them, in French.

Instants come in as aware UTC datetimes and are shown in the establishment's zone, always with the
day: at four in the morning « demain » and « lundi » are not the same mistake.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.crisis import Precision

_DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
_MONTHS = (
    "janv.",
    "févr.",
    "mars",
    "avr.",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
)
#: From this many days on, the hours no longer help anybody.
_DAYS_ALONE = 4
#: Two moments of one name of a day that are further apart are not of the same day.
_SAME_DAY = timedelta(days=1)
_MINUTE_MS = 60_000
#: French takes the plural from two on.
_SEVERAL = 2
_BEFORE = re.compile(r"[ \u00a0]([:;!?»%])")
_ISO = re.compile(r"(?<=, )((?:19|20)\d\d)-(\d\d)(?:-(\d\d))?(?=[,)]|$)")
_AFTER = re.compile(r"«[ \u00a0]")


def typography(text: str) -> str:
    """Put the no-break spaces that French wants before « : ; ! ? » and inside « »."""
    return _AFTER.sub("«\u00a0", _BEFORE.sub("\u00a0\\1", text))


def clock(at: datetime, zone: str) -> str:
    """Hour and minute in the zone: ``03 h 10``."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.hour:02d}\u00a0h\u00a0{local.minute:02d}"


def day_clock(at: datetime, zone: str) -> str:
    """Day, hour and minute in the zone: ``sam. 21 nov., 03 h 10``."""
    return f"{_day(at, zone)}, {clock(at, zone)}"


def _day(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"


def told_when(verb: str, at: datetime, recorded: datetime, precision: Precision, zone: str) -> str:
    """When it happened and when it was written, both UTC: ``décidé à 03 h 10, saisi à 07 h 40``.

    The hour alone when the two are the same minute; the day too when it is another one.
    """
    written = clock(recorded, zone)
    if precision == "unknown":
        return f"heure inconnue, saisi à {written}"
    day, word = _day(at, zone), "vers" if precision == "about" else "à"
    same = day == _day(recorded, zone) and abs(recorded - at) < _SAME_DAY
    if same and clock(at, zone) == written:
        return f"vers {written}" if precision == "about" else written
    when = f"{word} {clock(at, zone)}" if same else f"le {day} {word} {clock(at, zone)}"
    return f"{verb} {when}, saisi à {written}"


def full_clock(at: datetime, zone: str) -> str:
    """The same with the year and the offset, for what may be read years later."""
    local = at.astimezone(ZoneInfo(zone))
    offset = local.strftime("%z")
    stamp = f"{local.day:02d}/{local.month:02d}/{local.year} {local:%H:%M:%S}"
    return f"{stamp} (UTC{offset[:3]}:{offset[3:]})"


def date_clock(at: datetime, zone: str) -> str:
    """Date with its year, hour and minute in the zone: ``21/11/2026, 03 h 10``."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day:02d}/{local.month:02d}/{local.year}, {clock(at, zone)}"


def dates(text: str) -> str:
    """A source as people read it: the date that ends it or stands in its brackets, in French."""
    return _ISO.sub(lambda found: "/".join(filter(None, (found[3], found[2], found[1]))), text)


def span(delta: timedelta) -> str:
    """A duration in at most two units, rounded down: ``2 j 4 h``, ``1 h 05``, ``12 min``."""
    minutes = int(abs(delta).total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, mins = divmod(rest, 60)
    if days >= _DAYS_ALONE or (days and not hours):
        return f"{days}\u00a0j"
    if days:
        return f"{days}\u00a0j\u00a0{hours}\u00a0h"
    if hours:
        return f"{hours}\u00a0h\u00a0{mins:02d}" if mins else f"{hours}\u00a0h"
    return f"{mins}\u00a0min"


def seconds(milliseconds: int) -> str:
    """A short duration with its tenths, a longer one as ``span`` tells it: ``2,3 s``, ``4 min``."""
    if milliseconds >= _MINUTE_MS:
        return span(timedelta(milliseconds=milliseconds))
    return f"{milliseconds // 100 / 10}".replace(".", ",") + "\u00a0s"


def joined(items: Sequence[str], last: str = "et") -> str:
    """« a », « a et b », « a, b et c »; ``last`` is the word before the last one."""
    if len(items) < _SEVERAL:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """``1 étape``, ``3 étapes``: French takes the singular below two."""
    return f"{count}\u00a0{one if abs(count) < _SEVERAL else many or one + 's'}"
