"""The screens of documents: the list, the fields a few at a time, the preview.

Each field is optional: left empty, or « inconnu », its place in the document says that it is to be
completed.  The preview shows the text as it would leave, what is missing, what changed since the
last version, and the sentences to read again.  Nothing here records or asks anything.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from bot.core.board import Board
from bot.core.crisis import Crisis
from bot.core.documents import UNKNOWN, Filled
from bot.core.french import day_clock, plural
from bot.drafts.blocks import Block as Part
from bot.drafts.blocks import Run
from bot.drafts.draft import Asked, Draft, Listed
from bot.drafts.template import Field, Template
from bot.library.cautions import Caution
from bot.slack.blocks import (
    Block,
    button,
    context,
    cut,
    escape,
    field,
    header,
    option,
    paragraphs,
    radio,
    section,
    select,
    text_input,
    user,
)
from bot.slack.blocks import modal as modal_view
from bot.slack.render import deadline_line, prefix
from bot.slack.values import Values, WrongField, metadata

FIELDS: Final = "document:fields"
PREVIEW: Final = "document:preview"
ALL: Final = "toutes"
"""Choice of the preview that asks every field again."""
PAGE: Final = 8
"""Fields asked together."""
_LISTED: Final = 40
_SECTIONS: Final = 70
_CAUTIONS: Final = 8
_TOLD: Final = 12
_DAY: Final = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})")
_YES_NO: Final = ("oui", "non", "inconnu")
_UNKNOWN_CHOICE: Final = "inconnu"


# -- the list ---------------------------------------------------------------------------------


def list_blocks(shown: Board, listed: Sequence[Listed]) -> list[Block]:
    """The documents that concern this crisis, the most urgent first, each with its button."""
    blocks = [
        header(f"{prefix(shown)}Documents"),
        context(
            "Remplis avec ce que la main courante sait ; le reste vous est demandé. "
            "Rien ne part tout seul : relisez, signez, envoyez."
        ),
    ]
    for one in listed[:_LISTED]:
        label = "Reprendre" if one.versions else "Préparer"
        name = one.template.id
        blocks.append(section(_line(shown, one), button(label, name, f"open:document:{name}")))
    if not listed:
        blocks.append(section("Aucun modèle de document ne concerne cette crise."))
    return blocks


def _line(shown: Board, one: Listed) -> str:
    versions = shown.crisis.documents.get(one.template.id, ())
    text = f"*{user(one.template.head.title, 150)}*"
    if versions:
        last = versions[-1]
        left = f", {last.left} à compléter" if last.left else ""
        at = day_clock(last.at, shown.crisis.zone)
        text += f" — version {last.number}, {at}{left}"
    if one.deadline is not None and one.deadline.started is not None:
        text += f"\n{deadline_line(shown, one.deadline, brief=True)}"
    return text


# -- the fields -------------------------------------------------------------------------------


def fields_form(
    template: Template, page: Sequence[Asked], rest: Sequence[str], crisis: Crisis, turn: int
) -> Block:
    """The form that asks these fields; ``rest`` are the ids of those that follow.

    ``turn`` counts what was shown in this view, so that each sending counts once.
    """
    told = "Vide ou « inconnu » : la place reste marquée « à compléter »."
    blocks = [
        *_exercise(crisis),
        section(f"*{user(template.head.title, 200)}*"),
        context(f"{told} Vos réponses servent aussi aux autres documents."),
        *(_input(one) for one in page),
    ]
    carries = {
        "crisis": crisis.id,
        "document": template.id,
        "now": ",".join(one.field.id for one in page),
        "rest": ",".join(rest),
        "turn": str(turn),
    }
    label = f"Suite ({len(rest)})" if rest else "Voir l'aperçu"
    return modal_view(FIELDS, "Document", blocks, submit=label, metadata=metadata(**carries))


def _exercise(crisis: Crisis) -> list[Block]:
    return [context("*EXERCICE* : rien de réel.")] if crisis.exercise else []


def _input(asked: Asked) -> Block:
    """One field, prefilled with what is known."""
    one = asked.field
    hint = " ".join(filter(None, (one.help, one.sensitive_hint, _FORM.get(one.kind, ""))))
    return field(one.id, one.label, _element(one, asked.said), optional=True, hint=hint)


_FORM: Final = {
    "number": "Un nombre, même approché : « environ 1200 ».",
    "date": "Jour/mois/année, ou une estimation en mots.",
}


def _element(one: Field, said: str) -> Block:
    if one.kind == "yesno":
        choices = [option(choice.capitalize(), choice) for choice in _YES_NO]
        return radio("v", choices, _chosen(choices, said))
    if one.kind == "choice":
        choices = [option(choice, _key(choice)) for choice in one.choices]
        if _UNKNOWN_CHOICE not in one.choices:
            choices.append(option("Inconnu à cette heure", _UNKNOWN_CHOICE))
        return select("v", choices, _chosen(choices, _key(said)))
    limit = 3000 if one.kind == "long" else 300
    return text_input("v", initial=cut(said, limit), multiline=one.kind == "long", limit=limit)


def _chosen(choices: Sequence[Block], said: str) -> Block | None:
    return next((one for one in choices if said and one["value"] == said), None)


def _key(choice: str) -> str:
    """A choice as the value of a list may hold it."""
    return cut(choice, 145)


def read_fields(values: Values, asked: Iterable[Asked]) -> tuple[Filled, ...]:
    """The answers of a page; one left as it was is none.  ``WrongField`` says what to mend."""
    found = []
    for one in asked:
        said = values.text(one.field.id).strip()
        if one.field.kind == "choice":
            said = next((each for each in one.field.choices if _key(each) == said), said)
        said = read_answer(one.field, said) if said else ""
        if said and said != one.said:
            found.append(Filled(one.field.id, one.field.label, said))
    return tuple(found)


def read_answer(one: Field, said: str) -> str:
    """An answer as it is kept; ``WrongField`` for one that the field cannot take."""
    if said.strip().casefold() in UNKNOWN:
        return _UNKNOWN_CHOICE
    if one.kind == "number":
        return _number(one, said)
    if one.kind == "date":
        return _date(one, said)
    if one.kind == "yesno" and said not in _YES_NO:
        raise WrongField(one.id, "Répondez « oui », « non » ou « inconnu ».")
    if one.kind == "choice" and said not in one.choices:
        known = ", ".join(f"« {each} »" for each in one.choices)
        raise WrongField(one.id, cut(f"Choisissez parmi : {known}.", 1000))
    return said


def _number(one: Field, said: str) -> str:
    joined = "".join(said.split())
    if joined.isdecimal():
        return joined
    if not any(each.isdecimal() for each in said):
        raise WrongField(one.id, "Écrivez un nombre, même approché : « environ 1200 ».")
    return said


def _date(one: Field, said: str) -> str:
    found = _DAY.fullmatch(said)
    if found is None:
        return said
    try:
        return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
    except ValueError as error:
        raise WrongField(one.id, f"Cette date n'existe pas : {said}.") from error


# -- the preview ------------------------------------------------------------------------------


def preview_form(
    made: Draft,
    cautions: Sequence[Caution],
    changed: Sequence[str],
    asked: Sequence[Asked],
    turn: int,
) -> Block:
    """The text as it would leave, under what to look at first; ``turn`` as in ``fields_form``."""
    crisis, head = made.crisis, made.template.head
    version = f"Version {made.version}, pas encore produite"
    blocks = [
        *_exercise(crisis),
        section(f"*{user(head.title, 200)}*\nÀ : {user(head.recipient, 200)}"),
        context(f"{version}. {user(head.channel, 300)}"),
        *caution_blocks(cautions),
        *_left(made),
        *_changed(made, changed),
        *_unsure(made.template),
        *text_blocks(made.blocks),
    ]
    if asked and crisis.is_open:
        choices = [option("Toutes les réponses", ALL)]
        choices += [option(one.field.label, one.field.id) for one in asked[:90]]
        blocks.append(
            field(
                "fix",
                "Corriger une réponse avant de produire",
                select("v", choices),
                optional=True,
                hint="Choisissez-la, puis validez : l'aperçu revient ensuite.",
            )
        )
    carries = {"document": made.template.id, "seen": made.hash, "turn": str(turn)}
    meta = metadata(crisis=crisis.id, **carries)
    return modal_view(PREVIEW, "Aperçu", blocks, submit="Produire", metadata=meta)


def caution_blocks(cautions: Sequence[Caution]) -> list[Block]:
    """Sentences to read again; never a refusal."""
    blocks = [section(f"⚠️ {user(one.told, 1200)}") for one in cautions[:_CAUTIONS]]
    if len(cautions) > _CAUTIONS:
        blocks.append(context(f"… et {plural(len(cautions) - _CAUTIONS, 'autre')} à relire."))
    if cautions:
        blocks.append(context("À relire : rien n'est bloqué, qui signe décide."))
    return blocks


def _left(made: Draft) -> list[Block]:
    if not made.left:
        return [context("✅ Tout est rempli. Relisez avant d'envoyer.")]
    shown = " · ".join(user(one, 150) for one in made.left[:_TOLD])
    more = f" · et {len(made.left) - _TOLD} de plus" if len(made.left) > _TOLD else ""
    return [section(f"*À compléter* ({len(made.left)}) : {shown}{more}")]


def _changed(made: Draft, changed: Sequence[str]) -> list[Block]:
    if made.version == 1:
        return []
    told = " ; ".join(user(one, 300) for one in changed) or "rien"
    return [section(f"*Changé depuis la version {made.version - 1}* : {told}")]


def _unsure(template: Template) -> list[Block]:
    """What is not certain in the template, with the date of its last check."""
    blocks = [context(f"• {user(one, 500)}") for one in template.head.caveats[:6]]
    if template.head.confidence != "high":
        checked = f"{template.head.checked:%d/%m/%Y}"
        blocks.append(context(f"⚠️ Modèle à vérifier. Dernière vérification : {checked}."))
    return blocks


def text_blocks(parts: Sequence[Part]) -> list[Block]:
    """The text of a document; beyond what a form can hold, the files have the rest."""
    lines = [line for one in parts for line in _lines(one)]
    blocks = paragraphs(lines)
    if len(blocks) > _SECTIONS:
        blocks = [*blocks[:_SECTIONS], context("La suite est dans les fichiers.")]
    return [{"type": "divider"}, *blocks, {"type": "divider"}]


def _lines(part: Part) -> list[str]:
    if part.kind == "table":
        return [*(f"• {' — '.join(_said(cell) for cell in row)}" for row in part.rows[1:]), " "]
    if part.kind == "rule":
        return ["———"]
    said = _said(part.runs)
    if part.kind == "heading":
        return [f"*{said.replace('*', '')}*"]
    if part.kind == "item":
        return [f"{'    ' * (part.level - 1)}{part.mark} {said}"]
    return [said, " "]


def _said(runs: Iterable[Run]) -> str:
    """Runs in Slack's markup, harmless; what is missing stands out."""
    return "".join(_run(one) for one in runs)


def _run(one: Run) -> str:
    if one.missing:
        return f"*{escape(one.text)}*"
    if one.value:
        return "\n".join(_inside(one.text, line) for line in one.text.split("\n"))
    return escape(one.text)


def _inside(whole: str, line: str) -> str:
    """A line of a value with the spaces that stand around it."""
    safe = user(line, len(whole) + 1)
    return f"{' ' if line[:1] == ' ' else ''}{safe}{' ' if line[-1:] == ' ' and safe else ''}"


def done_view(made: Draft, seq: int) -> Block:
    """What takes the place of the preview once the version is recorded."""
    left = f" Il reste {plural(len(made.left), 'place')} à compléter." if made.left else ""
    blocks = [
        section(
            f"*{user(made.title, 200)}*, version {made.version} : consignée, ligne {seq} de la "
            f"main courante.{left}"
        ),
        section(
            "Le DOCX (à modifier) et le PDF (à signer) arrivent dans le fil de cette ligne, dans "
            "le canal. Relisez avant d'envoyer, puis consignez l'envoi et son accusé."
        ),
    ]
    return modal_view("shown", "Produit", [*_exercise(made.crisis), *blocks])
