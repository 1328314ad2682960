"""How the bot stands, for who watches it: three pages over HTTP, on this machine alone.

- ``/health``: the process answers and its journal is being written (200), else 503;
- ``/ready``: the database and Slack can be reached too; each part with its state;
- ``/metrics``: figures in the text format of Prometheus, which needs no library.

Nothing here names a person, a text or a secret.  Crises appear by number.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from bot.core.crisis import Crisis
from bot.errors import TocsinError
from bot.meters import METERS, Meters
from bot.metrics import TYPE, gauge, of_crises, of_process
from bot.service import Service

if TYPE_CHECKING:
    from aiohttp import web

HOST: Final = "127.0.0.1"
#: Seconds that the database is given to answer.
_PATIENCE: Final = 3.0
_OK, _AWAY = 200, 503

_T = TypeVar("_T")


class _Patient:
    """One reading at a time, waited for so long and no longer.

    A database that is silent keeps one thread waiting, however often we are asked.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[str, asyncio.Future[object]] = {}

    async def ask(self, name: str, read: Callable[[], _T]) -> _T | None:
        """What this reads, from a thread; ``None`` when it fails or does not come in time."""
        reading = self._running.get(name)
        if reading is None or reading.done():
            reading = self._running[name] = asyncio.ensure_future(asyncio.to_thread(read))
        done, _ = await asyncio.wait({reading}, timeout=self._seconds)
        if not done or isinstance(reading.exception(), TocsinError):
            return None
        return reading.result()  # type: ignore[return-value]  # of this name, by this reader


@dataclass(frozen=True, slots=True)
class Vitals:
    """Whom to ask: each callable is cheap, and none raises."""

    service: Service
    sockets: Callable[[], Awaitable[int]]
    """How many connections to Slack are open."""
    library: Callable[[], bool]
    """Whether questions are answered."""
    told: Callable[[], Mapping[str, int]]
    """Crisis -> entry up to which its channel was told; may block."""
    counts: Callable[[], Mapping[str, int]]
    """Level -> records of the technical log since the start."""
    meters: Meters = field(default_factory=lambda: METERS)
    """What this process counts of itself."""
    patience: float = _PATIENCE
    """Seconds that the database is given to answer."""


class Health:
    """Serve the pages inside a block."""

    def __init__(self, vitals: Vitals, port: int) -> None:
        """Listen on this port of 127.0.0.1; 0 takes a free one."""
        self._vitals = vitals
        self._wanted = port
        self.port = 0
        """The port that is listened on, once it is."""
        self._runner: web.AppRunner | None = None
        self._patient = _Patient(vitals.patience)

    async def start(self) -> None:
        """Begin to listen; ``OSError`` when the port is taken."""
        from aiohttp import web

        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_get("/ready", self._ready)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._wanted).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _health(self, _: "web.Request") -> "web.Response":
        return _answer({"journal": self._vitals.service.writing})

    async def _ready(self, _: "web.Request") -> "web.Response":
        return _answer(await self._parts())

    async def _parts(self) -> dict[str, bool]:
        """Each part without which the cell is not served."""
        return {
            "journal": self._vitals.service.writing,
            "database": await self._database() is not None,
            "slack": await self._vitals.sockets() > 0,
        }

    async def _database(self) -> list[Crisis] | None:
        """Every crisis, read from the database; ``None`` when it does not answer."""
        return await self._patient.ask("crises", self._vitals.service.crises)

    async def _metrics(self, _: "web.Request") -> "web.Response":
        from aiohttp import web

        loop = asyncio.get_running_loop()
        began = loop.time()
        crises = await self._database()
        took = loop.time() - began
        sockets = await self._vitals.sockets()
        ready = self._vitals.service.writing and crises is not None and sockets > 0
        lines = [
            *gauge("ready", "La cellule est servie.", {"": ready}),
            *gauge("slack_sockets", "Connexions Socket Mode ouvertes.", {"": sockets}),
            *gauge("library_ready", "Les questions ont une réponse.", {"": self._vitals.library()}),
            *gauge("database_seconds", "Durée d'une lecture de la base.", {"": round(took, 4)}),
            *gauge(
                "broken_journals",
                "Mains courantes qui ne se lisent plus.",
                {"": len(self._vitals.service.broken)},
            ),
            *of_process(self._vitals.meters, self._vitals.counts()),
        ]
        if crises is not None:
            lines += await self._patient.ask("figures", lambda: self._figures(crises)) or []
        return web.Response(text="\n".join(lines) + "\n", headers={"Content-Type": TYPE})

    def _figures(self, crises: Iterable[Crisis]) -> list[str]:
        """What the crises count; blocks, for a thread."""
        told, service = self._vitals.told(), self._vitals.service
        every, now = list(crises), service.now()
        lags: dict[str, float] = {}
        for crisis in every:
            seen = told.get(crisis.id, 0)
            if crisis.is_open and seen < crisis.seq:
                first = next((stamp.recorded for _, stamp in service.facts(crisis.id, seen)), now)
                lags[crisis.id] = max((now - first).total_seconds(), 0.0)
        return list(of_crises(every, told, lags, now))


def _answer(parts: Mapping[str, bool]) -> "web.Response":
    """Each part, and 503 when one is missing."""
    from aiohttp import web

    status = _OK if all(parts.values()) else _AWAY
    return web.json_response({"ok": status == _OK, **parts}, status=status)
