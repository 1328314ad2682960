"""Files of ``playbooks/documents/`` → templates that can be filled, and every fault with its line.

- ``*.md``: one document each, YAML front matter then Markdown with Jinja2;
- ``champs.yaml``: the fields that several documents ask; ``mises-en-garde.yaml``: words that make
  who signs read again.
- A name that no crisis could ever fill is refused with the nearest known one and the list.
- A contact is the hospital's own: one that its file does not have is a warning, and prints as
  « à compléter ».

``DocumentShelf`` keeps serving the last good version of each file when a new one is bad.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from bot.core.crisis import Crisis
from bot.core.french import joined
from bot.core.playbook import Plan, Playbook
from bot.drafts.data import Known, at, tree, with_own
from bot.drafts.engine import CLOSE, OPEN
from bot.drafts.names import Problem, names, problems
from bot.drafts.template import Field, Head, SharedFields, Template
from bot.errors import BadFile, Refused
from bot.library.blocks import split_front
from bot.library.cautions import CAUTIONS, Cautions, load_cautions
from bot.library.checks import Checker
from bot.library.faults import Fault, fault_of, nearest, quoted
from bot.library.french import fold, words
from bot.library.marked_yaml import Marked, Place, parse, read_text
from bot.library.playbooks import Plans, load_plans, shown_name
from bot.library.typed import build

FOLDER: Final = "documents"
FIELDS: Final = "champs.yaml"
_FIELD_ID: Final = re.compile(r"[a-z][a-z0-9_]*")
_SHORT: Final = 30
#: As many documents as a refusal names; beyond, a list of them is asked for.
_FEW: Final = 6
_ALONE: Final = "Le mot « document », seul, les montre tous."
"""Longest list of known names that a fault writes out."""
_CONTACTS: Final = "etablissement.contacts"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Documents:
    """The templates that can be filled, by id, and what is wrong in the files."""

    templates: Mapping[str, Template] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    cautions: Cautions = field(default_factory=Cautions)
    faults: tuple[Fault, ...] = ()

    def field(self, field_id: str) -> Field | None:
        """A field by its id, shared or of one document."""
        own = (one.field(field_id) for one in self.templates.values())
        return self.fields.get(field_id) or next((one for one in own if one is not None), None)


def load_documents(
    folder: Path, plans: Plans | None = None, previous: Documents | None = None
) -> Documents:
    """Read ``folder/documents``; what is bad now is taken from ``previous``, and told."""
    place, previous = folder / FOLDER, previous or Documents()
    plan = _whole_plan(plans if plans is not None else load_plans(folder))
    ground = None if plan is None else _Ground.of(plan)
    if not place.is_dir():
        return Documents()
    raw, fields, faults = _shared(folder, place / FIELDS)
    # Without the shared fields each use of one would be a fault: one cause, one message.
    lost = bool(faults) and not raw
    cautions, found = load_cautions(place / CAUTIONS, shown_name(folder, place / CAUTIONS))
    faults += found
    kept = {one.path: one for one in previous.templates.values()}
    templates: dict[str, Template] = {}
    for file in sorted(place.glob("*.md")):
        shown = shown_name(folder, file)
        template, found = (None, []) if lost else _template(file, shown, raw, ground)
        faults += found
        template = template or kept.get(shown)
        if template is not None:
            templates.setdefault(template.id, template)
    return Documents(
        templates, fields or previous.fields, cautions or previous.cautions, tuple(faults)
    )


def _whole_plan(plans: Plans) -> Plan | None:
    """One plan with the questions and steps of all playbooks, and every source of the house."""
    found = list(plans.plans.values())
    if not found:
        return None
    questions = {one.id: one for plan in found for one in plan.playbook.questions}
    phases = tuple(phase for plan in found for phase in plan.playbook.phases)
    book = Playbook("", "", "", "", phases, questions=tuple(questions.values()))
    return replace(found[0], playbook=book, sources=plans.shared["sources.yaml"].sources)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every template is checked against: a plan, and its names before anything happened."""

    plan: Plan
    known: Known
    values: Mapping[str, Any]

    @classmethod
    def of(cls, plan: Plan) -> "_Ground":
        """The names of a plan, worked out once for all templates."""
        known = Known(Crisis("", plan), _NEVER)
        return cls(plan, known, tree(known))


def known_names(plan: Plan, template: Template | None = None) -> tuple[str, ...]:
    """Every name that a template may use with this plan."""
    return tuple(names(tree(Known(Crisis("", plan), _NEVER), template)))


# -- one file -------------------------------------------------------------------------------------


def _shared(folder: Path, file: Path) -> tuple[dict[str, Any], dict[str, Field], list[Fault]]:
    """Fields of ``champs.yaml``: as data to put in the heads, as fields, and the faults."""
    if not file.exists():
        return {}, {}, []
    shown = shown_name(folder, file)
    try:
        marked = parse(read_text(file, shown), shown)
    except BadFile as error:
        return {}, {}, [fault_of(error)]
    made, faults = build(SharedFields, marked, shown)
    if made is None:
        return {}, {}, list(faults)
    check = Checker(shown, marked)
    _check_fields(check, made.fields)
    raw = {one["id"]: one for one in marked.data["fields"]}
    return raw, {one.id: one for one in made.fields}, check.faults


def _check_fields(check: Checker, fields: Sequence[Field]) -> None:
    """Ids fit in a template, choices come with their kind, each id is written once."""
    seen: set[str] = set()
    for n, one in enumerate(fields):
        place: Place = ("fields", n)
        if not _FIELD_ID.fullmatch(one.id):
            hint = "lettres a-z sans accent, chiffres et soulignés"
            check.fault((*place, "id"), f"identifiant {quoted(one.id)} refusé\u00a0: {hint}")
        if one.id in seen:
            check.fault((*place, "id"), f"champ {quoted(one.id)} écrit deux fois")
        seen.add(one.id)
        if (one.kind == "choice") != bool(one.choices):
            told = "«\u00a0choices\u00a0» va avec «\u00a0kind: choice\u00a0», et seulement avec lui"
            check.fault((*place, "choices"), told)


def _template(
    file: Path, shown: str, shared: Mapping[str, Any], ground: _Ground | None
) -> tuple[Template | None, list[Fault]]:
    """One template, or its faults; warnings keep it."""
    try:
        text = read_text(file, shown)
        front, body, first = split_front(text, shown)
        marked = parse(front, shown, 2)
    except BadFile as error:
        return None, [fault_of(error)]
    marked, check = _expanded(marked, shared, shown)
    head, faults = build(Head, marked, shown)
    if head is None:
        return None, [*check.faults, *faults]
    made = Template(head, body, sha256(text.encode()).hexdigest(), shown, first)
    _check_head(check, made, file.stem)
    if ground is not None:
        values = with_own(ground.values, made, ground.known)
        _check_plan(check, head, ground.plan)
        check.faults += _check_text(made, values)
        _check_known(check, made, {**values, "champ": {}})
    wrong = any(not one.warning for one in check.faults)
    return (None if wrong else made), check.faults


def _expanded(marked: Marked, shared: Mapping[str, Any], shown: str) -> tuple[Marked, Checker]:
    """The front matter with shared fields in place of their ids, and ``for`` under its field."""
    check = Checker(shown, marked)
    if not isinstance(marked.data, dict):
        return marked, check
    data = {("bound" if key == "for" else key): one for key, one in marked.data.items()}
    listed = data.get("fields")
    if isinstance(listed, list):
        for n, one in enumerate(listed):
            if isinstance(one, str) and one not in shared:
                told = f"champ inconnu de {FIELDS}\u00a0: {quoted(one)}.{nearest(one, shared)}"
                check.fault(("fields", n), told)
        found = (shared.get(one) if isinstance(one, str) else one for one in listed)
        data["fields"] = [one for one in found if one is not None]
    spans = {
        (("bound", *place[1:]) if place[:1] == ("for",) else place): lines
        for place, lines in marked.spans.items()
    }
    return Marked(data, spans), check


def _check_head(check: Checker, made: Template, stem: str) -> None:
    """The id is the file's name; no character of ours stands in the text."""
    if made.id != stem:
        check.fault(("id",), f"l'identifiant {quoted(made.id)} doit être le nom du fichier")
    _check_fields(check, made.head.fields)
    if OPEN in made.text or CLOSE in made.text:
        check.fault((), "caractère réservé (U+E000 ou U+E001) dans le texte")


def _check_plan(check: Checker, head: Head, plan: Plan) -> None:
    """Roles, duty, steps and sources are those of the house."""
    roles = {one.id for one in plan.cell.roles}
    check.known(("prepared_by",), "rôle", [head.prepared_by], roles)
    check.known(("signer",), "rôle", [head.signer], roles)
    if head.duty is not None:
        duties = {one.id for one in plan.obligations.duties}
        check.known(("duty",), "obligation", [head.duty], duties)
    check.known(("steps",), "étape", head.steps, {one.id for one in plan.playbook.steps})
    check.known(("sources",), "source", head.sources, {one.id for one in plan.sources})


def _check_known(check: Checker, made: Template, values: Mapping[str, Any]) -> None:
    """What a field takes as known is a name of the list, fields aside."""
    for n, one in enumerate(made.head.fields):
        if one.known and not _is_contact(one.known) and _is_branch(at(one.known, values)):
            told = _told(Problem(0, "nom inconnu", one.known, tuple(names(values))))
            check.fault(("fields", n, "known"), f"champ {quoted(one.id)}, known\u00a0: {told}")


def _is_branch(value: Any) -> bool:
    """Whether it is no value that a field could take."""
    return value is None or isinstance(value, Mapping)


def _check_text(made: Template, values: Mapping[str, Any]) -> Iterator[Fault]:
    """Every word of the text, against the names that there are."""
    for one in problems(made.text, values):
        line = made.first_line + one.line - 1
        yield Fault(made.path, line, _told(one), warning=_is_contact(one.word))


def _is_contact(word: str) -> bool:
    return word.startswith((f"{_CONTACTS}.", f"{_CONTACTS}["))


def _told(one: Problem) -> str:
    """A problem in words: the unknown name, the nearest one, the list."""
    if not one.word:
        return one.message
    told = f"{one.message}\u00a0: {quoted(one.word)}."
    close = _nearest(one.word, one.known)
    listed = ", ".join(one.known[:_SHORT]) + ("…" if len(one.known) > _SHORT else "")
    return f"{told}{close}" + (f" Noms connus\u00a0: {listed}." if listed else "")


def _nearest(word: str, known: Collection[str]) -> str:
    """The nearest known name, by its last part when the list is of last parts."""
    last = word.rpartition(".")[2]
    found = nearest(word, known) or nearest(last, known)
    return found if "Vouliez-vous" in found else nearest(last, known).partition(" Possibles")[0]


def matching(templates: Sequence[Template], text: str) -> list[Template]:
    """The templates that a few words call: one by its id, else those that hold all the words."""
    wanted = fold(text).replace("_", "-").strip()
    exact = [one for one in templates if wanted in (one.id, fold(one.head.title))]
    if exact:
        return exact
    said = set(words(text))
    found = [one for one in templates if said and said <= set(words(f"{one.id} {one.head.title}"))]
    if found:
        return found
    names = {name: one for one in templates for name in (one.id, fold(one.head.title))}
    close = get_close_matches(wanted, list(names), n=1, cutoff=0.6)
    return [names[one] for one in close]


def called(documents: Documents, offered: Sequence[Template], text: str) -> Template:
    """The one document of ``offered`` that a few words call, or ``Refused`` with the names.

    A document that this crisis does not have is never taken for its neighbour.
    """
    found = matching(tuple(documents.templates.values()), text)
    kept = [one for one in offered if one in found]
    if len(kept) == 1:
        return kept[0]
    names = ", ".join(quoted(one.id) for one in (kept or offered)[:_SHORT])
    if found and not kept:
        title = found[0].head.title
        raise Refused(
            f"{quoted(title)} ne concerne pas cette crise, d'après le statut et les options de "
            f"l'établissement. Documents\u00a0: {names}."
        )
    if not kept:
        shown = f"Documents\u00a0: {names}." if len(offered) <= _FEW else _ALONE
        raise Refused(f"Aucun document {quoted(text[:60])}. {shown}")
    listed = joined([f"{quoted(one.head.title)} ({one.id})" for one in kept[:_SHORT]], "ou")
    raise Refused(f"Plusieurs documents répondent à {quoted(text[:60])}\u00a0: {listed}. Précisez.")


class DocumentShelf:
    """The templates on offer, read at the first need and again when a file changes."""

    def __init__(self, folder: Path, plans: Callable[[], Plans] | None = None) -> None:
        """Nothing is read yet; ``plans`` gives those that were read already."""
        self._folder = folder
        self._plans = plans
        self._held: Documents | None = None

    @property
    def held(self) -> Documents:
        """Templates, fields, cautions and faults together."""
        return self._held if self._held is not None else self.reload()

    def reload(self) -> Documents:
        """Read the folder again; a bad file never replaces a good one."""
        plans = self._plans() if self._plans is not None else None
        self._held = load_documents(self._folder, plans, self._held)
        return self._held
