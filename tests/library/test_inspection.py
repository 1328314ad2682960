"""What is told when a shared file cannot be used: that, and nothing that follows from it."""

from datetime import date
from pathlib import Path

import pytest

from bot.library.inspection import inspect
from tests.library.conftest import Edit

TODAY = date(2026, 11, 22)
SOURCES = "playbooks/sources.yaml"


@pytest.fixture
def draft(playbooks: Path, tmp_path: Path) -> Path:
    """A draft in a folder of its own, with a space and an accent, that is no YAML."""
    folder = tmp_path / "mes brouillons d'été"
    folder.mkdir()
    (folder / "neuf.yaml").write_text("id: x\n\ttitle: y\n", encoding="utf-8")
    return folder


def told(paths: list[Path], root: Path) -> list[tuple[str, int]]:
    """File and line of each fault of these paths, or of the house."""
    found = inspect(paths, root / "playbooks", root / "knowledge", TODAY)
    return [(one.path, one.line) for one in found]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "playbooks",
        "knowledge",
        "playbooks/rancongiciel.yaml",
        "knowledge/reperes/papier.md",
        "knowledge/glossaire.yaml",
        "mes brouillons d'été",
        "mes brouillons d'été/neuf.yaml",
    ],
)
@pytest.mark.parametrize("word", ["id: guide", "sources:"])
def test_a_bad_shared_file_is_the_only_fault(
    draft: Path, knowledge: Path, edit: Edit, tmp_path: Path, name: str, word: str
) -> None:
    """Whatever is checked, the cause is told, once, and never « Tout est lisible »."""
    line = edit(SOURCES, word, "id: Guide" if "id" in word else "\tsources:")

    found = told([tmp_path / name] if name else [], tmp_path)

    assert found == [(str(tmp_path / SOURCES), line)]


def test_a_draft_beside_is_checked_when_the_house_is_sound(
    draft: Path, knowledge: Path, tmp_path: Path
) -> None:
    """Its own fault is told, under the name by which it was given."""
    for path in (draft, draft / "neuf.yaml"):
        assert told([path], tmp_path) == [(str(draft / "neuf.yaml"), 2)]


def test_a_draft_of_a_shared_file_keeps_its_name(
    draft: Path, knowledge: Path, tmp_path: Path
) -> None:
    """A shared file that is given beside stands for the house's, and is told where it is."""
    (draft / "neuf.yaml").unlink()
    (draft / "sources.yaml").write_text("\tsources: []\n", encoding="utf-8")

    assert told([draft], tmp_path) == [(str(draft / "sources.yaml"), 1)]
