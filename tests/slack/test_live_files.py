"""Files saved while the bot runs: found at once, and one bad file takes nothing away."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

import pytest

from tests.slack.conftest import Night, house_on_slack

ROOT = Path(__file__).parents[2]
NOTE = """\
---
id: quinquets
kind: repere
title: Les quinquets de secours
verified: 2026-11-21
asks: [ou sont les quinquets]
sources:
  - {ref: tocsin-proposition}
---

## En bref

- Les quinquets sont au sous-sol, derrière la chaufferie [tocsin-proposition].
"""
#: A saved file is to be found within two seconds; other work shares the machine of the tests.
PATIENCE = 10.0


@pytest.fixture
async def writing(tmp_path: Path) -> AsyncIterator[tuple[Night, Path]]:
    """A bot that has read its files, and the folder of notes that somebody is editing."""
    knowledge = tmp_path / "knowledge"
    (knowledge / "reperes").mkdir(parents=True)
    for name in ("glossaire.yaml", "hors-champ.yaml"):
        shutil.copyfile(ROOT / "knowledge" / name, knowledge / name)
    async with house_on_slack(tmp_path, tocsin_knowledge_dir=knowledge) as night:
        await night.read()
        yield night, knowledge / "reperes"


async def _told(night: Night, words: str) -> float:
    """The seconds until the answer says these words."""
    began = monotonic()
    while monotonic() - began < PATIENCE:
        if words in await night.say("paul", "question où sont les quinquets ?", "general"):
            return monotonic() - began
        await asyncio.sleep(0.05)
    raise AssertionError(f"{words} was not told in {PATIENCE} s")


async def test_a_saved_note_is_found_at_once(writing: tuple[Night, Path]) -> None:
    """New, then changed, without a restart: the answer says what the file says."""
    night, folder = writing

    (folder / "quinquets.md").write_text(NOTE, encoding="utf-8")
    new = await _told(night, "derrière la chaufferie")
    moved = NOTE.replace("derrière la chaufferie", "sous l'escalier nord")
    (folder / "quinquets.md").write_text(moved, encoding="utf-8")
    changed = await _told(night, "sous l'escalier nord")

    assert max(new, changed) < PATIENCE


async def test_a_bad_file_takes_nothing_away(writing: tuple[Night, Path]) -> None:
    """A note that cannot be read is left out; the others and the playbooks still answer."""
    night, folder = writing
    (folder / "quinquets.md").write_text(NOTE, encoding="utf-8")
    await _told(night, "derrière la chaufferie")

    (folder / "faux.md").write_text("---\nid: [\n---\n", encoding="utf-8")
    (folder / "quinquets.md").write_text(NOTE.replace("sous-sol", "grenier"), encoding="utf-8")

    await _told(night, "au grenier")
    said = await night.say("paul", "question on éteint les ordinateurs chiffrés ?", "general")
    assert "Isoler" in said
