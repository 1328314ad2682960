"""An error that nobody foresaw: the person gets a number, the log has it, and nobody's words."""

import logging
import re
from datetime import datetime
from pathlib import Path

import pytest

from bot import logs
from bot.wiring import clock
from tests.slack.conftest import house_on_slack


class Clock:
    """The present, or a fault that nobody foresaw."""

    def __init__(self) -> None:
        """Right at first."""
        self.broken = ""

    def __call__(self) -> datetime:
        """Tell the time, or fail with these words, once."""
        words, self.broken = self.broken, ""
        if words:
            raise ArithmeticError(words)
        return clock()


async def test_the_number_that_is_told_is_found_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One number for the person and for who looks for it; then the bot goes on."""
    (tmp_path / "knowledge").mkdir()
    hands = Clock()
    async with house_on_slack(tmp_path, hands, tocsin_knowledge_dir=tmp_path / "knowledge") as n:
        await n.opened()
        said = ""
        for _ in range(20):  # somebody else may have asked for the time first
            await n.double.calm(0.3, 30)
            hands.broken = "en lisant « mots d'une personne »"
            said = await n.say("claire", "décision mots d'une personne")
            if "référence" in said:
                break
        assert "Enregistré" in await n.say("claire", "décision Couper Internet")

    number = re.search(r"référence à votre informatique : ([0-9a-f]{8})\.", said)
    assert number is not None, said
    (record,) = [one for one in caplog.records if number[1] in one.getMessage()]
    assert record.levelno == logging.ERROR
    for form in (logs.Line(), logs.JsonLine()):
        line = form.format(record)
        assert number[1] in line
        assert "ArithmeticError" in line
        assert "mots d'une personne" not in line
