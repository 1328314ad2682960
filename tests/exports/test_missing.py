"""What the journal knows that it has not: said at the head of every view and of the notice."""

import io
import zipfile

import pytest

from bot.core.files import RecordFile, RecordUnreadFile, SharedFile
from bot.core.transcript import FillGaps, FindGap, HearMessage
from bot.exports.bundle import bundle
from bot.exports.jsonl import Progress
from bot.exports.pages import gather, pages
from bot.exports.rows import rows
from bot.exports.summary import summary
from bot.exports.views import VIEWS
from tests.core.plans import START, H, Room, opened
from tests.exports.journals import entries

MESSAGES = "Messages du canal peut-être manquants\u00a0: du 21/11/2026 01:10:00 (UTC+01:00) au "
FILES = "Sans empreinte, faute d'avoir pu être lus\u00a0: 1\u00a0fichier."


def lacking() -> Room:
    """A room whose journal lacks an hour of messages and a file."""
    room = opened()
    room.does(FindGap(START - 2 * H, START - H, "Slack refuse (missing_scope)"))
    room.does(HearMessage("1.1", "", files=(SharedFile("F1", "a.png"),)))
    room.does(RecordUnreadFile("F1", "refused"))
    return room


def shown(name: str, room: Room) -> str:
    """A view as text; of the report, what its template prints on the cover."""
    journal, told = entries(room), summary(room.crisis)
    if name.startswith("pdf"):
        progress = Progress()
        gathered = gather(rows(journal, progress), rulings_only=name != "pdf")
        return str(pages(gathered, told, progress.entries, progress.head)["notice"])
    output = io.BytesIO()
    VIEWS[name].write(journal, output, told)
    if not name.startswith("xlsx"):
        text = output.getvalue().decode()
        return text.encode().decode("unicode_escape") if "timesketch" in name else text
    with zipfile.ZipFile(output) as opened_book:
        return opened_book.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_says_what_is_missing(name: str) -> None:
    """The whole ones and those of decisions alone; nothing once all of it is there."""
    room = lacking()
    text = shown(name, room)
    assert MESSAGES in text
    assert FILES in text
    room.does(FillGaps(), RecordFile("F1", 1, "0" * 64, kept=False))
    whole = shown(name, room)
    assert MESSAGES not in whole
    assert FILES not in whole


def test_the_notice_of_a_bundle_says_it_too() -> None:
    """In a paragraph of its own, absent when nothing is."""
    room = lacking()
    for paragraph in (True, False):
        output = io.BytesIO()
        bundle(entries(room), output, summary(room.crisis))
        with zipfile.ZipFile(output) as lot:
            texts = [lot.read(one).decode() for one in lot.namelist() if one.endswith(".txt")]
        said = "\n".join(texts)
        assert ("CE QUE LE JOURNAL SAIT NE PAS AVOIR" in said) == paragraph
        assert (MESSAGES in said) == paragraph
        room.does(FillGaps(), RecordFile("F1", 1, "0" * 64, kept=False))
