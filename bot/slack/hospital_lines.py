"""The state of the hospital in words: what differs from any other day for the board, all on demand.

Nothing here knows the board's other parts, so that any message may hold these lines.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.core.crisis import Crisis
from bot.core.french import clock, day_clock, plural, span
from bot.core.hospital import TITLES, listed
from bot.core.states import USUAL, Subject, Told
from bot.slack.blocks import user

HEADINGS: Final[dict[Subject, str]] = {
    "site": "Sites",
    "unit": "Unités",
    "application": "Applications",
}
#: Names of one line of the board, which is read on a telephone.
_NAMED: Final = 5
_DEMAND: Final = 200
_MINUTE: Final = timedelta(minutes=1)
#: Applications listed in the order of restart.
_RESTART: Final = 15


def differing(crisis: Crisis, at: datetime) -> list[str]:
    """One line each: the ultimatum, then what differs, then the counters; at ``at`` (UTC)."""
    lines = [
        ultimatum(crisis, at),
        *(_differing(subject, crisis, at) for subject in HEADINGS),
        _counted(crisis),
    ]
    return [one for one in lines if one]


def ultimatum(crisis: Crisis, at: datetime) -> str:
    """What is left of the ultimatum, if there is one."""
    standing = crisis.hospital.ultimatum
    if standing is None:
        return ""
    left = standing.due - at
    due = day_clock(standing.due, crisis.zone)
    clocked = f"reste {span(left)}" if standing.due > at else f"expiré depuis {span(left)}"
    return f"⏰ *Ultimatum : {clocked}* ({due}) — {user(standing.text, _DEMAND)}"


def _differing(subject: Subject, crisis: Crisis, at: datetime) -> str:
    """What is not as on any other day, and how many applications are back."""
    told = _known(subject, crisis)
    unusual = [
        f"{user(one.label, 80)} *{TITLES[one.state]}*{_for(at - one.since)}"
        for one in told
        if one.state not in USUAL
    ]
    more = len(unusual) - _NAMED
    parts = unusual[:_NAMED] + ([f"… et {plural(more, 'autre')}"] if more > 0 else [])
    back = sum(one.state == "reopened" for one in told)
    if back:
        parts.append(f"{back}/{plural(len(listed(subject, crisis)), 'rouverte')}")
    return f"{HEADINGS[subject]} : {' ; '.join(parts)}" if parts else ""


def _for(elapsed: timedelta) -> str:
    """How long it has lasted, from a minute on."""
    return f" depuis {span(elapsed)}" if elapsed >= _MINUTE else ""


def _known(subject: Subject, crisis: Crisis) -> list[Told]:
    """What was told of the subjects of that kind, in the order of the file."""
    states = crisis.hospital.states
    keys = ((subject, of) for of, _ in listed(subject, crisis))
    return [states[key] for key in keys if key in states]


def _counted(crisis: Crisis) -> str:
    counted = crisis.hospital.counters.values()
    shown = [f"{user(one.label, 80)} : {one.value}" for one in counted if one.value]
    return " · ".join(shown)


def everything(subject: Subject, crisis: Crisis, at: datetime) -> list[str]:
    """Each subject of that kind with its state, since when and who said so.

    Applications are numbered in the order of restart; of the others, those of which nobody told
    are only counted.
    """
    if subject == "application":
        return list(_restart(crisis, at))
    lines = [f"• {_whole(one, crisis, at)}" for one in _known(subject, crisis)]
    silent = len(listed(subject, crisis)) - len(lines)
    if silent:
        lines.append(f"Rien de dit pour {plural(silent, 'autre')}." if lines else "Rien de dit.")
    return lines


def _restart(crisis: Crisis, at: datetime) -> Iterator[str]:
    states, ranked = crisis.hospital.states, listed("application", crisis)
    for number, (of, label) in enumerate(ranked[:_RESTART], 1):
        told = states.get(("application", of))
        shown = _whole(told, crisis, at) if told else f"{user(label, 80)} : à dire"
        yield f"{number}. {shown}"
    if len(ranked) > _RESTART:
        yield f"… et {plural(len(ranked) - _RESTART, 'autre')}."
    if not ranked:
        yield "Rien de dit."


def _whole(one: Told, crisis: Crisis, at: datetime) -> str:
    zone = ZoneInfo(crisis.zone)
    today = one.since.astimezone(zone).date() == at.astimezone(zone).date()
    since = (clock if today else day_clock)(one.since, crisis.zone)
    state = TITLES[one.state]
    return f"{user(one.label, 80)} : *{state}*, {since}, {user(one.said_by, 80)}"
