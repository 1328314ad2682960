"""What verification finds, what it says, and what it honestly does not find."""

import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bot.journal.entry import open_line, seal
from bot.journal.outside import Brought, Checkpoint
from bot.journal.report import TITLES
from bot.journal.verify import verify_file, verify_lines
from tests.journal.chains import START, chain, exported, sealed

Lines = list[bytes]


def reforged(body: dict[str, Any]) -> Lines:
    """Twelve lines of which the fourth was changed, and nothing resealed after it."""
    entries = chain(12)
    entries[3] = sealed(4, entries[2].hash, body=body)
    return exported(entries)


def stepped_back() -> Lines:
    """A well-chained journal whose clock went back at its second line."""
    first = sealed(1)
    second = seal(
        crisis=first.crisis,
        seq=2,
        kind="note-taken",
        event_time=None,
        record_time=START,
        slack_ts=None,
        prev=first.hash,
        body={},
        salt=bytes(32),
        delivery=None,
    )
    return exported([first, second])


def spliced() -> Lines:
    """A second line that names the right predecessor, of another crisis."""
    first = sealed(1)
    return exported([first, sealed(2, first.hash, crisis="2026-0002")])


def without(part: str) -> Callable[[], Lines]:
    """Twelve lines of which the sixth lost its body, or its salt."""

    def lines() -> Lines:
        entries = chain(12)
        kept = entries[5]
        salt = None if part == "salt" else kept.salt
        body = None if part == "body" else kept.body
        entries[5] = open_line(kept.line, salt, body)
        return exported(entries)

    return lines


def edited(old: bytes, new: bytes, line: int = 2) -> Callable[[], Lines]:
    """Twelve lines of which one was edited in place."""

    def lines() -> Lines:
        found = exported(chain(12))
        assert old in found[line - 1]
        found[line - 1] = found[line - 1].replace(old, new)
        return found

    return lines


ATTACKS = {
    "nothing at all": (list[bytes], 0, 2),
    "blank line": (lambda: [*exported(chain(2)), b"\n"], 3, 2),
    "cut in the middle of a line": (lambda: [*exported(chain(1)), b'{"body'], 2, 2),
    "bytes that are no text": (edited(b"Camille", b"Cam\xffille"), 2, 2),
    "windows line ends": (edited(b"\n", b"\r\n"), 2, 4),
    "no JSON": (lambda: [b"Bonjour\n"], 1, 3),
    "an array": (lambda: [b"[]\n"], 1, 3),
    "a key twice": (edited(b'"seq":2', b'"seq":2,"seq":2'), 2, 3),
    "a float": (edited(b'"seq":2', b'"seq":2.0'), 2, 3),
    "deep nesting": (lambda: [b"[" * 100_000 + b"\n"], 1, 3),
    "a space": (edited(b'"seq":2', b'"seq": 2'), 2, 4),
    "an escape": (edited(b"Camille", b"\\u0043amille"), 2, 4),
    "a lone surrogate": (edited(b"Camille", b"\\ud800"), 2, 4),
    "unsorted keys": (edited(b'"body":{', b'"v":1,"body":{'), 2, 4),
    "another version": (edited(b'"v":1', b'"v":2'), 2, 5),
    "a field too many": (edited(b'"v":1', b'"v":1,"w":1'), 2, 5),
    "an unknown field beside": (edited(b'"sig":null', b'"sig":null,"x":1'), 2, 5),
    "a short salt": (edited(b'"salt":"', b'"salt":"00'), 2, 5),
    "an empty signature": (edited(b'"sig":null', b'"sig":""'), 2, 5),
    "another crisis": (spliced, 2, 6),
    "first line dropped": (lambda: exported(chain(12))[1:], 1, 7),
    "middle line dropped": (lambda: exported(chain(12)[:5] + chain(12)[6:]), 6, 7),
    "line doubled": (lambda: exported([*chain(5), chain(5)[4]]), 6, 7),
    "lines swapped": (lambda: exported([chain(3)[i] for i in (0, 2, 1)]), 2, 7),
    "seq renumbered": (edited(b'"seq":2', b'"seq":3'), 2, 7),
    "line changed with its body": (lambda: reforged({"text": "rien"}), 5, 8),
    "kind changed": (edited(b'"kind":"note-taken"', b'"kind":"note-token"'), 3, 8),
    "text changed": (edited(b"Camille", b"Camilla"), 2, 9),
    "body taken away": (without("body"), 6, 9),
    "salt taken away": (without("salt"), 6, 9),
    "clock stepped back": (stepped_back, 2, 10),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "line_no", "check"), ATTACKS.values(), ids=ATTACKS.keys())
def test_attacks_are_found(lines: Callable[[], Lines], line_no: int, check: int) -> None:
    """Each attack is found at its line, by the step that is there for it."""
    report = verify_lines(lines())

    assert not report.ok
    assert report.fault is not None
    assert (report.fault.check, report.fault.line_no) == (check, line_no)
    assert report.checks[check - 1].ok is False
    assert report.fault.message.endswith(".")


def test_a_sound_journal_passes() -> None:
    """A journal as exported passes each step, and the report says what it holds."""
    entries = chain(12)

    report = verify_lines(exported(entries))

    assert report.ok
    assert report.fault is None
    assert (report.entries, report.head, report.crisis) == (12, entries[-1].hash, "2026-0001")
    assert (report.first_time, report.last_time) == (
        entries[0].record_time,
        entries[-1].record_time,
    )
    assert [check.number for check in report.checks] == list(TITLES)
    assert [check.ok for check in report.checks] == [None, *[True] * 9, *[None] * 5]


def test_backdated_event_times_are_lawful() -> None:
    """People may note at eight what was decided at three: only the time of writing is ordered."""
    entries = chain(12)

    assert any(e.event_time and e.event_time < entries[0].record_time for e in entries)
    assert verify_lines(exported(entries)).ok


def test_a_cut_tail_needs_a_checkpoint() -> None:
    """Without a checkpoint a cut tail is not found, and the report says so; with one it is."""
    whole = chain(12)
    cut = exported(whole[:9])
    noted = Brought((Checkpoint(12, whole[-1].hash),))

    assert verify_lines(cut).ok
    assert "retirées à la fin" in verify_lines(cut).limits[0]
    report = verify_lines(cut, noted)
    assert report.fault is not None
    assert report.fault.check == 11
    assert "coupée" in report.fault.message


def test_a_rewritten_journal_needs_a_checkpoint() -> None:
    """A journal forged as a whole is not found without a checkpoint; with one it is."""
    true = chain(12)
    forged = [sealed(1, body={"text": "tout va bien"})]
    forged += chain(11, forged[0])

    assert verify_lines(exported(forged)).ok
    assert any("réécrit en entier" in limit for limit in verify_lines(exported(forged)).limits)
    report = verify_lines(exported(forged), Brought((Checkpoint(6, true[5].hash),)))
    assert report.fault is not None
    assert (report.fault.check, report.fault.line_no) == (11, 6)


def test_a_checkpoint_holds_when_the_journal_grew() -> None:
    """What was noted at line six is still true at line twelve."""
    entries = chain(12)

    noted = Checkpoint.parse(f" 6:{entries[5].hash.upper()}\n")

    report = verify_lines(exported(entries), Brought((noted,)))

    assert report.ok
    assert report.checks[10].ok
    assert report.limits[0].startswith("Après la ligne 6")


@pytest.mark.parametrize("text", ["", "6", "6:abc", "0:" + "0" * 64, "-1:" + "0" * 64])
def test_a_checkpoint_has_one_spelling(text: str) -> None:
    """What is not a number and a hash is refused rather than half understood."""
    with pytest.raises(ValueError, match="checkpoint"):
        Checkpoint.parse(text)


def test_signatures_are_said_to_be_unchecked() -> None:
    """A signature is let through, counted, and the report says that it was not checked."""
    first = sealed(1)
    signed = open_line(first.line, first.salt, first.body, sig="c2lnbmF0dXJl")

    report = verify_lines(exported([signed]))

    assert report.ok
    assert report.signatures == 1
    assert any("non vérifiées" in one for one in report.unchecked)


def test_the_report_is_plain_data() -> None:
    """The report becomes JSON as it is, sound or not."""
    for lines in (exported(chain(3)), exported(chain(3))[1:]):
        data = json.loads(json.dumps(verify_lines(lines).as_json()))

        assert data["ok"] is (data["fault"] is None)
        assert len(data["checks"]) == len(TITLES)
        assert data["first_time"] in {None, "2026-03-14T02:08:31.250001Z"}


def test_a_line_without_end_is_not_read_into_memory(tmp_path: Path) -> None:
    """A file of several megabytes without a line feed is a fault, found without holding it all."""
    path = tmp_path / "long.jsonl"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024)

    report = verify_file(path)

    assert report.fault is not None
    assert report.fault.check == 2


def test_an_auditor_can_do_it_alone() -> None:
    """Twenty lines that know only the description of the format accept the same journal."""
    previous = "0" * 64
    for number, raw in enumerate(exported(chain(12)), 1):
        data = json.loads(raw)
        spelt = [
            json.dumps(part, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            for part in (data["entry"], data["body"])
        ]
        assert data["entry"]["seq"] == number
        assert data["entry"]["prev"] == previous
        assert data["entry"]["body"] == sha256(bytes.fromhex(data["salt"]) + spelt[1]).hexdigest()
        previous = sha256(spelt[0]).hexdigest()


def test_verifying_needs_the_standard_library_alone() -> None:
    """With site-packages away, a journal is still verified."""
    code = "import sys; from bot.journal.verify import verify_file as v; print(v(sys.argv[1]).ok)"
    root = Path(__file__).parents[2]
    golden = root / "tests" / "golden" / "journal-v1.jsonl"

    done = subprocess.run(
        [sys.executable, "-S", "-c", code, str(golden)],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout == "True\n"
