"""The forms and views of an erasure: what would go, what else says the same, what remains."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.core.crisis import Crisis, Erasure
from bot.core.erasable import ERASABLE, LASTING, Recorded
from bot.core.erasure import LinesErased, erasers, numbered
from bot.core.french import clock, joined
from bot.core.playbook import ErasureBasis
from bot.exports.rows import KINDS
from bot.sentences import tell
from bot.slack.blocks import (
    Block,
    context,
    field,
    markdown,
    modal,
    option,
    paragraphs,
    radio,
    section,
    text_input,
    user,
)
from bot.slack.modals import exercise, shown
from bot.slack.values import Values, metadata

#: Names of the forms.
LINES: Final = "erasure:lines"
ASK: Final = "erasure:ask"
CONFIRM: Final = "erasure:confirm"
#: Characters of a line that are quoted, most lines of one list, most people named.
_QUOTED, _SHOWN, _NAMED, _LINKS = 600, 25, 5, 15


def lines_form(crisis: Crisis) -> Block:
    """The form that only asks which lines, for the word alone."""
    blocks = [
        section(
            "Pour un texte qui n'aurait pas dû être écrit. La ligne reste, avec son heure et le "
            "rôle de son auteur. Une deuxième personne devra confirmer."
        ),
        field(
            "lines",
            "Lignes à effacer",
            text_input("v", limit=300),
            hint="Les numéros, comme dans « /crise journal » : « 12 13 ».",
        ),
    ]
    return _form(LINES, blocks, crisis, "Voir")


def ask_form(
    crisis: Crisis,
    chosen: Sequence[Recorded],
    near: Sequence[Recorded],
    bases: Sequence[ErasureBasis],
    typed: Values | None = None,
) -> Block:
    """The form that asks; ``typed`` when it comes back because the lines are others."""
    choices = [option(one.title, one.id) for one in bases]
    wanted = typed.text("basis") if typed else ""
    initial = next((one for one in choices if one["value"] == wanted), choices[0])
    again = [section("*Les lignes ont changé : relisez ce qui s'effacera.*")] if typed else []
    blocks = [
        *again,
        *_preview(chosen, crisis),
        *_near(near),
        field(
            "lines",
            "Lignes à effacer",
            text_input("v", initial=spelt(chosen), limit=300),
            hint="Changez-les si besoin : l'aperçu revient avant l'envoi.",
        ),
        field("basis", "Base légale", radio("v", choices, initial)),
        *(_basis(one) for one in bases),
        field(
            "text",
            "Raison",
            text_input("v", multiline=True, initial=typed.text("text") if typed else ""),
            hint="Elle reste dans la main courante : décrivez, ne recopiez pas le texte.",
        ),
    ]
    return _form(ASK, blocks, crisis, "Demander", shown=spelt(chosen))


def confirm_form(crisis: Crisis, asked: Erasure, chosen: Sequence[Recorded]) -> Block:
    """The form that the second person reads before it is done."""
    blocks = [
        section(
            f"{user(asked.by.name)} demande d'effacer ce texte.\n"
            f"Base : {user(asked.basis, 300)}\nRaison : {user(asked.reason, 1500)}"
        ),
        *_preview(chosen, crisis),
        context("Le texte sera retiré de la base. Rien ne pourra le rétablir."),
    ]
    return _form(CONFIRM, blocks, crisis, "Effacer", asked=str(asked.seq))


def waits(crisis: Crisis, asked: Erasure) -> Block:
    """After the request: who may confirm."""
    people = [one for one in erasers(crisis) if one != asked.by.id]
    whom = f" : {joined([f'<@{one}>' for one in people[:_NAMED]], 'ou')}" if people else ""
    return shown(
        "Demande enregistrée",
        [
            section(
                f"Votre demande est la ligne {asked.seq}. Rien n'est encore effacé : une deuxième "
                f"personne habilitée doit la relire et confirmer dans le canal{whom}."
            )
        ],
    )


def remains(
    fact: LinesErased,
    seq: int,
    links: Sequence[str],
    copies: tuple[Sequence[int], Sequence[int]],
    *,
    clean: bool,
) -> list[Block]:
    """What was done, then what the bot cannot take away, in sentences that say who can.

    ``copies`` are the lines of the exports made since, and of the documents drafted since.
    """
    exports, drafts = copies
    found = [
        f"Le texte {numbered((one.seq for one in fact.lines), 'de la')} est effacé (ligne {seq}). "
        "Chaque ligne garde son heure et le rôle de son auteur."
    ]
    if links:
        names = [f"message {number}" for number in range(1, len(links) + 1)]
        names = names if len(names) > 1 else ["le message"]
        named = list(zip(links, names, strict=True))[:_LINKS]
        where = ", ".join(f"<{one}|{name}>" for one, name in named)
        where += f" et {len(links) - _LINKS} de plus" if len(links) > _LINKS else ""
        found.append(
            "Dans Slack, le message de départ est à son auteur : lui seul, ou un administrateur "
            f"de l'espace, peut le supprimer. Demandez-le-lui ({where})."
        )
    if exports:
        found.append(
            f"Les exports déjà faits ({numbered(exports)}) gardent ce texte : "
            "faites détruire les copies et refaites-les."
        )
    if drafts:
        found.append(
            f"Les documents préparés depuis ({numbered(drafts)}) le reprennent peut-être : "
            "relisez-les, refaites-les et détruisez les anciens."
        )
    if not clean:
        found.append(
            "La base est occupée : les dernières traces du texte en partiront dès que possible."
        )
    found.append(
        "Les sauvegardes faites avant le gardent jusqu'à leur rotation ; les feuilles imprimées "
        "avant aussi : faites-les détruire."
    )
    return [section(one) for one in found]


def spelt(chosen: Iterable[Recorded]) -> str:
    """The numbers of these lines, as a person types them."""
    return " ".join(str(stamp.seq) for _, stamp in chosen)


def _form(name: str, blocks: list[Block], crisis: Crisis, submit: str, **carries: str) -> Block:
    """A form of a crisis; one of an exercise says so first."""
    if crisis.exercise:
        blocks = [context(f"{exercise(crisis)}rien de réel."), *blocks]
    meta = metadata(crisis=crisis.id, **carries)
    return modal(name, "Effacer", blocks, submit=submit, metadata=meta)


def _preview(chosen: Sequence[Recorded], crisis: Crisis) -> list[Block]:
    """The texts that would go, each with its line."""
    lines = [
        f"• ligne {stamp.seq}, {clock(stamp.at, crisis.zone)}, {user(stamp.actor.name, 60)} : "
        f"{user(tell(fact, crisis.plan), _QUOTED)}"
        for fact, stamp in chosen[:_SHOWN]
    ]
    more = len(chosen) - _SHOWN
    lines += [f"… et {more} de plus."] if more > 0 else []
    blocks = paragraphs(["*Ce qui s'effacera*", *lines])
    if len(chosen) > 1:
        blocks.append(context("Un message part avec ses modifications et la note qui en vient."))
    return blocks


def _near(near: Sequence[Recorded]) -> list[Block]:
    """Other lines that may say the same: those that can go too, and those that stay."""
    go = [f"{stamp.seq} ({_kind(fact.name)})" for fact, stamp in near if fact.name in ERASABLE]
    stay = [
        f"• ligne {stamp.seq} ({_kind(fact.name)}) : {LASTING[fact.name]}"
        for fact, stamp in near
        if fact.name in LASTING
    ]
    blocks = []
    if go:
        blocks.append(
            section(
                f"Disent peut-être la même chose : {joined(go[:_SHOWN])}. "
                "Ajoutez leur numéro pour les effacer aussi."
            )
        )
    if stay:
        blocks += paragraphs(["Disent la même chose, et ne s'effacent pas :", *stay[:_SHOWN]])
    return blocks


def _kind(name: str) -> str:
    return KINDS.get(name, name).lower()


def _basis(one: ErasureBasis) -> Block:
    """When that basis is the right one, in small print."""
    doubt = " (à vérifier)" if one.confidence != "high" else ""
    return context(
        f"*{markdown(one.title)}* : {markdown(one.legal_basis)}{doubt}. {markdown(one.help)}"
    )
