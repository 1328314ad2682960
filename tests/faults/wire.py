"""A TCP path to Slack that can be refused, silent or dead while open: a relay between the two.

It carries bytes and knows nothing of them.  ``dead`` kills the connections that are open: they stay
open at both ends, nothing passes any more and nobody is told (a firewall that forgot them).
``silent`` keeps every connection, new ones too, from carrying anything, for a time.  ``refusing``
refuses new connections and resets those that are open.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.double import Double

_BLOCK = 64 * 1024


@dataclass(eq=False)
class _Pair:
    """One connection of the bot and the one that continues it."""

    writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    flowing: asyncio.Event = field(default_factory=asyncio.Event)


class Wire:
    """The relay; every method returns at once."""

    def __init__(self, port: int) -> None:
        """Continue to this port of 127.0.0.1."""
        self._to = port
        self._own = 0
        self._server: asyncio.Server | None = None
        self._pairs: set[_Pair] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._own}"

    async def accept(self) -> None:
        """Take connections, on the same port each time."""
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._own)
            self._own = self._server.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Take no more connections, and reset those that are open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """Reset every connection."""
        for pair in self._pairs:
            pair.flowing.set()
            for writer in pair.writers:
                writer.transport.abort()

    def dead(self) -> int:
        """Let nothing more pass on the connections that are open now; how many there are."""
        for pair in self._pairs:
            pair.flowing.clear()
        return len(self._pairs)

    def bury(self) -> None:
        """Reset the dead connections, as the far end does once it has noticed by itself."""
        for pair in self._pairs:
            if not pair.flowing.is_set():
                for writer in pair.writers:
                    writer.transport.abort()
                pair.flowing.set()

    def silence(self) -> None:
        """Let nothing pass, on new connections either."""
        self._open.clear()

    def speak(self) -> None:
        """Let everything pass again but what is dead."""
        self._open.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            beyond, out = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
        pair = _Pair((writer, out))
        pair.flowing.set()
        for one in pair.writers:
            one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pairs.add(pair)
        try:
            await asyncio.gather(
                self._one_way(pair, reader, out), self._one_way(pair, beyond, writer)
            )
        finally:
            self._pairs.discard(pair)

    async def _one_way(
        self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Carry bytes until one end is gone; the other end then is too."""
        with contextlib.suppress(ConnectionError):
            while block := await reader.read(_BLOCK):
                await self._open.wait()
                await pair.flowing.wait()
                writer.write(block)
                await writer.drain()
        await self._open.wait()
        await pair.flowing.wait()
        writer.close()

    async def close(self) -> None:
        """Let go of everything."""
        self.speak()
        self.refuse()
        await asyncio.gather(*self._carrying, return_exceptions=True)


@contextlib.asynccontextmanager
async def wired(double: Double) -> AsyncIterator[Wire]:
    """Put a wire before the double: inside the block all addresses that it gives go over it."""
    direct = double.base
    wire = Wire(urlsplit(direct).port or 0)
    await wire.accept()
    double.base = wire.base
    double.answers.context = double.context()
    try:
        yield wire
    finally:
        double.base = direct
        double.answers.context = double.context()
        await wire.close()
