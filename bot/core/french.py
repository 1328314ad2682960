"""Times, durations and typography as the room reads them, in French.

Instants come in as aware UTC datetimes and are shown in the establishment's zone, always with the
day: at four in the morning « demain » and « lundi » are not the same mistake.
"""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

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
#: French takes the plural from two on.
_SEVERAL = 2
_BEFORE = re.compile(r"[ \u00a0]([:;!?»%])")
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
    local = at.astimezone(ZoneInfo(zone))
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}, {clock(at, zone)}"


def full_clock(at: datetime, zone: str) -> str:
    """The same with the year and the offset, for what may be read years later."""
    local = at.astimezone(ZoneInfo(zone))
    offset = local.strftime("%z")
    stamp = f"{local.day:02d}/{local.month:02d}/{local.year} {local:%H:%M:%S}"
    return f"{stamp} (UTC{offset[:3]}:{offset[3:]})"


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


def plural(count: int, one: str, many: str | None = None) -> str:
    """``1 étape``, ``3 étapes``: French takes the singular below two."""
    return f"{count}\u00a0{one if abs(count) < _SEVERAL else many or one + 's'}"
