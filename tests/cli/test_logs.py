"""The technical log: where an error happened, and no word of anybody's."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from bot import logs
from bot.config import Settings

SECRET = "motdepasse-du-serveur"
SAID = "Madame Untel du lit 12"


@pytest.fixture
def settings() -> Settings:
    """Settings with secrets in all their places."""
    return Settings(
        slack_bot_token="xoxb-1-planted",
        slack_app_token="xapp-1-planted",
        database_url=f"postgresql://tocsin:{SECRET}@127.0.0.1/tocsin",
        tocsin_model_key="cle-du-modele",
        _env_file=None,
    )  # type: ignore[call-arg]


@pytest.fixture
def handlers() -> Iterator[None]:
    """Leave the loggers as they were."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def _record(settings: Settings) -> logging.LogRecord:
    """An unexpected error while a text was read, with secrets in what is told of it."""

    def read(text: str) -> int:
        return int(text)

    try:
        try:
            read(SAID)
        except ValueError as wrong:
            raise RuntimeError(f"cannot use {SAID} with {settings.slack_bot_token}") from wrong
    except RuntimeError:
        happened = sys.exc_info()
    told = "unexpected error, reference %s at %s with %s and %s"
    arguments = ("0a1b2c3d", settings.database_url, "xoxb-9-other", settings.tocsin_model_key)
    return logging.LogRecord("bot.slack", logging.ERROR, __file__, 1, told, arguments, happened)


@pytest.mark.parametrize("form", [logs.Line, logs.JsonLine])
def test_no_text_and_no_secret_is_in_a_line(form: type[logs.Line], settings: Settings) -> None:
    """Kinds and places of the errors are there, the reference too; planted words are not."""
    line = form(settings.secrets).format(_record(settings))

    for planted in (SAID, "Untel", SECRET, "xoxb", "planted", "cle-du-modele"):
        assert planted not in line
    assert "reference 0a1b2c3d" in line
    assert "ValueError" in line
    assert "RuntimeError" in line
    assert "test_logs.py" in line


def test_json_is_one_object_a_line(settings: Settings) -> None:
    """A collector reads each line by itself."""
    line = logs.JsonLine(settings.secrets).format(_record(settings))
    told = json.loads(line)

    assert "\n" not in line
    assert (told["level"], told["logger"]) == ("ERROR", "bot.slack")
    assert told["time"].endswith("+00:00")
    assert any("test_logs.py" in one for one in told["trace"])


@pytest.mark.usefixtures("handlers")
def test_configured_logs_count_and_stay_clean(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is logged through a logger is written on standard error in the form asked for."""
    before = logs.counts().get("WARNING", 0)
    logs.configure("INFO", "json", settings.secrets)
    logging.getLogger("bot.anything").warning("token %s", settings.slack_app_token)

    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "token [secret]"
    assert logs.counts()["WARNING"] == before + 1


def test_secrets_are_every_hidden_setting(settings: Settings) -> None:
    """A setting that is not to be shown is one that is taken out of the log."""
    assert settings.slack_bot_token in settings.secrets
    assert settings.database_url in settings.secrets
    assert all(one not in repr(settings) for one in settings.secrets)
