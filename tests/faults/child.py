"""The bot as a process, to be killed: ``python -m tests.faults.child FOLDER API_URL DATABASE``."""

import asyncio
import sys
from pathlib import Path

from bot.config import Settings
from bot.wiring import build
from bot.wiring.bot import running
from tests.double import APP_TOKEN, BOT_TOKEN
from tests.faults.campaign import stepped
from tests.faults.nights import QUICK


async def serve(folder: Path, settings: Settings) -> None:
    """Serve until killed, after one line that says that the sockets are connected."""
    async with running(build(settings, stepped(folder)), QUICK):
        print("ready", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Read what is given, and serve."""
    folder = Path(sys.argv[1])
    settings = Settings(
        slack_bot_token=BOT_TOKEN,
        slack_app_token=APP_TOKEN,
        slack_api_url=sys.argv[2],
        database_url=sys.argv[3],
        tocsin_data_dir=folder / "data",
        tocsin_playbooks_dir=folder / "playbooks",
        tocsin_knowledge_dir=folder / "knowledge",
        _env_file=None,  # type: ignore[call-arg]
    )
    asyncio.run(serve(folder, settings))


if __name__ == "__main__":
    main()
