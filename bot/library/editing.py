"""The editor's check of ``playbooks/`` and ``knowledge/``: sources, words, dates, shapes.

- A statement of law, a figure, a year or a number to call has a source on its item, and not only a
  choice of the house.  The directory of ``etablissement.yaml`` is its own source.
- A source has a title, a publisher, a date (or says that it has none) and where to find it.
- Words that the references proscribe are refused, with what to write instead.  Words that people
  say (``asks``, ``hints``, the glossary, the subjects that are refused) and titles of other
  people's pages are left alone.
- An incident has its sections in order, and says when each thing was said.
- What was last verified more than six months ago is flagged: a warning, never an error.

Nothing is changed.  ``today`` is given; no file is read twice for its meaning: what refers to what
is the business of ``bot.library.checks``.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.errors import BadFile
from bot.library.blocks import Block, blocks_of, marks_of, split_front
from bot.library.faults import Fault, quoted
from bot.library.french import fold
from bot.library.marked_yaml import Marked, Place, parse, read_text
from bot.library.statements import statements
from bot.library.wording import FILE as RULES
from bot.library.wording import Wording, load_wording

MONTHS = 6
#: Keys whose text is not said to anybody, is somebody else's, or is what people say.
_UNSAID = frozenset(
    "id ref asks hints words unless near files sources publisher date where when after within role "
    "signer duty document opens starts nature only_if bound flags checked verified version phone "
    "mail slack roles timezone kind playbooks term variants excluded english sms".split()
)
#: Files that list what people say; the editor has nothing to say of them.
_OF_PEOPLE = frozenset({"glossaire.yaml", "hors-champ.yaml", RULES})
_DIRECTORY = "etablissement.yaml"
_SOURCES = "sources.yaml"
_WHEN = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d{1,2}(?:er)?\s(?:janvier|février|mars|avril|mai|juin|juillet|août"
    r"|septembre|octobre|novembre|décembre)\b"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A text that people read, where it stands, and the sources of its item."""

    path: str
    lines: tuple[int, int]
    text: str
    sources: tuple[str, ...]
    rows: tuple[str, ...]
    sourced: bool = True
    """Whether a statement of it needs a source."""

    def line_of(self, words: str) -> int:
        """The line on which the words start, or the first of the unit."""
        first, last = self.lines
        for wanted in (fold(words), fold(words).split()[0] if words.split() else ""):
            for number in range(first, min(last, len(self.rows)) + 1):
                if wanted and wanted in fold(self.rows[number - 1]):
                    return number
        return first


def edit(playbooks: Path, knowledge: Path, today: date) -> list[Fault]:
    """Every remark of the editor on the two folders, errors and warnings."""
    wording, faults = load_wording(knowledge)
    units = list(_units_of_playbooks(playbooks, wording, faults, today))
    dated = _dated_sources(playbooks / _SOURCES)
    for draft in _drafts(knowledge):
        faults += _of_draft(draft, wording, today, dated)
        units += _units_of_draft(draft)
    for unit in units:
        faults += _of_unit(unit, wording)
    return faults


def _of_unit(unit: Unit, wording: Wording) -> Iterator[Fault]:
    """Refused words, and statements without a source."""
    for words, told in wording.refused(unit.path, unit.text):
        yield Fault(unit.path, unit.line_of(words), told)
    if not unit.sourced or set(unit.sources) - set(wording.own_sources):
        return
    for kind, words in statements(unit.text):
        lacking = "une source qui n'est pas un choix maison" if unit.sources else "une source"
        told = f"{kind} sans source, {quoted(words)}\u00a0: ajoutez {lacking}, ou retirez-le"
        yield Fault(unit.path, unit.line_of(words), told)
        return


# ---- YAML ------------------------------------------------------------------------------------


def _units_of_playbooks(
    folder: Path, wording: Wording, faults: list[Fault], today: date
) -> Iterator[Unit]:
    """Texts of every YAML file and document of the folder; what is wrong goes to ``faults``."""
    for file in sorted(folder.glob("*.yaml")):
        shown = f"{folder.resolve().name}/{file.name}"
        try:
            text = read_text(file, shown)
            marked = parse(text, shown)
        except BadFile:
            continue  # told by the loader, with its reason
        if file.name == _SOURCES:
            faults += _of_sources(shown, marked, wording)
        faults += _stale(shown, marked, today)
        yield from _units(marked, shown, tuple(text.splitlines()), file.name)
    for file in sorted(folder.glob("documents/*.md")):
        shown = f"{folder.resolve().name}/documents/{file.name}"
        text = read_text(file, shown)
        rows = tuple(text.splitlines())
        yield Unit(shown, (1, len(rows)), text, (), rows, sourced=False)


def _units(marked: Marked, shown: str, rows: tuple[str, ...], name: str) -> Iterator[Unit]:
    sourced = name not in (_DIRECTORY, _SOURCES) and name not in _OF_PEOPLE
    for place, text, sources in _texts(marked.data, (), ()):
        yield Unit(shown, marked.lines(place), text, sources, rows, sourced)


def _texts(
    value: Any, place: Place, sources: tuple[str, ...]
) -> Iterator[tuple[Place, str, tuple[str, ...]]]:
    """Every text below a place with the sources of the nearest item that names some."""
    if isinstance(value, str):
        yield place, value, sources
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from _texts(one, (*place, n), sources)
    elif isinstance(value, dict):
        named = value.get("sources")
        if isinstance(named, list) and all(isinstance(one, str) for one in named):
            sources = tuple(named)
        for key, one in value.items():
            if key not in _UNSAID:
                yield from _texts(one, (*place, key), sources)


def _of_sources(shown: str, marked: Marked, wording: Wording) -> Iterator[Fault]:
    """Sources of ``sources.yaml`` that say too little."""
    listed = marked.data.get("sources") if isinstance(marked.data, dict) else None
    for n, source in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(source, dict):
            yield from _of_source(shown, marked, ("sources", n), source, wording)


def _of_source(
    shown: str, marked: Marked, place: Place, source: dict[str, Any], wording: Wording
) -> Iterator[Fault]:
    name = quoted(source.get("id") or source.get("title") or "?")
    for key, french in (
        ("title", "son titre"), ("publisher", "qui la publie"), ("where", "où la trouver")
    ):  # fmt: skip
        if not str(source.get(key) or "").strip():
            yield Fault(shown, marked.line(place), f"la source {name} ne dit pas {french}")
    dated = str(source.get("date") or "").strip()
    if dated not in wording.undated and not re.match(r"\d{4}(-\d{2}){0,2}$", dated):
        known = " ou ".join(map(quoted, wording.undated))
        told = f"la source {name} n'a pas de date\u00a0: écrivez 2026-11-21, 2026-11, 2026, {known}"
        yield Fault(shown, marked.line((*place, "date")), told)


def _stale(shown: str, marked: Marked, today: date) -> Iterator[Fault]:
    """Dates of last verification that are too old, wherever the file writes one."""
    for place in marked.spans:
        if place and place[-1] in ("checked", "verified"):
            yield from _old(shown, marked, place, today)


def _old(shown: str, marked: Marked, place: Place, today: date) -> Iterator[Fault]:
    value: Any = marked.data
    for step in place:
        value = value[step]
    try:
        seen = date.fromisoformat(str(value))
    except ValueError:
        return  # told by the loader
    if later(seen) < today:
        told = f"à revérifier\u00a0: vu pour la dernière fois le {seen:%d/%m/%Y}"
        yield Fault(shown, marked.line(place), told, warning=True)


def later(day: date) -> date:
    """The same day ``MONTHS`` months later, or the last one of a shorter month."""
    year, month = divmod(day.month - 1 + MONTHS, 12)
    year, month = day.year + year, month + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


# ---- Markdown --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Draft:
    """A write-up as it stands in its file, whatever its faults."""

    shown: str
    marked: Marked
    blocks: tuple[Block, ...]
    rows: tuple[str, ...]

    @property
    def front(self) -> dict[str, Any]:
        """The front matter, as typed."""
        return self.marked.data if isinstance(self.marked.data, dict) else {}


def _drafts(knowledge: Path) -> Iterator[_Draft]:
    """Every write-up that can be cut into blocks; the reader tells of the others."""
    for file in sorted(knowledge.glob("*/*.md")):
        shown = f"{knowledge.resolve().name}/{file.parent.name}/{file.name}"
        try:
            text = read_text(file, shown)
            head, body, first = split_front(text, shown)
            marked = parse(head, shown, first_line=2)
        except BadFile:
            continue
        yield _Draft(shown, marked, tuple(blocks_of(body, first)), tuple(text.splitlines()))


def _units_of_draft(draft: _Draft) -> Iterator[Unit]:
    """The blocks and the front matter's own sentences of a write-up."""
    for block in draft.blocks:
        marks = tuple(marks_of(block.text))
        yield Unit(draft.shown, block.lines, block.text, marks, draft.rows)
    for key in ("title", "lesson"):
        text = draft.front.get(key)
        if isinstance(text, str):
            lines, marks = draft.marked.lines((key,)), tuple(marks_of(text))
            yield Unit(draft.shown, lines, text, marks, draft.rows, sourced=key == "lesson")


def _of_draft(
    draft: _Draft, wording: Wording, today: date, dated: frozenset[str]
) -> Iterator[Fault]:
    """Sources that say too little, a date too old, and the shape of an incident."""
    yield from _stale(draft.shown, draft.marked, today)
    listed = draft.front.get("sources")
    for n, source in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(source, dict) and not source.get("ref"):
            yield from _of_source(draft.shown, draft.marked, ("sources", n), source, wording)
    if draft.front.get("kind") == "incident" and wording.incident_sections:
        yield from _of_incident(draft, wording, dated | _dated(draft.front.get("sources")))


def _of_incident(draft: _Draft, wording: Wording, dated: frozenset[str]) -> Iterator[Fault]:
    """Sections in order, and each thing said with its date, or that of a dated source."""
    found = tuple(dict.fromkeys(block.section for block in draft.blocks))
    if found != wording.incident_sections:
        missing = [quoted(one) for one in wording.incident_sections if one not in found]
        told = f"il manque {', '.join(missing)}" if missing else "elles ne sont pas dans l'ordre"
        yield Fault(draft.shown, 1, f"sections d'un incident\u00a0: {told}")
    for block in draft.blocks:
        cited = block.section in wording.told_sections and dated & set(marks_of(block.text))
        asked = block.section in (*wording.dated_sections, *wording.told_sections)
        if asked and not (cited or _WHEN.search(block.text) or wording.silent(block.text)):
            told = "dites quand cela a été dit ou fait, ou que c'est non communiqué"
            yield Fault(draft.shown, block.lines[0], told)


def _dated(listed: Any) -> frozenset[str]:
    """Marks of the sources of a list that have a year."""
    known = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return frozenset(
        str(one.get("id")) for one in known if re.match(r"\d{4}", str(one.get("date") or ""))
    )


def _dated_sources(file: Path) -> frozenset[str]:
    """The same for the shared sources; none when their file cannot be read (told elsewhere)."""
    try:
        data = parse(read_text(file, file.name), file.name).data
    except BadFile:
        return frozenset()
    return _dated(data.get("sources") if isinstance(data, dict) else None)
