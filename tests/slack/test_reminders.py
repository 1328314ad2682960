"""Reminders as the cell sees them: who is called, how much is left, what to press."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.crisis import TOCSIN
from bot.core.duties import DutySettled, RaiseReminders, ReminderRaised
from bot.service import Ask
from bot.wiring import clock
from tests.slack.conftest import Night, house_on_slack, read, words

DUTY = "cnil-initiale"


class Hands:
    """A clock that a test may set forward."""

    def __init__(self) -> None:
        """Start at the present."""
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        """Return the present, moved."""
        return clock() + self.ahead


async def remind(night: Night) -> str:
    """Raise what is due now, as the loop does; return the last message about the duty."""
    await night.house.service.handle(Ask(night.crisis.id, TOCSIN, RaiseReminders()))
    raised = [stamp for fact, stamp in night.facts() if _is_reminder(fact)]
    if not raised:
        return ""
    return await night.shown(f"Ligne {raised[-1].seq} de la main courante")


def _is_reminder(fact: object) -> bool:
    return isinstance(fact, ReminderRaised) and fact.duty == DUTY


@pytest.mark.parametrize("kind", ["reel", "exercice"])
async def test_reminders_before_and_after_a_deadline(tmp_path: Path, kind: str) -> None:
    """A reminder calls the holder, says what is left and opens the form; once settled, no more."""
    (tmp_path / "knowledge").mkdir()
    hands = Hands()
    folder = tmp_path / "knowledge"
    async with house_on_slack(tmp_path, hands, tocsin_knowledge_dir=folder) as night:
        channel = await night.opened(kind=kind)
        hands.ahead = timedelta(hours=67)
        early = await remind(night)
        assert "🔔" in early
        assert "Rappel* <@U03DIANE>" in early
        assert "*reste 4 h 59*" in early
        assert ("EXERCICE" in early) is (kind == "exercice")
        hands.ahead = timedelta(hours=74)
        late = await remind(night)
        assert "*en retard de 2 h*" in late
        assert "reste dû, avec les raisons" in late
        assert await remind(night) == late

        post = next(one for one in night.double.posts(channel) if read(one) == late)
        await night.double.click("diane", channel, post.ts, f"open:duty:{DUTY}")
        await night.double.wait(lambda one: one.view("diane") is not None)
        assert "CNIL" in words(night.double.view("diane"))
        await night.double.submit("diane", {"text": "récépissé 77"})
        assert isinstance(night.last()[0], DutySettled)
        hands.ahead = timedelta(hours=99)
        assert await remind(night) == late
