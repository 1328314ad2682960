"""``tocsin verify`` as an auditor types it: what he kept, what is told, and never a trace."""

import io
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from bot.exports import VIEWS
from bot.exports.bundle import Enclosed, bundle
from tests.anchors.authority import Authority
from tests.cli.terminal import ENVIRONMENT, tocsin
from tests.journal.books import FIRST, SECOND, STRANGER, SUMMARY, Book, whole_book

AUTHORITY = Authority.make()
BOOK = whole_book(AUTHORITY)
NOTE = FIRST.note(BOOK.crisis, 4, BOOK.entries[3].hash)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle, what an auditor kept, and another history under another key."""
    folder = tmp_path_factory.mktemp("auditor")
    output = io.BytesIO()
    bundle(BOOK.entries, output, SUMMARY, Enclosed(("csv",), AUTHORITY.pem))
    (folder / "lot.zip").write_bytes(output.getvalue())
    (folder / "note.txt").write_text(NOTE, encoding="utf-8")
    mail = f"Subject: note\nContent-Type: text/plain; charset=utf-8\n\nBonjour\n\n{NOTE}\n"
    (folder / "note.eml").write_text(mail, encoding="utf-8")
    (folder / "cle.txt").write_text(f"# notée le 21\n{FIRST.verifier}\n", encoding="utf-8")
    (folder / "tsa.pem").write_bytes(AUTHORITY.pem)
    (folder / "autre.pem").write_bytes(Authority.make().pem)
    other = Book(STRANGER)
    other.said(*"abcdefgh")
    (folder / "autre.jsonl").write_bytes(b"".join(other.lines))
    for name, view in VIEWS.items():
        with (folder / f"vue-{name}").open("wb") as file:
            view.write(BOOK.entries, file, SUMMARY)
    return folder


def verify(folder: Path, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the command in that folder."""
    return tocsin("verify", *arguments, folder=folder, stdin=stdin)


def test_a_bundle_alone_says_what_is_missing(kept: Path) -> None:
    """Verified as far as it goes: no key, no checkpoint, certificates that travelled with it."""
    done = verify(kept, "lot.zip")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "VÉRIFIÉ\u00a0: crise 2026-0001, 14 lignes, du 21/11/2026 à 02:11:00"
    )
    for words in (
        "1. Lot complet et conforme à son manifeste\u00a0: conforme",
        "11. Point de contrôle extérieur respecté\u00a0: sans objet ici",
        "2 lignes effacées régulièrement\u00a0: 2, 3, par la ligne 8.",
        "Jusqu'à la ligne 3, tout existait le 21/11/2026 à 02:14:02 UTC.",
        "Les signatures des lignes (14 présentes, non vérifiées)",
        "viennent du lot",
        "Ce que cela ne prouve pas\u00a0:",
    ):
        assert words in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--checkpoint", "note.txt"),
        ("--checkpoint", "note.eml"),
        ("--checkpoint", f"4:{BOOK.entries[3].hash}"),
        ("--checkpoint", "note.txt", "--checkpoint", f"9:{BOOK.entries[8].hash}"),
        ("--key", str(FIRST.verifier)),
        ("--key", str(SECOND.verifier)),
        ("--key", "cle.txt"),
        ("--tsa-certificate", "tsa.pem"),
        ("--checkpoint", "note.eml", "--key", "cle.txt", "--tsa-certificate", "tsa.pem"),
    ],
)
def test_what_was_kept_elsewhere_confirms(kept: Path, arguments: tuple[str, ...]) -> None:
    """A note, a mail, a number and a hash, a key, certificates: each in the ways it is kept."""
    done = verify(kept, "lot.zip", *arguments)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    if "--checkpoint" in arguments:
        assert "11. Point de contrôle extérieur respecté\u00a0: conforme" in done.stdout
    if "--key" in arguments:
        assert "12. Signatures conformes à la clé donnée\u00a0: conforme" in done.stdout
    if "--tsa-certificate" in arguments:
        assert "viennent du lot" not in done.stdout


def test_a_checkpoint_comes_by_the_standard_input(kept: Path) -> None:
    """« - » reads it there."""
    assert verify(kept, "lot.zip", "--checkpoint", "-", stdin=NOTE).returncode == 0
    assert verify(kept, "autre.jsonl", "--checkpoint", "-", stdin=NOTE).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "step"),
    [
        (("--checkpoint", "note.eml"), 11),
        (("--key", "cle.txt"), 12),
        (("--checkpoint", f"99:{'0' * 64}"), 11),
    ],
)
def test_what_was_kept_elsewhere_contradicts(
    kept: Path, arguments: tuple[str, ...], step: int
) -> None:
    """Another history is refused, with the step and what to do."""
    done = verify(kept, "autre.jsonl", *arguments)

    assert done.returncode == 1
    assert done.stdout.startswith("NON VÉRIFIÉ")
    assert f"(contrôle {step}," in done.stdout
    assert "Ne corrigez rien." in done.stdout


def test_stamps_of_another_authority_are_refused(kept: Path) -> None:
    """The auditor's certificates count, and not those of the bundle."""
    done = verify(kept, "lot.zip", "--tsa-certificate", "autre.pem")

    assert done.returncode == 1
    assert "première ligne en défaut\u00a0: 5 (contrôle 15," in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("lot.zip", "--checkpoint", "12"), 2, "point de contrôle dans « 12 »"),
        (("lot.zip", "--checkpoint", "cle.txt"), 2, "point de contrôle dans « cle.txt »"),
        (("lot.zip", "--key", "note.txt"), 2, "NOM+ID+BASE64"),
        (("lot.zip", "--key", f"x+00000000+{'A' * 44}"), 2, "NOM+ID+BASE64"),
        (("lot.zip", "--tsa-certificate", "note.txt"), 2, "en PEM"),
        (("lot.zip", "--tsa-certificate", "absent.pem"), 2, "en PEM"),
        (("absent.zip",), 3, "introuvable"),
        ((".",), 3, "dossier"),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_is_read(
    kept: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """One sentence on standard error, and no verdict."""
    done = verify(kept, *arguments)

    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# A view made of rows alone says what it is in each of them: without a decision, it has none.
@pytest.mark.parametrize("name", sorted({*VIEWS} - {"timesketch-decisions", "iris-decisions"}))
def test_a_view_is_no_broken_journal(kept: Path, name: str) -> None:
    """Who gives a view is told to give the journal, and alarms nobody."""
    done = verify(kept, f"vue-{name}")

    assert (done.returncode, done.stdout) == (3, "")
    assert "Donnez le lot .zip, ou journal.jsonl" in done.stderr


@pytest.mark.parametrize("file", ["autre.jsonl", "lot.zip"])
def test_the_code_does_not_depend_on_who_reads(kept: Path, file: str) -> None:
    """« tocsin verify … | head » ends with the verdict, though nobody reads the rest."""
    command = [sys.executable, "-m", "bot", "verify", file, "--key", "cle.txt"]
    with subprocess.Popen(
        command,
        cwd=kept,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        running.stdout.close()
        _, told = running.communicate(timeout=120)

    assert (running.returncode, told) == (1 if file == "autre.jsonl" else 0, b"")


def test_the_report_is_data_too(kept: Path) -> None:
    """A program gets the same: keys, stamps, erased lines, times in UTC."""
    done = verify(kept, "lot.zip", "--json", "--key", "cle.txt")
    report = json.loads(done.stdout)

    assert report["ok"] is True
    assert report["erased"] == [{"seq": 2, "by": 8}, {"seq": 3, "by": 8}]
    assert [span["first"] for span in report["keys"]] == [1, 10]
    assert report["stamps"][0]["time"] == "2026-11-21T02:14:02.000000Z"
    assert (report["checkpoints"], report["signatures_checked"]) == (3, 14)
    assert report["slack_lag_s"] == 0.8


def test_no_damage_ends_in_a_trace(kept: Path, tmp_path: Path) -> None:
    """Cut, spliced, flipped at random: a verdict or a sentence, whatever the bytes."""
    chance = random.Random(20261121)
    sources = [(kept / "lot.zip").read_bytes(), b"".join(BOOK.lines)]
    for number in range(24):
        data = bytearray(sources[number % 2])
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(4))
        damaged = tmp_path / "damaged"
        damaged.write_bytes(bytes(data[: chance.randrange(len(data))] if number % 5 == 0 else data))

        done = verify(kept, str(damaged))

        assert (done.returncode in (0, 1), done.stderr) == (True, ""), done.stderr
        assert done.stdout.startswith(("VÉRIFIÉ", "NON VÉRIFIÉ"))
