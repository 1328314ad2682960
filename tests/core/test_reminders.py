"""Reminders: when a duty is recalled, how often, and when it is left in peace."""

from datetime import timedelta

import pytest

from bot.core.crisis import TOCSIN
from bot.core.deadlines import deadline
from bot.core.duties import RaiseReminders, ReminderRaised, ReopenDuty, SettleDuty, schedule
from bot.core.instants import RecordInstant
from bot.core.opening import CloseCrisis, ReopenCrisis
from bot.core.playbook import Plan, Span
from tests.core.plans import MIN, PLAN, START, H, Room, opened, with_duties


def only(*duties: str, plan: Plan = PLAN) -> Plan:
    """The small plan in which nobody but these duties is awake."""
    asleep = {one.id: {"disabled": True} for one in plan.obligations.duties if one.id not in duties}
    return with_duties(plan, asleep)


def raised(room: Room) -> list[str]:
    """What the clock raises now, as ``duty/moment``."""
    facts = room.does(RaiseReminders(), by=TOCSIN)
    return [fact.key.rpartition("/")[0] for fact in facts if isinstance(fact, ReminderRaised)]


def at(room: Room, since_start: timedelta) -> Room:
    """The room, that long after the start."""
    return room.wait(START + since_start - room.now)


def test_seventy_two_hours_from_first_to_last_reminder() -> None:
    """Day, six hours and one hour before; then at the deadline and ever more rarely after it."""
    room = opened(only("commission"))
    seen = []
    for hour in range(72 + 72 + 24):
        seen += [(hour, one) for one in raised(at(room, hour * H))]
    assert seen == [
        (48, "commission/before1440"),
        (66, "commission/before360"),
        (71, "commission/before60"),
        (72, "commission/after0"),
        (78, "commission/after360"),
        (96, "commission/after1440"),
        (144, "commission/after4320"),
    ]


@pytest.mark.parametrize(
    ("hours", "moments"),
    [
        pytest.param(72, ["before1440", "before360", "before60"], id="three-days"),
        pytest.param(48, ["before1440", "before360", "before60"], id="two-days"),
        pytest.param(24, ["before360", "before60"], id="one-day"),
        pytest.param(4, ["before60"], id="four-hours"),
        pytest.param(1, [], id="one-hour"),
    ],
)
def test_a_short_span_has_fewer_early_reminders(hours: int, moments: list[str]) -> None:
    """No reminder comes in the first half of the time allowed."""
    plan = with_duties(only("commission"), {"commission": {"within": Span(hours=hours)}})
    room = opened(plan)
    duty = plan.duty("commission")
    assert duty is not None
    keys = [key.split("/")[1] for _, key in schedule(deadline(duty, room.crisis, START))]
    assert keys == [*moments, "after0", "after360", "after1440", "after4320"]


def test_a_duty_without_a_figure_is_recalled_at_its_marks() -> None:
    """« Sans délai »: the board insists at the elapsed times of the file, and then no more."""
    room = opened(only("agence"))
    assert raised(room) == []
    assert raised(at(room, H - MIN)) == []
    assert raised(at(room, H)) == ["agence/watch60"]
    assert raised(at(room, 4 * H)) == ["agence/watch240"]
    assert raised(at(room, 400 * H)) == []


def test_a_duty_without_figure_nor_marks_is_never_recalled() -> None:
    """The register has no deadline: nothing is invented for it."""
    room = opened(only("registre"))
    assert raised(at(room, 400 * H)) == []


def test_a_waiting_duty_is_not_recalled() -> None:
    """A clock that has not started rings no bell."""
    room = opened(only("grave", "demande", "complement", "tiers"))
    assert raised(at(room, 3000 * H)) == []


def test_a_reminder_is_raised_once() -> None:
    """The same moment asked twice gives one reminder, with its duty and its deadline."""
    room = at(opened(only("commission")), 48 * H)
    (fact,) = room.does(RaiseReminders(), by=TOCSIN)
    assert fact == ReminderRaised(
        f"commission/before1440/{START.isoformat()}", "commission", START + 72 * H
    )
    assert room.does(RaiseReminders(), by=TOCSIN) == ()
    assert raised(room.wait(H)) == []


def test_after_a_long_absence_only_the_latest_is_raised() -> None:
    """A bot that was away for three days does not flood the room with what it missed."""
    room = at(opened(only("commission")), 80 * H)
    assert raised(room) == ["commission/after360"]
    assert raised(room) == []
    assert raised(at(room, 96 * H)) == ["commission/after1440"]


def test_each_duty_has_its_own_reminder() -> None:
    """Several duties at the same moment give one reminder each."""
    room = at(opened(only("commission", "plainte", "agence")), 48 * H)
    assert raised(room) == ["agence/watch240", "commission/before1440", "plainte/before1440"]


def test_a_settled_duty_is_left_in_peace_until_taken_back() -> None:
    """An outcome stops the reminders; taking it back starts them where they are."""
    room = opened(only("commission"))
    room.does(SettleDuty("commission", "sent", "accusé 1"))
    assert raised(at(room, 71 * H)) == []
    room.does(ReopenDuty("commission", "mauvais dossier"))
    assert raised(room) == ["commission/before60"]


def test_a_corrected_instant_starts_a_new_series() -> None:
    """A clock that moved is recalled again for the same moments."""
    room = at(opened(only("commission")), 48 * H)
    assert raised(room) == ["commission/before1440"]
    room.does(RecordInstant("t_dp", START + 12 * H))
    assert raised(room) == []
    assert raised(at(room, 60 * H)) == ["commission/before1440"]
    room.does(RecordInstant("t_dp", START - 12 * H))
    assert raised(room) == ["commission/after0"]


def test_separating_an_instant_at_the_same_hour_repeats_nothing() -> None:
    """Confirming the provisional hour does not ring the same bell twice."""
    room = at(opened(only("commission")), 48 * H)
    assert raised(room) == ["commission/before1440"]
    room.does(RecordInstant("t_dp", START))
    assert raised(room) == []


def test_a_closed_crisis_rings_no_bell() -> None:
    """Closing stops the reminders; reopening takes them up at the latest."""
    room = opened(only("commission"))
    room.does(CloseCrisis("fausse alerte"))
    assert raised(at(room, 72 * H)) == []
    room.does(ReopenCrisis("fuite découverte"))
    assert raised(room) == ["commission/after0"]


def test_nothing_is_recalled_before_the_crisis_exists() -> None:
    """The clock may ask about a crisis that was never opened: there is nothing to say."""
    assert Room().does(RaiseReminders(), by=TOCSIN) == ()
