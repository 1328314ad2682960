"""A group of auditors that Slack does not tell: nobody else waits for it."""

from pathlib import Path

import aiohttp
import pytest

from bot.errors import OutsideService
from bot.slack.audit import Auditors
from bot.slack.gateway import Gateway, Tempo
from bot.wiring.identity import client
from tests.double import Double
from tests.slack.conftest import settings

GROUP = "S01AUDIT"
#: As in service: a call that fails is tried again after pauses of seconds.
LASTING = Tempo(lanes={}, other=(0.0, 1_000))


async def test_a_group_that_is_not_told_is_asked_for_once_by_a_crowd(tmp_path: Path) -> None:
    """Slack says nothing of the group: who acts is let go on, and is not made to wait in turn."""
    now = 100.0
    async with Double() as double, aiohttp.ClientSession() as session:
        double.world.add_user("aude", id="U77AUDE")
        double.world.usergroups[GROUP] = {"id": GROUP, "users": ["U77AUDE"]}
        slack = client(settings(double, tmp_path), double.bot_token, session)
        auditors = Auditors((GROUP, "U78PERSONNE"), Gateway(slack, LASTING), lambda: now)
        double.fault("usergroups.users.list", "mute:30", times=100)
        for _ in range(20):
            with pytest.raises(OutsideService):
                await auditors.has("U77AUDE")
        assert len(double.called("usergroups.users.list")) == 1
        assert await auditors.has("U78PERSONNE")

        double.api.faults.planned.clear()
        now += 60
        assert await auditors.has("U77AUDE")
        assert not await auditors.has("U01CLAIRE")
