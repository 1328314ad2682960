"""PostgreSQL frozen: it neither answers nor fails.  Everybody is told, and nothing comes twice."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
import pytest

from bot import service as road
from bot.core.notes import TakeDecision
from bot.core.opening import OpenCrisis
from bot.errors import StoreUnavailable
from bot.journal.silence import Patient
from bot.journal.store import Store, Unsettled
from bot.service import Ask, Service
from bot.wiring import House, build
from bot.wiring.bot import running
from tests.core.plans import PLAN
from tests.double import Delivery, Double
from tests.double.blocks import inner
from tests.faults.guard import loop_kept_free
from tests.faults.nights import (
    QUICK,
    declared,
    few_pages,
    settings,
    slack,
    verified,
    whole,
)
from tests.journal.conftest import opened
from tests.journal.postgresql import restart
from tests.service.numbers import FIRST
from tests.service.offices import CLAIRE, START
from tests.slack.test_health import free_port, page

__all__ = ["opened"]

PATIENCE = 90.0
RECORDED = "ligne"
#: What every sentence on a journal that cannot be written asks for.
PAPER = "papier"


@contextmanager
def frozen(host: str) -> Iterator[None]:
    """Inside the block every process of this server stands still; its connections stay open."""
    main = int((Path(host) / "data" / "postmaster.pid").read_text().split()[0])
    stopped: list[int] = []
    try:
        for pid in (main, *_children(main)):
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)
        yield
    finally:
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)


def _children(parent: int) -> Iterator[int]:
    """The processes that this one started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue  # it ended meanwhile
        if int(stat.rpartition(")")[2].split()[1]) == parent:
            yield int(folder.name)


@asynccontextmanager
async def crisis(folder: Path, url: str, port: int) -> AsyncIterator[tuple[Double, House, str]]:
    """A night on a server with one crisis, whole, and its channel; the loop stays free."""
    async with slack() as double, AsyncExitStack() as stack:
        made = settings(double, few_pages(folder), url)
        house = build(made.model_copy(update={"tocsin_health_port": port}))
        stack.callback(house.store.close)
        stack.enter_context(loop_kept_free(house.store.engine))
        await stack.enter_async_context(running(house, QUICK))
        await double.connected(2)
        await declared(double)
        await whole(double, house)
        yield double, house, (await asyncio.to_thread(house.service.crises))[0].channel


def heard(double: Double, delivery: Delivery, person: str) -> str:
    """What this person was told since, in the answer, in the channel or in private."""
    private = double.world.conversation([double.world.user(person).id])
    later = [one.text for one in double.ephemerals(person)]
    letters = [one.text for one in double.posts(private.id)]
    return " ".join([str(delivery.response or ""), *later, *letters])


async def told(double: Double, delivery: Delivery, person: str, *words: str) -> None:
    """Wait until this person was told one of these words."""
    await double.wait(
        lambda one: any(word in heard(one, delivery, person) for word in words), PATIENCE
    )


def texts(house: House) -> Counter[str]:
    """How often each text stands in the journals."""
    return Counter(
        str((one.body_data or {}).get(name))
        for row in house.store.crises()
        for one in house.store.read(row.crisis)
        for name in ("text", "title", "question")
    )


async def test_a_frozen_server_stops_nobody_and_loses_nothing(
    tmp_path: Path,
    postgresql_server: str,
    postgresql_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A declaration, a step, a decision, a question, a Home while it is silent; then it wakes."""
    port = free_port()
    async with crisis(tmp_path, f"{postgresql_url}&connect_timeout=3", port) as (
        double,
        house,
        channel,
    ):
        await double.command("claire", "general", "/crise", "déclarer")
        await double.wait(lambda one: one.view("claire") is not None)
        with frozen(postgresql_server), monkeypatch.context() as sooner:
            sooner.setattr(Patient, "patience", 2.0)  # the silence lasts longer than that
            said = await acted(double, channel)
            await watched(double, port)
        # What was said is kept by Slack, and comes again; what was refused is not there.
        await asyncio.to_thread(_answers, house)
        again = await double.command("hugo", channel, "/crise", "décision De hugo")
        await told(double, again, "hugo", RECORDED)
        await double.wait(lambda _: said in house.service.known()[0].messages.values(), PATIENCE)
        await whole(double, house)
        found = await asyncio.to_thread(texts, house)
        assert [found[one] for one in ("De hugo", said, "Seconde")] == [1, 1, 0]
        assert len(house.service.known()) == 1
        await asyncio.to_thread(verified, house.store)
        assert (await page(port, "ready"))[0] == 200


async def acted(double: Double, channel: str) -> str:
    """People act on a silent server: each is acknowledged, then told; what one says is returned."""
    form = {"title": "Seconde", "when": "maintenant", "book": "rancongiciel"}
    ts, take = next(_buttons(double, channel))
    people = ("claire", "hugo", "eva", "sami")
    sent = await asyncio.gather(
        double.submit("claire", form),
        double.command("hugo", channel, "/crise", "décision De hugo"),
        double.click("eva", channel, ts, take),
        double.mention("sami", channel, "faut-il éteindre les postes ?"),
        double.open_home("nadia"),
    )
    assert all(one.acked for one in sent)
    assert "Pas encore enregistré" in str(sent[1].response)
    for person, delivery in zip(people, sent, strict=False):
        await told(double, delivery, person, PAPER)
    double.socket.ack_deadline = 3.0
    said = await double.message("paul", channel, "Dit pendant le gel")
    double.socket.ack_deadline = 20.0
    assert not said.acked
    return "Dit pendant le gel"


def _buttons(double: Double, channel: str) -> Iterator[tuple[str, str]]:
    """The messages of a channel with a button by which one takes a step, and that button."""
    shown = [(one.ts, block) for one in double.posts(channel) for block in one.blocks]
    for ts, block in shown:
        for element in inner(block):
            if str(element.get("action_id", "")).startswith("say:take"):
                yield ts, element["action_id"]


async def watched(double: Double, port: int) -> None:
    """The Home and the pages for who watches answer all the same, and say what is the matter."""
    assert (await double.open_home("nadia")).acked
    home = str(double.views.homes["U05NADIA"].content)
    assert "Écrans de rançon" in home
    assert "ne répond pas" in home
    assert await page(port, "health") == (200, '{"ok": true, "journal": true}')
    status, parts = await page(port, "ready")
    assert (status, '"database": false' in parts) == (503, True)


def _answers(house: House) -> None:
    """Wait until the server is heard again."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            house.service.crises()
        except StoreUnavailable:
            assert time.monotonic() < until
        else:
            return


async def test_a_server_that_falls_and_rises_amid_a_night(
    tmp_path: Path, postgresql_server: str, postgresql_url: str
) -> None:
    """Cut off as by a power cut while people write: told or kept, never both, never twice."""
    async with crisis(tmp_path, postgresql_url, 0) as (double, house, channel):
        sent: dict[str, Delivery] = {}

        async def writes(person: str) -> None:
            for number in range(12):
                line = f"{person} {number}"
                sent[line] = await double.command(person, channel, "/crise", f"décision {line}")
                await asyncio.sleep(0.05)

        people = ("hugo", "eva", "nadia", "sami")
        writing = asyncio.gather(*(writes(one) for one in people))
        await double.wait(lambda _: len(sent) >= len(people), PATIENCE)
        await asyncio.to_thread(restart, postgresql_server)
        await writing
        await asyncio.to_thread(_answers, house)
        for line, delivery in sent.items():
            await told(double, delivery, line.split()[0], RECORDED, PAPER)
        await whole(double, house)
        found = await asyncio.to_thread(texts, house)
        for line, delivery in sent.items():
            answer = str(delivery.response)
            assert delivery.acked
            assert found[line] <= 1
            if RECORDED in answer:
                assert found[line] == 1, answer
            elif PAPER in answer and "peut-être" not in answer:
                assert found[line] == 0, answer
        again = await double.command("hugo", channel, "/crise", "décision Reprise")
        assert RECORDED in str(again.response)
        await asyncio.to_thread(verified, house.store)


# -- a commit whose end was not seen ------------------------------------------------------------

_HELD = """
CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION held();
SELECT pg_advisory_lock(77);
"""
_WAITING = (
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
    "AND datname = current_database() ORDER BY backend_start"
)


class Gate:
    """A real server on which each commit waits until it is let through."""

    def __init__(self, url: str) -> None:
        """Every commit waits from now on."""
        self._other = psycopg.connect(url, autocommit=True)
        self._other.execute(_HELD)

    def waiting(self, count: int) -> list[int]:
        """The connections that wait, the oldest first, once there are so many; blocks."""
        until = time.monotonic() + PATIENCE
        while len(found := [row[0] for row in self._other.execute(_WAITING)]) < count:
            assert time.monotonic() < until
            time.sleep(0.05)
        return found

    def let_through(self) -> None:
        """From now on nothing waits."""
        self._other.execute("SELECT pg_advisory_unlock(77)")

    def cut(self, pid: int) -> None:
        """End this connection."""
        self._other.execute("SELECT pg_terminate_backend(%s)", (pid,))

    def close(self) -> None:
        """Let everything through and leave."""
        self._other.close()


@asynccontextmanager
async def gated(store: Store, url: str) -> AsyncIterator[tuple[Service, Ask, Gate]]:
    """A service whose next commit waits at the gate, and what is asked of it."""
    service = Service(store, lambda: START, lambda: os.urandom(32))
    service.start()
    done = await service.handle(Ask("", CLAIRE, OpenCrisis("Écrans noirs", PLAN, START)))
    gate = Gate(url)
    try:
        yield service, Ask(done.crisis.id, CLAIRE, TakeDecision("Coupez"), "d1"), gate
    finally:
        gate.close()
        await service.stop()


def kept(store: Store) -> int:
    """How often the decision stands in the journal."""
    data = [one.body_data or {} for one in store.read(FIRST)]
    return [one.get("text") for one in data].count("Coupez")


async def test_a_commit_that_was_done_unseen_is_told_as_done(
    postgresql_url: str, opened: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """We gave the server up while it committed: it is asked, and who acted is told the truth."""
    store = opened(postgresql_url)
    async with gated(store, postgresql_url) as (service, ask, gate):
        monkeypatch.setattr(Patient, "patience", 2.0)

        def wakes() -> None:
            gate.waiting(2)  # the commit that was given up, and whoever asks what became of it
            gate.let_through()

        done, _ = await asyncio.gather(service.handle(ask), asyncio.to_thread(wakes))
        monkeypatch.undo()
        assert done.facts[0][1].seq == done.crisis.seq == service.crisis(ask.crisis).seq
        assert await asyncio.to_thread(kept, store) == 1


async def test_a_commit_that_was_lost_is_done_again(
    postgresql_url: str, opened: Callable[[str], Store]
) -> None:
    """The server ends our connection in the middle of the commit: it was not kept, then it is."""
    store = opened(postgresql_url)
    async with gated(store, postgresql_url) as (service, ask, gate):

        def cuts() -> None:
            gate.cut(gate.waiting(1)[0])
            gate.let_through()

        done, _ = await asyncio.gather(service.handle(ask), asyncio.to_thread(cuts))
        assert done.facts
        assert await asyncio.to_thread(kept, store) == 1


async def test_a_commit_that_nobody_can_settle_is_told_as_such(
    postgresql_url: str, opened: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Still silent after every look: « peut-être enregistrée », and it counts once afterwards."""
    store = opened(postgresql_url)
    async with gated(store, postgresql_url) as (service, ask, gate):
        monkeypatch.setattr(Patient, "patience", 2.0)
        monkeypatch.setattr(road, "SETTLING", (0.0,))
        with pytest.raises(Unsettled, match="peut-être enregistrée"):
            await service.handle(ask)
        monkeypatch.undo()
        gate.let_through()
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(kept, store):  # noqa: ASYNC110 - the server's end
                await asyncio.sleep(0.1)
        assert (await service.handle(ask)).repeated
        assert await asyncio.to_thread(kept, store) == 1
