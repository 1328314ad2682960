"""``tocsin ask`` with a model, for somebody, without a patient: real processes over real HTTP."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.terminal import afresh, tocsin
from tests.double_model import ModelDouble

NOTE = """\
---
id: zephyrine
kind: repere
title: Audit Zéphyrine
verified: 2026-11-21
confidential: [U0EXEMPLE]
asks: [que s'est-il passé à zéphyrine]
sources:
  - {id: P1, title: Audit, publisher: Cabinet fictif, date: "2026", where: page 2}
---

## En bref

Débranchez le robot de Zéphyrine avant toute reprise [P1].
"""
QUESTION = "que s'est-il passé à Zéphyrine ?"
WORDED = "faut-il mettre les sauvegardes hors d'atteinte ?"


def ask(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run ``tocsin ask`` with its data and its write-ups in a folder."""
    return tocsin("ask", *arguments, settings={**of(folder), **settings})


def of(folder: Path) -> dict[str, str]:
    """The settings for data and write-ups in this folder."""
    return {
        "TOCSIN_DATA_DIR": str(folder / "data"),
        "TOCSIN_KNOWLEDGE_DIR": str(folder / "knowledge"),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one confidential note; what is written in ``data`` serves every test."""
    made = tmp_path_factory.mktemp("ask")
    (made / "knowledge/reperes").mkdir(parents=True)
    (made / "knowledge/reperes/zephyrine.md").write_text(NOTE, encoding="utf-8")
    return made


def test_the_administrator_reads_all_and_can_ask_as_somebody(folder: Path) -> None:
    """Without ``--as`` everything, told to be confidential; with it, what that person finds."""
    all_of_it = ask(folder, QUESTION)
    assert "Débranchez le robot de Zéphyrine" in all_of_it.stdout
    assert "Confidentiel\u00a0: réservé à U0EXEMPLE." in all_of_it.stdout
    assert "\nD'après\u00a0:\n- Audit (Cabinet fictif, 2026)\n" in all_of_it.stdout

    other = ask(folder, QUESTION, "--as", "U0AUTRE").stdout
    assert ("le robot" in other, "Cabinet fictif" in other) == (False, False)
    named = ask(folder, QUESTION, "--as", "directeur-crise", "--as", "U0EXEMPLE")
    assert "Débranchez le robot de Zéphyrine" in named.stdout


def test_the_passages_come_first_then_the_sentences_of_the_model(folder: Path) -> None:
    """Each as soon as it is checked, with its numbers; as JSON, both in one object."""
    with ModelDouble() as model:
        settings = {"TOCSIN_MODEL": "openai:essai", "TOCSIN_MODEL_URL": model.url}
        said = afresh("ask", WORDED, settings={**of(folder), **settings})
        assert said.returncode == 0, said.stderr
        quoted, _, written = said.stdout.partition("Rédaction par un modèle")
        assert "(playbooks/" in quoted
        assert "[1]\n[1] " in written
        assert written.rstrip().endswith("vérifiées une à une.")

        told = json.loads(ask(folder, WORDED, "--json", **settings).stdout)
        assert told["wording"]["state"] == "done"
        assert told["wording"]["sentences"][0]["cited"] == [1]
        assert model.keys == ["Bearer aucune"] * 2

        # Nothing of a patient reaches it, nor a deadline, nor a confidential note.
        for question in (f"{WORDED} NIR 185057800608491", "quel délai pour la CNIL ?", QUESTION):
            assert "Rédaction par un modèle" not in ask(folder, question, **settings).stdout
        assert len(model.asked) == 2


def test_a_model_that_cannot_be_had_is_said_and_done_without(folder: Path) -> None:
    """The passages are there all the same; what to install goes to the error output."""
    said = ask(folder, WORDED, TOCSIN_MODEL="mistralai:mistral-small-latest")

    assert said.returncode == 0
    assert "(playbooks/" in said.stdout
    assert 'pip install "tocsin[mistral]"' in said.stderr
