"""Several services on one PostgreSQL: each decides on what is true, hears the rest, takes turns."""

import asyncio
import itertools
import os
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.core.crisis import Crisis
from bot.core.notes import TakeDecision
from bot.core.opening import OpenChannel, OpenCrisis
from bot.core.steps import TakeStep
from bot.errors import Refused
from bot.journal.news import News
from bot.journal.store import Store
from bot.journal.verify import verify_lines
from bot.leases import ACTING, Leases, NotHeld
from bot.service import Ask, Service
from tests.core.plans import PLAN
from tests.journal.chains import exported
from tests.journal.conftest import opened, postgresql_server, postgresql_url
from tests.service.offices import BRUNO, CLAIRE, START

__all__ = ["opened", "postgresql_server", "postgresql_url"]

PATIENCE = 30.0


@pytest.fixture
def store(postgresql_url: str, opened: Callable[[str], Store]) -> Store:
    """A new journal on the server."""
    return opened(postgresql_url)


@asynccontextmanager
async def services(store: Store, count: int) -> AsyncIterator[list[Service]]:
    """So many services on this journal, each as if it were in a process of its own."""
    made = [Service(store, lambda: START, lambda: os.urandom(32)) for _ in range(count)]
    async with AsyncExitStack() as stack:
        for one in made:
            one.start()
            stack.push_async_callback(one.stop)
        yield made


async def opens(service: Service, title: str = "Écrans noirs") -> Crisis:
    """Open a crisis on the small plan."""
    done = await service.handle(Ask("", CLAIRE, OpenCrisis(title, PLAN, START)))
    return done.crisis


async def until(ready: Callable[[], object]) -> None:
    """Wait until this is true."""
    async with asyncio.timeout(PATIENCE):
        while not ready():  # noqa: ASYNC110 - what is waited for happens in other threads
            await asyncio.sleep(0.02)


async def test_what_one_records_binds_the_other_at_once(store: Store) -> None:
    """A step that was taken elsewhere a moment ago is refused here; its channel is known here."""
    async with services(store, 2) as (here, there):
        crisis = await opens(there)
        assert here.crisis(crisis.id).opened is not None
        await there.handle(Ask(crisis.id, CLAIRE, OpenChannel("C1", "crise-1")))
        found = here.by_channel("C1")
        assert found is not None
        assert found.id == crisis.id

        step = PLAN.playbook.phases[0].steps[0].id
        await there.handle(Ask(crisis.id, CLAIRE, TakeStep(step)))
        with pytest.raises(Refused, match="Claire"):
            await here.handle(Ask(crisis.id, BRUNO, TakeStep(step)))


async def test_many_who_write_at_once_all_have_their_turn(store: Store) -> None:
    """Six services write forty lines each in one crisis: none is told to try again."""
    async with services(store, 6) as all_of_them:
        crisis = await opens(all_of_them[0])

        async def write(number: int, service: Service) -> None:
            for line in range(40):
                text = f"{number}/{line}"
                await service.handle(Ask(crisis.id, CLAIRE, TakeDecision(text), f"d{text}"))

        await asyncio.gather(*(write(*one) for one in enumerate(all_of_them)))
        entries = list(store.read(crisis.id))
        assert verify_lines(exported(entries)).ok
        texts = Counter((one.body_data or {}).get("text") for one in entries)
        assert {texts[f"{one}/{line}"] for one in range(6) for line in range(40)} == {1}


async def test_crises_opened_at_once_have_numbers_of_their_own(store: Store) -> None:
    """Two services that open crises at the same time never give one number twice."""
    async with services(store, 3) as all_of_them:
        made = await asyncio.gather(*(opens(one) for one in all_of_them for _ in range(4)))
        assert sorted(one.id for one in made) == [f"2026-{n:04d}" for n in range(1, 13)]


async def test_a_delivery_counts_once_wherever_it_lands(store: Store) -> None:
    """The same click on two services is one line, and the second is told that it was done."""
    async with services(store, 2) as (here, there):
        crisis = await opens(there)
        asks = [Ask(crisis.id, CLAIRE, TakeDecision("Couper"), "same")] * 2
        done = await asyncio.gather(here.handle(asks[0]), there.handle(asks[1]))
        assert sorted(one.repeated for one in done) == [False, True]


async def test_news_of_others_are_heard_even_after_the_connection_was_cut(
    store: Store, postgresql_url: str, opened: Callable[[str], Store]
) -> None:
    """What another process writes wakes the listeners here; a cut connection is made again.

    What somebody else says on the same channel is not ours, and harms nothing.
    """
    other = opened(postgresql_url)
    async with services(store, 1) as (here,), services(other, 1) as (there,):
        woken: list[str] = []
        loop = asyncio.get_running_loop()

        def heard(crisis: str, seq: int) -> None:
            here.catch_up(crisis, seq)
            if crisis not in woken:
                loop.call_soon_threadsafe(woken.append, crisis)

        news = News(store, heard, pace=0.1)
        news.start()
        try:
            crisis = await opens(there)
            await until(lambda: woken == [crisis.id])
            with other.engine.connect() as connection:
                connection.exec_driver_sql("NOTIFY tocsin, 'bonjour à tous'")
                connection.commit()
            await there.handle(Ask(crisis.id, CLAIRE, TakeDecision("Écouter")))
            await until(lambda: here.crisis(crisis.id).seq == crisis.seq + 1)
            with other.engine.connect() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            await there.handle(Ask(crisis.id, CLAIRE, TakeDecision("Couper")))
            await until(lambda: here.crisis(crisis.id).seq == crisis.seq + 2)
        finally:
            await asyncio.to_thread(news.stop)


async def test_a_file_tells_its_news_too(sqlite_store: Store) -> None:
    """What a command in a terminal writes is heard by the bot that has the file open."""
    heard: dict[str, int] = {}
    news = News(sqlite_store, heard.__setitem__, pace=0.05)
    news.start()
    other = Store(sqlite_store.engine.url.render_as_string())
    try:
        async with services(other, 1) as (there,):
            crisis = await opens(there)
            await until(lambda: heard == {crisis.id: crisis.seq})
            await there.handle(Ask(crisis.id, CLAIRE, TakeDecision("Couper")))
            await until(lambda: heard == {crisis.id: crisis.seq + 1})
    finally:
        await asyncio.to_thread(news.stop)
        other.close()


@pytest.fixture
def sqlite_store(tmp_path: object) -> Iterator[Store]:
    """A new journal in a file."""
    store = Store(f"sqlite:///{tmp_path}/data/tocsin.db")
    yield store
    store.close()


async def test_who_freezes_in_the_middle_of_a_turn_does_not_hold_the_others(store: Store) -> None:
    """The server ends a transaction in which nothing happens: the crisis goes on without it."""
    async with services(store, 1) as (here,):
        crisis = await opens(here)
        taken, over = threading.Event(), threading.Event()

        def freeze() -> None:
            with store.turn([crisis.id]):
                taken.set()
                over.wait(PATIENCE)

        frozen = asyncio.create_task(asyncio.to_thread(freeze))
        await asyncio.to_thread(taken.wait, PATIENCE)
        async with asyncio.timeout(PATIENCE):
            await here.handle(Ask(crisis.id, CLAIRE, TakeDecision("Couper")))
        assert not frozen.done()
        over.set()
        await frozen


@dataclass
class Crowd:
    """Processes that share crises, as leases see them; time since boot is in our hand."""

    store: Store
    seconds: float = 0.0
    names: Iterator[int] = field(default_factory=itertools.count)

    def join(self, ttl: float = 3600.0) -> Leases:
        """One more process."""
        name = f"p{next(self.names)}"
        numbers = itertools.count()
        made = lambda: f"{name}.{next(numbers)}"  # noqa: E731 - a name, never twice
        return Leases(self.store.engine, lambda: self.seconds, made, ttl)

    def expire(self) -> None:
        """Let the server believe that nobody has said anything for too long."""
        with self.store.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE holder SET until = clock_timestamp() - interval '1 s'"
            )


async def test_a_crisis_has_one_holder_and_an_heir(store: Store) -> None:
    """Taken by one, kept while it speaks, inherited when it leaves or is silent for too long."""
    async with services(store, 1) as (service,):
        first, second = await opens(service), await opens(service)
    crowd = Crowd(store)
    one, other = crowd.join(), crowd.join()
    assert set(one.beat()[1]) == {first.id, second.id}
    assert other.beat() == (frozenset(), frozenset())
    assert one.beat() == (frozenset(), frozenset())
    assert one.mine(first.id)
    assert not other.mine(first.id)

    crowd.expire()
    assert set(other.beat()[1]) == {first.id, second.id}
    lost, taken = one.beat()
    assert (set(lost), set(taken)) == ({first.id, second.id}, set())

    other.leave()
    assert not other.mine(first.id)
    assert set(one.beat()[1]) == {first.id, second.id}


async def test_who_wakes_up_does_nothing_before_it_has_asked(store: Store) -> None:
    """After a silence the fence is closed, and what was ours is told as lost before it is taken."""
    async with services(store, 1) as (service,):
        crisis = await opens(service)
    crowd = Crowd(store)
    one = crowd.join(ttl=60.0)
    one.beat()
    ACTING.set(crisis.id)
    one.fence()
    crowd.seconds += 59
    with pytest.raises(NotHeld):
        one.fence()
    assert one.holds(crisis.id)

    one.beat()
    one.fence()
    crowd.expire()
    assert one.beat() == (frozenset({crisis.id}), frozenset({crisis.id}))
    one.fence()
    ACTING.set("2026-0999")
    with pytest.raises(NotHeld):
        one.fence()
    ACTING.set("")
    one.fence()


async def test_who_lives_is_counted(store: Store) -> None:
    """Each word says how many processes live: those that left or fell silent no longer count."""
    crowd = Crowd(store)
    one, other = crowd.join(), crowd.join()
    assert one.living() == 1
    one.beat()
    other.beat()
    assert (one.living(), other.living()) == (1, 2)
    one.beat()
    assert one.living() == 2
    other.leave()
    one.beat()
    assert one.living() == 1
    third = crowd.join()
    third.beat()
    crowd.expire()
    one.beat()
    assert one.living() == 1


async def test_of_many_who_take_at_once_one_has_it(store: Store) -> None:
    """Eight processes at the same instant, several times: each crisis has exactly one holder."""
    crowd = Crowd(store)
    all_of_them = [await asyncio.to_thread(crowd.join) for _ in range(8)]
    async with services(store, 1) as (service,):
        for _ in range(5):
            crisis = await opens(service)
            await asyncio.gather(*(asyncio.to_thread(one.beat) for one in all_of_them))
            assert [one.mine(crisis.id) for one in all_of_them].count(True) == 1
            crowd.expire()
