"""Who attacks what, and whether each of the three verifiers sees it; what none can see, too.

The two rows of « not seen » are there so that nobody promises more: without something kept outside,
a cut tail and a history rewritten with the true key look like the truth.
"""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.transcript import MessageHeard
from bot.exports.kit import verifier
from bot.journal.outside import Brought, find_checkpoints
from bot.journal.seal import VerifierKey
from bot.journal.verify import verify_lines
from tests.journal.books import FIRST, SECOND, STRANGER, Book, whole_book
from tests.journal.test_mutations import lines_of

KIT = Path(verifier.__file__).parent


@dataclass(frozen=True)
class Case:
    """What the auditor gets, and what he kept from elsewhere."""

    data: bytes
    note: str = ""
    key: str = ""
    blind: tuple[str, ...] = ()
    """The verifiers that are told not to see it."""


def sound() -> Book:
    """The journal as it should have been."""
    return whole_book()


def joined(lines: Sequence[bytes]) -> bytes:
    """The lines as a file."""
    return b"".join(lines)


def edited(old: bytes, new: bytes) -> Case:
    """One line edited in place."""
    data = joined(sound().lines)
    assert old in data
    return Case(data.replace(old, new, 1))


def moved(*order: int) -> Case:
    """The lines in another order, or without some."""
    lines = sound().lines
    return Case(joined([lines[at] for at in order]))


def emptied() -> Case:
    """A body taken away, and no line that says so."""
    book = sound()
    book.hollow(1)
    return Case(joined(book.lines))


def last_note(book: Book) -> str:
    """A note that covers all but the last line, as somebody kept it."""
    return book.signer.note(book.crisis, len(book.entries) - 1, book.entries[-2].hash)


def rewritten(signer: object = FIRST) -> Book:
    """Another history, sealed from the first line on by whoever holds this key."""
    book = Book(signer)  # type: ignore[arg-type]  # a signer
    book.said("Rien à signaler.", "Tout va bien.", "Exercice de routine.")
    book.checkpoint("opening")
    for _ in range(10):
        book.said("Calme.")
    return book


def cut_tail(*, held: bool) -> Case:
    """The last lines cut off, with or without a note from outside."""
    whole = sound()
    return Case(joined(whole.lines[:-2]), note=last_note(whole) if held else "")


def appended() -> Case:
    """A plausible line chained by the administrator of the database, who lacks the key."""
    book = sound()
    book.add(MessageHeard("1.5", "On paie."), signer=STRANGER)
    return Case(joined(book.lines), key=str(FIRST.verifier), blind=("shell",))


def another_key() -> Case:
    """The whole history rewritten under another key, and the true key known from elsewhere."""
    book = rewritten(STRANGER)
    return Case(joined(book.lines), key=str(FIRST.verifier), blind=("shell",))


def stolen_key(*, held: bool) -> Case:
    """The whole history rewritten with the true key; a note of the true one held, or not."""
    note = last_note(sound()) if held else ""
    return Case(joined(rewritten().lines), note=note, key=str(FIRST.verifier))


SEEN: dict[str, Callable[[], Case]] = {
    "a body edited": lambda: edited(b"On coupe Internet.", b"On garde Internet."),
    "an envelope edited": lambda: edited(b'"kind":"message"', b'"kind":"massage"'),
    "a line deleted in the middle": lambda: moved(*range(4), *range(5, 12)),
    "two lines swapped": lambda: moved(0, 2, 1, *range(3, 12)),
    "a line inserted": lambda: moved(*range(4), 3, *range(4, 12)),
    "a key twice": lambda: edited(b'"seq":5', b'"seq":5,"seq":5'),
    "a body removed without an erasure": emptied,
    "a tail cut, a note held": lambda: cut_tail(held=True),
    "a line appended without the key": appended,
    "rewritten under another key": another_key,
    "rewritten with the key, a note held": lambda: stolen_key(held=True),
}
UNSEEN: dict[str, Callable[[], Case]] = {
    "a tail cut, nothing held": lambda: cut_tail(held=False),
    "rewritten with the key, nothing held": lambda: stolen_key(held=False),
}
LAWFUL: dict[str, Callable[[], Case]] = {
    "a body removed with its erasure": lambda: Case(joined(sound().lines)),
    "the same, with all that was kept": lambda: Case(
        joined(sound().lines), last_note(sound()), str(FIRST.verifier)
    ),
    "the same, with the key that took over": lambda: Case(
        joined(sound().lines), key=str(SECOND.verifier)
    ),
}


def accepted(case: Case, folder: Path) -> dict[str, bool]:
    """Whether each verifier accepts the journal, given what the auditor kept."""
    journal, note = folder / "journal.jsonl", folder / "note"
    journal.write_bytes(case.data)
    note.write_text(case.note, encoding="utf-8")
    brought = Brought(
        find_checkpoints(case.note.encode()) if case.note else (),
        (VerifierKey.parse(case.key),) if case.key else (),
    )
    options = ["--checkpoint", str(note)] if case.note else []
    options += ["--key", case.key, "--signatures"] if case.key else []
    code, said = verifier.run([str(journal), *options])
    run = subprocess.run(
        ["bash", KIT / "verifier.sh", journal, note if case.note else ""],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert code in (0, 1), said
    assert (run.returncode in (0, 1), run.stderr) == (True, ""), run.stdout
    return {
        "ours": verify_lines(lines_of(case.data), brought).ok,
        "python": code == 0,
        "shell": run.returncode == 0,
    }


@pytest.mark.parametrize("make", SEEN.values(), ids=SEEN.keys())
def test_attacks_are_seen(make: Callable[[], Case], tmp_path: Path) -> None:
    """Each attack is refused by each verifier, but one that says it does not look at that."""
    case = make()

    found = accepted(case, tmp_path)

    assert found == {name: name in case.blind for name in found}


@pytest.mark.parametrize("make", UNSEEN.values(), ids=UNSEEN.keys())
def test_what_nobody_can_see_is_not_claimed(make: Callable[[], Case], tmp_path: Path) -> None:
    """Without anything kept outside these two pass, and each report says that they would."""
    case = make()

    assert set(accepted(case, tmp_path).values()) == {True}
    limits = " ".join(verify_lines(lines_of(case.data)).limits)
    assert "retirées à la fin" in limits
    assert "réécrit en entier" in limits


@pytest.mark.parametrize("make", LAWFUL.values(), ids=LAWFUL.keys())
def test_what_is_lawful_passes(make: Callable[[], Case], tmp_path: Path) -> None:
    """An erasure that a line records, and a key that was handed over, are no faults."""
    assert set(accepted(make(), tmp_path).values()) == {True}
