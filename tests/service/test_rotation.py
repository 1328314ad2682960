"""Another key signs: with the bot running, stopped half way, lost; never one that nobody named."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from operator import gt
from pathlib import Path

import pytest

from bot.core.notes import AddNote, TakeDecision
from bot.core.opening import CloseCrisis
from bot.core.sealing import KeyRotated, RotateKey
from bot.errors import SettingError, StoreUnavailable
from bot.journal.keys import KeyRing, set_aside
from bot.journal.verify import verify_lines
from bot.rotation import give_up, rotate
from bot.service import Ask
from tests.journal.chains import exported
from tests.service.offices import BRUNO, CLAIRE, Office
from tests.service.signatures import signed_throughout

NAME = "ch.example"
ROOT = Path(__file__).resolve().parents[2]


class Hospital:
    """One folder with its key, and the processes that work on it."""

    def __init__(self, folder: Path) -> None:
        """Nothing runs yet."""
        self.folder = folder
        self.key = folder / "keys" / "tocsin.pem"
        self._stack = AsyncExitStack()
        self._offices = 0

    async def office(self, *, bot: bool = True) -> Office:
        """One more process, which reads the key file anew; a bot goes on whatever happens."""
        self._offices += 1
        made = Office(self.folder, self._offices, KeyRing(self.key, NAME))
        assert made.sealer is not None
        made.sealer.unstoppable = bot
        return await self._stack.enter_async_context(made)

    async def close(self) -> None:
        """Stop every process."""
        await self._stack.aclose()

    def files(self) -> list[str]:
        """The files beside the key."""
        return sorted(one.name for one in self.key.parent.iterdir())


@pytest.fixture
async def hospital(tmp_path: Path) -> AsyncIterator[Hospital]:
    """A hospital whose processes are stopped at the end."""
    made = Hospital(tmp_path)
    yield made
    await made.close()


def keys(office: Office, crisis: str = "2026-0001") -> list[str]:
    """The keys that signed this journal in order, after checking that it verifies."""
    entries = list(office.store.read(crisis))
    assert verify_lines(exported(entries)).ok
    return signed_throughout(entries)


def current(office: Office) -> str:
    """The key that this process signs with."""
    assert office.sealer is not None
    return str(office.sealer.keys.current.verifier)


def ring(office: Office) -> KeyRing:
    """The keys of this process."""
    assert office.sealer is not None
    return office.sealer.keys


def rotations(office: Office, crisis: str = "2026-0001") -> list[KeyRotated]:
    """The changes of key in a journal, in order."""
    return [fact for fact, _ in office.service.facts(crisis) if isinstance(fact, KeyRotated)]


# -- rotation ---------------------------------------------------------------------------------


async def test_a_running_bot_goes_on_with_the_new_key(hospital: Hospital) -> None:
    """Another process rotates; every journal says so, closed ones too; the old half is gone."""
    bot = await hospital.office()
    await bot.opens()
    await bot.opens("Close")
    await bot.does(CloseCrisis("Fausse alerte"), "2026-0002")
    old, pem = current(bot), hospital.key.read_bytes()

    command = await hospital.office(bot=False)
    assert rotate(command.service, ring(command), BRUNO, "départ d'un administrateur") == 2
    await bot.does(AddNote("Après"))
    await bot.opens("Née après")
    new = current(bot)

    assert new != old
    assert hospital.files() == ["tocsin.pem", "tocsin.pem.retired"]
    assert hospital.key.read_bytes() != pem
    assert ring(bot).retired == [old]
    assert keys(bot) == keys(bot, "2026-0002") == [old, new]
    assert keys(bot, "2026-0003") == [new]
    (told,) = rotations(bot)
    assert (told.reason, told.lost) == ("départ d'un administrateur", False)
    assert bot.kinds()[3:] == ["key_rotated", "checkpoint_sealed", "note_added"]


async def test_a_bot_that_writes_all_the_time_is_rotated_under(hospital: Hospital) -> None:
    """Three rotations amid two hundred notes: no entry bears a key that was not named before."""
    bot = await hospital.office()
    await bot.opens()
    command = await hospital.office(bot=False)

    async def works() -> None:
        for number in range(200):
            await bot.does(AddNote(f"Note {number}"))

    async def rotates() -> None:
        for number in range(3):
            await asyncio.sleep(0.1)
            await asyncio.to_thread(rotate, command.service, ring(command), BRUNO, f"{number}")

    await asyncio.gather(works(), rotates())

    assert len(keys(bot)) == 4
    assert bot.kinds().count("note_added") == 200
    assert len(ring(bot).retired) == 3


async def test_a_rotation_that_cannot_be_written_changes_nothing(hospital: Hospital) -> None:
    """The disc refuses: the key signs on, the next try takes up where this one stopped."""
    bot = await hospital.office()
    await bot.opens()
    pem, command = hospital.key.read_bytes(), await hospital.office(bot=False)

    with command.struck("query_only = ON"), pytest.raises(StoreUnavailable):
        rotate(command.service, ring(command), BRUNO)

    await bot.does(AddNote("Toujours la même clé"))
    assert hospital.key.read_bytes() == pem
    assert len(keys(bot)) == 1
    assert rotate(command.service, ring(command), BRUNO) == 1
    assert len(keys(bot)) == 2


@pytest.mark.parametrize("restarted", [False, True], ids=["running bot", "bot started anew"])
async def test_a_rotation_stopped_after_the_journal_says_so_is_finished_by_who_writes(
    hospital: Hospital, *, restarted: bool
) -> None:
    """The command dies before it moves the files: the next entry is signed by the new key."""
    bot = await hospital.office()
    await bot.opens()
    command = await hospital.office(bot=False)
    new = str(ring(command).prepare().verifier)
    command.service.commit([Ask("2026-0001", BRUNO, RotateKey(current(command), new))])

    writer = await hospital.office() if restarted else bot
    await writer.does(AddNote("La suite"))

    assert keys(writer)[-1] == new == current(writer)
    assert hospital.files() == ["tocsin.pem", "tocsin.pem.retired"]


async def test_a_successor_that_no_journal_names_counts_for_nothing(hospital: Hospital) -> None:
    """The command dies before it writes: the bot signs on, and the next rotation takes it up."""
    bot = await hospital.office()
    await bot.opens()
    left = str(KeyRing(hospital.key, NAME).prepare().verifier)

    later = await hospital.office()
    await later.does(AddNote("Comme avant"))
    assert len(keys(later)) == 1
    assert rotate(later.service, ring(later), BRUNO) == 1
    assert keys(later)[-1] == left


async def test_a_crisis_opened_with_the_key_before_is_handed_over(hospital: Hospital) -> None:
    """A bot that had not yet seen the new file opens a crisis: its next entry names the new key."""
    bot = await hospital.office()
    await bot.opens()
    command = await hospital.office(bot=False)
    rotate(command.service, ring(command), BRUNO)
    behind = ring(bot)
    behind._seen = behind._mark()  # as if the file had changed just after it was looked at
    await bot.opens("Entre deux")
    assert len(keys(bot, "2026-0002")) == 1
    behind._seen = None

    await bot.does(AddNote("La suite"), "2026-0002")

    assert keys(bot, "2026-0002") == keys(bot)
    assert rotations(bot, "2026-0002")[0].lost is False


async def test_another_name_for_the_same_key_is_a_rotation(hospital: Hospital) -> None:
    """The setting of the name changes: the journal says so, vouched for by the same key."""
    bot = await hospital.office()
    await bot.opens()
    renamed = Office(hospital.folder, 7, KeyRing(hospital.key, "ch.example/tocsin"))
    async with renamed:
        await renamed.does(TakeDecision("Couper"))
        first, second = keys(renamed)

    assert (first.partition("+")[0], second.partition("+")[0]) == (NAME, "ch.example/tocsin")
    assert rotations(bot)[0].lost is False


# -- loss -------------------------------------------------------------------------------------


async def test_a_bot_without_the_key_goes_on_and_says_so(hospital: Hospital) -> None:
    """Restored without its key, it makes another: the journal goes on and states the gap, once."""
    bot = await hospital.office()
    await bot.opens()
    hospital.key.unlink()

    later = await hospital.office()
    await later.does(AddNote("La nuit continue"))
    await later.does(AddNote("Encore"))

    assert later.kinds()[3:] == ["key_rotated", "note_added", "checkpoint_sealed", "note_added"]
    assert len(keys(later)) == 2
    assert [one.lost for one in rotations(later)] == [True]


async def test_a_command_without_the_key_writes_nothing(hospital: Hospital) -> None:
    """On another machine it says which key is missing, and what to do, and changes nothing."""
    bot = await hospital.office()
    await bot.opens()
    hospital.key.rename(hospital.folder / "ailleurs.pem")

    command = await hospital.office(bot=False)
    with pytest.raises(SettingError) as missing:
        await command.does(AddNote("D'ailleurs"))

    assert "--lost" in missing.value.for_people()
    assert len(command.kinds()) == 3


async def test_a_lost_key_is_declared_in_every_crisis(hospital: Hospital) -> None:
    """One transaction says it everywhere; nothing is left to say the second time."""
    bot = await hospital.office()
    await bot.opens()
    await bot.opens("Autre")
    hospital.key.unlink()

    command = await hospital.office(bot=False)
    assert give_up(command.service, ring(command), CLAIRE, "disque détruit") == 2
    assert give_up(command.service, ring(command), CLAIRE) == 0

    assert len(keys(command)) == len(keys(command, "2026-0002")) == 2
    (told,) = rotations(command)
    assert (told.lost, told.reason) == (True, "disque détruit")


async def test_the_key_that_is_found_again_is_taken_up_properly(hospital: Hospital) -> None:
    """After a loss the first key comes back: the one that signed meanwhile vouches for it."""
    bot = await hospital.office()
    await bot.opens()
    first = hospital.key.read_bytes()
    hospital.key.unlink()
    later = await hospital.office()
    await later.does(AddNote("Avec une autre"))

    hospital.key.unlink()
    hospital.key.touch(0o600)
    hospital.key.write_bytes(first)
    await later.does(AddNote("Avec la première"))

    found = keys(later)
    assert found[0] == found[2] != found[1]
    assert [one.lost for one in rotations(later)] == [True, False]


async def test_a_key_that_is_gone_or_spoilt_does_not_stop_the_running_bot(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    """The key in memory signs on, and the technical log says what is wrong with the file."""
    bot = await hospital.office()
    await bot.opens()
    hospital.key.write_text("pas une clé", encoding="utf-8")
    await bot.does(AddNote("Fichier abîmé"))
    hospital.key.unlink()
    await bot.does(AddNote("Fichier disparu"))

    assert len(keys(bot)) == 1
    assert caplog.text.count("the key in memory goes on") == 2


def test_a_file_that_is_no_key_is_put_aside_and_kept(tmp_path: Path) -> None:
    """Declaring it lost never destroys it; a key that reads stays where it is."""
    path = tmp_path / "tocsin.pem"
    assert set_aside(path) is None
    for number in (1, 2):
        path.write_text(f"abîmée {number}", encoding="utf-8")
        aside = set_aside(path)
        assert aside is not None
        assert aside.read_text(encoding="utf-8") == f"abîmée {number}"
    KeyRing(path, NAME)
    assert set_aside(path) is None
    assert path.exists()


# -- kill -9 ----------------------------------------------------------------------------------

KILLS = 5
#: Seconds for a start, or a turn, on a machine that does ten other things.
PATIENCE = 60
_TURNS = """
import sys
from pathlib import Path
from bot.config import Settings
from bot.core.crisis import Actor
from bot.rotation import rotate
from bot.wiring import build
house = build(Settings(tocsin_data_dir=Path(sys.argv[1]), tocsin_key_name="ch.example",
                       _env_file=None))
print("ready", flush=True)
while True:
    rotate(house.service, house.sealer.keys, Actor("terminal", "Terminal"))
"""


def turns(office: Office, crises: Sequence[str]) -> list[int]:
    """How many changes of key each journal has."""
    return [len(rotations(office, crisis)) for crisis in crises]


async def further(office: Office, crises: Sequence[str], before: Sequence[int]) -> None:
    """Wait until each journal has more: a busy machine may be slow to begin."""
    while not all(map(gt, turns(office, crises), before)):  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.02)


async def test_killed_amid_rotations_no_journal_is_left_without_its_key(
    hospital: Hospital,
) -> None:
    """kill -9 at random instants: the next process signs with a key that the journal names."""
    seeded = random.Random(20261121)
    hospital.key = hospital.folder / "data" / "keys" / "tocsin.pem"
    bot = await hospital.office()
    await bot.opens()
    await bot.opens("Autre")
    crises = ("2026-0001", "2026-0002")
    for round_ in range(KILLS):
        turned = turns(bot, crises)
        turning = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _TURNS, str(hospital.folder / "data")),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert turning.stdout is not None
        assert await asyncio.wait_for(turning.stdout.readline(), PATIENCE) == b"ready\n"
        await asyncio.wait_for(further(bot, crises, turned), PATIENCE)
        await asyncio.sleep(seeded.uniform(0, 0.3))
        os.kill(turning.pid, signal.SIGKILL)
        await turning.wait()
        writer = await hospital.office() if round_ % 2 else bot
        for crisis in crises:
            await writer.does(AddNote(f"Tour {round_}"), crisis)

    found = [rotations(bot, crisis) for crisis in crises]
    assert all(not one.lost for told in found for one in told)
    assert min(map(len, found)) >= KILLS
    assert keys(bot)[-1] == keys(bot, "2026-0002")[-1] == current(bot)


def test_a_rotation_says_so_once() -> None:
    """A crisis that already names the key, or that does not exist, has nothing to record."""
    from tests.core.plans import START, opened

    room = opened()
    command = RotateKey("old", "new", "  essai ")
    assert command.decide(room.crisis, CLAIRE, START) == (KeyRotated("old", "new", "essai"),)
    named = replace(room.crisis, key="new")
    assert command.decide(named, CLAIRE, START) == ()
    assert command.decide(replace(room.crisis, opened=None), CLAIRE, START) == ()
