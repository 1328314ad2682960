"""Drafts and their publication: whole, checked, remembered, never over somebody else's work."""

import multiprocessing
import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.authoring.bench import Bench, Draft, Overtaken, next_version
from bot.authoring.versions import Author
from bot.errors import Refused
from bot.library.playbooks import load_plans
from tests.core.plans import PLAYBOOKS, says

NOW = datetime(2026, 11, 22, 3, 10, tzinfo=UTC)
BRUNO = Author("U02BRUNO", "Bruno Modèle")
BOOK, SHOWN = "panne-majeure", "playbooks/panne-majeure.yaml"
KNOWLEDGE = PLAYBOOKS.parent / "knowledge"


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """The playbooks of the house, in a folder of their own."""
    return Path(shutil.copytree(PLAYBOOKS, tmp_path / "playbooks"))


@pytest.fixture
def bench(books: Path, tmp_path: Path) -> Bench:
    """A bench on that folder; nothing but playbooks is looked at, so that it is quick."""
    (tmp_path / "knowledge").mkdir()
    shutil.copyfile(KNOWLEDGE / "redaction.yaml", tmp_path / "knowledge" / "redaction.yaml")
    return Bench(books, tmp_path / "knowledge", tmp_path / "data")


def first(draft: Draft) -> str:
    """Id of the first step."""
    return draft.manuscript.ids()[0]


def edited(bench: Bench, person: str = "U02BRUNO", title: str = "Prendre l'appel") -> Draft:
    """A draft of this person in which the first step has another title."""
    draft = bench.draft(BOOK, SHOWN, person)
    return bench.keep(draft, draft.manuscript.with_step(first(draft), {"title": title}))


def test_a_draft_is_kept_until_it_is_dropped(bench: Bench, books: Path) -> None:
    """It survives a restart, is its author's alone, and touches no file before publication."""
    made = edited(bench)

    assert bench.draft(BOOK, SHOWN, "U02BRUNO") == made
    assert made.changed
    assert not bench.draft(BOOK, SHOWN, "U03DIANE").changed
    assert (books / "panne-majeure.yaml").read_text(encoding="utf-8") == made.base
    bench.drop(made)
    assert not bench.draft(BOOK, SHOWN, "U02BRUNO").changed


def test_a_draft_that_comes_back_to_the_file_is_no_draft(bench: Bench) -> None:
    """Undoing every change by hand leaves nothing to publish."""
    made = edited(bench)
    before = str(
        Draft(BOOK, made.file, SHOWN, "", made.base, made.base).manuscript.step(first(made))[
            "title"
        ]
    )

    back = bench.keep(made, made.manuscript.with_step(first(made), {"title": before}))

    assert not back.changed
    with pytest.raises(Refused, match="rien à publier"):
        bench.publish(back, "essai", BRUNO, NOW)


def test_a_publication_is_a_new_version_of_the_same_file(bench: Bench, books: Path) -> None:
    """The file says it, with its version; the one before and this one stay readable."""
    made = edited(bench)
    before = load_plans(books).plans[BOOK].playbook.version
    done = bench.publish(made, "Retour de l'exercice\nde mars", BRUNO, NOW)

    plan = load_plans(books).plans[BOOK]
    assert plan.playbook.version == done.kept.version == "2026-11-22"
    assert plan.playbook.steps[0].title == "Prendre l'appel"
    assert done.trouble == done.kept.commit == ""
    old, new = bench.versions.of(BOOK)
    assert (old.version, new.name, new.reason) == (
        before,
        "Bruno Modèle",
        "Retour de l'exercice de mars",
    )
    assert bench.versions.text(BOOK, old.sha256) == made.base
    assert bench.versions.text(BOOK, new.sha256) == (books / f"{BOOK}.yaml").read_text("utf-8")
    assert not bench.draft(BOOK, SHOWN, "U02BRUNO").changed
    assert [one.name for one in books.iterdir() if one.name.startswith(".")] == []
    with pytest.raises(KeyError):
        bench.versions.text(BOOK, "0" * 64)


def test_a_conflict_is_shown_and_never_overwritten(bench: Bench, books: Path) -> None:
    """Who publishes second keeps the draft and is told; the file stays the first one's."""
    slow, quick = edited(bench, "U03DIANE", "Version de Diane"), edited(bench)
    bench.publish(quick, "d'abord", BRUNO, NOW)
    written = (books / f"{BOOK}.yaml").read_bytes()

    assert slow.overtaken
    with pytest.raises(Overtaken) as told:
        bench.publish(slow, "ensuite", Author("U03DIANE", "Diane Fictive"), NOW)

    says(told.value.for_people(), "a changé depuis votre brouillon", "Rien n'a été publié")
    assert (books / f"{BOOK}.yaml").read_bytes() == written
    assert bench.draft(BOOK, SHOWN, "U03DIANE") == slow


def test_a_fault_stops_the_publication_and_names_its_line(bench: Bench, books: Path) -> None:
    """What ``tocsin check`` would refuse is told with file, line and the nearest name."""
    draft = bench.draft(BOOK, SHOWN, "U02BRUNO")
    wrong = bench.keep(draft, draft.manuscript.with_step(first(draft), {"role": "rsi"}))
    found = bench.faults(wrong, date(2026, 11, 22))

    assert [one.path for one in found] == [SHOWN]
    says(str(found[0]), "rsi", "Vouliez-vous dire", "rssi")
    assert found[0].line > 1
    with pytest.raises(Refused, match="Rien n'a été publié"):
        bench.publish(wrong, "essai", BRUNO, NOW)
    assert (books / f"{BOOK}.yaml").read_text(encoding="utf-8") == wrong.base


@pytest.mark.parametrize("reason", ["", "  \n "])
def test_no_publication_without_a_reason(bench: Bench, reason: str) -> None:
    """The why is what the next author reads."""
    with pytest.raises(Refused, match="Il manque la raison"):
        bench.publish(edited(bench), reason, BRUNO, NOW)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-11-21", "2026-11-22"),
        ("2026-11-22", "2026-11-22.2"),
        ("2026-11-22.2", "2026-11-22.3"),
        ("2026-11-22.x", "2026-11-22"),
        ("3", "2026-11-22"),
    ],
)
def test_versions_are_named_after_their_day(before: str, after: str) -> None:
    """Two publications of one day have two names."""
    assert next_version(before, date(2026, 11, 22)) == after


# -- git ---------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> str:
    """What git says in that folder."""
    known = ("-c", "user.name=Test", "-c", "user.email=test@test.invalid")
    done = subprocess.run(
        ["git", "-C", str(folder), *known, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def tree(books: Path) -> Path:
    """The same folder as a git work tree, all committed."""
    git(books, "init", "--quiet")
    git(books, "add", ".")
    git(books, "commit", "--quiet", "-m", "Début")
    return books


def test_a_publication_is_a_commit_of_that_file_under_its_authors_name(
    bench: Bench, tree: Path
) -> None:
    """Author, reason and one file; what somebody else had staged stays staged."""
    with (tree / "sources.yaml").open("a", encoding="utf-8") as shared:
        shared.write("# en cours\n")
    git(tree, "add", "sources.yaml")

    done = bench.publish(edited(bench), "Retour d'exercice", BRUNO, NOW)

    assert done.trouble == ""
    assert git(tree, "rev-parse", "HEAD") == done.kept.commit
    assert git(tree, "log", "-1", "--format=%an|%ae|%s") == (
        f"Bruno Modèle|u02bruno@slack.invalid|{BOOK} 2026-11-22 : Retour d'exercice"
    )
    assert git(tree, "show", "--name-only", "--format=", "HEAD") == f"{BOOK}.yaml"
    assert git(tree, "diff", "--cached", "--name-only") == "sources.yaml"


def test_a_git_that_refuses_loses_nothing(bench: Bench, tree: Path) -> None:
    """The version is published and kept; what git said is told to the author."""
    hook = tree / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'Relecture obligatoire' >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)

    done = bench.publish(edited(bench), "essai", BRUNO, NOW)

    says(done.trouble, "git refuse", "Relecture obligatoire")
    assert load_plans(tree).plans[BOOK].playbook.version == "2026-11-22"
    assert bench.versions.of(BOOK)[-1].commit == ""


def test_a_name_cannot_forge_what_git_writes(bench: Bench, tree: Path) -> None:
    """Whatever Slack calls a person, the commit has one author and one address."""
    author = Author("U9", "Eve <root@hopital.example>\nCo-authored-by: x --amend")

    done = bench.publish(edited(bench), "essai", author, NOW)

    assert done.trouble == ""
    assert git(tree, "log", "-1", "--format=%ae") == "u9@slack.invalid"
    assert "root@hopital.example" not in git(tree, "log", "-1", "--format=%an <%ae>%n%B").replace(
        "root hopital.example", ""
    )


# -- several at once ---------------------------------------------------------------------------


def _publish(root: str, person: str, out: str) -> None:
    """What one process does: publish its draft, and say how that ended."""
    folder = Path(root)
    bench = Bench(folder / "playbooks", folder / "knowledge", folder / "data")
    try:
        bench.publish(bench.draft(BOOK, SHOWN, person), person, Author(person, person), NOW)
        ended = "published"
    except Overtaken:
        ended = "overtaken"
    Path(out).write_text(ended, encoding="utf-8")


def test_of_several_processes_one_publishes(bench: Bench, books: Path, tmp_path: Path) -> None:
    """Three authors press at the same moment: one version is written, two are told."""
    people = ("U1", "U2", "U3")
    for person in people:
        edited(bench, person, f"Version de {person}")
    outs = [tmp_path / f"{person}.out" for person in people]
    context = multiprocessing.get_context("spawn")
    running = [
        context.Process(target=_publish, args=(str(tmp_path), person, str(out)))
        for person, out in zip(people, outs, strict=True)
    ]
    for one in running:
        one.start()
    for one in running:
        one.join(120)

    ended = [out.read_text(encoding="utf-8") for out in outs]
    assert sorted(ended) == ["overtaken", "overtaken", "published"]
    winner = people[ended.index("published")]
    assert load_plans(books).plans[BOOK].playbook.steps[0].title == f"Version de {winner}"
    assert [one.name for one in bench.versions.of(BOOK)] == ["fichier", winner]


def test_a_line_that_a_crash_cut_short_spoils_no_other(bench: Bench, tmp_path: Path) -> None:
    """The index of versions ends half way: what stood before is read, what comes after too."""
    versions = bench.versions
    first_one = versions.add(BOOK, "version: a\n", BRUNO, "une raison", NOW)
    (index,) = tmp_path.rglob("versions.jsonl")
    with index.open("ab") as file:
        file.write('{"version": "b", "by": "Ré'.encode()[:-1])
    assert versions.of(BOOK) == (first_one,)
    third = versions.add(BOOK, "version: c\n", BRUNO, "une autre", NOW)
    assert versions.of(BOOK) == (first_one, third)
    assert versions.text(BOOK, third.sha256) == "version: c\n"
