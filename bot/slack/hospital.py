"""The state of the hospital in Slack: shown whole to who asks, and a form for each thing told.

A form takes several units together: at night they fail together.
"""

from datetime import datetime
from typing import Final, cast

from bot.core.crisis import Command, Crisis
from bot.core.hospital import (
    SUBJECTS,
    TITLES,
    CountUp,
    LiftUltimatum,
    RecordUltimatum,
    TellStates,
    counters,
    listed,
)
from bot.core.states import STATES, State, Subject
from bot.core.until import read_until
from bot.errors import Refused
from bot.slack.blocks import (
    Block,
    button,
    context,
    field,
    header,
    modal,
    option,
    paragraphs,
    radio,
    section,
    select,
    text_input,
    user,
)
from bot.slack.declare import boxes
from bot.slack.hospital_lines import HEADINGS, differing, everything, ultimatum
from bot.slack.modals import exercise, form
from bot.slack.values import NOW, Values, WrongField, metadata, past_of

#: What the buttons and forms of here begin with.
NAME: Final = "etat"
_ASKED: Final[dict[Subject, str]] = {
    "site": "Quels sites ?",
    "unit": "Quelles unités ?",
    "application": "Quelles applications ?",
}


def overview(crisis: Crisis, now: datetime) -> list[Block]:
    """The whole state, each part with the button that tells more of it."""
    blocks = [header(f"{exercise(crisis)}État de l'hôpital")]
    for subject, heading in HEADINGS.items():
        blocks.append(_heading(heading, "Mettre à jour", subject, crisis))
        blocks += paragraphs(everything(subject, crisis, now))
    counted = crisis.hospital.counters.values()
    numbers = [f"• {user(one.label, 80)} : *{one.value}*" for one in counted]
    blocks.append(_heading("Compteurs", "Compter", "counter", crisis))
    blocks += paragraphs(numbers or ["Rien de compté."])
    blocks.append(_heading("Ultimatum", "Dater", "ultimatum", crisis))
    blocks.append(section(ultimatum(crisis, now) or "Aucun."))
    return blocks


def _heading(title: str, label: str, kind: str, crisis: Crisis) -> Block:
    """The title of a part, with the button that opens its form."""
    accessory = button(label, kind, f"open:{NAME}:{kind}") if crisis.is_open else None
    return section(f"*{title}*", accessory)


def recorded(crisis: Crisis, now: datetime, told: str) -> Block:
    """What was just told, then what is unusual now, in the place of the form."""
    blocks = [section(f"✅ {user(told, 600)}")]
    lines = differing(crisis, now)
    blocks += paragraphs(["*Hors de l'ordinaire*", *lines]) if lines else []
    return modal("shown", "C'est enregistré", blocks, metadata=metadata(crisis=crisis.id))


def opened(kind: str, crisis: Crisis, now: datetime) -> Block:
    """The form of that kind; ``Refused`` for one that does not exist or a closed crisis."""
    if not crisis.is_open:
        raise Refused("Cette crise est close : son état ne change plus.")
    if kind in STATES:
        return state_form(kind, crisis)
    if kind == "counter":
        return counter_form(crisis)
    if kind == "ultimatum":
        return ultimatum_form(crisis, now)
    raise Refused("Ce formulaire n'est plus connu. Fermez-le et recommencez.")


def filled(kind: str, values: Values, crisis: Crisis, now: datetime) -> Command:
    """The command of a filled form of that kind."""
    if kind in STATES:
        return read_state(values, kind, crisis, now)
    if kind == "counter":
        return read_counter(values)
    if kind == "ultimatum":
        return read_ultimatum(values, crisis, now)
    raise Refused("Ce formulaire n'est plus connu. Fermez-le et recommencez.")


# -- sites, units, applications ---------------------------------------------------------------


def state_form(subject: Subject, crisis: Crisis) -> Block:
    """The form that tells the state of sites, of units or of applications."""
    states = [option(TITLES[one].capitalize(), one) for one in STATES[subject]]
    blocks = [
        *boxes("of", _ASKED[subject], _with_states(subject, crisis)),
        field(
            "other",
            "Autre" if listed(subject, crisis) else _ASKED[subject],
            text_input("v", limit=200),
            optional=True,
            hint="Plusieurs noms : séparez-les par des virgules.",
        ),
        field("state", "Leur état", radio("v", states, states[0])),
        field(
            "who",
            "Qui le dit ?",
            text_input("v", limit=120),
            optional=True,
            hint="Si ce n'est pas vous : nom et fonction.",
        ),
        field(
            "when",
            "Depuis quand ?",
            text_input("v", initial=NOW, limit=40),
            optional=True,
            hint="« maintenant », « 03:10 », « hier 23:40 », « vers 2h ».",
        ),
    ]
    return form(f"{NAME}:{subject}", SUBJECTS[subject], blocks, crisis)


def _with_states(subject: Subject, crisis: Crisis) -> list[tuple[str, str]]:
    """Id and name of each, with the state that is known."""
    states = crisis.hospital.states
    return [
        (of, f"{label} — {TITLES[states[subject, of].state]}")
        if (subject, of) in states
        else (of, label)
        for of, label in listed(subject, crisis)
    ]


def read_state(values: Values, subject: Subject, crisis: Crisis, now: datetime) -> TellStates:
    """The command of a filled form of states."""
    names = (*values.chosen("of"), *values.text("other").split(","))
    if not any(one.strip() for one in names):
        raise WrongField("other", "Cochez au moins un nom, ou écrivez-le ici.")
    state = values.text("state", STATES[subject][0])
    happened, precision = past_of(values, "when", now, crisis.zone)
    return TellStates(subject, names, cast(State, state), values.text("who"), happened, precision)


# -- counters -----------------------------------------------------------------------------------


def counter_form(crisis: Crisis) -> Block:
    """The form that counts: a number more, or a total."""
    held = crisis.hospital.counters
    choices = [
        option(f"{label} ({held[of].value})" if of in held else label, of)
        for of, label in counters(crisis)
    ]
    ways = [option("En plus", "by"), option("Total", "to")]
    blocks = [
        context("Des nombres seulement : jamais un nom, jamais une identité."),
        *(
            [field("of", "Que comptez-vous ?", select("v", choices), optional=True)]
            if choices
            else []
        ),
        field(
            "other",
            "Autre chose" if choices else "Que comptez-vous ?",
            text_input("v", limit=80),
            optional=True,
        ),
        field("number", "Combien ?", text_input("v", limit=8), hint="3 ; -1 pour corriger."),
        field("how", "Ce nombre est…", radio("v", ways, ways[0])),
    ]
    return form(f"{NAME}:counter", "Compter", blocks, crisis)


def read_counter(values: Values) -> CountUp:
    """The command of a filled counter."""
    name = values.text("other").strip() or values.text("of")
    if not name:
        raise WrongField("other", "Choisissez ce que vous comptez, ou écrivez-le ici.")
    typed = values.text("number").replace("\u2212", "-").replace("+", "").strip()
    if not typed.removeprefix("-").isdecimal():
        raise WrongField("number", "Écrivez un nombre entier : 3.")
    return CountUp(name, int(typed), values.text("how", "by") == "by")


# -- the ultimatum ------------------------------------------------------------------------------


def ultimatum_form(crisis: Crisis, now: datetime) -> Block:
    """The form of an ultimatum: until when, what is demanded; or that it no longer stands."""
    ways = [option("Nouvelle échéance", "new"), option("Il ne tient plus", "lifted")]
    standing = crisis.hospital.ultimatum
    blocks = [
        context("Ne répondez pas aux attaquants. Gardez leur message, pour les enquêteurs."),
        *(
            [section(ultimatum(crisis, now)), field("how", "C'est…", radio("v", ways, ways[0]))]
            if standing
            else []
        ),
        field(
            "due",
            "Jusqu'à quand ?",
            text_input("v", limit=40),
            optional=standing is not None,
            hint="« 24/11 18:00 », « demain 08:00 », « dans 48 h ».",
        ),
        field(
            "text",
            "Ce qui est exigé ou menacé",
            text_input("v", multiline=True, limit=1000),
            hint="En vos mots, sans recopier d'adresse ni de lien. S'il ne tient plus : pourquoi.",
        ),
    ]
    return form(f"{NAME}:ultimatum", "Ultimatum", blocks, crisis)


def read_ultimatum(values: Values, crisis: Crisis, now: datetime) -> Command:
    """The command of a filled ultimatum."""
    if values.text("how", "new") == "lifted":
        return LiftUltimatum(values.text("text"))
    try:
        until = read_until(values.text("due"), now, crisis.zone, sure=True)
    except Refused as refused:
        raise WrongField("due", refused.for_people()) from refused
    if until is None or until[1]:
        raise WrongField("due", "Échéance non comprise. Exemples : 24/11 18:00, dans 48 h.")
    return RecordUltimatum(until[0], values.text("text"))
