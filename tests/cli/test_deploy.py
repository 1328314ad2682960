"""What an administrator is given, held against what there is: unit, container file, runbook."""

import re
from pathlib import Path

import pytest

from bot.cli import run
from bot.config import Settings

ROOT = Path(__file__).resolve().parents[2]
UNIT = (ROOT / "deploy" / "tocsin.service").read_text(encoding="utf-8")
CONTAINER = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
RUNBOOK = (ROOT / "docs" / "exploitation.md").read_text(encoding="utf-8")


def test_the_unit_gives_no_right_that_is_not_needed() -> None:
    """No capability, one folder to write in, no core file; the kernel's clock can be read."""
    directives = dict(
        line.split("=", 1) for line in UNIT.splitlines() if re.match(r"[A-Z]\w+=", line)
    )

    for name, value in {
        "CapabilityBoundingSet": "",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateDevices": "yes",
        "UMask": "0077",
        "LimitCORE": "0",
        "Restart": "always",
        "User": "tocsin",
        "StateDirectoryMode": "0700",
    }.items():
        assert directives[name] == value, name
    assert "adjtimex" in directives["SystemCallFilter"]
    assert "ProtectClock" not in directives
    assert "ProcSubset" not in directives
    assert directives["ExecStart"].endswith("/tocsin serve")


def test_the_container_holds_what_exists_and_runs_as_nobody() -> None:
    """Each file that is copied is there; requirements enter by hash; the user is not root."""
    copied = re.findall(r"^COPY (.+) \S+$", CONTAINER, re.MULTILINE)
    names = [name for line in copied for name in line.split()]

    assert names
    assert [name for name in names if not (ROOT / name).exists()] == []
    assert "--require-hashes" in CONTAINER
    assert CONTAINER.index("USER tocsin") < CONTAINER.index("ENTRYPOINT")
    assert "TOCSIN_HEALTH_PORT=8711" in CONTAINER


@pytest.mark.parametrize("text", [RUNBOOK, CONTAINER, UNIT], ids=["runbook", "container", "unit"])
def test_settings_that_are_named_exist(text: str) -> None:
    """A setting that was renamed is renamed in what administrators read."""
    names = set(re.findall(r"\b(?:TOCSIN|SLACK|DATABASE)_[A-Z_]+\b", text))

    assert {one for one in names if one.lower() not in Settings.model_fields} == set()


def test_commands_of_the_runbook_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """Every command and option that the runbook names is understood."""
    named = set(re.findall(r"(?:`|\n *|bin/)tocsin ([a-z]+)([^`\n]*)", RUNBOOK))
    assert {"doctor", "backup", "restore", "act", "key", "kit", "export"} <= {
        word for word, _ in named
    }

    for word, rest in sorted(named):
        with pytest.raises(SystemExit) as ended:
            run([word, "--help"])
        shown = capsys.readouterr().out
        assert ended.value.code == 0, word
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in shown, (word, option)


def test_links_of_the_runbook_lead_somewhere() -> None:
    """Each page that the runbook sends to is in the folder."""
    for target in re.findall(r"\]\(([^)]+\.md)\)", RUNBOOK):
        assert (ROOT / "docs" / target).is_file(), target
