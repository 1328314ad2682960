"""The App Home: what a person sees when they open Tocsin, crisis or none.

What is theirs in the running crises that they may see, first; then, for those of the establishment,
what is worth looking at when nothing burns.  Authors see how their playbooks stand, auditors what
they may export.  Who opened it in this process sees it drawn again when the journal moves.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from datetime import date, datetime
from hashlib import sha256

from bot.core.board import ACTIONABLE, Board, StepView
from bot.core.crisis import Crisis
from bot.core.deadlines import Deadline
from bot.core.french import plural, typography
from bot.errors import TocsinError
from bot.grammar import line
from bot.library.faults import Fault
from bot.service import Service
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    divider,
    header,
    paragraphs,
    section,
    user,
)
from bot.slack.gateway import Gateway
from bot.slack.render import deadline_line, named, prefix

log = logging.getLogger(__name__)

_STEPS, _DUTIES, _CLOCKS, _CRISES = 5, 4, 3, 5
_FAULTS, _EXPORTS = 5, 3
#: What stands above the rest while the database does not answer.
AWAY = typography(
    "⚠️ La main courante ne répond pas : ceci est ce qui était connu. Notez sur papier en attendant."
)
#: Homes that are drawn again: the last people who opened theirs.
_OPENED = 50


def home_view(
    person: str, boards: Iterable[Board], faults: int, more: Sequence[Block] = ()
) -> Block:
    """The Home of one person (Slack id): their open crises, then ``more``."""
    blocks: list[Block] = [
        header("Tocsin"),
        actions(
            button("Déclarer une crise", line("déclarer"), "open:declare", "danger"),
            button("Poser une question", line("question"), "say:question"),
        ),
    ]
    mine = [one for one in boards if one.crisis.is_open]
    for board in mine[:_CRISES]:
        blocks += _crisis(person, board)
    if not mine:
        blocks.append(section("Aucune crise en cours. Tout est calme."))
    if faults:
        blocks.append(
            context(f"⚠️ {plural(faults, 'défaut')} dans les playbooks : lancez « tocsin check ».")
        )
    return {"type": "home", "blocks": [*blocks, *more]}


# -- a crisis ---------------------------------------------------------------------------------


def _crisis(person: str, board: Board) -> list[Block]:
    crisis = board.crisis
    seats = _seats(person, board)
    left = [one for one in board.steps if not one.finished and _is_mine(one, person, seats)]
    mine = sorted(left, key=lambda one: one.standing not in ACTIONABLE)
    steps = _some([f"• {named(one.step)}" for one in mine], _STEPS)
    owed = [one for one in board.pressing if {one.duty.role, one.duty.signer} & seats]
    others = [one for one in board.pressing if one not in owed]
    where = f"<#{crisis.channel}>" if crisis.channel else "canal en cours d'ouverture"
    return [
        divider(),
        section(f"*{prefix(board)}{user(crisis.title, 150)}* — {where}"),
        section(f"*Mes étapes*\n{steps or 'Aucune à votre nom.'}"),
        *([section(f"*Mes obligations*\n{_clocks(board, owed, _DUTIES)}")] if owed else []),
        section(f"*Délais*\n{_clocks(board, others, _CLOCKS) or _quiet(owed)}"),
    ]


def _quiet(owed: Sequence[Deadline]) -> str:
    return "Aucun autre délai ne court." if owed else "Aucun délai ne court."


def _clocks(board: Board, found: Sequence[Deadline], most: int) -> str:
    return _some([f"• {deadline_line(board, one, brief=True)}" for one in found], most)


def _some(lines: Sequence[str], most: int) -> str:
    """The first lines, and how many are left."""
    text = "\n".join(lines[:most])
    return f"{text}\n… et {plural(len(lines) - most, 'autre')}." if len(lines) > most else text


def _seats(person: str, board: Board) -> set[str]:
    """Roles that the person holds, and those that are theirs while nobody holds them."""
    return set(board.crisis.roles_of(person)) | {
        seat.role.id
        for seat in board.seats
        if not seat.holders and any(one.slack == person for one in seat.expected)
    }


def _is_mine(one: StepView, person: str, seats: Container[str]) -> bool:
    """Whether the person holds the step or, while nobody does, the role that it is for."""
    holder = one.state.holder
    return holder.id == person if holder else one.step.role in seats


def visible(crisis: Crisis, person: str) -> bool:
    """Whether a running crisis is shown to a person: in its channel, or to be let in."""
    people = crisis.plan.establishment.people
    opener = crisis.opened.actor.id if crisis.opened else ""
    named = any(one.slack == person for one in people)
    return crisis.is_open and (person in crisis.members or named or person == opener)


# -- when nothing burns -----------------------------------------------------------------------


def calm_blocks(drill: Crisis | None, check: tuple[date, str] | None, kit: date | None) -> Block:
    """The last drill, what is to be checked again first and by when, the date of the kit."""
    lines = ["*En temps calme*"]
    if drill is None:
        lines.append("• Exercice : aucun encore. `/crise exercice`")
    else:
        lines.append(f"• Dernier exercice : {user(drill.title, 100)}, {drill.opened_at:%d/%m/%Y}")
    if check is not None:
        until, title = check
        lines.append(f"• Obligations à revérifier avant le {until:%d/%m/%Y} : {user(title, 120)}")
    made = f"fait le {kit:%d/%m/%Y}" if kit else "jamais fait ici : `tocsin kit` sur le serveur"
    lines.append(f"• Kit papier : {made}")
    return section("\n".join(lines))


def author_blocks(playbooks: Sequence[tuple[str, str]], faults: Sequence[Fault]) -> list[Block]:
    """The playbooks on offer, title and version, and what is wrong in the files."""
    listed = [f"• {user(title, 100)}, version {user(version, 30)}" for title, version in playbooks]
    told = [f"• `{_place(one)}` {user(one.message, 200)}" for one in faults[:_FAULTS]]
    if len(faults) > _FAULTS:
        told.append(f"… et {plural(len(faults) - _FAULTS, 'autre')} : « tocsin check ».")
    state = ["*À corriger*", *told] if told else ["✅ Aucun défaut dans les fichiers."]
    edit = button("Modifier un playbook", line("playbook", "modifier"), "say:playbook")
    return [divider(), *paragraphs(["*Playbooks*", *listed, *state]), actions(edit)]


def _place(one: Fault) -> str:
    """The file and the line of a fault."""
    return user(f"{one.path.rpartition('/')[2]}:{one.line}", 80)


def auditor_blocks(crises: Sequence[Crisis]) -> list[Block]:
    """The latest crises with what an auditor does with them."""
    blocks: list[Block] = [divider(), section("*Audit*\nToutes les crises : `/crise audit`.")]
    for crisis in crises[::-1][:_EXPORTS]:
        kind = "EXERCICE — " if crisis.exercise else ""
        state = "close" if crisis.closed else "en cours"
        export, verify = line("exporter", crisis.id), line("vérifier", crisis.id)
        blocks += [
            section(f"{kind}*{crisis.id}* {user(crisis.title, 120)} — {state}"),
            actions(
                button("Exporter", export, f"say:export:{crisis.id}"),
                button("Vérifier", verify, f"say:verify:{crisis.id}"),
            ),
        ]
    return blocks


# -- drawing it again -------------------------------------------------------------------------

Draw = Callable[[str], Awaitable[Block]]


class Homes:
    """Show people their Home, and show it again when the journal moves."""

    def __init__(self, service: Service, gateway: Gateway, draw: Draw, pause: float) -> None:
        """``draw`` gives the view of a person; ``pause`` (seconds) stands between two calls."""
        self._service = service
        self._gateway = gateway
        self._draw = draw
        self._pause = pause
        self._shown: dict[str, str] = {}
        """Person -> fingerprint of what they see, the last who opened it at the end."""
        self._woken = asyncio.Event()

    async def show(self, person: str) -> None:
        """Show somebody their Home, now that they open it."""
        view = await self._draw(person)
        await self._gateway.call("views.publish", user_id=person, view=view)
        self._shown.pop(person, None)
        self._shown[person] = _digest(view)
        for old in list(self._shown)[:-_OPENED]:
            del self._shown[old]

    async def run(self) -> None:
        """Draw again the Homes that were opened, after each change, until cancelled."""
        self._service.listen(lambda _: self._woken.set())
        while True:
            await self._woken.wait()
            self._woken.clear()
            await asyncio.sleep(self._pause)
            for person in list(self._shown):
                await self._again(person)

    async def _again(self, person: str) -> None:
        """Draw one Home again if it says something else; what fails waits for the next change."""
        try:
            view = await self._draw(person)
            if self._shown.get(person) in (None, _digest(view)):
                return
            await self._gateway.call("views.publish", user_id=person, view=view)
            self._shown[person] = _digest(view)
        except TocsinError as away:
            log.warning("the Home of %s waits: %s", person, away)
        await asyncio.sleep(self._pause)


def _digest(view: Block) -> str:
    content = json.dumps(view, sort_keys=True, ensure_ascii=False)
    return sha256(content.encode("utf-8", "replace")).hexdigest()


def last_drill(crises: Iterable[Crisis]) -> Crisis | None:
    """The exercise that was opened last."""
    return max((one for one in crises if one.exercise), key=_opened, default=None)


def _opened(crisis: Crisis) -> datetime:
    return crisis.opened_at
