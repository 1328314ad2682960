"""Files: what is to be read, what is recorded of it, and what an erasure takes."""

from typing import get_args

import pytest

from bot.core.crisis import Unread
from bot.core.duties import SettleDuty
from bot.core.erasable import together
from bot.core.files import (
    LASTING,
    UNREAD,
    FileRead,
    FileUnread,
    RecordFile,
    RecordUnreadFile,
    SharedFile,
    carried,
    fingerprint,
    pending,
    unread,
)
from bot.core.instants import RecordInstant
from bot.core.opening import CloseCrisis
from bot.core.transcript import DeleteMessage, EditMessage, HearMessage
from bot.exports.summary import missing
from bot.sentences import tell
from tests.core.plans import DIANE, START, Room, opened, says
from tests.core.test_erasure import cell, erased

PHOTO = SharedFile("F1", "photo.jpg", "image/jpeg", 9)
PAGE = SharedFile("F2", "page.pdf", "application/pdf", 20)
HASH = "ab" * 32
READ = RecordFile("F1", 9, HASH, kept=True)


def said(*files: SharedFile) -> Room:
    """A room in which somebody put these files in a message."""
    room = opened()
    room.does(HearMessage("1.1", "voici", files=files))
    return room


def test_a_file_is_read_once() -> None:
    """Until it is read a file is pending; its fingerprint is then known by its Slack id."""
    room = said(PHOTO, PAGE)
    assert [one.id for one in pending(room.crisis)] == ["F1", "F2"]
    assert fingerprint(room.crisis, "F1") == ""
    assert room.does(READ) == (FileRead("F1", "1.1", "photo.jpg", 9, HASH, True),)
    assert room.does(READ, RecordUnreadFile("F1", "away")) == ()
    assert [one.id for one in pending(room.crisis)] == ["F2"]
    assert fingerprint(room.crisis, "F1") == HASH
    assert (fingerprint(room.crisis, "F2"), fingerprint(room.crisis, "F9")) == ("", "")
    assert room.does(RecordFile("F9", 1, HASH, kept=False)) == ()


@pytest.mark.parametrize("why", get_args(Unread))
def test_what_cannot_be_read_is_told_once(why: Unread) -> None:
    """Once for each reason; what may pass stays pending, what lasts does not; it may succeed."""
    room = said(PHOTO)
    failed = RecordUnreadFile("F1", why)
    (fact,) = room.does(failed)
    assert fact == FileUnread("F1", "1.1", "photo.jpg", why)
    says(tell(fact, room.crisis.plan), "photo.jpg", UNREAD[why])
    assert room.does(failed) == ()
    assert bool(pending(room.crisis)) == (why not in LASTING)
    assert [one.id for one in unread(room.crisis)] == ["F1"]
    says(missing(room.crisis), "1\u00a0fichier")
    room.does(CloseCrisis("fini"), READ)
    assert unread(room.crisis) == ()
    assert missing(room.crisis) == ""


def test_files_come_and_go_with_an_edit() -> None:
    """A re-rendering is no edit; a file taken out or added is one, and is read as well."""
    room = said(PHOTO)
    same = EditMessage("1.1", "voici", "voici", files=(PHOTO,))
    assert room.does(same) == ()
    assert room.does(EditMessage("1.1", "voici", "voici")) == ()
    (fact,) = room.does(EditMessage("1.1", "voici", "voici", files=(PAGE,)))
    says(tell(fact, room.crisis.plan), "Texte : voici", "ajouté : page.pdf", "retiré : photo.jpg")
    assert room.crisis.files["F1"].removed
    assert [one.id for one in pending(room.crisis)] == ["F1", "F2"]
    assert room.does(EditMessage("1.1", "voici", "voici", files=(PAGE,))) == ()


def test_a_deleted_message_stays_deleted() -> None:
    """It is deleted once; neither a late copy nor a late edit brings it back."""
    room = said()
    (fact,) = room.does(DeleteMessage("1.1", "", late=True))
    says(tell(fact, room.crisis.plan), "(constaté après coup)", "Il disait : voici")
    assert room.does(DeleteMessage("1.1", "voici")) == ()
    assert room.does(HearMessage("1.1", "voici")) == ()
    assert room.does(EditMessage("1.1", "autre", "voici")) == ()
    (unseen,) = room.does(DeleteMessage("1.2", "", late=True))
    says(tell(unseen, room.crisis.plan), "Texte inconnu")


def test_a_file_goes_with_its_message() -> None:
    """Erasing a message erases the name of its file, read or not, and what it is known by."""
    room = cell()
    room.does(HearMessage("1.1", "dossier", files=(PHOTO, PAGE)))
    line = room.crisis.seq
    room.does(READ)
    erased(room, line)
    assert fingerprint(room.crisis, "F1") == ""
    assert pending(room.crisis) == ()
    assert all(one.erased for one in room.crisis.files.values())
    assert room.crisis.files["F1"].sha256 == HASH  # by which its copy is found and removed
    assert "photo.jpg" not in str(room.recorded)
    assert room.does(RecordFile("F2", 20, HASH, kept=True)) == ()


def test_a_file_of_a_form_goes_with_its_line() -> None:
    """A receipt is read like any file; its reading goes with the line of the duty."""
    room = cell()
    room.does(RecordInstant("t_sis", START))
    room.does(SettleDuty("agence", "sent", "", receipts=(PHOTO,)), by=DIANE)
    line = room.crisis.seq
    room.does(READ)
    assert room.crisis.files["F1"].of == ""
    assert [stamp.seq for _, stamp in together(room.recorded, [line])] == [line, line + 1]
    erased(room, line)
    assert room.crisis.files["F1"].erased


def test_a_file_is_carried_once() -> None:
    """The same file put again stays with the message that brought it first."""
    room = said(PHOTO)
    room.does(HearMessage("1.2", "encore", files=(PHOTO, PAGE)))
    assert {one.id: one.of for one in room.crisis.files.values()} == {"F1": "1.1", "F2": "1.2"}
    stamp = room.recorded[-1][1]
    assert carried(room.crisis, (), stamp) == room.crisis.files
