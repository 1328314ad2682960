"""Fill a template: the sandbox, and the marks that stand for values until the blocks are made.

The sandbox knows mappings of the data and nothing else: no attribute of a Python object, no call,
no global.  Each value printed becomes a mark, so that nothing which people typed is ever read as
Markdown or as a template; work is bounded in rows read and in characters written.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from jinja2 import TemplateError
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.drafts.data import Known, tree
from bot.drafts.template import Template
from bot.drafts.values import (
    Missing,
    TooMuch,
    Value,
    as_date,
    as_duration,
    as_hour,
    as_list,
    as_stamp,
    as_yes_no,
)
from bot.errors import BadFile

FILTERS: Final = ("date", "duree", "heure", "horodate", "liste", "oui_non")
LONGEST: Final = 200_000
"""Characters of a filled document, its values not counted."""
MOST_VALUES: Final = 20_000
"""Values that one document may print."""
OPEN, CLOSE = "\ue000", "\ue001"
"""Around the number of a value: characters that no text of ours uses."""
_LOOP: Final = ("index", "first", "last", "length")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Marks:
    """The values that were printed, each by its number."""

    def __init__(self) -> None:
        self.values: list[Value | Missing] = []

    def put(self, value: Any) -> str:
        """The mark that stands for a value."""
        if len(self.values) >= MOST_VALUES:
            raise TooMuch
        self.values.append(_printed(value))
        return f"{OPEN}{len(self.values) - 1}{CLOSE}"


def _printed(value: Any) -> Value | Missing:
    if isinstance(value, Value | Missing):
        return value
    if isinstance(value, str | int):
        return Value(str(value))
    # A name that the plan of this crisis does not have, or a list where a value was meant.
    return Missing(str(getattr(value, "label", "")) or "valeur inconnue de cette crise")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Looks names up in mappings, and nowhere else."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """``a.b``: the entry ``b`` of ``a``."""
        return _entry(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """``a['b']``: the same."""
        return _entry(obj, argument)

    def call(self, *_: Any, **__: Any) -> Any:
        """Nothing is called."""
        raise SecurityError("nothing is called in a document")


def _entry(owner: Any, name: Any) -> Any:
    if isinstance(owner, Mapping) and name in owner:
        return owner[name]
    if isinstance(owner, LoopContext) and name in _LOOP:
        return getattr(owner, name)
    return Missing(f"{name}, inconnu du plan de cette crise")


class _Unknown(Undefined):
    """A name that is nowhere: false, and printed as missing."""

    __slots__ = ()

    @property
    def label(self) -> str:
        """How it is told."""
        return f"{self._undefined_name}, inconnu du plan de cette crise"


def environment(
    now: datetime = _EPOCH, marks: Marks | None = None
) -> ImmutableSandboxedEnvironment:
    """A sandbox whose output goes through ``marks``; ``now`` (UTC) is what durations end at."""
    made = _Sandbox(
        finalize=marks.put if marks is not None else None,
        undefined=_Unknown,
        keep_trailing_newline=True,
        autoescape=False,
    )
    made.globals.clear()
    made.tests.clear()
    made.filters.clear()
    made.filters |= {
        "date": as_date,
        "duree": as_duration(now),
        "heure": as_hour,
        "horodate": as_stamp,
        "liste": as_list,
        "oui_non": as_yes_no,
    }
    return made


_TAG: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_HYPHENS: Final = re.compile(r"""("[^"]*"|'[^']*')|\.(\w+(?:-\w+)+)""")


def source(text: str) -> str:
    """The template with ids that have a hyphen as Jinja2 wants them: there is no subtraction."""
    return _TAG.sub(lambda tag: _HYPHENS.sub(_quoted, tag[0]), text)


_ALONE: Final = re.compile(r"\s*(?:\{%.*?%\}\s*)+")
_LAST_TAGS: Final = re.compile(r"((?:\{%.*?%\}\s*)+)$")
_WORD: Final = re.compile(r"\{%-?\s*(\w+)")


def layout(text: str) -> str:
    """The template without the line ends that its author did not mean.

    A line of tags alone leaves no line behind.  A tag that ends, after a text, what an earlier line
    began, stands as if on a line of its own: « - {{ x }}{% endfor %} » gives one line a turn.
    """
    return "".join(map(_laid, text.split("\n"))).removesuffix("\n")


def _laid(row: str) -> str:
    if _ALONE.fullmatch(row):
        return row.strip()
    last = _LAST_TAGS.search(row)
    if last is None or not _closes(row):
        return f"{row}\n"
    return f"{row[: last.start()]}\n{last[1].strip()}"


def _closes(row: str) -> bool:
    """Whether a row ends more than it begins."""
    found: list[str] = _WORD.findall(row)
    ends = sum(one.startswith("end") for one in found)
    return ends > sum(one in ("if", "for") for one in found)


def _quoted(found: re.Match[str]) -> str:
    return found[1] or f"['{found[2]}']"


def fill(template: Template, known: Known) -> tuple[str, list[Value | Missing]]:
    """The Markdown of a document with marks for its values, and those values.

    Raises ``BadFile`` when the template cannot be filled, or asks for too much.
    """
    marks = Marks()
    try:
        made = environment(known.now, marks).from_string(layout(source(template.text)))
        return _whole(made.generate(tree(known, template))), marks.values
    except TooMuch as error:
        raise BadFile(
            template.path, 0, "ce modèle demande trop\u00a0: raccourcissez ses boucles"
        ) from error
    except (TemplateError, TypeError, RecursionError) as error:
        told = "ce modèle ne se remplit pas. Lancez «\u00a0tocsin check\u00a0»"
        raise BadFile(template.path, 0, told) from error


def _whole(parts: Iterable[str]) -> str:
    """The parts as one text; ``TooMuch`` for one that has no end."""
    held, size = [], 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size > LONGEST:
            raise TooMuch
    return "".join(held)
