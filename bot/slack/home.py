"""The App Home: what a person sees when they open Tocsin, crisis or none."""

from collections.abc import Container, Iterable

from bot.core.board import ACTIONABLE, Board, StepView
from bot.core.french import plural
from bot.grammar import line
from bot.slack.blocks import Block, actions, button, context, divider, header, section, user
from bot.slack.render import deadline_line, named, prefix

_STEPS = 5


def home_view(person: str, boards: Iterable[Board], faults: int) -> Block:
    """The Home of one person (Slack id): open crises that they are in, their steps, the clocks."""
    blocks: list[Block] = [
        header("Tocsin"),
        actions(
            button("Déclarer une crise", line("déclarer"), "open:declare", "danger"),
            button("Poser une question", line("question"), "say:question"),
        ),
    ]
    mine = [one for one in boards if one.crisis.is_open]
    for board in mine[:5]:
        blocks += _crisis(person, board)
    if not mine:
        blocks.append(section("Aucune crise en cours. Tout est calme."))
    if faults:
        blocks.append(
            context(f"⚠️ {plural(faults, 'défaut')} dans les playbooks : lancez « tocsin check ».")
        )
    return {"type": "home", "blocks": blocks[:100]}


def _crisis(person: str, board: Board) -> list[Block]:
    crisis = board.crisis
    seats = set(crisis.roles_of(person)) | {
        seat.role.id
        for seat in board.seats
        if not seat.holders and any(one.slack == person for one in seat.expected)
    }
    left = [one for one in board.steps if not one.finished and _is_mine(one, person, seats)]
    mine = sorted(left, key=lambda one: one.standing not in ACTIONABLE)
    steps = "\n".join(f"• {named(one.step)}" for one in mine[:_STEPS])
    if len(mine) > _STEPS:
        steps += f"\n… et {plural(len(mine) - _STEPS, 'autre')}."
    clocks = "\n".join(f"• {deadline_line(board, one, brief=True)}" for one in board.pressing[:3])
    where = f"<#{crisis.channel}>" if crisis.channel else "canal en cours d'ouverture"
    return [
        divider(),
        section(f"*{prefix(board)}{user(crisis.title, 150)}* — {where}"),
        section(f"*Mes étapes*\n{steps or 'Aucune à votre nom.'}"),
        section(f"*Délais*\n{clocks or 'Aucun délai ne court.'}"),
    ]


def _is_mine(one: StepView, person: str, seats: Container[str]) -> bool:
    """Whether the person holds the step or, while nobody does, the role that it is for."""
    holder = one.state.holder
    return holder.id == person if holder else one.step.role in seats
