"""The demo as a process: it starts, plays a night to its end, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest

from bot.core.playbook import Person
from bot.demo.slack import BINARY, free_port, local_slack, program, short_name
from bot.errors import SettingError

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = (Person("Claire Exemple", "U01CLAIRE"), Person("Éva L'Hôte", "U02EVA"))
WITHIN = 60


@contextmanager
def running_demo(data: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run ``tocsin demo`` as a process whose output is read line by line."""
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", *words],
        cwd=ROOT,
        env=os.environ | {"TOCSIN_DATA_DIR": str(data), "DATABASE_URL": "sqlite:////nowhere/x.db"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield bot
    finally:
        bot.kill()
        bot.communicate()


def read_until(bot: "subprocess.Popen[str]", text: str) -> str:
    """What the process says up to the line that holds this text."""
    said: list[str] = []
    for line in bot.stdout or ():
        said.append(line)
        if text in line:
            return "".join(said)
    pytest.fail("the demo ended before saying « " + text + " »\n" + "".join(said))


def local_slacks(bot: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The children of the demo."""
    return [one for one in psutil.Process(bot.pid).children() if one.name() == "local-slack"]


def test_a_night_is_played_to_its_end(tmp_path: Path) -> None:
    """Every line of the scenario is played, then Ctrl-C stops the bot and the local Slack."""
    with running_demo(tmp_path, "--scenario", "rancongiciel", "--speed", "12") as bot:
        welcome = read_until(bot, "Ctrl-C arrête tout")
        (slack,) = local_slacks(bot)
        played = read_until(bot, "La nuit est jouée")
        bot.send_signal(signal.SIGINT)
        bot.communicate(timeout=WITHIN)

        assert len(re.findall(r"^ {2}[123]\. ", welcome, flags=re.MULTILINE)) == 3
        assert "La nuit est jouée. " in played
        assert bot.returncode == 0
        assert not slack.is_running()
    assert (tmp_path / "demo" / "tocsin.db").exists()


def test_nothing_outlives_a_killed_demo(tmp_path: Path) -> None:
    """When the demo is killed without warning, its local Slack ends by itself."""
    with running_demo(tmp_path) as bot:
        read_until(bot, "Ctrl-C arrête tout")
        (slack,) = local_slacks(bot)
        bot.kill()
        deadline = time.monotonic() + 10
        while slack.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)

        assert not slack.is_running() or slack.status() == psutil.STATUS_ZOMBIE


async def test_the_local_slack_listens_to_this_machine_only(tmp_path: Path) -> None:
    """It knows the people of the hospital, and no other machine can reach it."""
    async with local_slack(ROOT / BINARY, tmp_path, PEOPLE) as slack:
        heard = psutil.Process(slack.pid).net_connections()
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{slack.page}_control/state") as answer,
        ):
            users = {one["id"]: one for one in (await answer.json())["users"]}

    listening = [one.laddr.ip for one in heard if one.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]
    assert users["U01CLAIRE"]["real_name"] == "Claire Exemple"
    assert users["U02EVA"]["name"] == "eva.l.hote"


async def test_a_missing_program_says_what_to_run(tmp_path: Path) -> None:
    """Without its binary the demo names the command that installs it."""
    with pytest.raises(SettingError, match="make demo"):
        async with local_slack(tmp_path / "nowhere", tmp_path, PEOPLE):
            pass


def test_another_machine_is_told_so() -> None:
    """Where the local Slack has no binary, the way to a real workspace is given."""
    with pytest.raises(SettingError, match=r"README\.md"):
        program(ROOT / BINARY, "darwin", "arm64")


async def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """A port in use is refused with another to try; a port that does not exist too."""
    async with local_slack(ROOT / BINARY, tmp_path, PEOPLE) as slack:
        with pytest.raises(SettingError, match="déjà pris"):
            free_port(slack.port)
    with pytest.raises(SettingError, match="n'existe pas"):
        free_port(70_000)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scenario", "ransongiciel"), "rancongiciel"),
        (("--speed", "0"), "vitesse"),
    ],
)
def test_a_wrong_word_is_told_at_once(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """A mistake on the command line is told before anything starts."""
    with running_demo(tmp_path, *words) as bot:
        answer, _ = bot.communicate(timeout=WITHIN)

        assert said in answer
        assert "Traceback" not in answer
        assert bot.returncode != 0


def test_names_lose_their_brackets() -> None:
    """The local Slack shows the name alone."""
    assert short_name("Claire Exemple") == "Claire Exemple"
