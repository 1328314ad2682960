"""What forms do in Slack, done in lines at a terminal: erasing a text, documents of a crisis.

Nobody erases what was not in front of their eyes: a line that asks is done only with the very lines
that would go, and otherwise shows them; so is one that confirms without saying « oui ».
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from bot.core.crisis import Actor, Command, Crisis
from bot.core.documents import Filled, FillFields
from bot.core.erasable import related, together
from bot.core.erasure import (
    AskErasure,
    ConfirmErasure,
    ErasureAsked,
    LinesErased,
    RefuseErasure,
    choice,
    require_eraser,
    waiting,
)
from bot.core.playbook import ErasureBasis
from bot.drafts.data import Known
from bot.drafts.draft import concerning, draft
from bot.errors import Refused
from bot.grammar import fold
from bot.grammar.parsers import numbers
from bot.library.documents import Documents, called
from bot.service import Done, Service
from bot.slack.blocks import Block, escape, section, seen, user
from bot.slack.document_forms import read_answer
from bot.slack.erasing import copies
from bot.slack.erasure_forms import ask_form, confirm_form, remains, spelt

_YES: Final = frozenset({"oui", "o"})
#: Words of a document that ask for its files.
_FILES: Final = frozenset({"preparer", "recevoir"})


@dataclass(frozen=True, slots=True)
class Desk:
    """What the files of today and the settings say; every method raises ``Refused``."""

    names: ClassVar[frozenset[str]] = frozenset({"document", "champ", "effacer"})

    service: Service
    bases: Callable[[], Sequence[ErasureBasis]]
    """Legal bases of an erasure."""
    erasers: frozenset[str]
    """Slack ids that the settings allow to erase."""
    documents: Callable[[], Documents]

    def heard(self, name: str, rest: str, crisis: Crisis, actor: Actor) -> Command | list[Block]:
        """One of our words and what follows it: a command to record, or what to show."""
        if name == "document":
            return self.document(rest, crisis)
        return self.answer(rest) if name == "champ" else self.erase(rest, crisis, actor)

    # -- erasing ------------------------------------------------------------------------------

    def erase(self, rest: str, crisis: Crisis, actor: Actor) -> Command | list[Block]:
        """« effacer 12 13 », « … ; base ; raison », « confirmer|refuser <ligne> »: do or show."""
        require_eraser(crisis, actor.id, self.erasers)
        first, _, tail = rest.partition(" ")
        if fold(first) == "confirmer":
            return self._confirm(tail, crisis)
        if fold(first) == "refuser":
            number, _, reason = tail.strip().partition(" ")
            return RefuseErasure(_one(number), reason, self.erasers)
        return self._ask(rest, crisis)

    def _ask(self, rest: str, crisis: Crisis) -> Command | list[Block]:
        named, *more = [one.strip() for one in rest.split(";", 2)]
        history = tuple(self.service.facts(crisis.id))
        lines, bases = numbers(named), self.bases()
        if not bases:
            raise Refused("Aucune base légale d'effacement n'est écrite dans obligations.yaml.")
        chosen = choice(crisis, history, lines)
        basis = next((one for one in bases if more and fold(one.id) == fold(more[0])), None)
        reason = more[1] if len(more) > 1 else ""
        if basis is not None and reason and named.split() == spelt(chosen).split():
            return AskErasure(lines, reason, basis, self.erasers)
        ids = " | ".join(one.id for one in bases)
        how = f"Pour le demander : effacer {spelt(chosen)} ; {ids} ; raison"
        form = ask_form(crisis, chosen, related(history, chosen), bases)
        return [*form["blocks"], section(how)]

    def _confirm(self, tail: str, crisis: Crisis) -> Command | list[Block]:
        number, _, said = tail.strip().partition(" ")
        asked = waiting(crisis, _one(number))
        if fold(said) in _YES:
            return ConfirmErasure(asked.seq, self.erasers)
        chosen = together(tuple(self.service.facts(crisis.id)), asked.lines)
        form = confirm_form(crisis, asked, chosen)
        how = f"Pour le faire : effacer confirmer {asked.seq} oui"
        return [*form["blocks"], section(how)]

    def afterwards(self, done: Done) -> list[Block]:
        """What is left to do once it is recorded."""
        if not done.facts:
            return []
        fact, stamp = done.facts[-1]
        if isinstance(fact, ErasureAsked):
            how = f"effacer confirmer {stamp.seq}"
            return [section(f"Rien n'est encore effacé : une deuxième personne écrit « {how} ».")]
        if isinstance(fact, LinesErased):
            made = copies(self.service, done.crisis.id, fact.lines[0].seq)
            links = ["Slack"] if fact.messages else []
            return remains(fact, stamp.seq, links, made, clean=self.service.clean)
        return []

    # -- documents ----------------------------------------------------------------------------

    def answer(self, rest: str) -> Command:
        """« champ <champ> <valeur> »."""
        name, _, said = rest.partition(" ")
        found = self.documents().field(name.casefold().replace("-", "_"))
        if found is None:
            raise Refused(f"Champ inconnu : « {name[:60]} ». Voyez « document <nom> ».")
        if not said.strip():
            raise Refused(f"Il manque la valeur : « champ {found.id} <valeur> », ou « inconnu ».")
        return FillFields((Filled(found.id, found.label, read_answer(found, said.strip())),))

    def document(self, rest: str, crisis: Crisis) -> list[Block]:
        """« document »: the list; « document <nom> »: its text, and what it still needs."""
        fresh, head = self.service.standing(crisis.id)
        known = Known(fresh, self.service.now(), head)
        documents = self.documents()
        listed = concerning(tuple(documents.templates.values()), known)
        if not rest:
            titles = [f"{one.template.id} : {one.template.head.title}" for one in listed]
            return [section(user(one)) for one in titles]
        name = rest.rpartition(" ")[0] if fold(rest).split(" ")[-1] in _FILES else rest
        template = called(documents, [one.template for one in listed], name)
        if name != rest:
            raise Refused(
                f"Ici, faites : tocsin document {crisis.id} {template.id} --output DOSSIER"
            )
        made = draft(template, known)
        left = [f"À compléter : {one}" for one in made.left]
        files = f"Les fichiers : tocsin document {crisis.id} {template.id} --output DOSSIER"
        return [section(escape(seen(one))) for one in (*made.md.split("\n\n"), *left, files)]


def _one(number: str) -> int:
    """The one entry number of a request."""
    found = numbers(number)
    if len(found) != 1:
        raise Refused("Indiquez la ligne de la demande : « effacer confirmer 40 ».")
    return found[0]
