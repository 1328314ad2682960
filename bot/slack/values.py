"""What forms hold: the values typed, what a form carries along, and the error under a field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.core.crisis import Precision
from bot.core.files import SharedFile
from bot.core.french import day_clock
from bot.core.when import read_when
from bot.errors import Refused
from bot.slack.inbound import clean
from bot.slack.inbound import files as shared

NOW = "maintenant"
_UNKNOWN = ("heure inconnue", "inconnue", "inconnu", "?")
#: Clocks of telephones differ a little; further ahead is a mistake.
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Values:
    """What a form holds, by block id."""

    state: Mapping[str, Mapping[str, Mapping[str, Any]]]

    def text(self, block: str, default: str = "") -> str:
        """What was typed or chosen in a block."""
        for element in self.state.get(block, {}).values():
            chosen = element.get("selected_option")
            value = chosen.get("value") if chosen else element.get("value")
            return clean(value) if value else default
        return default

    def files(self, block: str) -> tuple[SharedFile, ...]:
        """The files put in a block."""
        found = [
            one
            for element in self.state.get(block, {}).values()
            for one in element.get("files") or ()
        ]
        return shared({"files": found})

    def chosen(self, prefix: str) -> tuple[str, ...]:
        """Every box ticked in the blocks whose id begins with ``prefix``."""
        return tuple(
            option["value"]
            for block, elements in self.state.items()
            if block.startswith(prefix)
            for element in elements.values()
            for option in element.get("selected_options") or ()
        )


class WrongField(Refused):
    """A field of a form is wrong: shown under it."""

    def __init__(self, block: str, sentence: str) -> None:
        """Name the block and say what to do."""
        super().__init__(sentence)
        self.block = block


def carried(text: str) -> dict[str, str]:
    """What ``metadata`` wrote; nothing for a form that is not ours."""
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def metadata(**values: str) -> str:
    """What a form carries from its opening to its submission."""
    return json.dumps(values, ensure_ascii=False)


def past_of(
    values: Values, block: str, now: datetime, zone: str
) -> tuple[datetime | None, Precision]:
    """When it happened (UTC) and how sure that is; nothing typed, or « maintenant », is nothing.

    Raises ``WrongField`` for what is no hour.
    """
    typed = values.text(block, NOW).strip().casefold()
    if typed in ("", NOW):
        return None, "exact"
    if typed in _UNKNOWN:
        return None, "unknown"
    return moment_of(values, block, now, zone)


def moment_of(values: Values, block: str, now: datetime, zone: str) -> tuple[datetime, Precision]:
    """The instant (UTC) typed in a block and its precision, or ``WrongField``."""
    try:
        when = read_when(values.text(block, NOW), now, zone)
    except Refused as refused:
        raise WrongField(block, refused.for_people()) from refused
    if when is None:
        raise WrongField(block, "Heure non comprise. Exemples : 03:10, hier 23:40, maintenant.")
    if when[0] > now + _AHEAD:
        shown = day_clock(when[0], zone)
        raise WrongField(block, f"Cette heure est dans le futur ({shown}). Corrigez-la.")
    return when[0], when[1]
