"""The screens of the authors: a playbook, one of its steps, what changes, publishing.

They are one modal that turns from screen to screen: each asks what to do next, and sending it turns
to the screen that was chosen, so that every client can follow (not all of them send a button that
is pressed within a form).  What is typed is kept in the author's draft as they go, and closing the
modal loses nothing that was kept.  A field left empty counts as left as it was; « aucun » takes a
value away.  The choice of each screen has an action id of its own: Slack would keep what was chosen
on the screen before.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bot.authoring.bench import Draft
from bot.authoring.manuscript import Value, cleaned
from bot.core.french import plural
from bot.core.playbook import Plan
from bot.grammar import fold
from bot.library.faults import Fault
from bot.library.typed import duration
from bot.slack.adoption import change_blocks
from bot.slack.blocks import (
    Block,
    context,
    field,
    modal,
    option,
    paragraphs,
    radio,
    section,
    select,
    text_input,
    user,
    width,
)
from bot.slack.values import Values, WrongField, metadata

MENU: Final = "playbook:menu"
STEP: Final = "playbook:step"
NEW: Final = "playbook:new"
PUBLISH: Final = "playbook:publish"
_NONE: Final = frozenset({"aucun", "aucune", "-", "rien"})
_LONGEST: Final = 3000
#: A dash that stood at the head of a line: nobody types one so.
_GLUED: Final = re.compile(r"(?<=\S)- (?=\S)")
_TITLE: Final = 150
_SHOWN: Final = 12
_STAY: Final = "-"
#: What a screen lets one do: the screen, or the deed, that follows.
BACK: Final = "menu"
EDIT: Final = "etape"
ADD: Final = "ajouter"
LOOK: Final = "voir"
GO: Final = "publier"
LEAVE: Final = "abandonner"
DROP: Final = "effacer"
AGAIN: Final = "repartir"
#: What becomes of a step.
KEEP: Final = "garder"
RETIRE: Final = "retirer"


# -- the modal ---------------------------------------------------------------------------------


def menu_view(draft: Draft, plan: Plan, changed: Sequence[str], note: str = "") -> Block:
    """The playbook: where the draft stands, what can be done, and to which step."""
    book = plan.playbook
    state = plural(len(changed), "changement") + " dans votre brouillon, à publier."
    if not draft.changed:
        state = "Rien à publier pour l'instant : choisissez une étape."
    blocks = [section(f"*{user(note, 300)}*")] if note else []
    blocks.append(section(f"*{user(book.title, 150)}*, version {user(book.version, 60)}\n{state}"))
    if draft.overtaken:
        blocks.append(section("⚠️ *Le fichier a changé depuis votre brouillon.* Voyez « Publier »."))
    doings = [option("Modifier une étape", EDIT), option("Ajouter une étape", ADD)]
    if draft.changed:
        doings += [
            option("Voir ce qui change", LOOK),
            option("Publier", GO),
            option("Abandonner mon brouillon", LEAVE),
        ]
    steps = [option(_named(step), step["id"]) for step in _steps(draft)]
    blocks += [
        field("do", "Que voulez-vous faire ?", radio("menu", doings, doings[0])),
        field(
            "step",
            "Quelle étape ?",
            select("v", steps, hint="Choisir une étape…"),
            optional=True,
            hint="Seulement pour « Modifier une étape ».",
        ),
    ]
    return _turning("Modifier", blocks, draft, EDIT)


def step_view(draft: Draft, plan: Plan, step_id: str, learned: Sequence[str]) -> Block:
    """One step: its words, its role, its target, its proof, its place, and what becomes of it."""
    step = draft.manuscript.step(step_id)
    blocks = [section(f"*{user(_named(step), 200)}*")]
    blocks += [context(user(one, 600)) for one in learned]
    blocks.append(context("Ce que vous laissez vide reste comme avant."))
    text = str(step.get("text") or "").strip("\n")
    if len(text) <= _LONGEST:
        blocks += _wording(str(step["title"]), text)
    else:
        blocks += _wording(str(step["title"]), None)
        blocks.append(context("Son texte est trop long pour Slack : changez-le dans le fichier."))
    becomes = [
        option("Garder mes changements", KEEP),
        option("Revenir sans rien garder", BACK),
        option("Retirer cette étape du playbook", RETIRE),
    ]
    blocks += [
        *_who_and_when(plan, str(step["role"]), str(step.get("within") or "")),
        _proof(_listed(step)),
        field("place", "Place", _places(draft, step_id), optional=True),
        field(
            "do",
            "Que voulez-vous en faire ?",
            radio("step", becomes, becomes[0]),
            hint="Retirée, son identifiant ne resservira pas ; les étapes qui l'attendent ne "
            "l'attendront plus.",
        ),
    ]
    meta = metadata(playbook=draft.playbook, step=step_id)
    return modal(STEP, "Modifier une étape", blocks, submit="Valider", metadata=meta)


def new_view(draft: Draft, plan: Plan) -> Block:
    """A step to add, after one that exists."""
    blocks = [
        *_wording("", ""),
        *_who_and_when(plan, "", ""),
        _proof(""),
        field("place", "Place", select("v", _after_options(draft), hint="Après…")),
        context("« Fermer » n'ajoute rien. Votre brouillon reste tel quel."),
    ]
    meta = metadata(playbook=draft.playbook)
    return modal(NEW, "Ajouter une étape", blocks, submit="Garder", metadata=meta)


def changes_view(draft: Draft, changed: Sequence[str], faults: Sequence[Fault]) -> Block:
    """What the draft changes, in words, and what would stop its publication."""
    if faults:
        return _to_mend("Ce qui change", draft, changed, faults)
    following = [option("Publier", GO), option("Revenir au playbook", BACK)]
    blocks = [*change_blocks(changed), _following("look", following)]
    return _turning("Ce qui change", blocks, draft, GO)


def publish_view(draft: Draft, changed: Sequence[str], faults: Sequence[Fault]) -> Block:
    """The last look, the reason, « Publier »; with a fault, what to mend instead."""
    if faults:
        return _to_mend("Publier", draft, changed, faults)
    blocks = [
        *change_blocks(changed),
        field(
            "text",
            "Raison",
            text_input("v", multiline=True, limit=500),
            hint="Ce que le prochain auteur doit savoir : exercice, crise, texte nouveau.",
        ),
        context(
            "Les crises en cours gardent leur version jusqu'à ce qu'elles décident d'adopter "
            "celle-ci. « Fermer » ne publie rien et garde votre brouillon."
        ),
    ]
    meta = metadata(playbook=draft.playbook)
    return modal(PUBLISH, "Publier", blocks, submit="Publier", metadata=meta)


def leave_view(draft: Draft, changed: Sequence[str]) -> Block:
    """What would be lost with the draft, before it is."""
    following = [option("Garder mon brouillon", BACK), option("L'effacer", DROP)]
    blocks = [
        section("*Effacer votre brouillon ?* Le playbook publié reste comme il est."),
        *change_blocks(changed, "Ce qui serait perdu"),
        _following("leave", following),
    ]
    return _turning("Abandonner", blocks, draft, BACK)


def overtaken_view(draft: Draft, theirs: Sequence[str], mine: Sequence[str]) -> Block:
    """Somebody changed the file meanwhile: both changes, side by side, and nothing overwritten."""
    following = [option("Garder mon brouillon", BACK), option("Repartir du fichier", AGAIN)]
    blocks = [
        section("*Le fichier a changé depuis votre brouillon. Rien n'a été publié.*"),
        *change_blocks(theirs, "Dans le fichier, depuis"),
        *change_blocks(mine, "Dans votre brouillon"),
        context(
            "« Repartir du fichier » vous envoie votre brouillon en privé, puis rouvre le playbook "
            "tel qu'il est publié : reprenez-y vos changements."
        ),
        _following("overtaken", following),
    ]
    return _turning("Conflit", blocks, draft, BACK)


# -- reading -----------------------------------------------------------------------------------


def read_words(values: Values, held: Mapping[str, Any]) -> dict[str, Value]:
    """The keys that a form gives a step, or ``WrongField``; ``held`` is what they were."""
    title = cleaned(values.text("title", str(held.get("title") or "")).replace("\n", " ")).strip()
    if not title:
        raise WrongField("title", "Il manque le titre.")
    before = str(held.get("text") or "")
    text = cleaned(_lines_again(values.text("text", before), before))
    if not text.strip():
        raise WrongField("text", "Il manque le texte : ce qu'il faut faire, à l'impératif.")
    role = values.text("role", str(held.get("role") or ""))
    if not role:
        raise WrongField("role", "Choisissez le rôle.")
    return {
        "title": title,
        "role": role,
        "within": _target(values, str(held.get("within") or "")),
        "text": text,
        "evidence": _items(values, _listed(held)),
    }


def following(values: Values, carried: Mapping[str, str]) -> tuple[str, str]:
    """What was chosen on a screen, and the step that it is about; ``WrongField`` for none."""
    chosen = values.text("do", carried.get("do", BACK))
    step = values.text("step") if chosen == EDIT else ""
    if chosen == EDIT and not step:
        raise WrongField("step", "Choisissez l'étape à modifier.")
    return chosen, step


def becoming(values: Values) -> str:
    """What becomes of a step: ``KEEP``, ``BACK`` (nothing of it) or ``RETIRE``."""
    return values.text("do", KEEP)


def place_of(values: Values) -> tuple[str, str]:
    """Where the step goes: after that step, or at the head of that phase; nothing when it stays."""
    chosen = values.text("place", _STAY)
    kind, _, name = chosen.partition(":")
    return (name, "") if kind == "after" else ("", name) if kind == "head" else ("", "")


def _target(values: Values, before: str) -> str | None:
    typed = values.text("within", before).strip()
    if not typed or fold(typed) in _NONE:
        return None
    if duration(typed) is None:
        raise WrongField("within", "Durée illisible. Exemples : 30 min, 2 h, 1 h 30, 3 j, aucun.")
    return typed


def _items(values: Values, before: str) -> list[str]:
    typed = _lines_again(values.text("evidence", before), before)
    if fold(typed.strip()) in _NONE:
        return []
    found = (cleaned(one).strip().removeprefix("-").strip() for one in typed.splitlines())
    return [one for one in found if one]


def _listed(step: Mapping[str, Any]) -> str:
    """The proofs of a step, one a line."""
    return "\n".join(f"- {one}" for one in step.get("evidence") or ())


def _lines_again(typed: str, before: str) -> str:
    """What was typed, a line for each dash again if the client ran the lines together.

    Some clients show any text in a field of one line, and send it back without its line ends.
    """
    ran_together = "\n" in before.strip() and "\n" not in typed.strip()
    return _GLUED.sub("\n- ", typed) if ran_together else typed


# -- pieces ------------------------------------------------------------------------------------


def _turning(
    title: str, blocks: list[Block], draft: Draft, usual: str, submit: str = "Continuer"
) -> Block:
    """A screen that leads to another; ``usual`` is where, when nothing is chosen."""
    meta = metadata(playbook=draft.playbook, do=usual)
    return modal(MENU, title, blocks, submit=submit, metadata=meta)


def _following(screen: str, options: list[Block]) -> Block:
    return field("do", "Et maintenant ?", radio(screen, options, options[0]))


def _to_mend(title: str, draft: Draft, changed: Sequence[str], faults: Sequence[Fault]) -> Block:
    """What the draft changes, and why it cannot be published as it is."""
    blocks = [*change_blocks(changed), *_fault_blocks(faults)]
    return _turning(title, blocks, draft, BACK, "Revenir")


def _steps(draft: Draft) -> Iterator[Mapping[str, Any]]:
    """The steps of the draft, in order."""
    for phase in draft.manuscript.data["phases"]:
        yield from phase["steps"]


def _named(step: Mapping[str, Any]) -> str:
    return f"{step.get('ref') or ''} {step.get('title') or step['id']}".strip()


def _room(held: str, usual: int) -> int:
    """How much a field takes: what is there already is never cut by being shown."""
    return min(max(usual, width(held)), 3000)


def _wording(title: str, text: str | None) -> Iterator[Block]:
    yield field("title", "Titre", text_input("v", initial=title, limit=_room(title, _TITLE)))
    if text is not None:
        yield field(
            "text",
            "Ce qu'il faut faire",
            text_input("v", initial=text, multiline=True, limit=_LONGEST),
            hint="Un geste par ligne, précédé d'un tiret ; **gras** pour ce qui compte.",
        )


def _who_and_when(plan: Plan, role: str, within: str) -> Iterator[Block]:
    roles = [option(one.title, one.id) for one in plan.cell.roles]
    held = next((one for one in roles if one["value"] == role), None)
    yield field("role", "Rôle", select("v", roles, held))
    yield field(
        "within",
        "Objectif depuis l'ouverture",
        text_input("v", initial=within, limit=20),
        optional=True,
        hint="30 min, 2 h, 1 h 30, 3 j ; « aucun » le retire. Jamais un délai légal.",
    )


def _proof(evidence: str) -> Block:
    return field(
        "evidence",
        "Preuves à garder",
        text_input("v", initial=evidence, multiline=True, limit=_room(evidence, 1000)),
        optional=True,
        hint="Une par ligne ; « aucune » les retire.",
    )


def _places(draft: Draft, step_id: str) -> Block:
    stay = option("Ne pas déplacer", _STAY)
    heads = [
        option(f"En tête : {phase['title']}", f"head:{phase['id']}")
        for phase in draft.manuscript.data["phases"]
    ]
    after = [one for one in _after_options(draft) if one["value"] != f"after:{step_id}"]
    return select("v", [stay, *heads, *after], stay)


def _after_options(draft: Draft) -> list[Block]:
    return [option(f"Après {_named(step)}", f"after:{step['id']}") for step in _steps(draft)]


def _fault_blocks(faults: Sequence[Fault]) -> list[Block]:
    if not faults:
        return []
    lines = [f"• ligne {one.line} : {user(one.message, 500)}" for one in faults[:_SHOWN]]
    return paragraphs(["*À corriger avant de publier*", *lines])
