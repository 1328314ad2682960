"""Playbooks from files: what loads, what is refused with its line, and what stays on the shelf."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.playbook import Outcome, Span
from bot.library.playbooks import PlanShelf, choose, load_plans
from bot.library.typed import duration

Edit = Callable[[str, str, str], int]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 min", timedelta(minutes=30)),
        ("2 h", timedelta(hours=2)),
        ("1 h 30", timedelta(hours=1, minutes=30)),
        ("1h30", timedelta(hours=1, minutes=30)),
        ("3 j", timedelta(days=3)),
        ("1 j 12 h", timedelta(days=1, hours=12)),
        ("30", None),
        ("", None),
        ("bientôt", None),
        ("-2 h", None),
        ("03:00", None),
        ("1e3", None),
        ("43200 min", timedelta(days=30)),
        ("999999 j", timedelta(days=999_999)),
        ("1000000 j", None),
        (f"{'9' * 30} h", None),
    ],
)
def test_durations_are_written_as_people_write_them(text: str, expected: timedelta | None) -> None:
    """A number needs its unit; anything else is not a duration."""
    assert duration(text) == expected


def test_a_sound_folder_gives_its_plans(playbooks: Path) -> None:
    """The plan joins the playbook, the four shared files and the sources that they quote."""
    loaded = load_plans(playbooks)

    assert loaded.faults == ()
    plan = loaded.plans["rancongiciel"]
    step = plan.step("isoler")
    assert step is not None
    assert step.within == timedelta(minutes=30)
    assert step.when == {"reseau": ("oui", "inconnu")}
    assert plan.playbook.steps[1].outcomes == (Outcome("Reportée"), Outcome("Envoyée", "sent"))
    duty = plan.duty("cnil")
    assert duty is not None
    assert duty.within == Span(hours=72)
    assert duty.watch == (timedelta(hours=1), timedelta(hours=4))
    assert {source.id for source in plan.sources} == {"guide", "loi"}
    assert loaded.files == {"rancongiciel": "playbooks/rancongiciel.yaml"}


P, D, C, H, S = (
    f"playbooks/{name}.yaml"
    for name in ("rancongiciel", "obligations", "cellule", "etablissement", "sources")
)


FIGURE = "nature: legal\n    within: 72 h"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        pytest.param(P, "never:", "nevre:", "Vouliez-vous dire «\u00a0never", id="unknown key"),
        pytest.param(P, "30 min", "30 mn", "durée illisible", id="bad duration"),
        pytest.param(P, "[oui, inconnu]", "[oui, peut-être]", "réponse inconnue", id="answer"),
        pytest.param(P, "{reseau:", "{resau:", "Vouliez-vous dire «\u00a0reseau", id="question"),
        pytest.param(P, "[isoler]", "[isolé]", "Vouliez-vous dire «\u00a0isoler", id="step"),
        pytest.param(P, "duty: cnil", "duty: cnli", "Vouliez-vous dire «\u00a0cnil", id="duty"),
        pytest.param(P, "[t_dp]", "[t_pd]", "instant inconnu", id="instant"),
        pytest.param(P, "[guide]", "[guise]", "Vouliez-vous dire «\u00a0guide", id="source"),
        pytest.param(P, "role: dpo", "role: dop", "rôle inconnu", id="role"),
        pytest.param(P, "id: notifier", "id: isoler", "en double", id="double id"),
        pytest.param(P, "id: notifier", f"id: {'n' * 81}", "trop long", id="long id"),
        pytest.param(P, "[Reportée,", f"[{'R' * 76},", "trop longue", id="long outcome"),
        pytest.param(P, "[Reportée,", "[Envoyée,", "même nom", id="outcome twice"),
        pytest.param(P, "id: isoler", "id: Isolé", "lettres a-z", id="id with an accent"),
        pytest.param(P, "settles: sent", "settles: done", "Possibles", id="settlement"),
        pytest.param(P, "after: [isoler]", "after: [notifier]", "en rond", id="waits for itself"),
        pytest.param(P, "after: [isoler]", "after:", "vide", id="empty list"),
        pytest.param(P, "[oui, inconnu]", "oui", "une liste est attendue", id="word for a list"),
        pytest.param(P, "  - id: contenir", "  - {id: [x]}\n  - id: contenir", "", id="wrong type"),
        pytest.param(D, "{instant: t_dp}", "{instant: t_x}", "instant inconnu", id="start"),
        pytest.param(D, "{instant: t_dp}", "{}", "un départ et un seul", id="no start"),
        pytest.param(D, "{instant: t_dp}", "{sent: cnil}", "en rond", id="starts itself"),
        pytest.param(D, "nature: legal", "nature: none", "contradictoire", id="figure, no clock"),
        pytest.param(D, FIGURE, "nature: legal", "sans délai", id="legal without figure"),
        pytest.param(D, "within: 72 h", "within: 48 h", "72 heures", id="span not as told"),
        pytest.param(D, "within: 72 h", "within: {hours: 99999}", "impossible", id="huge span"),
        pytest.param(D, "within: 72 h", "within: {hours: -72}", "impossible", id="negative span"),
        pytest.param(D, "within: 72 h", "within: 0 h", "impossible", id="no time at all"),
        pytest.param(D, "within: 72 h", "within: trois jours", "délai illisible", id="bad span"),
        pytest.param(D, "within: 72 h", "within: 99999 mois", "quatre chiffres", id="long span"),
        pytest.param(D, "signer: dsi", "signer: dg", "rôle inconnu", id="signer"),
        pytest.param(C, "[[dsi, dpo]]", "[[dsi, dpx]]", "rôle inconnu", id="pair of roles"),
        pytest.param(C, "cell: cyber", "cell: cybre", "Vouliez-vous dire «\u00a0cyber", id="cell"),
        pytest.param(H, "Europe/Paris", "Europe/Pari", "fuseau horaire", id="time zone"),
        pytest.param(H, "roles: [dsi]", "roles: [sdi]", "rôle inconnu", id="person's role"),
        pytest.param(H, "status: eps", "status: esp", "valeur inconnue", id="status"),
        pytest.param(S, "id: loi", "id: guide", "en double", id="double source"),
    ],
)
def test_a_mistake_is_told_with_its_file_and_line(
    playbooks: Path, edit: Edit, file: str, old: str, new: str, told: str
) -> None:
    """Whatever is unknown, dangling or contradictory is refused where it stands."""
    line = edit(file, old, new)

    found = load_plans(playbooks)

    first = found.faults[0]
    assert (first.path, told in first.message) == (file, True), str(first)
    assert first.line == line
    assert "rancongiciel" not in found.plans


def test_one_bad_playbook_leaves_the_others(playbooks: Path) -> None:
    """A file that does not parse is told, and the rest is served."""
    (playbooks / "cassé.yaml").write_text("id: [", encoding="utf-8")

    found = load_plans(playbooks)

    assert set(found.plans) == {"rancongiciel"}
    assert [fault.path for fault in found.faults] == ["playbooks/cassé.yaml"]


def test_two_files_cannot_be_the_same_playbook(playbooks: Path) -> None:
    """The second file that takes an id is refused."""
    text = (playbooks / "rancongiciel.yaml").read_text(encoding="utf-8")
    (playbooks / "zz.yaml").write_text(text, encoding="utf-8")

    found = load_plans(playbooks)

    assert found.files["rancongiciel"] == "playbooks/rancongiciel.yaml"
    assert "déjà écrit" in found.faults[0].message


def test_a_copy_never_takes_the_place_of_the_playbook(playbooks: Path) -> None:
    """Of two files with one id, the one of that name is served, wherever the alphabet puts it."""
    text = (playbooks / "rancongiciel.yaml").read_text(encoding="utf-8")
    (playbooks / "copie.yaml").write_text(text.replace("title: ", "title: Copie "), "utf-8")

    found = load_plans(playbooks)

    assert found.files == {"rancongiciel": "playbooks/rancongiciel.yaml"}
    assert not found.plans["rancongiciel"].playbook.title.startswith("Copie")
    assert [(one.path, "déjà écrit dans playbooks/ran" in one.message) for one in found.faults] == [
        ("playbooks/copie.yaml", True)
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "rien n'est écrit"), ("# rien\n", "rien n'est écrit"), ("- a\n", "autre forme")],
)
def test_a_file_that_is_no_playbook_at_all_is_told(playbooks: Path, text: str, told: str) -> None:
    """Empty, or a list: the file as a whole is told, and what is expected."""
    (playbooks / "neuf.yaml").write_text(text, encoding="utf-8")

    (fault,) = load_plans(playbooks).faults

    assert fault.message.startswith(told)
    assert fault.message.endswith("clé: valeur\u00a0» sont attendues ici")


@pytest.mark.parametrize("name", ["sources", "cellule", "obligations", "etablissement"])
def test_without_a_shared_file_there_is_no_plan(playbooks: Path, name: str) -> None:
    """A missing shared file is told by name, and nothing can be opened."""
    (playbooks / f"{name}.yaml").unlink()

    found = load_plans(playbooks)

    assert found.plans == {}
    assert f"playbooks/{name}.yaml" in {fault.path for fault in found.faults}


def test_a_missing_template_is_told_but_the_plan_stays(playbooks: Path, edit: Edit) -> None:
    """A step keeps its place when the model of its document is not there."""
    edit("playbooks/rancongiciel.yaml", "duty: cnil", "duty: cnil\n        document: lettre")
    (playbooks / "documents").mkdir()
    (playbooks / "documents" / "lettres.md").write_text("x", encoding="utf-8")

    found = load_plans(playbooks)

    assert "Vouliez-vous dire «\u00a0lettres" in found.faults[0].message
    assert "rancongiciel" in found.plans


def test_the_shelf_keeps_the_last_good_version(playbooks: Path, edit: Edit) -> None:
    """A bad new version never replaces a good one; once corrected, it does."""
    shelf = PlanShelf(playbooks)
    edit("playbooks/rancongiciel.yaml", "Isoler les postes", "Isoler tous les postes")
    edit("playbooks/rancongiciel.yaml", "role: dpo", "role: dop")

    shelf.reload()

    assert shelf.plans["rancongiciel"].playbook.steps[0].title == "Isoler les postes"
    assert "rôle inconnu" in shelf.faults[0].message

    edit("playbooks/rancongiciel.yaml", "role: dop", "role: dpo")
    shelf.reload()

    assert shelf.plans["rancongiciel"].playbook.steps[0].title == "Isoler tous les postes"
    assert shelf.faults == ()


def test_the_shelf_keeps_a_shared_file_that_went_bad(playbooks: Path, edit: Edit) -> None:
    """New steps are served with the last good table of duties."""
    shelf = PlanShelf(playbooks)
    edit("playbooks/obligations.yaml", "nature: legal", "nature: legale")
    edit("playbooks/rancongiciel.yaml", "Isoler les postes", "Isoler tous les postes")

    shelf.reload()

    plan = shelf.plans["rancongiciel"]
    assert plan.playbook.steps[0].title == "Isoler tous les postes"
    assert plan.obligations.duties[0].nature == "legal"


def test_a_playbook_that_was_removed_leaves_the_shelf(playbooks: Path) -> None:
    """Removing a file is a decision, not a mistake."""
    shelf = PlanShelf(playbooks)
    (playbooks / "rancongiciel.yaml").unlink()

    assert shelf.reload().plans == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on nous demande une RANÇON", ["rancongiciel"]),
        ("des fichiers chiffres partout", ["rancongiciel"]),
        ("le fichier du personnel", []),
        ("une inondation au sous-sol", []),
        ("", []),
    ],
)
def test_a_few_words_propose_a_playbook(playbooks: Path, text: str, expected: list[str]) -> None:
    """Hints are compared without accents, capitals or endings, as whole phrases."""
    assert choose(load_plans(playbooks), text) == expected
