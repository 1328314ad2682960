"""YAML with its lines: what is read, and what is refused before anything else sees it."""

import os
from pathlib import Path

import pytest

from bot.errors import BadFile
from bot.library.marked_yaml import MAX_BYTES, MAX_DEPTH, parse, read_text


def test_scalars_stay_what_was_typed() -> None:
    """Words that YAML 1.1 would turn into booleans, dates or numbers stay texts."""
    marked = parse("a: oui\nb: no\nc: on\nd: 2026-04\ne: 012\nf:\ng: ~\nh: 'null'\n", "f.yaml")

    assert marked.data == {
        "a": "oui",
        "b": "no",
        "c": "on",
        "d": "2026-04",
        "e": "012",
        "f": None,
        "g": None,
        "h": "null",
    }


def test_every_part_knows_its_lines() -> None:
    """A part starts at its key and ends before blank lines and comments that follow it."""
    text = (
        "a: 1\nsteps:\n  - id: x\n    text: |\n      un\n      deux\n\n  # rien\n  - id: y\nz: 2\n"
    )
    marked = parse(text, "f.yaml", first_line=10)

    assert marked.lines(("steps", 0)) == (12, 15)
    assert marked.lines(("steps", 0, "text")) == (13, 15)
    assert marked.lines(("steps", 1, "id")) == (18, 18)
    assert marked.line(("steps", 1, "absent")) == 18


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        pytest.param("a: &x [1]\nb: 2\n", 1, "ancres", id="anchor"),
        pytest.param("a: 1\nb: *x\n", 2, "ancres", id="alias"),
        pytest.param("a: 1\nb: !!python/object:os.system {}\n", 2, "étiquettes", id="tag"),
        pytest.param("a: 1\nb: 2\na: 3\n", 3, "deux fois", id="double key"),
        pytest.param("a: 1\n? [b]\n: 2\n", 2, "mot simple", id="key that is a list"),
        pytest.param("a: 1\n\tb: 2\n", 2, "tabulation", id="tabulation"),
        pytest.param("a: b: c\n", 1, "deux-points", id="stray colon"),
        pytest.param("a: [1, 2\nb: 3\n", 2, "", id="open bracket"),
        pytest.param("[" * (MAX_DEPTH + 1), 1, "imbrication", id="too deep"),
        pytest.param("a: \x07\n", 1, "caractère de contrôle", id="control character"),
        pytest.param('a: 1\nb: "\\a"\n', 2, "invisible (U+0007)", id="control written out"),
        pytest.param("a: 1\nb: x\u202ey\n", 2, "invisible (U+202E)", id="turned around"),
        pytest.param("a: 1\n---\nb: 2\n", 2, "un fichier ne tient qu'un", id="two documents"),
    ],
)
def test_what_is_refused_is_told_with_its_line(text: str, line: int, told: str) -> None:
    """Tricks and mistakes are refused, never guessed at."""
    with pytest.raises(BadFile) as refusal:
        parse(text, "f.yaml")

    assert (refusal.value.path, refusal.value.line) == ("f.yaml", line)
    assert told in refusal.value.message


def test_a_bomb_of_nesting_is_refused_without_harm() -> None:
    """Half a million brackets are counted, not followed."""
    with pytest.raises(BadFile):
        parse("[" * 500_000, "f.yaml")


def test_a_file_that_is_not_utf8_is_refused_at_its_line(tmp_path: Path) -> None:
    """The line of the first byte that is not UTF-8 is told."""
    file = tmp_path / "f.yaml"
    file.write_bytes("a: 1\nb: é\n".encode("latin-1"))

    with pytest.raises(BadFile, match="UTF-8") as refusal:
        read_text(file, "f.yaml")

    assert refusal.value.line == 2


def test_a_file_that_is_too_big_is_refused(tmp_path: Path) -> None:
    """A megabyte is the most that is read."""
    file = tmp_path / "f.yaml"
    file.write_bytes(b"#" * (MAX_BYTES + 1))

    with pytest.raises(BadFile, match="trop gros"):
        read_text(file, "f.yaml")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A missing file is a bad file, with a sentence for people."""
    with pytest.raises(BadFile, match=r"illisible \(introuvable\)"):
        read_text(tmp_path / "absent.yaml", "absent.yaml")


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """The reason is told in French, as people read it."""
    with pytest.raises(BadFile, match=r"illisible \(c'est un dossier\)"):
        read_text(tmp_path, "dossier.yaml")


def test_what_has_no_end_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe, or a link to a device, is refused before it is opened."""
    os.mkfifo(tmp_path / "tube.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")

    for name in ("tube.yaml", "zero.yaml"):
        with pytest.raises(BadFile, match="fichier ordinaire"):
            read_text(tmp_path / name, name)
