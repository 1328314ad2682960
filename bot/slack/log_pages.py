"""« /crise journal [ligne] » : the last lines of the log, or one line whole and those after it.

A message shows a long line cut; the number beside it, typed after the word, gives the whole of it.

Not here: how a line is drawn (``texts``), and the auditors, who see what the players of a drill are
not to read yet (``audit``).
"""

from typing import Final

from bot.core.crisis import Crisis
from bot.core.drill import BACKSTAGE
from bot.core.sealing import UPKEEP
from bot.errors import Refused
from bot.service import Service
from bot.slack.blocks import Block
from bot.slack.texts import journal_blocks

_TAIL: Final = 12
#: What the log writes for itself, and what players of a drill are not to read yet.
_HIDDEN: Final = UPKEEP | BACKSTAGE
#: How far back lines are looked for among what the log writes for itself.
_BACK: Final = 60
_DIGITS: Final = 10


def numbered(said: str) -> int:
    """The number of a line, as typed after the word; 0 when none is."""
    return int(said) if said.isdecimal() and len(said) < _DIGITS else 0


def cell_page(service: Service, crisis: Crisis, said: str) -> list[Block]:
    """What the cell reads; ``Refused`` for a line that is not there, or not to be read."""
    first = numbered(said.removeprefix("ligne").strip())
    if not first:
        recent = service.facts(crisis.id, after=max(0, crisis.seq - _BACK))
        tail = [told for told in recent if told[0].name not in _HIDDEN][-_TAIL:]
        return journal_blocks(crisis, tail, whole=False)
    found = service.facts(crisis.id, after=first - 1)
    page = [told for told, _ in zip(found, range(_BACK), strict=False)]
    page = [told for told in page if told[0].name not in _HIDDEN or told[1].seq == first][:_TAIL]
    if not page or page[0][0].name in BACKSTAGE:
        raise Refused(f"La ligne {first} n'est pas à lire ici. La dernière est la {crisis.seq}.")
    return journal_blocks(crisis, page, whole=False, first=True)
