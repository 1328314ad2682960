"""Why the system refused a file is told in French, and in the same few words everywhere."""

import errno
import os
from pathlib import Path

import pytest

from bot.errors import reason

BOT = Path(__file__).resolve().parents[2] / "bot"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOENT, "introuvable"),
        (errno.EACCES, "accès refusé"),
        (errno.ENOSPC, "disque plein"),
        (errno.EISDIR, "c'est un dossier"),
        (errno.EXDEV, f"erreur {errno.EXDEV} du système"),
    ],
)
def test_reasons_are_words_of_french(number: int, told: str) -> None:
    """What is usual has its words; what is rare, its number, for who looks it up."""
    assert reason(OSError(number, os.strerror(number))) == told


def test_an_error_without_a_number_is_told_too() -> None:
    """Libraries raise such ones."""
    assert reason(OSError("?")) == "erreur inconnue du système"


def test_nobody_reads_the_words_of_the_system() -> None:
    """No module shows ``strerror``, which speaks English."""
    using = [
        one.relative_to(BOT).as_posix()
        for one in BOT.rglob("*.py")
        if "strerror" in one.read_text(encoding="utf-8")
    ]

    assert using == []
