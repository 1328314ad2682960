"""The handover: who holds the crisis passes it on, and who takes it says so.

One person proposes, another takes; both are recorded.  At the taking, the roles and the unfinished
steps that were named go from one to the other, except what has changed hands meanwhile.

Not here: the sheet for the next shift, which is computed from the board and the briefing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal

from bot.core import steps
from bot.core.crisis import Actor, Crisis, Fact, Handover, Stamp, StepState, require_open
from bot.core.playbook import Plan
from bot.errors import Refused


@dataclass(frozen=True, slots=True)
class HandoverProposed:
    """Somebody proposed to pass on what they hold."""

    name: ClassVar[str] = "handover_proposed"
    to: Actor
    roles: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with this proposal, known by the number of its entry."""
        proposal = Handover(stamp.seq, stamp.actor, self.to, self.roles, self.steps, stamp.at)
        return replace(crisis, handovers={**crisis.handovers, stamp.seq: proposal}, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class HandoverTaken:
    """The other one took it: these roles and steps are theirs from here on."""

    name: ClassVar[str] = "handover_taken"
    of: int
    """Entry number of the proposal."""
    giver: Actor
    roles: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with its new holders; a seat that was proposed was given."""
        taker, held, states = stamp.actor, dict(crisis.roles), dict(crisis.steps)
        gone = {self.giver.id, taker.id}
        for role in self.roles:
            others = tuple(one for one in held.get(role, ()) if one.id not in gone)
            held[role] = (*others, taker)
        for step in self.steps:
            before = crisis.step(step)
            states[step] = StepState(
                before.status, taker, taker, stamp.at, reason=before.reason, agreed=before.agreed
            )
        left = {(role, self.giver.id) for role in self.roles}
        return replace(
            _settled(crisis, self.of, "taken", stamp),
            roles=held,
            steps=states,
            vouched=(crisis.vouched - left) | {(role, taker.id) for role in self.roles},
        )


@dataclass(frozen=True, slots=True)
class HandoverDropped:
    """A proposal was taken back by one of the two."""

    name: ClassVar[str] = "handover_dropped"
    of: int

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis without this proposal to answer."""
        return _settled(crisis, self.of, "dropped", stamp)


def _settled(crisis: Crisis, of: int, how: Literal["taken", "dropped"], stamp: Stamp) -> Crisis:
    """The crisis with an end to this proposal; unknown ones are left alone."""
    known = crisis.handovers.get(of)
    if known is None:
        return replace(crisis, seq=stamp.seq)
    ended = replace(known, settled=how, settled_at=stamp.at, settled_by=stamp.actor)
    return replace(crisis, handovers={**crisis.handovers, of: ended}, seq=stamp.seq)


def held(named: HandoverProposed | HandoverTaken | Handover, plan: Plan) -> str:
    """The roles and steps that change hands, in words."""
    roles = [(one, plan.role(one)) for one in named.roles]
    found = [(one, plan.step(one)) for one in named.steps]
    words = [f"« {role.title if role else one} »" for one, role in roles]
    words += [f"« {step.ref} {step.title} »" if step else f"« {one} »" for one, step in found]
    return ", ".join(words) or "rien de ce qui était proposé n'était encore à passer"


def roles_held(crisis: Crisis, person: str) -> tuple[str, ...]:
    """Roles of a person (Slack id): those held, and those that are theirs and nobody holds."""
    expected = [
        role
        for one in crisis.plan.establishment.people
        if one.slack == person
        for role in one.roles
        if not crisis.roles.get(role) and crisis.plan.role(role)
    ]
    return tuple(dict.fromkeys((*crisis.roles_of(person), *expected)))


def steps_held(crisis: Crisis, person: str) -> tuple[str, ...]:
    """Unfinished steps that a person (Slack id) holds, in the order of the playbook."""
    return tuple(
        step.id
        for step in crisis.plan.playbook.steps
        if (state := crisis.step(step.id)).holder
        and state.holder.id == person
        and state.status not in steps.FINISHED
    )


@dataclass(frozen=True, slots=True)
class ProposeHandover:
    """Propose to somebody all that one holds."""

    to: Actor

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the proposal; refuse oneself, empty hands, and a second proposal meanwhile."""
        require_open(crisis)
        if self.to.id == actor.id:
            raise Refused("La relève se passe à une autre personne : « /crise relève @prénom ».")
        waiting = next((one for one in pending(crisis) if one.giver.id == actor.id), None)
        if waiting is not None:
            raise Refused(
                f"Votre relève attend déjà la réponse de {waiting.to.name}. Pour changer : "
                f"« /crise relève annuler {waiting.seq} », puis recommencez."
            )
        roles, held = roles_held(crisis, actor.id), steps_held(crisis, actor.id)
        if not roles and not held:
            raise Refused("Vous ne tenez ni rôle ni étape : il n'y a rien à passer.")
        return (HandoverProposed(self.to, roles, held),)


@dataclass(frozen=True, slots=True)
class TakeHandover:
    """Take what somebody proposed to pass on."""

    of: int

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the taking of what the giver still holds; only the person named may."""
        require_open(crisis)
        proposal = _waiting(crisis, self.of)
        if actor.id != proposal.to.id:
            raise Refused(
                f"Cette relève est proposée à {proposal.to.name} : cette personne seule la prend."
            )
        still_roles = set(roles_held(crisis, proposal.giver.id))
        still_steps = set(steps_held(crisis, proposal.giver.id))
        return (
            HandoverTaken(
                self.of,
                proposal.giver,
                tuple(one for one in proposal.roles if one in still_roles),
                tuple(one for one in proposal.steps if one in still_steps),
            ),
        )


@dataclass(frozen=True, slots=True)
class DropHandover:
    """Take back a proposal, or turn it down."""

    of: int

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return its end; only the two people concerned may."""
        require_open(crisis)
        proposal = _waiting(crisis, self.of)
        if actor.id not in (proposal.giver.id, proposal.to.id):
            raise Refused(
                f"Seuls {proposal.giver.name} et {proposal.to.name} peuvent annuler cette relève."
            )
        return (HandoverDropped(self.of),)


def pending(crisis: Crisis) -> tuple[Handover, ...]:
    """Proposals that nobody has answered, the oldest first."""
    return tuple(one for one in crisis.handovers.values() if not one.settled)


def _waiting(crisis: Crisis, of: int) -> Handover:
    """The proposal of that entry; refused when there is none, or when it is settled."""
    found = crisis.handovers.get(of)
    if found is None:
        raise Refused(f"Aucune relève ne porte le numéro {of}.")
    if found.settled:
        word = "prise" if found.settled == "taken" else "annulée"
        by = found.settled_by.name if found.settled_by else "quelqu'un"
        raise Refused(f"Cette relève est déjà {word}, par {by}. Rien n'a été changé.")
    return found
