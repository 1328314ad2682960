"""The handover in Slack: the sheet of the next shift, the proposal and the two names under it.

The proposal is one message of the channel that is updated in place; the sheet hangs in its thread,
as things stood when it was proposed.  Who asks for the sheet alone gets it in private.
"""

from collections.abc import Mapping, Sequence

from bot.core.board import Board, Seat, board
from bot.core.briefing import briefing
from bot.core.crisis import Actor, Crisis, Handover
from bot.core.french import span
from bot.core.handover import held, pending, roles_held, steps_held
from bot.errors import Refused
from bot.grammar import line
from bot.service import Service
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    fitted,
    option,
    ours,
    paragraphs,
    section,
    select,
    user,
)
from bot.slack.counters import Record, of_crisis
from bot.slack.directory import Directory
from bot.slack.inbound import Touch
from bot.slack.render import Message, prefix, seat_line, when
from bot.slack.reply import Reply
from bot.slack.texts import briefing_blocks
from bot.slack.values import Values

#: The document that says the same on paper, to be signed by both.
_DOCUMENT = "fiche-releve"
#: Sheets of so many handovers are drawn: older ones were posted long ago.
_RECENT = 2


class Handovers:
    """« relève » alone: the sheet, in private."""

    names = frozenset({"relève"})

    def __init__(self, service: Service, directory: Directory) -> None:
        """Read the service's crises; the directory knows the cell by name."""
        self._service = service
        self._directory = directory

    async def say(
        self, touch: Touch, name: str, rest: str, crisis: Crisis | None, record: Record
    ) -> Reply:
        """The sheet, what one would pass on, and to whom."""
        crisis = of_crisis(crisis)
        shown = board(crisis, self._service.now())
        blocks = own_sheet(touch.person, shown, self._directory.cell(crisis))
        return Reply(text=f"{prefix(shown)}Feuille de relève", blocks=blocks)

    async def open(self, touch: Touch, crisis: Crisis | None) -> Reply:
        """No button of it opens a form."""
        raise Refused("Ce bouton n'est plus connu. Voyez « /crise relève ».")

    async def filled(
        self,
        touch: Touch,
        values: Values,
        carried: Mapping[str, str],
        crisis: Crisis | None,
        record: Record,
    ) -> Reply:
        """It has no form."""
        raise Refused("Ce formulaire n'est plus connu. Voyez « /crise relève ».")


def handover_messages(shown: Board) -> list[Message]:
    """One live message for each handover, and the sheet in its thread."""
    found = list(shown.crisis.handovers.values())
    messages = [_proposal(one, shown) for one in found]
    return messages + [_sheet(one, shown) for one in found[-_RECENT:]]


def _key(one: Handover) -> str:
    return f"handover-{one.seq}"


def _proposal(one: Handover, shown: Board) -> Message:
    start, giver, to = prefix(shown), user(one.giver.name), user(one.to.name)
    passed = f"Passe : {user(held(one, shown.crisis.plan), 1500)}."
    if one.settled and one.settled_at and one.settled_by:
        word = "✅ *Relève prise*" if one.settled == "taken" else "➖ *Relève annulée*"
        by = f"par {user(one.settled_by.name)}, {when(one.settled_at, shown)}"
        blocks = [section(f"{word} {by}\n{start}Proposée par {giver} à {to}. {passed}")]
    else:
        called = f"<@{one.to.id}>" if one.to.id.startswith(("U", "W")) else to
        blocks = [
            section(f"🔁 {start}*Relève proposée* à {called} par {giver}\n{passed}"),
            *(_buttons(one) if shown.crisis.is_open else []),
            context(
                f"La feuille de relève est dans le fil. Lisez-la ensemble ; {to} prend ensuite."
            ),
        ]
    fallback = f"{start}Relève proposée par {giver} à {to}, ligne {one.seq}."
    return Message(_key(one), ours(fallback), blocks, live=True)


def _buttons(one: Handover) -> list[Block]:
    number = str(one.seq)
    take, drop = line("relève", "prendre", number), line("relève", "annuler", number)
    return [
        actions(
            button("Je prends la relève", take, f"say:handover:take:{number}", "primary"),
            button("Annuler", drop, f"say:handover:drop:{number}"),
            button("Préparer la fiche à signer", _DOCUMENT, f"open:document:{_DOCUMENT}"),
        )
    ]


def _sheet(one: Handover, shown: Board) -> Message:
    blocks = fitted(sheet(shown))
    text = ours(f"{prefix(shown)}Feuille de relève, ligne {one.seq}.")
    return Message(f"{_key(one)}-sheet", text, blocks, thread=_key(one))


def sheet(shown: Board) -> list[Block]:
    """What the next shift must know: since when, decided, done, late, blocked, next, who."""
    crisis = shown.crisis
    report = briefing(crisis, crisis.opened_at, shown.at)
    seats = [seat_line(seat) for seat in shown.seats if seat.holders]
    seats += [f"{seat_line(seat)} (prévu)" for seat in shown.seats if _only_expected(seat)]
    return [
        *briefing_blocks(report, "Feuille de relève"),
        *paragraphs(["*Qui tient quoi*", *(f"• {one}" for one in seats or ["Personne encore."])]),
        context(f"La crise dure depuis {span(shown.at - crisis.opened_at)}."),
    ]


def _only_expected(seat: Seat) -> bool:
    """Whether the seat is somebody's by the file, and nobody said that they hold it."""
    return bool(seat.expected) and not seat.holders


def own_sheet(person: str, shown: Board, people: Sequence[Actor]) -> list[Block]:
    """The sheet for one person (Slack id), with what they would pass on, and to whom."""
    crisis = shown.crisis
    roles, steps = roles_held(crisis, person), steps_held(crisis, person)
    if not roles and not steps:
        return [*sheet(shown), context("Vous ne tenez ni rôle ni étape : rien à passer.")]
    mine = held(Handover(0, Actor(person, ""), Actor("", ""), roles, steps, shown.at), crisis.plan)
    blocks = [*sheet(shown), section(f"*Vous tenez* : {user(mine, 1500)}.")]
    waiting = next((one for one in pending(crisis) if one.giver.id == person), None)
    if waiting is not None:
        return [*blocks, context(f"Relève proposée à {user(waiting.to.name)} : réponse attendue.")]
    others = [one for one in people if one.id != person]
    if crisis.is_open and others:
        choices = [option(one.name, line("relève", f"<@{one.id}>")) for one in others]
        blocks.append(actions(select("say:handover", choices, hint="Passer la relève à…")))
    return blocks
