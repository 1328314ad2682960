"""Checkpoints put outside by the real service: what is due goes out, once, whatever happens."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.anchors.authority import Authority
from bot.anchors.mail import Mailer, Server
from bot.anchors.station import Receipt, Sealed, Station
from bot.anchors.worker import Anchors
from bot.core.anchoring import AnchorDropped
from bot.core.notes import AddNote, TakeDecision
from bot.core.opening import CloseCrisis, OpenChannel
from bot.core.sealing import AnchorDelayed, AnchorReceived, CheckpointSealed, SealJournal
from bot.errors import OutsideService
from bot.journal.keys import KeyRing
from bot.journal.seal import VerifierKey, read_note
from bot.journal.stamp import check_token, read_pins
from tests.anchors import authority as made
from tests.anchors.authority import NOW, Wrong
from tests.anchors.servers import HOST, Letterbox, Stamper, mailing, stamping
from tests.service.offices import Office

WITNESS = "temoin@agence.example"
FIRST, SECOND = "2026-0001", "2026-0002"
OPENED = ["crisis_opened", "instant_recorded", "checkpoint_sealed"]
QUICK = (0.02, 0.02, 0.05)


@asynccontextmanager
async def at_work(
    office: Office, *stations: Station, patience: float = 60.0, tick: float = 0.03
) -> AsyncIterator[Anchors]:
    """The loop, running on that office."""
    anchors = Anchors(office.service, stations, QUICK, tick, patience)
    task = asyncio.create_task(anchors.run())
    try:
        yield anchors
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def office_in(folder: Path) -> Office:
    """An office that signs, on the journal of this folder."""
    return Office(folder, keys=KeyRing(folder / "keys" / "tocsin.pem", "ch-fictif.example/tocsin"))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """An office with one open crisis."""
    async with office_in(tmp_path) as office:
        await office.opens()
        yield office


@pytest.fixture
async def stamper(tmp_path: Path) -> AsyncIterator[Stamper]:
    """A stamping authority, pinned."""
    ours = made.Authority.make()
    (tmp_path / "tsa.pem").write_bytes(ours.pem)
    async with stamping(ours) as stamper:
        yield stamper


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """The HTTP session of the house."""
    async with aiohttp.ClientSession() as session:
        yield session


def tsa(stamper: Stamper, folder: Path, session: aiohttp.ClientSession) -> Station:
    """The station of that authority."""
    return Authority(stamper.url, folder / "tsa.pem", patience=0.5).station(session)


def mailbox(box: Letterbox, office: Office, address: str = WITNESS) -> Station:
    """The station of an address behind that server."""
    server = Server("smtp", HOST, box.port)
    sender = "tocsin@ch-fictif.example"
    return Mailer(server, sender, office.service.now, patience=0.5).station(address)


class Drawer:
    """A place that keeps what it is given, or refuses, or does not come back."""

    def __init__(self, where: str = "tiroir") -> None:
        """It is willing at first."""
        self.kept: list[Sealed] = []
        self.asked = 0
        self.error: Exception | None = None
        self.lock = asyncio.Event()
        self.lock.set()
        self.station = Station("email", where, self._put)

    async def _put(self, sealed: Sealed) -> Receipt:
        self.asked += 1
        await self.lock.wait()
        if self.error is not None:
            raise self.error
        self.kept.append(sealed)
        return Receipt(f"<{sealed.crisis.id}.{sealed.size}>")


def found(office: Office, kind: type[Any], crisis: str = FIRST) -> list[Any]:
    """The facts of that kind, in order."""
    return [fact for fact, _ in office.service.facts(crisis) if isinstance(fact, kind)]


async def until(true: Callable[[], object]) -> None:
    """Wait until this holds."""
    for _ in range(3_000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


async def settled(office: Office, crises: Sequence[str] = (FIRST,)) -> None:
    """Wait a little after the journal has last grown."""
    seen: list[int] = []
    for _ in range(40):
        before, seen = seen, [office.service.crisis(one).seq for one in crises]
        if before == seen:
            return
        await asyncio.sleep(0.15)
    raise AssertionError("the journal grows and grows")


# -- going out --------------------------------------------------------------------------------


async def test_an_opening_goes_everywhere(
    office: Office, stamper: Stamper, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """The stamp is on the signed note that the journal keeps; the mail carries the same note."""
    async with mailing(tmp_path) as box:
        stations = tsa(stamper, tmp_path, session), mailbox(box, office)
        office.wait(timedelta(seconds=7))
        async with at_work(office, *stations):
            await until(lambda: len(found(office, AnchorReceived)) == 2)

    (sealed,) = found(office, CheckpointSealed)
    stamped, mailed = sorted(found(office, AnchorReceived), key=lambda one: one.kind, reverse=True)
    assert (stamped.kind, stamped.where, stamped.stamped) == ("rfc3161", stamper.url, NOW)
    assert (mailed.kind, mailed.where, mailed.stamped) == ("email", WITNESS, None)
    for one in (stamped, mailed):
        assert (one.size, one.head, one.delay_s) == (sealed.size, sealed.head, 7)
    note = sealed.note.encode()
    assert check_token(b64decode(stamped.receipt), note, read_pins(stamper.authority.pem)) == []
    assert box.read(0)["Message-ID"] == mailed.receipt
    (kept,) = box.read(0).iter_attachments()
    assert kept.get_payload(decode=True) == note
    assert read_note(sealed.note).signed_by(VerifierKey.parse(sealed.key))
    assert office.service.crisis(FIRST).anchors == {one.place: 2 for one in stations}


async def test_only_the_newest_goes_out(office: Office) -> None:
    """While a place is slow, checkpoints follow one another: it is given the last of them."""
    drawer = Drawer()
    drawer.lock.clear()
    async with at_work(office, drawer.station):
        await until(lambda: drawer.asked)
        for number in range(5):
            await office.does(TakeDecision(f"Décision {number}"))
        await office.does(SealJournal("export"))
        drawer.lock.set()
        await until(lambda: len(drawer.kept) == 2)
        await settled(office)

    newest = office.service.crisis(FIRST).checkpoint
    assert newest is not None
    assert [one.size for one in drawer.kept] == [2, newest.size]


async def test_rounds(office: Office) -> None:
    """Decisions wait for the hour of a mailbox; an export and the closing do not."""
    drawer = Drawer()
    async with at_work(office, drawer.station):
        await until(lambda: len(drawer.kept) == 1)
        await office.does(TakeDecision("Couper l'accès à Internet"))
        office.wait(timedelta(minutes=59))
        await settled(office)
        assert len(drawer.kept) == 1
        office.wait(timedelta(minutes=1))
        await until(lambda: len(drawer.kept) == 2)
        await office.does(AddNote("Les urgences passent au papier"))
        await office.does(SealJournal("export"))
        await until(lambda: len(drawer.kept) == 3)
        await office.does(CloseCrisis("Reprise complète"))
        await until(lambda: len(drawer.kept) == 4)
        await settled(office)

    assert len(drawer.kept) == 4
    assert [one.size for one in drawer.kept] == sorted(one.size for one in drawer.kept)


async def test_what_is_urgent_does_not_wait_for_the_next_look(office: Office) -> None:
    """The journal wakes the loop: between two looks, an export goes out at once."""
    drawer = Drawer()
    async with at_work(office, drawer.station, tick=60.0):
        await until(lambda: drawer.kept)
        await settled(office)
        await office.does(SealJournal("export"))
        await office.does(AddNote("Le standard bascule sur les mobiles"))
        await office.does(SealJournal("export"))
        await until(lambda: len(drawer.kept) == 2)


async def test_anchors_call_for_no_checkpoint(office: Office) -> None:
    """Receipts are entries, and yet the journal of a quiet crisis stops growing."""
    drawer = Drawer()
    async with at_work(office, drawer.station):
        await until(lambda: drawer.kept)
        await settled(office)
        for _ in range(4):
            office.wait(timedelta(hours=2))
            await office.does(SealJournal("time"))
            await settled(office)

    assert office.kinds() == [*OPENED, "anchor_received"]


# -- when it fails ----------------------------------------------------------------------------


async def test_an_authority_that_is_down_holds_nothing_back(
    office: Office, stamper: Stamper, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """The wait is told once, decisions go on being recorded, and the stamp says how late it is."""
    place = tsa(stamper, tmp_path, session).place
    stamper.wrong = Wrong(status=2, said="indisponible")
    async with at_work(office, tsa(stamper, tmp_path, session)):
        await until(lambda: found(office, AnchorDelayed))
        office.wait(timedelta(hours=1))
        await office.does(TakeDecision("Débrancher les sauvegardes"))
        await until(lambda: len(stamper.asked) >= 6)
        waiting = office.service.crisis(FIRST).anchors_waiting
        office.wait(timedelta(seconds=30))
        stamper.wrong = Wrong()
        await until(lambda: found(office, AnchorReceived))
        await settled(office)

    (delayed,) = found(office, AnchorDelayed)
    assert delayed.reason.startswith("L'autorité n'a pas accordé d'horodatage (état 2")
    assert list(waiting) == [place]
    (received,) = found(office, AnchorReceived)
    assert (received.size, received.delay_s) == (found(office, CheckpointSealed)[-1].size, 30)
    assert office.service.crisis(FIRST).anchors_waiting == {}


async def test_what_succeeds_at_once_is_no_news(office: Office) -> None:
    """A first attempt that fails and a second that does not leave the receipt alone."""
    drawer = Drawer()
    drawer.error = OutsideService("Le tiroir")
    async with at_work(office, drawer.station):
        await until(lambda: office.service.crisis(FIRST).checkpoint)
        await asyncio.sleep(0.01)
        drawer.error = None
        await until(lambda: drawer.kept)
        await settled(office)

    assert office.kinds() == [*OPENED, "anchor_received"]


async def test_a_mute_place_does_not_hold_the_others_back(office: Office) -> None:
    """Two crises at once, three places, one of them mute: the others get both."""
    await office.opens("Deuxième crise")
    mute, first, second = Drawer("muet"), Drawer("un"), Drawer("deux")
    mute.lock.clear()
    async with at_work(office, mute.station, first.station, second.station):
        await until(lambda: len(first.kept) == len(second.kept) == 2)

    assert {one.crisis.id for one in first.kept} == {FIRST, SECOND}
    assert mute.kept == []


async def test_after_a_restart_it_goes_on_where_it_stood(tmp_path: Path) -> None:
    """What waits is read from the journal, a crisis closed meanwhile included."""
    drawer = Drawer()
    drawer.error = OutsideService("Le tiroir")
    async with office_in(tmp_path) as office:
        await office.opens()
        async with at_work(office, drawer.station):
            await until(lambda: found(office, AnchorDelayed))
        await office.does(CloseCrisis("Fin"))
    drawer.error = None
    async with office_in(tmp_path) as office:
        office.wait(timedelta(days=3))
        async with at_work(office, drawer.station):
            await until(lambda: drawer.kept)
            await settled(office)
        (received,) = found(office, AnchorReceived)
        assert received.delay_s == timedelta(days=3).total_seconds()
        assert office.service.crisis(FIRST).anchors_waiting == {}
        assert len(found(office, AnchorDelayed)) == 1
    assert len(drawer.kept) == 1


async def test_a_receipt_that_cannot_be_written_is_not_asked_for_again(office: Office) -> None:
    """The journal cannot be written as the receipt comes: it is kept until it can."""
    drawer = Drawer()
    drawer.lock.clear()
    async with at_work(office, drawer.station):
        await until(lambda: drawer.asked)
        with office.struck("query_only = ON"):
            drawer.lock.set()
            await until(lambda: drawer.kept)
            await asyncio.sleep(0.2)
            assert found(office, AnchorReceived) == []
        await until(lambda: found(office, AnchorReceived))

    assert (drawer.asked, len(drawer.kept)) == (1, 1)


async def test_a_fault_of_ours_ends_one_turn_only(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with its trace; the other places are served, and this one once it is mended."""
    broken, sound = Drawer("cassé"), Drawer("sain")
    broken.error = KeyError("ours")
    async with at_work(office, broken.station, sound.station):
        await until(lambda: sound.kept and caplog.records)
        broken.error = None
        await until(lambda: broken.kept)

    assert "KeyError: 'ours'" in caplog.text


async def test_a_database_that_is_away_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The loop starts while the journal cannot be read, and works once it can."""
    drawer = Drawer()
    async with office_in(tmp_path) as office:
        await office.opens()
    async with office_in(tmp_path) as office:
        office.store.engine.dispose()
        folder = office.path.parent.rename(tmp_path / "away")
        async with at_work(office, drawer.station):
            await until(lambda: caplog.records)
            assert drawer.kept == []
            folder.rename(office.path.parent)
            await until(lambda: drawer.kept)

    assert "a reading waits" in caplog.text


async def test_what_is_under_way_is_recorded_before_leaving(office: Office) -> None:
    """Stopping in the middle of a deposit: it is recorded, so that it is not made again."""
    drawer = Drawer()
    drawer.lock.clear()
    async with at_work(office, drawer.station) as anchors:
        await until(lambda: drawer.asked)
        resting = asyncio.create_task(anchors.rest(20.0))
        await asyncio.sleep(0.05)
        drawer.lock.set()
        await resting
        await office.does(SealJournal("export"))
        assert len(found(office, AnchorReceived)) == 1
        await asyncio.sleep(0.1)

    assert len(drawer.kept) == 1


async def test_leaving_does_not_wait_for_ever(office: Office) -> None:
    """A place that does not come back is given its time and no more."""
    drawer = Drawer()
    drawer.lock.clear()
    async with at_work(office, drawer.station) as anchors:
        await until(lambda: drawer.asked)
        async with asyncio.timeout(20):
            await anchors.rest(0.1)


# -- places come and go -----------------------------------------------------------------------


async def test_a_place_taken_out_of_the_settings_no_longer_waits(tmp_path: Path) -> None:
    """Otherwise the board would show it as waiting until the end of time."""
    drawer = Drawer()
    drawer.error = OutsideService("Le tiroir")
    async with office_in(tmp_path) as office:
        await office.opens()
        async with at_work(office, drawer.station):
            await until(lambda: found(office, AnchorDelayed))
    async with office_in(tmp_path) as office:
        async with at_work(office):
            await until(lambda: found(office, AnchorDropped))
            await settled(office)
        assert found(office, AnchorDropped) == [AnchorDropped("email", "tiroir")]
        assert office.service.crisis(FIRST).anchors_waiting == {}


async def test_a_notice_that_is_not_posted_is_said_to_wait(office: Office) -> None:
    """Slack is mute: the journal knows it after a while, and only if there is a channel."""
    async with at_work(office, patience=0.1):
        await asyncio.sleep(0.3)
        assert found(office, AnchorDelayed) == []
        await office.does(OpenChannel("C1", "crise-x"))
        await until(lambda: found(office, AnchorDelayed))
        await settled(office)

    (delayed,) = found(office, AnchorDelayed)
    assert (delayed.kind, delayed.where) == ("slack", "#crise-x")
    assert delayed.reason == "Slack ne publie pas l'avis."
