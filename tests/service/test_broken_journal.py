"""One journal that was altered costs its own crisis: the others are read, reminded and served."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import clockwork
from bot.cli import run
from bot.core.instants import RecordInstant
from bot.core.notes import AddNote
from bot.core.opening import OpenChannel
from bot.errors import JournalBroken
from bot.journal.keys import KeyRing
from bot.rotation import rotate
from tests.service.offices import CLAIRE, Office

BROKEN, SOUND = "2026-0001", "2026-0002"


def alter(path: Path, sql: str) -> None:
    """Change the file as somebody does who holds it: past the triggers."""
    connection = sqlite3.connect(path)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(sql, (BROKEN,))
    connection.commit()
    connection.close()


#: What is altered of the first crisis.
ALTERATIONS = {
    "first line": "UPDATE entry SET line = 'x' WHERE crisis = ? AND seq = 1",
    "later line": "UPDATE entry SET line = replace(line, 'kind', 'kinb')"
    " WHERE crisis = ? AND seq = 2",
}


#: The last line goes, as after a server that never had it.
LOSSES = {
    "body": "DELETE FROM body WHERE crisis = ? AND seq = (SELECT max(seq) FROM entry)",
    "entry": "DELETE FROM entry WHERE crisis = ? AND seq = (SELECT max(seq) FROM entry)",
}


@pytest.fixture(params=[*ALTERATIONS.values()], ids=[*ALTERATIONS])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    """Two crises, the first of them altered while nobody ran."""
    async with Office(tmp_path) as before:
        await before.opens("Altérée")
        await before.opens("Voisine")
        for crisis, channel in ((BROKEN, "C1"), (SOUND, "C2")):
            await before.does(OpenChannel(channel, "crise"), crisis)
            for instant in ("t_dp", "e_demande"):
                await before.does(RecordInstant(instant, before.now, "about", "X", ""), crisis)
    alter(tmp_path / "data" / "tocsin.db", request.param)
    async with Office(tmp_path) as after:
        yield after


async def test_the_other_crises_are_read_and_the_log_names_the_broken_one_once(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """However often all are asked for, the sound ones come and the broken one is told once."""
    service = office.service
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert [one.id for one in service.crises()] == [SOUND]
            assert [one.id for one in service.lasting(office.now)] == [SOUND]
    assert service.broken == {BROKEN}
    assert len([one for one in caplog.records if BROKEN in one.getMessage()]) == 1
    assert [one.id async for one in service.reaching([BROKEN, SOUND])] == [SOUND]


async def test_the_other_crises_are_reminded(office: Office) -> None:
    """The reminders of the night do not depend on a journal of another time."""
    office.wait(timedelta(hours=71))
    await clockwork.raise_due(office.service)
    assert "reminder_raised" in office.kinds(SOUND)


async def test_who_asks_for_the_broken_one_is_told_so(office: Office) -> None:
    """Its own journal is never taken for a sound one, nor written any further."""
    with pytest.raises(JournalBroken):
        office.service.crisis(BROKEN)
    with pytest.raises(JournalBroken):
        await office.does(AddNote("sur une main courante altérée"), BROKEN)
    done = await office.does(AddNote("à côté"), SOUND)
    assert done.facts


async def test_no_key_is_changed_while_one_journal_cannot_say_so(
    office: Office, tmp_path: Path
) -> None:
    """A rotation that left one crisis behind would not be one: it is refused whole."""
    keys = KeyRing(tmp_path / "keys" / "tocsin.pem", "ch.example")
    with pytest.raises(JournalBroken):
        rotate(office.service, keys, CLAIRE)
    assert "key_rotated" not in office.kinds(SOUND)


async def test_other_channels_still_lead_to_their_crisis(office: Office) -> None:
    """A message or a word in any channel is not refused because of another one's journal."""
    found = await office.service.seek_channel("C2")
    assert found is not None
    assert found.id == SOUND
    assert await office.service.seek_channel("C-quelconque") is None


async def test_a_new_crisis_is_opened_under_a_number_of_its_own(office: Office) -> None:
    """The number of the broken one stays taken."""
    assert (await office.opens("Nouvelle")).id == "2026-0003"


async def test_a_body_that_is_no_json_is_one_line_that_says_nothing(tmp_path: Path) -> None:
    """The text of one line was altered past reading: the crisis goes on without that line."""
    async with Office(tmp_path) as before:
        await before.opens("Altérée")
        await before.does(AddNote("première"))
        await before.does(AddNote("seconde"))
    changed = "UPDATE body SET body = '{' WHERE crisis = ? AND body LIKE '%premi%'"
    alter(tmp_path / "data" / "tocsin.db", changed)
    async with Office(tmp_path) as after:
        crisis = after.service.crisis(BROKEN)
        assert [one.text for one in crisis.lines] == ["seconde"]
        assert crisis.is_open


async def test_the_cell_goes_on_when_the_database_has_lost_its_last_lines(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A server took over before it had every line: the next one is recorded, and the loss told."""
    async with Office(tmp_path) as office:
        await office.opens("Reprise")
        await office.does(AddNote("gardée"))
        await office.does(AddNote("perdue"))
        lost = office.service.crisis(BROKEN).seq
        for table in ("body", "entry"):
            alter(office.path, LOSSES[table])
        with caplog.at_level(logging.ERROR):
            done = await office.does(AddNote("suivante"))
        assert done.facts[0][1].seq == lost
        assert [one.text for one in done.crisis.lines] == ["gardée", "suivante"]
        assert [one.text for one in office.service.crisis(BROKEN).lines] == ["gardée", "suivante"]
        assert f"ends at line {lost - 1} and not at {lost}" in caplog.text


async def test_the_list_of_crises_names_the_broken_one(
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """``tocsin crises`` lists what can be read, says what cannot, and ends with a code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_DATA_DIR", str(tmp_path / "data"))
    code = await asyncio.to_thread(run, ["crises"])
    shown = capsys.readouterr()
    assert code == 1
    assert SOUND in shown.out
    assert f"{BROKEN}  La main courante ne se vérifie plus" in shown.err
