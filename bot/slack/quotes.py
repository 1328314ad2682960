"""An answer of the library as blocks: how sure it is, each passage with its source, what next.

Every passage stands by itself, with where it comes from and, when it is a step of the running
crisis, the button that opens it.  What a model wrote comes first, each sentence with the numbers of
the passages that say it, and never without them.
"""

from bot.core.board import Board
from bot.core.crisis import Crisis
from bot.core.french import dates
from bot.library.answer import Answer, SourceRef
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    divider,
    markdown,
    paragraphs,
    section,
    user,
)
from bot.slack.modals import exercise
from bot.slack.render import deadline_line

CONFIDENCE = {
    "nette": "Correspondance nette",
    "a-verifier": "À vérifier",
    "aucune": "Rien trouvé",
}
DECLINED = "hors du champ de Tocsin"
#: Shown while a model writes, and left there if the bot stops meanwhile: true either way.
TO_COME = "Un modèle rédige : ses phrases s'ajouteront ici une fois vérifiées."
_PASSAGES = 3


def answer_blocks(found: Answer, shown: Board | None, *, to_come: bool = False) -> list[Block]:
    """An answer; ``shown`` is the board of the crisis it is asked in, ``to_come`` says to wait."""
    crisis = shown.crisis if shown else None
    sure = CONFIDENCE[found.confidence] + (f" · {DECLINED}" if found.declined else "")
    blocks = [
        section(f"{exercise(crisis)}*{user(found.question, 300)}*"),
        context(" · ".join(filter(None, (sure, "" if not found.found else user(found.note, 400))))),
    ]
    if not found.found:
        return [*blocks, *_nothing(found, crisis)]
    blocks += _written(found)
    if to_come:
        blocks.append(context(TO_COME))
    numbered = found.wording is not None and found.wording.enough
    for number, one in enumerate(found.sources[:_PASSAGES], 1):
        blocks += [divider(), *_passage(one, f"[{number}] " if numbered else "", shown)]
    return blocks


def wording_blocks(found: Answer, crisis: Crisis | None) -> list[Block]:
    """Only what a model added to an answer that was shown before; nothing when nothing stands."""
    if found.wording is None or not found.wording.enough:
        return []
    cited = sorted({n for one in found.wording.sentences for n in one.cited})
    places = [f"[{n}] {_origin(found.sources[n - 1])}" for n in cited]
    return [
        section(f"{exercise(crisis)}*{user(found.question, 300)}*"),
        *_written(found),
        *(context(one) for one in places),
        context(user(found.wording.note, 300)),
    ]


def _written(found: Answer) -> list[Block]:
    """The sentences of a model that stand, each with its citations."""
    if found.wording is None or not found.wording.enough:
        return []
    return paragraphs(f"• {user(one.marked, 700)}" for one in found.wording.sentences)


def _passage(one: SourceRef, number: str, shown: Board | None) -> list[Block]:
    crisis = shown.crisis if shown else None
    quoted = paragraphs(f">{line}" for line in markdown(one.excerpt).splitlines() if line.strip())
    titled = section(f"*{number}{user(one.heading, 250)}*")
    origin = f"Source : `{user(one.path, 120)}`"
    if one.labels:
        origin += f"\nD'après : {user(' ; '.join(map(dates, one.labels[:3])), 500)}"
    if one.readers is not None:
        origin += "\n*Confidentiel* : réservé à quelques personnes, dont vous."
    blocks = [titled, *quoted, *_running(one, shown), context(origin)]
    step = crisis.plan.step(one.step) if one.step and crisis is not None else None
    if step is not None:
        label = f"Ouvrir l'étape {step.ref or step.title}"
        blocks.append(actions(button(label, step.id, f"open:step:{step.id}")))
    return blocks


def _running(one: SourceRef, shown: Board | None) -> list[Block]:
    """What a duty leaves of its time in the crisis at hand."""
    if shown is None or not one.states_duty:
        return []
    clocks = [each for each in shown.deadlines if each.duty.id == one.duty]
    return [section(f"*Dans cette crise* : {deadline_line(shown, each)}") for each in clocks[:1]]


def _origin(one: SourceRef) -> str:
    return f"{user(one.heading, 250)} · `{user(one.path, 120)}`"


def _nothing(found: Answer, crisis: Crisis | None) -> list[Block]:
    """Declined in a sentence; or nothing, what is nearest, and whose matter it is."""
    if found.declined:
        return [section(user(found.declined, 500))]
    near = found.nearest
    blocks = [section(user(found.text, 300))]
    if near.subjects:
        lines = [f"• {user(one, 250)}" for one in near.subjects]
        blocks += paragraphs(["*Sujets les plus proches*", *lines])
    steps = [crisis.plan.step(one) for one in near.steps] if crisis else []
    opened = [
        button(f"{one.ref} {one.title}".strip(), one.id, f"open:step:{one.id}")
        for one in steps
        if one is not None
    ]
    if opened:
        blocks.append(actions(*opened))
    return [*blocks, section(_whose(found, crisis))]


def _whose(found: Answer, crisis: Crisis | None) -> str:
    """The role that holds the matter and, in a crisis, who holds the role."""
    near = found.nearest
    if not near.title:
        return "Reformulez avec les mots du playbook."
    holders = crisis.roles.get(near.role, ()) if crisis else ()
    who = ", ".join(user(one.name, 80) for one in holders)
    if crisis is not None and not holders:
        who = "personne ne tient encore ce rôle"
    told = f" ({who})" if who else ""
    return f"Demandez dans la cellule : *{user(near.title, 120)}*{told}. Ou reformulez."
