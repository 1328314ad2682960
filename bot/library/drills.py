"""Files of ``playbooks/exercices/`` → scenarios that can be played, and every fault with its line.

A scenario is held against the playbook on which it runs: its steps, the duties and the roles must
exist.  Every inject comes at some time, or after something, and never after itself.
``ScenarioShelf`` keeps serving the last good version of each file when a new one is bad.

A scenario is never part of what the library answers from.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

from bot.core.playbook import Plan
from bot.core.scenario import HARDEST, NOTHING, Answer, Event, Scenario
from bot.library.checks import Checker
from bot.library.faults import Fault, quoted
from bot.library.marked_yaml import Place
from bot.library.playbooks import Plans, load_plans, read_object, shown_name

FOLDER: Final = "exercices"
"""Folder of the scenarios, in that of the playbooks."""


@dataclass(frozen=True, slots=True)
class Scenarios:
    """The scenarios that can be played, by id and from the easiest, and what is wrong."""

    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """Scenario id -> the file it was read from."""


def load_scenarios(
    folder: Path, plans: Plans | None = None, previous: Scenarios | None = None
) -> Scenarios:
    """Read ``folder/exercices``; what is bad now is taken from ``previous``, and told."""
    plans = plans if plans is not None else load_plans(folder)
    previous = previous or Scenarios()
    kept = {shown: previous.scenarios[one] for one, shown in previous.files.items()}
    found: dict[str, Scenario] = {}
    files: dict[str, str] = {}
    faults: list[Fault] = []
    for file in sorted((folder / FOLDER).glob("*.yaml")):
        shown = shown_name(folder, file)
        scenario, wrong = _scenario(file, shown, plans)
        faults += wrong
        scenario = scenario or kept.get(shown)
        if scenario is None:
            continue
        if scenario.id in found:
            first = f"scénario {quoted(scenario.id)} déjà écrit dans {files[scenario.id]}"
            faults.append(Fault(shown, 1, first))
            continue
        found[scenario.id] = scenario
        files[scenario.id] = shown
    easiest = sorted(found.values(), key=lambda one: (one.level, one.id))
    return Scenarios({one.id: one for one in easiest}, tuple(faults), files)


class ScenarioShelf:
    """The scenarios on offer, read when first asked for; a bad file never replaces a good one."""

    def __init__(self, folder: Path, plans: Callable[[], Plans]) -> None:
        """Read from this folder of playbooks; ``plans`` are those on offer."""
        self._folder = folder
        self._plans = plans
        self._held: Scenarios | None = None

    @property
    def held(self) -> Scenarios:
        """Scenarios, faults and files together."""
        if self._held is None:
            return self.reload()
        return self._held

    def reload(self) -> Scenarios:
        """Read the folder again, and say what is now on offer."""
        self._held = load_scenarios(self._folder, self._plans(), self._held)
        return self._held


# -- one file -------------------------------------------------------------------------------------


def _scenario(file: Path, shown: str, plans: Plans) -> tuple[Scenario | None, list[Fault]]:
    scenario, marked, faults = read_object(Scenario, file, shown)
    if scenario is None:
        return None, faults
    check = Checker(shown, marked)
    ready = scenario.playbook in plans.plans
    # A playbook that is there and cannot be used says so itself: one cause, one message.
    if ready or not (file.parent.parent / f"{scenario.playbook}.yaml").is_file():
        check.known(("playbook",), "playbook", [scenario.playbook], plans.plans)
    if not 1 <= scenario.level <= HARDEST:
        check.fault(("level",), f"niveau de 1 à {HARDEST} attendu")
    if not scenario.injects:
        check.fault(("injects",), "il faut au moins un événement")
    check.unique([(("injects", n), one) for n, one in enumerate(scenario.injects)])
    if ready:
        _check_injects(check, scenario, plans.plans[scenario.playbook])
    _check_circles(check, scenario)
    return (scenario if ready and not check.faults else None), check.faults


def _check_injects(check: Checker, scenario: Scenario, plan: Plan) -> None:
    """What each inject names exists, and each of them can come."""
    roles = {role.id for role in plan.cell.roles}
    for n, one in enumerate(scenario.injects):
        place: Place = ("injects", n)
        if one.at is None and one.once is None:
            check.fault(place, "il manque «\u00a0at\u00a0» (une durée) ou «\u00a0once\u00a0»")
        if one.at is not None and one.at > scenario.duration:
            check.fault((*place, "at"), "après la fin prévue («\u00a0duration\u00a0»)")
        if one.delay != NOTHING and one.once is None:
            check.fault((*place, "delay"), "«\u00a0delay\u00a0» ne va qu'avec «\u00a0once\u00a0»")
        check.known((*place, "to"), "rôle", [one.to] if one.to else [], roles)
        for name, event in (("once", one.once), ("unless", one.unless)):
            if event is not None:
                _check_event(check, (*place, name), event, scenario, plan)
        if one.expects is not None:
            _check_answer(check, (*place, "expects"), one.expects, plan)


def _check_event(
    check: Checker, place: Place, event: Event, scenario: Scenario, plan: Plan
) -> None:
    named = [one for one in (event.step, event.duty, event.inject) if one]
    if not named:
        check.fault(place, "nommez une étape, une obligation ou un événement")
    _check_step(check, place, event.step, plan)
    _check_duty(check, place, event.duty, plan)
    injects = {one.id for one in scenario.injects}
    check.known((*place, "inject"), "événement", [event.inject] if event.inject else [], injects)


def _check_answer(check: Checker, place: Place, answer: Answer, plan: Plan) -> None:
    if len([one for one in (answer.step, answer.duty, answer.decision) if one]) > 1:
        check.fault(place, "une seule mesure\u00a0: step, duty ou decision")
    if answer.within <= NOTHING:
        check.fault((*place, "within"), "une durée de plus de zéro est attendue")
    _check_step(check, place, answer.step, plan)
    _check_duty(check, place, answer.duty, plan)


def _check_step(check: Checker, place: Place, step: str, plan: Plan) -> None:
    steps = {one.id for one in plan.playbook.steps}
    _known(check, (*place, "step"), "étape", step, steps)


def _check_duty(check: Checker, place: Place, duty: str, plan: Plan) -> None:
    duties = {one.id for one in plan.obligations.duties}
    _known(check, (*place, "duty"), "obligation", duty, duties)


def _known(check: Checker, place: Place, what: str, name: str, names: Collection[str]) -> None:
    check.known(place, what, [name] if name else [], names)


def _check_circles(check: Checker, scenario: Scenario) -> None:
    """No inject waits for itself, through others or not."""
    waits = {
        one.id: {one.once.inject} if one.once and one.once.inject else set()
        for one in scenario.injects
    }
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as circle:
        names = list(dict.fromkeys(circle.args[1]))
        first = next(n for n, one in enumerate(scenario.injects) if one.id in names)
        told = ", ".join(quoted(one) for one in names)
        check.fault(("injects", first, "once"), f"ces événements s'attendent\u00a0: {told}")
