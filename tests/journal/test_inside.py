"""What a journal says of itself: erasures, checkpoints, keys, time stamps, right and wrong."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.erasable import LASTING as CORE_LASTING
from bot.core.erasure import ErasedLine, LinesErased
from bot.core.sealing import AnchorReceived, CheckpointSealed, KeyRotated
from bot.journal.inside import LASTING, SPEAK
from bot.journal.outside import Brought
from bot.journal.report import Report, spoken
from bot.journal.stamp import request
from bot.journal.verify import verify_lines
from tests.anchors.authority import Authority, Wrong, answer
from tests.exports.test_kit import theirs
from tests.journal.books import FIRST, SECOND, STRANGER, Book, whole_book

AUTHORITY = Authority.make()
FIELDS = st.sampled_from(
    (
        "lines",
        "seq",
        "kind",
        "size",
        "head",
        "note",
        "key",
        "old",
        "new",
        "lost",
        "receipt",
        "stamped",
    )
)


def found(book: Book, brought: Brought | None = None) -> Report:
    """What verification says of a book."""
    return verify_lines(book.lines, brought or Brought())


def fault(report: Report) -> tuple[int, int] | None:
    """The step that refused, and the line."""
    return (report.fault.check, report.fault.line_no) if report.fault else None


def told(report: Report, words: str) -> bool:
    """Whether the report says this to people."""
    return words in "\n".join(spoken(report))


def test_kinds_that_stay_are_those_of_the_rules() -> None:
    """The verifier keeps its own list, so that it needs no rule; it is the same one."""
    assert set(CORE_LASTING) == LASTING


# -- erasures ---------------------------------------------------------------------------------


def test_a_lawful_erasure_is_reported() -> None:
    """The lines, the line that erased them; nothing else is wrong."""
    report = found(whole_book(AUTHORITY))

    assert report.ok
    assert [(one.seq, one.by) for one in report.erased] == [(2, 8), (3, 8)]
    assert told(report, "2 lignes effacées régulièrement\u00a0: 2, 3, par la ligne 8.")


def erased(*named: ErasedLine, hollow: int = 2) -> Book:
    """Three messages, one without its body, and an erasure that names these."""
    book = Book()
    book.said("a", "b", "c")
    book.hollow(hollow)
    book.add(LinesErased(1, named))
    return book


def not_lasting() -> Book:
    """The body of a checkpoint taken away, with an erasure that names it."""
    book = Book()
    book.said("a")
    book.checkpoint()
    book.hollow(2)
    book.add(LinesErased(1, (ErasedLine(2, "checkpoint_sealed", "", {}),)))
    return book


def beforehand() -> Book:
    """An erasure that names a line still to come."""
    book = Book()
    book.said("a")
    book.add(LinesErased(1, (ErasedLine(3, "message", "", {}),)))
    book.said("b")
    book.hollow(3)
    return book


HOLES: dict[str, tuple[Callable[[], Book], tuple[int, int] | None]] = {
    "named": (lambda: erased(ErasedLine(2, "message", "RSSI", {})), None),
    "another line named": (lambda: erased(ErasedLine(3, "message", "RSSI", {})), (13, 2)),
    "named as another kind": (lambda: erased(ErasedLine(2, "note_added", "RSSI", {})), (13, 2)),
    "nothing named": (erased, (13, 2)),
    "of a kind that stays": (not_lasting, (13, 2)),
    "named before it was written": (beforehand, (13, 3)),
}  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), HOLES.values(), ids=HOLES.keys())
def test_a_hole_is_lawful_when_a_later_line_names_it(
    make: Callable[[], Book], expected: tuple[int, int] | None
) -> None:
    """Its number, its kind, and a kind that may go; anything else is found at the hole."""
    assert fault(found(make())) == expected


def test_a_body_that_came_back_is_told() -> None:
    """An erased text restored from a backup breaks nothing, and somebody must know."""
    book = Book()
    book.said("a", "b")
    book.add(LinesErased(1, (ErasedLine(1, "message", "RSSI", {}),)))

    report = found(book)

    assert report.ok
    assert told(report, "dont le contenu est encore là\u00a0: 1.")


def test_a_hole_that_was_not_resolved_is_told_with_another_fault() -> None:
    """When the reading ends early nobody is told that the hole was lawful."""
    book = whole_book()
    lines = book.lines[:5] + book.lines[6:]

    report = verify_lines(lines)

    assert fault(report) == (7, 6)
    assert told(report, "n'a pas été trouvé dans ce qui a été lu\u00a0: 2, 3.")


# -- checkpoints and keys ---------------------------------------------------------------------


def stated(**change: object) -> Book:
    """A checkpoint of which one field lies, sealed and signed like any other line."""
    book = Book()
    book.said("a", "b")
    note = FIRST.note(book.crisis, 2, book.head)
    fact = CheckpointSealed(2, book.head, note, str(FIRST.verifier), "decision")
    book.add(replace(fact, **change))  # type: ignore[arg-type]  # one field of the fact
    return book


def note(size: int = 2, head: str = "", crisis: str = "2026-0001") -> str:
    """A note signed with the key of the journal, on something else."""
    book = Book()
    book.said("a", "b")
    return FIRST.note(crisis, size, head or book.head)


LIES: dict[str, dict[str, object]] = {
    "a size": {"size": 1},
    "a size too large": {"size": 3},
    "a hash": {"head": "0" * 64},
    "a note of another size": {"note": note(size=1)},
    "a note of another hash": {"note": note(head="0" * 64)},
    "a note of another crisis": {"note": note(crisis="2026-0002")},
    "a note of another key": {"note": STRANGER.note("2026-0001", 2, Book().head)},
    "no note": {"note": ""},
    "a note without signature": {"note": note().partition("\n\n")[0] + "\n\n"},
    "another key": {"key": str(STRANGER.verifier)},
    "no key": {"key": "x"},
}


def test_a_checkpoint_that_holds_is_counted() -> None:
    """The unchanged one passes: what follows fails for what it changes."""
    report = found(stated())

    assert (report.ok, report.checkpoints) == (True, 1)
    assert [span.key for span in report.keys] == [str(FIRST.verifier)]


@pytest.mark.parametrize("change", LIES.values(), ids=LIES.keys())
def test_a_checkpoint_that_lies_is_found(change: dict[str, object]) -> None:
    """Each field is held against the lines before it, the note against its key."""
    assert fault(found(stated(**change))) == (14, 3)


def two_keys(*, lost: bool = False) -> Book:
    """A journal whose key changed in the middle."""
    book = Book()
    book.said("a")
    book.checkpoint("opening")
    book.rotate(SECOND, lost=lost)
    book.checkpoint("key")
    book.said("b")
    return book


def test_a_key_hands_over_to_the_next() -> None:
    """With the first key, or the second, every line is accounted for; with a stranger's none is."""
    book = two_keys()

    whole = found(book, Brought(keys=(FIRST.verifier,)))
    assert (whole.ok, whole.signatures_checked, len(whole.keys)) == (True, 5, 2)
    later = found(book, Brought(keys=(SECOND.verifier,)))
    assert (later.ok, later.signatures_checked) == (True, 2)
    assert told(later, "Les signatures des lignes 1 à 3")
    assert fault(found(book, Brought(keys=(STRANGER.verifier,)))) == (12, 1)


def test_a_lost_key_hands_nothing_over() -> None:
    """The gap is told; with the first key alone the change is refused, with both it is not."""
    book = two_keys(lost=True)

    report = found(book)
    assert report.ok
    assert told(report, "sans l'accord de la précédente, déclarée perdue")
    refused = found(book, Brought(keys=(FIRST.verifier,)))
    assert fault(refused) == (12, 3)
    assert str(SECOND.verifier) in str(refused.fault)
    both = found(book, Brought(keys=(FIRST.verifier, SECOND.verifier)))
    assert (both.ok, both.signatures_checked) == (True, 5)


def seized(*, lost: bool) -> Book:
    """Who holds the database and not the key declares a key of his own, and signs that himself."""
    book = Book()
    book.said("a")
    book.checkpoint("opening")
    change = KeyRotated(str(FIRST.verifier), str(STRANGER.verifier), "", lost)
    book.add(change, signer=STRANGER)
    book.signer = STRANGER
    book.checkpoint("key")
    book.said("b")
    return book


def test_a_key_cannot_be_seized_by_who_lacks_it() -> None:
    """Claimed in the name of the first key it is refused; claimed as lost, by whoever has a key."""
    assert fault(found(seized(lost=False))) == (14, 3)
    assert found(seized(lost=True)).ok
    assert fault(found(seized(lost=True), Brought(keys=(FIRST.verifier,)))) == (12, 3)


def test_a_signature_has_one_spelling() -> None:
    """Base64 leaves bits free at its end: another spelling of the same bytes is a change."""
    book = Book()
    book.said("a")
    sig = book.entries[0].sig
    assert sig is not None
    last = sig[-3]
    other = chr(ord(last) + 1)
    book.entries[0] = replace(book.entries[0], sig=sig[:-3] + other + "==")

    assert fault(found(book, Brought(keys=(FIRST.verifier,)))) == (12, 1)


# -- time stamps ------------------------------------------------------------------------------


def test_time_stamps_bracket_the_lines() -> None:
    """Before the first, between the two furthest apart, after the last: told with their hours."""
    report = found(whole_book(AUTHORITY), Brought(certificates=AUTHORITY.pem))

    assert report.ok
    assert [(one.size, one.seq, one.vouched) for one in report.stamps] == [
        (3, 5, True),
        (11, 13, True),
    ]
    assert told(report, "Jusqu'à la ligne 3, tout existait le 21/11/2026 à 02:14:02 UTC.")
    assert told(report, "De la ligne 6 à la ligne 11, tout a été écrit entre le")
    assert told(report, "À partir de la ligne 14, tout a été écrit après le")


def test_an_authority_is_not_believed_on_its_word() -> None:
    """Without certificates it is said; with those of another authority the stamp is a fault."""
    book = whole_book(AUTHORITY)

    alone = found(book)
    assert alone.ok
    assert told(alone, "L'autorité derrière 2 horodatages")
    other = found(book, Brought(certificates=Authority.make().pem))
    assert fault(other) == (15, 5)
    assert told(other, "Horodatage fictif")


def test_certificates_that_are_none_are_refused() -> None:
    """The auditor is told, rather than reassured."""
    with pytest.raises(ValueError, match="PEM"):
        found(whole_book(AUTHORITY), Brought(certificates=b"rien"))


def stamped(wrong: Wrong, **change: object) -> Book:
    """A checkpoint and a receipt, with what is wrong with its token or with the receipt."""
    book = Book()
    book.said("a")
    signed = book.checkpoint()
    token = answer(request(signed.encode(), 5), AUTHORITY, wrong)
    fact = AnchorReceived(
        "rfc3161", "https://tsa.example", 1, book.entries[0].hash, b64encode(token).decode(),
        wrong.at, 2,
    )  # fmt: skip
    book.add(replace(fact, **change))  # type: ignore[arg-type]  # one field of the fact
    return book


AT = Book().now + timedelta(minutes=2)
TOKENS: dict[str, tuple[Callable[[], Book], tuple[int, int] | None]] = {
    "right": (lambda: stamped(Wrong(at=AT)), None),
    "on another text": (lambda: stamped(Wrong(at=AT, imprint=bytes(32))), (15, 3)),
    "of another time": (lambda: stamped(Wrong(at=AT), stamped=AT + timedelta(1)), (15, 3)),
    "no token": (lambda: stamped(Wrong(at=AT), receipt="AAAA"), (15, 3)),
    "no base64": (lambda: stamped(Wrong(at=AT), receipt="é"), (15, 3)),
    "on no checkpoint": (lambda: stamped(Wrong(at=AT), size=7), (15, 3)),
    "on another hash": (lambda: stamped(Wrong(at=AT), head="0" * 64), (15, 3)),
    "a mail": (lambda: stamped(Wrong(at=AT), kind="email", receipt="<1@x>"), None),
}  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), TOKENS.values(), ids=TOKENS.keys())
def test_a_stamp_bears_on_a_checkpoint_of_the_journal(
    make: Callable[[], Book], expected: tuple[int, int] | None
) -> None:
    """Its text, its time and its checkpoint are those that the line states."""
    assert fault(found(make())) == expected


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (timedelta(seconds=-90), "L'horloge du journal avançait d'au moins"),
        (timedelta(hours=3), "L'horloge du journal retardait d'au moins"),
    ],
)
def test_a_clock_that_contradicts_the_authority_is_told(after: timedelta, words: str) -> None:
    """A stamp before its checkpoint, or after its receipt: one of the two clocks was off."""
    book = Book()
    book.said("a")
    book.checkpoint()
    book.stamp(AUTHORITY, after)

    report = found(book)

    assert report.ok
    assert told(report, words)


# -- whatever else ----------------------------------------------------------------------------

ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(SPEAK)), data=ODD)
def test_no_body_breaks_the_verification(kind: str, data: object) -> None:
    """A line of proof that says anything at all is accepted or refused, by both programs alike."""
    book = Book()
    book.said("a")
    book.checkpoint()
    book.raw(kind, data)

    report = found(book)

    assert report.fault is None or report.fault.message.endswith(".")
    assert theirs(book.lines) == fault(report)


# -- the second clock -------------------------------------------------------------------------


def test_the_distance_between_the_two_clocks_is_told() -> None:
    """The largest one over messages heard as they came; late ones are counted apart."""
    book = Book()
    book.said("a", "b")
    book.said("c", late=True)

    report = found(book)

    assert report.slack_lag_s == 0.8
    assert told(report, "celle de Slack\u00a0: 0,8\u00a0s (ligne 1).")
    assert told(report, "1 message relevé après coup.")
