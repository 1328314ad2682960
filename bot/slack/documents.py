"""« /crise document » : the list, the missing fields, the preview, then the files in a thread.

What people answer is recorded as they go; a version is recorded once its files are on the disk.
The channel shows each version in one line, and its files hang in the thread of that line; they can
be had again at any time, in private.  Warnings are shown to who prepares and stop nothing.
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.core.board import board
from bot.core.crisis import Crisis, Version
from bot.core.documents import Filled, FillFields, RecordDocument
from bot.core.french import joined, plural, typography
from bot.drafts.data import Known
from bot.drafts.draft import Asked, Draft, asked, concerning, draft
from bot.drafts.template import Template
from bot.errors import OutsideService, Refused
from bot.exports.drafted import Cabinet, changed_since, produced
from bot.grammar import fold
from bot.library.cautions import Caution, cautions
from bot.library.documents import Documents, DocumentShelf, called
from bot.service import Done, Service
from bot.slack.blocks import Block, section
from bot.slack.counters import Record, of_crisis
from bot.slack.document_forms import (
    ALL,
    FIELDS,
    PAGE,
    caution_blocks,
    done_view,
    fields_form,
    list_blocks,
    preview_form,
    read_answer,
    read_fields,
)
from bot.slack.gateway import Gateway
from bot.slack.inbound import Touch
from bot.slack.posted import Posted
from bot.slack.reply import Reply
from bot.slack.values import Values, WrongField

log = logging.getLogger(__name__)

_MAKE: Final = ("preparer", "produire", "prepare")
_SEND: Final = ("recevoir", "envoyer", "fichiers")
_LOOKS: Final = 60
_PAUSE: Final = 0.25
"""Times, and seconds between them, that the line of a version is looked for in the channel."""


class Drafting:
    """Turn the words and forms of documents into replies: a counter; raises ``TocsinError``."""

    names = frozenset({"document", "champ"})

    def __init__(
        self,
        service: Service,
        gateway: Gateway,
        shelf: DocumentShelf,
        cabinet: Cabinet,
        posted: Posted,
    ) -> None:
        """Join the journal, Slack, the templates, the files and the memory of what was posted."""
        self._service = service
        self._gateway = gateway
        self._shelf = shelf
        self._cabinet = cabinet
        self._posted = posted
        self._tasks: set[asyncio.Task[None]] = set()

    # -- words --------------------------------------------------------------------------------

    async def say(
        self, touch: Touch, name: str, rest: str, crisis: Crisis | None, record: Record
    ) -> Reply:
        """« document » and « champ » as typed, or as a button carries them."""
        crisis = of_crisis(crisis)
        if name == "champ":
            return await self._answer(touch, rest, crisis, record)
        words = rest.split()
        verb = fold(words[-1]) if len(words) > 1 else ""
        if verb in (*_MAKE, *_SEND):
            rest = " ".join(words[:-1])
        if not rest:
            return await self._list(crisis)
        template = await self._named(rest, crisis)
        if verb in _SEND:
            return await self._send(touch, template, crisis)
        if verb in _MAKE:
            return await self._make_now(touch, template, crisis, record)
        return Reply(form=await self.form(template.id, crisis))

    async def _list(self, crisis: Crisis) -> Reply:
        known = self._known(crisis)
        documents = await self._held()
        listed = concerning(tuple(documents.templates.values()), known)
        shown = board(known.crisis, known.now)
        return Reply(text="Documents", blocks=list_blocks(shown, listed))

    async def _answer(self, touch: Touch, rest: str, crisis: Crisis, record: Record) -> Reply:
        """« champ <champ> <valeur> » : the line behind each field of a form."""
        name, _, said = rest.partition(" ")
        if not name:
            raise Refused(
                "Écrivez le champ et sa valeur : « /crise champ siren 123 456 789 ». Le plus "
                "simple : « /crise document », puis « Préparer »."
            )
        documents = await self._held()
        found = documents.field(name.casefold().replace("-", "_"))
        if found is None:
            raise Refused(f"Champ inconnu : « {name[:60]} ». Voyez « /crise document ».")
        if not said.strip():
            raise Refused(f"Il manque la valeur : « champ {found.id} <valeur> », ou « inconnu ».")
        value = read_answer(found, said.strip())
        done = await record(touch, FillFields((Filled(found.id, found.label, value),)), crisis)
        text = "C'est déjà noté." if not done.facts else f"« {found.label} » : {value}, consigné."
        return Reply(text=text)

    async def _named(self, text: str, crisis: Crisis) -> Template:
        """The one document that the words call, among those that concern the crisis."""
        documents = await self._held()
        listed = concerning(tuple(documents.templates.values()), self._known(crisis))
        return called(documents, [one.template for one in listed], text)

    async def _held(self) -> Documents:
        """The templates on offer; the first reading takes a moment, in a thread."""
        return await asyncio.to_thread(lambda: self._shelf.held)

    def _known(self, crisis: Crisis) -> Known:
        fresh, head = self._service.standing(crisis.id)
        return Known(fresh, self._service.now(), head)

    # -- forms --------------------------------------------------------------------------------

    async def open(self, touch: Touch, crisis: Crisis | None) -> Reply:
        """A button that opens the form of a document."""
        return Reply(form=await self.form(touch.text, of_crisis(crisis)))

    async def form(self, name: str, crisis: Crisis) -> Block:
        """The form of what is missing or, when nothing is, the preview."""
        template = await self._template(name)
        known = self._known(crisis)
        missing = [one for one in asked(template, known) if one.missing and not one.answered]
        if missing and crisis.is_open:
            return _page(template, missing, crisis, 0)
        return await self._preview(template, crisis, 0)

    async def _template(self, name: str) -> Template:
        """The template of that id."""
        found = (await self._held()).templates.get(name)
        if found is None:
            raise Refused(
                f"Le modèle « {name[:60]} » n'est pas dans playbooks/documents, ou il a un défaut. "
                "Lancez « tocsin check », ou voyez « /crise document »."
            )
        return found

    async def _preview(self, template: Template, crisis: Crisis, turn: int) -> Block:
        made, told, changed = await asyncio.to_thread(self._drawn, template, self._known(crisis))
        fields = asked(template, self._known(crisis))
        return preview_form(made, told, changed, fields, turn)

    def _drawn(
        self, template: Template, known: Known
    ) -> tuple[Draft, tuple[Caution, ...], list[str]]:
        """A document as it would leave, with what to read again and what changed."""
        made = draft(template, known)
        today = known.now.astimezone(ZoneInfo(known.crisis.zone)).date()
        told = cautions(made.md, self._shelf.held.cautions, today)
        return made, told, changed_since(made, self._cabinet)

    async def filled(
        self,
        touch: Touch,
        values: Values,
        carried: Mapping[str, str],
        crisis: Crisis | None,
        record: Record,
    ) -> Reply:
        """A form that was sent: the next page, the preview, or the files."""
        crisis, carries = of_crisis(crisis), carried
        template = await self._template(carries.get("document", ""))
        turn = int(carries.get("turn", "0"))
        # One view shows several forms one after the other: each sending is a delivery of its own.
        touch = replace(touch, delivery=f"{touch.delivery}:{turn}")
        if touch.action == FIELDS:
            return await self._fields(touch, values, carries, template, crisis, record)
        fix = values.text("fix")
        if fix:
            fields = asked(template, self._known(crisis))
            chosen = [one for one in fields if fix in (ALL, one.field.id)]
            return Reply(instead=_page(template, chosen, crisis, turn + 1))
        made, told, changed = await asyncio.to_thread(self._drawn, template, self._known(crisis))
        if made.hash != carries.get("seen"):
            fields = asked(template, self._known(crisis))
            raise WrongField("fix", _MOVED) if fields and crisis.is_open else Refused(_MOVED)
        done = await self._produce(touch, made, told, changed, record)
        seq = done.facts[-1][1].seq if done.facts else crisis.seq
        return Reply(text=_recorded(made), instead=done_view(made, seq))

    async def _fields(
        self,
        touch: Touch,
        values: Values,
        carries: Mapping[str, str],
        template: Template,
        crisis: Crisis,
        record: Record,
    ) -> Reply:
        """Remember a page of answers; then the next page, or the preview."""
        known = {one.field.id: one for one in asked(template, self._known(crisis))}
        page = [known[one] for one in _ids(carries, "now") if one in known]
        answers = read_fields(values, page)
        if answers:
            await record(touch, FillFields(answers), crisis)
        rest = [known[one] for one in _ids(carries, "rest") if one in known]
        turn = int(carries.get("turn", "0")) + 1
        if rest:
            return Reply(instead=_page(template, rest, crisis, turn))
        return Reply(instead=await self._preview(template, crisis, turn))

    # -- files --------------------------------------------------------------------------------

    async def _make_now(
        self, touch: Touch, template: Template, crisis: Crisis, record: Record
    ) -> Reply:
        """« document <nom> préparer » : the files at once, with what is known."""
        made, told, changed = await asyncio.to_thread(self._drawn, template, self._known(crisis))
        await self._produce(touch, made, told, changed, record)
        return Reply(text=_recorded(made), blocks=[section(_recorded(made)), *caution_blocks(told)])

    async def _produce(
        self,
        touch: Touch,
        made: Draft,
        told: Sequence[Caution],
        changed: Sequence[str],
        record: Record,
    ) -> Done:
        """Lay out, keep, record; the files follow in the channel."""
        now = self._service.now()
        fact = await asyncio.to_thread(produced, made, self._cabinet, now, changed, len(told))
        done = await record(touch, RecordDocument(fact), made.crisis)
        if done.facts and not done.repeated:
            version = done.crisis.documents[made.template.id][-1]
            self._later(self._hang(done.crisis, made.title, made.name, version))
        return done

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="document-files")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hang(self, crisis: Crisis, title: str, name: str, version: Version) -> None:
        """Put the files in the thread of the version's line, once the channel shows it."""
        thread = ""
        for _ in range(_LOOKS):
            rows = await asyncio.to_thread(self._posted.rows, crisis.id)
            row = rows.get(f"entry:{version.seq}")
            if row is not None and row.ts:
                thread = row.ts
                break
            await asyncio.sleep(_PAUSE)
        try:
            await self._share(crisis.channel, crisis, title, name, version, thread)
        except (OutsideService, Refused) as away:
            log.warning("files of %s not shared: %s", name, away)

    async def _send(self, touch: Touch, template: Template, crisis: Crisis) -> Reply:
        """« document <nom> recevoir » : the last version again, by direct message."""
        versions = crisis.documents.get(template.id, ())
        if not versions:
            raise Refused(
                f"« {template.head.title} » n'a pas encore de version : "
                f"« /crise document {template.id} »."
            )
        version, start = versions[-1], "EXERCICE-" if crisis.exercise else ""
        name = f"{start}{template.id}-{crisis.id}-v{version.number}"
        opened = await self._gateway.call("conversations.open", users=touch.person)
        place = str((opened.get("channel") or {}).get("id") or touch.person)
        await self._share(place, crisis, template.head.title, name, version)
        return Reply(text=f"« {template.head.title} », version {version.number} : en privé.")

    async def _share(
        self,
        place: str,
        crisis: Crisis,
        title: str,
        name: str,
        version: Version,
        thread: str = "",
    ) -> None:
        """Hand over the DOCX and the PDF of a version; ``Refused`` when one is lost."""
        wanted = {"docx": version.docx, "pdf": version.pdf}
        files: list[tuple[str, Path]] = []
        for ending, digest in wanted.items():
            path = await asyncio.to_thread(self._cabinet.path, crisis.id, digest, ending)
            if path is None:
                raise Refused(
                    "Les fichiers de cette version ne sont plus sur le serveur, ou ils ont changé. "
                    "Produisez une nouvelle version."
                )
            files.append((f"{name}.{ending}", path))
        start = "EXERCICE — " if crisis.exercise else ""
        left = f" {plural(version.left, 'place')} à compléter." if version.left else ""
        comment = typography(
            f"{start}{title}, version {version.number} : projet à relire avant envoi.{left}"
        )
        await self._gateway.share(place, files, comment, thread)


_MOVED: Final = "Le texte a changé depuis cet aperçu. Fermez-le et rouvrez le document pour relire."


def _page(template: Template, fields: Sequence[Asked], crisis: Crisis, turn: int) -> Block:
    """The first fields of these, the others to follow."""
    page, rest = fields[:PAGE], [one.field.id for one in fields[PAGE:]]
    return fields_form(template, page, rest, crisis, turn)


def _ids(carries: Mapping[str, str], key: str) -> list[str]:
    return [one for one in carries.get(key, "").split(",") if one]


def _recorded(made: Draft) -> str:
    """What was done, in one sentence."""
    start = "EXERCICE — " if made.crisis.exercise else ""
    left = f" À compléter : {joined(made.left)}." if made.left else ""
    return (
        f"{start}« {made.title} », version {made.version} : consignée. DOCX et PDF dans le fil de "
        f"sa ligne, dans le canal.{left}"
    )
