"""The report: an archival, accessible PDF with the journal inside, whatever people typed."""

import io
import re
import shutil
import subprocess
import unicodedata
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.deadlines import deadlines
from bot.core.duties import SettleDuty
from bot.core.notes import AddNote, TakeDecision
from bot.core.opening import OpenCrisis
from bot.errors import Refused
from bot.exports.glyphs import PRINTABLE, printable, printable_data
from bot.exports.jsonl import BundleInfo, CrisisSummary, Progress
from bot.exports.pages import gather, pages
from bot.exports.proof import MOST_ROWS
from bot.exports.report import write_pdf
from bot.exports.rows import rows
from bot.journal.entry import Entry, export_line
from tests.anchors.authority import Authority
from tests.core.plans import MIN, START, H, Room, real_plan
from tests.exports.journals import TITLE, entries, long_log, night, told
from tests.exports.test_views import HOSTILE, TEXTS
from tests.journal.books import Book, whole_book
from tests.journal.chains import chain

NIGHT = entries(night(texts=HOSTILE[:-6]))
SUMMARY = told(night())


def made(
    journal: list[Entry], summary: CrisisSummary = SUMMARY, *, rulings_only: bool = False
) -> tuple[bytes, BundleInfo]:
    """The report of a journal, and what was announced of it."""
    output = io.BytesIO()
    info = write_pdf(iter(journal), output, summary, rulings_only=rulings_only)
    return output.getvalue(), info


def opened(data: bytes) -> pikepdf.Pdf:
    """The report, as an archive's checker opens it."""
    return pikepdf.open(io.BytesIO(data))


@cache
def report() -> bytes:
    """The report of the night."""
    return made(NIGHT)[0]


def fonts(pdf: pikepdf.Pdf) -> list[Any]:
    """Every font that draws on a page, down to the one that carries the outlines."""
    found: list[Any] = []
    for page in pdf.pages:
        for font in page.resources.get("/Font", {}).values():
            found.extend(font.get("/DescendantFonts", [font]))
    return found


def titles(pdf: pikepdf.Pdf) -> list[str]:
    """The bookmarks of the first level."""
    with pdf.open_outline() as outline:
        return [one.title for one in outline.root]


def test_report_is_archival_and_accessible() -> None:
    """PDF/A-3a and PDF/UA-1 are declared, and what they ask for is there."""
    pdf = opened(report())

    with pdf.open_metadata() as meta:
        assert meta.pdfa_status == "3A"
        assert meta["pdfuaid:part"] == "1"
        assert TITLE in meta["dc:title"]
    assert str(pdf.Root.Lang).casefold() == "fr-fr"
    assert pdf.Root.MarkInfo.Marked
    assert pdf.Root.StructTreeRoot.K
    assert pdf.Root.OutputIntents
    assert not pdf.is_encrypted
    assert all(
        any(name in font.FontDescriptor for name in ("/FontFile", "/FontFile2", "/FontFile3"))
        for font in fonts(pdf)
    )
    assert fonts(pdf)


def test_report_carries_the_journal_byte_for_byte() -> None:
    """The attachment is the journal as the bundle has it, declared as the source of the pages."""
    pdf = opened(report())
    journal = "".join(f"{export_line(entry)}\n" for entry in NIGHT).encode()

    assert list(pdf.attachments) == ["journal.jsonl"]
    assert pdf.attachments["journal.jsonl"].get_file().read_bytes() == journal
    (declared,) = pdf.Root.AF
    assert declared.AFRelationship == "/Source"
    assert declared.EF.F.Subtype == "/application/jsonl"


def test_report_announces_what_it_is() -> None:
    """Hash, number of entries and head are those of the file and of the journal."""
    data, info = made(NIGHT)

    assert info == BundleInfo(sha256(data).hexdigest(), len(NIGHT), NIGHT[-1].hash)
    assert data == report()


def test_report_has_bookmarks_in_reading_order() -> None:
    """Its parts can be reached from the panel of bookmarks; the short one has its own last part."""
    short, _ = made(NIGHT, rulings_only=True)

    assert titles(opened(report())) == [
        "1. Résumé par phase",
        "2. Chronologie",
        "3. Instants, échéances et démarches",
        "4. Décisions",
        "5. Scellement et dépôts extérieurs",
        "6. Main courante",
    ]
    assert titles(opened(short))[-1] == "6. Décisions et démarches"
    assert not opened(short).attachments


def data_of(journal: list[Entry], *, rulings_only: bool = False) -> dict[str, Any]:
    """What the report of a journal says, before it is laid out."""
    progress = Progress()
    gathered = gather(rows(journal, progress), rulings_only=rulings_only)
    return pages(gathered, SUMMARY, progress.entries, progress.head)


def test_report_says_where_each_step_and_each_clock_stood() -> None:
    """State, author, time and proof of steps and duties are those of the last entry."""
    room = night()
    room.does(SettleDuty("cert-sante", "sent", "accusé 12345"))
    room.wait(400 * H).does(AddNote("Fin."))
    data = data_of(entries(room))

    steps = {step["ref"]: step for phase in data["phases"] for step in phase["steps"]}
    clocks = {clock["ref"]: clock for clock in data["clocks"]}
    assert steps["R01"] == {
        "ref": "R01",
        "title": steps["R01"]["title"],
        "state": "faite",
        "finished": "oui",
        "by": "Bruno Fictif",
        "at": "21/11/2026 03:19:00 (UTC+01:00)",
        "note": "Appel reçu à 02 h 50, photo de l'écran prise.",
    }
    assert (steps["R05"]["state"], steps["R07"]["state"]) == (
        "non applicable",
        "bloquée, hors délai",
    )
    assert clocks["K1"]["state"] == "envoyée"
    assert clocks["K1"]["proof"] == "Claire Exemple\u00a0: accusé 12345"
    assert (clocks["K2"]["state"], clocks["K2"]["late"]) == ("dépassée", "oui")
    assert clocks["K2"]["due"] == "24/11/2026 03:10:00 (UTC+01:00)\n2026-11-24T02:10:00Z"
    assert len(data["clocks"]) + data["idle"] == len(deadlines(room.crisis, room.now))
    assert [one["seq"] for one in data["decisions"]] == [9, 19]


def test_figure_places_every_mark_and_tells_it_in_a_sentence() -> None:
    """Marks lie between the two ends; a sentence for those who cannot see counts them."""
    figure = data_of(NIGHT)["figure"]
    lanes = {lane["name"]: lane["marks"] for lane in figure["lanes"]}

    assert {name: len(marks) for name, marks in lanes.items()} == {
        "Instants": 3,
        "Décisions": 2,
        "Étapes faites": 2,
        "Démarches": 0,
        "Échéances": 0,
    }
    everything = [*lanes["Instants"], *lanes["Décisions"], *figure["ticks"]]
    assert all(0 <= mark["x"] <= 1 for mark in everything)
    assert (lanes["Instants"][0]["x"], lanes["Décisions"][-1]["x"]) == (0, 1)
    assert [mark["label"] for mark in lanes["Décisions"]] == ["9", str(len(NIGHT))]
    assert max(figure["bars"]) == 1
    assert figure["ticks"][0]["label"] == "sam. 21 nov., 02\u00a0h\u00a050"
    assert 3 <= len(figure["ticks"]) <= 9
    assert f"{len(NIGHT)}\u00a0lignes" in figure["alt"]
    assert "décisions\u00a0: 2" in figure["alt"]


@pytest.mark.parametrize("length", [timedelta(0), 3 * MIN, 80 * H, 400 * 24 * H])
def test_figure_fits_a_minute_as_well_as_a_year(length: timedelta) -> None:
    """Whatever the crisis lasted there is a readable number of ticks, and days are named."""
    room = Room()
    room.does(OpenCrisis("Essai", real_plan(), START))
    room.wait(length).does(TakeDecision("Fin."))

    figure = data_of(entries(room))["figure"]

    assert 1 <= len(figure["ticks"]) <= 9 or length > 300 * 24 * H
    assert len(figure["ticks"]) <= 16
    assert sum("nov." in tick["label"] for tick in figure["ticks"]) >= 1


def test_a_log_too_long_to_print_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit only decisions are printed, which the cover and the last part say."""
    monkeypatch.setattr("bot.exports.pages.LOG_ROWS", 20)
    journal = list(long_log(30))

    data = data_of(journal)

    assert not data["whole"]
    assert data["part"] == (
        "La main courante est trop longue pour être imprimée\u00a0: 49\u00a0lignes. "
        "Ce document n'imprime que les décisions et les démarches\u00a0: 7\u00a0lignes sur 49. "
        "Le reste est dans le lot de preuve."
    )
    assert "décisions et démarches seulement" in data["notice"]
    assert len(data["log"]) == 7
    assert data["checkpoint"] == ["49:", journal[-1].hash]
    monkeypatch.setattr("bot.exports.pages.LOG_ROWS", 4)
    assert "les 4 premières des 7\u00a0lignes sur 49" in data_of(journal)["part"]


def test_a_journal_without_an_opening_has_a_report_too() -> None:
    """Entries of another version, or a file that lost its first line, are printed as they are."""
    data, info = made(chain(12), {"title": "Essai", "exercise": False})

    assert info.entries == 12
    assert len(opened(data).pages) >= 2
    with pytest.raises(ValueError, match="nothing"):
        made([])


def test_report_of_an_exercise_says_so_on_every_page() -> None:
    """The watermark, the header and the title bear the word; a real one never does."""
    drill = night(exercise=True)
    data = printable_data(data_of(entries(drill)))
    pdf = opened(made(entries(drill), told(drill))[0])

    with pdf.open_metadata() as meta:
        assert meta["dc:title"].startswith("EXERCICE — ")
        assert meta["dc:description"].startswith("EXERCICE. ")
    plain = opened(report())
    assert len(pdf.pages) >= 3
    # The word in bold at 110 points is on each page of the exercise and on none of the other.
    assert [marked(page) for page in pdf.pages] == [True] * len(pdf.pages)
    assert [marked(page) for page in plain.pages] == [False] * len(plain.pages)
    assert data["crisis"] == "EX-2026-0001"


def marked(page: pikepdf.Page) -> bool:
    """Whether something is written on the page in letters of 110 points."""
    return any(
        str(one.operator) == "Tf" and float(one.operands[1]) == 110
        for one in pikepdf.parse_content_stream(page)
        if isinstance(one, pikepdf.ContentStreamInstruction)
    )


@settings(max_examples=6, deadline=None)
@given(texts=TEXTS)
def test_no_text_stops_the_report(texts: list[str]) -> None:
    """Whatever people type, there is a report, and the journal in it is whole."""
    journal = entries(night(texts=texts))

    pdf = opened(made(journal)[0])

    attached = pdf.attachments["journal.jsonl"].get_file().read_bytes()
    assert attached.count(b"\n") == len(journal)


@given(text=st.text(max_size=60))
def test_printable_text_has_only_characters_of_the_table(text: str) -> None:
    """Nothing goes to the page that the fonts of the report were not seen to draw."""
    assert drawable(printable(text))


def drawable(text: str) -> bool:
    """Whether every character is in the table, or is the break inside a long word."""
    return re.fullmatch(f"[{PRINTABLE}\u200b]*", text) is not None


def test_every_character_of_the_table_is_drawn() -> None:
    """The whole table is set on one page and the archival standard accepts it."""
    table = "".join(one for one in map(chr, range(32, 0x10000)) if re.match(f"[{PRINTABLE}]", one))
    letters = [table[at : at + 30] for at in range(0, len(table), 30)]

    pdf = opened(made(entries(night(texts=[" ".join(one) for one in letters])))[0])

    assert len(table) > 2500
    assert {unicodedata.category(one) for one in table}.isdisjoint({"Cc", "Cf", "Cn", "Co", "Cs"})
    assert len(pdf.pages) > 5


SHOWN = {
    "🚨 à 03 h": ":police_cars_revolving_light: à 03 h",
    "✅": ":white_heavy_check_mark:",
    "⚠\ufe0f attention": "⚠ attention",
    "👍🏽": ":thumbs_up_sign:",
    "中": "[U+4E2D]",
    "a\u202eb": "a[U+202E]b",
    "e\u0301": "é",
    "a\u00adb\u200bc": "abc",
    "oui : « non » !": "oui\u00a0: «\u00a0non\u00a0»\u00a0!",
    "\x1b[31m": "\ufffd[31m",
    "x" * 41: "x" * 40 + "\u200bx",
}


@pytest.mark.parametrize("text", SHOWN)
def test_what_has_no_glyph_is_named(text: str) -> None:
    """Emoji by their name, other signs by their code, marks that show nothing not at all."""
    assert printable(text) == SHOWN[text]


def test_report_shows_the_proof_itself() -> None:
    """Checkpoints, stamps, keys, clocks and erased lines, each with the line that says it."""
    proof = data_of(whole_book(Authority.make()).entries)["proof"]

    assert [(one["seq"], one["size"], one["reason"]) for one in proof["checkpoints"]] == [
        ("4", "3", "ouverture"),
        ("10", "9", "changement de clé"),
        ("12", "11", "export"),
    ]
    assert {one["clock"] for one in proof["checkpoints"]} == {"inconnue"}
    assert [(one["seq"], one["kind"], one["state"]) for one in proof["anchors"]] == [
        ("5", "horodatage", "reçu, 2\u00a0secondes après"),
        ("13", "horodatage", "reçu, 2\u00a0secondes après"),
    ]
    assert [one["since"] for one in proof["keys"]] == [
        "À partir de la ligne 1.",
        "À partir de la ligne 10.",
    ]
    assert proof["clocks"] == [
        "Plus grand écart entre l'heure d'enregistrement et celle de Slack\u00a0: "
        "0,8\u00a0s (ligne 1)."
    ]
    assert [(one["seq"], one["kind"], one["role"], one["by"]) for one in proof["erased"]] == [
        ("2", "Message", "RSSI", "8"),
        ("3", "Message", "RSSI", "8"),
    ]


def test_a_long_proof_keeps_its_newest_rows() -> None:
    """The table says how many there are when it prints the last ones only."""
    book = Book()
    for _ in range(MOST_ROWS + 3):
        book.checkpoint()

    proof = data_of(book.entries)["proof"]

    assert (len(proof["checkpoints"]), proof["checkpoints_count"]) == (MOST_ROWS, MOST_ROWS + 3)
    assert proof["checkpoints"][-1]["seq"] == str(MOST_ROWS + 3)


def test_a_journal_too_long_for_a_pdf_is_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond what a file can carry, the sentence names what to ask for, which then comes."""
    monkeypatch.setattr("bot.exports.report.MOST", 20)
    journal = list(long_log(30))

    with pytest.raises(Refused, match="pdf-decisions"):
        made(journal)
    assert made(journal, rulings_only=True)[1].entries == len(journal)


def test_the_program_of_archivists_finds_nothing_to_say(tmp_path: Path) -> None:
    """Where qpdf is installed it checks the file, and takes the journal out byte for byte."""
    qpdf = shutil.which("qpdf")
    if qpdf is None:
        return
    path = tmp_path / "rapport.pdf"
    path.write_bytes(report())

    checked = subprocess.run([qpdf, "--check", path], capture_output=True, text=True, check=False)
    taken = subprocess.run(
        [qpdf, "--show-attachment=journal.jsonl", path], capture_output=True, check=True
    )

    assert (checked.returncode, "WARNING" in checked.stdout + checked.stderr) == (0, False)
    assert taken.stdout == "".join(f"{export_line(entry)}\n" for entry in NIGHT).encode()
