"""How the bot stands, for who watches it: three pages over HTTP, on this machine alone.

- ``/health``: the process answers and its journal is being written (200), else 503;
- ``/ready``: the database and Slack can be reached too; each part with its state;
- ``/metrics``: figures in the text format of Prometheus, which needs no library.

Nothing here names a person, a text or a secret.  Crises appear by number.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.board import board
from bot.core.crisis import Crisis
from bot.errors import TocsinError
from bot.service import Service

if TYPE_CHECKING:
    from aiohttp import web

HOST: Final = "127.0.0.1"
#: Seconds that the database is given to answer.
_PATIENCE: Final = 3.0
_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_OK, _AWAY = 200, 503


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


class Health:
    """Serve the pages inside a block."""

    def __init__(self, vitals: Vitals, port: int) -> None:
        """Listen on this port of 127.0.0.1; 0 takes a free one."""
        self._vitals = vitals
        self._wanted = port
        self.port = 0
        """The port that is listened on, once it is."""
        self._runner: web.AppRunner | None = None

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
        reading = asyncio.ensure_future(asyncio.to_thread(self._vitals.service.crises))
        done, _ = await asyncio.wait({reading}, timeout=_PATIENCE)
        if not done or isinstance(reading.exception(), TocsinError):
            return None
        return reading.result()

    async def _metrics(self, _: "web.Request") -> "web.Response":
        from aiohttp import web

        loop = asyncio.get_running_loop()
        began = loop.time()
        crises = await self._database()
        took = loop.time() - began
        sockets = await self._vitals.sockets()
        lines = [
            *_gauge("ready", "La cellule est servie.", {"": all((await self._parts()).values())}),
            *_gauge("slack_sockets", "Connexions Socket Mode ouvertes.", {"": sockets}),
            *_gauge("library_ready", "Les questions ont une réponse.", {"": self._library()}),
            *_gauge("database_seconds", "Durée d'une lecture de la base.", {"": round(took, 4)}),
            *_records(self._vitals.counts()),
        ]
        if crises is not None:
            told = await asyncio.to_thread(self._vitals.told)
            lines += await asyncio.to_thread(_of_crises, crises, told, self._vitals.service)
        return web.Response(text="\n".join(lines) + "\n", headers={"Content-Type": _TYPE})

    def _library(self) -> bool:
        return self._vitals.library()


def _answer(parts: Mapping[str, bool]) -> "web.Response":
    """Each part, and 503 when one is missing."""
    from aiohttp import web

    status = _OK if all(parts.values()) else _AWAY
    return web.json_response({"ok": status == _OK, **parts}, status=status)


def _records(counts: Mapping[str, int]) -> Iterator[str]:
    levels = {f'level="{level}"': counts.get(level, 0) for level in ("WARNING", "ERROR")}
    yield from _gauge("log_records_total", "Lignes du journal technique.", levels, "counter")


def _of_crises(
    crises: Iterable[Crisis], told: Mapping[str, int], service: Service
) -> Iterable[str]:
    """What the open crises count: duties by state, late steps, what the channel does not know."""
    kinds: Counter[str] = Counter({'kind="crisis"': 0, 'kind="exercise"': 0})
    duties: dict[str, float] = {}
    steps: dict[str, float] = {}
    entries: dict[str, float] = {}
    untold: dict[str, float] = {}
    for crisis in (one for one in crises if one.is_open):
        shown = board(crisis, service.now())
        name = f'crisis="{crisis.id}"'
        kinds['kind="exercise"' if crisis.exercise else 'kind="crisis"'] += 1
        states = Counter(one.state for one in shown.deadlines)
        duties |= {
            f'{name},state="{state}"': states[state] for state in ("running", "soon", "late")
        }
        steps[name] = len(shown.late)
        entries[name] = crisis.seq
        untold[name] = crisis.seq - told.get(crisis.id, 0)
    return [
        *_gauge("open", "Crises et exercices ouverts.", kinds),
        *_gauge("duties", "Obligations qui courent, par état.", duties),
        *_gauge("late_steps", "Étapes au-delà de leur objectif.", steps),
        *_gauge("entries", "Lignes de la main courante.", entries),
        *_gauge("untold_entries", "Lignes que le canal ne montre pas encore.", untold),
    ]


def _gauge(
    name: str, purpose: str, values: Mapping[str, float], kind: str = "gauge"
) -> Iterator[str]:
    """One metric in the text format of Prometheus; a key is its labels as they are written."""
    yield f"# HELP tocsin_{name} {purpose}"
    yield f"# TYPE tocsin_{name} {kind}"
    for labels, value in values.items():
        shown = f"{{{labels}}}" if labels else ""
        yield f"tocsin_{name}{shown} {float(value):g}"
