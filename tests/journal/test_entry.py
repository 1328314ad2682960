"""Format v1: frozen bytes, faithful round trips, and what it refuses to hold."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.journal.entry import GENESIS, export_line, open_line, read_time, seal, write_time
from tests.journal.chains import chain, exported, sealed
from tests.journal.test_canonical import KEYS, VALUES

GOLDEN = Path(__file__).parents[1] / "golden" / "journal-v1.jsonl"
GOLDEN_SHA256 = "fab94f2a1c160c17d55e38b3073fce0df71ab08524e9ddcdb2c4030a50ca0e9f"

MOMENTS = st.datetimes(timezones=st.just(UTC))
FIELDS: dict[str, Any] = {
    "crisis": "2026-0001",
    "seq": 1,
    "kind": "note-taken",
    "event_time": None,
    "record_time": datetime(2026, 3, 14, 2, 7, tzinfo=UTC),
    "slack_ts": None,
    "prev": GENESIS,
    "body": {"text": "Bonjour"},
    "salt": bytes(32),
    "delivery": None,
}


def test_the_golden_journal_has_not_changed() -> None:
    """Format v1 is frozen: not one byte of the kept journal may differ, for ever."""
    assert sha256(GOLDEN.read_bytes()).hexdigest() == GOLDEN_SHA256


def test_sealing_today_gives_the_golden_journal() -> None:
    """The same twelve facts, sealed by this version, give the kept bytes."""
    assert b"".join(exported(chain(12))) == GOLDEN.read_bytes()


@given(
    seq=st.integers(min_value=1, max_value=2**53 - 1),
    event_time=st.none() | MOMENTS,
    record_time=MOMENTS,
    slack_ts=st.none() | st.just("1773454001.000100"),
    body=st.dictionaries(KEYS, VALUES),
    salt=st.binary(min_size=32, max_size=32),
)
def test_what_was_sealed_can_be_opened(**fields: Any) -> None:
    """Opening the stored texts gives back the entry that was sealed, field by field."""
    entry = seal(**{**FIELDS, **fields, "delivery": "d1"})

    assert open_line(entry.line, entry.salt, entry.body, entry.sig, entry.delivery) == entry
    assert entry.body_data == fields["body"]
    assert (entry.seq, entry.event_time, entry.record_time) == (
        fields["seq"],
        fields["event_time"],
        fields["record_time"],
    )


@given(st.datetimes(timezones=st.timezones()))
def test_times_keep_their_instant(moment: datetime) -> None:
    """A time of any zone is written in UTC to the microsecond, and read back equal."""
    try:
        text = write_time(moment)
    except OverflowError:  # the zone pushes it out of the years that exist
        return

    assert text.endswith("Z")
    assert read_time(text) == moment.astimezone(UTC)


def test_time_is_written_with_microseconds_and_z() -> None:
    """One spelling, whatever the zone and the precision it came with."""
    paris = timezone(timedelta(hours=1))

    assert write_time(datetime(2026, 3, 14, 3, 7, tzinfo=paris)) == "2026-03-14T02:07:00.000000Z"


def test_commitment_can_be_recomputed_by_hand() -> None:
    """The line commits to SHA-256 of the salt followed by the canonical body, and chains."""
    first, second = chain(2)
    assert first.salt is not None
    assert first.body is not None

    assert first.body_hash == sha256(first.salt + first.body.encode()).hexdigest()
    assert second.prev == first.hash == sha256(first.line.encode()).hexdigest()
    assert first.prev == GENESIS == "0" * 64


def test_lone_surrogates_are_marked_and_sealed() -> None:
    """A text that cannot be UTF-8 is sealed with the replacement character in its place."""
    entry = sealed(1, body={"text": "a\ud800b"})

    assert entry.body_data == {"text": "a\ufffdb"}


def test_an_entry_without_body_is_exported_with_its_hole() -> None:
    """Once the body is gone the export says null, and opening gives no data."""
    entry = open_line(sealed(1).line)

    assert entry.body_data is None
    assert export_line(entry).startswith('{"body":null,"entry":{')
    assert export_line(entry).endswith(',"salt":null,"sig":null}')


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 0},
        {"seq": True},
        {"seq": 2**53},
        {"crisis": ""},
        {"crisis": "\ud800"},
        {"kind": ""},
        {"prev": GENESIS.replace("0", "A")},
        {"prev": "0" * 63},
        {"salt": bytes(31)},
        {"record_time": datetime(2026, 3, 14, 2, 7)},  # noqa: DTZ001 - naive on purpose
        {"event_time": datetime(2026, 3, 14, 2, 7)},  # noqa: DTZ001 - naive on purpose
        {"slack_ts": 1773454001.0001},
        {"body": {"n": 1.5}},
    ],
    ids=repr,
)
def test_what_the_format_cannot_hold_is_refused(change: dict[str, Any]) -> None:
    """A fault of the caller is found when sealing, never stored."""
    with pytest.raises(ValueError, match=r".+"):
        seal(**{**FIELDS, **change})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"v":1', '"v":2'),
        ('"v":1', '"v":true'),
        ('"v":1', '"v":1,"w":1'),
        ('"seq":1,', ""),
        ("250001Z", "250001+00:00"),
        (".250001", ""),
        ('"kind":"note-taken"', '"kind":null'),
    ],
)
def test_a_line_of_another_format_is_not_opened(old: str, new: str) -> None:
    """Only exactly the fields of version 1, each spelt in its own way, are read."""
    line = sealed(1).line
    assert old in line

    with pytest.raises(ValueError, match=r".+"):
        open_line(line.replace(old, new))
