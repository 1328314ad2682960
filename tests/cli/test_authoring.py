"""« tocsin diff » and « tocsin preview » : what who writes playbooks does, from a terminal."""

import json
import shutil
from pathlib import Path

import pytest

from bot.cli import run
from bot.config import load
from bot.core.crisis import Actor
from bot.core.opening import OpenCrisis
from bot.library.playbooks import SHARED
from bot.service import Ask, Done
from bot.wiring import build
from tests.core.plans import PLAYBOOKS

CLAIRE = Actor("U1", "Claire Exemple")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The house's shared files and two of its playbooks, copied: quicker to read than all."""
    copied = tmp_path / "playbooks"
    copied.mkdir()
    for name in (*SHARED, "rancongiciel.yaml", "panne-majeure.yaml"):
        shutil.copyfile(PLAYBOOKS / name, copied / name)
    monkeypatch.setenv("TOCSIN_PLAYBOOKS_DIR", str(copied))
    monkeypatch.setenv("TOCSIN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return copied


def quicker(file: Path, to: Path) -> Path:
    """The file with the first target of 30 minutes at 15."""
    text = file.read_text(encoding="utf-8")
    to.write_text(text.replace("within: 30 min", "within: 15 min", 1), encoding="utf-8")
    return to


def test_two_files_are_compared_in_words(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a difference, with names and not ids; as JSON for a program; nothing, if nothing."""
    draft = quicker(folder / "rancongiciel.yaml", tmp_path / "essai.yaml")

    assert run(["diff", "rancongiciel", str(draft)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.replace("\u00a0", " ").endswith("passe de 30 min à 15 min.")
    assert run(["diff", "rancongiciel", str(draft), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["field"] == "within"
    assert run(["diff", str(draft), str(draft)]) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "Aucune différence.\n")


def test_a_crisis_is_compared_with_the_shelf(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A crisis keeps its plan: what the files say since then is told."""
    house = build(load())
    opening = OpenCrisis("Écrans de rançon", house.plans["rancongiciel"], house.service.now())
    (done,) = house.service.commit([Ask("", CLAIRE, opening)])
    assert isinstance(done, Done)
    house.store.close()

    assert run(["diff", done.crisis.id]) == 0
    assert capsys.readouterr().out == ""
    quicker(folder / "rancongiciel.yaml", folder / "rancongiciel.yaml")
    assert run(["diff", done.crisis.id]) == 0
    assert "15\u00a0min" in capsys.readouterr().out


def test_two_tables_of_obligations_are_compared_too(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A deadline that moved in the law is one line; a table and a playbook do not compare."""
    table = folder / "obligations.yaml"
    newer = tmp_path / "nouvelles.yaml"
    text = table.read_text(encoding="utf-8")
    newer.write_text(text.replace("{hours: 72}", "{hours: 48}", 1), encoding="utf-8")

    assert run(["diff", str(table), str(newer)]) == 0
    (line,) = capsys.readouterr().out.replace("\u00a0", " ").splitlines()
    assert line.endswith("délai : 72 heures devient 48 heures.")
    assert run(["diff", "rancongiciel", str(newer)]) == 0
    assert "48\u00a0heures" in capsys.readouterr().out
    assert run(["diff", str(newer), str(folder / "rancongiciel.yaml")]) == 2
    assert run(["diff", str(newer)]) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("id: [", "", id="no YAML"),
        pytest.param("id: x\ntitel: Y\n", "titel", id="unknown key"),
    ],
)
def test_a_bad_file_is_told_with_its_line(
    folder: Path, tmp_path: Path, text: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither command crashes on a file that is not a playbook."""
    assert folder.is_dir()
    bad = tmp_path / "mauvais.yaml"
    bad.write_text(text, encoding="utf-8")
    for line in (["diff", str(bad)], ["preview", str(bad)]):
        assert run(line) == 1
        shown = capsys.readouterr().err
        assert "mauvais.yaml" in shown
        assert told in shown


def test_what_is_neither_file_nor_playbook_nor_crisis_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The nearest playbook is proposed, a crisis that does not exist is named, nothing is made."""
    assert run(["diff", "rancogiciel"]) == 1
    assert "Vouliez-vous dire «\u00a0rancongiciel\u00a0»" in capsys.readouterr().err
    assert run(["preview", "rancogiciel"]) == 1
    assert "rancongiciel" in capsys.readouterr().err
    assert not (folder.parent / "data").exists()
    assert run(["diff", "2026-0099"]) == 3
    assert "n'existe pas" in capsys.readouterr().err


def test_a_playbook_is_previewed_from_the_shelf_or_from_a_draft(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """HTML by default, PDF by its name; a draft anywhere is read with the house's shared files."""
    draft = tmp_path / "ailleurs" / "essai.yaml"
    draft.parent.mkdir()
    shutil.copyfile(folder / "panne-majeure.yaml", draft)

    assert run(["preview", "panne-majeure"]) == 0
    assert "apercu-panne-majeure.html" in capsys.readouterr().out
    assert "Panne" in (tmp_path / "apercu-panne-majeure.html").read_text(encoding="utf-8")
    assert run(["preview", str(draft), "--output", str(tmp_path / "p.pdf")]) == 0
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF-")
    assert run(["preview", str(draft), "--output", "p.docx"]) == 2
    assert run(["preview", str(draft), "--output", "nulle-part/p.html"]) == 3
