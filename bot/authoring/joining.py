"""A write-up that was read again joins ``knowledge/incidents``: checked, named, never over another.

It must name nobody of the house and hold nothing that identifies a patient; it must pass the check
of the knowledge as it stands; its file is new.  Where the folder is a git work tree, it is a commit
under the name of who let it in.  An exercise never joins.
"""

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

from bot.authoring.bench import write_whole
from bot.authoring.retex import identities_in, names_in
from bot.authoring.versions import Author, commit
from bot.core.playbook import Plan
from bot.errors import BadFile, Refused
from bot.library.faults import Fault, fault_of
from bot.library.marked_yaml import parse
from bot.library.playbooks import SourceFile, read_object

LARGEST: Final = 200_000
"""Bytes of a write-up that is read."""
_SOURCES: Final = "sources.yaml"
_INCIDENTS: Final = "incidents"
_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,60}[a-z0-9])")
_EXERCISE: Final = re.compile(r"\bEX-\d{4}-\d+|\bretex-ex-", re.IGNORECASE)


class Faulty(Refused):
    """The write-up has faults; nothing was written."""

    def __init__(self, faults: list[Fault]) -> None:
        """Keep them all; the sentence tells the first one."""
        super().__init__(f"Rien n'a été versé : {faults[0]}")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Joined:
    """Where the write-up stands now, its commit, and what git said against it."""

    path: str
    commit: str = ""
    trouble: str = ""


class Incidents:
    """The folder of write-ups; every method may block and raises ``TocsinError``."""

    def __init__(self, playbooks: Path, knowledge: Path, plans: Mapping[str, Plan]) -> None:
        """``plans`` say what a write-up may refer to, and whom it may not name."""
        self._playbooks = playbooks
        self._knowledge = knowledge
        self._plans = plans
        people = (one.name for plan in plans.values() for one in plan.establishment.people)
        self._people = tuple(dict.fromkeys(people))

    def join(self, text: str, author: Author, now: datetime) -> Joined:
        """Write this write-up as a file of its own; raises ``Faulty`` or ``Refused``."""
        if _EXERCISE.search(text):
            raise Refused(
                "Un exercice n'entre pas dans les retours d'expérience : ils ne disent que ce qui "
                "est vraiment arrivé."
            )
        name = f"{self._id(text)}.md"
        file = self._knowledge / _INCIDENTS / name
        shown = f"{self._knowledge.resolve().name}/{_INCIDENTS}/{name}"
        if file.exists():
            raise Refused(
                f"{shown} existe déjà : donnez un autre identifiant (« id ») à ce retour, ou "
                "changez le fichier sur le serveur."
            )
        faults = [*self._people_in(text, shown, now.date()), *self._checked(text, name, now.date())]
        if faults:
            raise Faulty([replace(one, path=shown) for one in faults])
        file.parent.mkdir(exist_ok=True)
        write_whole(file, text)
        number, trouble = commit(file, f"Retour d'expérience {file.stem}", author)
        return Joined(shown, number, trouble)

    def _id(self, text: str) -> str:
        """The id in the front matter, fit to name a file."""
        from bot.library.blocks import split_front

        try:
            head, _, _ = split_front(text, "retour")
            data = parse(head, "retour", first_line=2).data
        except BadFile as broken:
            raise Faulty([fault_of(broken)]) from broken
        found = data.get("id") if isinstance(data, dict) else None
        if not isinstance(found, str) or not _ID.fullmatch(found):
            told = "« id » manque, ou n'est pas en minuscules, chiffres et tirets"
            raise Faulty([Fault("retour", 2, told)])
        return found

    def _people_in(self, text: str, shown: str, today: date) -> list[Fault]:
        named = [
            Fault(shown, line, f"nom d'une personne, « {name} » : écrivez sa fonction")
            for line, name in names_in(text, self._people)
        ]
        return named + [
            Fault(shown, line, f"{told} : retirez ce qui identifie un patient")
            for line, told in identities_in(text, today)
        ]

    def _checked(self, text: str, name: str, today: date) -> list[Fault]:
        """What ``tocsin check`` finds in this file: its shape, its sources, its words."""
        from bot.library.editing import edit
        from bot.library.wording import FILE
        from bot.library.writeups import load_write_ups

        sources, _, _ = read_object(SourceFile, self._playbooks / _SOURCES, _SOURCES)
        known = {one.id: one for one in sources.sources} if sources else {}
        roles = frozenset(role.id for plan in self._plans.values() for role in plan.cell.roles)
        with tempfile.TemporaryDirectory() as place:
            knowledge = Path(place) / self._knowledge.resolve().name
            books = Path(place) / f"{knowledge.name}-playbooks"
            file = knowledge / _INCIDENTS / name
            for folder in (books, file.parent):
                folder.mkdir(parents=True)
            shutil.copyfile(self._playbooks / _SOURCES, books / _SOURCES)
            if (self._knowledge / FILE).exists():
                shutil.copyfile(self._knowledge / FILE, knowledge / FILE)
            file.write_text(text, encoding="utf-8")
            found = load_write_ups(knowledge, known, frozenset(self._plans), roles).faults
            found += edit(books, knowledge, today)
        return sorted({one for one in found if one.path.endswith(name) and not one.warning})
