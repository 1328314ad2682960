"""Which version of its plan a crisis follows, and the form by which it adopts a newer one.

The difference is read before anything is decided: the form shows it, and comes back when the files
have changed since it was opened.  Deciding is the business of ``bot.core.adoption``.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from bot.core.adoption import (
    AdoptPlan,
    changes,
    fingerprint,
    followed,
    is_current,
    running,
    short,
    vanished,
)
from bot.core.crisis import Crisis
from bot.core.french import day_clock, plural
from bot.core.playbook import Plan
from bot.core.rights import is_author
from bot.core.steps import FINISHED
from bot.errors import Refused
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    field,
    header,
    modal,
    paragraphs,
    section,
    text_input,
    user,
)
from bot.slack.modals import exercise
from bot.slack.values import Values, metadata

#: Callback of the form; its button opens ``open:playbook:adopter``.
FORM: Final = "playbook:adopt"
OPENS: Final = "adopter"
_LISTED: Final = 40
_LONGEST: Final = 600


def version_blocks(
    crisis: Crisis, shelf: Mapping[str, Plan], person: str, named: Collection[str]
) -> list[Block]:
    """The version that a crisis follows and, when the shelf has a newer one, the way to it."""
    book = crisis.plan.playbook
    blocks: list[Block] = [
        header(f"{exercise(crisis)}Playbook suivi"),
        section(
            f"*{user(book.title, 150)}*, version {user(book.version, 60)}\n{_since(crisis)}\n"
            f"Empreinte : `{short(running(crisis))}`"
        ),
    ]
    newer = shelf.get(book.id)
    if newer is None:
        blocks.append(context("Ce playbook n'est plus parmi les fichiers : rien à adopter."))
    elif is_current(crisis, newer):
        blocks.append(context("C'est la dernière version publiée."))
    elif crisis.is_open:
        blocks += _offer(crisis, newer, person, named)
    return blocks


def _since(crisis: Crisis) -> str:
    """Since when the crisis follows it, and who decided so."""
    if crisis.adopted is None:
        return f"Suivie depuis l'ouverture, {day_clock(crisis.opened_at, crisis.zone)}."
    at = day_clock(crisis.adopted.at, crisis.zone)
    return f"Adoptée par {user(crisis.adopted.by.name)}, {at} (ligne {crisis.adopted.seq})."


def _offer(crisis: Crisis, newer: Plan, person: str, named: Collection[str]) -> list[Block]:
    """What is on the shelf; the button is an author's."""
    found = changes(followed(crisis), newer)
    told = (
        f"*Une autre version est publiée* : {user(newer.playbook.version, 60)}, empreinte "
        f"`{short(fingerprint(newer))}`, {plural(len(found), 'changement')}."
    )
    if not is_author(newer, person, named, crisis):
        seats = [one.title for one in newer.cell.roles if one.may_author]
        whom = " ou ".join(user(one, 80) for one in seats)
        return [
            section(told),
            context(f"Seuls ses auteurs la font adopter : {whom or 'personne'}."),
        ]
    look = button("Voir ce qui change", crisis.id, f"open:playbook:{OPENS}", "primary")
    return [section(told), actions(look)]


def adoption_form(crisis: Crisis, newer: Plan | None, *, again: bool = False) -> Block:
    """The difference, what becomes of the steps under way, then the reason and « Adopter »."""
    if newer is None or is_current(crisis, newer):
        raise Refused("La crise suit déjà la dernière version publiée.")
    blocks = [context(f"*{exercise(crisis)}rien de réel.*")] if crisis.exercise else []
    if again:
        blocks.append(section("*La version publiée vient de changer : relisez.*"))
    blocks += [
        section(
            f"*{user(newer.playbook.title, 150)}*, de la version "
            f"{user(crisis.plan.playbook.version, 60)} à la version "
            f"{user(newer.playbook.version, 60)}."
        ),
        *change_blocks(changes(followed(crisis), newer)),
        *_aside(crisis, newer),
        context(
            "Ce qui est fait, pris ou daté est conservé. La décision et la nouvelle version "
            "entrent dans la main courante ; les délais se recomptent avec elle."
        ),
        field("text", "Raison", text_input("v", multiline=True, limit=1000)),
    ]
    meta = metadata(crisis=crisis.id, version=fingerprint(newer))
    return modal(FORM, "Adopter une version", blocks, submit="Adopter", metadata=meta)


def change_blocks(found: Sequence[str], title: str = "Ce qui change") -> list[Block]:
    """Differences in words, one a line."""
    lines = [f"• {user(one, _LONGEST)}" for one in found[:_LISTED]]
    if len(found) > _LISTED:
        lines.append(
            f"… et {plural(len(found) - _LISTED, 'autre changement', 'autres changements')}."
        )
    return paragraphs([f"*{title}*", *(lines or ["Rien que l'on puisse dire en mots."])])


def _aside(crisis: Crisis, newer: Plan) -> list[Block]:
    """Steps under way that the version no longer has: who holds them must be told."""
    lines = []
    for one in vanished(crisis, newer):
        state = crisis.step(one.id)
        if state.status not in FINISHED:
            holder = f", tenue par {user(state.holder.name)}" if state.holder else ""
            lines.append(f"• {user(f'{one.ref} {one.title}'.strip(), 200)}{holder}")
    if not lines:
        return []
    return paragraphs(
        ["*Étapes en cours qui seront mises de côté* (« Refaire » les reprend)", *lines]
    )


def read_adoption(
    values: Values,
    carried: Mapping[str, str],
    crisis: Crisis,
    newer: Plan | None,
    named: frozenset[str],
) -> AdoptPlan | Block:
    """The command, or the form again when the version is no longer the one that was read."""
    if newer is None or fingerprint(newer) != carried.get("version"):
        return adoption_form(crisis, newer, again=True)
    return AdoptPlan(newer, values.text("text"), named)
