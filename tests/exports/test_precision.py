"""How sure an hour is, in every view: an unknown one is never shown as that of its recording."""

import json
from io import BytesIO

from bot.core.notes import AddNote, TakeDecision
from bot.core.opening import OpenCrisis
from bot.exports import FORMATS
from bot.exports.jsonl import Progress
from bot.exports.pages import gather, pages
from bot.exports.rows import rows
from bot.journal.codec import decoded
from bot.sentences import dated
from tests.core.plans import MIN, START, Room, real_plan
from tests.exports.journals import entries, told

LATER = START + 270 * MIN


def _played() -> Room:
    """A decision at a known hour, a note at about some hour, and one whose hour nobody knows."""
    room = Room(START)
    room.does(OpenCrisis("Écrans noirs", real_plan(), START))
    room.wait(270 * MIN)
    room.does(TakeDecision("Couper Internet", START))
    room.does(AddNote("Badges en panne", START - 600 * MIN, "about"))
    room.does(AddNote("Câble trouvé débranché", None, "unknown"))
    return room


ROOM = _played()


def _view(name: str) -> str:
    output = BytesIO()
    FORMATS[name].write(entries(ROOM), output, told(ROOM))
    return output.getvalue().decode("utf-8-sig")


def test_spreadsheets_leave_an_unknown_hour_empty() -> None:
    """Both columns of the fact are empty, those of the recording are not, and the last says why."""
    lines = [line.split(";") for line in _view("csv").splitlines()[-3:]]

    assert [line[-1].strip('"') for line in lines] == ["exacte", "environ", "heure inconnue"]
    happened = [line[2].strip('"') for line in lines]
    assert happened == ["2026-11-21T02:10:00.000000Z", "2026-11-20T16:10:00.000000Z", ""]
    assert {line[4].strip('"') for line in lines} == {"2026-11-21T06:40:00.000000Z"}


def test_timelines_say_how_sure_they_are() -> None:
    """Timesketch gets a field and no line for an hour that nobody knows; DFIR-IRIS a mention."""
    lines = [json.loads(line) for line in _view("timesketch").splitlines()]
    unknown = [one for one in lines if one["event_precision"] == "heure inconnue"]
    assert [one["timestamp_desc"] for one in unknown] == ["Heure d'enregistrement"]
    assert {one["event_precision"] for one in lines} == {"exacte", "environ", "heure inconnue"}

    iris = _view("iris")
    assert "fait heure inconnue, enregistré 2026-11-21T07:40" in iris
    assert "fait 2026-11-20T17:10:00.000+01:00 (environ)" in iris


def test_the_report_prints_both_hours() -> None:
    """A line written later says when it happened, how sure that is, and when it was written."""
    progress = Progress()
    gathered = gather(rows(entries(ROOM), progress))
    log = pages(gathered, told(ROOM), progress.entries, progress.head)["log"][-3:]

    assert [(one["at"], one["recorded"]) for one in log] == [
        ("21/11/2026 03:10:00 (UTC+01:00)", "21/11/2026 07:40:00 (UTC+01:00)"),
        ("vers le 20/11/2026 17:10:00 (UTC+01:00)", "21/11/2026 07:40:00 (UTC+01:00)"),
        ("heure inconnue", "21/11/2026 07:40:00 (UTC+01:00)"),
    ]


def test_people_read_when_it_was_decided_and_when_it_was_written() -> None:
    """« décidé à 03 h 10, saisi à 07 h 40 », with the day when it is another one."""
    told_ = [
        dated(fact, stamp, "Europe/Paris").replace("\u00a0", " ")
        for fact, stamp in decoded(entries(ROOM))
    ]
    assert told_[-3:] == [
        "décidé à 03 h 10, saisi à 07 h 40",
        "survenu le ven. 20 nov. vers 17 h 10, saisi à 07 h 40",
        "heure inconnue, saisi à 07 h 40",
    ]
    assert told_[0] == "03 h 10"
