"""Write-ups and reference notes (Markdown with a YAML front matter) → passages, cards and faults.

A write-up is cut at its headings, then at its paragraphs and bullets; short neighbours are put back
together, up to 900 characters (within a section of an incident, whose sections say who said it;
across those of a reference note, which are one subject), and nothing longer is left whole.
Every ``[mark]`` in the text must name a source of the front matter, and every source must be used.
A write-up with faults is still quoted, with its sources, since a wrong date does not make its text
less useful; one without readable front matter is left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Literal

from bot.core.playbook import STRICT, Source
from bot.errors import BadFile
from bot.library.blocks import MARK, Block, blocks_of, marks_of, split_front
from bot.library.corpus import IncidentCard, Passage
from bot.library.faults import Fault, fault_of, nearest, quoted
from bot.library.french import words
from bot.library.marked_yaml import Marked, parse, read_text
from bot.library.reserved import KEY, may_be_reserved, readers
from bot.library.reserved import faults as reader_faults
from bot.library.rules_passages import label
from bot.library.typed import build

MAX_CHARS = 900
_AND = " · "
_HAPPENED = re.compile(r"\d{4}(-\d{2}){0,2}")
_SENTENCE_END = re.compile(r"(?<=[.!?…»\]])\s+(?=[A-ZÀ-ÖØ-Þ«])")
_INCIDENT_KEYS = ("establishment", "country", "happened", "attack", "playbooks", "lesson", "actor")
_SHAPES: Mapping[str, Literal["incident", "repere"]] = {
    "incidents": "incident",
    "reperes": "repere",
}


@dataclass(frozen=True, slots=True)
class WriteUpSource:
    """A source of a write-up: described here, or by ``ref`` in ``playbooks/sources.yaml``."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str = ""
    ref: str = ""
    title: str = ""
    publisher: str = ""
    date: str = ""
    where: str = ""
    confidence: Literal["high", "medium", "low"] = "high"
    note: str = ""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands between the two ``---`` lines at the top of a write-up."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    kind: Literal["incident", "repere"]
    title: str
    verified: date
    sources: tuple[WriteUpSource, ...]
    asks: tuple[str, ...] = ()
    section_asks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ways of asking for one section, by its title."""
    establishment: str = ""
    country: str = ""
    happened: str = ""
    attack: str = ""
    playbooks: tuple[str, ...] = ()
    hit: tuple[str, ...] = ()
    actor: str = ""
    lesson: str = ""
    confidential: tuple[str, ...] = ()
    """Those who alone may read it: Slack ids, roles of ``cellule.yaml``; see ``reserved``."""


@dataclass(slots=True)
class WriteUps:
    """What was read from a folder of write-ups."""

    passages: list[Passage] = field(default_factory=list)
    incidents: list[IncidentCard] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Files that cannot be read at all, and that nothing says are for some people only."""


def load_write_ups(
    folder: Path,
    sources: Mapping[str, Source],
    playbook_ids: frozenset[str],
    roles: frozenset[str] = frozenset(),
) -> WriteUps:
    """Every write-up of the folder; ids must be unique in it."""
    found = WriteUps()
    seen: dict[str, str] = {}
    for subfolder in _SHAPES:
        for file in sorted((folder / subfolder).glob("*.md")):
            shown = f"{folder.resolve().name}/{subfolder}/{file.name}"
            try:
                reader = _Reader(file, shown, sources, playbook_ids)
            except BadFile as error:
                found.faults.append(fault_of(error))
                found.lost += [] if may_be_reserved(file) else [shown]
                continue
            name = reader.front.id
            if name in seen:
                told = f"identifiant {quoted(name)} déjà pris par {seen[name]}"
                reader.fault(("id",), told)
            seen.setdefault(name, shown)
            reader.check(_SHAPES[subfolder])
            reader.check_readers(roles)
            found.passages += reader.passages()
            found.incidents += reader.card()
            found.faults += reader.faults
    return found


class _Reader:
    """One write-up: its front matter, its blocks, its faults."""

    def __init__(
        self, file: Path, shown: str, sources: Mapping[str, Source], playbook_ids: frozenset[str]
    ) -> None:
        """Read the file; ``BadFile`` when there is nothing to quote from it."""
        self.shown = shown
        self.playbook_ids = playbook_ids
        self.faults: list[Fault] = []
        head, body, self.body_line = split_front(read_text(file, shown), shown)
        self.marked = parse(head, shown, first_line=2)
        front, faults = build(FrontMatter, self.marked, shown)
        self.faults += faults
        self.refused = _refused(self.marked, faults)
        self.front = front or _salvaged(self.marked, self.refused, file, shown)
        self.readers = readers(self.marked.data)
        self.blocks = list(blocks_of(body, self.body_line))
        self.labels = self._labels(sources)

    def fault(self, place: tuple[str | int, ...], message: str) -> None:
        """Note a fault of the front matter."""
        self.faults.append(Fault(self.shown, self.marked.line(place), message))

    def check(self, expected: Literal["incident", "repere"]) -> None:
        """Keys that this kind needs, dates, playbooks, and the marks of the text."""
        front = self.front
        if front.kind != expected and "kind" not in self.refused:
            self.fault(("kind",), f"dans ce dossier, «\u00a0kind\u00a0» vaut {quoted(expected)}")
        if front.kind == "incident":
            for key in _INCIDENT_KEYS:
                if not getattr(front, key) and key not in self.refused:
                    self.fault((), f"il manque {quoted(key)}")
        if front.happened and not _is_date(front.happened):
            self.fault(("happened",), f"date illisible {quoted(front.happened)}\u00a0: 2026-11-21")
        unknown = [name for name in front.playbooks if name not in self.playbook_ids]
        if self.playbook_ids and unknown:
            told = f"playbook inconnu\u00a0: {', '.join(map(quoted, unknown))}."
            self.fault(("playbooks",), told + nearest(unknown[0], self.playbook_ids))
        self._check_sections()
        if "sources" not in self.refused:
            self._check_marks()

    def check_readers(self, roles: frozenset[str]) -> None:
        """Those who may read exist, and somebody may."""
        for told in reader_faults(self.readers, roles):
            self.fault((KEY,), told)

    def _check_sections(self) -> None:
        """Ways of asking for a section name one that stands in the text."""
        titles = {one.section for one in self.blocks}
        for title in self.front.section_asks:
            if title not in titles:
                told = f"section inconnue {quoted(title)}.{nearest(title, titles)}"
                self.fault(("section_asks", title), told)

    def _check_marks(self) -> None:
        used: set[str] = set()
        lesson = Block("", self.front.lesson, self.marked.lines(("lesson",)))
        for block in (lesson, *self.blocks):
            for mark in marks_of(block.text):
                used.add(mark)
                if mark not in self.labels:
                    told = f"source inconnue [{mark}].{nearest(mark, self.labels)}"
                    self.faults.append(Fault(self.shown, block.lines[0], told))
        for n, source in enumerate(self.front.sources):
            name = source.id or source.ref
            if name not in used:
                self.fault(("sources", n), f"source {quoted(name)} jamais citée dans le texte")

    def _labels(self, known: Mapping[str, Source]) -> dict[str, str]:
        """The label of each source by its mark; a reference to nothing is a fault."""
        labels = {}
        for n, source in enumerate(self.front.sources):
            name = source.id or source.ref
            if source.ref and source.ref not in known:
                told = f"source inconnue de sources.yaml\u00a0: {quoted(source.ref)}."
                self.fault(("sources", n), told + nearest(source.ref, known))
            elif not source.ref and not (source.id and source.title and source.where):
                self.fault(("sources", n), "une source demande id, title et where, ou ref")
            if name in labels:
                self.fault(("sources", n), f"source {quoted(name)} écrite deux fois")
            labels[name] = label(known[source.ref]) if source.ref in known else _label(source)
        return labels

    def passages(self) -> list[Passage]:
        """The blocks as passages, the ways of asking on the first of them."""
        blocks = list(_merged(self.blocks))
        # Who said what is the matter of an incident: two of its sections never make one passage.
        blocks = blocks if self.front.kind == "incident" else list(_joined(blocks))
        pieces = [piece for block in blocks for piece in _pieces(block)]
        made: list[Passage] = []
        count: dict[str, int] = {}
        for block in pieces:
            slug = "-".join(words(block.section.split(_AND)[0])) or "texte"
            count[slug] = count.get(slug, 0) + 1
            anchor = slug if count[slug] == 1 else f"{slug}-{count[slug]}"
            made.append(
                Passage(
                    id=f"{self.shown}#{anchor}",
                    kind=self.front.kind,
                    title=self.front.title,
                    section=block.section,
                    path=self.shown,
                    lines=block.lines,
                    text=block.text,
                    asks=self._asks(block, first=not made),
                    readers=self.readers,
                    sources=tuple(
                        self.labels[mark] for mark in marks_of(block.text) if mark in self.labels
                    ),
                )
            )
        return made

    def _asks(self, block: Block, *, first: bool) -> tuple[str, ...]:
        """The ways of asking for a piece: those of its sections, after those of the whole."""
        own = (self.front.section_asks.get(title, ()) for title in block.section.split(_AND))
        return (*(self.front.asks if first else ()), *(one for asks in own for one in asks))

    def card(self) -> list[IncidentCard]:
        """The card of an incident, when the front matter says enough to make one."""
        front = self.front
        told = all((front.attack, front.lesson, front.happened))
        if front.kind != "incident" or not told or self.readers is not None:
            return []
        return [
            IncidentCard(
                id=front.id,
                title=front.title,
                attack=front.attack,
                hit=front.hit,
                lesson=" ".join(MARK.sub("", front.lesson).split()).replace(" .", "."),
                happened=front.happened,
                playbooks=front.playbooks,
                path=self.shown,
            )
        ]


def _refused(marked: Marked, faults: Iterable[Fault]) -> frozenset[str]:
    """The keys of a front matter in whose lines something is wrong: nobody is told twice."""
    wrong = {one.line for one in faults}
    keys = marked.data if isinstance(marked.data, dict) else {}
    spans = ((key, *marked.lines((key,))) for key in keys)
    return frozenset(key for key, first, last in spans if wrong & {*range(first, last + 1)})


def _salvaged(marked: Marked, refused: Set[str], file: Path, shown: str) -> FrontMatter:
    """What a faulty front matter still says: its title at least, nothing that was refused."""
    data = marked.data if isinstance(marked.data, dict) else {}
    title = data.get("title")
    if not isinstance(title, str):
        raise BadFile(shown, 1, "l'en-tête n'a pas de titre\u00a0: ajoutez «\u00a0title\u00a0»")
    kind = _SHAPES[file.parent.name]
    least = FrontMatter(file.stem, kind, title, date.min, ())
    said = {key: value for key, value in data.items() if key not in refused}
    usual = {"id": file.stem, "kind": kind, "verified": f"{date.min}", "sources": []}
    made, _ = build(FrontMatter, Marked({**usual, **said, "title": title}, marked.spans), shown)
    return made or least


def _label(source: WriteUpSource) -> str:
    """A source of the file itself on one line, with where it can be found."""
    who = ", ".join(filter(None, (source.publisher, source.date)))
    doubt = "" if source.confidence == "high" else ", à vérifier"
    return f"{source.title} ({who}{doubt})" if who or doubt else source.title


def _is_date(text: str) -> bool:
    """A year, a month or a day that exists."""
    if not _HAPPENED.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True


def _merged(blocks: list[Block]) -> Iterator[Block]:
    """Neighbours of one section put together while they stay short."""
    held: Block | None = None
    for block in blocks:
        if held and held.section == block.section and _fits(held, block):
            text = f"{held.text}\n{block.text}"
            held = Block(held.section, text, (held.lines[0], block.lines[1]))
            continue
        if held:
            yield held
        held = block
    if held:
        yield held


def _joined(blocks: list[Block]) -> Iterator[Block]:
    """Short neighbouring sections put together, each under its own title."""
    held: Block | None = None
    for block in blocks:
        titled = replace(block, text=f"**{block.section}**\n{block.text}")
        if held and _fits(held, titled):
            section = f"{held.section}{_AND}{block.section}"
            text = f"{held.text}\n{titled.text}"
            held = Block(section, text, (held.lines[0], block.lines[1]))
            continue
        if held:
            yield held
        held = block
    if held:
        yield held


def _fits(first: Block, second: Block) -> bool:
    return len(first.text) + len(second.text) < MAX_CHARS


def _pieces(block: Block) -> Iterator[Block]:
    """The block, cut between sentences when it is too long to be read on a phone."""
    held = ""
    for sentence in _SENTENCE_END.split(block.text):
        if held and len(held) + len(sentence) >= MAX_CHARS:
            yield Block(block.section, held, block.lines)
            held = ""
        held = f"{held} {sentence}" if held else sentence
    if held:
        yield Block(block.section, held, block.lines)
