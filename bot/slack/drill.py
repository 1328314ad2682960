"""« /crise exercice » : choose a scenario, open it, conduct it, observe it, have its report.

Who opens a drill animates it.  What they press is a line that names the drill by its number, so
that it works from a private conversation.  Nobody else conducts; observers only write.

Not here: what is due (``bot.core.drill``), the private desks themselves (``drill_desks``).
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from bot.core.crisis import Command, Crisis
from bot.core.drill import EndDrill, Observe, PaceDrill, PlayInject, SkipInject, expected, opening
from bot.core.french import span
from bot.core.playbook import Plan
from bot.core.scenario import HARDEST, SPEEDS, Scenario
from bot.errors import Refused
from bot.grammar import fold
from bot.library.drills import ScenarioShelf
from bot.library.playbooks import PlanShelf
from bot.sentences import tell
from bot.service import Service
from bot.slack.blocks import (
    Block,
    checkboxes,
    context,
    field,
    modal,
    option,
    paragraphs,
    radio,
    section,
    select,
    text_input,
    user,
)
from bot.slack.counters import Record, of_crisis
from bot.slack.drill_desks import Courier
from bot.slack.drill_messages import desk_blocks
from bot.slack.inbound import Touch
from bot.slack.reply import Reply
from bot.slack.values import Values, WrongField, metadata

_NUMBER: Final = re.compile(r"EX-\d{4}-\d{4,6}")
_BOXES: Final = 10
_LIKE: Final = 0.5
_REPORT: Final = ("compte-rendu", "rapport")
_OPEN, _END, _OBSERVE = "exercice:open", "exercice:end", "exercice:observe"


class Drilling:
    """Turn the word and the forms of drills into replies; raises ``TocsinError``."""

    names = frozenset({"exercice"})

    def __init__(
        self, service: Service, shelf: ScenarioShelf, plans: PlanShelf, courier: Courier
    ) -> None:
        """Join the journal, the scenarios, the playbooks and who carries reports."""
        self._service = service
        self._shelf = shelf
        self._plans = plans
        self._courier = courier

    # -- the word -----------------------------------------------------------------------------

    async def say(
        self, touch: Touch, name: str, rest: str, crisis: Crisis | None, record: Record
    ) -> Reply:
        """« exercice [numéro] [geste] » as typed, or as a button carries it."""
        number, _, tail = rest.partition(" ")
        if _NUMBER.fullmatch(number.upper()):
            return await self._conduct(touch, tail, await self._named(number), record)
        if crisis is not None and crisis.drill is not None:
            return await self._conduct(touch, rest, crisis, record)
        if crisis is not None and crisis.is_open:
            raise Refused(
                "Vous êtes dans le canal d'une crise. Ouvrez l'exercice depuis un autre canal."
            )
        return Reply(form=await self.form(rest))

    async def _conduct(self, touch: Touch, said: str, crisis: Crisis, record: Record) -> Reply:
        """What who animates or observes wants of a drill."""
        word, _, rest = said.strip().partition(" ")
        if crisis.drill is None:
            raise Refused("Cet exercice n'a pas de scénario : conduisez-le à la main.")
        if not word:
            return self._desk(touch.person, crisis)
        if fold(word) in _REPORT:
            return await self._report(touch, crisis)
        done = await record(touch, _command(fold(word), rest.strip(), crisis), crisis)
        if not done.facts:
            return Reply(text="C'était déjà enregistré.")
        return Reply(text=tell(done.facts[0][0], crisis.plan))

    def _desk(self, person: str, crisis: Crisis) -> Reply:
        drill = crisis.drill
        if drill is None or person not in (drill.animator, *drill.observers):
            raise Refused("Seule l'animation conduit l'exercice. Vous jouez : « /crise aide ».")
        blocks = desk_blocks(person, crisis, drill, self._service.now())
        return Reply(text="Conduite de l'exercice", blocks=blocks)

    async def _report(self, touch: Touch, crisis: Crisis) -> Reply:
        """The report again, in private, for who animated or observed."""
        drill = crisis.drill
        if drill is None or touch.person not in (drill.animator, *drill.observers):
            raise Refused("Le compte rendu est remis à l'animation et aux observateurs.")
        if drill.ended is None and crisis.is_open:
            raise Refused("L'exercice n'est pas terminé : « /crise exercice fin ».")
        await self._courier.send(crisis, touch.person)
        return Reply(text="Compte rendu : en message privé.")

    # -- forms --------------------------------------------------------------------------------

    async def form(self, said: str) -> Block:
        """The form that opens a drill, with the scenarios on offer."""
        await self._require_calm()
        scenarios = self._shelf.held.scenarios
        if not scenarios:
            raise Refused(
                "Aucun scénario lisible dans playbooks/exercices. Lancez « tocsin check » sur le "
                "serveur, ou déclarez un exercice sans scénario : « /crise déclarer »."
            )
        wanted = _chosen(said, scenarios)
        choices = [option(f"{one.level}. {one.title}", one.id) for one in scenarios.values()]
        first = next((one for one in choices if wanted and one["value"] == wanted.id), None)
        paces = [option(_pace(one), str(one)) for one in SPEEDS]
        plan = next(iter(self._plans.plans.values()))
        blocks = [
            context("*EXERCICE* : rien de réel. Vous l'animez ; la cellule sera invitée."),
            *paragraphs(_summary(one) for one in ([wanted] if wanted else scenarios.values())),
            field("scenario", "Scénario", select("v", choices, first)),
            field("speed", "Vitesse", radio("v", paces, paces[0])),
            *_boxes(plan),
        ]
        meta = metadata(scenario=wanted.id if wanted else "")
        return modal(_OPEN, "Ouvrir un exercice", blocks, submit="Ouvrir", metadata=meta)

    async def _named(self, number: str) -> Crisis:
        return await asyncio.to_thread(self._service.require, number)

    async def _require_calm(self) -> None:
        crises = await asyncio.to_thread(self._service.crises)
        real = [one.id for one in crises if one.is_open and not one.exercise]
        if real:
            raise Refused(
                f"Une crise réelle est en cours ({real[-1]}) : un exercice sèmerait la confusion."
            )

    async def open(self, touch: Touch, crisis: Crisis | None) -> Reply:
        """A button that opens a form; on a desk its value is the number of the drill."""
        if touch.action.endswith(":new"):
            return Reply(form=await self.form(""))
        crisis = await self._named(touch.text)
        if touch.action.endswith(":end"):
            return Reply(form=_end_form(crisis))
        return Reply(form=_observation_form(crisis))

    async def filled(
        self,
        touch: Touch,
        values: Values,
        carried: Mapping[str, str],
        crisis: Crisis | None,
        record: Record,
    ) -> Reply:
        """A form of a drill that was sent."""
        if touch.action == _OPEN:
            return await self._open(touch, values, carried, record)
        text = values.text("text")
        command = EndDrill(text) if touch.action == _END else Observe(text)
        await record(touch, command, of_crisis(crisis))
        return Reply()

    async def _open(
        self, touch: Touch, values: Values, carried: Mapping[str, str], record: Record
    ) -> Reply:
        await self._require_calm()
        held = self._shelf.held.scenarios
        scenario = held.get(values.text("scenario", carried.get("scenario", "")))
        if scenario is None:
            raise WrongField("scenario", "Choisissez le scénario.")
        plan = self._plans.plans.get(scenario.playbook)
        if plan is None:
            raise WrongField("scenario", "Son playbook n'est plus lisible : « tocsin check ».")
        speed = int(values.text("speed", "1"))
        command = opening(scenario, plan, self._service.now(), speed, values.chosen("watch"))
        done = await record(touch, command, None)
        return Reply(instead=_opened(done.crisis))


def _command(word: str, rest: str, crisis: Crisis) -> Command:
    """The command of a gesture, or ``Refused`` with those that exist."""
    makers: Mapping[str, Callable[[], Command]] = {
        "pause": lambda: PaceDrill(0),
        "reprendre": lambda: PaceDrill(None),
        "vitesse": lambda: PaceDrill(_speed(rest)),
        "suivant": lambda: PlayInject(_next(crisis)),
        "jouer": lambda: PlayInject(rest),
        "ecarter": lambda: SkipInject(rest),
        "observer": lambda: Observe(rest),
        "fin": lambda: EndDrill(rest),
        "terminer": lambda: EndDrill(rest),
    }
    if word not in makers:
        raise Refused(
            "Gestes possibles : pause, reprendre, vitesse <n>, suivant, jouer <événement>, "
            "écarter <événement>, observer <texte>, fin, compte-rendu."
        )
    return makers[word]()


def _speed(rest: str) -> int:
    digits = rest.removeprefix("×").removeprefix("x")
    if not digits.isdecimal() or int(digits[:4]) not in SPEEDS:
        listed = ", ".join(str(one) for one in SPEEDS)
        raise Refused(f"Indiquez la vitesse : {listed}. Exemple : « exercice vitesse 4 ».")
    return int(digits)


def _next(crisis: Crisis) -> str:
    left = expected(crisis)
    if not left:
        raise Refused("Il n'y a plus rien à jouer.")
    return left[0][1].id


def _chosen(said: str, scenarios: Mapping[str, Scenario]) -> Scenario | None:
    """The scenario that the words call; ``Refused`` for words that call none."""
    if not said:
        return None
    names = {fold(one.id): one for one in scenarios.values()}
    names |= {fold(one.title): one for one in scenarios.values()}
    wanted = fold(said.strip())
    near = [one for name, one in names.items() if wanted in name]
    if not near:
        near = [names[one] for one in get_close_matches(wanted, names, n=1, cutoff=_LIKE)]
    if near:
        return near[0]
    listed = ", ".join(scenarios)
    raise Refused(f"Scénario inconnu : « {said[:60]} ». Scénarios : {listed}.")


# -- what is drawn ----------------------------------------------------------------------------


def _summary(one: Scenario) -> str:
    level = f"niveau {one.level} sur {HARDEST}, {span(one.duration)} à vitesse réelle"
    return f"*{user(one.title, 150)}* ({level})\n{user(one.summary, 600)}"


def _pace(speed: int) -> str:
    return "×1, temps réel" if speed == 1 else f"×{speed}"


def _boxes(plan: Plan) -> list[Block]:
    """Who watches, among the establishment's people; groups of ten, Slack's limit."""
    people = [(one.slack, one.name) for one in plan.establishment.people]
    groups: Sequence[Sequence[tuple[str, str]]] = [
        people[at : at + _BOXES] for at in range(0, len(people), _BOXES)
    ]
    return [
        field(
            f"watch{number}",
            "Observateurs" if number == 0 else "Observateurs (suite)",
            checkboxes("v", [option(name, slack) for slack, name in group]),
            optional=True,
            hint="" if number else "Ils regardent et notent, sans jouer.",
        )
        for number, group in enumerate(groups)
    ]


def _observation_form(crisis: Crisis) -> Block:
    blocks = [
        context("*EXERCICE* : rien de réel."),
        field(
            "text",
            "Ce que vous avez vu",
            text_input("v", multiline=True),
            hint="Des faits, pour le compte rendu. La cellule ne le lit pas pendant l'exercice.",
        ),
    ]
    meta = metadata(crisis=crisis.id)
    return modal(_OBSERVE, "Observation", blocks, submit="Enregistrer", metadata=meta)


def _end_form(crisis: Crisis) -> Block:
    blocks = [
        section(f"*EXERCICE* {crisis.id} : la fin est annoncée à tous, et l'exercice est clos."),
        field("text", "Un mot de fin", text_input("v", multiline=True), optional=True),
    ]
    meta = metadata(crisis=crisis.id)
    return modal(_END, "Terminer l'exercice", blocks, submit="Terminer", metadata=meta)


def _opened(crisis: Crisis) -> Block:
    blocks = [
        section(f"*EXERCICE {crisis.id} ouvert*\n{user(crisis.title, 150)}"),
        section("Son canal s'ouvre et la cellule y est invitée. Vos commandes arrivent en privé."),
    ]
    return modal("shown", "C'est enregistré", blocks)
