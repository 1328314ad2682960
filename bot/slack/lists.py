"""What one person asks to see: the steps left, the duties with their clocks, the seats."""

from bot.core.board import ACTIONABLE, Board, StepView
from bot.core.people import warnings
from bot.grammar import line
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    divider,
    header,
    markdown,
    option,
    paragraphs,
    pieces,
    section,
    select,
    user,
)
from bot.slack.render import ADD, STANDING, deadline_line, named, prefix, seat_line, target


def steps_text(board: Board) -> list[Block]:
    """What is left, for « /crise étapes »: what can be acted on, then what waits, by phase."""
    lines = [f"• {named(one.step)} : {_left(board, one)}" for one in _to_act_on(board)]
    lines = [f"*À faire, en cours ou bloqué* ({len(lines)})", *lines] if lines else []
    for phase in board.phases:
        left = [one for one in phase.steps if one.standing in ("waiting", "unasked")]
        if not left:
            continue
        lines.append(f"*Ensuite, {user(phase.phase.title)}* {phase.finished}/{phase.total}")
        lines += [f"• {named(one.step)} : {_left(board, one)}" for one in left]
    blocks = paragraphs(lines) or [section("Toutes les étapes sont finies.")]
    if board.crisis.is_open:
        blocks.append(actions(button(ADD, line("étape", "ajouter"), "open:etape:ajouter")))
    return blocks


def _to_act_on(board: Board) -> list[StepView]:
    """What can be done now or is stuck: the nearest of our targets first, then the plan's order."""
    found = [one for one in board.steps if one.standing in (*ACTIONABLE, "blocked")]
    return sorted(found, key=lambda one: (one.due is None, one.due or board.at))


def _left(board: Board, one: StepView) -> str:
    """Where an unfinished step stands, in a few words."""
    if one.standing == "waiting":
        return f"attend {', '.join(user(step.ref or step.title, 80) for step in one.waits_for)}"
    holder = f", {user(one.state.holder.name)}" if one.state.holder else ""
    return f"{STANDING[one.standing]}{holder}{target(board, one)}"


def deadlines_blocks(board: Board) -> list[Block]:
    """Every duty with its clock and its recipient, the most urgent first: « /crise échéances »."""
    blocks: list[Block] = [header(f"{prefix(board)}Échéances")]
    shown = [*board.pressing, *(one for one in board.deadlines if one.settled)]
    asleep = [one for one in board.deadlines if not (one.started or one.settled)]
    for one in shown:
        duty = one.duty
        text = (
            f"{deadline_line(board, one)}\nÀ : {markdown(duty.recipient)}\n"
            f"_{user(duty.legal_basis, 200)}, vérifié le {duty.checked:%d/%m/%Y}_"
        )
        accessory = None
        if not one.settled and board.crisis.is_open:
            accessory = button("Donner l'issue", duty.id, f"open:duty:{duty.id}")
        blocks.append(section(text, accessory))
    if asleep:
        titles = ", ".join(user(one.duty.title, 100) for one in asleep)
        blocks += [divider(), *map(context, pieces(f"Ne courent pas : {titles}"))]
    return blocks


def seats_blocks(board: Board) -> list[Block]:
    """Who holds what, and a list to take a seat, for « /crise rôles »."""
    held = [seat_line(seat) for seat in board.seats if seat.holders]
    expected = [seat_line(seat) for seat in board.seats if seat.expected and not seat.holders]
    free = [user(one.role.title, 80) for one in board.seats if not (one.holders or one.expected)]
    blocks = [
        header(f"{prefix(board)}Rôles"),
        *paragraphs(["*Tenus*", *(held or ["Personne encore."])]),
    ]
    if expected:
        blocks += paragraphs(["*Prévus, à confirmer*", *expected])
    if free:
        blocks += map(context, pieces("Sans titulaire : " + ", ".join(free)))
    if board.crisis.is_open and board.seats:
        roles = [option(one.role.title, line("rôle", one.role.id)) for one in board.seats]
        blocks.append(actions(select("say:role", roles, hint="Tenir un rôle…")))
    holders = {one.id: one.name for seat in board.seats for one in seat.holders}
    there = [(one, name) for one, name in holders.items() if one not in board.crisis.away]
    if board.crisis.is_open and there:
        choices = [option(name, line("absent", f"<@{one}>")) for one, name in there]
        blocks.append(actions(select("say:absent", choices, hint="Signaler une absence…")))
    blocks += [context(f"⚠️ {user(one, 300)}") for one in warnings(board.crisis)]
    blocks.append(context("Pour une autre personne : `/crise rôle dpo @prénom`."))
    return blocks
