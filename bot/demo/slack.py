"""The local Slack of the demo: a third party's program, started, waited for and stopped.

It keeps nothing, checks nothing and asks for no account, so it is for showing and for clicking
only.  Left alone it would listen on every interface of the machine and outlive us if we are killed;
the two files written beside its configuration make it listen on 127.0.0.1 and end with us.
Not here: what people do in it, and the bot.
"""

import asyncio
import contextlib
import platform
import re
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from bot.core.playbook import Person
from bot.errors import OutsideService, SettingError
from bot.grammar import fold

HOST = "127.0.0.1"
BOT = "U0TOCSIN"
BOT_TOKEN = "xoxb-demonstration"  # noqa: S105 - the local Slack accepts any
APP_TOKEN = "xapp-demonstration"  # noqa: S105 - the local Slack accepts any
BINARY = Path(".cache/local-slack/node_modules/local-slack-linux-x64/bin/local-slack")

_READY_WITHIN = 15.0
_STOPS_WITHIN = 5.0
_MAX_PORT = 65535
_ZONE = "Europe/Paris"

#: Bun reads this file in the folder where it starts, and runs the other one before the program.
_BUNFIG = 'preload = ["./household.js"]\n'
_HOUSEHOLD = """\
// This machine only.
const serve = Bun.serve;
Bun.serve = (options) => serve.call(Bun, { ...options, hostname: "127.0.0.1" });
// Whoever started this program holds the other end of its input: when they end, so does it.
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
"""


@dataclass(frozen=True, slots=True)
class LocalSlack:
    """A running local Slack: where its page, its Web API and its controls are."""

    port: int
    pid: int = field(compare=False, default=0)

    @property
    def page(self) -> str:
        """What to open in a browser."""
        return f"http://{HOST}:{self.port}/"

    @property
    def api(self) -> str:
        """What the bot takes for Slack's Web API."""
        return f"{self.page}api/"


@contextlib.asynccontextmanager
async def local_slack(
    binary: Path, folder: Path, people: Sequence[Person], port: int = 0
) -> AsyncIterator[LocalSlack]:
    """Run a local Slack inside the block; ``port`` 0 takes a free one.

    Raises ``SettingError`` when it cannot run here, with what to do.
    """
    found = program(binary, sys.platform, platform.machine())
    chosen = free_port(port)
    _configure(folder, people)
    with (folder / "slack.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(found),
            *("--config", "workspace.yaml", "--port", str(chosen)),
            *("--base-host", HOST, "--files-dir", "files"),
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        slack = LocalSlack(chosen, process.pid)
        await _answers(slack, process, folder / "slack.log")
        yield slack
    finally:
        await _stop(process)


def free_port(wanted: int = 0) -> int:
    """A port of 127.0.0.1 that nobody listens on: the one wanted, or any."""
    if not 0 <= wanted <= _MAX_PORT:
        raise SettingError(
            f"Le port {wanted} n'existe pas. Choisissez un port entre 1024 et 65535."
        )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            raise SettingError(
                f"Le port {wanted} est déjà pris sur cette machine. Choisissez-en un autre : "
                "« tocsin demo --port 3912 »."
            ) from error
        port: int = probe.getsockname()[1]
    return port


def program(binary: Path, system: str, machine: str) -> Path:
    """The program's absolute path, or why it cannot run on such a machine."""
    if (system, machine) != ("linux", "x86_64"):
        raise SettingError(
            "Le Slack local de la démonstration n'existe que pour Linux sur x86-64. Sur cette "
            "machine, reliez Tocsin à un espace Slack d'essai : voir le fichier README.md."
        )
    if not binary.is_file():
        raise SettingError(
            "Le Slack local de la démonstration n'est pas installé. Lancez « make demo » : "
            "il s'installe tout seul (npm est nécessaire)."
        )
    return binary.resolve()


def _configure(folder: Path, people: Sequence[Person]) -> None:
    """Make the folder and write what the program reads when it starts there."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "workspace.yaml": yaml.safe_dump(_workspace(people), allow_unicode=True, sort_keys=False),
        "bunfig.toml": _BUNFIG,
        "household.js": _HOUSEHOLD,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _workspace(people: Sequence[Person]) -> dict[str, Any]:
    """A workspace with the people of the establishment, two channels and the bot."""
    users = [_user(one) for one in people if one.slack]
    members = [*(one["id"] for one in users), BOT]
    return {
        "workspace": {"name": "Démonstration", "domain": "tocsin-demo", "teamId": "T01TOCSIN"},
        "app": {
            "appId": "A01TOCSIN",
            "botUserId": BOT,
            "botName": "Tocsin",
            "botToken": BOT_TOKEN,
            "appToken": APP_TOKEN,
            "signingSecret": "demonstration",
            "mode": "socket",
        },
        "users": users,
        "channels": [
            {"id": "C01GENERAL", "name": "general", "members": members},
            {"id": "C02DIRECTION", "name": "direction", "members": members},
        ],
    }


def _user(person: Person) -> dict[str, str]:
    shown = short_name(person.name)
    name = re.sub(r"[^a-z0-9]+", ".", fold(shown)).strip(".")
    email = f"{name}@valmont.example"
    return {"id": person.slack, "name": name, "real_name": shown, "email": email, "tz": _ZONE}


def short_name(name: str) -> str:
    """The name without what the file says of it in brackets."""
    return re.sub(r"\s*\([^)]*\)", "", name).strip()


async def _answers(slack: LocalSlack, process: asyncio.subprocess.Process, log: Path) -> None:
    """Return once it answers; raise when it ended or stays silent."""
    state = f"{slack.page}_control/state"
    async with aiohttp.ClientSession() as session:
        for _ in range(int(_READY_WITHIN / 0.1)):
            if process.returncode is not None:
                raise OutsideService(
                    "Slack local",
                    f"Le Slack local s'est arrêté aussitôt lancé. Lisez {log}.",
                    detail=f"exit code {process.returncode}",
                )
            if await _is_there(session, state):
                return
            await asyncio.sleep(0.1)
    raise OutsideService("Slack local", f"Le Slack local ne répond pas. Lisez {log}.")


async def _is_there(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url, timeout=aiohttp.ClientTimeout(total=1)) as answer:
            return answer.status == 200  # noqa: PLR2004 - HTTP's own word for yes
    except (aiohttp.ClientError, TimeoutError):
        return False


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask it to end, and insist if it does not."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOPS_WITHIN)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
