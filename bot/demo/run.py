"""``tocsin demo``: the local Slack and the real bot together, until Ctrl-C, and nothing left.

The bot is the real one with the embedded defaults, in a folder of its own that is wiped at the
start because the local Slack forgets everything too: nothing of a hospital's ``.env`` but the place
of its files is used, neither its tokens, nor its database, nor its model.  What is published in it
is published in a copy of those files.
"""

import asyncio
import contextlib
import logging
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

from bot.config import Settings
from bot.core.french import typography
from bot.core.playbook import Establishment
from bot.demo.people import people
from bot.demo.player import Player
from bot.demo.scenario import Scenario, load
from bot.demo.slack import APP_TOKEN, BINARY, BOT_TOKEN, LocalSlack, local_slack, short_name
from bot.errors import SettingError, reason
from bot.library.playbooks import PlanShelf
from bot.slack.gateway import Tempo
from bot.wiring import build, clock
from bot.wiring.bot import running

Tell = Callable[[str], None]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def demo(
    settings: Settings,
    scenario: str | None = None,
    port: int = 0,
    speed: float = 1.0,
    tell: Tell = _say,
) -> int:
    """Run the demo until Ctrl-C and return the exit code; ``port`` 0 takes a free one.

    Raises ``TocsinError`` when it cannot run here, with what to do.
    """
    night = load(scenario) if scenario else None
    if speed <= 0:
        raise SettingError("La vitesse doit être un nombre plus grand que zéro.")
    folder = settings.tocsin_data_dir / "demo"
    hospital = _hospital(settings.tocsin_playbooks_dir)
    _wipe(folder)
    own_files = _copied(settings, folder)
    with _log_to(folder / "tocsin.log"), _stop() as stop:
        async with local_slack(BINARY, folder / "slack", hospital.people, port) as slack:
            own = settings.model_copy(update=embedded(slack, folder) | own_files)
            async with _bot(own):
                tell(typography(welcome(slack, hospital)))
                await _until(stop, slack, night, hospital, speed, tell)
        tell(typography("\nLa démonstration est arrêtée. Rien ne reste en marche."))
    return 0


@contextlib.asynccontextmanager
async def _bot(settings: Settings) -> AsyncIterator[None]:
    """The real bot, connected inside the block; the local Slack has no limits to spare."""
    house = build(settings)
    with contextlib.closing(house.store):
        async with running(house, Tempo(lanes={})):
            yield


def welcome(slack: LocalSlack, hospital: Establishment) -> str:
    """What the person at the keyboard reads first."""
    return (
        f"\nTocsin veille sur un hôpital imaginaire : {hospital.name}.\n\n"
        f"  Ouvrez cette page : {slack.page}\n\n"
        "Trois choses à essayer :\n"
        "  1. Tapez « /crise déclarer », remplissez le formulaire : le canal de la crise "
        "s'ouvre à gauche.\n"
        "  2. Dans ce canal, sous la première étape : « Je prends », puis « C'est fait ».\n"
        "  3. Tapez « /crise question faut-il éteindre les PC ? » : la réponse cite ses "
        "sources.\n\n"
        "En haut à droite, « Act as » change de personne. Pour regarder une nuit se jouer :\n"
        "« tocsin demo --scenario rancongiciel ». Ctrl-C arrête tout."
    )


async def _until(
    stop: asyncio.Event,
    slack: LocalSlack,
    night: Scenario | None,
    hospital: Establishment,
    speed: float,
    tell: Tell,
) -> None:
    """Play the night, if any, then wait for Ctrl-C, whichever comes first."""
    stopping: asyncio.Task[bool] = asyncio.create_task(_set(stop))
    tasks = {stopping}
    if night is not None:
        playing = _play(slack, night, hospital, speed, tell)
        tasks.add(asyncio.create_task(playing))
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        await stopping
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _set(stop: asyncio.Event) -> bool:
    """Wait for the event."""
    return bool(await stop.wait())


async def _play(
    slack: LocalSlack,
    night: Scenario,
    hospital: Establishment,
    speed: float,
    tell: Tell,
) -> bool:
    names = {one.slack: short_name(one.name) for one in hospital.people}
    tell(typography(f"\n{night.title} : ouvrez la page et regardez le canal de la crise.\n"))

    def say(text: str) -> None:
        tell(typography(text))

    async with people(slack.page) as cell:
        player = Player(cell, clock, hospital.timezone, say)
        failed = await player.play(night, names, speed)
    told = "La nuit est jouée." if not failed else f"La nuit est jouée, sauf {failed} lignes."
    say(f"\n{told} La main courante est au complet : « /crise journal ». Ctrl-C arrête tout.")
    return failed == 0


def _hospital(playbooks: Path) -> Establishment:
    """The establishment of the playbooks on offer."""
    plan = next(iter(PlanShelf(playbooks).plans.values()), None)
    if plan is None:
        raise SettingError(
            f"Aucun playbook lisible dans {playbooks}. Lancez « tocsin check » et corrigez les "
            "fichiers signalés."
        )
    return plan.establishment


def embedded(slack: LocalSlack, folder: Path) -> dict[str, object]:
    """Settings of a bot that depends on nothing outside this machine."""
    return {
        "slack_bot_token": BOT_TOKEN,
        "slack_app_token": APP_TOKEN,
        "slack_api_url": slack.api,
        # The local Slack sends each payload to every connection: one is enough, and right.
        "slack_connections": 1,
        "tocsin_data_dir": folder,
        "database_url": "",
        "tocsin_capture": "tout",
        "tocsin_embeddings": "hachage",
        "tocsin_model": "",
    }


def _wipe(folder: Path) -> None:
    """Forget the demo before this one; the folder is ours, and holds nothing of a hospital's."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise SettingError(
            f"Le dossier {folder} ne peut pas être remis à neuf ({reason(error)}). Arrêtez "
            "l'autre démonstration, ou choisissez un autre dossier avec TOCSIN_DATA_DIR."
        ) from error


def _copied(settings: Settings, folder: Path) -> dict[str, object]:
    """The playbooks and the write-ups, copied: those of the hospital are not for trying things."""
    copies = {
        "tocsin_playbooks_dir": settings.tocsin_playbooks_dir,
        "tocsin_knowledge_dir": settings.tocsin_knowledge_dir,
    }
    return {
        name: Path(shutil.copytree(files.resolve(), folder / files.resolve().name))
        for name, files in copies.items()
        if files.is_dir()
    }


@contextlib.contextmanager
def _log_to(path: Path) -> Iterator[None]:
    """Keep the technical log in a file: the terminal is for the person."""
    root = logging.getLogger()
    kept: Sequence[logging.Handler] = list(root.handlers)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root.handlers[:] = [handler]
    try:
        yield
    finally:
        root.handlers[:] = kept
        handler.close()


@contextlib.contextmanager
def _stop() -> Iterator[asyncio.Event]:
    """An event that Ctrl-C sets, instead of breaking what is being written."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    names = (signal.SIGINT, signal.SIGTERM)
    for name in names:
        loop.add_signal_handler(name, stop.set)
    try:
        yield stop
    finally:
        for name in names:
            loop.remove_signal_handler(name)
