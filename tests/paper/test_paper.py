"""The kit and the sheets: made of the hospital's own files, readable, and typed in again later."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from bot.cli import run
from bot.core.crisis import Actor, Command
from bot.core.erasure import AskErasure, ConfirmErasure
from bot.core.notes import AddNote, AddPaper, NoteAdded
from bot.core.opening import OpenCrisis
from bot.errors import OutsideService, Refused
from bot.grammar import Context, parse
from bot.journal.store import Store
from bot.library.playbooks import load_plans
from bot.paper.files import FOLDER, due, forget, write_sheet
from bot.paper.kit import LINES, SHEETS, kit_data
from bot.paper.printing import laid_out
from bot.paper.sheet import sheet_data
from bot.service import Ask, Done, Service
from tests.core.plans import BASIS, CLAIRE, START, H, Room, real_plan

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
KEY = "tocsin+74967ec9+AfNDDWRR+gkbvQkC80RIO9LgP2IhQh4nLNjINyz/PrsZ"


def kit(**changes: Any) -> dict[str, Any]:
    """The data of a kit of the ransomware playbook."""
    plan = load_plans(PLAYBOOKS).plans["rancongiciel"]
    house = replace(plan.establishment, **changes)
    return kit_data([replace(plan, establishment=house)], [PLAYBOOKS / "cellule.yaml"], START, KEY)


def texts(value: object) -> str:
    """Every text of the data, as one."""
    if isinstance(value, dict):
        return "\n".join(map(texts, value.values()))
    if isinstance(value, list | tuple):
        return "\n".join(map(texts, value))
    return str(value)


def test_the_kit_holds_all_that_is_needed_without_a_screen() -> None:
    """A card for each role, every step that applies, the duties, the units, numbered sheets."""
    data = kit()
    plan = load_plans(PLAYBOOKS).plans["rancongiciel"]
    assert len(data["roles"]) == len(plan.cell.roles)
    assert len(data["units"]) == 13
    said = texts(data)
    for phase in plan.playbook.phases:
        for step in phase.steps:
            assert step.title in said, step.id
    for words in ("P-001", f"P-{SHEETS * LINES:03d}", KEY, "09 72 43 91 25", "Claire Exemple"):
        assert words in said, words
    assert "**" not in said


def test_a_private_clinic_has_its_own_kit() -> None:
    """Neither the duty nor the step of article 40 is in the kit of a clinic."""
    assert "Aviser le procureur" in texts(kit())
    assert "Aviser le procureur" not in texts(kit(status="clinique"))


def test_the_kit_is_a_tagged_pdf_with_bookmarks() -> None:
    """The same data give the same bytes: tagged, in French, with bookmarks."""
    data = kit()
    first = laid_out("kit.typ", data, START)
    assert first == laid_out("kit.typ", data, START)
    with pikepdf.open(BytesIO(first)) as document:
        assert str(document.Root.Lang).startswith("fr")
        assert document.Root.MarkInfo.Marked
        with document.open_outline() as outline:
            titles = [str(one.title) for one in outline.root]
        assert len(document.pages) > 20
    assert {"Fiches réflexes, une par rôle", "Main courante sur papier"} <= set(titles)


def test_the_sheet_shows_the_clocks_the_steps_and_the_log() -> None:
    """What is late, who holds what, each line with its number; an exercise says so."""
    room = Room()
    room.does(OpenCrisis("Écrans noirs <b>#1</b>", real_plan(), START, exercise=True))
    room.wait(80 * H)
    data = sheet_data(room.crisis, room.recorded, room.now)
    assert "en retard de" in texts(data["deadlines"])
    assert [one["seq"] for one in data["lines"]] == list(range(1, room.crisis.seq + 1))
    assert laid_out("sheet.typ", data, room.now).startswith(b"%PDF")


@contextmanager
def house(folder: Path, *now: datetime) -> Iterator[tuple[Service, list[datetime]]]:
    """A service with one open crisis, whose clock stands where the list says."""
    clock = list(now) or [START]
    store = Store(f"sqlite:///{folder / 'tocsin.db'}")
    service = Service(store, lambda: clock[0], lambda: b"s" * 32)
    service.commit([Ask("", CLAIRE, OpenCrisis("Rançon", real_plan(), START))])
    yield service, clock
    store.close()


def test_a_running_crisis_is_printed_at_its_rhythm_and_never_twice(tmp_path: Path) -> None:
    """Every four hours one sheet; a restart finds it there; a full disk is told."""
    every = timedelta(hours=4)
    with house(tmp_path) as (service, clock):
        assert due(service, tmp_path, every) == []
        clock[0] = START + timedelta(hours=9)
        ((crisis, path),) = due(service, tmp_path, every)
        assert path == tmp_path / FOLDER / f"{crisis.id}-0002.pdf"
        write_sheet(service, crisis, path)
        assert path.read_bytes().startswith(b"%PDF")
        assert due(service, tmp_path, every) == []
        (tmp_path / "plein").write_text("")
        with pytest.raises(OutsideService, match="Je ne peux pas écrire"):
            write_sheet(service, crisis, tmp_path / "plein" / "x.pdf")


def test_sheets_that_show_what_was_erased_go(tmp_path: Path) -> None:
    """Once two people erased a text, no regular sheet on the disk shows it; others stay."""
    secret = "Jean Fictif, chambre 12"
    named = frozenset({"U2", "U3"})
    with house(tmp_path) as (service, clock):
        (crisis,) = service.crises()

        def does(command: Command, by: str = "U2") -> int:
            (done,) = service.commit([Ask(crisis.id, Actor(by, "Personne Fictive"), command)])
            assert isinstance(done, Done), done
            return done.facts[-1][1].seq

        line = does(AddNote(secret))
        clock[0] = START + 5 * H
        ((_, path),) = due(service, tmp_path, 4 * H)
        write_sheet(service, service.crisis(crisis.id), path)
        other = path.with_name("2026-0009-0001.pdf")
        other.write_bytes(path.read_bytes())
        forget(service, tmp_path)
        assert path.exists()

        asked = does(AskErasure((line,), "Identité saisie par erreur", BASIS, named))
        does(ConfirmErasure(asked, named), "U3")
        forget(service, tmp_path)
        assert not path.exists()
        assert other.exists()
        ((shown, again),) = due(service, tmp_path, 4 * H)
        write_sheet(service, shown, again)
        assert secret not in str(sheet_data(shown, service.facts(shown.id), START))
        forget(service, tmp_path)
        assert again.exists()


def test_lines_of_paper_keep_their_numbers_and_their_hours() -> None:
    """Several at once, all or none; a number typed in already is refused."""
    room = Room()
    room.does(OpenCrisis("Rançon", real_plan(), START))
    room.wait(5 * H)
    context = Context(room.crisis, CLAIRE, room.now)
    typed = "papier P-001 03:15 Appel du SAMU\nP-002 vers 4h Groupe démarré ; P-003 05:00 Relève"
    command = parse(typed, context).command
    assert isinstance(command, AddPaper)
    facts = room.does(command)
    assert all(isinstance(one, NoteAdded) for one in facts)
    said = [(one.text, one.happened, one.precision) for one in facts if isinstance(one, NoteAdded)]
    assert said[0] == (
        "Feuille P-001\u00a0: Appel du SAMU",
        datetime(2026, 11, 21, 2, 15, tzinfo=UTC),
        "exact",
    )
    assert [one[2] for one in said] == ["exact", "about", "exact"]
    again = parse("papier P-004 05:10 Eau\nP-002 05:20 Encore", context).command
    assert again is not None
    with pytest.raises(Refused, match="P-002 est déjà saisie"):
        room.does(again)
    with pytest.raises(Refused, match="Exemple"):
        parse("papier 03:10 sans numéro", context)


def test_the_commands_write_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`tocsin kit` and `tocsin print` in a terminal; an unknown playbook is told."""
    monkeypatch.setenv("TOCSIN_DATA_DIR", str(tmp_path))
    with house(tmp_path) as (_, _clock):
        pass
    target = tmp_path / "kit.pdf"
    assert run(["kit", "--output", str(target), "--playbook", "panne-majeure"]) == 0
    assert target.read_bytes().startswith(b"%PDF")
    assert not (tmp_path / "keys").exists(), "a kit makes no key"
    assert run(["print", "2026-0001", "--output", str(tmp_path / "etat.pdf")]) == 0
    assert (tmp_path / "etat.pdf").read_bytes().startswith(b"%PDF")
    assert run(["kit", "--playbook", "inconnu"]) == 3
    assert "Possibles" in capsys.readouterr().err
