"""Clocks: how a span is counted, from which instant it runs, and how it stands at a moment."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.deadlines import Deadline, add, deadline, deadlines, standing
from bot.core.duties import ReopenDuty, SettleDuty
from bot.core.french import full_clock
from bot.core.instants import RecordInstant
from bot.core.playbook import Plan, Span
from tests.core.plans import (
    MIN,
    PARIS,
    PLAN,
    START,
    H,
    Room,
    hospital,
    opened,
    real_plan,
    with_duties,
)


def local(text: str, zone: str = PARIS) -> datetime:
    """An instant written in the local time of a zone, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def due(duty_id: str, room: Room, later: timedelta = timedelta(0)) -> Deadline:
    """The deadline of that duty in the room, ``later`` from now."""
    duty = room.crisis.plan.duty(duty_id)
    assert duty is not None
    return deadline(duty, room.crisis, room.now + later)


#: Regulation 1.2, computed checks: raw elapsed hours, Europe/Paris, with the offset of each end.
WORKED = {
    "weekend": ("2026-10-03T22:40", "06/10/2026 22:40:00 (UTC+02:00)"),
    "winter-time": ("2026-10-23T20:00", "26/10/2026 19:00:00 (UTC+01:00)"),
    "christmas": ("2026-12-24T09:15", "27/12/2026 09:15:00 (UTC+01:00)"),
    "summer-time": ("2027-03-26T20:00", "29/03/2027 21:00:00 (UTC+02:00)"),
}


@pytest.mark.parametrize(("start", "end"), WORKED.values(), ids=WORKED)
def test_worked_examples_of_72_hours(start: str, end: str) -> None:
    """Seventy-two hours are elapsed hours: no weekend, no holiday, no clock change moves them."""
    assert full_clock(add(local(start), Span(hours=72), PARIS), PARIS) == end


@pytest.mark.parametrize(("start", "end"), WORKED.values(), ids=WORKED)
@pytest.mark.parametrize(("duty", "instant"), [("cnil-initiale", "t_dp"), ("plainte", "t_stad")])
def test_worked_examples_on_the_real_duties(duty: str, instant: str, start: str, end: str) -> None:
    """The two legal 72 hours of the real file end as the worked examples say."""
    room = opened(hospital(real_plan(), flags={"cyber_insurance": True}), start=local(start))
    room.does(RecordInstant(instant, local(start)))
    found = due(duty, room).due
    assert found is not None
    assert full_clock(found, PARIS) == end


@pytest.mark.parametrize(
    ("start", "span", "zone", "end"),
    [
        pytest.param("2026-11-21T03:10", Span(days=8), PARIS, "2026-11-29T03:10", id="days"),
        pytest.param(
            "2026-10-20T03:10", Span(days=8), PARIS, "2026-10-28T03:10", id="days-same-local-time"
        ),
        pytest.param(
            "2026-03-20T02:30", Span(days=9), PARIS, "2026-03-29T03:30", id="days-into-skipped-hour"
        ),
        pytest.param("2028-02-21T08:00", Span(days=8), PARIS, "2028-02-29T08:00", id="leap-day"),
        pytest.param("2027-02-21T08:00", Span(days=8), PARIS, "2027-03-01T08:00", id="no-leap-day"),
        pytest.param("2026-11-21T03:10", Span(months=3), PARIS, "2027-02-21T03:10", id="months"),
        pytest.param(
            "2026-11-30T03:10", Span(months=3), PARIS, "2027-02-28T03:10", id="month-end-clamp"
        ),
        pytest.param(
            "2027-11-30T03:10", Span(months=3), PARIS, "2028-02-29T03:10", id="clamp-leap-year"
        ),
        pytest.param(
            "2028-02-29T03:10", Span(months=12), PARIS, "2029-02-28T03:10", id="from-a-leap-day"
        ),
        pytest.param(
            "2026-12-31T23:30", Span(months=1), PARIS, "2027-01-31T23:30", id="over-new-year"
        ),
        pytest.param(
            "2026-09-30T10:00", Span(months=3), PARIS, "2026-12-30T10:00", id="months-local-time"
        ),
        pytest.param(
            "2026-08-31T10:00",
            Span(days=1, months=1),
            PARIS,
            "2026-10-01T10:00",
            id="clamp-first",
        ),
        pytest.param(
            "2026-11-21T03:10",
            Span(days=1, hours=2),
            PARIS,
            "2026-11-22T05:10",
            id="days-and-hours",
        ),
        pytest.param(
            "2026-10-23T20:00",
            Span(hours=72),
            "Indian/Reunion",
            "2026-10-26T20:00",
            id="overseas-has-no-clock-change",
        ),
        pytest.param(
            "2026-10-31T01:00",
            Span(months=1),
            "Indian/Reunion",
            "2026-11-30T01:00",
            id="overseas-month-end-is-local",
        ),
    ],
)
def test_spans(start: str, span: Span, zone: str, end: str) -> None:
    """Hours are elapsed, days and months keep the local time of the establishment's zone."""
    assert add(local(start, zone), span, zone) == local(end, zone)


def test_the_zone_of_the_establishment_decides_the_day() -> None:
    """The same instant is another day overseas: one month later is not the same instant."""
    start = local("2026-10-31T01:00", "Indian/Reunion")
    assert add(start, Span(months=1), "Indian/Reunion") != add(start, Span(months=1), PARIS)


def test_an_overseas_hospital_counts_in_its_own_zone() -> None:
    """The board of a hospital in La Réunion shows the deadline in local time."""
    plan = hospital(PLAN, timezone="Indian/Reunion")
    room = opened(plan, start=local("2026-10-23T20:00", "Indian/Reunion"))
    found = due("commission", room).due
    assert found is not None
    assert full_clock(found, room.crisis.zone) == "26/10/2026 20:00:00 (UTC+04:00)"


# -- from which instant a clock runs -----------------------------------------------------------


def test_the_earliest_known_instant_stands_in() -> None:
    """Until the cell separates the instants, every legal clock runs from the earliest one."""
    room = opened(noticed=START - 2 * H)
    for duty in ("agence", "commission", "plainte", "contrat", "public"):
        found = due(duty, room)
        assert (found.instant, found.started, found.provisional) == ("t_alert", START - 2 * H, True)


def test_the_earliest_is_by_time_and_not_by_name() -> None:
    """An instant recorded later but dated earlier than the alert becomes the one that counts."""
    room = opened()
    room.does(RecordInstant("t_stad", START - 5 * H))
    found = due("commission", room)
    assert (found.instant, found.started, found.provisional) == ("t_stad", START - 5 * H, True)


def test_a_separated_instant_moves_its_own_clock_only() -> None:
    """Dating one instant makes its clock certain; the others go on as before."""
    room = opened(noticed=START - 2 * H)
    room.does(RecordInstant("t_dp", START))
    found = due("commission", room)
    assert (found.instant, found.started, found.provisional) == ("t_dp", START, False)
    assert found.due == START + 72 * H
    other = due("plainte", room)
    assert (other.due, other.provisional) == (START + 70 * H, True)


def test_a_corrected_instant_moves_the_clock() -> None:
    """The last recorded value of an instant counts."""
    room = opened()
    room.does(RecordInstant("t_dp", START - 3 * H))
    room.does(RecordInstant("t_dp", START - 8 * H))
    assert due("commission", room).due == START + 64 * H
    room.does(RecordInstant("t_dp", START - MIN))
    assert due("commission", room).due == START - MIN + 72 * H


@pytest.mark.parametrize("duty", ["grave", "demande"])
def test_an_event_never_starts_from_another_instant(duty: str) -> None:
    """A clock that needs an event waits for it, whatever else is known."""
    room = opened()
    for instant in ("t_stad", "t_sis", "t_dp"):
        room.does(RecordInstant(instant, START - H))
    found = due(duty, room)
    assert (found.state, found.started, found.due) == ("waiting", None, None)
    assert found.remaining(room.now) is None
    assert found.elapsed(room.now) is None


def test_an_event_starts_its_own_clock_and_no_other() -> None:
    """Dating an early event does not pull the legal clocks back."""
    room = opened()
    room.does(RecordInstant("e_demande", START - 24 * H))
    assert due("demande", room).due == START + timedelta(days=7)
    assert due("commission", room).started == START


def test_a_duty_on_an_instant_that_the_plan_lacks_waits() -> None:
    """A clock whose instant is not defined stays still instead of guessing."""
    real = next(one for one in PLAN.obligations.duties if one.id == "commission")
    assert real.starts is not None
    plan = with_duties(PLAN, {"commission": {"starts": type(real.starts)("t_absent")}})
    assert due("commission", opened(plan)).state == "waiting"


def test_a_duty_without_a_clock_is_kept_in_view() -> None:
    """What somebody else owes to the hospital is listed, waits, and holds nothing."""
    room = opened()
    found = due("tiers", room)
    assert (found.state, found.instant, found.started) == ("waiting", "", None)
    assert "tiers" in [one.duty.id for one in deadlines(room.crisis, room.now)]
    assert "tiers" not in [one.duty.id for one in standing(room.crisis, room.now)]


# -- chains, contracts, duties without a figure ---------------------------------------------------


def test_a_chained_duty_starts_when_the_first_is_sent() -> None:
    """The complement runs from the moment of the first notification, and only then."""
    room = opened()
    assert due("complement", room).state == "waiting"
    room.wait(50 * H).does(SettleDuty("commission", "sent", "accusé 1"))
    found = due("complement", room)
    assert (found.instant, found.started) == ("commission", START + 50 * H)
    assert found.due == START + 122 * H
    assert not found.provisional


@pytest.mark.parametrize("settlement", ["not_due", "replaced"])
def test_a_chained_duty_does_not_follow_what_was_not_sent(settlement: str) -> None:
    """Nothing is to be completed when nothing was sent."""
    room = opened()
    room.does(SettleDuty("commission", settlement, "sans objet"))  # type: ignore[arg-type]
    assert due("complement", room).state == "waiting"


def test_taking_back_the_first_stops_the_chained_one() -> None:
    """The complement waits again when the first notification is taken back."""
    room = opened()
    room.does(SettleDuty("commission", "sent", "accusé 1"), ReopenDuty("commission", "erreur"))
    assert due("complement", room).state == "waiting"


def test_the_complement_follows_the_notification_in_the_real_file() -> None:
    """The second file to the CNIL counts from the first one, as a target and not as a law."""
    room = opened(real_plan()).wait(10 * H)
    room.does(SettleDuty("cnil-initiale", "sent", "accusé 1"))
    found = due("cnil-complementaire", room)
    assert (found.started, found.due) == (START + 10 * H, START + 82 * H)
    assert found.duty.nature == "target"


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        pytest.param(48 * H, START + 48 * H, id="as-the-contract-says"),
        pytest.param(None, None, id="contract-without-figure"),
    ],
)
def test_the_insurer_counts_as_the_contract_says(
    notice: timedelta | None, expected: datetime | None
) -> None:
    """The notice to the insurer has the figure of the policy, or none at all."""
    room = opened(hospital(PLAN, insurer_notice=notice))
    assert due("contrat", room).due == expected


def test_the_contract_gives_its_figure_to_no_other_duty() -> None:
    """A duty without a figure does not borrow the one of the insurance policy."""
    room = opened(hospital(PLAN, insurer_notice=48 * H))
    assert due("agence", room).due is None


def test_immediate_duties_have_no_figure() -> None:
    """« Sans délai » shows the time elapsed and never a deadline."""
    room = opened().wait(90 * MIN)
    found = due("agence", room)
    assert (found.state, found.due, found.remaining(room.now)) == ("running", None, None)
    assert found.elapsed(room.now) == 90 * MIN
    assert due("agence", room, 500 * H).state == "running"


# -- where a clock stands ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "state", "left"),
    [
        pytest.param(0 * H, "running", 72 * H, id="at-the-start"),
        pytest.param(48 * H - MIN, "running", 24 * H + MIN, id="just-before-the-last-third"),
        pytest.param(48 * H, "soon", 24 * H, id="last-third"),
        pytest.param(72 * H, "soon", 0 * H, id="at-the-deadline"),
        pytest.param(72 * H + MIN, "late", -MIN, id="just-after"),
        pytest.param(200 * H, "late", -128 * H, id="long-after"),
    ],
)
def test_states_of_a_clock(later: timedelta, state: str, left: timedelta) -> None:
    """A clock runs, gets near in its last third, and is late once the time is up."""
    room = opened()
    found = due("commission", room, later)
    assert (found.state, found.remaining(START + later)) == (state, left)


def test_a_settled_duty_is_never_late() -> None:
    """Once it has an outcome, a duty says so for ever, and holds the crisis no more."""
    room = opened()
    room.does(SettleDuty("commission", "sent", "accusé 1"))
    found = due("commission", room, 500 * H)
    assert found.state == "settled"
    assert found.settled is not None
    assert "commission" not in [one.duty.id for one in standing(room.crisis, room.now)]


# -- who is bound ---------------------------------------------------------------------------------

#: Regulation 1.12: duties that bind whatever the status.
EVERYBODY = {
    "cert-sante", "cnil-initiale", "cnil-complementaire", "registre-violations",
    "personnes-concernees", "sous-traitant", "eigs-1", "eigs-2", "materiovigilance",
    "dossier-patient", "dommage-soins",
}  # fmt: skip
INSURED = {"plainte", "assureur"}
FLAGS = {
    "none": {},
    "all-false": {"ose": False, "oiv": False, "cyber_insurance": False},
    "insured": {"cyber_insurance": True},
    "ose": {"ose": True},
    "oiv": {"oiv": True},
    "all": {"ose": True, "oiv": True, "cyber_insurance": True},
}
BY_FLAGS: dict[str, set[str]] = {
    "none": set(),
    "all-false": set(),
    "insured": INSURED,
    "ose": {"ose"},
    "oiv": {"oiv"},
    "all": {*INSURED, "ose", "oiv"},
}
BY_STATUS: dict[str, set[str]] = {"eps": {"procureur"}, "espic": set(), "clinique": set()}


def bound(plan: Plan, now: datetime = START) -> set[str]:
    """Ids of the duties that the board would show."""
    return {one.duty.id for one in deadlines(opened(plan, start=now).crisis, now)}


@pytest.mark.parametrize("status", BY_STATUS)
@pytest.mark.parametrize("flags", FLAGS)
def test_who_is_bound(status: str, flags: str) -> None:
    """Status decides the notice to the prosecutor only; flags decide insurance, OSE and OIV."""
    plan = hospital(real_plan(), status=status, flags=FLAGS[flags])
    assert bound(plan) == EVERYBODY | BY_STATUS[status] | BY_FLAGS[flags]


@pytest.mark.parametrize("status", BY_STATUS)
def test_nis_2_sleeps(status: str) -> None:
    """No hospital has a NIS 2 clock while the file gives no date, however far one looks."""
    plan = hospital(real_plan(), status=status, flags=FLAGS["all"])
    asleep = {"nis2-alerte", "nis2-notification", "nis2-rapport"}
    assert {one.id for one in plan.obligations.duties} >= asleep
    for year in (2026, 2027, 2036):
        assert not bound(plan, datetime(year, 12, 1, tzinfo=UTC)) & asleep


@pytest.mark.parametrize(
    ("now", "awake"),
    [
        pytest.param("2027-05-31T23:59", False, id="the-evening-before"),
        pytest.param("2027-06-01T00:00", True, id="from-midnight-in-the-local-zone"),
        pytest.param("2028-01-01T00:00", True, id="later"),
    ],
)
def test_nis_2_wakes_up_at_its_date(now: str, awake: bool) -> None:
    """A date in the file wakes the chain up on that local day, without touching the code."""
    dated = {"in_force_from": date(2027, 6, 1)}
    chain = ("nis2-alerte", "nis2-notification", "nis2-rapport")
    plan = with_duties(real_plan(), dict.fromkeys(chain, dated))
    assert (set(chain) <= bound(plan, local(now))) is awake


def test_the_nis_2_chain_counts_24_72_and_a_month() -> None:
    """Once awake, the chain counts from the incident, then from the notification being sent."""
    dated = {"in_force_from": date(2026, 1, 1)}
    chain = ("nis2-alerte", "nis2-notification", "nis2-rapport")
    room = opened(with_duties(real_plan(), dict.fromkeys(chain, dated)))
    room.does(RecordInstant("t_sis", START))
    assert due("nis2-alerte", room).due == START + 24 * H
    assert due("nis2-notification", room).due == START + 72 * H
    assert due("nis2-rapport", room).state == "waiting"
    room.wait(10 * H).does(SettleDuty("nis2-notification", "sent", "accusé 1"))
    assert due("nis2-rapport", room).due == local("2026-12-21T13:10")
