"""What the channel shows of erasures: the request and its buttons, and what is left of a notice.

These messages are drawn from the state of the crisis, not from what was once said, so that drawing
them again takes a text off the screen and buttons off a request that is settled.
"""

from bot.core.crisis import Crisis, Erasure
from bot.core.erasure import erasers, numbered
from bot.core.french import clock, joined
from bot.grammar import line
from bot.slack.blocks import Block, actions, button, context, ours, section, user
from bot.slack.render import Message

_NAMED = 6


def revised(crisis: Crisis) -> list[Message]:
    """Every notice that must not stay as it was posted: of erased lines, and of each request."""
    gone = [left(seq, by, crisis) for seq, by in crisis.erased.items()]
    requests = [asked(one, crisis) for one in crisis.erasures.values()]
    return gone + withdrawn(crisis) + requests


def withdrawn(crisis: Crisis) -> list[Message]:
    """The briefings and sheets that may quote what was erased after them."""
    posted = [(one.seq, f"entry:{one.seq}") for one in crisis.briefings]
    posted += [(seq, f"handover-{seq}-sheet") for seq in crisis.handovers]
    text = (
        f"{_start(crisis)}Retiré : ce message citait un texte effacé depuis. "
        "Où nous en sommes : `/crise point`."
    )
    return [
        Message(key, ours(text), [context(text)], live=True)
        for seq, key in posted
        if any(line < seq < by for line, by in crisis.erased.items())
    ]


def left(seq: int, by: int, crisis: Crisis) -> Message:
    """What is left of the notice of a line, erased by that other line."""
    text = f"{_start(crisis)}Ligne {seq} : texte effacé sur demande (ligne {by})."
    return Message(f"entry:{seq}", ours(text), [context(text)], live=True)


def asked(one: Erasure, crisis: Crisis) -> Message:
    """A request: what, why, on which ground, and what another person can do about it."""
    start = _start(crisis)
    text = f"{start}Effacement demandé pour {numbered(one.lines, 'la')}."
    blocks = [
        section(
            f"🧽 {start}*Effacement demandé* pour {numbered(one.lines, 'la')}.\n"
            f"Base : {user(one.basis, 300)}\nRaison : {user(one.reason, 1500)}"
        ),
        *_end(one, crisis),
        context(
            f"Ligne {one.seq} de la main courante · "
            f"{user(f'{one.by.name}, {clock(one.at, crisis.zone)}')}"
        ),
    ]
    return Message(f"entry:{one.seq}", ours(text), blocks, live=True)


def _end(one: Erasure, crisis: Crisis) -> list[Block]:
    """How it ended, or who can end it."""
    if one.settled:
        by = user(one.settled_by.name) if one.settled_by else "quelqu'un"
        word = "Fait" if one.settled == "done" else "Refusé"
        return [section(f"*{word}* par {by} (ligne {one.settled_seq}).")]
    number = str(one.seq)
    return [
        section(f"Une deuxième personne doit confirmer{_whom(one, crisis)}."),
        actions(
            button(
                "Relire, puis effacer", line("effacer", "confirmer", number), f"say:erase:{number}"
            ),
            button("Refuser", line("effacer", "refuser", number), f"say:keep:{number}"),
        ),
    ]


def _whom(one: Erasure, crisis: Crisis) -> str:
    """Mentions of those whom the files or the cell allow, but for who asked."""
    people = [person for person in erasers(crisis) if person != one.by.id]
    if not people:
        return ""
    return f" : {joined([f'<@{person}>' for person in people[:_NAMED]], 'ou')}"


def _start(crisis: Crisis) -> str:
    return "EXERCICE — " if crisis.exercise else ""
