"""The bot as a process, to be killed: ``python -m tests.faults.child FOLDER API_URL``."""

import asyncio
import sys
from pathlib import Path

from bot.config import Settings
from bot.wiring.bot import serve
from tests.double import APP_TOKEN, BOT_TOKEN
from tests.faults.nights import QUICK


def main() -> None:
    """Serve until killed, after one line that says that the sockets are connected."""
    folder = Path(sys.argv[1])
    settings = Settings(
        slack_bot_token=BOT_TOKEN,
        slack_app_token=APP_TOKEN,
        slack_api_url=sys.argv[2],
        tocsin_data_dir=folder / "data",
        tocsin_playbooks_dir=folder / "playbooks",
        tocsin_knowledge_dir=folder / "knowledge",
        _env_file=None,  # type: ignore[call-arg]
    )
    asyncio.run(serve(settings, lambda: print("ready", flush=True), QUICK))


if __name__ == "__main__":
    main()
