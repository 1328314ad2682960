"""Bundles as people and others make them: packed anew, swollen, with views that lie."""

import copy
import io
import shutil
import subprocess
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from bot.exports.kit import verifier
from bot.journal.outside import Brought, find_checkpoints
from bot.journal.remarks import VIEWS
from bot.journal.report import Report
from bot.journal.verify import verify_file
from tests.exports.test_exports import contents, made, with_views
from tests.exports.test_kit import FOLDER, remade, shell, unpacked
from tests.journal.chains import chain


def verified(data: bytes, folder: Path) -> tuple[Report, tuple[int, str]]:
    """What ``tocsin verify`` says of a bundle, and what ``verifier.py`` says."""
    path = folder / "lot.zip"
    path.write_bytes(data)
    return verify_file(path), verifier.run([str(path)])


@pytest.mark.parametrize("name", ["vues/main-courante.csv", "LISEZMOI.txt"])
def test_a_view_that_lies_is_said_to_be_unchecked(name: str, tmp_path: Path) -> None:
    """No journal contradicts a view: the three verifiers pass, and say that it proves nothing."""
    data = remade(contents(with_views()), {name: b"Tout va bien."})

    report, (code, text) = verified(data, tmp_path)
    run = shell(unpacked(data, tmp_path))

    assert (report.ok, code, run.returncode) == (True, 0, 0)
    assert VIEWS in report.unchecked
    for said in (text, run.stdout):
        assert "une vue ou la notice dit la même chose que le journal, qui seul compte" in said


def test_a_journal_alone_has_no_view_to_speak_of(tmp_path: Path) -> None:
    """The sentence on views is for bundles."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(contents(made(chain(4)))["journal.jsonl"])

    assert VIEWS not in verify_file(path).unchecked


def packed_anew(inside: str = "", *more: str) -> bytes:
    """A sound bundle packed again under a folder, or with what a system adds to it."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, content in contents(made(chain(4))).items():
            archive.writestr(f"{inside}{name}", content)
        for name in more:
            archive.writestr(name, b"")
    return output.getvalue()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (packed_anew("lot/"), "décompressé puis recompressé"),
        (packed_anew("", "__MACOSX/._journal.jsonl"), "'__MACOSX/._journal.jsonl'."),
        (packed_anew("", "vues/"), "'vues/'."),
        (packed_anew("", "../../dehors"), "'../../dehors'."),
        (packed_anew("", "\x1b[2J"), r"'\x1b[2J'."),
        (packed_anew("", *"abcdefg"), "'a', 'b', 'c', 'd', 'e'…."),
    ],
)
def test_what_is_not_of_the_bundle_is_named(data: bytes, told: str, tmp_path: Path) -> None:
    """The auditor reads which file is in the way, a few of them at most, as escapes."""
    report, (code, text) = verified(data, tmp_path)

    assert report.fault is not None
    assert (report.fault.check, code) == (1, 1)
    assert told in report.fault.message
    assert "\x1b" not in report.fault.message + text


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """Without its journal a bundle says what it lacks."""
    data = remade({n: c for n, c in contents(made(chain(4))).items() if "jsonl" not in n}, {})

    report, _ = verified(data, tmp_path)

    assert report.fault is not None
    assert report.fault.message == "Il manque au lot\u00a0: journal.jsonl."


def test_files_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """A small zip in which many names stand for the same packed bytes is not unpacked for ever."""
    big = b"\0" * 2_000_000
    names = [f"vues/{n}" for n in range(40)]
    files = contents(made(chain(4)))
    sums = "".join(f"{sha256(big).hexdigest()}  {name}\n" for name in names)
    files["manifest.sha256"] += sums.encode()
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, names[0]: big}.items():
            archive.writestr(name, content)
        for name in names[1:]:
            twin = copy.copy(archive.getinfo(names[0]))
            twin.filename = name
            archive.filelist.append(twin)

    report, (code, text) = verified(output.getvalue(), tmp_path)

    assert report.fault is not None
    assert report.fault.message == "L'archive zip est plus petite que ce qu'elle dit contenir."
    assert (code, "plus petite que son contenu" in text) == (1, True)


@pytest.mark.parametrize("line", [b'{"body":"' + b"a" * 4_000_000, b'{"body":' * 500_000])
def test_a_long_line_does_not_hold_the_shell(line: bytes, tmp_path: Path) -> None:
    """A line of megabytes that is no entry is refused at once, and not cut for an hour."""
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(line + b'"}\n')

    command = ["bash", str(FOLDER / "verifier.sh"), str(journal)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300, check=False)

    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout.startswith("NON VÉRIFIÉ — ligne 1\u00a0: ".replace("\u00a0", " "))


@pytest.mark.parametrize("name", ["sh", "dash", "bash --posix", "bash"])
def test_any_shell_starts_the_verifier(name: str, tmp_path: Path) -> None:
    """« sh verifier.sh » goes on in bash, whatever ``sh`` is here."""
    words = name.split()
    if shutil.which(words[0]) is None:
        words = ["sh"]
    lot = unpacked(made(chain(4)), tmp_path)

    command = [*words, str(lot / "verifier.sh"), str(lot)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("VÉRIFIÉ")


@pytest.mark.parametrize("change", [False, True], ids=["true", "another"])
def test_a_checkpoint_is_read_alike_by_all_three(change: bool, tmp_path: Path) -> None:
    """In capitals, or in the notice of a bundle that somebody kept: the same verdict from each."""
    entries = chain(9)
    hash_ = entries[-1].hash if not change else sha256(b"autre").hexdigest()
    lot = unpacked(made(entries), tmp_path)
    kept = tmp_path / "LISEZMOI.txt"
    kept.write_text(f"Bonjour\nPoint de contrôle\u00a0: 9:{hash_}\n", encoding="utf-8")
    journal = lot / "journal.jsonl"

    for given in (f"9:{hash_.upper()}", str(kept)):
        data = given.encode() if given[0] == "9" else kept.read_bytes()
        ok = verify_file(journal, Brought(find_checkpoints(data))).ok
        code, _ = verifier.run([str(journal), "--checkpoint", given])
        run = shell(journal, given)
        assert (ok, code, run.returncode) == ((False, 1, 1) if change else (True, 0, 0)), run.stdout
