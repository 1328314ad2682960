"""What is read of many crises: no more than is asked for, and once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from bot.core.crisis import Crisis
from bot.core.notes import AddNote
from bot.core.opening import CloseCrisis, OpenChannel, OpenCrisis, ReopenCrisis
from bot.service import Service
from tests.core.plans import PLAN
from tests.service.offices import START, Office


async def _crises(office: Office, count: int) -> list[str]:
    """So many crises, each in a channel of its own."""
    made = []
    for number in range(count):
        crisis = (await office.does(OpenCrisis(f"Essai {number}", PLAN, START), "")).crisis.id
        await office.does(OpenChannel(f"C{number}", f"essai-{number}"), crisis)
        made.append(crisis)
    return made


def _again(office: Office) -> Service:
    """A service that has just been started on this journal."""
    return Service(office.store, lambda: office.now, lambda: b"1" * 32)


async def test_a_channel_is_found_without_folding_what_does_not_live_there(tmp_path: Path) -> None:
    """After a start the first click reads one crisis, not all those that were ever opened."""
    async with Office(tmp_path) as office:
        crises = await _crises(office, 5)
        fresh = _again(office)
        found = fresh.by_channel("C3")
        assert found is not None
        assert found.id == crises[3]
        assert [one.id for one in fresh.known()] == [crises[3]]
        assert fresh.by_channel("C99") is None
        assert [one.id for one in fresh.known()] == [crises[3]]


async def test_a_channel_that_came_late_is_found_too(tmp_path: Path) -> None:
    """A crisis whose channel was opened after many lines is read whole, and found."""
    async with Office(tmp_path) as office:
        crisis = (await office.does(OpenCrisis("Essai", PLAN, START), "")).crisis.id
        for number in range(30):
            await office.does(AddNote(f"Constat {number}."), crisis)
        await office.does(OpenChannel("C1", "essai"), crisis)
        found = _again(office).by_channel("C1")
        assert found is not None
        assert found.id == crisis


async def test_those_that_ended_long_ago_are_not_folded(tmp_path: Path) -> None:
    """What goes on, ended lately or was reopened is given; the rest is not even read whole."""
    async with Office(tmp_path) as office:
        old, reopened, recent, open_ = await _crises(office, 4)
        for crisis in (old, reopened):
            await office.does(CloseCrisis("Essai."), crisis)
        office.wait(timedelta(days=10))
        await office.does(ReopenCrisis("Un poste de plus."), reopened)
        await office.does(CloseCrisis("Essai."), recent)
        fresh = _again(office)
        lasting = fresh.lasting(START + timedelta(days=5))
        assert {one.id for one in lasting} == {reopened, recent, open_}
        assert old not in {one.id for one in fresh.known()}
        assert fresh.crisis(old).closed is not None
        assert old not in {one.id for one in fresh.lasting(START + timedelta(days=5))}
        assert set(fresh.newest()) == {old, reopened, recent, open_}


async def test_several_threads_that_ask_at_once_read_once(tmp_path: Path) -> None:
    """At a start many parts ask for every crisis: all get the very one that was read first."""
    async with Office(tmp_path) as office:
        (crisis,) = await _crises(office, 1)
        for number in range(200):
            await office.does(AddNote(f"Constat {number}."), crisis)
        fresh = _again(office)
        together = threading.Barrier(4)

        def asked() -> Crisis:
            together.wait()
            return fresh.crisis(crisis)

        with ThreadPoolExecutor(4) as threads:
            found = [one.result() for one in [threads.submit(asked) for _ in range(4)]]
        assert all(one is found[0] for one in found)
        assert len(found[0].lines) == 200


async def test_who_names_a_crisis_reads_what_others_wrote_meanwhile(tmp_path: Path) -> None:
    """A terminal that stays open beside the bot shows the crisis as it stands, and decides so."""
    async with Office(tmp_path) as bot, Office(tmp_path, 1) as terminal:
        (crisis,) = await _crises(bot, 1)
        assert terminal.service.require(crisis).lines == ()
        await bot.does(AddNote("Le serveur de fichiers est isolé."), crisis)
        seen = terminal.service.require(crisis.lower())
        assert [one.text for one in seen.lines] == ["Le serveur de fichiers est isolé."]
