"""Have a running crisis adopt a newer version of its plan, without losing what was done.

A crisis runs on the exact plan of its opening entry until somebody who answers for the plan
decides otherwise, for a reason.  The states of steps are kept by id.  Whatever the crisis has
touched (a step done or under way, an answered question, a dated instant, a settled duty, a held
role) stays in view although the new version no longer has it; a step that was under way and has
vanished is set aside, and can be taken up again like any other.

The journal keeps the plan as the crisis runs on it, whole.  Not here: which version is on the
shelf.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Protocol, TypeVar

from bot.core.comparing import compare
from bot.core.comparing_duties import compare_duties
from bot.core.crisis import (
    Actor,
    Adopted,
    Crisis,
    Fact,
    Stamp,
    StepState,
    require_open,
    require_text,
)
from bot.core.french import plural
from bot.core.notes import DecisionTaken
from bot.core.parts import ADDED, extended, written
from bot.core.playbook import Phase, Plan, Step
from bot.core.rights import require_author
from bot.core.steps import FINISHED
from bot.errors import Refused

#: What the title of a step or a phase ends with once the version in force has it no more.
RETIRED = " (retirée du playbook)"
_SET_ASIDE = "Retirée du playbook par la version adoptée."
_SHORT = 12


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_Part = TypeVar("_Part", bound=_Named)


def fingerprint(plan: Plan) -> str:
    """SHA-256 of what a plan says, in hexadecimal: two plans that say the same have the same."""
    text = json.dumps(asdict(plan.bare()), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def short(digest: str) -> str:
    """A fingerprint as people read it aloud: its first twelve characters."""
    return digest[:_SHORT]


def followed(crisis: Crisis) -> Plan:
    """The plan that the crisis runs on, without what the cell added to it."""
    return written(crisis.plan, crisis.additions)


def running(crisis: Crisis) -> str:
    """The fingerprint of the version that the crisis runs on, as it was on the shelf."""
    return crisis.adopted.fingerprint if crisis.adopted else fingerprint(followed(crisis))


def is_current(crisis: Crisis, plan: Plan) -> bool:
    """Whether adopting this plan would change nothing."""
    return adapted(crisis, plan) == followed(crisis)


def adapted(crisis: Crisis, plan: Plan) -> Plan:
    """The plan, with what the crisis has touched of the one before and this one has no more.

    What the cell added is not in it: it is put back beside it.
    """
    old, new = followed(crisis), plan.bare()
    answered = _with(new.playbook.questions, old.playbook.questions, crisis.answers)
    table = replace(
        new.obligations,
        instants=_with(new.obligations.instants, old.obligations.instants, crisis.instants),
        duties=_with(new.obligations.duties, old.obligations.duties, crisis.duties),
    )
    held = [role for role, people in crisis.roles.items() if people]
    cell = replace(
        new.cell,
        roles=_with(new.cell.roles, old.cell.roles, held),
        levels=_with(new.cell.levels, old.cell.levels, (crisis.level,)),
    )
    phases = tuple(_phases(crisis, new))
    playbook = replace(new.playbook, phases=phases, questions=answered)
    return replace(new, playbook=playbook, obligations=table, cell=cell)


def vanished(crisis: Crisis, plan: Plan) -> tuple[Step, ...]:
    """Steps that somebody did or holds and that this plan has no more, in order."""
    known = {one.id for one in plan.playbook.steps}
    return tuple(
        one
        for one in followed(crisis).playbook.steps
        if one.id not in known and _touched(crisis.step(one.id))
    )


def _touched(state: StepState) -> bool:
    return state.status != "todo" or state.agreed is not None


def _with(
    new: tuple[_Part, ...], old: tuple[_Part, ...], touched: Iterable[str]
) -> tuple[_Part, ...]:
    """The parts of the new plan, then those of the old one that were touched and are missing."""
    known, wanted = {one.id for one in new}, set(touched)
    return (*new, *(one for one in old if one.id in wanted and one.id not in known))


def _phases(crisis: Crisis, new: Plan) -> Iterator[Phase]:
    """The phases of the new plan, each with what it lost; those that are gone come last.

    A phase that is gone stays although it is empty: its message in the channel must say so.
    """
    gone = {one.id for one in vanished(crisis, new)}
    old = {phase.id: phase for phase in followed(crisis).playbook.phases}
    for phase in new.playbook.phases:
        before = old.pop(phase.id, None)
        yield replace(phase, steps=(*phase.steps, *_retired(before, gone)))
    for phase in old.values():
        yield Phase(phase.id, _marked(phase.title), tuple(_retired(phase, gone)))


def _retired(phase: Phase | None, gone: Collection[str]) -> Iterator[Step]:
    """The steps of a phase that are gone, saying so, and holding nobody up."""
    for step in phase.steps if phase else ():
        if step.id in gone:
            yield replace(step, title=_marked(step.title), within=None, after=(), when={})


def _marked(title: str) -> str:
    return title if title.endswith(RETIRED) else title + RETIRED


# -- what changes, in words ---------------------------------------------------------------------


def changes(old: Plan, new: Plan) -> tuple[str, ...]:
    """What the new plan says that the old one does not, one French sentence a difference."""
    old, new = _without_retired(old.bare(), new), new.bare()
    found = [one.text for one in compare(old.playbook, new.playbook, new)]
    found += [one.text for one in compare_duties(old.obligations, new.obligations, new)]
    parts = (
        ("Rôle", old.cell.roles, new.cell.roles),
        ("Niveau", old.cell.levels, new.cell.levels),
    )
    for word, before, after in parts:
        found += _changed(word, before, after)
    if old.establishment != new.establishment:
        found.append("Fiche de l'établissement : mise à jour.")
    return tuple(found)


def _without_retired(old: Plan, new: Plan) -> Plan:
    """The old plan without what an earlier adoption already told to be gone."""
    steps, homes = ({one.id for one in new.playbook.steps}, {one.id for one in new.playbook.phases})
    phases = tuple(
        replace(
            phase,
            steps=tuple(
                one for one in phase.steps if one.id in steps or not one.title.endswith(RETIRED)
            ),
        )
        for phase in old.playbook.phases
        if phase.id in homes or not phase.title.endswith(RETIRED)
    )
    return replace(old, playbook=replace(old.playbook, phases=phases))


class _Titled(_Named, Protocol):
    @property
    def title(self) -> str: ...


def _changed(word: str, old: Iterable[_Titled], new: Iterable[_Titled]) -> Iterator[str]:
    before, after = {one.id: one for one in old}, {one.id: one for one in new}
    for name, one in after.items():
        if name not in before:
            yield f"{word} « {one.title} » : ajout."
        elif before[name] != one:
            yield f"{word} « {one.title} » : modification."
    for name, one in before.items():
        if name not in after:
            yield f"{word} « {one.title} » : retrait."


# -- the fact and the command -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlanAdopted:
    """The crisis goes on with another version of its plan."""

    name: ClassVar[str] = "plan_adopted"
    plan: Plan
    """The plan as the crisis runs on it from here, without what the cell added to it."""
    fingerprint: str
    """SHA-256 of the version as it was published."""
    aside: tuple[str, ...] = ()
    """Steps that were under way and that the version no longer has."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis on its new plan, every state kept, vanished steps set aside."""
        state = StepState("skipped", None, stamp.actor, stamp.at, reason=_SET_ASIDE)
        return replace(
            crisis,
            plan=extended(self.plan, crisis.additions),
            steps={**crisis.steps, **dict.fromkeys(self.aside, state)},
            adopted=Adopted(self.fingerprint, stamp.actor, stamp.at, stamp.seq),
            seq=stamp.seq,
        )


def renamed(before: Plan, fact: PlanAdopted) -> Plan:
    """The plan after an adoption, for who reads names in it: no step that was named is lost."""
    known = {one.id for one in fact.plan.playbook.steps}
    lost = tuple(one for one in before.playbook.steps if one.id not in known)
    playbook = fact.plan.playbook
    phases = (*playbook.phases, replace(ADDED, steps=lost))
    return replace(fact.plan, playbook=replace(playbook, phases=phases))


@dataclass(frozen=True, slots=True)
class AdoptPlan:
    """Decide that the crisis goes on with this version; ``named`` are the settings' authors."""

    plan: Plan
    reason: str
    named: frozenset[str] = field(default=frozenset())

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the decision and the adoption; another playbook or no change is refused."""
        require_open(crisis)
        require_author(self.plan, actor.id, self.named, crisis)
        if self.plan.playbook.id != crisis.plan.playbook.id:
            raise Refused("Une crise garde son playbook ; elle n'en adopte qu'une autre version.")
        if is_current(crisis, self.plan):
            raise Refused("La crise suit déjà cette version. Rien n'a été changé.")
        reason = require_text(self.reason, "la raison de l'adoption", 1000)
        digest, count = fingerprint(self.plan), len(changes(followed(crisis), self.plan))
        book = self.plan.playbook
        decision = (
            f"Suivre la version {book.version} du playbook « {book.title} » "
            f"(empreinte {short(digest)}, {plural(count, 'changement')}). {reason}"
        )
        aside = tuple(
            one.id
            for one in vanished(crisis, self.plan)
            if crisis.step(one.id).status not in FINISHED
        )
        return (
            DecisionTaken(decision),
            PlanAdopted(adapted(crisis, self.plan), digest, aside),
        )
