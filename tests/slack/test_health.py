"""The pages for who watches: what they say of a bot that serves, and of one that does not."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.errors import SettingError
from bot.wiring import House, build
from bot.wiring.bot import running
from tests.double import Double
from tests.slack.conftest import QUICK, house_on_slack, settings

_SAMPLE = re.compile(r'tocsin_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+')


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def page(port: int, name: str) -> tuple[int, str]:
    """The status and the text of one page."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/{name}") as answer,
    ):
        return answer.status, await answer.text()


async def test_the_pages_follow_the_state_of_the_bot(tmp_path: Path) -> None:
    """Ready with Slack and the database; not ready without one of them, and alive all the same."""
    (tmp_path / "knowledge").mkdir()
    port = free_port()
    async with house_on_slack(
        tmp_path, tocsin_health_port=port, tocsin_knowledge_dir=tmp_path / "knowledge"
    ) as night:
        await night.opened(title="Mots que personne ne doit lire ailleurs")
        assert await page(port, "health") == (200, '{"ok": true, "journal": true}')
        assert (await page(port, "ready"))[0] == 200

        status, text = await page(port, "metrics")
        samples = [one for one in text.splitlines() if not one.startswith("#")]
        assert status == 200
        assert all(_SAMPLE.fullmatch(one) for one in samples), text
        assert 'tocsin_open{kind="crisis"} 1' in samples
        assert "tocsin_ready 1" in samples
        assert "tocsin_slack_sockets 2" in samples
        assert f'tocsin_duties{{crisis="{night.crisis.id}",state="late"}} 0' in samples
        assert "Mots que personne" not in text
        assert "U01CLAIRE" not in text

        with gone(night.house):
            status, text = await page(port, "ready")
        assert (status, '"database": false' in text) == (503, True)
        assert (await page(port, "health"))[0] == 200
    with pytest.raises(aiohttp.ClientError):
        await page(port, "health")


@contextmanager
def gone(house: House) -> Iterator[None]:
    """Inside the block, the file of the database is not where it was."""
    path = house.settings.tocsin_data_dir / "tocsin.db"
    path.rename(path.with_name("aside.db"))
    path.mkdir()
    house.store.engine.dispose()
    try:
        yield
    finally:
        path.rmdir()
        path.with_name("aside.db").rename(path)
        house.store.engine.dispose()


async def test_a_port_that_is_taken_is_told_as_a_setting(tmp_path: Path) -> None:
    """The start stops with the name of the setting; nothing else was started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with Double() as double:
            house = build(settings(double, tmp_path, tocsin_health_port=taken.getsockname()[1]))
            with pytest.raises(SettingError, match="TOCSIN_HEALTH_PORT"):
                await _started(house)
            house.store.close()


async def _started(house: House) -> None:
    async with running(house, QUICK):
        pass
