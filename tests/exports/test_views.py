"""The views for auditors: the same rows in five shapes, none of which a hostile text can break."""

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.facts import FACTS
from bot.exports import FORMATS, VIEWS
from bot.exports.columns import HEADERS
from bot.exports.french_csv import guarded
from bot.exports.iris import HEADERS as IRIS_HEADERS
from bot.exports.jsonl import CrisisSummary, Progress
from bot.exports.rows import KINDS, RULINGS, local, rows
from bot.exports.spreadsheet import write_xlsx
from bot.exports.text import LONGEST_CELL, cell, legible, one_line
from bot.journal.entry import Entry
from tests.exports.journals import entries, night, told, written
from tests.journal.chains import chain

FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://exemple.invalid")',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\0=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    " =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "=cmd|' /C calc'!A0",
)
REWRITTEN = (
    "0033612345678",
    "1773454001.000100",
    "1e5",
    "3/4",
    "12 mars",
    "mars 26",
    "50 %",
    "vrai",
)
HOSTILE = (
    *FORMULAS,
    *REWRITTEN,
    "👩\u200d🚀 🇫🇷 ✅ ⚠️",
    "a\u202egnp.exe\u2066",
    "un\ndeux\r\ntrois\rquatre\u2028cinq\x85six\x0bsept\x1cfin",
    '"; "a""b";;\\',
    "_x0041_ \x07\x1b[31m \ufffe",
    "x" * 40_000,
    "🚨" * 20_000,
    "ﷺ 中文 العربية",
    "</t></is><f>1+1</f>",
    "",
)
NIGHT = entries(night(texts=HOSTILE))
SUMMARY = told(night())
EXERCISE = told(night(exercise=True))


def made(name: str, journal: Sequence[Entry] = NIGHT, summary: CrisisSummary = SUMMARY) -> bytes:
    """What this format writes of a journal."""
    output = io.BytesIO()
    info = FORMATS[name].write(iter(journal), output, summary)
    assert (info.entries, info.head) == (len(journal), journal[-1].hash)
    return output.getvalue()


def csv_rows(data: bytes) -> list[list[str]]:
    """The rows of the French CSV under its notice and its columns."""
    text = data.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert len(lines[0]) == 1
    assert tuple(lines[1]) == HEADERS
    assert {len(line) for line in lines[1:]} == {len(HEADERS)}
    return lines[2:]


def sheets(data: bytes) -> dict[str, str]:
    """The sheets of a workbook, as XML."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return {name: book.read(name).decode() for name in names}


def xlsx_rows(data: bytes) -> list[list[str]]:
    """The rows of the workbook's journal, as Excel shows them."""
    tree = ET.fromstring(sheets(data)["xl/worksheets/sheet2.xml"])  # noqa: S314 - ours
    lines = [
        ["".join(part.itertext()) for part in line if part.tag.endswith("}c")]
        for line in tree.iter()
        if line.tag.endswith("}row")
    ]
    return [[unescaped(text) for text in line] for line in lines[2:]]


def unescaped(text: str) -> str:
    """A text of the workbook with Excel's own escapes undone."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def timesketch_rows(data: bytes) -> list[dict[str, Any]]:
    """What Timesketch takes from a file: its rules for an upload, on every line."""
    taken = []
    for line in io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"):
        assert line.splitlines() == [line.removesuffix("\n")]
        event = json.loads(line)
        assert isinstance(event, dict)
        assert all(event[name] for name in ("message", "datetime", "timestamp_desc"))
        moment = datetime.fromisoformat(event["datetime"])
        assert moment.utcoffset() is not None
        assert event["timestamp"] == (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
            microseconds=1
        )
        assert isinstance(event["tag"], list)
        taken.append(event)
    return taken


def iris_rows(data: bytes) -> list[dict[str, str]]:
    """What DFIR-IRIS takes from a file: its rules for an upload, on every line."""
    lines = data.decode("utf-8").splitlines()
    assert lines[0] == ",".join(IRIS_HEADERS)
    taken = list(csv.DictReader(lines))
    assert len(taken) == len(lines) - 1, "a line end inside a field"
    for row in taken:
        assert None not in row
        assert None not in row.values()
        datetime.strptime(row["event_date"], "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC)
        assert re.fullmatch(r"[+-]\d\d:\d\d", row["event_tz"])
        assert len(row["event_title"]) >= 2
        assert (row["event_category"], row["event_assets"], row["event_iocs"]) == ("", "", "")
        assert all(re.fullmatch(r"[\w -]+", tag) for tag in row["event_tags"].split("|"))
    return taken


def test_every_kind_of_entry_has_a_french_name() -> None:
    """No view shows the spelling of the journal when a word exists, nor an old word."""
    assert KINDS.keys() == FACTS.keys()
    assert KINDS.keys() >= RULINGS


def test_every_view_has_every_row_with_its_number_and_hash() -> None:
    """The five shapes count the same entries and name each by its number and hash."""
    expected = [(str(entry.seq), entry.hash) for entry in NIGHT]
    said = re.compile(r"Ligne (\d+), empreinte ([0-9a-f]{64})")

    assert [(row[0], row[1]) for row in csv_rows(made("csv"))] == expected
    assert [(row[0], row[1]) for row in xlsx_rows(made("xlsx"))] == expected
    events = timesketch_rows(made("timesketch"))
    assert list(dict.fromkeys((str(one["seq"]), one["entry_hash"]) for one in events)) == expected
    assert [said.match(row["event_raw"]).groups() for row in iris_rows(made("iris"))] == expected  # type: ignore[union-attr]


def test_a_fact_noted_late_is_seen_at_both_its_times() -> None:
    """The declared time and that of the recording are both there, in UTC and in the zone."""
    late = [entry for entry in NIGHT if entry.event_time != entry.record_time]
    note = next(row for row in csv_rows(made("csv")) if row[7] == "note_added")
    lines = Counter(one["seq"] for one in timesketch_rows(made("timesketch")))

    assert note[2:6] == [
        "2026-11-21T02:15:00.000000Z",
        "2026-11-21T03:15:00.000+01:00",
        "2026-11-21T02:30:00.000000Z",
        "2026-11-21T03:30:00.000+01:00",
    ]
    assert {seq for seq, count in lines.items() if count == 2} == {entry.seq for entry in late}
    assert set(lines.values()) == {1, 2}


def test_decisions_and_filings_are_a_part_that_says_so() -> None:
    """The short variant keeps the chain's numbers, holds what binds, and names itself."""
    whole, some = csv_rows(made("csv")), csv_rows(made("csv-decisions"))

    assert [row for row in whole if row[13] == "oui"] == some
    assert {"decision_taken", "instant_recorded", "crisis_opened", "line_corrected"} <= {
        row[7] for row in some
    }
    assert not {"message", "note_added", "step_taken"} & {row[7] for row in some}
    assert "décisions et démarches seulement" in made("csv-decisions").decode().splitlines()[0]
    for name in ("timesketch", "iris", "xlsx"):
        assert len(made(f"{name}-decisions")) < len(made(name))


def test_every_view_says_that_it_is_one_and_what_the_evidence_is() -> None:
    """The sentence stands on the first line, on each line, or on the first sheet."""
    sentence = "La preuve est le fichier journal.jsonl"

    assert sentence in made("csv").decode().splitlines()[0]
    assert all(sentence in one["notice"] for one in timesketch_rows(made("timesketch")))
    assert all(sentence in row["event_source"] for row in iris_rows(made("iris")))
    assert all(sentence in sheet for sheet in sheets(made("xlsx")).values())


def test_an_exercise_is_marked_everywhere() -> None:
    """Not one row of an exercise could be taken for a real one; no real one says EXERCICE."""
    drill = entries(night(exercise=True))
    events = timesketch_rows(made("timesketch", drill, EXERCISE))
    marked = iris_rows(made("iris", drill, EXERCISE))

    assert {row[14] for row in csv_rows(made("csv", drill, EXERCISE))} == {"EXERCICE"}
    assert {row[14] for row in xlsx_rows(made("xlsx", drill, EXERCISE))} == {"EXERCICE"}
    assert all(one["message"].startswith("EXERCICE — ") for one in events)
    assert all("exercice" in one["tag"] and one["exercise"] for one in events)
    assert all(row["event_title"].startswith("EXERCICE — ") for row in marked)
    assert all("EXERCICE" in sheet for sheet in sheets(made("xlsx", drill, EXERCISE)).values())
    for name in ("csv", "timesketch", "iris"):
        assert b"EXERCICE" not in made(name)


def test_an_entry_that_cannot_be_told_is_a_row_all_the_same() -> None:
    """A kind of another version shows its text; a text taken away shows its absence."""
    strange = chain(2)
    erased = [replace(NIGHT[0], body=None, salt=None)]

    assert [row[11] for row in csv_rows(made("csv", strange))] == [
        "Entrée « note-taken ». Décidé à 03\u00a0h\u00a010\u00a0: couper l'accès Internet de "
        "l'établissement.",
        "Entrée « note-taken ». « Plan blanc » envisagé 🚨 — à confirmer",
    ]
    (row,) = csv_rows(made("csv-decisions", erased))
    assert row[6:9] == ["Ouverture", "crisis_opened", "(effacé)"]
    assert row[11] == "Texte effacé sur demande."


@pytest.mark.parametrize("text", [*FORMULAS, *REWRITTEN])
def test_what_a_spreadsheet_would_rewrite_is_guarded(text: str) -> None:
    """A formula, a number, a date or a truth value gets the apostrophe that keeps it a text."""
    assert guarded(cell(text)) == "'" + cell(text)


@pytest.mark.parametrize(
    "text",
    [
        "Réanimation",
        "a=1",
        "2026-11-21T02:10:00.000000Z",
        "U02BRUNO",
        "3 postes sur les six du rez",
        "",
    ],
)
def test_plain_texts_are_left_alone(text: str) -> None:
    """Words, times of the journal and identifiers carry no apostrophe."""
    assert guarded(text) == (f"'{text}" if text.startswith("3 ") else text)


def test_spreadsheets_open_without_a_formula(tmp_path: Path) -> None:
    """No cell is a formula or a link, whatever was typed; LibreOffice agrees where there is one."""
    texts = [row[11] for row in csv_rows(made("csv"))]
    assert [text for text in texts if text[:1] in "=+-@＝＋－＠\t\r\n\ufffd" and text] == []
    for sheet in sheets(made("xlsx")).values():
        assert "<f>" not in sheet
        assert "<f " not in sheet
        assert "hyperlink" not in sheet
    office = shutil.which("soffice")
    if office:
        (tmp_path / "v.csv").write_bytes(made("csv"))
        (tmp_path / "w.xlsx").write_bytes(made("xlsx"))
        french = "--infilter=CSV:59,34,76,1,,1036,false,false"
        again = xlsx_rows_of(opened(office, tmp_path, "v.csv", "xlsx", french))
        assert again == len(NIGHT) + 2
        with zipfile.ZipFile(opened(office, tmp_path, "w.xlsx", "ods")) as book:
            content = book.read("content.xml").decode()
        assert "table:formula" not in content
        assert content.count("La preuve est le fichier") == 2


def xlsx_rows_of(path: Path) -> int:
    """How many rows LibreOffice made of a CSV, none of them with a live formula."""
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in sheet.replace("<formatPr", "")
    return sheet.count("<row ")


def opened(office: str, folder: Path, name: str, to: str, *options: str) -> Path:
    """The file as LibreOffice saves it after having opened it."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [office, profile, "--headless", *options, "--convert-to", to, "--outdir"]
    subprocess.run([*command, folder / "out", folder / name], check=True, capture_output=True)
    return folder / "out" / f"{Path(name).stem}.{to}"


def test_workbook_keeps_every_text_as_it_was() -> None:
    """Nothing is put before or after a text in the workbook; too long a one says that it is cut."""
    texts = [row[11] for row in xlsx_rows(made("xlsx"))]
    expected = [cell(row.text) for row in rows(NIGHT, Progress())]

    assert texts == expected
    assert sum(text.endswith("le texte entier est dans journal.jsonl)") for text in texts) == 2


def test_a_longer_journal_takes_more_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what a sheet holds the rows go on, none twice, none lost."""
    monkeypatch.setattr("bot.exports.spreadsheet.SHEET_ROWS", 4)
    output = io.BytesIO()

    write_xlsx(NIGHT[:9], output, SUMMARY)

    found = sheets(output.getvalue())
    assert [found[f"xl/worksheets/sheet{n}.xml"].count("<row ") for n in (2, 3, 4)] == [6, 6, 3]
    hashes = re.findall("[0-9a-f]{64}", "".join(list(found.values())[1:]))
    assert hashes == [entry.hash for entry in NIGHT[:9]]


@pytest.mark.parametrize("name", VIEWS)
def test_the_same_journal_is_the_same_view(name: str) -> None:
    """Made twice, a view is the same bytes; another journal gives others."""
    assert made(name, NIGHT[:8]) == made(name, NIGHT[:8]) != made(name, NIGHT[:9])


@pytest.mark.parametrize("name", VIEWS)
def test_no_title_breaks_a_view(name: str) -> None:
    """A title with line ends, formulas or half a character is a title, on one line."""
    title = "=1+1\r\nCECI EST LA PREUVE \u2028\ud800\x00 🚨"
    hostile: CrisisSummary = {"title": title, "exercise": True, "establishment": title}

    data = made(name, NIGHT[:9], hostile)

    if name.startswith("csv"):
        first = data.decode("utf-8-sig").split("\r\n")[0]
        assert first.startswith('"EXERCICE. Ceci est une vue')
        assert "=1+1 / CECI EST LA PREUVE / \ufffd\ufffd 🚨" in first


TEXTS = st.lists(
    st.text(max_size=30)
    | st.sampled_from(HOSTILE[:-6])
    | st.text("=+-@'\";,|\r\n\t\0 <&_x0", max_size=9),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(texts=TEXTS)
def test_no_text_breaks_a_view(texts: list[str]) -> None:
    """Whatever people type, each view keeps its shape, its count and its guard."""
    journal = entries(night(texts=texts))

    kept = csv_rows(made("csv", journal))
    assert len(kept) == len(xlsx_rows(made("xlsx", journal))) == len(journal)
    assert len(iris_rows(made("iris", journal))) == len(journal)
    assert len({one["seq"] for one in timesketch_rows(made("timesketch", journal))}) == len(journal)
    assert all(guarded(text) == text for row in kept for text in row[11:13] if text[:1] != "'")


@given(text=st.text(max_size=200))
def test_legible_text_is_stable_and_on_as_many_lines_as_it_shows(text: str) -> None:
    """Made legible twice is made legible once; one line is one line to every reader."""
    assert legible(legible(text)) == legible(text)
    assert len(one_line(text).splitlines()) <= 1
    assert len(cell(text).encode("utf-16-le")) <= 2 * LONGEST_CELL


def test_the_ends_of_the_calendar_have_a_local_time() -> None:
    """A year typed wrong does not stop an export."""
    assert local(datetime(9999, 12, 31, 23, 30, tzinfo=UTC), "Europe/Paris").startswith("9999")
    assert local(datetime(1, 1, 1, tzinfo=UTC), "America/Guadeloupe").startswith("0001-01-01T00:00")


def test_night_of_the_tests_is_a_chain() -> None:
    """What the tests export is what the service seals: numbered, linked, readable."""
    assert all(after.prev == before.hash for before, after in pairwise(NIGHT))
    assert list(written(night(texts=HOSTILE).recorded)) == NIGHT
    assert not any(row.text.startswith("Entrée") for row in rows(NIGHT, Progress()))
