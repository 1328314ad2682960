"""The self-check of an installation: point by point, what holds and what to do about the rest.

It changes nothing and works with whatever is there: a point that cannot be looked at says so and
does not keep the others from being looked at.  ``here`` looks at the machine, ``journals`` at the
database and the key, ``outside`` at what is reached over a network.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bot.doctor.finding import Finding, Look, note, right, wrong
from bot.doctor.patience import bounded
from bot.errors import TocsinError, reason

__all__ = ["Finding", "Look", "examine"]

_Check = Callable[[Look], Sequence[Finding]]
_Asking = Callable[[Look], Awaitable[Sequence[Finding]]]
_SILENT: Final = "ne répond pas : abandonné après {} s"
_OF_DATABASE: Final = ("Clé", "Main courante")
_READ_TIMES: Final = 60
"""How many times the patience for a service is left to what reads whole journals."""


async def examine(look: Look) -> list[Finding]:
    """Every point, in the order in which it matters; services outside are asked side by side."""
    from bot.doctor import here, journals, outside

    of_machine: list[tuple[str, _Check]] = [
        ("Horloge", here.clock),
        ("Disque", here.disk),
        ("Playbooks", here.playbooks),
        ("Index", here.index),
    ]
    far: list[tuple[str, _Asking]] = [
        ("Index, serveur Chroma", outside.chroma),
        ("Slack", outside.slack),
        ("Horodatage", outside.authority),
        ("Courriel", outside.mail),
        ("Modèle", outside.model),
    ]
    found = [*await _of_database(look, journals.database, journals.key, journals.sound)]
    for title, check in of_machine:
        found += await _in_time(title, check, look, look.patience * _READ_TIMES)
    if look.offline:
        return [*found, right("Services extérieurs", "non regardés, comme demandé")]
    asked = await asyncio.gather(*(_asked(title, ask, look) for title, ask in far))
    return [*found, *(one for each in asked for one in each)]


async def _of_database(look: Look, database: _Check, *others: _Check) -> list[Finding]:
    """The database, then what can only be seen in it; one that is silent is asked once."""
    found = list(await _in_time("Base", database, look, look.patience))
    if any(one.state == "wrong" for one in found):
        told = "pas regardée, la base ne répond pas"
        return [*found, *(note(title, told) for title in _OF_DATABASE)]
    for title, check in zip(_OF_DATABASE, others, strict=True):
        found += await _in_time(title, check, look, look.patience * _READ_TIMES)
    return found


async def _in_time(title: str, check: _Check, look: Look, seconds: float) -> Sequence[Finding]:
    """What a check finds, from a thread; what it could not do is a finding too."""

    async def ask(look: Look) -> Sequence[Finding]:
        return await bounded(lambda: check(look), seconds)

    return await _asked(title, ask, look, seconds)


async def _asked(
    title: str, ask: _Asking, look: Look, seconds: float | None = None
) -> Sequence[Finding]:
    """What an answer says; what does not come, or comes as an error, is a finding too.

    ``seconds`` are told when it does not come in time, the patience for a service without it.
    """
    try:
        return await ask(look)
    except TimeoutError:
        waited = _SILENT.format(f"{look.patience if seconds is None else seconds:g}")
        return [wrong(title, waited, "Vérifiez son serveur et le chemin jusqu'à lui.")]
    except TocsinError as away:
        return [wrong(title, "ne répond pas comme il faut", away.for_people())]
    except OSError as error:
        told = reason(error)
        return [wrong(title, f"lecture impossible ({told})", "Vérifiez les droits et le disque.")]
