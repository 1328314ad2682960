"""The pages of ``docs/reference`` say what the code says."""

from pathlib import Path

import pytest

from bot.cli.reference import FOLDER, pages, write
from bot.config import Settings
from bot.grammar.words import WORDS


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_page_is_up_to_date(name: str) -> None:
    """``python -m bot.cli.reference`` was run since the code last changed."""
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name]


def test_nothing_is_forgotten(tmp_path: Path) -> None:
    """Every word, setting and command has its line."""
    write(tmp_path)
    words, settings, commands = (
        (tmp_path / name).read_text(encoding="utf-8")
        for name in ("mots.md", "reglages.md", "commandes.md")
    )
    assert all(f"`/crise {word.usage}`".replace("|", "\\|") in words for word in WORDS.values())
    assert all(f"`{name.upper()}`" in settings for name in Settings.model_fields)
    assert "## tocsin verify" in commands
    assert "## tocsin knowledge report" in commands
