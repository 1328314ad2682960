"""The phases as messages: what can be done now with its buttons, the rest folded to a line each.

A telephone shows half a dozen lines: a step that waits for another, or that is finished, is one
short line, and all of them open from one button under the phase.
"""

from collections.abc import Sequence

from bot.core.board import Board, PhaseView, StepView
from bot.core.french import clock
from bot.core.playbook import Step
from bot.errors import Refused
from bot.grammar import line
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    header,
    markdown,
    ours,
    section,
    user,
)
from bot.slack.render import (
    STANDING,
    Message,
    board_message,
    main_button,
    named,
    prefix,
    questions_message,
    step_owner,
    target,
    time_left,
    when,
)

#: A phase with more steps to do at once than this is cut and points to « /crise étapes ».
MAX_STEPS = 14
#: Folded lines of each sort; the others are counted.
_LINES, _VOID = 4, 12
#: Steps of a whole phase, as one person is shown them; Slack takes 50 blocks.
_VIEWED = 45
_ALL = "Toute la phase"


def messages(board: Board) -> list[Message]:
    """Every live message of the channel, in the order in which they are to be posted."""
    found = [board_message(board)]
    found += [phase_message(board, phase) for phase in board.phases]
    if board.questions:
        found.append(questions_message(board))
    return found


def phase_message(board: Board, phase: PhaseView) -> Message:
    """One phase: what can be pressed now, then what is finished and what waits, folded."""
    title = f"{prefix(board)}{phase.phase.title} — {phase.finished}/{phase.total}"
    blocks = [header(title)]
    if phase.phase.aim:
        blocks.append(context(markdown(phase.phase.aim)))
    open_now = [one for one in phase.steps if _is_open(board, one)]
    for one in open_now[:MAX_STEPS]:
        blocks += step_blocks(board, one)
    if len(open_now) > MAX_STEPS:
        blocks.append(context("La suite : « /crise étapes »."))
    folded = [one for one in phase.steps if not _is_open(board, one)]
    blocks += _folded(board, folded)
    if folded:
        blocks.append(actions(button(_ALL, phase.phase.id, f"open:phase:{phase.phase.id}")))
    return Message(f"phase:{phase.phase.id}", ours(f"{user(title)}."), blocks, live=True)


def phase_blocks(board: Board, phase_id: str) -> list[Block]:
    """Every step of a phase, each with the way to its details, for one person.

    ``Refused`` when the plan has no such phase.
    """
    phase = next((one for one in board.phases if one.phase.id == phase_id), None)
    if phase is None:
        raise Refused("Cette phase n'existe pas dans le playbook de la crise.")
    blocks: list[Block] = [header(f"{phase.phase.title} — {phase.finished}/{phase.total}")]
    for one in phase.steps[:_VIEWED]:
        text = f"*{named(one.step)}*\n{_step_state(board, one)}"
        blocks.append(section(text, button("Détails", one.step.id, f"open:step:{one.step.id}")))
    if len(phase.steps) > _VIEWED:
        blocks.append(context("La suite : « /crise étapes »."))
    return blocks


def _is_open(board: Board, one: StepView) -> bool:
    """Whether something can be done about it now."""
    return board.crisis.is_open and one.standing in ("todo", "taken", "blocked")


def _folded(board: Board, steps: Sequence[StepView]) -> list[Block]:
    """One line for each step that is finished, the latest first, then for each that waits."""
    finished = [one for one in steps if one.standing in ("done", "skipped", "blocked")]
    finished.sort(key=lambda one: one.state.at or board.at, reverse=True)
    waiting = [one for one in steps if one.standing in ("waiting", "unasked", "todo", "taken")]
    void = [one for one in steps if one.standing == "void"]
    blocks = [
        context("\n".join(lines))
        for lines in (_lines(board, finished), _lines(board, waiting))
        if lines
    ]
    if void:
        names = ", ".join(user(one.step.ref or one.step.title, 60) for one in void[:_VOID])
        more = f" … et {len(void) - _VOID} de plus" if len(void) > _VOID else ""
        blocks.append(context(f"Sans objet ici : {names}{more}"))
    return blocks


def _lines(board: Board, steps: Sequence[StepView]) -> list[str]:
    lines = [f"{named(one.step)} : {_step_state(board, one)}" for one in steps[:_LINES]]
    if len(steps) > _LINES:
        lines.append(f"… et {len(steps) - _LINES} de plus.")
    return lines


def step_blocks(board: Board, one: StepView) -> list[Block]:
    """One step that can be done: a line of text, then its buttons."""
    text = f"*{named(one.step)}*\n{_step_state(board, one)}"
    details = button("Détails", one.step.id, f"open:step:{one.step.id}")
    main = main_button(one)
    more = [_document(one.step.document, one.step.id)] if one.step.document else []
    if one.step.instants:
        dated = button("Dater", line("constat"), f"say:constat:{one.step.id}")
        return [section(text), actions(main, dated, *more, details)]
    return [section(text), actions(main, *more, details)]


def _document(name: str, step: str) -> Block:
    """The button that prepares the document of a step."""
    return button("Préparer le document", name, f"open:document:{step}")


def _step_state(board: Board, one: StepView) -> str:
    word = STANDING[one.standing]
    state = one.state
    if one.standing == "waiting":
        first = ", ".join(_short(step) for step in one.waits_for)
        by = f" · prise par {user(state.holder.name)}" if state.holder else ""
        return f"{word} {first}{by}"
    if one.standing in ("done", "skipped", "blocked") and state.by and state.at:
        reason = state.outcome or state.reason
        tail = f" — {user(reason, 150)}" if reason else ""
        return f"{word} par {user(state.by.name)}, {clock(state.at, board.crisis.zone)}{tail}"
    if one.standing in ("void", "unasked"):
        return word
    pair = _pair(board, one)
    return f"{word} · {step_owner(board, one)}{target(board, one)}{pair}{_duty_hint(board, one)}"


def _short(step: Step) -> str:
    """The number of a step, or its title when it has none."""
    return user(step.ref or step.title, 80)


def _pair(board: Board, one: StepView) -> str:
    """That it takes two people; once the first has agreed, who, when, and that a second must."""
    first = one.state.agreed
    if first is None:
        return " · à deux personnes" if one.step.two_persons else ""
    outcome = f" ({user(first.outcome, 80)})" if first.outcome else ""
    by = f"{user(first.by.name)}, {when(first.at, board)}{outcome}"
    return f"\n*1er accord* : {by}. Il faut une 2e personne : « Je confirme »."


def _duty_hint(board: Board, one: StepView) -> str:
    if one.step.duty is None:
        return ""
    found = next((d for d in board.deadlines if d.duty.id == one.step.duty), None)
    if found is None or found.started is None or found.settled:
        return ""
    return f"\nObligation : {time_left(board, found)}"
