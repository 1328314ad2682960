"""``tocsin evaluate``: the figures of a hospital's own questions, in a terminal and for scripts."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.terminal import ROOT, tocsin

QUESTIONS = """\
version: 1
questions:
  - {q: on éteint les PC chiffrés ?, family: étapes, expect: [laissez.*allum]}
  - {q: où garer ma trottinette, family: ailleurs, none: true}
  - {q: isoler les postes touchés, family: étapes, expect: ["rien ne dit cela"], paraphrase: true}
"""


def evaluate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``tocsin evaluate`` with its data and no other write-up than the lists of words."""
    settings = {
        "TOCSIN_DATA_DIR": str(folder / "data"),
        "TOCSIN_KNOWLEDGE_DIR": str(folder / "knowledge"),
    }
    return tocsin("evaluate", *arguments, settings=settings)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of questions and the lists of words that ship."""
    made = tmp_path_factory.mktemp("evaluate")
    (made / "questions.yaml").write_text(QUESTIONS, encoding="utf-8")
    (made / "knowledge").mkdir()
    for name in ("glossaire.yaml", "lexique.yaml", "hors-champ.yaml"):
        text = (ROOT / "knowledge" / name).read_text(encoding="utf-8")
        (made / "knowledge" / name).write_text(text, encoding="utf-8")
    return made


def test_the_report_says_the_figures_and_what_failed(folder: Path) -> None:
    """In French, by family, with what was awaited and what came for each question that failed."""
    done = evaluate(folder, str(folder / "questions.yaml"))

    assert (done.returncode, done.stderr) == (0, "")
    assert "2 questions qui ont une réponse, 1 hors du champ." in done.stdout
    assert "50,0 %" in done.stdout
    assert "hors du champ : refusées" in done.stdout
    assert "À revoir : 1 sur 3." in done.stdout
    assert "- isoler les postes touchés [étapes]" in done.stdout
    assert "attendu : rien ne dit cela" in done.stdout
    assert "playbooks/rancongiciel.yaml:" in done.stdout


def test_scripts_read_the_same_as_json(folder: Path) -> None:
    """One object: figures, families, and every question with what was shown."""
    done = evaluate(folder, str(folder / "questions.yaml"), "--json")

    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["figures"]["asked"] == 2
    assert told["figures"]["refused"] == 1.0
    assert set(told["families"]) == {"étapes", "ailleurs"}
    assert [one["right"] for one in told["questions"]] == [True, True, False]
    assert told["p50_ms"] <= told["p99_ms"]


def test_a_file_to_correct_is_told_line_by_line(folder: Path) -> None:
    """As an editor makes it clickable, with the code of something found wrong."""
    bad = folder / "bad.yaml"
    bad.write_text("version: 1\nquestions:\n  - {q: a, family: b}\n", encoding="utf-8")

    done = evaluate(folder, str(bad))

    assert done.returncode == 1
    assert done.stdout.startswith(f"{bad}:3: il manque «")


def test_a_missing_file_and_the_help(folder: Path) -> None:
    """What is missing is said; the help shows a whole file."""
    absent = evaluate(folder, str(folder / "absent.yaml"))
    helped = evaluate(folder, "--help")

    assert (absent.returncode, absent.stdout) == (3, "")
    assert "fichier introuvable" in absent.stderr
    assert "version: 1" in helped.stdout
    assert "none: true" in helped.stdout
