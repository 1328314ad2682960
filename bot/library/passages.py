"""Both folders → every passage that answers can quote, the incident cards, and the faults.

Only what was written is here: one passage per step, duty, instant, role, question and contact of
``playbooks/``, and the write-ups of ``knowledge/``.  Faults of ``playbooks/`` are told by
``bot.library.playbooks``, not here; a playbook that cannot be read gives no passage.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.core.playbook import Playbook
from bot.library.corpus import Corpus, IncidentCard, Passage
from bot.library.marked_yaml import Marked
from bot.library.playbooks import SHARED, playbook_files, read_object, shown_name
from bot.library.rules_passages import (
    Names,
    of_cell,
    of_establishment,
    of_obligations,
    of_playbook,
)
from bot.library.scope import load_scope
from bot.library.sharing import asked_everywhere
from bot.library.writeups import load_write_ups

__all__ = ["Corpus", "IncidentCard", "Passage", "load_passages"]

_OF_SHARED: Mapping[str, Callable[[Any, Marked, str, Names], Iterator[Passage]]] = {
    "obligations.yaml": of_obligations,
    "cellule.yaml": of_cell,
    "etablissement.yaml": of_establishment,
}


def load_passages(
    playbooks_folder: Path, knowledge_folder: Path, previous: Corpus | None = None
) -> Corpus:
    """Everything that can be quoted, in the order of the files.

    What is bad now is taken from ``previous``; a file that is gone is not.
    """
    folder = playbooks_folder
    shared = {name: _read(folder, folder / name, kind) for name, kind in SHARED.items()}
    playbooks = [(file, *_read(folder, file, Playbook)) for file in playbook_files(folder)]
    names = _names({name: made for name, (made, _) in shared.items()})
    passages: list[Passage] = []
    for file, playbook, marked in playbooks:
        if playbook is not None:
            passages += of_playbook(playbook, marked, shown_name(playbooks_folder, file), names)
    for name, (made, marked) in shared.items():
        if made is not None and name in _OF_SHARED:
            shown = shown_name(playbooks_folder, playbooks_folder / name)
            passages += _OF_SHARED[name](made, marked, shown, names)
    known = frozenset(one.id if one is not None else file.stem for file, one, _ in playbooks)
    found = load_write_ups(knowledge_folder, names.sources, known, frozenset(names.roles))
    passages += found.passages
    scope, faults = load_scope(knowledge_folder)
    once = asked_everywhere(list(_once(passages)))
    made = Corpus(
        passages=tuple(one for one in once if one.readers is None),
        faults=(*found.faults, *faults),
        incidents=tuple(found.incidents),
        scope=scope,
        reserved=tuple(one for one in once if one.readers is not None),
        roles=names.roles,
    )
    if previous is None:
        return made
    if any(one is None for one, _ in shared.values()):
        # Every title, role and source comes from them; their own faults are told with the plans.
        return replace(previous, faults=())
    bad = {shown_name(folder, file) for file, one, _ in playbooks if one is None}
    return _with_the_last_good(made, previous, bad.union(found.lost), keep_scope=bool(faults))


def _with_the_last_good(
    made: Corpus, previous: Corpus, bad: Collection[str], *, keep_scope: bool
) -> Corpus:
    """The corpus with what these files last said when they could be read."""
    return replace(
        made,
        passages=(*made.passages, *(one for one in previous.passages if one.path in bad)),
        reserved=(*made.reserved, *(one for one in previous.reserved if one.path in bad)),
        incidents=(*made.incidents, *(one for one in previous.incidents if one.path in bad)),
        scope=previous.scope if keep_scope else made.scope,
    )


def _read(folder: Path, file: Path, kind: type[Any]) -> tuple[Any, Marked]:
    """What one file says with its lines; ``None`` when it cannot be used."""
    made, marked, _ = read_object(kind, file, shown_name(folder, file))
    return made, marked


def _names(shared: dict[str, Any]) -> Names:
    """The titles by which passages call what they refer to."""
    sources, cell = shared["sources.yaml"], shared["cellule.yaml"]
    table = shared["obligations.yaml"]
    return Names(
        sources={one.id: one for one in sources.sources} if sources else {},
        roles={one.id: one.title for one in cell.roles} if cell else {},
        instants={one.id: one.title for one in table.instants} if table else {},
        duties={one.id: one.title for one in table.duties} if table else {},
    )


def _once(passages: list[Passage]) -> Iterator[Passage]:
    """Passages without those whose id is already taken (an id written twice is a fault)."""
    seen: set[str] = set()
    for passage in passages:
        if passage.id not in seen:
            seen.add(passage.id)
            yield passage
