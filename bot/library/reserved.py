"""Write-ups that only some people may read: who, from the front matter, and what is wrong in it.

``confidential: [U0EXEMPLE, directeur-crise]`` names people by their Slack id, and roles: whoever
holds one in the crisis in which they ask.  When in doubt, nobody reads: a key that looks like it
but is misspelt, an empty list or another kind of value close the file rather than open it.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from bot.library.faults import nearest, quoted
from bot.library.french import fold

KEY = "confidential"
#: Whoever runs the command line on the server reads everything.
ADMINISTRATOR = frozenset({"*"})
NOBODY: tuple[str, ...] = ()
_LIKE_IT = ("confid", "reserv", "restr", "secret", "lecteur", "reader", "acces", "access")
_LOOKED_AT = 64 * 1024
"""Bytes within which a front matter ends."""
_PERSON = re.compile(r"[UW][A-Z0-9]{4,}")


def readers(front: Any) -> tuple[str, ...] | None:
    """Who may read a write-up, from its front matter as it was read; ``None``: everybody."""
    if not isinstance(front, dict):
        return None
    keys = [str(key) for key in front if fold(str(key)).startswith(_LIKE_IT)]
    if not keys:
        return None
    named = front.get(KEY)
    if keys != [KEY] or not isinstance(named, list):
        return NOBODY
    return tuple(str(one) for one in named)


def may_be_reserved(file: Path) -> bool:
    """Whether a file that cannot be understood speaks of who may read it; in doubt, yes.

    What it said before must then not be quoted any longer: somebody may be closing it.
    """
    if not file.is_file():
        return False
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LOOKED_AT).replace(b"\0", b"")
    except OSError:
        return False
    # The encoding may be what is wrong: both readings are looked at.
    heads = (_head(raw.decode(code, "ignore")) for code in ("utf-8", "cp1252"))
    keys = (line.lstrip(" -\"'?{") for head in heads for line in head.splitlines())
    return any(key.startswith(_LIKE_IT) for key in keys)


def _head(text: str) -> str:
    """The front matter, folded; the whole text when nothing ends it."""
    return fold(text).removeprefix("\ufeff").removeprefix("---").partition("\n---")[0]


def may_read(named: tuple[str, ...] | None, reader: Collection[str]) -> bool:
    """Whether somebody known by these ids (their own, those of their roles) may read it."""
    return named is None or set(reader) >= ADMINISTRATOR or bool(set(named) & set(reader))


def faults(named: tuple[str, ...] | None, roles: Collection[str]) -> Iterator[str]:
    """What is wrong in the list, in French; an empty set of roles means that none are known."""
    if named == NOBODY:
        yield (
            f"{quoted(KEY)} ne nomme personne\u00a0: cette fiche n'est lue par personne. "
            "Donnez des identifiants Slack ou des rôles, ou retirez la ligne."
        )
    for one in named or ():
        if roles and one not in roles and not _PERSON.fullmatch(one):
            yield (
                f"lecteur inconnu {quoted(one)}\u00a0: ni un rôle de cellule.yaml, ni un "
                f"identifiant Slack (U0…).{nearest(one, roles)}"
            )
