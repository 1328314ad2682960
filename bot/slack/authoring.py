"""« /crise playbook » : the version that a crisis follows, and the authors' way to a newer one.

Reading is anybody's; editing and publishing are the authors'.  A draft is kept from one screen to
the next, so that a telephone that rings loses nothing; a publication is checked, written,
remembered and, where the folder is a git work tree, committed (``bot.authoring``).
"""

import asyncio
import logging
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from bot.authoring.bench import Bench, Draft, Overtaken
from bot.authoring.versions import Author
from bot.core.comparing import compare
from bot.core.crisis import Crisis
from bot.core.french import plural
from bot.core.playbook import Plan, Playbook
from bot.core.rights import is_author, require_author
from bot.errors import OutsideService, Refused
from bot.grammar import fold
from bot.library.marked_yaml import parse, read_text
from bot.library.playbooks import PlanShelf
from bot.library.typed import build
from bot.sentences import tell
from bot.service import Service
from bot.slack import authoring_forms as forms
from bot.slack.adoption import FORM, OPENS, adoption_form, read_adoption, version_blocks
from bot.slack.authoring_shelf import VERSIONS, read_version, shelf_blocks, versions_view
from bot.slack.blocks import Block, section, user
from bot.slack.counters import Record
from bot.slack.directory import Directory
from bot.slack.gateway import Gateway
from bot.slack.inbound import Touch
from bot.slack.learning import learnt
from bot.slack.modals import shown
from bot.slack.reply import Reply
from bot.slack.values import Values, WrongField

log = logging.getLogger(__name__)

_EDIT = frozenset({"modifier", "editer", "changer"})


class Playbooks:
    """The counter of playbooks; every method raises ``TocsinError`` with a sentence."""

    names = frozenset({"playbook"})

    def __init__(
        self,
        service: Service,
        gateway: Gateway,
        directory: Directory,
        shelf: PlanShelf,
        bench: Bench,
        named: frozenset[str],
    ) -> None:
        """``named`` are the authors of the settings (Slack ids)."""
        self._service = service
        self._gateway = gateway
        self._directory = directory
        self._shelf = shelf
        self._bench = bench
        self._named = named

    # -- the word, its buttons, its forms ------------------------------------------------------

    async def say(
        self, touch: Touch, name: str, rest: str, crisis: Crisis | None, record: Record
    ) -> Reply:
        """The version followed here; « modifier », or no crisis, gives the whole shelf."""
        word = fold(rest.split(maxsplit=1)[0]) if rest.split() else ""
        if crisis is not None and word not in _EDIT:
            blocks = version_blocks(crisis, self._shelf.plans, touch.person, self._named)
            return Reply(text="Playbook suivi", blocks=blocks)
        author = self._edits(touch.person)
        if word in _EDIT and not author:
            self._require(touch.person)
        blocks = shelf_blocks(self._shelf.plans, author=author, faults=len(self._shelf.faults))
        return Reply(text="Playbooks", blocks=blocks)

    async def open(self, touch: Touch, crisis: Crisis | None) -> Reply:
        """A button of a message that opens a form."""
        what = touch.action.split(":")[2]
        if what == OPENS:
            return Reply(form=self._adopting(touch.person, crisis))
        if what == "versions":
            return Reply(form=await self._versions(touch.text))
        self._require(touch.person)
        if what != "modifier":
            raise Refused("Ce bouton n'est plus connu. Recommencez avec « /crise playbook ».")
        return Reply(form=await self._menu(touch.person, touch.text))

    async def filled(
        self,
        touch: Touch,
        values: Values,
        carried: Mapping[str, str],
        crisis: Crisis | None,
        record: Record,
    ) -> Reply:
        """A form that was sent: another screen, a change kept in the draft, a version."""
        playbook = carried.get("playbook", "")
        if touch.action == FORM and crisis is not None:
            return await self._adopt(touch, values, carried, crisis, record)
        if touch.action == VERSIONS:
            return await self._send(touch.person, playbook, read_version(values))
        self._require(touch.person)
        if touch.action == forms.PUBLISH:
            return await self._publish(touch, playbook, values.text("text"))
        if touch.action == forms.MENU:
            what, step = forms.following(values, carried)
            view = await self._turned(touch.person, playbook, what, step)
            return Reply(instead=view)
        note = await self._edited(touch, playbook, carried.get("step", ""), values)
        return Reply(text=note, instead=await self._menu(touch.person, playbook, note))

    async def _edited(self, touch: Touch, playbook: str, step: str, values: Values) -> str:
        """What the form of a step, or of a new one, makes of the draft; a sentence on it."""
        draft = await self._draft(touch.person, playbook)
        if touch.action == forms.STEP:
            return await self._change(draft, step, values)
        if touch.action == forms.NEW:
            return await self._add(draft, values)
        raise Refused("Ce formulaire n'est plus connu. Fermez-le et recommencez.")

    # -- adoption ------------------------------------------------------------------------------

    def _adopting(self, person: str, crisis: Crisis | None) -> Block:
        if crisis is None:
            raise Refused("Ce bouton appartient à une crise que je ne trouve plus.")
        newer = self._shelf.plans.get(crisis.plan.playbook.id)
        if newer is not None:
            require_author(newer, person, self._named, crisis)
        return adoption_form(crisis, newer)

    async def _adopt(
        self,
        touch: Touch,
        values: Values,
        carried: Mapping[str, str],
        crisis: Crisis,
        record: Record,
    ) -> Reply:
        newer = self._shelf.plans.get(crisis.plan.playbook.id)
        made = read_adoption(values, carried, crisis, newer, self._named)
        if isinstance(made, dict):
            return Reply(instead=made)
        done = await record(touch, made, crisis)
        told = [tell(fact, done.crisis.plan) for fact, _ in done.facts][-1:]
        text = told[0] if told else "C'était déjà enregistré."
        return Reply(text=text, instead=shown("Version adoptée", [section(user(text, 1000))]))

    # -- who, and what -------------------------------------------------------------------------

    def _edits(self, person: str) -> bool:
        return any(is_author(one, person, self._named) for one in self._shelf.plans.values())

    def _require(self, person: str) -> None:
        for one in self._shelf.plans.values():
            require_author(one, person, self._named)

    def _plan(self, playbook: str) -> Plan:
        plan = self._shelf.plans.get(playbook)
        if plan is None:
            raise Refused("Ce playbook n'est plus parmi les fichiers.")
        return plan

    async def _draft(self, person: str, playbook: str) -> Draft:
        self._plan(playbook)
        name = self._shelf.held.files[playbook]
        return await asyncio.to_thread(self._bench.draft, playbook, name, person)

    # -- screens -------------------------------------------------------------------------------

    async def _menu(self, person: str, playbook: str, note: str = "") -> Block:
        draft = await self._draft(person, playbook)
        plan = self._plan(playbook)
        return await asyncio.to_thread(
            lambda: forms.menu_view(draft, plan, self._changed(draft), note)
        )

    async def _turned(self, person: str, playbook: str, what: str, step: str) -> Block:
        """The screen that was chosen on the one before."""
        draft = await self._draft(person, playbook)
        plan = self._plan(playbook)
        if what == forms.EDIT:
            return await asyncio.to_thread(self._step, draft, plan, step)
        if what == forms.ADD:
            return forms.new_view(draft, plan)
        if what in (forms.LOOK, forms.GO):
            return await asyncio.to_thread(self._looked, draft, publishing=what == forms.GO)
        if what == forms.LEAVE:
            return await asyncio.to_thread(lambda: forms.leave_view(draft, self._changed(draft)))
        note = await self._dropped(draft, what)
        return await self._menu(person, playbook, note)

    async def _dropped(self, draft: Draft, what: str) -> str:
        """Forget the draft if that was chosen, once its author has its text if it was to be."""
        if what not in (forms.AGAIN, forms.DROP):
            return ""
        if what == forms.AGAIN:
            await self._give_back(draft.person, draft)
        await asyncio.to_thread(self._bench.drop, draft)
        return "Votre brouillon est effacé."

    def _step(self, draft: Draft, plan: Plan, step_id: str) -> Block:
        """One step, with what the closed crises taught of it; blocking."""
        step = plan.step(step_id)
        learned = learnt(self._service, draft.playbook, step) if step else ()
        return forms.step_view(draft, plan, step_id, learned)

    def _looked(self, draft: Draft, *, publishing: bool) -> Block:
        """What the draft changes and what is wrong with it; blocking."""
        if publishing and draft.overtaken:
            return self._overtaken(draft)
        faults = self._bench.faults(draft, self._service.now().date())
        view = forms.publish_view if publishing else forms.changes_view
        return view(draft, self._changed(draft), faults)

    def _overtaken(self, draft: Draft) -> Block:
        theirs = self._between(draft, draft.base, read_text(draft.file, draft.shown))
        return forms.overtaken_view(draft, theirs, self._changed(draft))

    def _changed(self, draft: Draft) -> Sequence[str]:
        """What the draft says that the file it was begun from did not, in words."""
        return self._between(draft, draft.base, draft.text)

    def _between(self, draft: Draft, old: str, new: str) -> Sequence[str]:
        before, after = (_read(one, draft.shown) for one in (old, new))
        if before is None or after is None:
            return ("Le fichier ne se lit pas comme un playbook : voyez les défauts.",)
        plan = self._plan(draft.playbook)
        return [one.text for one in compare(before, after, plan)]

    # -- changes -------------------------------------------------------------------------------

    async def _change(self, draft: Draft, step_id: str, values: Values) -> str:
        """What the form of a step makes of the draft; a sentence on it."""
        made = draft.manuscript
        held = made.step(step_id)
        becoming = forms.becoming(values)
        if becoming == forms.BACK:
            return f"« {held['title']} » reste telle quelle."
        if becoming == forms.RETIRE:
            await asyncio.to_thread(self._bench.keep, draft, made.without_step(step_id))
            return f"« {held['title']} » est retirée de votre brouillon."
        made = made.with_step(step_id, forms.read_words(values, held))
        after, phase = forms.place_of(values)
        if after or phase:
            made = made.moved(step_id, after, phase=phase)
        if made.text == draft.text:
            return "Rien n'a changé."
        await asyncio.to_thread(self._bench.keep, draft, made)
        return f"« {made.step(step_id)['title']} » est gardée dans votre brouillon."

    async def _add(self, draft: Draft, values: Values) -> str:
        words = forms.read_words(values, {})
        after, _ = forms.place_of(values)
        if not after:
            raise WrongField("place", "Choisissez après quelle étape.")
        made = draft.manuscript.with_new_step(after, words)
        await asyncio.to_thread(self._bench.keep, draft, made)
        return f"« {words['title']} » est ajoutée à votre brouillon."

    async def _publish(self, touch: Touch, playbook: str, reason: str) -> Reply:
        draft = await self._draft(touch.person, playbook)
        author = Author(touch.person, self._directory.name(touch.person))
        changed = await asyncio.to_thread(self._changed, draft)
        try:
            done = await asyncio.to_thread(
                self._bench.publish, draft, reason, author, self._service.now()
            )
        except Overtaken as late:
            view = await asyncio.to_thread(self._overtaken, draft)
            return Reply(text=late.for_people(), instead=view)
        await asyncio.to_thread(self._shelf.reload)
        log.info("playbook %s published: %s", playbook, done.kept.sha256)
        text = f"Version {done.kept.version} publiée."
        if done.kept.commit:
            text += f" Commit {done.kept.commit[:10]}."
        if done.trouble:
            text += f" Elle n'est pas dans git : {done.trouble} Prévenez la DSI."
        tail = (
            "Les crises en cours gardent leur version : dans leur canal, « /crise playbook » "
            "montre ce qui change et la fait adopter."
        )
        blocks = [
            section(user(text, 600)),
            section(f"{plural(len(changed), 'changement')}. {tail}"),
        ]
        return Reply(text=text, instead=shown("Publié", blocks))

    # -- files in private ----------------------------------------------------------------------

    async def _versions(self, playbook: str, note: str = "") -> Block:
        """The versions of a playbook."""
        plan = self._plan(playbook)
        kept = await asyncio.to_thread(self._bench.versions.of, playbook)
        return versions_view(plan, kept, note)

    async def _send(self, person: str, playbook: str, digest: str) -> Reply:
        """A version, as a file, to who asks for it."""
        self._plan(playbook)
        try:
            text = await asyncio.to_thread(self._bench.versions.text, playbook, digest)
        except KeyError as gone:
            raise Refused("Cette version n'est plus gardée ici.") from gone
        await self._upload(person, f"{playbook}-{digest[:12]}.yaml", text, "Version publiée.")
        note = "Je vous ai envoyé cette version en message privé."
        return Reply(text=note, instead=await self._versions(playbook, note))

    async def _give_back(self, person: str, draft: Draft) -> None:
        """The text of a draft that is about to be dropped, to its author."""
        name = f"{draft.playbook}-brouillon.yaml"
        await self._upload(
            person, name, draft.text, "Votre brouillon, avant de repartir du fichier."
        )

    async def _upload(self, person: str, name: str, text: str, comment: str) -> None:
        opened = await self._gateway.call("conversations.open", users=person)
        place = str((opened.get("channel") or {}).get("id") or person)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(text, encoding="utf-8")
            try:
                await self._gateway.upload(place, name, path, comment)
            except OutsideService as away:
                raise Refused(
                    "Slack n'a pas pris le fichier. Recommencez dans une minute."
                ) from away


@lru_cache(maxsize=16)
def _read(text: str, shown: str) -> Playbook | None:
    """The playbook that a text describes, whatever it refers to; ``None`` when it is none."""
    made, _ = build(Playbook, parse(text, shown), shown)
    return made
