"""The pages for who watches: what they say of a bot that serves, and of one that does not."""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.clockwork import raise_due
from bot.core.crisis import Crisis
from bot.errors import SettingError
from bot.health import Health, Vitals
from bot.meters import Meters
from bot.service import Service
from bot.wiring import House, build, clock
from bot.wiring.bot import running
from tests.double import Double
from tests.slack.conftest import QUICK, house_on_slack, settings

_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\n]|\\\\[\\\\"n])*"'
_SAMPLE = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? (\S+)")
_CALLED = [
    f'tocsin_slack_calls_total{{method="chat.update",outcome="{one}"}}'
    for one in ("ok", "ratelimited")
]
_ENDINGS = {"summary": ("", "_sum", "_count"), "gauge": ("",), "counter": ("",)}


def understood(text: str) -> dict[str, float]:
    """Each series and its value, read by the rules of the text format, version 0.0.4.

    A family is told once, with its help and its type before its samples, all of them together; a
    name, a label and a value are spelt as the format says, and no series comes twice.
    """
    assert text.endswith("\n")
    series: dict[str, float] = {}
    families: dict[str, str] = {}
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in families, name
            assert lines[number + 1].startswith(f"# TYPE {name} "), line
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            families[name] = kind
            continue
        found = _SAMPLE.fullmatch(line)
        assert found, line
        last, kind = list(families.items())[-1]
        assert found[1] in {last + ending for ending in _ENDINGS[kind]}, line
        assert kind != "counter" or last.endswith("_total"), line
        assert line.rpartition(" ")[0] not in series, line
        series[line.rpartition(" ")[0]] = float(found[3])
    return series


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
        samples, name = understood(text), f'crisis="{night.crisis.id}"'
        assert status == 200
        assert samples['tocsin_open{kind="crisis"}'] == 1
        assert samples["tocsin_ready"] == 1
        assert samples["tocsin_slack_sockets"] == 2
        assert samples[f'tocsin_duties{{{name},state="late"}}'] == 0
        assert samples[f"tocsin_projection_lag_seconds{{{name}}}"] >= 0
        assert "Mots que personne" not in text
        assert "U01CLAIRE" not in text

        with gone(night.house):
            status, text = await page(port, "ready")
        assert (status, '"database": false' in text) == (503, True)
        assert (await page(port, "health"))[0] == 200
    with pytest.raises(aiohttp.ClientError):
        await page(port, "health")


async def test_calls_refusals_and_reminders_are_counted(tmp_path: Path) -> None:
    """What Slack answered and how long it took, what a rule refused, what was reminded of."""
    (tmp_path / "knowledge").mkdir()
    port, ahead = free_port(), timedelta(0)

    def now() -> datetime:
        return clock() + ahead

    async with house_on_slack(
        tmp_path,
        now,
        tocsin_health_port=port,
        tocsin_knowledge_dir=tmp_path / "knowledge",
    ) as night:
        await night.opened()
        await night.double.calm(0.3, 30)
        before = understood((await page(port, "metrics"))[1])
        night.double.fault("chat.update", "429", times=1)
        assert "inconnue" in await night.say("claire", "fait R99")
        await night.say("claire", "constat t_dp maintenant vu par Hugo")
        ahead = timedelta(hours=73)
        await raise_due(night.house.service)

        def grown(key: str) -> float:
            return after.get(key, 0) - before.get(key, 0)

        for _ in range(200):
            after = understood((await page(port, "metrics"))[1])
            if min(map(grown, _CALLED)) >= 1:
                break
            await asyncio.sleep(0.1)
        assert min(map(grown, _CALLED)) >= 1, after
        assert grown('tocsin_slack_call_seconds_count{method="chat.update"}') >= 2
        assert grown('tocsin_slack_call_seconds_sum{method="chat.update"}') > 0
        assert grown("tocsin_refused_total") >= 1
        assert grown('tocsin_reminders_total{kind="crisis"}') >= 1


async def test_a_silent_database_keeps_one_thread_and_no_page_waiting(tmp_path: Path) -> None:
    """Asked again and again while the database says nothing, each page answers, in one thread."""
    (tmp_path / "knowledge").mkdir()
    asked, silence = 0, threading.Event()

    class Silent(Service):
        """A service whose database says nothing until the end of the test."""

        def crises(self) -> list[Crisis]:
            """Wait, as for a server that is frozen."""
            nonlocal asked
            asked += 1
            silence.wait(60)
            return []

    async def sockets() -> int:
        return 2

    async with Double() as double:
        house = build(settings(double, tmp_path))
        service = Silent(house.store, clock, lambda: bytes(32), house.sealer)
        vitals = Vitals(service, sockets, lambda: True, dict, dict, Meters(), patience=0.1)
        health = Health(vitals, 0)
        await health.start()
        try:
            for _ in range(3):
                status, text = await page(health.port, "ready")
                assert (status, '"database": false' in text) == (503, True)
                assert "tocsin_ready 0" in (await page(health.port, "metrics"))[1].splitlines()
        finally:
            silence.set()
            await health.stop()
            house.store.close()
    assert asked == 1


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
