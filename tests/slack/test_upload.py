"""Files go out from the disk: never whole in memory, and told truly when Slack refuses them."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.gateway import Gateway, Rejected, Tempo, Unsure
from tests.double import Double
from tests.double.world import BOT_USER

MIB = 1024 * 1024
HASTY = Tempo(lanes={}, other=(0.0, 50), backoff=(0.0, 0.0))


@asynccontextmanager
async def gateway(double: Double) -> AsyncIterator[Gateway]:
    """A gateway to the strict double."""
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(double.bot_token, base_url=double.api_url, session=session)
        yield Gateway(client, HASTY)


def general(double: Double) -> str:
    """A channel that the bot is in."""
    channel = double.world.channel("general")
    channel.members.append(BOT_USER)
    return channel.id


async def test_a_file_arrives_byte_for_byte(tmp_path: Path) -> None:
    """Its content, name and comment, in the channel."""
    path = tmp_path / "lot.zip"
    path.write_bytes(bytes(range(256)) * 1000)

    async with Double() as double, gateway(double) as door:
        await door.upload(general(double), "lot.zip", path, "Voici.")
        (stored,) = double.world.files.values()

    assert stored["content"] == path.read_bytes()
    assert (stored["file"]["name"], stored["file"]["title"]) == ("lot.zip", "lot.zip")
    calls = [call.method for call in double.calls if call.method.startswith("files.")]
    assert calls == ["files.getUploadURLExternal", "files.completeUploadExternal"]


class Drain:
    """An address that takes what it is given without keeping it."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.total = sha256()
        self.read = 0
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        """Read to the end, or answer at once when told to refuse."""
        async for chunk in request.content.iter_chunked(64 * 1024):
            self.total.update(chunk)
            self.read += len(chunk)
        return web.Response(status=self.status)

    async def hang(self, request: web.Request) -> web.Response:
        """Cut the line in the middle."""
        assert request.transport is not None
        request.transport.close()
        return web.Response()


@asynccontextmanager
async def draining(drain: Drain) -> AsyncIterator[str]:
    """Its address."""
    app = web.Application()
    app.router.add_post("/take", drain.take)
    app.router.add_post("/hang", drain.hang)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_a_large_file_is_never_whole_in_memory(tmp_path: Path) -> None:
    """Forty times larger, the same memory."""
    drain, peaks = Drain(), []
    async with Double() as double, gateway(double) as door, draining(drain) as address:
        for size in (MIB, 40 * MIB):
            path = tmp_path / str(size)
            with path.open("wb") as file:
                file.truncate(size)
            tracemalloc.start()
            with path.open("rb") as file:
                await door._send(f"{address}/take", file, size)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

    assert drain.read == 41 * MIB
    assert peaks[1] < peaks[0] + 4 * MIB


@pytest.mark.parametrize(("place", "error"), [("take", Rejected), ("hang", Unsure)])
async def test_what_slack_does_not_take_is_told(
    place: str, error: type[Exception], tmp_path: Path
) -> None:
    """A refusal and a broken line are not the same, and neither is silence."""
    path = tmp_path / "lot.zip"
    path.write_bytes(b"x" * 1000)
    drain = Drain()
    drain.status = 413
    async with Double() as double, gateway(double) as door, draining(drain) as address:
        with path.open("rb") as file, pytest.raises(error):
            await asyncio.wait_for(door._send(f"{address}/{place}", file, 1000), 10)
