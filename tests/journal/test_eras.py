"""The data of every earlier release, opened by this one: migrated, verified, read, gone on with.

``eras`` holds what each release wrote (``era.py`` made it, with the code of that release): a night
as its own bot recorded it, for both databases, and one line of every kind it knew.
"""

import json
import lzma
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import make_url, text

from bot.cli import run
from bot.config import Settings
from bot.core.crisis import Actor
from bot.core.facts import FACTS
from bot.core.notes import AddNote
from bot.core.opening import ReopenCrisis
from bot.errors import StoreUnavailable
from bot.journal import schema
from bot.journal.codec import Unread, decode, encode
from bot.journal.entry import open_line
from bot.journal.sound import verified
from bot.service import Ask, Done
from bot.slack.posted import Posted
from bot.wiring import House, build, clock
from tests.journal.era import every_kind

ERAS = Path(__file__).with_name("eras")
NIGHTS = [
    (database, one.name.split(".")[0])
    for database, dots in (("sqlite", 2), ("postgresql", 3))
    for one in sorted(ERAS.glob("*.sql.xz"))
    if one.name.count(".") == dots
]
LISTS = sorted(ERAS.glob("*.jsonl.xz"))
HUGO = Actor("U04HUGO", "Hugo Fictif", "DSI")
REOPEN = ReopenCrisis("Un doute demeure.")


def kept(name: str) -> tuple[bytes, str]:
    """The seed of the key of a night, and its database as SQL."""
    told = lzma.decompress((ERAS / name).read_bytes()).decode()
    first, _, rest = told.partition("\n")
    return bytes.fromhex(first.removeprefix("-- ")), rest


def moved_in(folder: Path, seed: bytes) -> None:
    """The key of the night in its place."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    place = folder / "keys" / "tocsin.pem"
    place.parent.mkdir(parents=True)
    place.touch(0o600)
    place.write_bytes(pem)


def in_sqlite(name: str, folder: Path) -> str:
    """The night in a file; no address, since that is the usual place."""
    seed, dump = kept(f"{name}.sql.xz")
    moved_in(folder, seed)
    database = sqlite3.connect(folder / "tocsin.db")
    database.executescript(dump)
    database.close()
    return ""


def in_postgresql(name: str, folder: Path, url: str) -> str:
    """The night in a database of the server; its address."""
    seed, dump = kept(f"{name}.postgresql.sql.xz")
    moved_in(folder, seed)
    plain = make_url(url)
    reach = f"host={plain.query['host']} user=postgres dbname={plain.database}"
    with psycopg.connect(reach) as connection:
        connection.execute(dump.encode())
    return url


def revision(address: str, folder: Path) -> str:
    """At which revision a database stands."""
    engine = schema.open_engine(address or f"sqlite:///{folder / 'tocsin.db'}")
    with engine.connect() as connection:
        found: str = connection.execute(
            text("SELECT version_num FROM alembic_version")
        ).scalar_one()
    engine.dispose()
    return found


def settings(address: str, folder: Path) -> Settings:
    """Settings of this version on the data of that one."""
    return Settings(database_url=address, tocsin_data_dir=folder, _env_file=None)  # type: ignore[call-arg]


def goes_on(house: House, crisis: str) -> None:
    """One more line is recorded, and the journal still verifies."""
    more = AddNote("Le robot est à jour.") if house.service.require(crisis).is_open else REOPEN
    (done,) = house.service.commit([Ask(crisis, HUGO, more)])
    assert isinstance(done, Done), done
    report = verified(house.store, crisis, (house.signer.verifier,))
    assert report.ok, report.fault
    assert report.entries == done.crisis.seq


@pytest.mark.parametrize(("database", "name"), NIGHTS)
def test_a_night_of_an_earlier_release_goes_on_today(
    name: str,
    database: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Migrated, verified with its own key, understood, written to, exported, still append-only."""
    folder = tmp_path / "data"
    if database == "sqlite":
        address = in_sqlite(name, folder)
    else:
        address = in_postgresql(name, folder, request.getfixturevalue("postgresql_url"))
    assert revision(address, folder) <= schema.HEAD

    house = build(settings(address, folder), clock)
    try:
        (crisis,) = (row.crisis for row in house.store.crises())
        report = verified(house.store, crisis, (house.signer.verifier,))
        assert report.ok, report.fault
        read = [(entry, decode(entry)[0]) for entry in house.store.read(crisis)]
        unread = [entry.kind for entry, fact in read if isinstance(fact, Unread)]
        assert unread == []
        assert Posted(house.store.engine).rows(crisis)
        goes_on(house, crisis)
        with pytest.raises(Exception, match="append-only"), house.store.engine.begin() as writing:
            writing.execute(text("DELETE FROM body WHERE seq = 1"))
    finally:
        house.store.close()
    assert revision(address, folder) == schema.HEAD

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_DATA_DIR", str(folder))
    monkeypatch.setenv("DATABASE_URL", address)
    assert run(["export", crisis, "--format", "jsonl", "--output", "lot.jsonl"]) == 0
    capsys.readouterr()
    assert run(["verify", "lot.jsonl"]) == 0
    assert f"crise {crisis}" in capsys.readouterr().out


def test_every_schema_has_its_night() -> None:
    """Each revision that the database ever had is among the nights that are kept."""
    versions = Path(schema.__file__).parent / "migrations" / "versions"
    known = {one.stem[1:5] for one in versions.glob("r*.py")}

    kept_at = {
        revision
        for database, name in NIGHTS
        for revision in known
        if database == "sqlite" and f"VALUES('{revision}')" in kept(f"{name}.sql.xz")[1]
    }

    assert kept_at == known


@pytest.mark.parametrize("path", LISTS, ids=lambda one: one.name.split(".")[0])
def test_every_kind_ever_written_is_read_today(path: Path) -> None:
    """What an earlier release said, with the fields that it had, means the same to this one."""
    lines = lzma.decompress(path.read_bytes()).decode().splitlines()
    said = [json.loads(line) for line in lines]

    assert len(said) >= 28
    for one in said:
        body = json.dumps(one["body"])
        entry = open_line(json.dumps(one["entry"]), bytes(32), body)
        fact, stamp = decode(entry)
        assert not isinstance(fact, Unread), entry.kind
        again = encode(fact, stamp.actor, one["body"]["channel"])
        assert within(one["body"], again), entry.kind


def within(old: object, new: object) -> bool:
    """Whether all that the old body says is still said, whatever was added to it."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and within(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(within, old, new))
    return old == new


def test_this_release_can_be_kept_as_well() -> None:
    """What keeps the data of a release works on this one: a line of each of its kinds."""
    kinds = [json.loads(line)["entry"]["kind"] for line in every_kind()]

    assert kinds == sorted(FACTS)


def test_a_release_from_tomorrow_is_refused_with_what_to_do(
    sqlite_url: str, opened: Callable[[str], object]
) -> None:
    """A database that a newer version has changed is left alone."""
    engine = schema.open_engine(sqlite_url)
    schema.bring_to_head(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(StoreUnavailable, match="Mettez tocsin à jour"):
        opened(sqlite_url)
