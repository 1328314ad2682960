"""The bot as a process to be killed: ``python -m tests.faults.child FOLDER API_URL DATABASE TICK``.

In the folder ``more.json`` holds more settings, ``offset`` moves its clock, and ``disk`` says what
its embedded database meets from now on: ``full`` or ``read-only``.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bot.config import Settings
from bot.wiring import House, build
from bot.wiring.bot import running
from tests.double import APP_TOKEN, BOT_TOKEN
from tests.faults.nights import QUICK, stepped

#: What SQLite is told: a file that may not grow, or not be written.
_DISKS = {
    "": ("max_page_count = 4294967294", "query_only = 0"),
    "full": ("max_page_count = 1", "query_only = 0"),
    "read-only": ("max_page_count = 4294967294", "query_only = 1"),
}


def ail(house: House, folder: Path) -> None:
    """Let the embedded database meet what the file ``disk`` says, from one use to the next."""
    file = folder / "disk"

    def strike(connection: Any, _record: object, _proxy: object) -> None:
        try:
            ill = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            ill = ""
        for pragma in _DISKS[ill]:
            connection.execute(f"PRAGMA {pragma}").close()

    if not house.store.shared:
        event.listen(house.store.engine, "checkout", strike)


async def serve(folder: Path, settings: Settings, tick: float) -> None:
    """Serve until killed or asked to stop, after one line: the sockets are connected."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    house = build(settings, stepped(folder))
    ail(house, folder)
    async with running(house, QUICK, tick):
        print("ready", flush=True)
        await stop.wait()
    house.store.close()


def main() -> None:
    """Read what is given, and serve."""
    folder = Path(sys.argv[1])
    more = folder / "more.json"
    settings = Settings(
        slack_bot_token=BOT_TOKEN,
        slack_app_token=APP_TOKEN,
        slack_api_url=sys.argv[2],
        database_url=sys.argv[3],
        tocsin_data_dir=folder / "data",
        tocsin_playbooks_dir=folder / "playbooks",
        tocsin_knowledge_dir=folder / "knowledge",
        _env_file=None,  # type: ignore[call-arg]
        **(json.loads(more.read_text(encoding="utf-8")) if more.exists() else {}),
    )
    asyncio.run(serve(folder, settings, float(sys.argv[4])))


if __name__ == "__main__":
    main()
