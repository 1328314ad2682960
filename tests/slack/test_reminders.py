"""Reminders as the cell sees them: who is called, how much is left, what to press."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.crisis import TOCSIN
from bot.core.duties import (
    DelayExplained,
    DutySettled,
    OpinionGiven,
    RaiseReminders,
    ReminderRaised,
)
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


async def settle(night: Night, reminders: set[str]) -> None:
    """Reminders hang from the clock of the duty, which opens the form and shows the outcome."""
    posts = night.double.posts(night.channel)
    root = next(one for one in posts if read(one).startswith("⏱️") and "CNIL" in read(one))
    told = [one for one in posts if read(one) in reminders]
    assert [one.thread_ts for one in told] == [root.ts, root.ts]
    assert "Motifs du retard à consigner" in read(root)
    await night.double.click("diane", night.channel, root.ts, f"open:duty:{DUTY}")
    await night.double.wait(lambda one: one.view("diane") is not None)
    assert "Pourquoi ce retard" in words(night.double.view("diane"))
    filled = {"text": "récépissé 77", "late": "serveurs éteints", "opinion": "à notifier"}
    await night.double.submit("diane", filled)
    mine = [fact for fact, stamp in night.facts() if stamp.actor.id == "U03DIANE"]
    assert [type(one) for one in mine[-3:]] == [OpinionGiven, DelayExplained, DutySettled]
    await night.double.wait(
        lambda one: any(
            "envoyée" in read(each) for each in one.posts(night.channel) if each.ts == root.ts
        )
    )


@pytest.mark.parametrize("kind", ["reel", "exercice"])
async def test_reminders_before_and_after_a_deadline(tmp_path: Path, kind: str) -> None:
    """A reminder calls the holder, says what is left and opens the form; once settled, no more."""
    (tmp_path / "knowledge").mkdir()
    hands = Hands()
    folder = tmp_path / "knowledge"
    async with house_on_slack(tmp_path, hands, tocsin_knowledge_dir=folder) as night:
        await night.opened(kind=kind)
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

        assert "<@U03DIANE> <@U01CLAIRE>" in late, "late, who signs is called too"
        await settle(night, {early, late})
        hands.ahead = timedelta(hours=99)
        assert await remind(night) == late
