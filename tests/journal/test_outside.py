"""What an auditor kept, as people keep it: typed, noted, mailed, quoted, folded, or wrong."""

import base64
import quopri
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.anchors.mail import Mailer, Server
from bot.journal.outside import Brought, Checkpoint, find_checkpoints, find_keys
from bot.journal.verify import verify_lines
from tests.anchors.sealed import AT
from tests.anchors.sealed import checkpoint as sealed
from tests.anchors.servers import HOST, mailing
from tests.journal.books import FIRST, whole_book

BOOK = whole_book()
NOTE = FIRST.note("2026-0001", 4, BOOK.entries[3].hash)
KEPT = Checkpoint(4, BOOK.entries[3].hash, NOTE, "2026-0001")
KEY = str(FIRST.verifier)
LETTER = f"Bonjour,\n\nVoici le point de contrôle :\n\n{NOTE}\nLa clé :\n\n{KEY}\n\nCordialement\n"


def mail(charset: str = "utf-8", cte: str = "8bit", *, attached: bool = False) -> bytes:
    """The letter as a saved e-mail."""
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"] = "Point de contrôle", "tocsin@ch-fictif.example"
    message.set_content("Voir la pièce jointe." if attached else LETTER, charset=charset, cte=cte)
    if attached:
        message.add_attachment(NOTE, filename="point.txt")
    return message.as_bytes()


def page() -> bytes:
    """The letter as a mail program that only knows pages saves it."""
    message = EmailMessage(policy=SMTP)
    rows = "".join(f"<div>{line or '&nbsp;'}</div>\n" for line in LETTER.splitlines())
    message.set_content(f"<html><body>{rows}</body></html>", subtype="html", cte="base64")
    return message.as_bytes()


def folded() -> bytes:
    """The letter with its long lines cut by a mail program."""
    lines = [
        line[:70] + "\n" + line[70:] if len(line) > 100 else line for line in LETTER.split("\n")
    ]
    return "\n".join(lines).encode()


LETTERS = {
    "the note alone": NOTE.encode(),
    "with windows line ends": NOTE.replace("\n", "\r\n").encode(),
    "in a letter": LETTER.encode(),
    "quoted in a reply": "".join(f"> {line}\n" for line in LETTER.split("\n")).encode(),
    "quoted twice": "".join(f">> | {line}  \n" for line in LETTER.split("\n")).encode(),
    "folded": folded(),
    "with another dash": LETTER.replace("—", "--").encode(),
    "mail, eight bits": mail(),
    "mail, quoted-printable": mail(cte="quoted-printable"),
    "mail, base64": mail(cte="base64"),
    "mail, attached": mail(attached=True),
    "mail, a page": page(),
    "quoted-printable without headers": quopri.encodestring(LETTER.encode()),
}


@pytest.mark.parametrize("name", [name for name in LETTERS if "without headers" not in name])
def test_a_note_is_found_wherever_it_was_kept(name: str) -> None:
    """Size, hash, crisis and the note to the letter, from every way of keeping it."""
    assert find_checkpoints(LETTERS[name]) == (KEPT,)


def test_a_checkpoint_may_be_typed() -> None:
    """A number and a hash, alone or in a sentence, capitals or not."""
    typed = Checkpoint(4, BOOK.entries[3].hash)

    assert find_checkpoints(f"4:{typed.head.upper()}".encode()) == (typed,)
    assert find_checkpoints(f"Point de contrôle\u00a0: 4:{typed.head}\n".encode()) == (typed,)
    two = f"4:{typed.head} puis 2:{BOOK.entries[1].hash}".encode()
    assert find_checkpoints(two) == (Checkpoint(2, BOOK.entries[1].hash), typed)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"rien",
        b"4:abc",
        b"0:" + b"0" * 64,
        LETTERS["quoted-printable without headers"],
        NOTE.encode()[:-8],
        b"\xff\xfe\x00",
        b"Content-Type: text/plain; charset=inconnu\n\n\xe9",
        b"Content-Transfer-Encoding: base64\n\n@@@",
    ],
)
def test_what_holds_no_checkpoint_is_told(data: bytes) -> None:
    """Nothing is half understood: no checkpoint, no key."""
    with pytest.raises(ValueError, match="no checkpoint"):
        find_checkpoints(data)
    with pytest.raises(ValueError, match="no key"):
        find_keys(data)


@given(st.binary(max_size=400) | st.text(max_size=300).map(str.encode))
def test_no_letter_breaks_the_reading(data: bytes) -> None:
    """Whatever the file, it is read or refused, never a trace."""
    for find in (find_checkpoints, find_keys):
        try:
            assert find(data + NOTE.encode() + KEY.encode())
        except ValueError as error:
            assert "in there" in str(error)  # noqa: PT017 - refused is as good as read


def test_keys_are_found_in_letters() -> None:
    """The key of a mail, of the file of a bundle, or typed."""
    assert find_keys(KEY.encode()) == (KEY,)
    assert find_keys(mail(cte="quoted-printable")) == (KEY,)
    other = "autre+00000000+" + base64.b64encode(bytes(33)).decode()
    assert find_keys(f"# ligne 1\n{KEY}\n# ligne 9\n{other}\n".encode()) == (KEY, other)


def test_a_note_from_outside_covers_its_line() -> None:
    """The note is respected, its own signature too, and the tail after it is said uncovered."""
    report = verify_lines(BOOK.lines, Brought((KEPT,)))

    assert report.ok
    assert report.checks[10].ok
    assert report.limits[0].startswith("Après la ligne 4,")
    assert not any("signature du point de contrôle" in one for one in report.unchecked)


def test_a_note_of_another_crisis_is_no_checkpoint_of_this_one() -> None:
    """It is told whose it is; among others of this crisis it is left aside."""
    other = FIRST.note("2026-0002", 4, "ab" * 32)
    (kept,) = find_checkpoints(other.encode())

    alone = verify_lines(BOOK.lines, Brought((kept,)))
    assert alone.fault is not None
    assert (alone.fault.check, "2026-0002" in alone.fault.message) == (11, True)
    assert verify_lines(BOOK.lines, Brought((kept, KEPT))).ok


def test_a_note_that_was_changed_is_refused() -> None:
    """Its signature claims the key of the journal and is not of that key."""
    forged = NOTE.replace("\n4\n", "\n3\n").replace(
        base64.b64encode(bytes.fromhex(BOOK.entries[3].hash)).decode(),
        base64.b64encode(bytes.fromhex(BOOK.entries[2].hash)).decode(),
    )
    (kept,) = find_checkpoints(forged.encode())

    report = verify_lines(BOOK.lines, Brought((kept,)))

    assert report.fault is not None
    assert (report.fault.check, "signature" in report.fault.message) == (11, True)


def test_a_note_under_an_unknown_key_is_said_unchecked() -> None:
    """A typed checkpoint counts for its hash alone, and that is said."""
    typed = verify_lines(BOOK.lines, Brought((Checkpoint(4, BOOK.entries[3].hash),)))

    assert typed.ok
    assert any("La signature du point de contrôle donné" in one for one in typed.unchecked)


async def test_the_mail_that_a_witness_received_is_a_checkpoint(tmp_path: Path) -> None:
    """What our own mailer sends, saved as it came, gives back note and key."""
    noted = sealed(tmp_path)
    async with mailing(tmp_path) as box:
        sender = Mailer(Server("smtp", HOST, box.port), "tocsin@ch-fictif.example", lambda: AT)
        await sender.station("temoin@agence.example").put(noted)
        (_, received), *_ = box.taken

    (found,) = find_checkpoints(received)
    assert (found.entries, found.head, found.note) == (noted.size, noted.head, noted.note)
    assert noted.key in find_keys(received)
