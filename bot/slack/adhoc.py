"""Steps on the spot in Slack: the forms that add one, split one, entrust one to somebody outside.

Who entrusts a step is given the text to forward, once it is in the log.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from bot.core.adhoc import (
    LONGEST_TITLE,
    MOST_PARTS,
    AddStep,
    EntrustStep,
    SplitStep,
    StepEntrusted,
)
from bot.core.crisis import Command, Crisis, Fact, Stamp
from bot.core.playbook import Step
from bot.core.steps import find
from bot.core.until import read_until
from bot.errors import Refused
from bot.slack.blocks import (
    Block,
    context,
    escape,
    field,
    option,
    section,
    seen,
    select,
    text_input,
    user,
)
from bot.slack.modals import form
from bot.slack.values import Values, WrongField

#: What the buttons and forms of here begin with.
NAME: Final = "etape"
#: Slack shows a preformatted text between these.
_FENCE: Final = "```"


def add_form(crisis: Crisis) -> Block:
    """The form that adds a step to the plan of the crisis."""
    roles = [option(one.title, one.id) for one in crisis.plan.cell.roles]
    blocks = [
        field(
            "title",
            "Que faut-il faire ?",
            text_input("v", limit=LONGEST_TITLE),
            hint="Un verbe et son objet : louer des talkies-walkies.",
        ),
        *([field("role", "Pour quel rôle ?", select("v", roles), optional=True)] if roles else []),
        field(
            "due",
            "Avant quand ?",
            text_input("v", limit=40),
            optional=True,
            hint="« 30 min », « 2 h », « 05:30 », « demain 08:00 ».",
        ),
        field(
            "text",
            "Détail",
            text_input("v", multiline=True, limit=1000),
            optional=True,
            hint="Aucune identité de patient.",
        ),
    ]
    return form(f"{NAME}:ajouter", "Ajouter une étape", blocks, crisis)


def read_added(values: Values, crisis: Crisis, now: datetime) -> AddStep:
    """The command of a filled addition."""
    if not values.text("title").strip():
        raise WrongField("title", "Écrivez ce qu'il faut faire.")
    return AddStep(
        values.text("title"), values.text("role"), _due(values, crisis, now), values.text("text")
    )


def _due(values: Values, crisis: Crisis, now: datetime) -> datetime | None:
    """The target (UTC), or nothing; ``WrongField`` for what is no hour to come."""
    typed = values.text("due").strip()
    if not typed:
        return None
    try:
        until = read_until(typed, now, crisis.zone)
    except Refused as refused:
        raise WrongField("due", refused.for_people()) from refused
    if until is None or until[1]:
        raise WrongField("due", "Heure non comprise. Exemples : 30 min, 05:30, demain 08:00.")
    return until[0]


def following(values: Values, carried: Mapping[str, str], crisis: Crisis) -> Block | None:
    """The form that takes the place of a step's details, for a choice that asks for more."""
    forms = {"split": split_form, "outside": outside_form}
    chosen = forms.get(values.text("do", carried.get("do", "")))
    return chosen(find(crisis, carried.get("step", "")), crisis) if chosen else None


def split_form(step: Step, crisis: Crisis) -> Block:
    """The form that splits a step."""
    blocks = [
        section(f"*{_named(step)}*"),
        context("Chaque partie devient une étape. Celle-ci attend la fin de toutes."),
        field(
            "text",
            "Ses parties, une par ligne",
            text_input("v", multiline=True, limit=1500),
            hint=f"De 2 à {MOST_PARTS} parties. « ; » les sépare aussi.",
        ),
    ]
    return form(f"{NAME}:decouper", "Découper l'étape", blocks, crisis, step=step.id)


def read_split(values: Values, step: Step) -> SplitStep:
    """The command of a filled splitting."""
    return SplitStep(step.id, tuple(values.text("text").replace(";", "\n").splitlines()))


def outside_form(step: Step, crisis: Crisis) -> Block:
    """The form that entrusts a step to somebody who is not in the channel."""
    blocks = [
        section(f"*{_named(step)}*"),
        context("Cette personne ne voit pas Slack : vous lui transmettrez le texte préparé."),
        field(
            "who",
            "À qui ?",
            text_input("v", limit=120),
            hint="Société ou service, et fonction. Exemple : astreinte de l'éditeur.",
        ),
        field(
            "text",
            "Ce que vous lui demandez",
            text_input("v", multiline=True, limit=1000),
            optional=True,
            hint="Ce qui s'ajoute au titre de l'étape. Aucune identité de patient.",
        ),
    ]
    return form(f"{NAME}:dehors", "Confier hors cellule", blocks, crisis, step=step.id)


def read_outside(values: Values, step: Step) -> Command:
    """The command of a filled entrusting."""
    if not values.text("who").strip():
        raise WrongField("who", "Écrivez à qui vous la confiez.")
    return EntrustStep(step.id, values.text("who"), values.text("text"))


def _named(step: Step) -> str:
    return user(f"{step.ref} {step.title}".strip(), 200)


def to_forward(facts: Iterable[tuple[Fact, Stamp]]) -> list[Block]:
    """The text to forward, for who just entrusted a step to somebody outside; else nothing."""
    fact, stamp = next(
        ((one, at) for one, at in facts if isinstance(one, StepEntrusted)), (None, None)
    )
    if not isinstance(fact, StepEntrusted) or stamp is None:
        return []
    text = escape(seen(fact.text)).replace(_FENCE, "'''")
    return [
        section(f"*Texte à transmettre à {user(fact.to, 120)}*"),
        section(f"{_FENCE}\n{text}\n{_FENCE}"),
        context(
            f"Enregistré, ligne {stamp.seq} de la main courante. Téléphonez, ou passez par une "
            "messagerie qui n'est pas touchée. L'étape reste à suivre ici : « C'est fait » quand "
            "on vous rappelle."
        ),
    ]
