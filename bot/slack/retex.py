"""« /crise retex » : the draft of the write-up in private; the file, read again, joins the library.

The draft is an export of the log, and is recorded as one.  Only authors let a write-up in.
"""

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from bot.authoring.joining import LARGEST, Faulty, Incidents, Joined
from bot.authoring.retex import Draft, write_up
from bot.authoring.versions import Author
from bot.core.crisis import Crisis
from bot.core.evidence import RecordExport
from bot.core.rights import is_author, require_author
from bot.errors import OutsideService, Refused
from bot.grammar import fold, line
from bot.service import Service
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    field,
    file_input,
    modal,
    paragraphs,
    section,
    user,
)
from bot.slack.counters import Record, of_crisis
from bot.slack.directory import Directory
from bot.slack.gateway import Gateway, Rejected
from bot.slack.inbound import Touch, count
from bot.slack.modals import exercise, shown
from bot.slack.reply import Reply
from bot.slack.values import Values, WrongField, metadata

log = logging.getLogger(__name__)

_JOIN: Final = "verser"
_LISTED: Final = 12


class Retex:
    """The counter of write-ups; every method raises ``TocsinError`` with a sentence."""

    names = frozenset({"retex"})

    def __init__(
        self,
        service: Service,
        gateway: Gateway,
        directory: Directory,
        incidents: Callable[[], Incidents],
        sections: Callable[[], tuple[str, ...]],
        named: frozenset[str],
    ) -> None:
        """``sections`` are those of the house's rules, ``named`` the authors of the settings."""
        self._service = service
        self._gateway = gateway
        self._directory = directory
        self._incidents = incidents
        self._sections = sections
        self._named = named

    async def say(
        self, touch: Touch, name: str, rest: str, crisis: Crisis | None, record: Record
    ) -> Reply:
        """The draft in private; « verser » opens the form that takes the file read again."""
        crisis = of_crisis(crisis)
        if fold(rest) == _JOIN:
            return await self.open(touch, crisis)
        await self._draft(touch, crisis, record)
        what = "L'exercice est encore ouvert" if crisis.exercise else "La crise est encore ouverte"
        open_yet = "" if crisis.closed else f" {what} : il s'arrête ici."
        blocks = [
            section(
                "Je vous ai envoyé le brouillon du retour d'expérience en message privé."
                f"{open_yet} Relisez-le, complétez-le, ôtez-en les noms."
            )
        ]
        if crisis.exercise:
            blocks.append(context("Un exercice n'entre pas dans les retours d'expérience."))
        elif is_author(crisis.plan, touch.person, self._named, crisis):
            blocks.append(actions(button("Verser le fichier relu…", line("retex"), _OPENS)))
        else:
            blocks.append(context("Une fois relu, un auteur des playbooks le verse aux retours."))
        return Reply(text=f"{exercise(crisis)}Retour d'expérience", blocks=blocks)

    async def open(self, touch: Touch, crisis: Crisis | None) -> Reply:
        """The form that takes the file."""
        return Reply(form=self._form(touch.person, of_crisis(crisis)))

    async def filled(
        self,
        touch: Touch,
        values: Values,
        carried: Mapping[str, str],
        crisis: Crisis | None,
        record: Record,
    ) -> Reply:
        """The file: checked, then let in; or what to mend, line by line."""
        crisis = of_crisis(crisis)
        self._form(touch.person, crisis)
        files = values.files("file")
        if not files:
            raise WrongField("file", "Déposez le fichier relu (.md).")
        text = await self._read(files[0].id)
        author = Author(touch.person, self._directory.name(touch.person))
        incidents = self._incidents()
        try:
            done = await asyncio.to_thread(incidents.join, text, author, self._service.now())
        except Faulty as faulty:
            return Reply(text=faulty.for_people(), instead=_faults_view(faulty))
        told, view = _joined(done)
        return Reply(text=told, instead=view)

    def _form(self, person: str, crisis: Crisis) -> Block:
        if crisis.exercise:
            raise Refused("Un exercice n'entre pas dans les retours d'expérience.")
        require_author(crisis.plan, person, self._named, crisis)
        blocks = [
            section(
                "Déposez le brouillon relu. Il est vérifié comme par « tocsin check » : en-tête, "
                "sections, sources, mots. Aucun nom : ni patient, ni personne de la maison."
            ),
            field("file", "Fichier relu (.md)", file_input("v", most=1)),
        ]
        meta = metadata(crisis=crisis.id)
        return modal(_FORM, "Verser un retour", blocks, submit="Vérifier et verser", metadata=meta)

    async def _draft(self, touch: Touch, crisis: Crisis, record: Record) -> None:
        """Write the draft, record that it left, send it."""
        draft, lines, head = await asyncio.to_thread(self._written, crisis.id)
        digest = hashlib.sha256(draft.text.encode()).hexdigest()
        done = await record(touch, RecordExport("retex", lines, head, digest), crisis)
        if done.repeated:
            return
        opened = await self._gateway.call("conversations.open", users=touch.person)
        place = str((opened.get("channel") or {}).get("id") or touch.person)
        comment = f"{exercise(crisis)}Brouillon du retour d'expérience {crisis.id}."
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / draft.name
            path.write_text(draft.text, encoding="utf-8")
            try:
                await self._gateway.upload(place, draft.name, path, comment)
            except OutsideService as away:
                raise Refused(
                    "Slack n'a pas pris le fichier. Recommencez dans une minute."
                ) from away

    def _written(self, crisis_id: str) -> tuple[Draft, int, str]:
        """The draft, of how many lines it is made, and the hash of the last of them."""
        crisis, head = self._service.standing(crisis_id)
        history = islice(self._service.facts(crisis_id), crisis.seq)
        draft = write_up(crisis, history, self._service.now(), head, self._sections())
        return draft, crisis.seq, head

    async def _read(self, file: str) -> str:
        """The text of a file of Slack; a sentence under the field when it cannot be read."""
        try:
            held = await self._fetched(file)
        except Rejected as refused:
            log.warning("a write-up cannot be read: %s", refused)
            told = "Je ne peux pas lire ce fichier. Déposez-le de nouveau."
            raise WrongField("file", told) from refused
        try:
            return held.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as broken:
            raise WrongField("file", "Enregistrez le fichier en texte (UTF-8), .md.") from broken

    async def _fetched(self, file: str) -> bytes:
        """The bytes of a file of Slack, as long as it is one that a person wrote."""
        answer = await self._gateway.call("files.info", file=file)
        told = answer.get("file") or {}
        size = count(told.get("size"))
        held = bytearray()
        if size <= LARGEST:
            async with self._gateway.download(str(told.get("url_private") or ""), size) as blocks:
                async for block in blocks:
                    held += block[: LARGEST + 1 - len(held)]
        if size > LARGEST or len(held) > LARGEST:
            raise WrongField("file", "Fichier trop gros : 200 Ko au plus.")
        return bytes(held)


_FORM: Final = f"retex:{_JOIN}"
_OPENS: Final = f"open:retex:{_JOIN}"


def _faults_view(faulty: Faulty) -> Block:
    """What to mend, line by line; the file is then put again."""
    lines = [f"• ligne {one.line} : {user(one.message, 500)}" for one in faulty.faults[:_LISTED]]
    more = len(faulty.faults) - _LISTED
    lines += [f"… et {more} de plus."] if more > 0 else []
    blocks = paragraphs(["*Rien n'a été versé. À corriger dans le fichier :*", *lines])
    return shown("À corriger", [*blocks, context("Puis « /crise retex verser ».")])


def _joined(done: Joined) -> tuple[str, Block]:
    text = f"Versé : {done.path}."
    if done.commit:
        text += f" Commit {done.commit[:10]}."
    if done.trouble:
        text += f" Il n'est pas dans git : {done.trouble} Prévenez la DSI."
    tail = "La bibliothèque le relit : il répondra aux questions dans un instant."
    return text, shown("Retour versé", [section(user(text, 600)), section(tail)])
