"""Identifiers of CACAO objects, and the names under which Tocsin's own data travel.

An identifier is ``type--UUID`` (CACAO 2.0, section 10.10).  Steps must bear a UUID of version 4;
ours is drawn from the names instead of at random, so that the same playbook always gives the same
file and two exports can be compared.
"""

from hashlib import sha256
from typing import Final
from uuid import UUID

SPEC: Final = "cacao-2.0"
#: The seed of the extension's identifier never changes: it is how an import knows our data.
EXTENSION_SEED: Final = "tocsin extension 1"


def identifier(kind: str, *seed: str) -> str:
    """The identifier of an object of that kind, always the same for the same seed."""
    digest = sha256("\x1f".join((kind, *seed)).encode()).digest()
    return f"{kind}--{UUID(bytes=digest[:16], version=4)}"


EXTENSION: Final = identifier("extension-definition", EXTENSION_SEED)
"""Under this key stand the properties that only Tocsin understands."""


def variable(question: str) -> str:
    """The name of the variable that holds the answer to a question."""
    return f"__{question.replace('.', '_')}__"
