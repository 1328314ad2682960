"""The declaration: the form that opens a crisis, and what is said once it is open."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.core.crisis import Crisis
from bot.core.french import clock
from bot.core.opening import OpenCrisis
from bot.core.playbook import Plan
from bot.slack.blocks import (
    Block,
    checkboxes,
    cut,
    field,
    modal,
    option,
    radio,
    section,
    select,
    text_input,
    user,
)
from bot.slack.values import NOW, Values, WrongField, moment_of

GUESS = "proposer"
_BOXES = 10
#: Longest title of a crisis.
_TITLE = 150


def form(
    plans: Mapping[str, Plan],
    said: str,
    guess: Sequence[str],
    meta: str,
    warnings: Sequence[Block] = (),
) -> Block:
    """The form that opens a crisis; ``said`` is what was typed after the word."""
    guessed = [option(plan.playbook.title, key) for key, plan in plans.items() if key in guess[:1]]
    first = option("D'après ma description", GUESS)
    books = [first, *(option(plan.playbook.title, key) for key, plan in plans.items())]
    plan = next(iter(plans.values()))
    levels = [option(f"{one.title} — {one.meaning}", one.id) for one in plan.cell.levels]
    real = [option("Crise réelle", "reel"), option("Exercice", "exercice")]
    blocks = [
        *warnings,
        field(
            "title",
            "Que se passe-t-il ?",
            text_input("v", initial=cut(said, _TITLE), limit=_TITLE),
            hint="En quelques mots. Exemple : écrans de rançon aux urgences.",
        ),
        field("book", "Playbook", select("v", books, guessed[0] if guessed else first)),
        field(
            "when",
            "Depuis quand ?",
            text_input("v", initial=NOW, limit=40),
            hint="Heure du premier signe : « maintenant », « 03:10 », « hier 23:40 », « vers 2h ».",
        ),
        field(
            "how",
            "Qui l'a vu, et comment ?",
            text_input("v", initial=said[:3000] if len(said) > _TITLE else "", multiline=True),
            optional=True,
            hint="Appel, écran, alerte… Aucune identité de patient.",
        ),
        field(
            "level", "Gravité", select("v", levels, levels[0] if levels else None), optional=True
        ),
        *boxes("site", "Sites touchés", [(one.id, one.name) for one in plan.establishment.sites]),
        *boxes(
            "service",
            "Services touchés",
            [(one.id, one.name) for one in plan.establishment.services],
        ),
        field("kind", "Réel ou exercice ?", radio("v", real, real[0])),
    ]
    if not levels:
        blocks = [one for one in blocks if one.get("block_id") != "level"]
    return modal("declare", "Déclarer une crise", blocks, submit="Déclarer", metadata=meta)


def boxes(name: str, label: str, choices: Sequence[tuple[str, str]]) -> list[Block]:
    """Boxes in groups of ten, Slack's limit."""
    groups = [choices[at : at + _BOXES] for at in range(0, len(choices), _BOXES)]
    return [
        field(
            f"{name}{number}",
            label if number == 0 else f"{label} (suite)",
            checkboxes("v", [option(title, key) for key, title in group]),
            optional=True,
        )
        for number, group in enumerate(groups)
    ]


def read(
    values: Values,
    plans: Mapping[str, Plan],
    guess: Sequence[str],
    now: datetime,
    said: str = "",
) -> OpenCrisis:
    """The command of a filled declaration; ``guess`` and ``said`` are as for its form."""
    title = values.text("title", cut(said, _TITLE))
    if not title.strip():
        raise WrongField("title", "Écrivez en quelques mots ce qui se passe.")
    wanted = values.text("book", GUESS)
    key = wanted if wanted in plans else next(iter([*guess, *plans]))
    plan = plans[key]
    when, precision = moment_of(values, "when", now, plan.establishment.timezone)
    names = {one.id: one.name for one in (*plan.establishment.sites, *plan.establishment.services)}
    return OpenCrisis(
        title=title,
        plan=plan,
        noticed_at=when,
        exercise=values.text("kind", "reel") == "exercice",
        level=values.text("level"),
        noticed_how=values.text("how"),
        sites=tuple(names.get(one, one) for one in values.chosen("site")),
        services=tuple(names.get(one, one) for one in values.chosen("service")),
        precision="about" if precision == "about" else "exact",
    )


def opened(crisis: Crisis) -> Block:
    """What the declarer sees once the crisis is in the journal."""
    kind = "Exercice" if crisis.exercise else "Crise"
    at = clock(crisis.opened_at, crisis.zone)
    blocks = [
        section(f"*{kind} {crisis.id} ouverte à {at}*\n{user(crisis.title, 150)}"),
        section("Son canal s'ouvre et la cellule y est invitée. Vous pouvez fermer cette fenêtre."),
    ]
    return modal("shown", "C'est enregistré", blocks)
