"""A CACAO 2.0 file as a playbook of Tocsin, and in words what could not be taken over.

- A file that Tocsin exported comes back as it was: names and texts from CACAO's own properties (so
  that a correction made elsewhere counts), the rest from our extension.
- Any other file gives a draft: actions in their order, conditions as questions, agents as the
  nearest roles.  What has no place is listed; commands for machines become texts for people.

Nothing is run, nothing is fetched, signatures are not verified.
"""

from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.cacao.exporting import STEP_PROPERTIES, TARGET
from bot.cacao.naming import EXTENSION, SPEC
from bot.cacao.walking import Found, Walk
from bot.cacao.words import quoted, slug, text_of
from bot.core.french import joined, plural
from bot.errors import BadFile

#: What a file may say that has no place in a playbook of Tocsin.
_IGNORED: Final[Mapping[str, str]] = {
    "playbook_types": "types",
    "playbook_activities": "activités",
    "valid_from": "date de début de validité",
    "valid_until": "date de fin de validité",
    "derived_from": "playbooks d'origine",
    "related_to": "objets liés",
    "priority": "priorité",
    "severity": "gravité",
    "impact": "impact",
    "markings": "marquages de diffusion",
    "data_marking_definitions": "définitions des marquages",
    "workflow_exception": "étape d'exception",
    "authentication_info_definitions": "authentifications",
    "target_definitions": "cibles",
    "signatures": "signatures, non vérifiées",
}
_STEP_IGNORED: Final[Mapping[str, str]] = {
    "delay": "délai d'attente",
    "timeout": "durée maximale",
    "targets": "cibles",
    "in_args": "arguments d'entrée",
    "out_args": "arguments de sortie",
    "step_variables": "variables",
    "owner": "propriétaire",
    "on_failure": "suite en cas d'échec",
}
_STATUSES: Final = ["eps", "espic", "clinique"]
_YEAR: Final = 366 * 24 * 60
"""A target of more minutes than this is no target."""
_LONG: Final = 12
"""A phase of more steps than this is worth cutting."""


@dataclass(frozen=True, slots=True)
class House:
    """What of this establishment an import is held against."""

    roles: Mapping[str, str]
    """Title of each role, by id."""
    sources: frozenset[str]
    usual: str
    """Role of a step whose agent is nobody of the cell."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A playbook as its file will say it, and what the author should know."""

    data: Mapping[str, Any]
    remarks: tuple[str, ...]


def imported(document: object, house: House, path: str) -> Imported:
    """The playbook in a CACAO document; ``BadFile`` when it is none, or none of version 2.0."""
    if not isinstance(document, dict) or document.get("type") != "playbook":
        raise BadFile(path, 0, "ce n'est pas un playbook CACAO")
    if document.get("spec_version") != SPEC:
        given = text_of(document.get("spec_version")) or "inconnue"
        raise BadFile(path, 0, f"version de CACAO {given}\u00a0: seule {SPEC} est lue")
    workflow = document.get("workflow")
    if not isinstance(workflow, dict):
        raise BadFile(path, 0, "ce playbook n'a pas de déroulé («\u00a0workflow\u00a0»)")
    walk = Walk(workflow, path)
    walk.follow(document.get("workflow_start"), (), {})
    if not walk.found:
        raise BadFile(
            path, 0, "aucune étape ne se suit depuis le départ («\u00a0workflow_start\u00a0»)"
        )
    return _Import(document, walk, house).done()


class _Import:
    """One import while it is being made."""

    def __init__(self, document: Mapping[str, Any], walk: Walk, house: House) -> None:
        self._document = document
        self._walk = walk
        self._house = house
        self._remarks: list[str] = []
        self._ids: dict[str, str] = {}
        self._whole = _dict(_dict(document.get("playbook_extensions")).get(EXTENSION))

    def done(self) -> Imported:
        """The whole playbook."""
        for one in self._walk.found:
            self._name(one)
        steps = {self._ids[one.name]: self._step(one) for one in self._walk.found}
        title = text_of(self._document.get("name")) or "Playbook importé"
        name = slug(text_of(self._whole.get("playbook_id"))) or slug(title) or "importe"
        data = {
            "id": name,
            "title": title,
            "version": text_of(self._whole.get("version"))
            or text_of(self._document.get("modified"))[:10]
            or "1",
            "summary": text_of(self._document.get("description")) or title,
            "hints": _texts(self._document.get("labels")),
            "questions": self._questions(),
            "phases": self._phases(steps),
        }
        return Imported({key: one for key, one in data.items() if one}, tuple(self._said()))

    def _name(self, one: Found) -> None:
        """Give an action its id: its own when it has one, else made of its title."""
        wanted = slug(text_of(_own(one).get("step_id"))) or slug(text_of(one.raw.get("name")))
        wanted = wanted or "etape"
        taken, name, n = set(self._ids.values()), wanted, 2
        while name in taken:
            name, n = f"{wanted}-{n}", n + 1
        self._ids[one.name] = name

    def _step(self, one: Found) -> dict[str, Any]:
        """One action as a step of the file, in the order in which a person writes it."""
        own = _own(one)
        title = text_of(one.raw.get("name")) or self._ids[one.name]
        if own:
            after, when = own.get("waits_for"), own.get("when_answers")
        else:
            after, when = [self._ids[each] for each in one.after], dict(one.when)
        more = {field: own.get(name) for field, name in STEP_PROPERTIES.items() if own.get(name)}
        if more.get("bound") == _STATUSES:
            del more["bound"]
        more["outcomes"] = [_outcome(each) for each in _list(more.get("outcomes"))]
        step = {
            **more,
            "id": self._ids[one.name],
            "title": title,
            "role": self._role(one, own),
            "within": _minutes(own.get(TARGET)),
            "after": after,
            "when": when,
            "text": self._text(one, own) or title,
            "sources": self._sources(one, title),
        }
        self._note(one, title, own)
        return {key: step[key] for key in _ORDER if step.get(key)}

    def _role(self, one: Found, own: Mapping[str, Any]) -> str:
        """The role of a step: its own, else that whose title is the agent's, else the usual one."""
        roles = self._house.roles
        if text_of(own.get("role_id")) in roles:
            return text_of(own.get("role_id"))
        agent = _dict(
            _dict(self._document.get("agent_definitions")).get(text_of(one.raw.get("agent")))
        )
        name = text_of(agent.get("name"))
        for role, title in roles.items():
            if name.casefold() in {title.casefold(), role}:
                return role
        told = quoted(name) if name else "non précisé"
        usual = roles.get(self._house.usual, self._house.usual)
        self._remarks.append(f"Exécutant {told}\u00a0: étapes confiées à {quoted(usual)}.")
        return self._house.usual

    def _text(self, one: Found, own: Mapping[str, Any]) -> str:
        """What to do: the commands as texts, under the description when it says more."""
        commands = [_dict(each) for each in _list(one.raw.get("commands"))]
        parts = [_command(each) for each in commands]
        if not own:
            parts.insert(0, text_of(one.raw.get("description")))
        if one.raw.get("type") == "playbook-action":
            parts.append("Déroulez le playbook que cette étape appelle, puis revenez ici.")
        machine = sorted({text_of(each.get("type")) for each in commands} - {"manual", ""})
        if machine:
            told = f"commandes {joined(machine)} recopiées en texte, rien n'est exécuté"
            self._remarks.append(f"{quoted(text_of(one.raw.get('name')))}\u00a0: {told}.")
        parts = [part for part in parts if part.strip()]
        return parts[0] if len(parts) == 1 else "\n\n".join(part.strip() for part in parts)

    def _sources(self, one: Found, title: str) -> list[str]:
        """The sources of a step that the house knows; the others are told."""
        references = [_dict(each) for each in _list(one.raw.get("external_references"))]
        known, own = [], _texts(_own(one).get("source_ids"))
        for reference in references:
            name = text_of(reference.get("external_id"))
            if name in self._house.sources:
                known.append(name)
            else:
                said = text_of(reference.get("name")) or name or "sans nom"
                self._remarks.append(f"{quoted(title)}\u00a0: source à ajouter, {quoted(said)}.")
        return [each for each in own if each in self._house.sources] or known

    def _note(self, one: Found, title: str, own: Mapping[str, Any]) -> None:
        """Say what of an action is left behind."""
        left = [label for key, label in _STEP_IGNORED.items() if one.raw.get(key)]
        others = set(_dict(one.raw.get("step_extensions"))) - {EXTENSION}
        left += ["extensions d'autres outils"] if others else []
        if left:
            self._remarks.append(f"{quoted(title)}\u00a0: non repris, {joined(left)}.")

    def _questions(self) -> list[dict[str, Any]]:
        """The questions of the extension, else those that conditions put."""
        own = [_dict(one) for one in _list(self._whole.get("questions"))]
        if own:
            return [{key: each for key, each in one.items() if each} for one in own]
        variables = _dict(self._document.get("playbook_variables"))
        said = {
            slug(name): text_of(_dict(one).get("description")) for name, one in variables.items()
        }
        return [
            {"id": name, "ask": said.get(name) or asked.ask, "choices": list(asked.choices)}
            for name, asked in self._walk.questions.items()
        ]

    def _phases(self, steps: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The phases of the extension; what is in none of them goes into one of its own."""
        rest = dict(steps)
        phases = []
        for one in map(_dict, _list(self._whole.get("phases"))):
            mine = [rest.pop(name) for name in _texts(one.get("step_ids")) if name in rest]
            phase = {"id": one.get("phase_id"), "title": one.get("title"), "aim": one.get("aim")}
            if mine:
                phases.append({**{key: each for key, each in phase.items() if each}, "steps": mine})
        if rest:
            phases.append({"id": "importe", "title": "Étapes importées", "steps": [*rest.values()]})
            if len(rest) > _LONG:
                told = f"{plural(len(rest), 'étape')} dans une seule phase"
                self._remarks.append(f"{told}\u00a0: découpez-la, une phase est un message.")
        return phases

    def _said(self) -> Iterator[str]:
        """Every remark, each once: about the whole, the workflow, then the steps."""
        left = [label for key, label in _IGNORED.items() if self._document.get(key)]
        others = set(_dict(self._document.get("playbook_extensions"))) - {EXTENSION}
        left += ["extensions d'autres outils"] if others else []
        said: list[str] = []
        if self._document.get("revoked"):
            said.append("Son auteur l'a révoqué\u00a0: demandez-vous s'il faut encore s'en servir.")
        if left:
            said.append(f"Non repris du playbook\u00a0: {joined(left)}.")
        if not self._whole:
            said += self._walk.remarks
            if self._walk.questions:
                said.append("Questions sans réponse\u00a0: les deux voies restent en vue.")
        lost = self._walk.lost()
        if lost:
            said.append(f"Étapes que rien n'atteint, non reprises\u00a0: {joined(lost)}.")
        yield from dict.fromkeys((*said, *self._remarks))


_ORDER: Final = (
    "id", "ref", "title", "role", "within", "after", "when", "duty", "document", "instants",
    "two_persons", "bound", "text", "never", "if_impossible", "evidence", "outcomes", "asks",
    "sources",
)  # fmt: skip


def _own(one: Found) -> Mapping[str, Any]:
    """What our extension says of an action."""
    return _dict(_dict(one.raw.get("step_extensions")).get(EXTENSION))


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [one for one in _list(value) if isinstance(one, str)]


def _outcome(value: object) -> object:
    """An outcome as it is written shortest."""
    one = _dict(value)
    return one.get("label") if one and not one.get("settles") else value


def _minutes(value: Any) -> str:
    """A target as the files write it."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return f"{value} min" if whole and 0 < value <= _YEAR else ""


def _command(command: Mapping[str, Any]) -> str:
    """A command as a text for a person; what is not for a person is shown as it is."""
    text = command.get("command")
    if not isinstance(text, str):
        text = _decoded(command.get("command_b64"))
    text = text or text_of(command.get("description"))
    kind = text_of(command.get("type"))
    if kind in {"manual", ""} or not text:
        return text
    return f"Commande {kind}, à faire relire avant de s'en servir\u00a0:\n\n{_fenced(text)}"


def _fenced(text: str) -> str:
    lines: Iterable[str] = text.strip().splitlines()
    return "\n".join(["```", *(line.replace("```", "'''") for line in lines), "```"])


def _decoded(value: object) -> str:
    """The text of a command in base64; nothing when it is none."""
    try:
        return b64decode(text_of(value), validate=True).decode()
    except (BadBase64, UnicodeDecodeError, ValueError):
        return ""
