"""Bundles kept for ever, one for each form that a bundle has had: they verify today and always.

``lot-v1``: journal, notice, verifiers, views.  ``lot-v2``: signed notes, tokens, certificates and
keys beside them, an erased line, a key that changed.  Neither is ever made again.
"""

import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from bot.exports.kit import verifier
from bot.journal.outside import Brought, Checkpoint
from bot.journal.seal import VerifierKey
from bot.journal.verify import verify_file

FOLDER = Path(__file__).parents[1] / "golden"
KIT = Path(verifier.__file__).parent
#: Name -> SHA-256 of the file, public key, lines, hash of the last.
BUNDLES = {
    "lot-v1.zip": (
        "c0b1484a07ae0b4a6dde124fa984ad281d4f5b9eee72a43d45cbfd00da262412",
        "ch-fictif.example/tocsin+d38ad1da+AWbRRAv0fCP4Opd2LaNapYkdgHNJR9+6wve8FpSkYRaQ",
        21,
        "5f2911b1ee2b6cc272361c0306c3fd6fc8b12f8a697c3700e0aa836d6fa5fdaa",
    ),
    "lot-v2.zip": (
        "4da1989a6d035c5ef87acf00cffd91a126ef67d1e3d48be2c36d96b3849f4f9e",
        "ch-fictif.example/tocsin+9f90f172+AT0avqPgf6Pm9S6c/Ue4YPo4zhM+LX2Sf8PdVegigHT0",
        14,
        "975ee3b52b972e053d3d5293d735ff71bd6d51ac5ef5e885a3f654a47c74ec17",
    ),
}


@pytest.fixture(params=BUNDLES)
def kept(request: pytest.FixtureRequest) -> Path:
    """One of the bundles."""
    return FOLDER / str(request.param)


def test_not_one_byte_has_changed(kept: Path) -> None:
    """A bundle that was given to somebody is what it was."""
    assert sha256(kept.read_bytes()).hexdigest() == BUNDLES[kept.name][0]


def test_it_verifies_with_all_that_was_kept(kept: Path) -> None:
    """Key and checkpoint from elsewhere: every line is accounted for."""
    _, key, lines, head = BUNDLES[kept.name]

    report = verify_file(kept, Brought((Checkpoint(lines, head),), (VerifierKey.parse(key),)))

    assert report.fault is None
    assert (report.entries, report.head, report.signatures_checked) == (lines, head, lines)
    assert all(one.vouched for one in report.stamps)


def test_the_verifiers_of_today_accept_it(kept: Path, tmp_path: Path) -> None:
    """Whoever takes the newest verifiers can check the oldest bundle."""
    _, key, lines, head = BUNDLES[kept.name]
    point = f"{lines}:{head}"
    options = ["--checkpoint", point, "--key", key, "--signatures"]

    code, text = verifier.run([str(kept), *options])
    assert (code, f"{lines} vérifiées" in text) == (0, True)
    run = by_bash(KIT / "verifier.sh", unpacked(kept, tmp_path), point)
    assert (run.returncode, head in run.stdout, run.stderr) == (0, True, "")


def test_its_own_verifiers_accept_it(kept: Path, tmp_path: Path) -> None:
    """What travelled with it still runs, and says the same."""
    lot = unpacked(kept, tmp_path)
    head = BUNDLES[kept.name][3]

    python = subprocess.run(
        [sys.executable, "-I", "-S", lot / "verifier.py"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    for run in (python, by_bash(lot / "verifier.sh", lot, "")):
        assert (run.returncode, head in run.stdout, run.stderr) == (0, True, "")


def unpacked(kept: Path, folder: Path) -> Path:
    """The folder in which it was unpacked."""
    with zipfile.ZipFile(kept) as archive:
        archive.extractall(folder / "lot")
    return folder / "lot"


def by_bash(script: Path, lot: Path, point: str) -> "subprocess.CompletedProcess[str]":
    """Run a shell verifier on a folder."""
    command = ["bash", str(script), str(lot), *([point] if point else [])]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
