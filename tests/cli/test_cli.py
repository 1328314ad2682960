"""The command line as a person and a script use it: real processes, real files."""

import json
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.config import Settings
from bot.core.crisis import Actor
from bot.core.notes import AddNote, TakeDecision
from bot.core.opening import OpenCrisis
from bot.service import Ask, Done
from bot.wiring import build
from tests.cli import terminal
from tests.cli.terminal import ROOT
from tests.service.numbers import FIRST

CLAIRE = Actor("U01CLAIRE", "Claire Exemple", "Direction de crise")


def tocsin(*arguments: str, data: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``tocsin`` with its data in a folder."""
    return terminal.tocsin(*arguments, stdin=stdin, settings={"TOCSIN_DATA_DIR": str(data)})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds one crisis with a decision, a note and a hostile text."""
    folder = tmp_path_factory.mktemp("data")
    house = build(Settings(tocsin_data_dir=folder, _env_file=None))  # type: ignore[call-arg]
    plan = house.plans["rancongiciel"]
    opened = OpenCrisis("Écrans de rançon", plan, datetime(2026, 11, 21, 2, 10, tzinfo=UTC))
    (done,) = house.service.commit([Ask("", CLAIRE, opened, "view:1")])
    assert isinstance(done, Done)
    for command in (TakeDecision("Couper Internet"), AddNote("=1+1\x1b[31m rouge")):
        house.service.commit([Ask(done.crisis.id, CLAIRE, command)])
    house.store.close()
    return folder


def test_help_is_french_and_names_every_command(data: Path) -> None:
    """A newcomer reads what each command is for, without a word of English."""
    done = terminal.afresh("--help", settings={"TOCSIN_DATA_DIR": str(data)})

    assert done.returncode == 0
    assert done.stdout == tocsin("--help", data=data).stdout
    listed = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("    ")}
    named = "demo serve check index ask evaluate knowledge crises journal export verify document"
    assert {*named.split(), "key", "kit", "print"} <= listed
    assert "usage :" in done.stdout
    assert "optional" not in done.stdout
    assert "show this" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(("crise",), 2, "choix inconnu", id="unknown-command"),
        pytest.param(("ask",), 2, "il manque : QUESTION", id="missing-argument"),
        pytest.param(("journal", "2026-0099"), 3, "n'existe pas", id="unknown-crisis"),
        pytest.param(("verify", "absent.zip"), 3, "introuvable", id="missing-file"),
        pytest.param(("verify", "README.md", "--key", "x"), 2, "NOM+ID+BASE64", id="wrong-key"),
        pytest.param(("serve",), 3, "Il manque SLACK_BOT_TOKEN", id="missing-setting"),
        pytest.param(("demo", "--scenario", "rien"), 3, "rancongiciel", id="unknown-scenario"),
    ],
)
def test_errors_are_one_french_line_and_a_code(
    data: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """Whatever is wrong is said in a sentence on standard error, with a code for scripts."""
    done = tocsin(*arguments, data=data)

    assert done.returncode == code
    assert said in done.stderr.replace("\u00a0", " ")
    assert "Traceback" not in done.stderr


def test_crises_and_journal_are_read_as_json(data: Path) -> None:
    """A program reads a list of crises with their ids, and one entry per line."""
    crises = json.loads(tocsin("crises", "--json", data=data).stdout)
    lines = tocsin("journal", crises[0]["id"], "--json", data=data).stdout.splitlines()
    entries = [json.loads(line) for line in lines]

    assert crises[0]["playbook"] == "rancongiciel"
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[0]["kind"] == "crisis_opened"
    assert [entry["text"] for entry in entries if entry["kind"] == "decision_taken"] == [
        "Couper Internet"
    ]
    assert entries[0]["actor"] == {"id": "U01CLAIRE", "name": "Claire Exemple", "role": (
        "Direction de crise"
    )}  # fmt: skip


def test_a_terminal_is_safe_from_what_was_typed(data: Path) -> None:
    """Escape sequences of a note never reach the terminal."""
    done = tocsin("journal", FIRST, data=data)

    assert "rouge" in done.stdout
    assert "\x1b" not in done.stdout


def test_an_export_verifies_and_a_changed_one_does_not(data: Path, tmp_path: Path) -> None:
    """Export, verify with the key, change one byte of the evidence: the verdict follows."""
    bundle = tmp_path / "lot.zip"
    key = tocsin("key", data=data).stdout.strip()

    exported = tocsin("export", FIRST, "--output", str(bundle), data=data)
    sound = tocsin("verify", str(bundle), "--key", key, data=data)
    assert exported.returncode == 0, exported.stderr
    assert (sound.returncode, sound.stdout.startswith("VÉRIFIÉ")) == (0, True), sound.stdout

    with zipfile.ZipFile(bundle) as archive:
        journal = archive.read("journal.jsonl")
    forged = tmp_path / "forge.jsonl"
    forged.write_bytes(journal.replace(b"Couper Internet", b"Garder Internet"))
    found = tocsin("verify", str(forged), "--json", data=data)
    report = json.loads(found.stdout)
    assert found.returncode == 1
    assert (report["ok"], report["fault"]["check"]) == (False, 9)


def test_an_export_is_itself_an_entry(data: Path, tmp_path: Path) -> None:
    """Who exports, what and up to where is recorded."""
    tocsin("export", FIRST, "--output", str(tmp_path / "a.csv"), "--format", "csv", data=data)

    last = tocsin("journal", FIRST, "--json", data=data).stdout.splitlines()[-1]
    entry = json.loads(last)
    assert (entry["kind"], entry["data"]["format"]) == ("export_made", "csv")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_questions_come_one_a_line_and_go_one_object_a_line(tmp_path: Path) -> None:
    """``ask - --json`` answers each question in order, with the sources best first."""
    questions = "on a combien de temps pour la cnil\nquelle dose de paracétamol\n"

    done = tocsin("ask", "-", "--json", data=tmp_path, stdin=questions)

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert [one["question"] for one in answers] == questions.splitlines()
    assert (answers[0]["found"], answers[1]["found"]) == (True, False)
    assert answers[0]["confidence"] in {"nette", "a-verifier"}
    assert answers[1]["confidence"] == "aucune"
    assert {"title", "section", "path", "kind", "text", "score"} <= set(answers[0]["sources"][0])
    assert any("72 heures" in source["text"] for source in answers[0]["sources"])


def test_check_passes_on_what_is_shipped(data: Path) -> None:
    """The files of the house have no fault; with time some are to be read again."""
    done = tocsin("check", data=data)

    found = [line for line in done.stdout.splitlines() if "à revérifier" not in line]
    assert (done.returncode, found) == (0, []), done.stdout


def test_check_names_file_line_and_nearest_name(data: Path, tmp_path: Path) -> None:
    """Each fault of a playbook is one line that an editor can follow."""
    good = (ROOT / "playbooks" / "rancongiciel.yaml").read_text(encoding="utf-8")
    bad = tmp_path / "rancongiciel.yaml"
    bad.write_text(good.replace("role: exploitation", "role: exploitaton", 1), encoding="utf-8")
    line = bad.read_text(encoding="utf-8").splitlines().index("        role: exploitaton") + 1

    done = tocsin("check", str(bad), data=data)

    assert done.returncode == 1
    assert done.stdout.startswith(f"{bad}:{line}: ")
    assert "exploitation" in done.stdout


def test_check_flags_what_is_to_be_verified_again_and_passes(data: Path, tmp_path: Path) -> None:
    """A note that nobody has read again for six months is listed, and the check succeeds."""
    for name in ("playbooks", "knowledge"):
        shutil.copytree(ROOT / name, tmp_path / name)
    note = tmp_path / "knowledge" / "reperes" / "plan-blanc.md"
    text = note.read_text(encoding="utf-8")
    note.write_text(text.replace("verified: 2026", "verified: 2020", 1), encoding="utf-8")

    done = tocsin("check", str(note), data=data)

    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith(f"{note}:")
    assert "à revérifier" in done.stdout
    assert "1 avertissement." in done.stderr


def test_check_refuses_a_proscribed_word(data: Path, tmp_path: Path) -> None:
    """An old name in a playbook is refused at its line, with the name to write."""
    for name in ("playbooks", "knowledge"):
        shutil.copytree(ROOT / name, tmp_path / name)
    file = tmp_path / "playbooks" / "panne-majeure.yaml"
    text = file.read_text(encoding="utf-8").replace("demandez de l'aide", "demandez à l'ACSS", 1)
    file.write_text(text, encoding="utf-8")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "ACSS" in row)

    done = tocsin("check", str(tmp_path), data=data)

    assert done.returncode == 1
    assert f"{file}:{line}: " in done.stdout
    assert "Écrivez plutôt\u00a0: CERT Santé" in done.stdout


def test_check_without_shared_files_names_them_and_no_more(data: Path, tmp_path: Path) -> None:
    """A folder where the shared files are missing gives four faults, not one per reference."""
    (tmp_path / "playbooks").mkdir()

    done = tocsin("check", str(tmp_path), data=data)

    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 4, done.stdout
    assert "indispensable" in done.stdout
