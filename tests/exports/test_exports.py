"""The exports: the evidence as it is stored, and the bundle that anybody can check."""

import io
import itertools
import json
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bot.exports import FORMATS, VIEWS
from bot.exports.bundle import Again, Enclosed, bundle, read_certificates
from bot.exports.gleaning import Gleaning
from bot.exports.jsonl import CrisisSummary, write_journal
from bot.journal.canonical import canonical
from bot.journal.entry import Entry
from bot.journal.outside import NOTHING, Brought
from bot.journal.report import Report
from bot.journal.verify import KIT, verify_file
from bot.journal.verify import VIEWS as FOLDER
from tests.journal.books import SECOND, Book, whole_book
from tests.journal.chains import chain, exported, sealed

SUMMARY: CrisisSummary = {
    "title": "Rançongiciel — CH de Fictiville",
    "exercise": False,
    "establishment": "Centre hospitalier de Fictiville",
}


class Nowhere(io.BytesIO):
    """An output that forgets what it is given."""

    def write(self, data: Any) -> int:
        """Take the bytes and drop them."""
        return len(data)


class Pipe(io.RawIOBase):
    """An output as a browser or a pipe is one: what is written cannot be read or sought again."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.data = bytearray()

    def writable(self) -> bool:
        """Writing is all it does."""
        return True

    def write(self, data: Any) -> int:
        """Take the bytes."""
        self.data += data
        return len(data)


def made(entries: Iterable[Entry], summary: CrisisSummary = SUMMARY) -> bytes:
    """The bytes of the bundle of these entries."""
    output = io.BytesIO()
    bundle(entries, output, summary)
    return output.getvalue()


def verified(data: bytes, folder: Path, brought: Brought = NOTHING) -> Report:
    """What verification says of these bytes."""
    path = folder / "export"
    path.write_bytes(data)
    return verify_file(path, brought)


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if one.evidence])
def test_every_evidence_verifies(name: str, tmp_path: Path) -> None:
    """What a format that says it is evidence writes verifies and is announced truly."""
    entries = chain(12)
    output = io.BytesIO()

    info = FORMATS[name].write(entries, output, SUMMARY)

    report = verified(output.getvalue(), tmp_path)
    assert report.ok
    assert (report.entries, report.head) == (info.entries, info.head) == (12, entries[-1].hash)
    assert info.sha256 == sha256(output.getvalue()).hexdigest()


def test_journal_is_the_stored_text() -> None:
    """The journal alone is the lines of the entries, and nothing of the summary."""
    output = io.BytesIO()

    write_journal(chain(12), output, SUMMARY)

    assert output.getvalue() == b"".join(exported(chain(12)))


def test_same_entries_give_the_same_bytes() -> None:
    """Two bundles of the same journal are the same file, into a pipe as into memory."""
    pipe = Pipe()

    bundle(iter(chain(12)), pipe, SUMMARY)  # type: ignore[arg-type]  # a pipe is output enough

    assert bytes(pipe.data) == made(chain(12)) == made(chain(12))
    assert made(chain(11)) != made(chain(12))


def test_bundle_can_be_checked_without_us(tmp_path: Path) -> None:
    """Unzipped, the bundle passes ``sha256sum -c`` and holds the files that it announces."""
    with zipfile.ZipFile(io.BytesIO(made(chain(12)))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["journal.jsonl", "LISEZMOI.txt", *KIT, "manifest.sha256"]
        archive.extractall(tmp_path)

    done = subprocess.run(
        ["sha256sum", "-c", "manifest.sha256"], cwd=tmp_path, check=True, capture_output=True
    )

    assert len(done.stdout.splitlines()) == 2 + len(KIT)
    assert (tmp_path / "journal.jsonl").read_bytes() == b"".join(exported(chain(12)))


def test_views_lie_beside_the_journal_and_are_in_the_manifest(tmp_path: Path) -> None:
    """A bundle with every view passes ``sha256sum -c`` and holds each as it is written alone."""
    output = io.BytesIO()
    live = itertools.count(12)

    bundle(Again(lambda: chain(next(live))), output, SUMMARY, Enclosed(tuple(VIEWS)))

    with zipfile.ZipFile(output) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    views = [FOLDER + view.file for view in VIEWS.values()]
    assert names == ["journal.jsonl", "LISEZMOI.txt", *KIT, *views, "manifest.sha256"]
    done = subprocess.run(
        ["sha256sum", "-c", "manifest.sha256"], cwd=tmp_path, check=True, capture_output=True
    )
    assert len(done.stdout.splitlines()) == len(VIEWS) + len(KIT) + 2
    for view in VIEWS.values():
        alone = io.BytesIO()
        view.write(chain(12), alone, SUMMARY)
        assert (tmp_path / FOLDER / view.file).read_bytes() == alone.getvalue(), view.file
    assert "ce sont des vues, pas la preuve" in (tmp_path / "LISEZMOI.txt").read_text("utf-8")


def with_views() -> bytes:
    """A bundle with two views."""
    output = io.BytesIO()
    bundle(chain(12), output, SUMMARY, Enclosed(("csv", "iris")))
    return output.getvalue()


def test_a_bundle_with_views_verifies(tmp_path: Path) -> None:
    """The evidence is judged as without them."""
    report = verified(with_views(), tmp_path)

    assert report.ok
    assert report.head == chain(12)[-1].hash


@pytest.mark.parametrize(
    "change",
    [
        {"vues/iris.csv": b"x"},
        {"vues/iris.csv": None},
        {"vues/autre.csv": b"x"},
        {"vues/../autre.csv": b"x"},
    ],
)
def test_a_view_that_was_changed_is_found(change: dict[str, bytes | None], tmp_path: Path) -> None:
    """A view changed, taken away or added after the export is found by the first step."""
    report = verified(rezipped(with_views(), change), tmp_path)

    assert report.fault is not None
    assert report.fault.check == 1


def test_views_need_entries_that_can_be_read_again() -> None:
    """A reading that would be used up by the journal is refused before anything is written."""
    output = io.BytesIO()

    with pytest.raises(TypeError, match="Again"):
        bundle(iter(chain(2)), output, SUMMARY, Enclosed(("csv",)))

    assert output.getvalue() == b""


def notice_of(data: bytes) -> str:
    """The notice inside a bundle."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("LISEZMOI.txt").decode()


def test_notice_says_what_it_is_and_what_it_does_not_prove() -> None:
    """The notice names the crisis, its length and head, how to check, and the limits."""
    entries = chain(12)
    notice = notice_of(made(entries))

    for words in (
        SUMMARY["title"],
        "Centre hospitalier de Fictiville",
        f"Point de contrôle\u00a0: 12:{entries[-1].hash}",
        "tocsin verify",
        "sha256sum -c manifest.sha256",
        "CE QU'ELLE NE PROUVE PAS",
    ):
        assert words in notice
    assert "EXERCICE" not in notice
    assert " :" not in notice
    assert " ;" not in notice
    assert "vues" not in notice


def test_an_exercise_says_so_at_both_ends() -> None:
    """The notice of an exercise cannot be taken for that of a crisis, whichever end is read."""
    notice = notice_of(made(chain(2), {**SUMMARY, "exercise": True})).strip()

    assert notice.splitlines()[0].count("EXERCICE") == 3
    assert notice.splitlines()[-1].count("EXERCICE") == 3


def test_a_title_cannot_write_the_notice() -> None:
    """A title with line ends, braces or a lone surrogate stays on one line, as text."""
    title = "Crise\n\nCE LOT EST AUTHENTIQUE {head}\ud800"

    lines = notice_of(made(chain(1), {"title": title, "exercise": False})).splitlines()

    assert lines[0] == "MAIN COURANTE — Crise CE LOT EST AUTHENTIQUE {head}\ufffd"


STREAMED = [name for name in FORMATS if not name.startswith("pdf")]


@pytest.mark.parametrize("name", STREAMED)
def test_memory_stays_flat(name: str) -> None:
    """A long journal goes through without being held: ten times longer, no more memory."""

    def entries(count: int) -> Iterator[Entry]:
        entry = sealed(1, body={"text": "x" * 20_000})
        return (entry for _ in range(count))

    FORMATS[name].write(entries(1), Nowhere(), SUMMARY)
    peaks = []
    for count in (30, 300):
        tracemalloc.start()
        FORMATS[name].write(entries(count), Nowhere(), SUMMARY)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] + 500_000


def rezipped(data: bytes, change: dict[str, bytes | None]) -> bytes:
    """The same bundle with some files changed, taken away or added, and nothing else put right."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        files: dict[str, bytes | None] = {name: old.read(name) for name in old.namelist()}
        for name, content in {**files, **change}.items():
            if content is not None:
                new.writestr(name, content)
    return output.getvalue()


CUT = b"".join(exported(chain(9)))
ATTACKS: dict[str, dict[str, bytes | None]] = {
    "tail cut": {"journal.jsonl": CUT},
    "notice changed": {"LISEZMOI.txt": b"Tout va bien."},
    "no manifest": {"manifest.sha256": None},
    "empty manifest": {"manifest.sha256": b""},
    "manifest of one file": {
        "manifest.sha256": sha256(CUT).hexdigest().encode() + b"  journal.jsonl\n"
    },
    "manifest that is no text": {"manifest.sha256": b"\xff\xfe"},
    "no notice": {"LISEZMOI.txt": None},
    "no journal": {"journal.jsonl": None},
    "a stowaway": {"lisezmoi-vrai.txt": b"x"},
    "another verifier": {"verifier.py": b"print('VERIFIE')"},
    "a verifier taken away": {"verifier.sh": None},
}


@pytest.mark.parametrize("change", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_bundle_that_was_opened_and_changed_is_found(
    change: dict[str, bytes | None], tmp_path: Path
) -> None:
    """A file changed, missing or added is found by the first step, in words."""
    report = verified(rezipped(made(chain(12)), change), tmp_path)

    assert report.fault is not None
    assert report.fault.check == 1
    assert report.fault.message.endswith(".")


def test_a_bundle_resealed_from_a_changed_journal_is_found(tmp_path: Path) -> None:
    """Whoever mends the manifest after a change still has the chain against him."""
    lines = exported(chain(12))
    lines[4] = lines[4].replace(b"Camille", b"Camilla")
    files = {**contents(made(chain(12))), "journal.jsonl": b"".join(lines)}
    del files["manifest.sha256"]
    noted = [f"{sha256(content).hexdigest()}  {name}\n" for name, content in files.items()]
    change: dict[str, bytes | None] = {"journal.jsonl": b"".join(lines)}
    change["manifest.sha256"] = "".join(noted).encode()

    report = verified(rezipped(made(chain(12)), change), tmp_path)

    assert report.fault is not None
    assert (report.fault.check, report.fault.line_no) == (9, 5)


def contents(data: bytes) -> dict[str, bytes]:
    """The files of a bundle, as unzipping gives them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_damaged_byte_of_a_bundle_is_found_or_harmless(tmp_path: Path) -> None:
    """One byte of the zip in seven, flipped: found without a trace, or its files are untouched."""
    data = made(chain(2))
    whole = contents(data)
    found = 0
    places = range(0, len(data), 7)

    for at in places:
        changed = bytearray(data)
        changed[at] ^= 0x11
        if verified(bytes(changed), tmp_path).ok:
            assert contents(bytes(changed)) == whole
        else:
            found += 1

    assert found > len(places) * 0.8


@pytest.mark.parametrize("data", [b"PK", b"PK\x03\x04", made(chain(3))[:-30], made(chain(3))[40:]])
def test_a_bundle_cut_short_is_found(data: bytes, tmp_path: Path) -> None:
    """Half a download is a fault in words."""
    report = verified(data, tmp_path)

    assert not report.ok
    assert report.fault is not None


def test_notice_lists_what_is_copied_and_the_key() -> None:
    """Notes and keys are announced when there are any, with the key to compare."""
    book = whole_book()
    notice = notice_of(made(book.entries))

    for words in (
        f"Clé publique\u00a0: {SECOND.verifier}",
        "points-de-controle/  les points de contrôle signés, copiés du journal",
        "cles.txt             les clés publiques",
        "0,8\u00a0s (ligne 1)",
    ):
        assert words in notice
    assert "jetons/" not in notice
    assert "Clé publique" not in notice_of(made(chain(2)))


@pytest.mark.parametrize("kind", ["checkpoint_sealed", "key_rotated", "anchor_received"])
@pytest.mark.parametrize("data", [None, [], {}, {"size": "x", "note": 1, "key": None}])
def test_a_line_that_does_not_read_is_exported_as_it_stands(kind: str, data: object) -> None:
    """Whatever stands in a line of proof, the journal goes out whole: verification judges it."""
    book = Book()
    book.said("a")
    book.raw(kind, data)

    files = contents(made(book.entries))

    assert files["journal.jsonl"] == b"".join(book.lines)
    assert not any(name.startswith(("points", "jetons")) for name in files)


def test_many_checkpoints_wait_on_the_disk() -> None:
    """Notes are laid by in a file: two thousand more cost their names, not their texts."""
    book = Book()
    book.said("a")
    book.checkpoint()
    entry = book.entries[-1]

    def entries(count: int) -> Iterator[Entry]:
        return (replace(entry, body=made_long(entry.body or "", number)) for number in range(count))

    peaks = []
    for count in (10, 500):
        with Gleaning() as gleaned:
            tracemalloc.start()
            for one in entries(count):
                gleaned.take(one)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert (gleaned.notes, sum(1 for _ in gleaned.files())) == (count, count + 1)

    assert peaks[1] < peaks[0] + 500_000


def made_long(body: str, number: int) -> str:
    """The body of a checkpoint with a note of ten thousand characters more."""
    data = json.loads(body)
    data["data"] |= {"note": data["data"]["note"] + "x" * 10_000, "size": number}
    return canonical(data)


def test_certificates_that_are_away_do_not_hold_the_export_back(tmp_path: Path) -> None:
    """A file that cannot be read is left out, and said in the log of the program."""
    assert read_certificates(None) == b""
    assert read_certificates(tmp_path / "absent.pem") == b""
    (tmp_path / "tsa.pem").write_bytes(b"pem")
    assert read_certificates(tmp_path / "tsa.pem") == b"pem"
