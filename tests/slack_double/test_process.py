"""The double also runs as a process of its own, driven over HTTP."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

ROOT = Path(__file__).parents[2]


async def test_another_process_serves_and_is_driven() -> None:
    """It says where it listens, serves the Web API, and does what people do on demand."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.double",
        "--port",
        "0",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        where: dict[str, Any] = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        client = AsyncWebClient(token=where["bot_token"], base_url=where["api_url"])
        assert (await client.auth_test())["user_id"] == "U0TOCSIN"
        async with aiohttp.ClientSession(where["base"]) as session:
            said = {"user": "alice", "channel": "general", "text": "Les écrans sont noirs"}
            async with session.post("/_control/message", json=said) as answer:
                assert (await answer.json())["ok"]
            async with session.post("/_control/message", json=said | {"user": "x"}) as answer:
                assert answer.status == 400
            async with session.get("/_control/state") as answer:
                state = await answer.json()
        (general,) = [c for c in state["channels"] if c["name"] == "general"]
        assert [m["text"] for m in general["messages"]] == ["Les écrans sont noirs"]
    finally:
        process.terminate()
        await process.wait()
