"""Run the double as a process: `python -m tests.double --port 0` prints where it listens."""

import argparse
import asyncio
import json

from tests.double.control import ControlledDouble
from tests.double.server import APP_TOKEN, BOT_TOKEN


async def serve(port: int, limits: bool) -> None:
    """Serve until interrupted, after one line of JSON with the address and the tokens."""
    double = await ControlledDouble(limits=limits).start(port)
    address = {"base": double.base, "api_url": double.api_url}
    print(json.dumps(address | {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN}), flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await double.stop()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--limits", action="store_true", help="hold the bot to Slack's rate limits")
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.limits))


if __name__ == "__main__":
    main()
