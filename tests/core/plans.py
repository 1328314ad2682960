"""A small plan, invented people, and a room in which a history is played out.

The plan has one of everything that the rules of ``bot.core`` tell apart; the law is in the real
files, which ``real_plan`` reads.  The room stamps facts as the service does and keeps them.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from bot.core.crisis import ERASED, Actor, Command, Crisis, Fact, Looking, Stamp, fold
from bot.core.erasable import blanked
from bot.core.erasure import LinesErased
from bot.core.opening import CloseCrisis, OpenCrisis
from bot.core.playbook import (
    Cell,
    Duty,
    ErasureBasis,
    Establishment,
    Instant,
    Level,
    Obligations,
    Outcome,
    Person,
    Phase,
    Plan,
    Playbook,
    Question,
    Role,
    Span,
    Start,
    Step,
)
from bot.errors import Refused
from bot.library.playbooks import load_plans

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
PARIS = "Europe/Paris"

#: Saturday 21 November 2026, 03 h 10 in Paris.
START = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)

CLAIRE = Actor("U1", "Claire Exemple", "Direction de crise")
BRUNO = Actor("U2", "Bruno Fictif")
DIANE = Actor("U3", "Diane Inventée")

H = timedelta(hours=1)
MIN = timedelta(minutes=1)

STEPS = (
    Step("constater", "Constater", "rssi", "Regardez.", "P1", within=30 * MIN),
    Step("isoler", "Isoler", "rssi", "Isolez.", "P2", within=H, after=("constater",)),
    Step(
        "prevenir",
        "Prévenir l'agence",
        "rssi",
        "Appelez.",
        "P3",
        within=2 * H,
        outcomes=(Outcome("Signalée", "sent"), Outcome("Pas à signaler", "not_due")),
        duty="agence",
    ),
    Step(
        "papier",
        "Passer au papier",
        "rssi",
        "Écrivez.",
        "P4",
        within=45 * MIN,
        when={"soins": ("oui", "inconnu")},
    ),
    Step("payer", "Appeler la banque", "rssi", "Appelez.", "P5", when={"rancon": ("oui",)}),
    Step("bilan", "Faire le bilan", "dpo", "Écrivez.", after=("papier", "payer", "isoler")),
    Step(
        "inscrire",
        "Inscrire au registre",
        "dpo",
        "Inscrivez.",
        "P7",
        within=24 * H,
        outcomes=(Outcome("Inscrite", "sent"),),
        duty="registre",
    ),
    Step(
        "trancher",
        "Trancher",
        "directeur-crise",
        "Tranchez.",
        "P8",
        within=3 * H,
        outcomes=(Outcome("Activé"), Outcome("Non activé")),
    ),
)


def duty(duty_id: str, title: str, starts: Start | None, **more: object) -> Duty:
    """A duty with the fields that no rule reads filled in."""
    plain = Duty(duty_id, "X", title, starts, "legal", "", "dpo", "dpo", "", "", "")
    return replace(plain, **more)  # type: ignore[arg-type]


DUTIES = (
    duty("agence", "Prévenir l'agence", Start("t_sis"), nature="immediate", watch=(H, 4 * H)),
    duty("commission", "Notifier la commission", Start("t_dp"), within=Span(hours=72)),
    duty("complement", "Compléter", Start(sent="commission"), within=Span(hours=72)),
    duty("registre", "Tenir le registre", Start("t_dp"), nature="none"),
    duty("plainte", "Déposer plainte", Start("t_stad"), within=Span(hours=72)),
    duty("contrat", "Prévenir l'assureur", Start("t_stad"), nature="contract", only_if=("assure",)),
    duty("grave", "Rendre l'analyse", Start("e_grave"), within=Span(months=3)),
    duty("demande", "Répondre au patient", Start("e_demande"), within=Span(days=8)),
    duty("tiers", "Être prévenu", None, nature="immediate", needs_outcome=False),
    duty("public", "Aviser", Start("t_stad"), nature="immediate", bound=("eps",)),
    duty("futur", "Règle à venir", Start("t_sis"), within=Span(hours=24), disabled=True),
)

INSTANTS = (
    *(Instant(one, one, "") for one in ("t_alert", "t_stad", "t_sis", "t_dp")),
    *(Instant(one, one, "", "event") for one in ("e_grave", "e_demande")),
)

BASIS = ErasureBasis("de-trop", "Donnée de trop", "Loi fictive, art. 1")

PLAN = Plan(
    playbook=Playbook(
        "petit",
        "Petit plan",
        "1",
        "",
        (Phase("debut", "Début", STEPS[:4]), Phase("suite", "Suite", STEPS[4:])),
        (
            Question("soins", "Les soins sont-ils touchés ?"),
            Question("rancon", "Une rançon est-elle demandée ?"),
        ),
    ),
    obligations=Obligations(date(2026, 11, 21), INSTANTS, DUTIES, (BASIS,)),
    cell=Cell(
        roles=(
            Role("directeur-crise", "Direction de crise", "decision", "", may_erase=True),
            Role("main-courante", "Main courante", "decision", ""),
            Role("dpo", "Délégué à la protection des données", "decision", "", may_erase=True),
            Role("rssi", "Sécurité informatique", "cyber", "", may_erase=True),
        ),
        levels=(Level("1", "Limité", ""), Level("2", "Étendu", "")),
        distinct=(("directeur-crise", "main-courante"),),
    ),
    establishment=Establishment(
        "Hôpital fictif",
        "eps",
        PARIS,
        {"assure": True},
        insurer_notice=48 * H,
        people=(Person("Bruno Fictif", "U2", ("rssi",)),),
    ),
)


@cache
def real_plan(name: str = "rancongiciel") -> Plan:
    """The plan that the files of ``playbooks/`` give."""
    return load_plans(PLAYBOOKS).plans[name]


def hospital(plan: Plan, **changes: object) -> Plan:
    """The same plan for another hospital: status, flags, time zone, notice of its insurer."""
    return replace(plan, establishment=replace(plan.establishment, **changes))  # type: ignore[arg-type]


def with_duties(plan: Plan, changes: Mapping[str, Mapping[str, object]]) -> Plan:
    """The same plan with some fields of some duties changed."""
    duties = tuple(
        replace(one, **changes.get(one.id, {}))  # type: ignore[arg-type]
        for one in plan.obligations.duties
    )
    return replace(plan, obligations=replace(plan.obligations, duties=duties))


class Room:
    """A crisis under way: commands go in, facts and refusals come out, the clock is in hand."""

    def __init__(self, start: datetime = START) -> None:
        """Stand before the crisis, at ``start``."""
        self.crisis = Crisis("2026-0001")
        self.now = start
        self.recorded: list[tuple[Fact, Stamp]] = []

    def wait(self, delay: timedelta) -> "Room":
        """Let time pass."""
        self.now += delay
        return self

    def does(self, *commands: Command, by: Actor = CLAIRE) -> tuple[Fact, ...]:
        """Carry out these commands now; return the facts of the last one."""
        facts: tuple[Fact, ...] = ()
        for command in commands:
            facts = self._knowing(command).decide(self.crisis, by, self.now)
            for fact in facts:
                at = getattr(fact, "happened", None) or self.now
                stamp = Stamp(self.crisis.seq + 1, by, at, self.now)
                self.crisis = fact.apply(self.crisis, stamp)
                self.recorded.append((fact, stamp))
                if isinstance(fact, LinesErased):
                    self._remove(fact, stamp.seq)
        return facts

    def _knowing(self, command: Command) -> Command:
        """The command, having seen what was recorded if it asks for it."""
        return command.seeing(self.recorded) if isinstance(command, Looking) else command

    def _remove(self, erasure: LinesErased, seq: int) -> None:
        """Take the texts away and fold again, as the writer of the journal does."""
        gone = {one.seq: one for one in erasure.lines}
        self.recorded = [
            (
                blanked(fact),
                replace(stamp, actor=Actor("", ERASED, gone[stamp.seq].role), erased_by=seq),
            )
            if stamp.seq in gone
            else (fact, stamp)
            for fact, stamp in self.recorded
        ]
        self.crisis = fold(Crisis(self.crisis.id), self.recorded)

    def refuses(self, command: Command, by: Actor = CLAIRE) -> str:
        """Check that the command is refused and give the sentence for the person."""
        with pytest.raises(Refused) as refused:
            self._knowing(command).decide(self.crisis, by, self.now)
        return refused.value.for_people()


def opened(
    plan: Plan = PLAN,
    *,
    start: datetime = START,
    noticed: datetime | None = None,
    title: str = "Test",
) -> Room:
    """A room with a crisis just opened, noticed at ``noticed`` (by default right then)."""
    room = Room(start)
    room.does(OpenCrisis(title, plan, noticed or start))
    return room


def closed(plan: Plan = PLAN) -> Room:
    """A room with a crisis opened, then closed for a reason."""
    room = opened(plan)
    room.does(CloseCrisis("fausse alerte"))
    return room


def says(sentence: str, *words: str) -> None:
    """Check that a French sentence holds each of these words."""
    missing = [word for word in words if word not in sentence]
    assert not missing, f"{missing} absent de : {sentence}"
