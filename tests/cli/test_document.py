"""« tocsin document » : list, preview, files, names, from a terminal."""

from hashlib import sha256
from pathlib import Path

import pytest

from bot.cli import run
from bot.config import load
from bot.core.crisis import Actor
from bot.core.documents import DocumentDrafted, Filled, FillFields
from bot.core.opening import OpenCrisis
from bot.service import Ask, Done
from bot.wiring import House, build
from tests.drafts.house import playbooks

CLAIRE = Actor("U1", "Claire Exemple")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house with an open crisis and one answer of which a sentence should be read again."""
    monkeypatch.setenv("TOCSIN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TOCSIN_PLAYBOOKS_DIR", str(playbooks(tmp_path)))
    made = build(load())
    plan = made.plans["rancongiciel"]
    opening = OpenCrisis("Écrans de rançon", plan, made.service.now())
    (done,) = made.service.commit([Ask("", CLAIRE, opening)])
    assert isinstance(done, Done)
    answer = FillFields((Filled("faits", "Les faits", "Des pirates russes."),))
    made.service.commit([Ask(done.crisis.id, CLAIRE, answer)])
    return made


def number(house: House) -> str:
    """The crisis."""
    return house.service.crises()[-1].id


def test_list_and_preview(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name, the list; with one, the text, what is missing, what to read again."""
    assert run(["document", number(house)]) == 0
    assert "notification-cnil" in capsys.readouterr().out
    assert run(["document", number(house), "cnil"]) == 0
    shown = capsys.readouterr().out
    assert "[à compléter\u00a0: Nombre de personnes]" in shown
    assert "À relire avant d'envoyer" in shown
    assert "pirates russes" in shown
    assert run(["document", number(house), "--json"]) == 0
    assert '"id": "notification-cnil"' in capsys.readouterr().out


def test_files_are_written_and_recorded(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """DOCX and PDF where they were asked for, with the hashes of the journal."""
    out = tmp_path / "out"
    assert run(["document", number(house), "notification-cnil", "--output", str(out)]) == 0
    told = capsys.readouterr().out
    facts = [fact for fact, _ in house.service.facts(number(house))]
    (fact,) = [one for one in facts if isinstance(one, DocumentDrafted)]
    hashes = {sha256(one.read_bytes()).hexdigest() for one in out.iterdir()}
    assert hashes == {fact.docx, fact.pdf}
    assert fact.pdf in told
    assert fact.warned == 1


def test_what_is_unknown_is_told(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """No crisis, an unknown document: a sentence and a code, never a trace."""
    assert run(["document"]) == 3
    assert run(["document", number(house), "xyzzy"]) == 3
    assert "notification-cnil" in capsys.readouterr().err


def test_names_are_listed(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """Who writes a template finds every name, and the shared fields with their labels."""
    assert run(["document", "--names"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert "decisions[].texte" in listed
    assert "champ.nombre_personnes  (Nombre de personnes)" in listed
