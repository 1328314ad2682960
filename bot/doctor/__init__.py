"""The self-check of an installation: point by point, what holds and what to do about the rest.

It changes nothing and works with whatever is there: a point that cannot be looked at says so and
does not keep the others from being looked at.  ``here`` looks at the machine, ``journals`` at the
database and the key, ``outside`` at what is reached over a network.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bot.doctor.finding import Finding, Look, right, wrong
from bot.errors import TocsinError

__all__ = ["Finding", "Look", "examine"]

_Check = Callable[[Look], Awaitable[Sequence[Finding]] | Sequence[Finding]]


async def examine(look: Look) -> list[Finding]:
    """Every point, in the order in which it matters; services outside are asked side by side."""
    from bot.doctor import here, journals, outside

    near: list[tuple[str, _Check]] = [
        ("Base", journals.database),
        ("Clé", journals.key),
        ("Main courante", journals.sound),
        ("Horloge", here.clock),
        ("Disque", here.disk),
        ("Playbooks", here.playbooks),
        ("Index", here.index),
    ]
    far: list[tuple[str, _Check]] = [
        ("Slack", outside.slack),
        ("Horodatage", outside.authority),
        ("Courriel", outside.mail),
        ("Modèle", outside.model),
    ]
    found = [one for title, check in near for one in await _looked(title, check, look)]
    if look.offline:
        return [*found, right("Services extérieurs", "non regardés, comme demandé")]
    asked = await asyncio.gather(*(_looked(title, check, look) for title, check in far))
    return [*found, *(one for each in asked for one in each)]


async def _looked(title: str, check: _Check, look: Look) -> Sequence[Finding]:
    """What a check finds; what it could not do is a finding too."""
    try:
        found = check(look)
        return await found if isinstance(found, Awaitable) else found
    except TocsinError as away:
        return [wrong(title, "ne répond pas comme il faut", away.for_people())]
    except OSError as error:
        told = error.strerror or type(error).__name__
        return [wrong(title, f"lecture impossible ({told})", "Vérifiez les droits et le disque.")]
