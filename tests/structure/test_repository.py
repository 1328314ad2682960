"""What stands beside the code: pins, settings, documentation, and what must never be committed."""

import importlib.util
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PINS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")
NPM_LOCK = "bot/demo/local_slack/package-lock.json"
#: Folders that the verbs of the Makefile make, or that belong to one hospital.
MADE = {
    ".git",
    ".venv",
    ".cache",
    ".hypothesis",
    "build",
    "data",
    "dist",
    "node_modules",
    "__pycache__",
}
TEXTS = {
    "", ".cfg", ".css", ".html", ".json", ".md", ".mako", ".py", ".sh", ".toml", ".txt", ".yaml",
    ".yml",
}  # fmt: skip
SETTING = re.compile(r"^#? ?([A-Z][A-Z0-9_]+)=", re.MULTILINE)


def files() -> Iterator[Path]:
    """Give the text files of the project, what tools left beside them excepted."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in MADE and not name.endswith("_cache")]
        for name in names:
            path = Path(folder, name)
            if path.suffix in TEXTS and name != ".env":
                yield path


def read(name: str) -> str:
    """Return the text of one file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def normal(name: str) -> str:
    """Return a distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(name: str) -> dict[str, set[str]]:
    """Return distribution → pinned versions; an entry for several platforms has several."""
    found: dict[str, set[str]] = {}
    for line in read(name).splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^ ;\\]+)", line):
            found.setdefault(normal(match[1]), set()).add(match[2])
    return found


def asked(*extras: str) -> set[str]:
    """Return the distributions that the project asks for itself, with these extras."""
    project = tomllib.loads(read("pyproject.toml"))["project"]
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    names = {normal(re.split(r"[^A-Za-z0-9._-]", line)[0]) for line in lines}
    return names - {normal(project["name"])}


@pytest.mark.parametrize("name", [*PINS, NPM_LOCK])
def test_pins_name_no_download_address(name: str) -> None:
    """A pin says what and with which hash; each machine says from where."""
    words = ("://", "--index", "--extra-index", "--find-links", "--trusted-host", '"resolved"')
    lines = read(name).splitlines()
    assert [line for line in lines if any(word in line for word in words)] == []


@pytest.mark.parametrize("name", PINS)
def test_every_python_pin_has_a_hash(name: str) -> None:
    """What is installed is what was reviewed, or the installation stops."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", read(name), flags=re.M))
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_local_slack_is_pinned_by_hash() -> None:
    """The demo's binary is installed from a lock file that says its digest."""
    packages = json.loads(read(NPM_LOCK))["packages"]
    wanted = packages.pop("")["optionalDependencies"]
    assert json.loads(read("bot/demo/local_slack/package.json"))["optionalDependencies"] == wanted
    assert {path.rpartition("/")[2]: one["version"] for path, one in packages.items()} == wanted
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())


def test_requirements_follow_the_project() -> None:
    """Every library that the project asks for is pinned (``make lock`` after a change)."""
    assert asked() - set(pinned("requirements.txt")) == set()
    assert asked("dev", "postgres", "openai") - set(pinned("requirements-dev.txt")) == set()


def test_developers_run_what_hospitals_run() -> None:
    """The developers' pins are the hospital's, to the version, and some more."""
    run, dev = pinned("requirements.txt"), pinned("requirements-dev.txt")
    assert {name: dev.get(name) for name in run} == run
    assert set(dev) > set(run)


def test_no_file_carries_a_path_of_a_machine() -> None:
    """Nothing in the project depends on, or tells, where it was written."""
    here = re.escape(str(ROOT)) if len(ROOT.parts) > 2 else "(?!)"
    path = re.compile(rf"(?:^|[^\w.])(?:{here}(?![\w-])|/(?:home|Users)/[a-z][\w.-]+/)")
    found = [
        f"{file.relative_to(ROOT)}: {match[0].strip()}"
        for file in files()
        if (match := path.search(file.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_no_secret_is_committed() -> None:
    """Tokens and keys live in .env, which stays out of the repository."""
    secret = re.compile(r"xox[abp]-\d{8,}-|xapp-\d-[A-Z0-9]{8,}-|-----BEGIN [A-Z ]*PRIVATE KEY")
    tests = Path(__file__)
    found = [str(f) for f in files() if f != tests and secret.search(f.read_text("utf-8"))]
    assert found == []
    assert "/.env" in read(".gitignore").splitlines()


def _verbs() -> set[str]:
    return set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_documented_verbs_exist(name: str) -> None:
    """A ``make`` command that a page gives is one that the Makefile has."""
    told = set(re.findall(r"(?:^|`)(?:[A-Z]+=\S+ )?make ([a-z]+)", read(name), flags=re.MULTILINE))
    assert told - _verbs() == set()


def test_every_verb_is_in_the_help() -> None:
    """``make help`` lists what the Makefile does."""
    done = subprocess.run(
        ["make", "--no-print-directory", "-C", str(ROOT), "help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert set(re.findall(r"^make ([a-z]+) ", done.stdout, flags=re.M)) == _verbs() - {
        "help",
        "dev",
    }


def test_continuous_integration_runs_what_people_run() -> None:
    """The script of continuous integration is executable and calls the two verbs, in order."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.findall(r"^make (\w+)$", script.read_text(encoding="utf-8"), flags=re.M) == [
        "check",
        "test",
    ]


def env_names(settings: Any) -> Iterator[tuple[str, str]]:
    """Give (environment name, help sentence) of every field of a settings class."""
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        alias = field.validation_alias
        choices: Iterable[Any] = getattr(alias, "choices", [alias])
        first = next((one for one in choices if isinstance(one, str)), None)
        yield (first or prefix + name).upper(), field.description or ""


def one_line(text: str) -> str:
    """Return the text without line breaks, comment marks and double spaces."""
    return " ".join(re.sub(r"^#+ ?", "", text, flags=re.MULTILINE).split())


def test_example_settings_are_the_real_ones() -> None:
    """.env.example has each setting with its help sentence, and no other; neither goes alone."""
    example = ROOT / ".env.example"
    known = importlib.util.find_spec("bot.config") is not None
    assert example.exists() == known, "bot/config.py and .env.example go together"
    if known:
        settings = importlib.import_module("bot.config").Settings
        text = example.read_text(encoding="utf-8")
        wanted = dict(env_names(settings))
        assert [name for name, help_ in wanted.items() if not help_] == []
        assert [help_ for help_ in wanted.values() if one_line(help_) not in one_line(text)] == []
        assert sorted(SETTING.findall(text)) == sorted(wanted)
