"""The forms: what each asks, and how what was typed is read back.

Each form is a pair: a function that draws it and one that turns its values into a command.  An
element that a client sends back empty although it was filled in beforehand counts as left as it
was, so that every value here has its default on our side.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.core.board import StepView
from bot.core.crisis import TOCSIN, Actor, Agreement, Command, Crisis
from bot.core.french import dates, day_clock
from bot.core.instants import RecordInstant
from bot.core.notes import AddNote, TakeDecision
from bot.core.playbook import Step
from bot.core.steps import AssignStep, BlockStep, CompleteStep, ReopenStep, SkipStep, TakeStep
from bot.errors import Refused
from bot.grammar.named import Context
from bot.grammar.parsers import paper
from bot.slack.blocks import (
    Block,
    context,
    escape,
    field,
    markdown,
    modal,
    option,
    paragraphs,
    pieces,
    radio,
    section,
    select,
    text_input,
    user,
)
from bot.slack.values import NOW, Values, WrongField, metadata, moment_of, past_of


def exercise(crisis: Crisis | None) -> str:
    """What everything said within an exercise begins with."""
    return "EXERCICE — " if crisis is not None and crisis.exercise else ""


def form(name: str, title: str, blocks: list[Block], crisis: Crisis, **carries: str) -> Block:
    """A form of a crisis; one of an exercise says so first."""
    if crisis.exercise:
        blocks = [context("*EXERCICE* : rien de réel."), *blocks]
    meta = metadata(crisis=crisis.id, **carries)
    return modal(name, title, blocks, submit="Enregistrer", metadata=meta)


#: Sources of a step that are named.
_SOURCES = 5


# -- steps ------------------------------------------------------------------------------------


def step_details(view: StepView, crisis: Crisis, people: Sequence[Actor]) -> Block:
    """The whole of a step, and every way to act on it."""
    blocks = [section(f"*{_named(view.step)}*"), context(_state(view, crisis))]
    blocks += paragraphs(markdown(view.step.text).splitlines())
    blocks += [context(part) for line in _advice(view) for part in pieces(line)]
    blocks += [context(f"Source : {line}") for line in _sources(view, crisis)]
    if not crisis.is_open:
        return modal("shown", "Étape", blocks, metadata=metadata(crisis=crisis.id))
    doing = _doings(view)
    blocks += [
        field("do", "Que faire ?", radio("v", doing, doing[0])),
        *_outcomes(view, optional=True),
        field(
            "text",
            "Preuve ou raison",
            text_input("v", multiline=True),
            optional=True,
            hint="Numéro d'accusé, heure, lieu, motif. Aucune identité de patient.",
        ),
    ]
    if people and not view.finished:
        choices = [option(one.name, one.id) for one in people]
        blocks.append(field("who", "Confier à", select("v", choices), optional=True))
    carries = {"step": view.step.id, "do": str(doing[0]["value"])}
    return form("step", "Étape", blocks, crisis, **carries, outcome=_first_outcome(view))


def _named(step: Step) -> str:
    return user(f"{step.ref} {step.title}".strip(), 200)


def _state(view: StepView, crisis: Crisis) -> str:
    """Where the step stands, for somebody who just opened it."""
    state = view.state
    if view.standing == "waiting":
        first = " ; ".join(_named(one) for one in view.waits_for)
        return f"À finir d'abord : {first}. Vous pouvez déjà la prendre."
    if view.standing == "unasked":
        asks = [crisis.plan.question(one) for one in view.step.when if one not in crisis.answers]
        shown = " ".join(f"« {user(one.ask, 200)} »" for one in asks if one)
        return f"S'applique selon la réponse à : {shown}"
    if view.standing == "void":
        return "Sans objet, d'après les réponses données."
    if view.standing == "todo" or state.by is None or state.at is None:
        return "À faire. Personne ne l'a encore prise."
    words = {"taken": "En cours", "done": "Faite", "skipped": "Non applicable"}
    word = words.get(view.standing, "Bloquée")
    who = state.holder if view.standing == "taken" and state.holder else state.by
    told = " — ".join(one for one in (state.outcome, state.evidence or state.reason) if one)
    at = day_clock(state.at, crisis.zone)
    half = f". {_half(state.agreed, crisis)}" if state.agreed else ""
    return f"{word} : {user(who.name)}, {at}" + (f" — {user(told, 1500)}" if told else "") + half


def _half(first: Agreement, crisis: Crisis) -> str:
    """The first of two agreements, and what is still missing."""
    told = " — ".join(one for one in (first.outcome, first.evidence) if one)
    by = f"{user(first.by.name)}, {day_clock(first.at, crisis.zone)}"
    shown = f" : {user(told, 800)}" if told else ""
    return f"*1er accord* : {by}{shown}. Il faut une 2e personne"


def _advice(view: StepView) -> list[str]:
    step = view.step
    return [
        line
        for line in (
            f"*À ne jamais faire* : {markdown(step.never)}" if step.never else "",
            f"*Si c'est impossible* : {markdown(step.if_impossible)}" if step.if_impossible else "",
            f"*À garder* : {markdown(', '.join(step.evidence))}" if step.evidence else "",
            "*À deux personnes* : l'une dit « C'est fait », une autre confirme."
            if step.two_persons and view.state.agreed is None
            else "",
        )
        if line
    ]


def _sources(view: StepView, crisis: Crisis) -> list[str]:
    known = {one.id: one for one in crisis.plan.sources}
    found = [known[one] for one in view.step.sources if one in known]
    lines = [
        escape(dates(f"{one.title}, {one.publisher}, {one.date}"))
        + (" — à vérifier" if one.confidence != "high" else "")
        for one in found[:_SOURCES]
    ]
    return [*lines, f"et {len(found) - _SOURCES} de plus."] if len(found) > _SOURCES else lines


def _doings(view: StepView) -> list[Block]:
    if view.standing in ("done", "skipped"):
        return [option("La remettre à faire", "reopen")]
    if view.standing == "blocked":
        first = [option("Elle n'est plus bloquée", "reopen")]
    else:
        first = [] if view.state.holder else [option("Je la prends", "take")]
    half = view.state.agreed is not None
    done = [option("Je confirme, en 2e personne" if half else "C'est fait", "done")]
    back = [option("Retirer le premier accord", "reopen")] if half else []
    return [
        *first,
        *([] if view.standing == "waiting" else done),
        *back,
        option("Elle est bloquée", "block"),
        option("Elle ne s'applique pas", "skip"),
        option("La confier à quelqu'un", "assign"),
        option("La confier hors de la cellule…", "outside"),
        option("La découper en parties…", "split"),
    ]


def step_done(view: StepView, crisis: Crisis) -> Block:
    """The short form that completes a step."""
    asked = ", ".join(view.step.evidence) or "ce qui le montre : heure, lieu, numéro"
    half = view.state.agreed
    blocks = [
        section(f"*{_named(view.step)}*"),
        *_pair_notes(view, crisis),
        *([] if half else _outcomes(view, optional=False)),
        field(
            "text",
            "Preuve",
            text_input("v", multiline=True),
            optional=view.step.duty is None or half is not None,
            hint=f"À garder : {asked}. Aucune identité de patient.",
        ),
    ]
    title = "Je confirme" if half else "C'est fait"
    return form("done", title, blocks, crisis, step=view.step.id, outcome=_first_outcome(view))


def _first_outcome(view: StepView) -> str:
    """The outcome that the first of two people gave, which the second confirms."""
    return view.state.agreed.outcome if view.state.agreed else ""


def _pair_notes(view: StepView, crisis: Crisis) -> list[Block]:
    """What is told to one who says that a step « à deux personnes » is done."""
    if view.state.agreed is not None:
        half = _half(view.state.agreed, crisis)
        return [context(f"{half} : confirmez seulement ce que vous avez vérifié vous-même.")]
    if view.step.two_persons:
        return [context("Se termine à deux : une autre personne confirmera après vous.")]
    return []


def _outcomes(view: StepView, *, optional: bool) -> list[Block]:
    if len(view.step.outcomes) <= 1:
        return []
    choices = [option(one.label, one.label) for one in view.step.outcomes]
    return [field("outcome", "Issue", select("v", choices), optional=optional)]


def read_done(values: Values, step: Step, outcome: str = "") -> Command:
    """The command of a filled completion; ``outcome`` is that of the first of two people."""
    outcome = values.text("outcome", outcome)
    if len(step.outcomes) > 1 and not outcome:
        raise WrongField("outcome", "Choisissez l'issue.")
    return CompleteStep(step.id, values.text("text"), outcome)


def read_step(
    values: Values, step: Step, people: Sequence[Actor], default: str, outcome: str = ""
) -> Command:
    """The command of the filled step form; ``default`` is its first choice, if left alone."""
    text = values.text("text")
    doing = values.text("do", default)
    if doing == "assign":
        who = next((one for one in people if one.id == values.text("who")), None)
        if who is None:
            raise WrongField("who", "Choisissez à qui la confier.")
        return AssignStep(step.id, who)
    if doing in ("skip", "block") and not text.strip():
        raise WrongField("text", "Donnez la raison.")
    if doing == "done":
        return read_done(values, step, outcome)
    commands: dict[str, Command] = {
        "take": TakeStep(step.id),
        "block": BlockStep(step.id, text),
        "skip": SkipStep(step.id, text),
        "reopen": ReopenStep(step.id, text),
    }
    if doing not in commands:
        raise WrongField("do", "Choisissez que faire.")
    return commands[doing]


# -- duties, instants, notes, questions -----------------------------------------------------


def instant_form(crisis: Crisis) -> Block:
    """The form that dates a legal instant."""
    instants = crisis.plan.obligations.instants
    choices = [option(one.title, one.id) for one in instants]
    blocks = [
        context("Chaque instant lance ses propres délais. Datez-les séparément."),
        field("instant", "Quel instant ?", select("v", choices)),
        field(
            "when",
            "À quelle heure ?",
            text_input("v", initial=NOW, limit=40),
            hint="« maintenant », « 03:10 », « hier 23:40 », « 21/11 03:10 », « vers 2h ».",
        ),
        field("who", "Qui le savait ?", text_input("v", limit=200), optional=True),
        field("text", "Sur quelle preuve ?", text_input("v", multiline=True), optional=True),
    ]
    return form("instant", "Dater un instant", blocks, crisis)


def read_instant(values: Values, crisis: Crisis, now: datetime) -> Command:
    """The command of a filled instant form."""
    if not values.text("instant"):
        raise WrongField("instant", "Choisissez l'instant.")
    at, precision = moment_of(values, "when", now, crisis.zone)
    return RecordInstant(
        values.text("instant"),
        at,
        precision,
        values.text("who"),
        values.text("text"),
    )


def note_form(crisis: Crisis, kind: str = "note") -> Block:
    """The form that writes a note or a decision."""
    choices = [option("Un fait", "note"), option("Une décision", "decision")]
    initial = choices[1] if kind == "decision" else choices[0]
    blocks = [
        field("kind", "C'est…", radio("v", choices, initial)),
        field(
            "text",
            "Texte",
            text_input("v", multiline=True),
            hint="Factuel et court. Aucune identité de patient.",
        ),
        field(
            "when",
            "Quand est-ce arrivé ?",
            text_input("v", initial=NOW, limit=40),
            optional=True,
            hint="Plus tôt : « 03:10 », « hier 23:40 », « vers 2h » ou « heure inconnue ».",
        ),
    ]
    return form("note", "Consigner", blocks, crisis, kind=kind)


def read_note(values: Values, crisis: Crisis, now: datetime, kind: str) -> Command:
    """The command of a filled note."""
    at, precision = past_of(values, "when", now, crisis.zone)
    if values.text("kind", kind) == "decision":
        return TakeDecision(values.text("text"), at, precision)
    return AddNote(values.text("text"), at, precision)


def paper_form(crisis: Crisis) -> Block:
    """The form in which a sheet of paper is typed in, a line a line."""
    blocks = [
        context("Une ligne par ligne de la feuille : son numéro, son heure, ce qui y est écrit."),
        field(
            "text",
            "Lignes de la feuille",
            text_input("v", multiline=True),
            hint="P-012 03:10 Appel du SAMU. L'heure est celle du papier ; « vers 3h » convient.",
        ),
    ]
    return form("paper", "Feuille de papier", blocks, crisis)


def read_paper(values: Values, crisis: Crisis, now: datetime) -> Command:
    """The command of a filled sheet: what is wrong in a line is told under the field."""
    try:
        return paper(values.text("text"), Context(crisis, TOCSIN, now))
    except Refused as refused:
        raise WrongField("text", refused.for_people()) from refused


def question_form(crisis: Crisis | None) -> Block:
    """The form that asks the library, from a crisis or from anywhere."""
    blocks = [
        field(
            "text",
            "Votre question",
            text_input("v", limit=500),
            hint="Comme ça vous vient : « faut-il éteindre les PC ? »",
        )
    ]
    meta = metadata(crisis=crisis.id if crisis else "")
    return modal("question", "Poser une question", blocks, submit="Chercher", metadata=meta)


def shown(title: str, blocks: list[Block], meta: str = "") -> Block:
    """A view that only shows something."""
    return modal("shown", title, blocks, metadata=meta)
