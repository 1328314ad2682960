"""Scenarios: a night as a file, lines of the grammar with the second and the person.

``say`` is what follows ``/crise``; ``write`` and ``ask`` are said in the channel; ``edit`` and
``react`` are about the last thing written there; ``declare`` and ``finish`` fill a form.  In a
text, ``{-25 min}`` is the hour it was 25 minutes ago.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.errors import BadFile, SettingError

FOLDER = Path(__file__).with_name("scenarios")

#: What a line may do; each but ``declare`` takes one text.
ACTS = ("declare", "say", "write", "ask", "edit", "react", "finish")

_TIME = re.compile(r"(?:(\d+) min ?)?(?:(\d+) s)?")
_AGO = re.compile(r"\{-(\d+) min\}")


@dataclass(frozen=True, slots=True)
class Line:
    """At this moment this person does this."""

    at: timedelta
    who: str
    act: str
    text: str = ""
    values: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    """What goes in the fields of a form, by block id."""

    def said(self, now: datetime, zone: str) -> "Line":
        """The line with the hours it speaks of."""
        values = {
            key: dated(given, now, zone) if isinstance(given, str) else given
            for key, given in self.values.items()
        }
        return Line(self.at, self.who, self.act, dated(self.text, now, zone), values)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A night: its title, the playbook it follows, its lines in order."""

    title: str
    playbook: str
    lines: tuple[Line, ...]


def names(folder: Path = FOLDER) -> list[str]:
    """The scenarios that there are."""
    return sorted(one.stem for one in folder.glob("*.yaml"))


def load(name: str, folder: Path = FOLDER) -> Scenario:
    """Read a scenario; raise ``SettingError`` for an unknown one, ``BadFile`` for a wrong one."""
    if name not in names(folder):
        known = ", ".join(names(folder))
        raise SettingError(f"Scénario inconnu : « {name[:60]} ». Scénarios : {known}.")
    path = folder / f"{name}.yaml"
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BadFile(path, 0, "ce n'est pas du YAML lisible") from error
    if not isinstance(given, dict) or not isinstance(given.get("lines"), list):
        raise BadFile(path, 0, "il faut « title », « playbook » et « lines »")
    lines = tuple(_line(one, path, number) for number, one in enumerate(given["lines"], 1))
    if any(after.at < before.at for before, after in pairwise(lines)):
        raise BadFile(path, 0, "les lignes ne sont pas dans l'ordre du temps")
    return Scenario(str(given.get("title", name)), str(given.get("playbook", "")), lines)


def _line(given: Any, path: Path, number: int) -> Line:
    acts = [act for act in ACTS if isinstance(given, dict) and act in given]
    if len(acts) != 1 or "who" not in given:
        choices = ", ".join(ACTS)
        raise BadFile(path, 0, f"ligne {number} : il faut « at », « who » et un seul de {choices}")
    at = seconds(str(given.get("at", "")))
    if at is None:
        raise BadFile(path, 0, f"ligne {number} : « at » s'écrit 5 s, 2 min ou 1 min 30 s")
    known = {"at", "who", "with", acts[0]}
    if set(given) - known:
        raise BadFile(path, 0, f"ligne {number} : clé inconnue {sorted(set(given) - known)[0]}")
    return Line(at, str(given["who"]), acts[0], str(given[acts[0]]), given.get("with") or {})


def seconds(text: str) -> timedelta | None:
    """``5 s``, ``2 min``, ``1 min 30 s``; ``None`` when it is not one."""
    found = _TIME.fullmatch(text.strip())
    if found is None or not text.strip():
        return None
    return timedelta(minutes=int(found[1] or 0), seconds=int(found[2] or 0))


def dated(text: str, now: datetime, zone: str) -> str:
    """The text with ``{-25 min}`` replaced by the hour it was."""

    def hour(found: re.Match[str]) -> str:
        return f"{(now - timedelta(minutes=int(found[1]))).astimezone(ZoneInfo(zone)):%H:%M}"

    return _AGO.sub(hour, text)
