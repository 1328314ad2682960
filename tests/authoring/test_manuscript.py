"""The text of a playbook file under an author's hand: what changes, and all that does not."""

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.authoring.manuscript import Manuscript, Value, cleaned
from bot.errors import BadFile, Refused
from tests.core.plans import PLAYBOOKS, says

SMALL = """\
# yaml-language-server: $schema=schema/playbook.json
id: petit   # le plus petit
title: Petit plan
version: "2026-11-21"
summary: >-
  Une phrase
  sur deux lignes.

phases:
  - id: debut
    title: Début
    steps:
      # Le premier geste.
      - id: constater
        ref: P1
        title: Constater   # vite
        role: rssi
        within: 5 min      # objectif de la maison
        text: |
          - Regardez.

          - Notez.
        evidence: [photo, heure]
        sources: [tocsin-proposition]

      # Couper ensuite.
      - id: isoler
        title: 'Isoler'
        role: rssi
        after: [constater]   # jamais avant
        text: Isolez.
        sources: [tocsin-proposition]
  - id: suite
    title: Suite
    steps:
      - id: bilan
        title: Faire le bilan
        role: dpo
        after: [constater, isoler]
        text: Écrivez.
"""


def small() -> Manuscript:
    """The small file."""
    return Manuscript(SMALL, "playbooks/petit.yaml")


@cache
def real() -> Manuscript:
    """The longest file of the house."""
    file = PLAYBOOKS / "rancongiciel.yaml"
    return Manuscript(file.read_text(encoding="utf-8"), "playbooks/rancongiciel.yaml")


def touched(before: Manuscript, after: Manuscript) -> tuple[list[str], list[str]]:
    """The lines that went and those that came, in order."""
    rows = difflib.ndiff(before.text.splitlines(), after.text.splitlines())
    told = [row for row in rows if row[:2] in ("- ", "+ ")]
    return [r[2:] for r in told if r[0] == "-"], [r[2:] for r in told if r[0] == "+"]


EDITS: tuple[tuple[str, Mapping[str, Value], list[str], list[str]], ...] = (
    (
        "title",
        {"title": "Constater sur place"},
        ["        title: Constater   # vite"],
        ["        title: Constater sur place   # vite"],
    ),
    (
        "title-quoted",
        {"title": "Constater : oui"},
        ["        title: Constater   # vite"],
        ['        title: "Constater : oui"   # vite'],
    ),
    (
        "target",
        {"within": "1 h 30"},
        ["        within: 5 min      # objectif de la maison"],
        ["        within: 1 h 30      # objectif de la maison"],
    ),
    ("no-target", {"within": None}, ["        within: 5 min      # objectif de la maison"], []),
    ("two-persons", {"two_persons": True}, [], ["        two_persons: true"]),
    (
        "evidence",
        {"evidence": ["photo", "oui", "n° 12"]},
        ["        evidence: [photo, heure]"],
        ["        evidence:", "          - photo", '          - "oui"', "          - n° 12"],
    ),
    ("never", {"never": "N'éteignez rien."}, [], ["        never: N'éteignez rien."]),
    (
        "text",
        {"text": "- Regardez.\n\n- Notez l'heure."},
        ["          - Notez."],
        ["          - Notez l'heure."],
    ),
    ("the-same", {"title": "Constater", "text": "- Regardez.\n\n- Notez."}, [], []),
)


@pytest.mark.parametrize(
    ("changes", "went", "came"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS]
)
def test_an_edit_touches_its_own_lines_only(
    changes: Mapping[str, Value], went: list[str], came: list[str]
) -> None:
    """Comments, quotes, order and blank lines of everything else are those of the authors."""
    assert touched(small(), small().with_step("constater", changes)) == (went, came)


def test_a_step_taken_out_leaves_its_id_and_nobody_waiting() -> None:
    """Its lines go, its id stays in a comment, and those that waited for it no longer do."""
    made = small().without_step("constater")

    assert made.ids() == ("isoler", "bilan")
    assert "      # étape retirée : constater" in made.text
    assert "after" not in made.step("isoler")
    assert made.step("bilan")["after"] == ["isoler"]
    assert "# Le premier geste." in made.text
    assert made.new_id("Constater") == "constater-2"


def test_a_phase_never_loses_its_last_step() -> None:
    """An empty phase would be refused by the loader: it is refused before."""
    with pytest.raises(Refused, match="dernière étape"):
        small().without_step("bilan")
    with pytest.raises(Refused, match="dernière étape"):
        small().moved("bilan", "isoler")


def test_a_step_is_added_after_another_one() -> None:
    """Its keys come in the usual order, its id from its title, the gap of the file kept."""
    made = small().with_new_step(
        "constater", {"title": "Prévenir : l'ARS", "role": "rssi", "text": "Appelez.", "within": ""}
    )

    assert made.ids() == ("constater", "prevenir-l-ars", "isoler", "bilan")
    assert touched(small(), made) == (
        [],
        [
            "      - id: prevenir-l-ars",
            '        title: "Prévenir : l\'ARS"',
            "        role: rssi",
            "        text: Appelez.",
            "",
        ],
    )


@pytest.mark.parametrize(
    ("step", "after", "phase", "order"),
    [
        ("constater", "isoler", "", ("isoler", "constater", "bilan")),
        ("constater", "bilan", "", ("isoler", "bilan", "constater")),
        ("isoler", "", "debut", ("isoler", "constater", "bilan")),
        ("isoler", "", "suite", ("constater", "isoler", "bilan")),
        ("constater", "", "debut", ("constater", "isoler", "bilan")),
    ],
)
def test_a_step_moves_with_its_comments(
    step: str, after: str, phase: str, order: tuple[str, ...]
) -> None:
    """Only the order changes: every line is still there, and every step says the same."""
    made = small().moved(step, after, phase=phase)

    assert made.ids() == order
    assert sorted(filter(str.strip, made.text.splitlines())) == sorted(
        filter(str.strip, SMALL.splitlines())
    )
    assert {one: made.step(one) for one in order} == {one: small().step(one) for one in order}
    comment = "# Le premier geste." if step == "constater" else "# Couper ensuite."
    rows = made.text.splitlines()
    at = next(n for n, row in enumerate(rows) if row.strip() == f"- id: {step}")
    assert rows[at - 1].strip() == comment


def test_the_version_is_written_where_it_stands() -> None:
    """The head of the file has a version of its own, and nothing else moves."""
    made = small().with_version("2026-11-22")

    assert touched(small(), made) == (['version: "2026-11-21"'], ['version: "2026-11-22"'])


def test_what_the_bench_cannot_write_is_left_to_the_file() -> None:
    """A step on one line, an unknown step, other ends of lines: a sentence, and no change."""
    one_line = SMALL.replace(
        "      - id: bilan\n        title: Faire le bilan\n        role: dpo\n"
        "        after: [constater, isoler]\n        text: Écrivez.\n",
        "      - {id: bilan, title: Bilan, role: dpo, text: Écrivez.}\n",
    )
    with pytest.raises(Refused) as refused:
        Manuscript(one_line, "x.yaml").with_step("bilan", {"title": "Autre"})
    says(refused.value.for_people(), "une seule ligne", "dans le fichier")
    with pytest.raises(Refused):
        small().with_step("inconnue", {"title": "Autre"})
    with pytest.raises(BadFile, match="fins de ligne"):
        Manuscript(SMALL.replace("\n", "\r\n"), "x.yaml")


#: What people type: markup of YAML and Markdown, French spaces, emoji, indentation, empty lines.
typed = st.text(
    st.sampled_from("ab éÉœ\u00a0\u202f-:#'\"[]{}|>&*!%@`,?0123\n\t\\🚨\u200b\x07~«»")
    | st.characters(exclude_categories=["Cs"]),
    max_size=60,
).map(cleaned)


@settings(max_examples=150, deadline=None)
@given(title=typed.filter(str.strip), text=typed, evidence=st.lists(typed.filter(str.strip)))
def test_whatever_is_typed_is_read_back_and_the_rest_stays(
    title: str, text: str, evidence: list[str]
) -> None:
    """Whatever an author types comes back as typed, and no other step says anything else."""
    title = cleaned(title.replace("\n", " "))
    items = [one for one in (cleaned(e.replace("\n", " ")) for e in evidence) if one]
    before = small()
    changes: dict[str, Any] = {"title": title, "evidence": items}
    made = before.with_step("constater", changes | ({"text": text} if text else {}))

    found = yaml.load(made.text, Loader=yaml.BaseLoader)
    step = found["phases"][0]["steps"][0]
    assert step["title"] == title
    assert step.get("evidence", []) == items
    if text:
        assert step["text"].strip("\n") == text
    others = yaml.load(SMALL, Loader=yaml.BaseLoader)
    assert found["phases"][0]["steps"][1:] == others["phases"][0]["steps"][1:]
    assert found["phases"][1:] == others["phases"][1:]
    assert [row for row in made.text.splitlines() if row.lstrip().startswith("# ")] >= [
        row for row in SMALL.splitlines() if row.lstrip().startswith("# ")
    ]


@pytest.mark.parametrize("step_id", real().ids()[::8])
def test_steps_of_the_house_can_be_edited(step_id: str) -> None:
    """Title and text of a real step can be rewritten without another line moving."""
    made = real().with_step(step_id, {"title": "Autre titre", "text": "- Un.\n- Deux."})
    went, came = touched(real(), made)

    assert "        title: Autre titre" in came
    assert made.ids() == real().ids()
    old = str(real().step(step_id)["text"])
    wanted = {line.strip() for line in old.splitlines() if line.strip()}
    left = {row.strip() for row in went} - wanted
    assert all(row.startswith(("title:", "text:")) for row in left)
