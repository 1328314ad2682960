"""Files that nobody reads: told with the name or the place that they should have."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.library.inspection import inspect
from bot.library.unread import unread

Edit = Callable[[str, str, str], int]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("playbooks/autre.yml", "son nom doit finir par «\u00a0.yaml\u00a0»"),
        ("playbooks/AUTRE.YAML", "son nom doit finir par «\u00a0.yaml\u00a0»"),
        ("playbooks/autre.yaml.txt", "son nom doit finir par «\u00a0.yaml\u00a0»"),
        ("playbooks/exercices/autre.yml", "son nom doit finir par «\u00a0.yaml\u00a0»"),
        ("playbooks/documents/plainte.docx", "son nom doit finir par «\u00a0.md\u00a0»"),
        ("knowledge/incidents/été 2025.MD", "son nom doit finir par «\u00a0.md\u00a0»"),
        ("knowledge/reperes/note.txt", "son nom doit finir par «\u00a0.md\u00a0»"),
        ("knowledge/note.md", "«\u00a0knowledge/incidents\u00a0» ou dans «\u00a0knowledge/reperes"),
        ("knowledge/incidents/2025/note.md", "mettez-le directement dans"),
    ],
)
def test_a_file_that_is_not_read_is_told(
    playbooks: Path, knowledge: Path, name: str, told: str
) -> None:
    """Another ending or another folder is a warning in ``tocsin check``, and no fault."""
    file = playbooks.parent / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("id: x\n", encoding="utf-8")

    found = [
        one
        for one in inspect([], playbooks, knowledge, date(2026, 11, 22))
        if "n'est pas lu" in one.message
    ]

    assert [(one.path, one.warning) for one in found] == [(str(file), True)]
    assert told in found[0].message


def test_what_is_read_or_means_nothing_is_left_alone(playbooks: Path, knowledge: Path) -> None:
    """Pictures, notices, folders of one's own and copies of an editor are nobody's business."""
    for name in (
        "playbooks/plan.png",
        "playbooks/.rancongiciel.yaml.swp",
        "playbooks/rancongiciel.yaml~",
        "playbooks/archives/ancien.yml",
        "playbooks/schema/x.yaml",
        "knowledge/README.md",
        "knowledge/modeles/vierge.md",
    ):
        file = playbooks.parent / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x", encoding="utf-8")

    assert list(unread(playbooks, "playbooks")) == []
    assert list(unread(knowledge, "knowledge")) == []
    assert list(unread(knowledge / "absent", "knowledge")) == []
