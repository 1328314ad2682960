"""A service that never answers is given up, and holds back neither who asks nor the end."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import OutsideService
from bot.library.outside import asked

#: Seconds for which the service of the child is silent; the child itself is given half of that.
SILENCE = 120
PROGRAM = f"""
import threading
from bot.errors import OutsideService
from bot.library.outside import asked, streamed

def never():
    threading.Event().wait({SILENCE})
    yield 1

for ask in (
    lambda: asked("Le modèle", lambda: list(never()), 0.05),
    lambda: list(streamed("Le modèle", never, 0.05)),
):
    try:
        ask()
    except OutsideService:
        print("given up", flush=True)
"""


def test_a_silent_service_does_not_keep_the_process_from_ending() -> None:
    """The bot is stopped while a model is asked: it ends, and does not wait for the model."""
    child = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=SILENCE / 2,
        check=True,
    )
    assert child.stdout.split("\n")[:2] == ["given up", "given up"]


def test_what_a_service_raises_is_one_error_without_its_words() -> None:
    """Words of a provider may quote a key: only the kind of the failure is told."""

    def refuse() -> int:
        raise KeyError("sk-secret")

    with pytest.raises(OutsideService) as told:
        asked("Le modèle", refuse, 20.0)
    assert "KeyError" in str(told.value)
    assert "secret" not in str(told.value)
    assert asked("Le modèle", lambda: 3, 20.0) == 3
