"""A document as its author writes it: front matter, the fields that it asks, the text."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from bot.core.playbook import STRICT, Status

Kind = Literal["document", "script", "message", "sheet"]


@dataclass(frozen=True, slots=True)
class Field:
    """Something that only people know; asked once for all the documents that use it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    label: str
    help: str = ""
    """What to write, in one sentence, for somebody in a hurry."""
    kind: Literal["text", "long", "choice", "number", "date", "yesno"] = "text"
    choices: tuple[str, ...] = ()
    known: str = ""
    """A name of the list (``instants.t_dp.heure``) whose value is used until somebody answers."""
    required: bool = False
    """Asked first; left empty it is marked like any other."""
    sensitive_hint: str = ""
    """Why no name of a patient goes here, shown with the help."""


@dataclass(frozen=True, slots=True)
class SharedFields:
    """``champs.yaml``: fields that several documents ask."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The front matter of a template.  ``bound`` is written ``for`` in the file."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: str
    kind: Kind
    prepared_by: str
    signer: str
    recipient: str
    channel: str
    duty: str | None = None
    """The duty that it fulfils: its clock says how urgent the document is."""
    steps: tuple[str, ...] = ()
    bound: tuple[Status, ...] = ("eps", "espic", "clinique")
    """Establishments that it concerns."""
    only_if: tuple[str, ...] = ()
    """Flags of the establishment that must all be true (``ose``, ``oiv``, ``cyber_insurance``)."""
    annexes: tuple[str, ...] = ()
    """What goes with it, listed at its end."""
    fields: tuple[Field, ...] = ()
    """Fields of ``champs.yaml`` by id, or defined here."""
    sources: tuple[str, ...] = ()
    checked: date = date(1970, 1, 1)
    confidence: Literal["high", "medium", "low"] = "high"
    """Anything but ``high`` is shown as « à vérifier »."""
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A document ready to be filled."""

    head: Head
    text: str
    """Markdown and Jinja2, without the front matter."""
    hash: str
    """SHA-256 of its file, in hexadecimal."""
    path: str = ""
    """Where it was read (``playbooks/documents/plainte.md``)."""
    first_line: int = 1
    """Line of the file on which the text begins."""

    @property
    def id(self) -> str:
        """Its id."""
        return self.head.id

    def field(self, field_id: str) -> Field | None:
        """The field of that id, or ``None``."""
        return next((one for one in self.head.fields if one.id == field_id), None)
