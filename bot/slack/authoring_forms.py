"""The screens of the authors: a playbook, one of its steps, what changes, publishing.

They are one modal that turns from screen to screen (``turn:playbook:…``); what is typed is kept in
the author's draft as they go, and closing the modal loses nothing that was kept.  A field left
empty counts as left as it was; « aucun » takes a value away.  Each button says which playbook it is
of: not every client sends the modal along.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bot.authoring.bench import Draft
from bot.authoring.manuscript import Value, cleaned
from bot.authoring.versions import Kept
from bot.core.adoption import fingerprint, short
from bot.core.french import plural
from bot.core.playbook import Plan, Step
from bot.grammar import fold
from bot.library.faults import Fault
from bot.library.typed import duration
from bot.slack.adoption import change_blocks
from bot.slack.blocks import (
    Block,
    actions,
    button,
    checkboxes,
    context,
    field,
    header,
    modal,
    option,
    paragraphs,
    plain,
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
_TURN: Final = "turn:playbook"
_NONE: Final = frozenset({"aucun", "aucune", "-", "rien"})
_LONGEST: Final = 3000
_TITLE: Final = 150
_SHOWN: Final = 12
_STAY: Final = "-"
_RETIRE: Final = "retirer"
_PAIR: Final = "deux"


# -- lists in a message ------------------------------------------------------------------------


def shelf_blocks(plans: Mapping[str, Plan], *, author: bool, faults: int) -> list[Block]:
    """Every playbook with its version; « Modifier » for authors."""
    blocks = [header("Playbooks")]
    for plan in plans.values():
        book = plan.playbook
        text = (
            f"*{user(book.title, 150)}*\nVersion {user(book.version, 60)} · empreinte "
            f"`{short(fingerprint(plan))}` · {plural(len(book.steps), 'étape')}"
        )
        buttons = [button("Versions", book.id, f"open:playbook:versions:{book.id}"[:250])]
        if author:
            edit = button("Modifier", book.id, f"open:playbook:modifier:{book.id}"[:250])
            buttons = [edit, *buttons]
        blocks += [section(text), actions(*buttons)]
    if faults:
        blocks.append(
            context(f"⚠️ {plural(faults, 'défaut')} dans les fichiers : lancez « tocsin check ».")
        )
    if not author:
        blocks.append(context("Les modifier est réservé à leurs auteurs."))
    return blocks


def versions_view(plan: Plan, kept: Sequence[Kept]) -> Block:
    """The versions published, the newest first, each of which can be had again."""
    book = plan.playbook
    blocks = [
        section(f"*{user(book.title, 150)}*\nVersion en vigueur : {user(book.version, 60)}"),
    ]
    for one in tuple(reversed(kept))[:_SHOWN]:
        day = f"{one.at[8:10]}/{one.at[5:7]}/{one.at[:4]}, {one.at[11:16]} UTC"
        text = (
            f"*{user(one.version or '?', 60)}* · {day} · {user(one.name, 80)}\n"
            f"{user(one.reason, 500)}\n`{short(one.sha256)}`"
            + (f" · commit `{user(one.commit[:10])}`" if one.commit else "")
        )
        value = f"{book.id} {one.sha256}"
        get = button("Recevoir", value, f"open:playbook:recevoir:{one.sha256[:40]}")
        blocks.append(section(text, get))
    if not kept:
        blocks.append(context("Rien n'a encore été publié depuis Slack."))
    return modal("shown", "Versions", blocks)


# -- the modal ---------------------------------------------------------------------------------


def menu_view(draft: Draft, plan: Plan, changed: Sequence[str], note: str = "") -> Block:
    """The playbook: where the draft stands, its steps phase by phase, what can be done."""
    book = plan.playbook
    state = plural(len(changed), "changement") + " dans votre brouillon, à publier."
    if not draft.changed:
        state = "Rien à publier pour l'instant : choisissez une étape."
    blocks = [section(f"*{user(note, 300)}*")] if note else []
    blocks.append(section(f"*{user(book.title, 150)}*, version {user(book.version, 60)}\n{state}"))
    if draft.overtaken:
        blocks.append(section("⚠️ *Le fichier a changé depuis votre brouillon.* Voyez « Publier »."))
    held = draft.manuscript.data
    for number, phase in enumerate(held["phases"]):
        steps = [option(_named(step), f"{draft.playbook} {step['id']}") for step in phase["steps"]]
        chosen = select(f"{_TURN}:etape:{number}", steps, hint="Modifier une étape…")
        blocks.append(section(user(str(phase["title"]), 200), chosen))
    drop = button("Abandonner", draft.playbook, f"{_TURN}:abandonner", "danger")
    drop["confirm"] = {
        "title": plain("Abandonner ?", 100),
        "text": plain("Votre brouillon est effacé. Le playbook publié ne change pas.", 300),
        "confirm": plain("Abandonner", 30),
        "deny": plain("Garder", 30),
    }
    more = [
        button("Voir ce qui change", draft.playbook, f"{_TURN}:voir"),
        button("Publier…", draft.playbook, f"{_TURN}:publier", "primary"),
        drop,
    ]
    buttons = [button("Ajouter une étape", draft.playbook, f"{_TURN}:ajouter")]
    blocks.append(actions(*buttons, *(more if draft.changed else [])))
    return modal(MENU, "Modifier", blocks, metadata=metadata(playbook=draft.playbook))


def step_view(draft: Draft, plan: Plan, step_id: str, learned: Sequence[str]) -> Block:
    """One step: its words, its role, its target, its proof, its place."""
    step = draft.manuscript.step(step_id)
    blocks = [_back(draft), section(f"*{user(_named(step), 200)}*")]
    blocks += [context(user(one, 600)) for one in learned]
    text = str(step.get("text") or "").strip("\n")
    if len(text) <= _LONGEST:
        blocks += _wording(str(step["title"]), text)
    else:
        blocks += _wording(str(step["title"]), None)
        blocks.append(context("Son texte est trop long pour Slack : changez-le dans le fichier."))
    evidence = "\n".join(str(one) for one in step.get("evidence") or ())
    blocks += [
        *_who_and_when(plan, str(step["role"]), str(step.get("within") or "")),
        _proof(evidence),
        field("place", "Place", _places(draft, step_id), optional=True),
        field(
            "retire",
            "Retirer",
            checkboxes("v", [option("Retirer cette étape du playbook", _RETIRE)]),
            optional=True,
            hint="Son identifiant ne resservira pas ; les étapes qui l'attendent ne l'attendront "
            "plus.",
        ),
    ]
    meta = metadata(playbook=draft.playbook, step=step_id)
    return modal(STEP, "Modifier une étape", blocks, submit="Garder", metadata=meta)


def new_view(draft: Draft, plan: Plan) -> Block:
    """A step to add, after one that exists."""
    after = _after_options(draft)
    blocks = [
        _back(draft),
        *_wording("", ""),
        *_who_and_when(plan, "", ""),
        _proof(""),
        field("place", "Place", select("v", after, hint="Après…")),
    ]
    meta = metadata(playbook=draft.playbook)
    return modal(NEW, "Ajouter une étape", blocks, submit="Garder", metadata=meta)


def changes_view(draft: Draft, changed: Sequence[str], faults: Sequence[Fault]) -> Block:
    """What the draft changes, in words, and what would stop its publication."""
    buttons = actions(
        button("Retour", draft.playbook, f"{_TURN}:menu"),
        button("Publier…", draft.playbook, f"{_TURN}:publier", "primary"),
    )
    blocks = [*change_blocks(changed), *_fault_blocks(faults), buttons]
    return modal(MENU, "Ce qui change", blocks, metadata=metadata(playbook=draft.playbook))


def publish_view(draft: Draft, changed: Sequence[str], faults: Sequence[Fault]) -> Block:
    """The last look, the reason, « Publier »; with a fault, what to mend instead."""
    blocks = [_back(draft), *change_blocks(changed)]
    meta = metadata(playbook=draft.playbook)
    if faults:
        return modal(MENU, "Publier", [*blocks, *_fault_blocks(faults)], metadata=meta)
    blocks += [
        field(
            "text",
            "Raison",
            text_input("v", multiline=True, limit=500),
            hint="Ce que le prochain auteur doit savoir : exercice, crise, texte nouveau.",
        ),
        context(
            "Les crises en cours gardent leur version jusqu'à ce qu'elles décident d'adopter "
            "celle-ci."
        ),
    ]
    return modal(PUBLISH, "Publier", blocks, submit="Publier", metadata=meta)


def overtaken_view(draft: Draft, theirs: Sequence[str], mine: Sequence[str]) -> Block:
    """Somebody changed the file meanwhile: both changes, side by side, and nothing overwritten."""
    again = actions(
        button("Retour", draft.playbook, f"{_TURN}:menu"),
        button("Repartir du fichier", draft.playbook, f"{_TURN}:repartir", "primary"),
    )
    blocks = [
        section("*Le fichier a changé depuis votre brouillon. Rien n'a été publié.*"),
        section("*Dans le fichier, depuis :*"),
        *change_blocks(theirs)[1 if theirs else 0 :],
        *change_blocks(theirs)[:1],
        section("*Dans votre brouillon :*"),
        *change_blocks(mine),
        context(
            "« Repartir du fichier » vous envoie votre brouillon en privé, puis rouvre le playbook "
            "tel qu'il est publié : reprenez-y vos changements."
        ),
        again,
    ]
    return modal(MENU, "Conflit", blocks, metadata=metadata(playbook=draft.playbook))


# -- reading -----------------------------------------------------------------------------------


def read_words(values: Values, held: Mapping[str, Any]) -> dict[str, Value]:
    """The keys that a form gives a step, or ``WrongField``; ``held`` is what they were."""
    title = cleaned(values.text("title", str(held.get("title") or "")).replace("\n", " ")).strip()
    if not title:
        raise WrongField("title", "Il manque le titre.")
    text = cleaned(values.text("text", str(held.get("text") or "")))
    if not text.strip():
        raise WrongField("text", "Il manque le texte : ce qu'il faut faire, à l'impératif.")
    role = values.text("role", str(held.get("role") or ""))
    return {
        "title": title,
        "role": role,
        "within": _target(values, str(held.get("within") or "")),
        "text": text,
        "evidence": _items(values, [str(one) for one in held.get("evidence") or ()]),
    }


def retires(values: Values) -> bool:
    """Whether the box that takes the step out is ticked."""
    return _RETIRE in values.chosen("retire")


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


def _items(values: Values, before: list[str]) -> list[str]:
    typed = values.text("evidence", "\n".join(before))
    if fold(typed.strip()) in _NONE:
        return []
    found = (cleaned(one).strip().removeprefix("-").strip() for one in typed.splitlines())
    return [one for one in found if one]


# -- pieces ------------------------------------------------------------------------------------


def _back(draft: Draft) -> Block:
    return actions(button("Retour", draft.playbook, f"{_TURN}:menu"))


def _named(step: Step | Mapping[str, Any]) -> str:
    ref, title = (
        (step.ref, step.title)
        if isinstance(step, Step)
        else (str(step.get("ref") or ""), str(step.get("title") or step["id"]))
    )
    return f"{ref} {title}".strip()


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
    return [
        option(f"Après {_named(step)}", f"after:{step['id']}")
        for phase in draft.manuscript.data["phases"]
        for step in phase["steps"]
    ]


def _fault_blocks(faults: Sequence[Fault]) -> list[Block]:
    if not faults:
        return []
    lines = [f"• ligne {one.line} : {user(one.message, 500)}" for one in faults[:_SHOWN]]
    return paragraphs(["*À corriger avant de publier*", *lines])
