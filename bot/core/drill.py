"""The rulebook of drills: open one, play its injects, pause, change speed, observe, end.

An inject is played once: what is due is computed from the journal, one inject at a look, so that
neither a crash nor a long absence doubles one or floods the cell.  Injects and the targets of the
playbook run on the clock of the scenario; legal deadlines stay those of the law.

Not here: what is shown to whom, and what the drill was worth (``bot.core.drill_review``).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from bot.core.crisis import Actor, Crisis, Fact, Stamp, require_text
from bot.core.opening import CrisisClosed, OpenCrisis
from bot.core.playbook import Plan
from bot.core.scenario import (
    NOTHING,
    SPEEDS,
    Drill,
    Event,
    Inject,
    Kind,
    Observation,
    Pace,
    Played,
    Scenario,
)
from bot.errors import Refused

#: What players do not read in the channel while they play; exports have it all.
BACKSTAGE = frozenset({"drill_started", "drill_observed", "inject_skipped"})
_DONE = ("done", "skipped")


@dataclass(frozen=True, slots=True)
class DrillStarted:
    """A drill began, on exactly this scenario; who opened it animates it."""

    name: ClassVar[str] = "drill_started"
    scenario: Scenario
    speed: int
    """Minutes of the scenario for one minute of the room."""
    observers: tuple[str, ...] = ()
    """Slack ids of those who watch."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with its drill, running."""
        who = stamp.actor
        paces = (Pace(stamp.at, NOTHING, self.speed),)
        drill = Drill(self.scenario, who.id, who.name, self.observers, self.speed, paces)
        return replace(crisis, drill=drill, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class DrillPaced:
    """The clock of the scenario goes on at another speed; 0 stands still."""

    name: ClassVar[str] = "drill_paced"
    speed: int
    real: bool = False
    """Whether it was stopped because a real crisis was opened."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, its drill at this pace."""
        if crisis.drill is None:
            return replace(crisis, seq=stamp.seq)
        drill = crisis.drill.paced(stamp.at, self.speed)
        return replace(crisis, drill=replace(drill, speed=self.speed or drill.speed), seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class InjectPlayed:
    """An inject was played in the channel of the drill."""

    name: ClassVar[str] = "inject_played"
    inject: str
    title: str
    kind: Kind
    sender: str
    to: str
    """Role that is called; empty for the whole cell."""
    text: str
    by_hand: bool = False
    """Whether the animator called for it."""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the inject played."""
        if crisis.drill is None:
            return replace(crisis, seq=stamp.seq)
        played = {**crisis.drill.played, self.inject: Played(stamp.at, self.by_hand)}
        skipped = {one: at for one, at in crisis.drill.skipped.items() if one != self.inject}
        drill = replace(crisis.drill, played=played, skipped=skipped)
        return replace(crisis, drill=drill, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class InjectSkipped:
    """The animator left an inject out."""

    name: ClassVar[str] = "inject_skipped"
    inject: str
    title: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the inject left out."""
        if crisis.drill is None:
            return replace(crisis, seq=stamp.seq)
        skipped = {**crisis.drill.skipped, self.inject: stamp.at}
        return replace(crisis, drill=replace(crisis.drill, skipped=skipped), seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class DrillObserved:
    """Somebody who watches wrote something down for the report."""

    name: ClassVar[str] = "drill_observed"
    text: str

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis with the observation."""
        if crisis.drill is None:
            return replace(crisis, seq=stamp.seq)
        seen = Observation(stamp.seq, stamp.at, stamp.actor.name, self.text)
        drill = replace(crisis.drill, observations=(*crisis.drill.observations, seen))
        return replace(crisis, drill=drill, seq=stamp.seq)


@dataclass(frozen=True, slots=True)
class DrillEnded:
    """The end of the drill was called."""

    name: ClassVar[str] = "drill_ended"
    reason: str = ""

    def apply(self, crisis: Crisis, stamp: Stamp) -> Crisis:
        """Return the crisis, its drill over and its clock still."""
        if crisis.drill is None:
            return replace(crisis, seq=stamp.seq)
        drill = replace(crisis.drill.paced(stamp.at, 0), ended=stamp.at)
        return replace(crisis, drill=drill, seq=stamp.seq)


# -- commands ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDrill(OpenCrisis):
    """Open an exercise that plays a scenario."""

    scenario: Scenario
    speed: int = 1
    observers: tuple[str, ...] = ()

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the opening of the exercise, then the start of its scenario."""
        if self.speed not in SPEEDS:
            raise Refused(f"Vitesse inconnue : {self.speed}. Possibles : {speeds()}.")
        opened = OpenCrisis.decide(self, crisis, actor, now)
        watching = tuple(dict.fromkeys(one for one in self.observers if one != actor.id))
        return (*opened, DrillStarted(self.scenario, self.speed, watching))


def opening(
    scenario: Scenario, plan: Plan, now: datetime, speed: int, observers: tuple[str, ...]
) -> OpenDrill:
    """The command that opens a drill on a plan at ``now`` (UTC)."""
    return OpenDrill(
        title=scenario.title,
        plan=plan,
        noticed_at=now,
        exercise=True,
        noticed_how=scenario.opening,
        services=scenario.services,
        precision="exact",
        scenario=scenario,
        speed=speed,
        observers=observers,
    )


@dataclass(frozen=True, slots=True)
class PlayInjects:
    """Play what is due at ``now``: the inject that has waited longest, if any."""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return one inject at most: those missed in an absence come one by one."""
        drill = running(crisis)
        if drill is None or drill.paused:
            return ()
        elapsed = drill.elapsed(now)
        due = [(at, one) for at, one in expected(crisis) if at is not None and at <= elapsed]
        return tuple(_played(one, by_hand=False) for _, one in due[:1])


@dataclass(frozen=True, slots=True)
class HoldDrill:
    """Pause because of a real crisis, opened at ``since`` (UTC); who goes on afterwards may."""

    since: datetime

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the pause, once for each real crisis."""
        drill = running(crisis)
        if drill is None or drill.paused or drill.paces[-1].since >= self.since:
            return ()
        return (DrillPaced(0, real=True),)


@dataclass(frozen=True, slots=True)
class PlayInject:
    """Play an inject now, whatever it waits for."""

    inject: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the inject; one that was played is refused."""
        drill = _animated(crisis, actor)
        inject = _found(drill, self.inject)
        if inject.id in drill.played:
            raise Refused(f"« {inject.title} » a déjà été joué.")
        return (_played(inject, by_hand=True),)


@dataclass(frozen=True, slots=True)
class SkipInject:
    """Leave an inject out."""

    inject: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the omission; one that was played or left out is refused."""
        drill = _animated(crisis, actor)
        inject = _found(drill, self.inject)
        if inject.id in drill.played or inject.id in drill.skipped:
            word = "joué" if inject.id in drill.played else "écarté"
            raise Refused(f"« {inject.title} » a déjà été {word}.")
        return (InjectSkipped(inject.id, inject.title),)


@dataclass(frozen=True, slots=True)
class PaceDrill:
    """Change the pace: a speed, 0 to pause, ``None`` to go on at the speed chosen before."""

    speed: int | None

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the new pace; the present one is refused."""
        drill = _animated(crisis, actor)
        wanted = drill.speed if self.speed is None else self.speed
        if wanted not in (0, *SPEEDS):
            raise Refused(f"Vitesse inconnue : {wanted}. Possibles : {speeds()}.")
        if wanted == drill.paces[-1].speed:
            raise Refused("L'exercice va déjà à cette allure." if wanted else "Il est en pause.")
        return (DrillPaced(wanted),)


@dataclass(frozen=True, slots=True)
class Observe:
    """Write something down for the report; also once the drill is over."""

    text: str

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the observation of somebody who watches."""
        if crisis.drill is None:
            raise Refused("Cet exercice n'a pas de scénario : consignez une note.")
        if actor.id not in (crisis.drill.animator, *crisis.drill.observers):
            raise Refused(
                "Les observations sont celles de l'animation et des observateurs. "
                "Vous jouez : « /crise note <texte> »."
            )
        return (DrillObserved(require_text(self.text, "l'observation")),)


@dataclass(frozen=True, slots=True)
class EndDrill:
    """Call the end: the exercise is closed, and its report is due."""

    reason: str = ""

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the end and the closing; no duty of an exercise keeps it open."""
        _animated(crisis, actor)
        reason = self.reason.strip()[:2900]
        told = f"FINEX, fin de l'exercice. {reason}".strip()
        return (DrillEnded(reason), CrisisClosed(told))


# -- what is due ------------------------------------------------------------------------------


def running(crisis: Crisis) -> Drill | None:
    """The drill that is being played, paused or not."""
    drill = crisis.drill
    return drill if drill is not None and drill.ended is None and crisis.is_open else None


def expected(crisis: Crisis) -> tuple[tuple[timedelta | None, Inject], ...]:
    """What is still to be played, the nearest first, with its time on the clock of the scenario.

    ``None`` for what waits for something to happen; what need no longer happen is left out.
    """
    drill = crisis.drill
    if drill is None:
        return ()
    left = [
        (_due(one, crisis, drill), one)
        for one in drill.scenario.injects
        if one.id not in drill.played
        and one.id not in drill.skipped
        and (one.unless is None or happened(one.unless, crisis) is None)
    ]
    return tuple(sorted(left, key=lambda pair: (pair[0] is None, pair[0] or NOTHING)))


def happened(event: Event, crisis: Crisis) -> datetime | None:
    """When the last of what is named happened (UTC); ``None`` while something has not."""
    moments: list[datetime | None] = []
    if event.step:
        state = crisis.step(event.step)
        moments.append(state.at if state.status in _DONE else None)
    if event.duty:
        settled = crisis.duties.get(event.duty)
        moments.append(settled.at if settled else None)
    if event.inject:
        played = crisis.drill.played.get(event.inject) if crisis.drill else None
        moments.append(played.at if played else None)
    known = [one for one in moments if one is not None]
    return max(known) if known and len(known) == len(moments) else None


def speeds() -> str:
    """The speeds on offer, in words."""
    return ", ".join(f"×{one}" for one in SPEEDS)


def _due(inject: Inject, crisis: Crisis, drill: Drill) -> timedelta | None:
    """When it is to be played, on the clock of the scenario; ``None`` while it must wait."""
    times = [inject.at] if inject.at is not None else []
    if inject.once is not None:
        since = happened(inject.once, crisis)
        if since is None:
            return None
        times.append(drill.elapsed(since) + inject.delay)
    return max(times)


def _played(inject: Inject, *, by_hand: bool) -> InjectPlayed:
    return InjectPlayed(
        inject.id, inject.title, inject.kind, inject.sender, inject.to, inject.text, by_hand
    )


def _animated(crisis: Crisis, actor: Actor) -> Drill:
    """The running drill, for who animates it; ``Refused`` for anybody else."""
    if crisis.drill is None:
        raise Refused("Cet exercice n'a pas de scénario. Fermez-le avec « /crise clore ».")
    drill = running(crisis)
    if drill is None:
        raise Refused("Cet exercice est terminé.")
    if actor.id != drill.animator:
        raise Refused(f"Seule l'animation conduit l'exercice : {drill.animator_name}.")
    return drill


def _found(drill: Drill, inject_id: str) -> Inject:
    found = drill.scenario.inject(inject_id.strip().casefold())
    if found is None:
        names = ", ".join(one.id for one in drill.scenario.injects)
        raise Refused(f"Événement inconnu : « {inject_id[:60]} ». Ceux du scénario : {names}.")
    return found
